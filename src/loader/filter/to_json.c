/* filter to_json: each record as one JSON object in one column (embulk-filter-to_json). */
#include <string.h>

#include "loader/column_config.h"
#include "loader/record_json.h"
#include "params/params.h"

typedef struct {
    TgFilter filter;
    TgRecordJson *writer;
    gboolean *skips; /* one a column of the input: no record when it is null */
    gboolean exact;
} ToJsonFilter;

static gboolean is_skipped(const ToJsonFilter *self, const TgBatch *in, guint row)
{
    for (guint i = 0; i < in->count; i++) {
        if (self->skips[i] && !tg_vector_is_valid(in->vectors[i], row)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A skipped record stays, as null: the original adds a record without setting its column. */
static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error)
{
    const ToJsonFilter *self = (const ToJsonFilter *)filter;
    g_autoptr(GString) text = g_string_new(NULL);

    tg_batch_reserve(out, in->rows);
    for (guint row = 0; row < in->rows; row++) {
        if (is_skipped(self, in, row)) {
            tg_vector_set_null(out->vectors[0], row);
            continue;
        }
        g_string_truncate(text, 0);
        if (!tg_record_json_append(self->writer, in, row, text, error)) {
            g_prefix_error(error, "filter to_json: ");
            return FALSE;
        }
        tg_vector_set_bytes(out->vectors[0], row, text->str, text->len);
    }
    out->rows = in->rows;
    return TRUE;
}

static void filter_free(TgFilter *filter)
{
    ToJsonFilter *self = (ToJsonFilter *)filter;

    tg_record_json_free(self->writer);
    g_free(self->skips);
    g_free(self);
}

static gboolean read_column(const json_t *config, TgSchema *schema, GError **error)
{
    const json_t *column = json_object_get(config, "column");
    g_autofree char *name = NULL;
    g_autofree char *type_name = NULL;
    TgType type = {0};

    if (!tg_params_dup_text_or(column, "name", "json_payload", &name, error) ||
        !tg_params_dup_text_or(column, "type", "string", &type_name, error) ||
        !tg_column_type_parse(type_name, FALSE, &type, error)) {
        return FALSE;
    }
    if (type.id != TG_TYPE_STRING && type.id != TG_TYPE_JSON) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "column: the type is string or json, not %s",
                    type_name);
        return FALSE;
    }
    (void)tg_schema_append(schema, name, type);
    return TRUE;
}

static gboolean read_skips(const json_t *config, const TgSchema *input, gboolean exact,
                           gboolean *skips, GError **error)
{
    json_t *name = NULL;
    size_t index = 0;

    json_array_foreach (json_object_get(config, "skip_if_null"), index, name) {
        g_autofree char *text = tg_params_to_text(name);
        int column = tg_schema_find(input, text);

        if (column < 0 && exact) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "skip_if_null: there is no column '%s'",
                        text);
            return FALSE;
        }
        if (column >= 0) {
            skips[column] = TRUE;
        }
    }
    return TRUE;
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;
    ToJsonFilter *self = NULL;

    if (!tg_params_dup_text_or(config, "default_format", "%Y-%m-%d %H:%M:%S.%N %z", &format,
                               error) ||
        !tg_params_dup_text_or(config, "default_timezone", "UTC", &zone, error)) {
        return NULL;
    }
    self = g_new0(ToJsonFilter, 1);
    self->filter.class = &class;
    self->filter.schema = tg_schema_new();
    self->skips = g_new0(gboolean, input->count + 1);
    self->exact = tg_loader_context_job(context)->exact_types;
    self->writer = tg_record_json_new(input, format, zone, error);
    if (self->writer == NULL || !read_column(config, self->filter.schema, error) ||
        !read_skips(config, input, self->exact, self->skips, error)) {
        tg_schema_free(self->filter.schema);
        filter_free(&self->filter);
        return NULL;
    }
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"column", "map", "{name: json_payload, type: string}",
     "The column of the result; its type is string or json."},
    {"skip_if_null", "list", "[]", "Columns; when one of them is null, the result is null."},
    {"default_format", "text", "%Y-%m-%d %H:%M:%S.%N %z", "Format of timestamps."},
    {"default_timezone", "text", "UTC", "Zone that timestamps are written in."},
    {0}};

const TgFilterPlugin tg_filter_to_json = {.name = "to_json",
                                          .help = "Puts each record into one column as JSON.",
                                          .options = options,
                                          .open = filter_open};
