/* The rules of the columnar format that memory safety hangs on. */
#include "arrow/check.h"

#define LENGTH_MAX ((gint64)1 << 36) /* rows; times the greatest width it is no overflow */
#define VIEW_INLINE_BYTES 12

/* An array with the part of it that its parent uses. */
typedef struct {
    const TgArrowField *field;
    const struct ArrowArray *array;
    gint64 end; /* offset + length */
} Part;

static gboolean fail(const TgArrowField *field, const char *what, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "column '%s' ('%.40s'): the Arrow array %s; the plug-in or driver is broken",
                field->name, field->format, what);
    return FALSE;
}

gint64 tg_arrow_offset(const void *buffer, gsize width, gint64 index)
{
    gint32 narrow = 0;
    gint64 wide = 0;

    if (width == sizeof narrow) {
        memcpy(&narrow, (const char *)buffer + index * (gint64)sizeof narrow, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, (const char *)buffer + index * (gint64)sizeof wide, sizeof wide);
    return wide;
}

static gboolean check_frame(const Part *part, GError **error)
{
    const struct ArrowArray *array = part->array;
    gint64 buffers = tg_arrow_field_buffers(part->field);

    if (array->length < 0 || array->offset < 0 || array->length > LENGTH_MAX ||
        array->offset > LENGTH_MAX) {
        return fail(part->field, "has a wrong length", error);
    }
    if (array->n_buffers < buffers || (buffers > 0 && array->buffers == NULL)) {
        return fail(part->field, "has too few buffers", error);
    }
    if (array->n_children != part->field->child_count ||
        (array->n_children > 0 && array->children == NULL)) {
        return fail(part->field, "has a wrong number of children", error);
    }
    if (buffers > 0 && array->buffers[0] == NULL && array->null_count > 0) {
        return fail(part->field, "has nulls, but does not say which", error);
    }
    return TRUE;
}

/* Offsets grow, from 0 on. *out_last is the greatest. */
static gboolean check_offsets(const Part *part, gint64 *out_last, GError **error)
{
    const void *offsets = part->array->buffers[1];
    gsize width = part->field->offset_width;
    gint64 before = 0;

    *out_last = 0;
    if (part->array->length == 0) {
        return TRUE; /* the buffer may be missing then */
    }
    if (offsets == NULL) {
        return fail(part->field, "has no offsets", error);
    }
    for (gint64 i = part->array->offset; i <= part->end; i++) {
        gint64 offset = tg_arrow_offset(offsets, width, i);

        if (offset < before) {
            return fail(part->field, "has offsets that do not grow", error);
        }
        before = offset;
    }
    *out_last = before;
    return TRUE;
}

static gboolean check_bytes(const Part *part, GError **error)
{
    gint64 last = 0;

    if (!check_offsets(part, &last, error)) {
        return FALSE;
    }
    return (last == 0 || part->array->buffers[2] != NULL) ||
           fail(part->field, "has no bytes", error);
}

/* One view: its block and place are in the blocks that are there. */
static gboolean view_is_inside(const struct ArrowArray *array, gint64 index, gint64 blocks)
{
    gint32 view[4]; /* length, prefix, block, offset */
    gint64 size = 0;

    memcpy(view, (const char *)array->buffers[1] + index * (gint64)sizeof view, sizeof view);
    if (view[0] < 0) {
        return FALSE;
    }
    if (view[0] <= VIEW_INLINE_BYTES) {
        return TRUE;
    }
    if (view[2] < 0 || view[2] >= blocks || view[3] < 0 || array->buffers[2 + view[2]] == NULL) {
        return FALSE;
    }
    size = tg_arrow_offset(array->buffers[array->n_buffers - 1], sizeof size, view[2]);
    return (gint64)view[3] + view[0] <= size;
}

static gboolean is_valid(const struct ArrowArray *array, gint64 index)
{
    const guint8 *bits = array->buffers[0];

    return bits == NULL || ((guint)(bits[index >> 3] >> (index & 7)) & 1u) != 0;
}

static gboolean check_views(const Part *part, GError **error)
{
    const struct ArrowArray *array = part->array;
    gint64 blocks = array->n_buffers - 3;

    if (array->length > 0 && (array->buffers[1] == NULL ||
                              (blocks > 0 && array->buffers[array->n_buffers - 1] == NULL))) {
        return fail(part->field, "has no views", error);
    }
    for (gint64 i = array->offset; i < part->end; i++) {
        if (is_valid(array, i) && !view_is_inside(array, i, blocks)) {
            return fail(part->field, "has a view that leads out of it", error);
        }
    }
    return TRUE;
}

/* --- nested --- */

/* A child has the values that the parent's rows reach. */
static gboolean check_child(const Part *part, guint index, gint64 needed, GError **error)
{
    const struct ArrowArray *child = part->array->children[index];
    const TgArrowField *field = part->field->children[index];

    if (child == NULL || child->release == NULL) {
        return fail(part->field, "lacks a child", error);
    }
    if (!tg_arrow_check(field, child, error)) {
        return FALSE;
    }
    return child->length >= needed || fail(field, "is shorter than its parent needs", error);
}

static gboolean check_list_views(const Part *part, GError **error)
{
    const struct ArrowArray *array = part->array;
    gsize width = part->field->offset_width;
    gint64 last = 0;

    if (array->length > 0 && (array->buffers[1] == NULL || array->buffers[2] == NULL)) {
        return fail(part->field, "has no offsets", error);
    }
    for (gint64 i = array->offset; i < part->end; i++) {
        gint64 offset = tg_arrow_offset(array->buffers[1], width, i);
        gint64 size = tg_arrow_offset(array->buffers[2], width, i);

        if (offset < 0 || size < 0 || offset > LENGTH_MAX || size > LENGTH_MAX) {
            return fail(part->field, "has a list that leads out of it", error);
        }
        last = MAX(last, offset + size);
    }
    return check_child(part, 0, last, error);
}

static gboolean check_struct(const Part *part, GError **error)
{
    for (guint i = 0; i < part->field->child_count; i++) {
        if (!check_child(part, i, part->end, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean check_layout(const Part *part, GError **error)
{
    gint64 last = 0;

    switch (part->field->layout) {
    case TG_ARROW_NULL:
        return TRUE;
    case TG_ARROW_BYTES:
        return check_bytes(part, error);
    case TG_ARROW_BYTES_VIEW:
        return check_views(part, error);
    case TG_ARROW_LIST:
    case TG_ARROW_MAP:
        return check_offsets(part, &last, error) && check_child(part, 0, last, error);
    case TG_ARROW_LIST_VIEW:
        return check_list_views(part, error);
    case TG_ARROW_FIXED_LIST:
        return check_child(part, 0, part->end * (gint64)part->field->width, error);
    case TG_ARROW_STRUCT:
        return check_struct(part, error);
    case TG_ARROW_BOOLEAN:
    case TG_ARROW_INTEGER:
    case TG_ARROW_HALF:
    case TG_ARROW_FLOAT:
    case TG_ARROW_DOUBLE:
    case TG_ARROW_DECIMAL:
    case TG_ARROW_FIXED_BYTES:
    default:
        return part->array->length == 0 || part->array->buffers[1] != NULL ||
               part->field->width == 0 || fail(part->field, "has no values", error);
    }
}

gboolean tg_arrow_check(const TgArrowField *field, const struct ArrowArray *array, GError **error)
{
    const Part part = {field, array, array->offset + array->length};

    if (!check_frame(&part, error)) {
        return FALSE;
    }
    if (field->dictionary == NULL) {
        return check_layout(&part, error);
    }
    if (array->dictionary == NULL || array->dictionary->release == NULL) {
        return fail(field, "has no dictionary", error);
    }
    return check_layout(&part, error) &&
           tg_arrow_check(field->dictionary, array->dictionary, error);
}
