/* filter add_time: one more column with a time (embulk-filter-add_time). */
#include <string.h>

#include "loader/column_config.h"
#include "loader/json_path.h"
#include "loader/plugin.h"
#include "loader/time_literal.h"
#include "params/params.h"

#define FORMAT_DEFAULT "%Y-%m-%d %H:%M:%S %z"

typedef struct {
    TgFilter filter;
    TgLoaderContext *context;
    gint *sources;
    gint64 to_unit; /* nanoseconds; 0: a timestamp */
    gint from;      /* column; -1: a value */
    gint64 from_unit;
    char *json_key;
    TgTimestampReader reader;
    TgInt128 first; /* of from_value: the time, or the first and the last of a range */
    TgInt128 last;
    gint64 period; /* seconds of the range, the last included; 1: a fixed time */
    gint64 *next;  /* atomic: rows so far, shared by all threads */
} AddTimeFilter;

static gboolean read_unit(const json_t *config, gint64 *out, GError **error)
{
    static const struct {
        const char *name;
        gint64 nanos;
    } units[] = {{"sec", 1000000000}, {"milli", 1000000}, {"micro", 1000}, {"nano", 1}};
    g_autofree char *name = NULL;

    if (!tg_params_dup_text_or(config, "unix_timestamp_unit", "sec", &name, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].name, name) == 0) {
            *out = units[i].nanos;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'unix_timestamp_unit' is sec, milli, micro or nano, not '%s'", name);
    return FALSE;
}

/* Rounds down, as epoch seconds with their nanoseconds do. */
static gint64 floor_divide(TgInt128 nanos, gint64 unit)
{
    return (gint64)(nanos / unit - (nanos % unit < 0 ? 1 : 0));
}

static const char *put_time(const AddTimeFilter *self, TgInt128 nanos, TgVector *into, guint row)
{
    const char *reason = NULL;

    if (self->to_unit == 0) {
        return tg_timestamp_set_nanos(into, row, nanos, &reason) ? NULL : reason;
    }
    tg_vector_set_int64(into, row, floor_divide(nanos, self->to_unit));
    return NULL;
}

static const char *read_json(const AddTimeFilter *self, TgJsonSlice value, TgInt128 *out)
{
    TgJsonStep step = {.key = self->json_key};
    TgJsonPath path = {.count = 1, .steps = &step};
    TgJsonSlice found = tg_json_path_find(&path, value);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *number = NULL;
    gint64 integer = 0;

    if (found.bytes == NULL) {
        return "has no member of the name json_key";
    }
    if (*found.bytes == '"') {
        tg_json_string_append(text, found);
        return tg_time_format_parse(self->reader.format, &self->reader.defaults, text->str,
                                    text->len, out)
                   ? NULL
                   : "does not fit the 'timestamp_format'";
    }
    number = g_strndup(found.bytes, found.size_bytes);
    if (!g_ascii_string_to_signed(number, 10, G_MININT64, G_MAXINT64, &integer, NULL)) {
        return "has neither an integer nor a text for json_key";
    }
    *out = (TgInt128)integer * self->from_unit;
    return NULL;
}

/* The time that a value means; NULL or why there is none. */
static const char *read_value(const AddTimeFilter *self, const TgVector *from, guint row,
                              TgInt128 *out)
{
    gsize size = 0;
    const char *text = NULL;

    switch ((int)from->type.id) {
    case TG_TYPE_TIMESTAMP:
    case TG_TYPE_DATE:
        *out = tg_vector_get_nanos(from, row);
        return NULL;
    case TG_TYPE_STRING:
        text = tg_vector_get_bytes(from, row, &size);
        return tg_time_format_parse(self->reader.format, &self->reader.defaults, text, size, out)
                   ? NULL
                   : "does not fit the 'timestamp_format'";
    case TG_TYPE_JSON:
        text = tg_vector_get_bytes(from, row, &size);
        return read_json(self, (TgJsonSlice){text, size}, out);
    default: /* the integers */
        *out = tg_vector_get_integer(from, row) * self->from_unit;
        return NULL;
    }
}

static gboolean copy_column(const AddTimeFilter *self, const TgVector *from, TgVector *into,
                            guint rows, GError **error)
{
    for (guint row = 0; row < rows; row++) {
        TgInt128 nanos = 0;
        const char *reason = NULL;

        tg_vector_set_null(into, row);
        if (!tg_vector_is_valid(from, row)) {
            continue;
        }
        reason = read_value(self, from, row, &nanos);
        reason = reason == NULL ? put_time(self, nanos, into, row) : reason;
        if (reason == NULL) {
            continue;
        }
        /* the original makes members of json that are no time null, and stops at texts */
        if (from->type.id != TG_TYPE_JSON || tg_loader_context_job(self->context)->exact_types) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "filter add_time: a value of '%s' %s",
                        self->filter.schema->columns[self->from].name, reason);
            return FALSE;
        }
        tg_loader_log(self->context, TG_LOADER_WARN, "Cannot convert: a value %s", reason);
    }
    return TRUE;
}

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error)
{
    const AddTimeFilter *self = (const AddTimeFilter *)filter;
    TgVector *into = NULL;

    tg_batch_share(out, in, self->sources);
    into = out->vectors[in->count];
    if (self->from >= 0) {
        return copy_column(self, in->vectors[self->from], into, in->rows, error);
    }
    gint64 next = __atomic_fetch_add(self->next, in->rows, __ATOMIC_RELAXED);

    for (guint row = 0; row < in->rows; row++) {
        gint64 seconds = (next + row) % self->period;
        const char *reason =
            put_time(self, self->first + (TgInt128)seconds * TG_NANOS_PER_SECOND, into, row);

        if (reason != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "filter add_time: a time %s", reason);
            return FALSE;
        }
    }
    return TRUE;
}

static void filter_free(TgFilter *filter)
{
    AddTimeFilter *self = (AddTimeFilter *)filter;

    tg_timestamp_reader_clear(&self->reader);
    g_free(self->sources);
    g_free(self->json_key);
    g_free(self->next);
    g_free(self);
}

/* `timestamp_format`, `timezone` and `date` of a block. */
static gboolean open_reader(AddTimeFilter *self, const json_t *block, GError **error)
{
    g_autofree char *fallback = NULL;
    g_autofree char *format = NULL;
    g_autofree char *zone_fallback = NULL;
    g_autofree char *zone = NULL;
    g_autofree char *date_fallback = NULL;
    g_autofree char *date = NULL;

    return tg_params_dup_text_or(block, "default_timestamp_format", FORMAT_DEFAULT, &fallback,
                                 error) &&
           tg_params_dup_text_or(block, "timestamp_format", fallback, &format, error) &&
           tg_params_dup_text_or(block, "default_timezone", "UTC", &zone_fallback, error) &&
           tg_params_dup_text_or(block, "timezone", zone_fallback, &zone, error) &&
           tg_params_dup_text_or(block, "default_date", "1970-01-01", &date_fallback, error) &&
           tg_params_dup_text_or(block, "date", date_fallback, &date, error) &&
           tg_timestamp_reader_init(&self->reader, format, zone, date, error);
}

/* The time that `value`, `from` or `to` means. */
static gboolean read_time(const AddTimeFilter *self, const json_t *block, const char *key,
                          TgInt128 *out, GError **error)
{
    const json_t *value = json_object_get(block, key);

    if (json_is_integer(value)) {
        *out = (TgInt128)json_integer_value(value) * self->from_unit;
        return TRUE;
    }
    if (!json_is_string(value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is missing or neither text nor integer",
                    key);
        return FALSE;
    }
    if (!tg_time_format_parse(self->reader.format, &self->reader.defaults, json_string_value(value),
                              json_string_length(value), out)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s': '%s' does not fit 'timestamp_format'",
                    key, json_string_value(value));
        return FALSE;
    }
    return TRUE;
}

static gboolean refuse_keys(const json_t *block, const char *mode, const char *const *keys,
                            GError **error)
{
    for (; *keys != NULL; keys++) {
        if (tg_params_has(block, *keys)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' does not go with mode %s", *keys,
                        mode);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_from_value(AddTimeFilter *self, const json_t *block, GError **error)
{
    static const char *const range_keys[] = {"from", "to", NULL};
    static const char *const value_keys[] = {"value", NULL};
    static const char *const all_keys[] = {"value", "from", "to", NULL};
    g_autofree char *mode = NULL;

    self->from = -1;
    self->period = 1;
    if (!tg_params_dup_text_or(block, "mode", "fixed_time", &mode, error) ||
        !read_unit(block, &self->from_unit, error) || !open_reader(self, block, error)) {
        return FALSE;
    }
    if (strcmp(mode, "fixed_time") == 0) {
        return refuse_keys(block, mode, range_keys, error) &&
               read_time(self, block, "value", &self->first, error);
    }
    if (strcmp(mode, "upload_time") == 0) {
        self->first = (TgInt128)tg_loader_context_job(self->context)->now_ms * 1000000;
        return refuse_keys(block, mode, all_keys, error);
    }
    if (strcmp(mode, "incremental_time") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'mode' is fixed_time, incremental_time or upload_time, not '%s'", mode);
        return FALSE;
    }
    if (!refuse_keys(block, mode, value_keys, error) ||
        !read_time(self, block, "from", &self->first, error) ||
        !read_time(self, block, "to", &self->last, error)) {
        return FALSE;
    }
    self->period = (gint64)(MAX(self->last - self->first, 0) / TG_NANOS_PER_SECOND) + 1;
    return TRUE;
}

static gboolean read_from_column(AddTimeFilter *self, const json_t *block, const TgSchema *input,
                                 GError **error)
{
    g_autofree char *name = tg_params_dup_text(block, "name", error);

    if (name == NULL) {
        return FALSE;
    }
    self->from = tg_schema_find(input, name);
    if (self->from < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "from_column: there is no column '%s'", name);
        return FALSE;
    }
    TgType type = input->columns[self->from].type;
    const char *kind = tg_type_embulk_name(type);

    if (type.id == TG_TYPE_TIME || type.id == TG_TYPE_BINARY || type.id == TG_TYPE_DECIMAL ||
        strcmp(kind, "boolean") == 0 || strcmp(kind, "double") == 0) {
        g_autofree char *text = tg_type_to_text(type);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "from_column: '%s' must be long, string, timestamp or json, not %s", name,
                    text);
        return FALSE;
    }
    if (!tg_params_dup_text_or(block, "json_key", NULL, &self->json_key, error)) {
        return FALSE;
    }
    if (type.id == TG_TYPE_JSON && self->json_key == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "from_column: '%s' is json, so 'json_key' must name a member", name);
        return FALSE;
    }
    return read_unit(block, &self->from_unit, error) && open_reader(self, block, error);
}

/* Appends the new column, a column of its name gets underscores behind it. */
static gboolean add_to_column(AddTimeFilter *self, const json_t *block, GError **error)
{
    TgSchema *schema = self->filter.schema;
    g_autofree char *name = tg_params_dup_text(block, "name", error);
    g_autofree char *type_name = NULL;
    TgType type = {.id = TG_TYPE_INT64};

    if (name == NULL || !tg_params_dup_text_or(block, "type", "timestamp", &type_name, error) ||
        !read_unit(block, &self->to_unit, error)) {
        return FALSE;
    }
    if (strcmp(type_name, "timestamp") == 0) {
        gboolean exact = tg_loader_context_job(self->context)->exact_types;

        self->to_unit = 0;
        type = (TgType){
            .id = TG_TYPE_TIMESTAMP, .unit = exact ? TG_UNIT_MICRO : TG_UNIT_WIDE, .is_utc = TRUE};
    } else if (strcmp(type_name, "long") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "to_column: the type is long or timestamp, not '%s'", type_name);
        return FALSE;
    }
    int taken = tg_schema_find(schema, name);

    if (taken >= 0) {
        g_autofree char *other = g_strconcat(name, "_", NULL);

        while (tg_schema_find(schema, other) >= 0) {
            char *longer = g_strconcat(other, "_", NULL);

            g_free(other);
            other = longer;
        }
        tg_loader_log(self->context, TG_LOADER_WARN,
                      "to_column '%s' is set but '%s' column also exists. The existent '%s' column "
                      "is renamed to '%s'.",
                      name, name, name, other);
        g_free(schema->columns[taken].name);
        schema->columns[taken].name = g_steal_pointer(&other);
    }
    (void)tg_schema_append(schema, name, type);
    return TRUE;
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    const json_t *to_column = json_object_get(config, "to_column");
    const json_t *from_column = json_object_get(config, "from_column");
    const json_t *from_value = json_object_get(config, "from_value");

    if (!json_is_object(to_column) || json_is_object(from_column) == json_is_object(from_value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "give 'to_column' and either 'from_column' or 'from_value', each a map");
        return NULL;
    }
    AddTimeFilter *self = g_new0(AddTimeFilter, 1);

    self->filter.class = &class;
    self->filter.schema = tg_schema_copy(input);
    self->context = context;
    self->next = g_new0(gint64, 1);
    self->sources = g_new0(gint, input->count + 1);
    for (guint i = 0; i < input->count; i++) {
        self->sources[i] = (gint)i;
    }
    self->sources[input->count] = -1;
    if (!add_to_column(self, to_column, error) ||
        (json_is_object(from_value) ? !read_from_value(self, from_value, error)
                                    : !read_from_column(self, from_column, input, error))) {
        tg_schema_free(self->filter.schema);
        filter_free(&self->filter);
        return NULL;
    }
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"to_column", "map", NULL,
     "The new column as {name, type: timestamp or long, unix_timestamp_unit: sec, milli, micro or "
     "nano}."},
    {"from_column", "map", "null",
     "The column to copy as {name, unix_timestamp_unit, timestamp_format, timezone, json_key}."},
    {"from_value", "map", "null",
     "What to put in as {mode: fixed_time, incremental_time or upload_time, value, from, to, "
     "timestamp_format, timezone, unix_timestamp_unit}."},
    {0}};

const TgFilterPlugin tg_filter_add_time = {.name = "add_time",
                                           .help = "Adds a column with a time.",
                                           .options = options,
                                           .open = filter_open};
