/* Messages one after another: a schema, then dictionaries and record batches. */
#include "arrow/ipc.h"

#include <errno.h>

#include "arrow/ipc_internal.h"

#define CONTINUATION 0xffffffffu
#define VERSION_MIN 3 /* V4: Arrow 0.8 of 2017; before it the layout was another */
#define READ_BYTES ((gsize)1024 * 1024)
#define DICTIONARIES_BYTES_MAX ((gsize)1024 * 1024 * 1024)

typedef struct {
    TgArrowBytes source;
    GBytes *schema_message; /* schemas are made of it anew */
    TgArrowField *root;
    TgIpcContext context;
    gsize dictionary_bytes;
    gboolean has_ended;
    char *words; /* of the last failure */
} IpcStream;

/* --- bytes --- */

/* Exactly so many bytes; *out_got less at the end of the source. */
static gboolean read_bytes(IpcStream *self, guint8 *into, gsize size, gsize *out_got,
                           GError **error)
{
    *out_got = 0;
    while (*out_got < size) {
        gssize got = self->source.read(self->source.data, into + *out_got, size - *out_got, error);

        if (got < 0) {
            return FALSE;
        }
        if (got == 0) {
            break;
        }
        *out_got += (gsize)got;
    }
    return TRUE;
}

static gboolean fail_short(GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "the Arrow stream ends in the middle of a message: did its writer finish?");
    return FALSE;
}

/* A part of a message. Memory comes with the bytes, not with what a length promises. */
static GBytes *read_part(IpcStream *self, gsize size, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    while (bytes->len < size) {
        guint before = bytes->len;
        gsize wanted = MIN(size - before, MAX(READ_BYTES, before));
        gsize got = 0;

        g_byte_array_set_size(bytes, before + (guint)wanted);
        if (!read_bytes(self, bytes->data + before, wanted, &got, error)) {
            return NULL;
        }
        if (got < wanted) {
            (void)fail_short(error);
            return NULL;
        }
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

/* The size of the next description; 0 at the end of the stream. */
static gboolean read_size(IpcStream *self, guint32 *out, GError **error)
{
    gsize got = 0;

    *out = 0;
    if (!read_bytes(self, (guint8 *)out, sizeof *out, &got, error)) {
        return FALSE;
    }
    if (got == sizeof *out && *out == CONTINUATION) {
        if (!read_bytes(self, (guint8 *)out, sizeof *out, &got, error)) {
            return FALSE;
        }
        if (got == 0) {
            return fail_short(error);
        }
    }
    if (got == 0) {
        *out = 0; /* a writer may just close the pipe */
        return TRUE;
    }
    if (got < sizeof *out) {
        return fail_short(error);
    }
    if (*out > TG_ARROW_IPC_METADATA_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "this is no Arrow stream: a message would have a description of %u bytes",
                    *out);
        return FALSE;
    }
    return TRUE;
}

/* The next message; *out_type 0 at the end. */
static gboolean read_message(IpcStream *self, TgIpcMessage *out, gint64 *out_type, GError **error)
{
    guint32 size = 0;
    TgFlat flat = {0};

    *out_type = 0;
    if (!read_size(self, &size, error)) {
        return FALSE;
    }
    if (size == 0) {
        return TRUE;
    }
    out->metadata = read_part(self, size, error);
    if (out->metadata == NULL) {
        return FALSE;
    }
    flat.bytes = g_bytes_get_data(out->metadata, &flat.size);
    TgFlatTable root = tg_flat_root(&flat);
    gint64 version = tg_flat_get_number(&root, MESSAGE_VERSION, 2, 0);
    gint64 body_size = tg_flat_get_number(&root, MESSAGE_BODY_LENGTH, 8, 0);

    *out_type = tg_flat_get_number(&root, MESSAGE_HEADER_TYPE, 1, 0);
    if (flat.is_broken || version < VERSION_MIN || body_size < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "this is no Arrow stream: the description of a message is damaged, or older "
                    "than Arrow 0.8");
        return FALSE;
    }
    if (body_size > TG_ARROW_IPC_BODY_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a message of the Arrow stream has %" G_GINT64_FORMAT
                    " bytes, and at most %" G_GINT64_FORMAT " are read: write smaller batches",
                    body_size, TG_ARROW_IPC_BODY_MAX);
        return FALSE;
    }
    out->body = read_part(self, (gsize)body_size, error);
    return out->body != NULL;
}

static void message_clear(TgIpcMessage *message)
{
    g_clear_pointer(&message->metadata, g_bytes_unref);
    g_clear_pointer(&message->body, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgIpcMessage, message_clear)

/* --- messages --- */

/* Keeps the values of a dictionary, in place of those that it had before. */
static gboolean take_dictionary(IpcStream *self, TgIpcMessage *message, GError **error)
{
    TgFlat flat = {0};

    flat.bytes = g_bytes_get_data(message->metadata, &flat.size);
    TgFlatTable root = tg_flat_root(&flat);
    TgFlatTable header = tg_flat_get_table(&root, MESSAGE_HEADER);
    gint64 id = tg_flat_get_number(&header, DICTIONARY_ID, 8, 0);

    if (tg_flat_get_number(&header, DICTIONARY_IS_DELTA, 1, 0) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the Arrow stream has deltas of dictionaries; write whole ones");
        return FALSE;
    }
    self->dictionary_bytes += g_bytes_get_size(message->body);
    if (self->context.dictionaries->len < g_hash_table_size(self->context.values) ||
        self->dictionary_bytes > DICTIONARIES_BYTES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the Arrow stream has too many dictionaries; write plain texts");
        return FALSE;
    }
    const TgIpcMessage *before = g_hash_table_lookup(self->context.values, &id);

    self->dictionary_bytes -= before == NULL ? 0 : g_bytes_get_size(before->body);
    g_hash_table_replace(self->context.values, g_memdup2(&id, sizeof id),
                         g_memdup2(message, sizeof *message));
    *message = (TgIpcMessage){0};
    return TRUE;
}

/* Nothing stands behind the end. Reading up to there also tells how the source ended. */
static gboolean check_end(IpcStream *self, GError **error)
{
    guint8 byte = 0;
    gsize got = 0;

    if (!read_bytes(self, &byte, 1, &got, error)) {
        return FALSE;
    }
    if (got > 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "more bytes follow the end of the Arrow stream; write one stream, and nothing "
                    "else to stdout");
    }
    return got == 0;
}

/* The next record batch; *out released at the end. */
static gboolean next_batch(IpcStream *self, struct ArrowArray *out, GError **error)
{
    while (!self->has_ended) {
        g_auto(TgIpcMessage) message = {0};
        gint64 type = 0;

        if (!read_message(self, &message, &type, error)) {
            return FALSE;
        }
        if (type == HEADER_RECORD) {
            return tg_ipc_array_read(&self->context, self->root, &message, out, error);
        }
        if (type == HEADER_DICTIONARY && !take_dictionary(self, &message, error)) {
            return FALSE;
        }
        if (type == HEADER_SCHEMA) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the Arrow stream has a second schema; write one stream");
            return FALSE;
        }
        self->has_ended = type == 0; /* other kinds of messages are passed over */
    }
    return check_end(self, error);
}

/* --- the C interface --- */

static void stream_free(IpcStream *self)
{
    if (self->source.free != NULL) {
        self->source.free(self->source.data);
    }
    tg_arrow_field_free(self->root);
    g_clear_pointer(&self->schema_message, g_bytes_unref);
    if (self->context.dictionaries != NULL) {
        g_array_unref((GArray *)self->context.dictionaries);
    }
    g_clear_pointer(&self->context.values, g_hash_table_unref);
    g_free(self->words);
    g_free(self);
}

static gboolean make_schema(const IpcStream *self, struct ArrowSchema *out, GArray *ids,
                            GError **error)
{
    TgFlat flat = {0};

    flat.bytes = g_bytes_get_data(self->schema_message, &flat.size);
    TgFlatTable root = tg_flat_root(&flat);
    TgFlatTable schema = tg_flat_get_table(&root, MESSAGE_HEADER);
    gboolean ok = tg_ipc_schema_read(&schema, out, ids, error);

    if (ok && flat.is_broken) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "this is no Arrow stream: its schema is damaged");
        ok = FALSE;
    }
    if (!ok) {
        out->release(out);
    }
    return ok;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const IpcStream *self = stream->private_data;
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));

    return make_schema(self, out, ids, NULL) ? 0 : EINVAL; /* it was read once already */
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    IpcStream *self = stream->private_data;
    g_autoptr(GError) problem = NULL;

    *out = (struct ArrowArray){0};
    if (next_batch(self, out, &problem)) {
        return 0;
    }
    g_free(self->words);
    self->words = g_strdup(problem->message);
    if (problem->code == TG_ERROR_CANCELLED) {
        return ECANCELED;
    }
    return tg_error_is_retryable(problem) ? EIO : EINVAL;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    return ((const IpcStream *)stream->private_data)->words;
}

static void release(struct ArrowArrayStream *stream)
{
    stream_free(stream->private_data);
    stream->release = NULL;
}

static gboolean read_schema(IpcStream *self, GError **error)
{
    g_auto(TgIpcMessage) message = {0};
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    struct ArrowSchema schema = {0};
    gint64 type = 0;

    if (!read_message(self, &message, &type, error)) {
        return FALSE;
    }
    if (type != HEADER_SCHEMA) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the Arrow stream does not begin with a schema: is it empty?");
        return FALSE;
    }
    self->schema_message = g_steal_pointer(&message.metadata);
    if (!make_schema(self, &schema, ids, error)) {
        return FALSE;
    }
    self->root = tg_arrow_field_new(&schema, error);
    schema.release(&schema);
    if (self->root != NULL) {
        self->context.dictionaries = tg_ipc_number_fields(self->root, ids);
    }
    return self->root != NULL;
}

gboolean tg_arrow_ipc_open(const TgArrowBytes *take_bytes, struct ArrowArrayStream *out,
                           GError **error)
{
    IpcStream *self = g_new0(IpcStream, 1);

    self->source = *take_bytes;
    self->context.values = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                                 (GDestroyNotify)tg_ipc_message_free);
    if (!read_schema(self, error)) {
        stream_free(self);
        return FALSE;
    }
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release,
                                     .private_data = self};
    return TRUE;
}
