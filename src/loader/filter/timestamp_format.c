/* filter timestamp_format: times in other formats, zones, units and types
 * (embulk-filter-timestamp_format). */
#include <math.h>
#include <string.h>

#include "loader/change_filter.h"
#include "loader/column_config.h"
#include "loader/json_path.h"
#include "loader/number_text.h"
#include "loader/time_literal.h"
#include "loader/value_text.h"
#include "params/params.h"

#define FORMATS_MAX 32u

/* How the times of one column, or of one place in a json column, change. */
typedef struct {
    TgTimestampReader *readers; /* tried one after another */
    guint reader_count;
    TgTimeFormat *format; /* of the result as text */
    TgTimeZone *zone;
    gint64 from_nanos; /* length of the unit of numbers */
    gint64 to_nanos;
    TgType to;
} Change;

typedef struct {
    Change *own;           /* of the column itself; NULL: none */
    TgJsonRewrite rewrite; /* places in it */
    Change *inner[TG_JSON_PATHS_MAX];
} ColumnChange;

/* --- values --- */

static const char *nanos_of_text(const Change *change, const char *text, gsize size, TgInt128 *out)
{
    for (guint i = 0; i < change->reader_count; i++) {
        const TgTimestampReader *reader = &change->readers[i];

        if (tg_time_format_parse(reader->format, &reader->defaults, text, size, out)) {
            return NULL;
        }
    }
    return "does not fit the format of its times";
}

static const char *nanos_of_double(const Change *change, double value, TgInt128 *out)
{
    double whole = floor(value);

    if (!(fabs(value) < 1e19)) {
        return "is no time";
    }
    *out = (TgInt128)whole * change->from_nanos +
           (TgInt128)((value - whole) * (double)change->from_nanos);
    return NULL;
}

static const char *nanos_of(const Change *change, const TgVector *from, guint row, TgInt128 *out)
{
    gsize size = 0;
    const char *text = NULL;

    switch ((int)from->type.id) {
    case TG_TYPE_STRING:
        text = tg_vector_get_bytes(from, row, &size);
        return nanos_of_text(change, text, size, out);
    case TG_TYPE_DOUBLE:
        return nanos_of_double(change, tg_vector_get_double(from, row), out);
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        *out = tg_vector_get_nanos(from, row);
        return NULL;
    default: /* the integers; others were refused */
        *out = tg_vector_get_integer(from, row) * change->from_nanos;
        return NULL;
    }
}

static TgInt128 divide_down(TgInt128 value, gint64 by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

static double to_double(const Change *change, TgInt128 nanos)
{
    TgInt128 whole = divide_down(nanos, change->to_nanos);

    return (double)whole + (double)(nanos - whole * change->to_nanos) / (double)change->to_nanos;
}

static const char *set_nanos(const Change *change, TgInt128 nanos, TgVector *into, guint row,
                             GString *text)
{
    const char *reason = NULL;
    TgInt128 whole = 0;

    switch ((int)into->type.id) {
    case TG_TYPE_STRING:
        g_string_truncate(text, 0);
        tg_time_format_write(change->format, change->zone, nanos, text);
        tg_vector_set_bytes(into, row, text->str, text->len);
        return NULL;
    case TG_TYPE_DOUBLE:
        tg_vector_set_double(into, row, to_double(change, nanos));
        return NULL;
    case TG_TYPE_INT64:
        whole = divide_down(nanos, change->to_nanos);
        if (whole > G_MAXINT64 || whole < G_MININT64) {
            return "is beyond 64 bits in the unit of the result";
        }
        tg_vector_set_int64(into, row, (gint64)whole);
        return NULL;
    default:
        return tg_timestamp_set_nanos(into, row, nanos, &reason) ? NULL : reason;
    }
}

/* --- places in json --- */

typedef struct {
    const ColumnChange *change;
    GString *text;
} JsonChange;

static const char *nanos_of_json(const Change *change, TgJsonSlice value, GString *text,
                                 TgInt128 *out)
{
    gint64 integer = 0;
    double real = 0.0;

    g_string_truncate(text, 0);
    if (*value.bytes == '"') {
        tg_json_string_append(text, value);
        return nanos_of_text(change, text->str, text->len, out);
    }
    if (tg_int64_parse(value.bytes, value.size_bytes, &integer)) {
        *out = (TgInt128)integer * change->from_nanos;
        return NULL;
    }
    return tg_double_parse(value.bytes, value.size_bytes, &real)
               ? nanos_of_double(change, real, out)
               : "is no time";
}

static const char *replace_value(gpointer data, guint path, TgJsonSlice value, GString *out)
{
    const JsonChange *self = data;
    const Change *change = self->change->inner[path];
    char digits[TG_DOUBLE_TEXT_BYTES];
    TgInt128 nanos = 0;
    const char *reason = NULL;

    if (*value.bytes != '"' && *value.bytes != '-' && !g_ascii_isdigit(*value.bytes)) {
        g_string_append_len(out, value.bytes, (gssize)value.size_bytes);
        return NULL;
    }
    reason = nanos_of_json(change, value, self->text, &nanos);
    if (reason != NULL) {
        return reason;
    }
    g_string_truncate(self->text, 0);
    if (change->to.id == TG_TYPE_STRING) {
        tg_time_format_write(change->format, change->zone, nanos, self->text);
        tg_json_quote_append(out, self->text->str, self->text->len);
    } else if (change->to.id == TG_TYPE_DOUBLE) {
        (void)tg_double_format(to_double(change, nanos), digits);
        g_string_append(out, digits);
    } else {
        char integer[TG_DECIMAL_TEXT_BYTES];

        (void)tg_decimal_format(divide_down(nanos, change->to_nanos), 0, integer);
        g_string_append(out, integer);
    }
    return NULL;
}

static const char *change_json(const ColumnChange *change, const TgVector *from, guint row,
                               TgVector *into, GString *text)
{
    JsonChange json = {.change = change, .text = text};
    TgJsonSlice value = {0};
    g_autoptr(GString) out = NULL;
    const char *reason = NULL;

    value.bytes = tg_vector_get_bytes(from, row, &value.size_bytes);
    out = g_string_sized_new(value.size_bytes + 64);
    reason = tg_json_rewrite(&change->rewrite, value, &json, out);
    if (reason == NULL) {
        tg_vector_set_bytes(into, row, out->str, out->len);
    }
    return reason;
}

/* --- columns --- */

/* A value that does not fit is null with a warning, or stops the load. */
static gboolean note_problem(const TgChangeFilter *self, guint column, const TgVector *from,
                             guint row, const char *reason, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *name = self->filter.schema->columns[column].name;

    if (!tg_value_is_instant(from->type)) {
        tg_value_append(text, from, row);
    }
    g_string_truncate(text, MIN(text->len, 100));
    if (self->stops) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "filter timestamp_format: column '%s': '%s' %s", name, text->str, reason);
        return FALSE;
    }
    tg_loader_log(self->context, TG_LOADER_WARN, "column '%s': '%s' %s", name, text->str, reason);
    return TRUE;
}

static gboolean change_column(const TgChangeFilter *self, guint column, const TgBatch *in,
                              TgBatch *out, GError **error)
{
    const ColumnChange *change = self->changes[column];
    const TgVector *from = in->vectors[column];
    TgVector *into = out->vectors[column];
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint row = 0; row < in->rows; row++) {
        const char *reason = NULL;
        TgInt128 nanos = 0;

        if (!tg_vector_is_valid(from, row)) {
            tg_vector_set_null(into, row);
            continue;
        }
        if (change->own == NULL) {
            reason = change_json(change, from, row, into, text);
        } else {
            reason = nanos_of(change->own, from, row, &nanos);
            reason = reason == NULL ? set_nanos(change->own, nanos, into, row, text) : reason;
        }
        if (reason != NULL) {
            tg_vector_set_null(into, row);
        }
        if (reason != NULL && !note_problem(self, column, from, row, reason, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error)
{
    const TgChangeFilter *self = (const TgChangeFilter *)filter;

    tg_batch_share(out, in, self->sources);
    for (guint i = 0; i < self->count; i++) {
        if (self->changes[i] != NULL && !change_column(self, i, in, out, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void change_free(Change *change)
{
    if (change == NULL) {
        return;
    }
    for (guint i = 0; i < change->reader_count; i++) {
        tg_timestamp_reader_clear(&change->readers[i]);
    }
    g_free(change->readers);
    tg_time_format_free(change->format);
    tg_time_zone_free(change->zone);
    g_free(change);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Change, change_free)

static void column_change_free(gpointer data)
{
    ColumnChange *change = data;

    for (guint i = 0; i < change->rewrite.count; i++) {
        change_free(change->inner[i]);
    }
    change_free(change->own);
    tg_json_rewrite_clear(&change->rewrite);
    g_free(change);
}

static void filter_free(TgFilter *filter)
{
    tg_change_filter_free((TgChangeFilter *)filter, column_change_free);
}

/* --- opening --- */

/* An option of a column, else of the filter. */
static gboolean read_text(const json_t *config, const json_t *column, const char *const keys[2],
                          const char *fallback, char **out, GError **error)
{
    g_autofree char *common = NULL;

    return tg_params_dup_text_or(config, keys[1], fallback, &common, error) &&
           tg_params_dup_text_or(column, keys[0], common, out, error);
}

static gboolean read_unit(const json_t *config, const json_t *column, const char *const keys[2],
                          gint64 *out_nanos, GError **error)
{
    static const struct {
        const char *name;
        gint64 nanos;
    } units[] = {
        {"Second", 1000000000},
        {"second", 1000000000},
        {"sec", 1000000000},
        {"s", 1000000000},
        {"MilliSecond", 1000000},
        {"millisecond", 1000000},
        {"milli_second", 1000000},
        {"milli", 1000000},
        {"msec", 1000000},
        {"ms", 1000000},
        {"MicroSecond", 1000},
        {"microsecond", 1000},
        {"micro_second", 1000},
        {"micro", 1000},
        {"usec", 1000},
        {"us", 1000},
        {"NanoSecond", 1},
        {"nanosecond", 1},
        {"nano_second", 1},
        {"nano", 1},
        {"nsec", 1},
        {"ns", 1},
    };
    g_autofree char *name = NULL;

    if (!read_text(config, column, keys, "second", &name, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].name, name) == 0) {
            *out_nanos = units[i].nanos;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: there is no unit '%s'; use sec, ms, us or ns", keys[0], name);
    return FALSE;
}

/* `from_format`: one text or a list. */
static gboolean read_readers(const json_t *config, const json_t *column, Change *change,
                             GError **error)
{
    static const char *const zone_keys[] = {"from_timezone", "default_from_timezone"};
    g_autofree char *zone = NULL;
    g_autoptr(json_t) list = NULL;
    const json_t *formats = json_object_get(column, "from_format");
    json_t *format = NULL;
    size_t index = 0;

    formats = formats == NULL || json_is_null(formats)
                  ? json_object_get(config, "default_from_timestamp_format")
                  : formats;
    list = json_is_array(formats) ? json_deep_copy(formats) : json_array();
    if (formats == NULL) {
        json_array_append_new(list, json_string("%Y-%m-%d %H:%M:%S.%N %z"));
    } else if (!json_is_array(formats)) {
        json_array_append(list, (json_t *)formats);
    }
    if (json_array_size(list) == 0 || json_array_size(list) > FORMATS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "from_format: give 1 to %u formats",
                    FORMATS_MAX);
        return FALSE;
    }
    if (!read_text(config, column, zone_keys, "UTC", &zone, error)) {
        return FALSE;
    }
    change->readers = g_new0(TgTimestampReader, json_array_size(list));
    json_array_foreach (list, index, format) {
        g_autofree char *text = tg_params_to_text(format);
        g_autofree char *ruby = tg_time_pattern_to_ruby(text, error);

        if (ruby == NULL || !tg_timestamp_reader_init(&change->readers[change->reader_count++],
                                                      ruby, zone, NULL, error)) {
            g_prefix_error(error, "from_format: ");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_writer(const json_t *config, const json_t *column, Change *change,
                            GError **error)
{
    static const char *const format_keys[] = {"to_format", "default_to_timestamp_format"};
    static const char *const zone_keys[] = {"to_timezone", "default_to_timezone"};
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;
    g_autofree char *ruby = NULL;

    if (!read_text(config, column, format_keys, "%Y-%m-%d %H:%M:%S.%N %z", &format, error) ||
        !read_text(config, column, zone_keys, "UTC", &zone, error)) {
        return FALSE;
    }
    ruby = tg_time_pattern_to_ruby(format, error);
    change->format = ruby == NULL ? NULL : tg_time_format_new(ruby, error);
    if (change->format == NULL) {
        g_prefix_error(error, "to_format: ");
        return FALSE;
    }
    change->zone = tg_time_zone_new(zone, error);
    return change->zone != NULL;
}

static gboolean read_type(const json_t *column, gboolean exact, TgType *out, GError **error)
{
    g_autofree char *name = NULL;

    if (!tg_params_dup_text_or(column, "type", "string", &name, error) ||
        !tg_column_type_parse(name, FALSE, out, error)) {
        return FALSE;
    }
    if (out->id != TG_TYPE_STRING && out->id != TG_TYPE_INT64 && out->id != TG_TYPE_DOUBLE &&
        out->id != TG_TYPE_TIMESTAMP) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "type: a time can be string, timestamp, long or double, not %s", name);
        return FALSE;
    }
    if (exact && out->id == TG_TYPE_TIMESTAMP) {
        out->unit = TG_UNIT_MICRO; /* an instant all the same */
    }
    return TRUE;
}

static Change *read_change(const TgChangeFilter *self, const json_t *config, const json_t *column,
                           GError **error)
{
    static const char *const from_keys[] = {"from_unit", "default_from_timestamp_unit"};
    static const char *const to_keys[] = {"to_unit", "default_to_timestamp_unit"};
    g_autoptr(Change) change = g_new0(Change, 1);

    if (!read_type(column, self->exact, &change->to, error) ||
        !read_readers(config, column, change, error) ||
        !read_writer(config, column, change, error) ||
        !read_unit(config, column, from_keys, &change->from_nanos, error) ||
        !read_unit(config, column, to_keys, &change->to_nanos, error)) {
        return NULL;
    }
    return g_steal_pointer(&change);
}

static gboolean can_be_time(TgType type)
{
    return type.id == TG_TYPE_STRING || type.id == TG_TYPE_DOUBLE || type.id == TG_TYPE_DATE ||
           type.id == TG_TYPE_TIMESTAMP || (type.id >= TG_TYPE_INT8 && type.id <= TG_TYPE_UINT64);
}

static ColumnChange *get_change(TgChangeFilter *self, guint column)
{
    if (self->changes[column] == NULL) {
        ColumnChange *change = g_new0(ColumnChange, 1);

        change->rewrite.replace = replace_value;
        tg_change_filter_set(self, column, change);
    }
    return self->changes[column];
}

/* Takes the change also when it fails. */
static gboolean add_change(TgChangeFilter *self, guint index, const char *path, Change *take_change,
                           GError **error)
{
    g_autoptr(Change) change = take_change;
    TgColumn *column = &self->filter.schema->columns[index];
    gboolean fits = path == NULL ? can_be_time(column->type) : column->type.id == TG_TYPE_JSON;

    if (!fits || (path != NULL && change->to.id == TG_TYPE_TIMESTAMP)) {
        g_autofree char *type = tg_type_to_text(column->type);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' is %s: times come from string, long, double, date and timestamp "
                    "columns, or from places in json, which cannot hold the type timestamp",
                    column->name, type);
        return FALSE;
    }
    ColumnChange *all = get_change(self, index);

    if (path != NULL) {
        if (!tg_json_rewrite_add(&all->rewrite, path, error)) {
            return FALSE;
        }
        all->inner[all->rewrite.count - 1] = g_steal_pointer(&change);
        return TRUE;
    }
    if (all->own != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "column '%s' stands here twice",
                    column->name);
        return FALSE;
    }
    column->type = change->to;
    g_clear_pointer(&column->format, g_free);
    all->own = g_steal_pointer(&change);
    return TRUE;
}

static gboolean add_column(TgChangeFilter *self, const json_t *config, const json_t *entry,
                           GError **error)
{
    g_autofree char *path = NULL;
    guint column = 0;
    Change *change = NULL;

    if (!tg_change_filter_find(self, entry, &column, &path, error)) {
        return FALSE;
    }
    change = read_change(self, config, entry, error);
    return change != NULL && add_change(self, column, path, change, error);
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    TgChangeFilter *self = g_new0(TgChangeFilter, 1);

    self->filter.class = &class;
    if (!tg_change_filter_open(self, context, config, input, add_column, error)) {
        filter_free(&self->filter);
        return NULL;
    }
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"columns", "list", "[]",
     "Columns as {name, type, from_format, from_timezone, from_unit, to_format, to_timezone, "
     "to_unit}; a name may be a path into a json column, the type is string unless named."},
    {"default_from_timestamp_format", "list", "[%Y-%m-%d %H:%M:%S.%N %z]",
     "Formats of texts, tried in turn; without % they are Joda-Time's patterns."},
    {"default_from_timezone", "text", "UTC", "Zone of texts that name none."},
    {"default_from_timestamp_unit", "text", "second", "Unit of numbers: sec, ms, us or ns."},
    {"default_to_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z", "Format of the result."},
    {"default_to_timezone", "text", "UTC", "Zone of the result."},
    {"default_to_timestamp_unit", "text", "second",
     "Unit of the result as a number; a long is cut to whole ones."},
    {"stop_on_invalid_record", "boolean", "false; true with exact types",
     "Stop at a value that does not fit, else it becomes null with a warning."},
    {"timestamp_parser", "text", "auto", "Of the original; the same parser serves all formats."},
    {0}};

const TgFilterPlugin tg_filter_timestamp_format = {
    .name = "timestamp_format",
    .help = "Writes times in other formats, zones, units and types.",
    .options = options,
    .open = filter_open};
