/* filter insert: constant columns at a place (embulk-filter-insert). */
#include <string.h>

#include "loader/constants.h"
#include "loader/plugin.h"
#include "params/params.h"

typedef struct {
    TgFilter filter;
    gint *sources;      /* one a column of the result; -1: inserted */
    TgBatch *constants; /* one row of the inserted columns */
    guint position;     /* of the first of them */
} InsertFilter;

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error G_GNUC_UNUSED)
{
    const InsertFilter *self = (const InsertFilter *)filter;

    tg_batch_share(out, in, self->sources);
    for (guint i = 0; i < self->constants->count; i++) {
        for (guint row = 0; row < in->rows; row++) {
            tg_vector_copy(out->vectors[self->position + i], row, self->constants->vectors[i], 0);
        }
    }
    return TRUE;
}

static void filter_free(TgFilter *filter)
{
    InsertFilter *self = (InsertFilter *)filter;

    tg_batch_free(self->constants);
    g_free(self->sources);
    g_free(self);
}

/* {name: value, as: type} */
static gboolean read_column(const TgLoaderContext *context, const json_t *column, TgSchema *schema,
                            json_t *values, GError **error)
{
    g_autofree char *type_name = NULL;
    TgType type = {0};
    const char *key = NULL;
    json_t *value = NULL;
    const char *name = NULL;

    json_object_foreach ((json_t *)column, key, value) {
        if (strcmp(key, "as") != 0) {
            name = key;
        }
    }
    gboolean has_type = json_object_get(column, "as") != NULL;

    if (name == NULL || json_object_size(column) != (has_type ? 2 : 1)) {
        g_autofree char *text = tg_params_to_text(column);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a column is one name with its value, and 'as' for its type, not %s", text);
        return FALSE;
    }
    if (!tg_params_dup_text_or(column, "as", "string", &type_name, error) ||
        !tg_column_type_parse(type_name, tg_loader_context_job(context)->exact_types, &type,
                              error)) {
        g_prefix_error(error, "column '%s': ", name);
        return FALSE;
    }
    (void)tg_schema_append(schema, name, type);
    json_array_append(values, json_object_get(column, name));
    return TRUE;
}

static gboolean read_columns(const TgLoaderContext *context, const json_t *config, TgSchema *schema,
                             json_t *values, GError **error)
{
    const json_t *one = json_object_get(config, "column");
    const json_t *several = json_object_get(config, "columns");
    json_t *column = NULL;
    size_t index = 0;

    if (json_is_object(one) == json_is_array(several)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "give either 'column', a map, or 'columns', a list of maps");
        return FALSE;
    }
    if (json_is_object(one)) {
        return read_column(context, one, schema, values, error);
    }
    json_array_foreach (several, index, column) {
        if (!read_column(context, column, schema, values, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean find_neighbour(const char *name, const TgSchema *input, guint *out, GError **error)
{
    int index = tg_schema_find(input, name);

    if (index < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no column '%s'", name);
        return FALSE;
    }
    *out = (guint)index;
    return TRUE;
}

static gboolean read_position(const json_t *config, const TgSchema *input, guint *out,
                              GError **error)
{
    g_autofree char *at = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    guint64 number = 0;

    if (!tg_params_dup_text_or(config, "at", NULL, &at, error) ||
        !tg_params_dup_text_or(config, "before", NULL, &before, error) ||
        !tg_params_dup_text_or(config, "after", NULL, &after, error)) {
        return FALSE;
    }
    if ((at != NULL) + (before != NULL) + (after != NULL) > 1) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "give one of 'at', 'before' and 'after'");
        return FALSE;
    }
    *out = input->count;
    if (before != NULL) {
        return find_neighbour(before, input, out, error);
    }
    if (after != NULL) {
        gboolean found = find_neighbour(after, input, out, error);

        *out += found ? 1 : 0;
        return found;
    }
    if (at == NULL || strcmp(at, "bottom") == 0 || strcmp(at, "tail") == 0) {
        return TRUE;
    }
    if (strcmp(at, "top") == 0 || strcmp(at, "head") == 0) {
        *out = 0;
        return TRUE;
    }
    if (!g_ascii_string_to_unsigned(at, 10, 0, input->count, &number, NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'at' is top, head, bottom, tail or a number up to %u, not '%s'", input->count,
                    at);
        return FALSE;
    }
    *out = (guint)number;
    return TRUE;
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    g_autoptr(TgSchema) inserted = tg_schema_new();
    g_autoptr(TgBatch) constants = NULL;
    g_autoptr(json_t) values = json_array();
    guint position = 0;

    if (!read_columns(context, config, inserted, values, error) ||
        !read_position(config, input, &position, error)) {
        return NULL;
    }
    constants = tg_batch_new(inserted);
    for (guint i = 0; i < inserted->count; i++) {
        if (!tg_constant_set(context, json_array_get(values, i), NULL, constants->vectors[i],
                             error)) {
            g_prefix_error(error, "column '%s': ", inserted->columns[i].name);
            return NULL;
        }
    }
    InsertFilter *self = g_new0(InsertFilter, 1);
    TgSchema *schema = tg_schema_new();

    self->filter.class = &class;
    self->filter.schema = schema;
    self->sources = g_new0(gint, input->count + inserted->count + 1);
    self->position = position;
    self->constants = g_steal_pointer(&constants);
    for (guint i = 0; i <= input->count; i++) {
        for (guint j = 0; i == position && j < inserted->count; j++) {
            self->sources[schema->count] = -1;
            tg_schema_append_copy(schema, &inserted->columns[j]);
        }
        if (i < input->count) {
            self->sources[schema->count] = (gint)i;
            tg_schema_append_copy(schema, &input->columns[i]);
        }
    }
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"column", "map", "null",
     "One column as {name: value, as: type}; the type is string unless named."},
    {"columns", "list", "null", "Several columns, each as {name: value, as: type}."},
    {"at", "text", "bottom", "Where: top (head), bottom (tail) or the number of the column."},
    {"before", "text", "null", "The column to insert in front of."},
    {"after", "text", "null", "The column to insert behind."},
    {0}};

const TgFilterPlugin tg_filter_insert = {.name = "insert",
                                         .help = "Inserts columns with a constant value.",
                                         .options = options,
                                         .open = filter_open};
