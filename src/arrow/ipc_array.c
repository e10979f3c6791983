/* Record batches as arrays of the C interface. Buffers stay where they are, in the message's body;
 * unlike that interface a message tells how long they are, so that is checked here. */
#include "arrow/check.h"
#include "arrow/ipc_internal.h"

#define LENGTH_MAX (G_GINT64_CONSTANT(1) << 36)
#define BLOCKS_MAX 1000000
#define VIEW_BYTES 16

/* Where in the lists of a batch a walk through its fields is. */
typedef struct {
    const TgIpcContext *context;
    GBytes *body;
    TgFlatList nodes;
    TgFlatList buffers;
    TgFlatList variadic;
    guint32 node;
    guint32 buffer;
    guint32 view;
} Walk;

/* What an array keeps. */
typedef struct {
    GBytes *body;
    gint64 *block_sizes; /* of views; NULL: none */
} Kept;

static gboolean array_read(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                           GError **error);

static gboolean fail(const TgArrowField *field, const char *what, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "column '%s' ('%.40s'): its part of the Arrow stream %s; was it cut off or changed "
                "on the way?",
                field->name, field->format, what);
    return FALSE;
}

static void release_part(struct ArrowArray *part)
{
    if (part != NULL && part->release != NULL) {
        part->release(part);
    }
    g_free(part);
}

static void array_release(struct ArrowArray *array)
{
    Kept *kept = array->private_data;

    for (gint64 i = 0; i < array->n_children; i++) {
        release_part(array->children[i]);
    }
    release_part(array->dictionary);
    g_free(array->children);
    g_free(array->buffers);
    g_bytes_unref(kept->body);
    g_free(kept->block_sizes);
    g_free(kept);
    array->release = NULL;
}

static void array_init(struct ArrowArray *array, GBytes *body, gint64 buffers, guint children)
{
    Kept *kept = g_new0(Kept, 1);

    kept->body = g_bytes_ref(body);
    *array = (struct ArrowArray){.n_buffers = buffers,
                                 .buffers = g_new0(const void *, (gsize)buffers + 1),
                                 .n_children = children,
                                 .children = g_new0(struct ArrowArray *, (gsize)children + 1),
                                 .release = array_release,
                                 .private_data = kept};
}

/* --- buffers --- */

/* The next buffer; NULL *out: empty. *out_size in bytes. */
static gboolean take_buffer(Walk *walk, const TgArrowField *field, const void **out,
                            gint64 *out_size, GError **error)
{
    gsize body_size = 0;
    const guint8 *body = g_bytes_get_data(walk->body, &body_size);
    gint64 offset = tg_flat_list_get_int64(&walk->buffers, walk->buffer, 2, 0);
    gint64 size = tg_flat_list_get_int64(&walk->buffers, walk->buffer, 2, 1);

    if (walk->buffer++ >= walk->buffers.count) {
        return fail(field, "lacks buffers", error);
    }
    if (offset < 0 || size < 0 || (guint64)offset > body_size ||
        (guint64)size > body_size - (guint64)offset) {
        return fail(field, "has a buffer that leads out of its message", error);
    }
    *out = size == 0 ? NULL : body + offset;
    *out_size = size;
    return TRUE;
}

/* The next buffer as buffer `index` of the array; it must have `needed` bytes. */
static gboolean take_sized(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                           gint64 index, gint64 needed, GError **error)
{
    gint64 size = 0;

    if (!take_buffer(walk, field, &out->buffers[index], &size, error)) {
        return FALSE;
    }
    return size >= needed || fail(field, "has a buffer that is too short", error);
}

/* A bitmap that is left out says that all is there. */
static gboolean take_validity(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                              GError **error)
{
    gint64 size = 0;

    if (!take_buffer(walk, field, &out->buffers[0], &size, error)) {
        return FALSE;
    }
    if (size < (out->length + 7) / 8) {
        out->buffers[0] = NULL;
        return out->null_count == 0 || fail(field, "does not say which values are null", error);
    }
    return TRUE;
}

static gint64 offsets_bytes(const TgArrowField *field, const struct ArrowArray *out)
{
    return out->length == 0 ? 0 : (out->length + 1) * (gint64)field->offset_width;
}

static gboolean take_bytes(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                           GError **error)
{
    gint64 last = 0;

    if (!take_sized(walk, field, out, 1, offsets_bytes(field, out), error)) {
        return FALSE;
    }
    if (out->length > 0) {
        last = tg_arrow_offset(out->buffers[1], field->offset_width, out->length);
    }
    return take_sized(walk, field, out, 2, last, error);
}

/* Views, and a number of blocks that only the message knows. */
static gboolean take_views(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                           GError **error)
{
    Kept *kept = out->private_data;
    gint64 blocks = tg_flat_list_get_int64(&walk->variadic, walk->view, 1, 0);

    if (walk->view++ >= walk->variadic.count || blocks < 0 || blocks > BLOCKS_MAX) {
        return fail(field, "does not say how many blocks it has", error);
    }
    out->n_buffers = blocks + 3;
    out->buffers = g_renew(const void *, out->buffers, (gsize)blocks + 3);
    kept->block_sizes = g_new0(gint64, (gsize)blocks + 1);
    out->buffers[blocks + 2] = kept->block_sizes;
    if (!take_sized(walk, field, out, 1, out->length * VIEW_BYTES, error)) {
        return FALSE;
    }
    for (gint64 i = 0; i < blocks; i++) {
        if (!take_buffer(walk, field, &out->buffers[i + 2], &kept->block_sizes[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean take_layout(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                            GError **error)
{
    gint64 list_view_bytes = out->length * (gint64)field->offset_width;

    switch (field->layout) {
    case TG_ARROW_NULL:
    case TG_ARROW_STRUCT:
    case TG_ARROW_FIXED_LIST:
        return TRUE;
    case TG_ARROW_BOOLEAN:
        return take_sized(walk, field, out, 1, (out->length + 7) / 8, error);
    case TG_ARROW_BYTES:
        return take_bytes(walk, field, out, error);
    case TG_ARROW_BYTES_VIEW:
        return take_views(walk, field, out, error);
    case TG_ARROW_LIST:
    case TG_ARROW_MAP:
        return take_sized(walk, field, out, 1, offsets_bytes(field, out), error);
    case TG_ARROW_LIST_VIEW:
        return take_sized(walk, field, out, 1, list_view_bytes, error) &&
               take_sized(walk, field, out, 2, list_view_bytes, error);
    case TG_ARROW_INTEGER:
    case TG_ARROW_HALF:
    case TG_ARROW_FLOAT:
    case TG_ARROW_DOUBLE:
    case TG_ARROW_DECIMAL:
    case TG_ARROW_FIXED_BYTES:
    default:
        return take_sized(walk, field, out, 1, out->length * (gint64)field->width, error);
    }
}

/* --- dictionaries --- */

static const TgIpcMessage *find_values(const TgIpcContext *context, const TgArrowField *field)
{
    for (guint i = 0; i < context->dictionaries->len; i++) {
        const TgIpcDictionary *one = &g_array_index(context->dictionaries, TgIpcDictionary, i);

        if (one->field == field) {
            return g_hash_table_lookup(context->values, &one->id);
        }
    }
    return NULL;
}

static gboolean check_compression(const TgFlatTable *record, GError **error)
{
    if (tg_flat_get_table(record, RECORD_COMPRESSION).flat != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the Arrow stream is compressed; write it without compression");
        return FALSE;
    }
    return TRUE;
}

static void walk_init(Walk *walk, const TgIpcContext *context, const TgFlatTable *record,
                      GBytes *body)
{
    *walk = (Walk){.context = context,
                   .body = body,
                   .nodes = tg_flat_get_list(record, RECORD_NODES, 16),
                   .buffers = tg_flat_get_list(record, RECORD_BUFFERS, 16),
                   .variadic = tg_flat_get_list(record, RECORD_VARIADIC, 8)};
}

static void flat_init(TgFlat *flat, GBytes *metadata)
{
    *flat = (TgFlat){0};
    flat->bytes = g_bytes_get_data(metadata, &flat->size);
}

/* The values of a dictionary, made anew for each array: they share their bytes. */
static gboolean take_dictionary(const TgIpcContext *context, const TgArrowField *field,
                                struct ArrowArray *out, GError **error)
{
    const TgIpcMessage *message = find_values(context, field);
    TgFlat flat;
    Walk walk;

    if (message == NULL) {
        return fail(field, "has a dictionary that did not come before it", error);
    }
    flat_init(&flat, message->metadata);
    TgFlatTable root = tg_flat_root(&flat);
    TgFlatTable header = tg_flat_get_table(&root, MESSAGE_HEADER);
    TgFlatTable record = tg_flat_get_table(&header, DICTIONARY_DATA);

    walk_init(&walk, context, &record, message->body);
    out->dictionary = g_new0(struct ArrowArray, 1);
    return check_compression(&record, error) &&
           array_read(&walk, field->dictionary, out->dictionary, error) &&
           (!flat.is_broken || fail(field, "is damaged", error));
}

/* --- fields --- */

static gboolean read_node(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                          GError **error)
{
    out->length = tg_flat_list_get_int64(&walk->nodes, walk->node, 2, 0);
    out->null_count = tg_flat_list_get_int64(&walk->nodes, walk->node, 2, 1);
    if (walk->node++ >= walk->nodes.count) {
        return fail(field, "is missing", error);
    }
    return (out->length >= 0 && out->length <= LENGTH_MAX && out->null_count >= 0 &&
            out->null_count <= out->length) ||
           fail(field, "has a wrong length", error);
}

static gboolean read_children(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                              GError **error)
{
    for (guint i = 0; i < field->child_count; i++) {
        out->children[i] = g_new0(struct ArrowArray, 1);
        if (!array_read(walk, field->children[i], out->children[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean array_read(Walk *walk, const TgArrowField *field, struct ArrowArray *out,
                           GError **error)
{
    array_init(out, walk->body, tg_arrow_field_buffers(field), field->child_count);
    return read_node(walk, field, out, error) &&
           (field->layout == TG_ARROW_NULL || take_validity(walk, field, out, error)) &&
           take_layout(walk, field, out, error) && read_children(walk, field, out, error) &&
           (field->dictionary == NULL || take_dictionary(walk->context, field, out, error));
}

gboolean tg_ipc_array_read(const TgIpcContext *context, const TgArrowField *root,
                           const TgIpcMessage *message, struct ArrowArray *out, GError **error)
{
    TgFlat flat;
    Walk walk;

    flat_init(&flat, message->metadata);
    TgFlatTable table = tg_flat_root(&flat);
    TgFlatTable record = tg_flat_get_table(&table, MESSAGE_HEADER);

    walk_init(&walk, context, &record, message->body);
    array_init(out, message->body, 1, root->child_count);
    out->length = tg_flat_get_number(&record, RECORD_LENGTH, 8, 0);
    if (check_compression(&record, error) && read_children(&walk, root, out, error) &&
        (!flat.is_broken || fail(root, "is damaged", error))) {
        return TRUE;
    }
    out->release(out);
    return FALSE;
}

void tg_ipc_message_free(TgIpcMessage *message)
{
    if (message != NULL) {
        g_bytes_unref(message->metadata);
        g_bytes_unref(message->body);
        g_free(message);
    }
}
