/* sync_file_range in a thread of its own: it starts writing back and waits for nothing. */
#include "object/flusher.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/clock.h"

#define EVERY_US 20000

struct TgFlusher {
    GMutex mutex; /* over all below */
    GCond changed;
    GThread *thread; /* NULL until the first file */
    GPtrArray *paths;
    gboolean is_closing;
};

static void write_back(const char *path)
{
    int fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);

    if (fd >= 0) {
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* only a hint */
        (void)close(fd);
    }
}

static gpointer run(gpointer data)
{
    TgFlusher *flusher = data;

    g_mutex_lock(&flusher->mutex);
    while (!flusher->is_closing) {
        if (flusher->paths->len == 0) {
            g_cond_wait(&flusher->changed, &flusher->mutex);
            continue;
        }
        for (guint i = 0; i < flusher->paths->len; i++) {
            write_back(flusher->paths->pdata[i]);
        }
        (void)g_cond_wait_until(&flusher->changed, &flusher->mutex,
                                tg_clock_monotonic_us() + EVERY_US);
    }
    g_mutex_unlock(&flusher->mutex);
    return NULL;
}

TgFlusher *tg_flusher_new(void)
{
    TgFlusher *flusher = g_new0(TgFlusher, 1);

    g_mutex_init(&flusher->mutex);
    g_cond_init(&flusher->changed);
    flusher->paths = g_ptr_array_new_with_free_func(g_free);
    return flusher;
}

void tg_flusher_free(TgFlusher *flusher)
{
    if (flusher == NULL) {
        return;
    }
    g_mutex_lock(&flusher->mutex);
    flusher->is_closing = TRUE;
    g_cond_signal(&flusher->changed);
    g_mutex_unlock(&flusher->mutex);
    if (flusher->thread != NULL) {
        (void)g_thread_join(flusher->thread);
    }
    g_ptr_array_unref(flusher->paths);
    g_cond_clear(&flusher->changed);
    g_mutex_clear(&flusher->mutex);
    g_free(flusher);
}

void tg_flusher_add(TgFlusher *flusher, const char *path)
{
    g_mutex_lock(&flusher->mutex);
    g_ptr_array_add(flusher->paths, g_strdup(path));
    if (flusher->thread == NULL) {
        flusher->thread = g_thread_new("flusher", run, flusher);
    }
    g_cond_signal(&flusher->changed);
    g_mutex_unlock(&flusher->mutex);
}

void tg_flusher_remove(TgFlusher *flusher, const char *path)
{
    g_mutex_lock(&flusher->mutex);
    for (guint i = 0; i < flusher->paths->len; i++) {
        if (g_str_equal(flusher->paths->pdata[i], path)) {
            g_ptr_array_remove_index_fast(flusher->paths, i);
            break;
        }
    }
    g_mutex_unlock(&flusher->mutex);
}
