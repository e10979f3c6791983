/* Columns, their target types, and rows. */
#include "arrow/import.h"

#include "arrow/check.h"
#include "arrow/value.h"

#define BATCH_ROWS 2048u /* as TG_READER_ROWS */
#define BATCH_BYTES_MAX ((gsize)16 * 1024 * 1024)

struct TgArrowImport {
    TgArrowField *root;
    TgSchema *schema;
};

/* One of Embulk's six types for each exact one. */
static TgType embulk_type(TgType exact)
{
    TgType type = {.id = TG_TYPE_INT64};

    switch ((int)exact.id) {
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_JSON:
        type.id = exact.id;
        break;
    case TG_TYPE_FLOAT:
    case TG_TYPE_DOUBLE:
    case TG_TYPE_DECIMAL:
        type.id = TG_TYPE_DOUBLE;
        break;
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        type = (TgType){.id = TG_TYPE_TIMESTAMP, .unit = TG_UNIT_WIDE, .is_utc = TRUE};
        break;
    case TG_TYPE_TIME:
    case TG_TYPE_STRING:
    case TG_TYPE_BINARY:
        type.id = TG_TYPE_STRING;
        break;
    default:
        break;
    }
    return type;
}

/* "dictionary(u)" of dictionaries, else the format. The caller frees. */
static char *source_type(const TgArrowField *field)
{
    return field->dictionary == NULL ? g_strdup(field->format)
                                     : g_strdup_printf("dictionary(%s)", field->dictionary->format);
}

TgArrowImport *tg_arrow_import_new(const struct ArrowSchema *schema, gboolean exact_types,
                                   GError **error)
{
    g_autoptr(TgArrowImport) self = g_new0(TgArrowImport, 1);

    self->schema = tg_schema_new();
    self->root = tg_arrow_field_new(schema, error);
    if (self->root == NULL) {
        return NULL;
    }
    if (self->root->layout != TG_ARROW_STRUCT || self->root->child_count == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "its Arrow schema ('%.40s') has no columns: a stream of rows has a struct "
                    "('+s') whose children are the columns",
                    self->root->format);
        return NULL;
    }
    for (guint i = 0; i < self->root->child_count; i++) {
        const TgArrowField *field = self->root->children[i];
        TgType type = exact_types ? field->type : embulk_type(field->type);
        TgColumn *column = tg_schema_append(self->schema, field->name, type);

        column->source_type = source_type(field);
    }
    return g_steal_pointer(&self);
}

void tg_arrow_import_free(TgArrowImport *import)
{
    if (import != NULL) {
        tg_arrow_field_free(import->root);
        tg_schema_free(import->schema);
        g_free(import);
    }
}

const TgSchema *tg_arrow_import_schema(const TgArrowImport *import)
{
    return import->schema;
}

gboolean tg_arrow_import_matches(const TgArrowImport *import, const struct ArrowSchema *schema,
                                 GError **error)
{
    g_autoptr(TgArrowField) other = tg_arrow_field_new(schema, error);

    if (other == NULL) {
        return FALSE;
    }
    for (guint i = 0; i < import->root->child_count && i < other->child_count; i++) {
        const TgArrowField *first = import->root->children[i];
        const TgArrowField *second = other->children[i];

        if (!tg_arrow_field_equal(first, second)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "its columns differ from those of the first part: column %u is '%s' "
                        "('%.40s') and not '%s' ('%.40s'); all parts must have the same schema",
                        i + 1, second->name, second->format, first->name, first->format);
            return FALSE;
        }
    }
    if (other->child_count != import->root->child_count) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "it has %u columns, and the first part %u; all parts must have the same schema",
                    other->child_count, import->root->child_count);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_arrow_import_check(const TgArrowImport *import, const struct ArrowArray *array,
                               GError **error)
{
    return tg_arrow_check(import->root, array, error);
}

/* One value; NULL, or why it has no place. */
static const char *set_value(const TgArrowField *field, const struct ArrowArray *array,
                             gint64 index, TgBatch *batch, guint column, GString *scratch)
{
    TgVector *vector = batch->vectors[column];
    const char *reason = NULL;

    if (!tg_arrow_is_valid(field, array, index)) {
        tg_vector_set_null(vector, batch->rows);
        return NULL;
    }
    reason = tg_arrow_resolve(&field, &array, &index);
    if (reason != NULL) {
        return reason;
    }
    if (!tg_arrow_is_valid(field, array, index)) {
        tg_vector_set_null(vector, batch->rows);
        return NULL;
    }
    if (field->type.id != TG_TYPE_JSON) {
        return tg_arrow_set(field, array, index, vector, batch->rows);
    }
    g_string_truncate(scratch, 0);
    reason = tg_arrow_append_json(field, array, index, scratch);
    if (reason == NULL) {
        tg_vector_set_bytes(vector, batch->rows, scratch->str, scratch->len);
    }
    return reason;
}

/* Bytes that the texts of the batch have so far, with the row that is being filled. */
static gsize text_bytes(const TgBatch *batch)
{
    gsize bytes = 0;

    for (guint i = 0; i < batch->count; i++) {
        const TgVector *vector = batch->vectors[i];

        bytes += vector->offsets == NULL ? 0 : (gsize)vector->offsets[batch->rows];
    }
    return bytes;
}

static gboolean add_row(const TgArrowImport *import, const struct ArrowArray *array, gint64 row,
                        TgBatch *batch, GString *scratch, GError **error)
{
    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        const TgArrowField *field = import->root->children[i];
        const struct ArrowArray *child = array->children[i];
        const char *reason =
            set_value(field, child, child->offset + array->offset + row, batch, i, scratch);

        if (reason != NULL) {
            g_autofree char *type = source_type(field);

            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "column '%s' ('%.40s'): the value %s",
                        field->name, type, reason);
            return FALSE;
        }
    }
    tg_batch_commit_row(batch);
    return TRUE;
}

gboolean tg_arrow_import_rows(const TgArrowImport *import, const struct ArrowArray *array,
                              gint64 *row, TgBatch *batch, GString *scratch, GError **error)
{
    while (*row < array->length && batch->rows < BATCH_ROWS &&
           text_bytes(batch) < BATCH_BYTES_MAX) {
        /* a row of which the struct itself is null has no columns that could be read */
        if (!tg_arrow_is_valid(import->root, array, array->offset + *row)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the row as a whole is null; leave it out in the source");
            return FALSE;
        }
        if (!add_row(import, array, *row, batch, scratch, error)) {
            return FALSE;
        }
        ++*row;
    }
    return TRUE;
}
