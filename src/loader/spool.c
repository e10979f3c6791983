/* Temporary files. */
#include "loader/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define CHUNK_BYTES ((gsize)256 * 1024)

TgSpool *tg_spool_new(GError **error)
{
    TgSpool *spool = NULL;
    GError *problem = NULL;
    char *path = NULL;
    int fd = g_file_open_tmp("tegaru-XXXXXX", &path, &problem);

    if (fd < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "%s", problem->message);
        g_error_free(problem);
        return NULL;
    }
    spool = g_new0(TgSpool, 1);
    *spool = (TgSpool){path, fd};
    return spool;
}

void tg_spool_free(TgSpool *spool)
{
    if (spool != NULL) {
        (void)close(spool->fd);      /* nothing is kept of it */
        (void)g_unlink(spool->path); /* the same */
        g_free(spool->path);
        g_free(spool);
    }
}

static gboolean write_all(const TgSpool *spool, const char *bytes, gsize size, GError **error)
{
    while (size > 0) {
        gssize done = write(spool->fd, bytes, size);

        if (done < 0 && errno != EINTR) {
            g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot write the temporary file '%s': %s",
                        spool->path, g_strerror(errno));
            return FALSE;
        }
        bytes += MAX(done, 0);
        size -= (gsize)MAX(done, 0);
    }
    return TRUE;
}

gboolean tg_spool_fill(TgSpool *spool, TgStream *stream, GError **error)
{
    g_autofree char *chunk = g_malloc(CHUNK_BYTES);

    for (;;) {
        gssize got = stream->class->read(stream, chunk, CHUNK_BYTES, error);

        if (got <= 0) {
            return got == 0;
        }
        if (!write_all(spool, chunk, (gsize)got, error)) {
            return FALSE;
        }
    }
}

gboolean tg_spool_empty(TgSpool *spool, TgSink *sink, gint64 *out_bytes, GError **error)
{
    g_autofree char *chunk = g_malloc(CHUNK_BYTES);
    int fd = g_open(spool->path, O_RDONLY | O_CLOEXEC, 0); /* the writer may have replaced it */
    gssize got = 0;
    gboolean ok = fd >= 0;

    while (ok && (got = read(fd, chunk, CHUNK_BYTES)) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        ok = got > 0 && sink->class->write(sink, chunk, (gsize)got, error);
        *out_bytes += MAX(got, 0);
    }
    if (fd < 0 || got < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot read the temporary file '%s': %s",
                    spool->path, g_strerror(errno));
    }
    if (fd >= 0) {
        (void)close(fd); /* it was only read */
    }
    return ok;
}
