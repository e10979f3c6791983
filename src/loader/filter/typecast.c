/* filter typecast: columns, and places in json columns, as other types (embulk-filter-typecast). */
#include <string.h>

#include "loader/change_filter.h"
#include "loader/json_path.h"
#include "loader/value_cast.h"
#include "loader/value_text.h"
#include "params/params.h"

/* One column of the result that is not as it came. */
typedef struct {
    guint column;
    TgCast cast;
    TgTimestampReader reader; /* what the cast lends */
    TgJsonRewrite rewrite;    /* of a json column */
    TgType types[TG_JSON_PATHS_MAX];
} Change;

/* --- places in json --- */

/* Scalars of JSON as rows of vectors, to be cast as columns are. */
typedef struct {
    const Change *change;
    TgBatch *scalars; /* boolean, long, double, string */
    TgBatch *results; /* the same */
    GString *text;
} JsonCast;

enum { AT_BOOLEAN, AT_LONG, AT_DOUBLE, AT_STRING, AT_COUNT };

static TgSchema *scalar_schema(void)
{
    static const TgTypeId ids[AT_COUNT] = {TG_TYPE_BOOLEAN, TG_TYPE_INT64, TG_TYPE_DOUBLE,
                                           TG_TYPE_STRING};
    TgSchema *schema = tg_schema_new();

    for (guint i = 0; i < AT_COUNT; i++) {
        (void)tg_schema_append(schema, "", (TgType){.id = ids[i]});
    }
    return schema;
}

static int index_of(TgTypeId id)
{
    switch ((int)id) {
    case TG_TYPE_BOOLEAN:
        return AT_BOOLEAN;
    case TG_TYPE_INT64:
        return AT_LONG;
    case TG_TYPE_DOUBLE:
        return AT_DOUBLE;
    default:
        return AT_STRING;
    }
}

/* The scalar in one of the vectors; NULL: a number that no vector holds. */
static const TgVector *set_scalar(const JsonCast *self, TgJsonSlice value)
{
    g_autofree char *text = NULL;
    gint64 integer = 0;
    guint index = AT_DOUBLE;

    if (*value.bytes == 't' || *value.bytes == 'f') {
        index = AT_BOOLEAN;
        tg_vector_set_boolean(self->scalars->vectors[index], 0, *value.bytes == 't');
    } else if (*value.bytes == '"') {
        index = AT_STRING;
        g_string_truncate(self->text, 0);
        tg_json_string_append(self->text, value);
        tg_vector_set_bytes(self->scalars->vectors[index], 0, self->text->str, self->text->len);
    } else {
        text = g_strndup(value.bytes, value.size_bytes);
        if (g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &integer, NULL)) {
            index = AT_LONG;
            tg_vector_set_int64(self->scalars->vectors[index], 0, integer);
        } else {
            tg_vector_set_double(self->scalars->vectors[index], 0, g_ascii_strtod(text, NULL));
        }
    }
    return self->scalars->vectors[index];
}

static void append_result(const JsonCast *self, const TgVector *result, GString *out)
{
    g_string_truncate(self->text, 0);
    tg_value_append(self->text, result, 0);
    if (result->type.id == TG_TYPE_STRING) {
        tg_json_quote_append(out, self->text->str, self->text->len);
    } else {
        g_string_append_len(out, self->text->str, (gssize)self->text->len);
    }
}

static const char *replace_value(gpointer data, guint path, TgJsonSlice value, GString *out)
{
    const JsonCast *self = data;
    TgType to = self->change->types[path];
    TgVector *result = self->results->vectors[index_of(to.id)];
    gboolean is_container = *value.bytes == '{' || *value.bytes == '[';

    if (*value.bytes == 'n' || (is_container && to.id == TG_TYPE_JSON)) {
        g_string_append_len(out, value.bytes, (gssize)value.size_bytes);
        return NULL;
    }
    if (is_container) {
        tg_json_quote_append(out, value.bytes, value.size_bytes);
        return to.id == TG_TYPE_STRING ? NULL
                                       : "is an object or array, which only a string can hold";
    }
    const TgVector *scalar = set_scalar(self, value);
    const char *reason = NULL;

    if (to.id == TG_TYPE_JSON) {
        g_string_append_len(out, value.bytes, (gssize)value.size_bytes);
        return NULL;
    }
    reason = tg_cast_is_possible(scalar->type, to)
                 ? tg_cast_value(&self->change->cast, scalar, 0, result, 0, self->text)
                 : "cannot become a value of that type";
    if (reason == NULL) {
        append_result(self, result, out);
    }
    return reason;
}

/* --- columns --- */

/* A value that does not fit is null with a warning, or stops the load. */
static gboolean note_problem(const TgChangeFilter *self, const Change *change, const TgVector *from,
                             guint row, const char *reason, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *name = self->filter.schema->columns[change->column].name;
    g_autofree char *type = tg_type_to_text(self->filter.schema->columns[change->column].type);

    if (from->type.id != TG_TYPE_TIMESTAMP) {
        tg_value_append(text, from, row);
    }
    g_string_truncate(text, MIN(text->len, 100));
    if (self->stops) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "filter typecast: column '%s' (%s): '%s' %s",
                    name, type, text->str, reason);
        return FALSE;
    }
    tg_loader_log(self->context, TG_LOADER_WARN, "column '%s': cannot cast to %s: '%s' %s", name,
                  type, text->str, reason);
    return TRUE;
}

static const char *change_value(const Change *change, JsonCast *json, const TgVector *from,
                                guint row, TgVector *into)
{
    g_autoptr(GString) rewritten = NULL;
    const char *reason = NULL;
    gsize size = 0;

    if (change->rewrite.count == 0) {
        return tg_cast_is_possible(from->type, into->type)
                   ? tg_cast_value(&change->cast, from, row, into, row, json->text)
                   : "cannot become a value of that type";
    }
    const char *bytes = tg_vector_get_bytes(from, row, &size);

    rewritten = g_string_sized_new(size + 64);
    reason = tg_json_rewrite(&change->rewrite, (TgJsonSlice){bytes, size}, json, rewritten);
    if (reason == NULL) {
        tg_vector_set_bytes(into, row, rewritten->str, rewritten->len);
    }
    return reason;
}

static gboolean change_column(const TgChangeFilter *self, JsonCast *json, const TgVector *from,
                              TgVector *into, guint rows, GError **error)
{
    for (guint row = 0; row < rows; row++) {
        const char *reason = NULL;

        if (tg_vector_is_valid(from, row)) {
            reason = change_value(json->change, json, from, row, into);
        } else {
            tg_vector_set_null(into, row);
        }
        if (reason == NULL) {
            continue;
        }
        tg_vector_set_null(into, row);
        if (!note_problem(self, json->change, from, row, reason, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error)
{
    const TgChangeFilter *self = (const TgChangeFilter *)filter;
    g_autoptr(TgSchema) schema = scalar_schema();
    g_autoptr(TgBatch) scalars = tg_batch_new(schema);
    g_autoptr(TgBatch) results = tg_batch_new(schema);
    g_autoptr(GString) text = g_string_new(NULL);
    JsonCast json = {.scalars = scalars, .results = results, .text = text};

    tg_batch_share(out, in, self->sources);
    for (guint i = 0; i < in->count; i++) {
        json.change = self->changes[i];
        if (json.change != NULL &&
            !change_column(self, &json, in->vectors[i], out->vectors[i], in->rows, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void change_free(gpointer data)
{
    Change *change = data;

    tg_timestamp_reader_clear(&change->reader);
    tg_json_rewrite_clear(&change->rewrite);
    g_free(change);
}

static void filter_free(TgFilter *filter)
{
    tg_change_filter_free((TgChangeFilter *)filter, change_free);
}

/* --- opening --- */

static gboolean open_reader(const json_t *config, const json_t *column, Change *change,
                            GError **error)
{
    if (!tg_timestamp_reader_open(&change->reader, config, column, error)) {
        return FALSE;
    }
    change->cast.rules.reader = &change->reader;
    change->cast.format = change->reader.format;
    change->cast.zone = change->reader.zone;
    return TRUE;
}

/* The change of a column, made when it is not there yet. */
static Change *get_change(TgChangeFilter *self, guint column)
{
    if (self->changes[column] == NULL) {
        Change *change = g_new0(Change, 1);

        change->column = column;
        change->rewrite.replace = replace_value;
        change->cast.rules.exact = self->exact;
        change->cast.rules.strict_booleans = TRUE;
        tg_change_filter_set(self, column, change);
    }
    return self->changes[column];
}

static gboolean add_path(TgChangeFilter *self, guint index, TgType type, const char *path,
                         GError **error)
{
    const TgColumn *column = &self->filter.schema->columns[index];

    if (column->type.id != TG_TYPE_JSON) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a path needs a json column; '%s' is none",
                    column->name);
        return FALSE;
    }
    if (type.id == TG_TYPE_TIMESTAMP || type.id == TG_TYPE_DATE || type.id == TG_TYPE_DECIMAL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a place in json can be boolean, long, double, string or json");
        return FALSE;
    }
    Change *change = get_change(self, index);

    if (!tg_json_rewrite_add(&change->rewrite, path, error)) {
        return FALSE;
    }
    change->types[change->rewrite.count - 1] = type;
    return TRUE;
}

static gboolean add_cast(TgChangeFilter *self, const json_t *config, const json_t *entry,
                         GError **error)
{
    g_autofree char *type_name = tg_params_dup_text(entry, "type", error);
    g_autofree char *path = NULL;
    guint index = 0;
    TgType type = {0};

    if (type_name == NULL || !tg_column_type_parse(type_name, self->exact, &type, error) ||
        !tg_change_filter_find(self, entry, &index, &path, error)) {
        return FALSE;
    }
    if (path != NULL) {
        return add_path(self, index, type, path, error);
    }
    TgColumn *changed = &self->filter.schema->columns[index];

    if (self->exact && !tg_cast_is_possible(changed->type, type)) {
        g_autofree char *from = tg_type_to_text(changed->type);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "column '%s' is %s, which cannot become %s",
                    changed->name, from, type_name);
        return FALSE;
    }
    changed->type = type;
    g_clear_pointer(&changed->format, g_free);
    return open_reader(config, entry, get_change(self, index), error);
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    TgChangeFilter *self = g_new0(TgChangeFilter, 1);

    self->filter.class = &class;
    if (!tg_change_filter_open(self, context, config, input, add_cast, error)) {
        filter_free(&self->filter);
        return NULL;
    }
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"columns", "list", "[]",
     "Columns as {name, type, format, timezone, date}; a name may be a path into a json column."},
    {"stop_on_invalid_record", "boolean", "false; true with exact types",
     "Stop at a value that does not fit, else it becomes null with a warning."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z",
     "Format of times as texts, both ways."},
    {"default_timezone", "text", "UTC", "Zone of times whose text names none."},
    {"default_date", "text", "1970-01-01", "Date of times without one."},
    {0}};

const TgFilterPlugin tg_filter_typecast = {.name = "typecast",
                                           .help = "Casts columns to other types.",
                                           .options = options,
                                           .open = filter_open};
