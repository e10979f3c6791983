/* filter column: keeps, adds, copies and drops columns (embulk-filter-column). */
#include <string.h>

#include "loader/constants.h"
#include "loader/filter/column_json.h"
#include "loader/value_text.h"
#include "params/params.h"

typedef struct {
    TgFilter filter;
    const TgLoaderContext *context; /* while opening */
    const json_t *config;           /* while opening */
    guint count;                    /* of columns of the result */
    gint *sources;                  /* one a column; -1: only its default */
    gint *shared;                   /* what can be shared: sources without default and places */
    TgBatch **defaults;             /* one a column: one row with the default; NULL: none */
    TgColumnPlace **places;         /* one a column: what changes inside of json; NULL: nothing */
} ColumnFilter;

static void set_value(const ColumnFilter *self, guint column, const TgBatch *in, TgBatch *out,
                      guint row, GString *json)
{
    TgVector *into = out->vectors[column];
    const TgVector *from = self->sources[column] < 0 ? NULL : in->vectors[self->sources[column]];
    guint from_row = row;

    if ((from == NULL || !tg_vector_is_valid(from, row)) && self->defaults[column] != NULL) {
        from = self->defaults[column]->vectors[0];
        from_row = 0;
    }
    if (from == NULL) {
        tg_vector_set_null(into, row);
        return;
    }
    if (self->places[column] == NULL || !tg_vector_is_valid(from, from_row)) {
        tg_vector_copy(into, row, from, from_row);
        return;
    }
    TgJsonSlice value = {0};

    value.bytes = tg_vector_get_bytes(from, from_row, &value.size_bytes);
    g_string_truncate(json, 0);
    tg_column_place_apply(self->places[column], value, json);
    tg_vector_set_bytes(into, row, json->str, json->len);
}

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error G_GNUC_UNUSED)
{
    const ColumnFilter *self = (const ColumnFilter *)filter;
    g_autoptr(GString) json = g_string_new(NULL);

    tg_batch_share(out, in, self->shared);
    for (guint i = 0; i < self->count; i++) {
        for (guint row = 0; self->shared[i] < 0 && row < in->rows; row++) {
            set_value(self, i, in, out, row, json);
        }
    }
    return TRUE;
}

static void filter_free(TgFilter *filter)
{
    ColumnFilter *self = (ColumnFilter *)filter;

    for (guint i = 0; i < self->count; i++) {
        tg_batch_free(self->defaults[i]);
        tg_column_place_free(self->places[i]);
    }
    g_free(self->defaults);
    g_free(self->places);
    g_free(self->sources);
    g_free(self->shared);
    g_free(self);
}

/* --- columns --- */

static gboolean is_path(const char *name)
{
    return *name == '$';
}

/* One row with the default of a column; NULL without an error: it has none. */
static TgBatch *read_default(const ColumnFilter *self, const json_t *column, TgType type,
                             GError **error)
{
    g_autoptr(TgSchema) schema = tg_schema_new();
    g_autoptr(TgBatch) batch = NULL;
    g_auto(TgTimestampReader) reader = {0};
    gboolean is_time = type.id == TG_TYPE_TIMESTAMP || type.id == TG_TYPE_DATE;

    if (!tg_params_has(column, "default") ||
        (is_time && !tg_timestamp_reader_open(&reader, self->config, column, error))) {
        return NULL;
    }
    (void)tg_schema_append(schema, "default", type);
    batch = tg_batch_new(schema);
    if (!tg_constant_set(self->context, json_object_get(column, "default"),
                         is_time ? &reader : NULL, batch->vectors[0], error)) {
        g_prefix_error(error, "default: ");
        return NULL;
    }
    batch->rows = 1;
    return g_steal_pointer(&batch);
}

static gboolean append_column(ColumnFilter *self, const TgColumn *as, int source,
                              const json_t *config, GError **error)
{
    GError *problem = NULL;
    TgBatch *fallback = read_default(self, config, as->type, &problem);
    guint index = self->count;

    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    tg_schema_append_copy(self->filter.schema, as);
    self->sources[index] = source;
    self->shared[index] = fallback == NULL ? source : -1;
    self->defaults[index] = fallback;
    self->count++;
    return TRUE;
}

/* {name, src, type, default}: a column of the input, a copy of one, or a new one. */
static gboolean read_column(ColumnFilter *self, const json_t *config, const TgSchema *input,
                            gboolean is_added, GError **error)
{
    g_autofree char *name = tg_params_dup_text(config, "name", error);
    g_autofree char *source = NULL;
    g_autofree char *type = NULL;

    if (name == NULL ||
        !tg_params_dup_text_or(config, "src", is_added ? NULL : name, &source, error) ||
        !tg_params_dup_text_or(config, "type", NULL, &type, error)) {
        return FALSE;
    }
    if (is_path(name)) {
        return TRUE;
    }
    int index = source == NULL ? -1 : tg_schema_find(input, source);
    TgColumn column = {.name = name};

    if (index >= 0) {
        column = input->columns[index];
        column.name = name;
    } else if (type == NULL || json_object_get(config, "default") == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s': there is no column '%s' to take; a new one needs 'type' and "
                    "'default'",
                    name, source == NULL ? name : source);
        return FALSE;
    } else if (!tg_column_type_parse(type, tg_loader_context_job(self->context)->exact_types,
                                     &column.type, error)) {
        g_prefix_error(error, "column '%s': ", name);
        return FALSE;
    }
    if (!append_column(self, &column, index, config, error)) {
        g_prefix_error(error, "column '%s': ", name);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_list(ColumnFilter *self, const char *key, const TgSchema *input,
                          GError **error)
{
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (json_object_get(self->config, key), index, column) {
        if (!read_column(self, column, input, strcmp(key, "add_columns") == 0, error)) {
            g_prefix_error(error, "%s[%zu]: ", key, index);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean is_dropped(const json_t *drops, const char *name)
{
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (drops, index, column) {
        if (g_strcmp0(json_string_value(json_object_get(column, "name")), name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* drop_columns wins over columns, as in the original. */
static gboolean read_columns(ColumnFilter *self, const TgSchema *input, GError **error)
{
    const json_t *drops = json_object_get(self->config, "drop_columns");
    const json_t *keeps = json_object_get(self->config, "columns");

    if (json_array_size(drops) == 0 && json_array_size(keeps) > 0) {
        return read_list(self, "columns", input, error) &&
               read_list(self, "add_columns", input, error);
    }
    for (guint i = 0; i < input->count; i++) {
        if (!is_dropped(drops, input->columns[i].name) &&
            !append_column(self, &input->columns[i], (int)i, NULL, error)) {
            return FALSE;
        }
    }
    return read_list(self, "add_columns", input, error);
}

/* --- places in json --- */

/* The default of a place as JSON; NULL without an error: none. */
static char *read_place_default(const ColumnFilter *self, const json_t *column, GError **error)
{
    g_autofree char *name = NULL;
    g_autoptr(TgBatch) batch = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    TgType type = {0};

    if (!tg_params_has(column, "default")) {
        return NULL;
    }
    name = tg_params_dup_text(column, "type", error);
    if (name == NULL || !tg_column_type_parse(name, FALSE, &type, error)) {
        return NULL;
    }
    if (type.id == TG_TYPE_TIMESTAMP) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "type: json cannot hold a timestamp");
        return NULL;
    }
    batch = read_default(self, column, type, error);
    if (batch == NULL) {
        return NULL;
    }
    if (!tg_vector_is_valid(batch->vectors[0], 0)) {
        return g_strdup("null");
    }
    tg_value_append(text, batch->vectors[0], 0);
    if (type.id == TG_TYPE_STRING) {
        g_autoptr(GString) quoted = g_string_new(NULL);

        tg_json_quote_append(quoted, text->str, text->len);
        return g_strdup(quoted->str);
    }
    return g_strdup(text->str);
}

/* The place of the column that a path begins with; NULL: the result has no such column. */
static gboolean get_root(ColumnFilter *self, const char *column, TgColumnPlace **out,
                         GError **error)
{
    int index = tg_schema_find(self->filter.schema, column);

    *out = NULL;
    if (index < 0) {
        tg_loader_log(self->context, TG_LOADER_WARN,
                      "filter column: a path begins with '%s', which is no column of the result",
                      column);
        return TRUE;
    }
    if (self->filter.schema->columns[index].type.id != TG_TYPE_JSON) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a path needs a json column; '%s' is none",
                    column);
        return FALSE;
    }
    if (self->places[index] == NULL) {
        self->places[index] = tg_column_place_new();
        self->shared[index] = -1;
    }
    *out = self->places[index];
    return TRUE;
}

static gboolean read_place(ColumnFilter *self, const json_t *column, TgPlaceAction action,
                           GError **error)
{
    g_autofree char *name = tg_params_dup_text(column, "name", error);
    g_autofree char *source = NULL;
    g_autofree char *fallback = NULL;
    g_autofree char *rest = NULL;
    g_autofree char *source_rest = NULL;
    g_autofree char *of_source = NULL;
    GError *problem = NULL;
    TgColumnPlace *root = NULL;

    if (name == NULL || !tg_params_dup_text_or(column, "src", NULL, &source, error)) {
        return FALSE;
    }
    if (!is_path(name)) {
        return TRUE;
    }
    g_autoptr(TgJsonPath) check = tg_json_path_new(name, error);
    g_autofree char *of = check == NULL ? NULL : tg_json_path_split(name, &rest);

    if (of == NULL) {
        return check == NULL ? FALSE
                             : (g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                                            "'%s' does not begin with a column", name),
                                FALSE);
    }
    of_source = source == NULL ? NULL : tg_json_path_split(source, &source_rest);
    if (source != NULL && g_strcmp0(of, of_source) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "src: '%s' is no path in column '%s'", source,
                    of);
        return FALSE;
    }
    fallback = read_place_default(self, column, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    if (action == TG_PLACE_ADD && source == NULL && fallback == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' needs 'src', or 'type' and 'default'",
                    name);
        return FALSE;
    }
    TgPlaceChange change = {
        .action = action, .path = rest, .source = source_rest, .fallback = fallback};

    return get_root(self, of, &root, error) &&
           (root == NULL || tg_column_place_add(root, &change, error));
}

/* The columns of one list. */
static gboolean read_places_of(ColumnFilter *self, const char *key, TgPlaceAction action,
                               GError **error)
{
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (json_object_get(self->config, key), index, column) {
        if (!read_place(self, column, action, error)) {
            g_prefix_error(error, "%s[%zu]: ", key, index);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_places(ColumnFilter *self, GError **error)
{
    static const struct {
        const char *key;
        TgPlaceAction action;
    } lists[] = {
        {"drop_columns", TG_PLACE_DROP}, {"columns", TG_PLACE_KEEP}, {"add_columns", TG_PLACE_ADD}};
    gboolean drops = json_array_size(json_object_get(self->config, "drop_columns")) > 0;

    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        gboolean is_left_out = drops && lists[i].action == TG_PLACE_KEEP;

        if (!is_left_out && !read_places_of(self, lists[i].key, lists[i].action, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    ColumnFilter *self = g_new0(ColumnFilter, 1);
    gsize count = input->count + json_array_size(json_object_get(config, "columns")) +
                  json_array_size(json_object_get(config, "add_columns")) + 1;

    self->filter.class = &class;
    self->filter.schema = tg_schema_new();
    self->context = context;
    self->config = config;
    self->sources = g_new0(gint, count);
    self->shared = g_new0(gint, count);
    self->defaults = g_new0(TgBatch *, count);
    self->places = g_new0(TgColumnPlace *, count);
    if (!read_columns(self, input, error) || !read_places(self, error)) {
        tg_schema_free(self->filter.schema);
        filter_free(&self->filter);
        return NULL;
    }
    self->config = NULL;
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"columns", "list", "[]",
     "Columns to keep, as {name, src, type, default, format, timezone}; `src` copies another one, "
     "`default` stands in for nulls, with `type` also for a column that is not there."},
    {"add_columns", "list", "[]", "Columns to add behind the others, as in `columns`."},
    {"drop_columns", "list", "[]",
     "Columns to drop, as {name}; with it `columns` is not looked at."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z",
     "Format of defaults that are times."},
    {"default_timezone", "text", "UTC", "Zone of such times whose text names none."},
    {"default_date", "text", "1970-01-01", "Date of such times without one."},
    {0}};

const TgFilterPlugin tg_filter_column = {
    .name = "column",
    .help = "Keeps, adds, copies and drops columns, and places in json columns.",
    .options = options,
    .open = filter_open};
