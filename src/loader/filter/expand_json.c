/* filter expand_json: members of a json column as columns (embulk-filter-expand_json). */
#include <string.h>

#include "loader/json_path.h"
#include "loader/json_text.h"
#include "loader/number_text.h"
#include "loader/plugin.h"
#include "loader/text_value.h"
#include "params/params.h"

typedef struct {
    TgFilter filter;
    TgLoaderContext *context;
    guint json;    /* column of the input */
    gint *sources; /* one a column of the result; -1: expanded */
    guint first;   /* of the expanded columns in the result */
    guint count;
    TgJsonPath **paths;
    TgTimestampReader *readers;
    gboolean stops;
    gboolean exact;
} ExpandFilter;

/* Java's Long.parseLong, else a double cut to a long: the original's way to read 1.0E3. */
static const char *set_long(const ExpandFilter *self, const char *text, gsize size,
                            TgVector *vector, guint row)
{
    gint64 integer = 0;
    double real = 0.0;

    if (!tg_int64_parse(text, size, &integer)) {
        if (!tg_double_parse(text, size, &real) || !(real > -9.3e18 && real < 9.3e18)) {
            return "is not an integer of 64 bits";
        }
        real = CLAMP(real, -9223372036854775808.0, 9223372036854774784.0);
        integer = (gint64)real;
        if (self->exact && (double)integer != real) {
            return "is not an integer";
        }
    }
    tg_vector_set_int64(vector, row, integer);
    return NULL;
}

static const char *set_value(const ExpandFilter *self, guint index, const GString *text,
                             TgVector *vector, guint row)
{
    TgTextRules rules = {.exact = self->exact, .reader = &self->readers[index]};

    if (vector->type.id == TG_TYPE_INT64) {
        return set_long(self, text->str, text->len, vector, row);
    }
    if (vector->type.id == TG_TYPE_BOOLEAN) { /* Boolean.parseBoolean */
        gboolean is_true = g_ascii_strcasecmp(text->str, "true") == 0;

        if (self->exact && !is_true && g_ascii_strcasecmp(text->str, "false") != 0) {
            return "is neither true nor false";
        }
        tg_vector_set_boolean(vector, row, is_true);
        return NULL;
    }
    return tg_text_value_set(&rules, text->str, text->len, vector, row);
}

/* Sets all expanded columns of a row; NULL, or why one does not fit: *out_column. */
static const char *expand_row(const ExpandFilter *self, TgJsonSlice json, GString *text,
                              TgBatch *out, const char **out_column)
{
    for (guint i = 0; i < self->count; i++) {
        TgVector *vector = out->vectors[self->first + i];
        TgJsonSlice found = json;
        const char *reason = NULL;

        if (json.bytes != NULL) {
            found = tg_json_path_find(self->paths[i], json);
        }
        if (found.bytes == NULL || *found.bytes == 'n') {
            tg_vector_set_null(vector, out->rows);
            continue;
        }
        g_string_truncate(text, 0);
        if (*found.bytes == '"') {
            tg_json_string_append(text, found);
        } else {
            g_string_append_len(text, found.bytes, (gssize)found.size_bytes);
        }
        reason = set_value(self, i, text, vector, out->rows);
        if (reason != NULL) {
            *out_column = self->filter.schema->columns[self->first + i].name;
            return reason;
        }
    }
    return NULL;
}

/* The json of a row in compact form: none for null and empty texts. */
static const char *read_json(const ExpandFilter *self, const TgVector *vector, guint row,
                             GString *compact, TgJsonSlice *out)
{
    gsize size = 0;
    gsize used = 0;
    const char *bytes = NULL;
    const char *reason = NULL;

    *out = (TgJsonSlice){0};
    if (!tg_vector_is_valid(vector, row)) {
        return NULL;
    }
    bytes = tg_vector_get_bytes(vector, row, &size);
    if (vector->type.id == TG_TYPE_JSON) {
        *out = (TgJsonSlice){bytes, size};
        return NULL;
    }
    g_string_truncate(compact, 0);
    reason = tg_json_text_append(
        compact, bytes, size, self->exact ? TG_JSON_KEEP_NUMBERS : TG_JSON_EMBULK_NUMBERS, &used);
    if (reason == NULL && self->exact && used != size) {
        return "has text behind its JSON value";
    }
    if (reason == NULL && compact->len > 0) {
        *out = (TgJsonSlice){compact->str, compact->len};
    }
    return reason;
}

static gboolean skip_record(const ExpandFilter *self, const TgVector *vector, guint row,
                            const char *column, const char *reason, GError **error)
{
    gsize size = 0;
    const char *bytes = tg_vector_get_bytes(vector, row, &size);
    TgReject reject = {.file = "filter expand_json",
                       .column = column,
                       .reason = reason,
                       .raw = bytes,
                       .raw_bytes = size};

    if (self->stops) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "filter expand_json: %s%s%s%s in %.*s",
                    column == NULL ? "a record" : "column '", column == NULL ? "" : column,
                    column == NULL ? " " : "' ", reason, (int)MIN(size, 200), bytes);
        return FALSE;
    }
    tg_loader_log(self->context, TG_LOADER_WARN, "Skipped an invalid record (%s %s)",
                  column == NULL ? "it" : column, reason);
    return tg_loader_reject(self->context, &reject, error);
}

static void keep_record(const ExpandFilter *self, const TgBatch *in, guint row, TgBatch *out)
{
    for (guint i = 0; i < out->count; i++) {
        if (self->sources[i] >= 0) {
            tg_vector_copy(out->vectors[i], out->rows, in->vectors[self->sources[i]], row);
        }
    }
    out->rows++;
}

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error)
{
    const ExpandFilter *self = (const ExpandFilter *)filter;
    const TgVector *vector = in->vectors[self->json];
    g_autoptr(GString) compact = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);

    tg_batch_reserve(out, in->rows);
    for (guint row = 0; row < in->rows; row++) {
        TgJsonSlice json = {0};
        const char *column = NULL;
        const char *reason = read_json(self, vector, row, compact, &json);

        if (reason == NULL) {
            reason = expand_row(self, json, text, out, &column);
        }
        if (reason == NULL) {
            keep_record(self, in, row, out);
        } else if (!skip_record(self, vector, row, column, reason, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void filter_free(TgFilter *filter)
{
    ExpandFilter *self = (ExpandFilter *)filter;

    for (guint i = 0; i < self->count; i++) {
        tg_json_path_free(self->paths[i]);
        tg_timestamp_reader_clear(&self->readers[i]);
    }
    g_free(self->paths);
    g_free(self->readers);
    g_free(self->sources);
    g_free(self);
}

/* The path of a column: `root` and its name, as the original puts them together. */
static gboolean add_path(ExpandFilter *self, const char *root, const char *name, GError **error)
{
    g_autofree char *text = g_strconcat(root, name, NULL);

    self->paths[self->count] = tg_json_path_new(text, error);
    if (self->paths[self->count] == NULL) {
        return FALSE;
    }
    self->count++;
    for (guint i = 0; i < self->paths[self->count - 1]->count; i++) {
        const TgJsonStep *step = &self->paths[self->count - 1]->steps[i];

        if (step->key == NULL && step->index == TG_JSON_PATH_ANY) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'%s': [*] names several values; name one by its number", text);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean append_column(ExpandFilter *self, const TgColumn *column, gint source,
                              GError **error)
{
    TgSchema *schema = self->filter.schema;

    if (tg_schema_find(schema, column->name) >= 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the column '%s' would be there twice; rename one of them first", column->name);
        return FALSE;
    }
    self->sources[schema->count] = source;
    tg_schema_append_copy(schema, column);
    return TRUE;
}

/* Takes the readers of the columns. */
static gboolean append_expanded(ExpandFilter *self, TgColumnConfig *columns, const char *root,
                                GError **error)
{
    self->first = self->filter.schema->count;
    for (guint i = 0; i < columns->schema->count; i++) {
        if (!append_column(self, &columns->schema->columns[i], -1, error) ||
            !add_path(self, root, columns->schema->columns[i].name, error)) {
            return FALSE;
        }
        self->readers[i] = columns->readers[i];
        columns->readers[i] = (TgTimestampReader){0};
    }
    return TRUE;
}

static gboolean build(ExpandFilter *self, const TgSchema *input, TgColumnConfig *columns,
                      const char *root, gboolean keeps, GError **error)
{
    self->sources = g_new0(gint, input->count + columns->schema->count + 1);
    self->paths = g_new0(TgJsonPath *, columns->schema->count + 1);
    self->readers = g_new0(TgTimestampReader, columns->schema->count + 1);
    for (guint i = 0; i < input->count; i++) {
        if ((i != self->json || keeps) &&
            !append_column(self, &input->columns[i], (gint)i, error)) {
            return FALSE;
        }
        if (i == self->json && !append_expanded(self, columns, root, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* `expanded_columns` as the `columns` that parsers have. */
static TgColumnConfig *read_columns(TgLoaderContext *context, const json_t *config, GError **error)
{
    g_autoptr(json_t) copy = json_copy((json_t *)config);

    json_object_del(copy, "columns");
    if (json_is_array(json_object_get(config, "expanded_columns"))) {
        json_object_set(copy, "columns", json_object_get(config, "expanded_columns"));
    }
    TgColumnConfig *columns = tg_column_config_new(context, copy, error);

    if (columns == NULL) {
        g_prefix_error(error, "expanded_columns: ");
    }
    return columns;
}

static gboolean find_json(const json_t *config, const TgSchema *input, guint *out, GError **error)
{
    g_autofree char *name = tg_params_dup_text(config, "json_column_name", error);
    int index = name == NULL ? -1 : tg_schema_find(input, name);

    if (name == NULL) {
        return FALSE;
    }
    if (index < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "json_column_name: there is no column '%s'",
                    name);
        return FALSE;
    }
    if (input->columns[index].type.id != TG_TYPE_JSON &&
        input->columns[index].type.id != TG_TYPE_STRING) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "json_column_name: column '%s' must be string or json", name);
        return FALSE;
    }
    *out = (guint)index;
    return TRUE;
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    gboolean exact = tg_loader_context_job(context)->exact_types;
    g_autoptr(TgColumnConfig) columns = NULL;
    g_autofree char *root = NULL;
    gboolean keeps = FALSE;
    gboolean stops = FALSE;
    guint json = 0;

    if (!find_json(config, input, &json, error) ||
        !tg_params_dup_text_or(config, "root", "$.", &root, error) ||
        !tg_params_get_boolean(config, "keep_expanding_json_column", FALSE, &keeps, error) ||
        !tg_params_get_boolean(config, "stop_on_invalid_record",
                               tg_loader_stops_on_invalid(context), &stops, error)) {
        return NULL;
    }
    columns = read_columns(context, config, error);
    if (columns == NULL) {
        return NULL;
    }
    ExpandFilter *self = g_new0(ExpandFilter, 1);

    self->filter.class = &class;
    self->filter.schema = tg_schema_new();
    self->context = context;
    self->json = json;
    self->exact = exact;
    self->stops = stops;
    if (!build(self, input, columns, root, keeps, error)) {
        tg_schema_free(self->filter.schema);
        filter_free(&self->filter);
        return NULL;
    }
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"json_column_name", "text", NULL, "The column to expand, string or json."},
    {"root", "text", "$.", "What stands in front of the name of each expanded column."},
    {"expanded_columns", "list", NULL,
     "New columns as {name, type, format, timezone, date}; the name is a path below the root."},
    {"keep_expanding_json_column", "boolean", "false", "Keep the column that is expanded."},
    {"stop_on_invalid_record", "boolean", "false; true with exact types",
     "Stop at a record that does not fit, else it is skipped with a warning."},
    {"default_timezone", "text", "UTC", "Zone of times whose text names none."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z", "Format of times."},
    {"default_date", "text", "1970-01-01", "Date of times without one."},
    {"cache_provider", "text", "null", "Of the original; nothing is cached here."},
    {0}};

const TgFilterPlugin tg_filter_expand_json = {.name = "expand_json",
                                              .help = "Expands a json column into columns.",
                                              .options = options,
                                              .open = filter_open};
