/* out file: files by a prefix, a sequence and an extension (embulk-output-file). */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "loader/plugin.h"
#include "loader/sequence.h"
#include "params/params.h"

typedef struct {
    TgFileSinks sinks;
    char *path_prefix;
    char *sequence_format;
    char *file_ext;
} FileOutput;

typedef struct {
    TgSink sink;
    char *path;
    int fd; /* -1: closed */
} FileSink;

static gboolean sink_write(TgSink *sink, const void *bytes, gsize size_bytes, GError **error)
{
    FileSink *self = (FileSink *)sink;

    return tg_file_write_fd(self->fd, self->path, bytes, size_bytes, error);
}

static gboolean sink_finish(TgSink *sink, GError **error)
{
    FileSink *self = (FileSink *)sink;
    int fd = self->fd;

    self->fd = -1;
    if (close(fd) != 0) {
        tg_error_set_file(error, errno, "write", self->path);
        return FALSE;
    }
    return TRUE;
}

static void sink_free(TgSink *sink)
{
    FileSink *self = (FileSink *)sink;

    if (self->fd >= 0) {
        close(self->fd);
    }
    g_free(self->path);
    g_free(self);
}

static TgSink *sinks_open_file(TgFileSinks *sinks, guint task, guint index, char **out_path,
                               GError **error)
{
    static const TgSinkClass class = {
        .write = sink_write, .finish = sink_finish, .free = sink_free};
    FileOutput *self = (FileOutput *)sinks;
    g_autofree char *sequence = tg_sequence_format(self->sequence_format, task, index, error);

    if (sequence == NULL) {
        return NULL;
    }
    g_autofree char *path = g_strconcat(self->path_prefix, sequence, self->file_ext, NULL);
    g_autofree char *folder = g_path_get_dirname(path);

    if (!tg_file_make_folder(folder, error)) {
        return NULL;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0) {
        tg_error_set_file(error, errno, "write", path);
        return NULL;
    }
    FileSink *sink = g_new0(FileSink, 1);

    *sink = (FileSink){.sink.class = &class, .path = g_strdup(path), .fd = fd};
    *out_path = g_steal_pointer(&path);
    return &sink->sink;
}

static void sinks_free(TgFileSinks *sinks)
{
    FileOutput *self = (FileOutput *)sinks;

    g_free(self->path_prefix);
    g_free(self->sequence_format);
    g_free(self->file_ext);
    g_free(self);
}

static gboolean read_options(FileOutput *self, TgLoaderContext *context, const json_t *config,
                             GError **error)
{
    g_autofree char *prefix = tg_params_dup_text(config, "path_prefix", error);
    g_autofree char *probe = NULL;

    if (prefix == NULL) {
        return FALSE;
    }
    self->path_prefix = tg_loader_context_path(context, prefix);
    self->file_ext = tg_params_dup_text(config, "file_ext", error);
    if (self->file_ext == NULL || !tg_params_dup_text_or(config, "sequence_format", "%03d.%02d.",
                                                         &self->sequence_format, error)) {
        return FALSE;
    }
    probe = tg_sequence_format(self->sequence_format, 0, 0, error);
    return probe != NULL;
}

static TgFileSinks *output_open(TgLoaderContext *context, const json_t *config,
                                guint task_count G_GNUC_UNUSED, GError **error)
{
    static const TgFileSinksClass class = {.open_file = sinks_open_file, .free = sinks_free};
    FileOutput *self = g_new0(FileOutput, 1);

    self->sinks.class = &class;
    if (!read_options(self, context, config, error)) {
        sinks_free(&self->sinks);
        return NULL;
    }
    return &self->sinks;
}

static const TgLoaderOption options[] = {
    {"path_prefix", "text", NULL, "How the paths begin; folders are made."},
    {"file_ext", "text", NULL, "How they end."},
    {"sequence_format", "text", "%03d.%02d.", "The middle: task and file number."},
    {0}};

const TgFileOutputPlugin tg_file_output_file = {
    .name = "file", .help = "Local files.", .options = options, .open = output_open};
