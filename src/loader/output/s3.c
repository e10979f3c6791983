/* out s3: files as objects, all of them visible after all tasks succeeded (embulk-output-s3). */
#include "object/s3.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "loader/plugin.h"
#include "loader/sequence.h"
#include "object/sender.h"
#include "params/params.h"

typedef struct {
    TgFileSinks sinks;
    TgObjectStore *objects; /* lent, or the next */
    TgObjectStore *own_objects;
    char *bucket;
    char *path_prefix;
    char *sequence_format;
    char *file_ext;
    TgObjectSender *sender; /* of finished files */
} S3Output;

typedef struct {
    TgSink sink;
    S3Output *output;
    TgObjectDraft draft;
    int fd;
} S3Sink;

static gboolean sink_write(TgSink *sink, const void *bytes, gsize size_bytes, GError **error)
{
    S3Sink *self = (S3Sink *)sink;

    return tg_file_write_fd(self->fd, self->draft.path, bytes, size_bytes, error);
}

static gboolean sink_finish(TgSink *sink, GError **error)
{
    S3Sink *self = (S3Sink *)sink;
    int fd = self->fd;

    self->fd = -1;
    if (close(fd) != 0) {
        tg_error_set_file(error, errno, "write", self->draft.path);
        return FALSE;
    }
    TgObjectDraft draft = self->draft;

    self->draft = (TgObjectDraft){NULL, NULL};
    return tg_object_sender_add(self->output->sender, draft, error);
}

static void sink_free(TgSink *sink)
{
    S3Sink *self = (S3Sink *)sink;

    if (self->fd >= 0) {
        (void)close(self->fd); /* the file is dropped anyway */
    }
    tg_object_abort(self->output->objects, &self->draft);
    g_free(self);
}

static TgSink *sinks_open_file(TgFileSinks *sinks, guint task, guint index, char **out_path,
                               GError **error)
{
    static const TgSinkClass class = {
        .write = sink_write, .finish = sink_finish, .free = sink_free};
    S3Output *self = (S3Output *)sinks;
    g_autofree char *sequence = tg_sequence_format(self->sequence_format, task, index, error);
    g_autofree char *url = NULL;
    S3Sink *sink = NULL;

    if (sequence == NULL) {
        return NULL;
    }
    url =
        g_strconcat("s3://", self->bucket, "/", self->path_prefix, sequence, self->file_ext, NULL);
    sink = g_new0(S3Sink, 1);
    sink->sink.class = &class;
    sink->output = self;
    sink->fd = -1;
    if (!tg_object_begin(self->objects, url, &sink->draft, error)) {
        g_free(sink);
        return NULL;
    }
    sink->fd = open(sink->draft.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (sink->fd < 0) {
        tg_error_set_file(error, errno, "write", sink->draft.path);
        sink_free(&sink->sink);
        return NULL;
    }
    *out_path = g_steal_pointer(&url);
    return &sink->sink;
}

static gboolean sinks_commit(TgFileSinks *sinks, GError **error)
{
    g_autoptr(GPtrArray) infos = tg_object_sender_commit(((S3Output *)sinks)->sender, error);

    return infos != NULL;
}

static void sinks_free(TgFileSinks *sinks)
{
    S3Output *self = (S3Output *)sinks;

    tg_object_sender_free(self->sender);
    tg_object_store_free(self->own_objects);
    g_free(self->bucket);
    g_free(self->path_prefix);
    g_free(self->sequence_format);
    g_free(self->file_ext);
    g_free(self);
}

static gboolean open_with(S3Output *self, TgLoaderContext *context, const json_t *config,
                          GError **error)
{
    self->bucket = tg_params_dup_text(config, "bucket", error);
    self->path_prefix =
        self->bucket == NULL ? NULL : tg_params_dup_text(config, "path_prefix", error);
    self->file_ext =
        self->path_prefix == NULL ? NULL : tg_params_dup_text(config, "file_ext", error);
    if (self->file_ext == NULL || !tg_params_dup_text_or(config, "sequence_format", ".%03d.%02d",
                                                         &self->sequence_format, error)) {
        return FALSE;
    }
    g_autofree char *probe = tg_sequence_format(self->sequence_format, 0, 0, error);

    if (probe == NULL) {
        return FALSE;
    }
    self->objects = tg_object_store_choose_s3(tg_loader_context_job(context)->services->objects,
                                              config, &self->own_objects, error);
    if (self->objects == NULL) {
        return FALSE;
    }
    self->sender = tg_object_sender_new(self->objects, TRUE);
    return TRUE;
}

static TgFileSinks *output_open(TgLoaderContext *context, const json_t *config,
                                guint task_count G_GNUC_UNUSED, GError **error)
{
    static const TgFileSinksClass class = {
        .open_file = sinks_open_file, .commit = sinks_commit, .free = sinks_free};
    S3Output *self = g_new0(S3Output, 1);

    self->sinks.class = &class;
    if (!open_with(self, context, config, error)) {
        sinks_free(&self->sinks);
        return NULL;
    }
    return &self->sinks;
}

static const TgLoaderOption options[] = {
    {"bucket", "text", NULL, "The bucket."},
    {"path_prefix", "text", NULL, "How keys begin."},
    {"file_ext", "text", NULL, "How they end, as .csv."},
    {"sequence_format", "text", ".%03d.%02d", "The middle: task and file number."},
    {"tmp_path", "text", "null", "Accepted; see buffer_dir."},
    {"tmp_path_prefix", "text", "null", "Accepted; see buffer_dir."},
    TG_OBJECT_S3_OPTIONS,
    {0}};

const TgFileOutputPlugin tg_file_output_s3 = {
    .name = "s3",
    .help = "Objects of S3 (of the project's own store when nothing says who asks).",
    .options = options,
    .open = output_open};
