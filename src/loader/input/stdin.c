/* in stdin: the bytes of standard input as one file. They come once, while a load may look at its
 * input several times (guess, the schema of a file, the rows), so the first of them are kept. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/plugin.h"

#define KEPT_BYTES_MAX ((gsize)32 * 1024 * 1024)
#define POLL_MS 200

/* What came so far. A program has one standard input, and its command one load. */
typedef struct {
    GMutex mutex;
    GByteArray *kept; /* the first bytes */
    guint64 taken;    /* bytes read from the descriptor; more than are kept: the rest is gone */
} Input;

static Input input;

typedef struct {
    TgStream stream;
    TgLoaderContext *context;
    guint64 at; /* bytes given out */
} StdinStream;

typedef struct {
    TgFiles files;
    TgLoaderContext *context;
} StdinFiles;

/* Waits for bytes in steps, so that a stopped load does not hang on a silent pipe. */
static gssize read_input(const StdinStream *self, void *into, gsize size_bytes, GError **error)
{
    for (;;) {
        struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&fd, 1, POLL_MS);

        if (!tg_loader_check_cancelled(self->context, error)) {
            return -1;
        }
        if (ready == 0 || (ready < 0 && errno == EINTR)) {
            continue;
        }
        gssize got = read(STDIN_FILENO, into, size_bytes);

        if (got >= 0) {
            return got;
        }
        if (errno != EINTR && errno != EAGAIN) {
            tg_error_set_file(error, errno, "read", self->stream.name);
            return -1;
        }
    }
}

/* Takes new bytes, and keeps them as long as a later stream could begin with them. */
static gssize take(StdinStream *self, void *into, gsize size_bytes, GError **error)
{
    gssize got = read_input(self, into, size_bytes, error);

    if (got > 0 && input.taken == input.kept->len &&
        input.kept->len + (gsize)got <= KEPT_BYTES_MAX) {
        g_byte_array_append(input.kept, into, (guint)got);
    }
    input.taken += (guint64)MAX(got, 0);
    return got;
}

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    StdinStream *self = (StdinStream *)stream;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&input.mutex);
    gssize got = 0;

    (void)locker;
    if (self->at < input.kept->len) {
        got = (gssize)MIN(size_bytes, input.kept->len - self->at);
        memcpy(into, input.kept->data + self->at, (gsize)got);
    } else if (self->at == input.taken) {
        got = take(self, into, size_bytes, error);
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "standard input comes once, and its first %" G_GSIZE_FORMAT
                    " bytes, which are kept, were not enough to find its format: write in.parser "
                    "with its columns, or save the input to a file",
                    KEPT_BYTES_MAX);
        return -1;
    }
    self->at += (guint64)MAX(got, 0);
    tg_loader_count_bytes(self->context, MAX(got, 0));
    return got;
}

static void stream_free(TgStream *stream)
{
    g_free(stream);
}

static gboolean files_open_file(TgFiles *files, guint task G_GNUC_UNUSED, guint index,
                                TgStream **out, GError **error G_GNUC_UNUSED)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};

    *out = NULL;
    if (index == 0) {
        StdinStream *stream = g_new0(StdinStream, 1);

        stream->stream.class = &class;
        stream->stream.name = g_strdup("standard input");
        stream->context = ((StdinFiles *)files)->context;
        *out = &stream->stream;
    }
    return TRUE;
}

static json_t *files_finish(TgFiles *files G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return json_object(); /* the next input is another one */
}

static void files_free(TgFiles *files)
{
    g_free(files);
}

/* Of a redirected file, for the progress; -1: a pipe. */
static gint64 bytes_left(void)
{
    struct stat status = {0};
    off_t at = 0;

    if (fstat(STDIN_FILENO, &status) != 0 || !S_ISREG(status.st_mode)) {
        return -1;
    }
    at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    return at < 0 ? -1 : MAX(status.st_size - at, 0) + (gint64)input.taken;
}

static TgFiles *input_open(TgLoaderContext *context, const json_t *config G_GNUC_UNUSED,
                           GError **error)
{
    static const TgFilesClass class = {
        .open_file = files_open_file, .finish = files_finish, .free = files_free};

    if (tg_loader_context_job(context)->task_name != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a task of a workflow has no standard input, for it may run twice: name a "
                    "file, or run 'tegaru load run' in an sh> task");
        return NULL;
    }
    if (isatty(STDIN_FILENO)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "standard input is a terminal: pipe or redirect the data into the command, as "
                    "in 'gunzip -c data.gz | tegaru load run load.yml'");
        return NULL;
    }
    StdinFiles *self = g_new0(StdinFiles, 1);

    g_mutex_lock(&input.mutex);
    if (input.kept == NULL) {
        input.kept = g_byte_array_new();
    }
    self->files = (TgFiles){.class = &class, .task_count = 1, .bytes_expected = bytes_left()};
    g_mutex_unlock(&input.mutex);
    self->context = context;
    return &self->files;
}

static const TgLoaderOption options[] = {{0}};

const TgFileInputPlugin tg_file_input_stdin = {.name = "stdin",
                                               .help = "The bytes of standard input, as one file.",
                                               .options = options,
                                               .open = input_open};
