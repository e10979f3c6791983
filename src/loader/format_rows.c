/* Threads take turns in reading and in writing, and format in between, each its own part. */
#include "loader/format_rows.h"

#define TEXT_BYTES ((gsize)256 * 1024) /* that a thread has room for from the start */
#define THREADS_MAX 64u

typedef struct {
    const TgFormatter *formatter;
    TgRows *rows;
    TgSink *sink;
    gint64 bytes; /* written; by whose turn it is */
    GMutex mutex; /* over all below */
    GCond changed;
    guint64 turn; /* ticket of the part to be written next */
    gboolean is_stopped;
    GError *error; /* of the first part that failed */
} Work;

static gboolean write_text(Work *work, GString *text, GError **error)
{
    gsize size = text->len;

    if (size > 0 && !work->sink->class->write(work->sink, text->str, size, error)) {
        return FALSE;
    }
    work->bytes += (gint64)size;
    g_string_truncate(text, 0);
    return TRUE;
}

/* Waits until all parts before this one are written; FALSE: one of them failed. */
static gboolean await_turn(Work *work, guint64 ticket)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&work->mutex);

    (void)locker;
    while (work->turn != ticket && !work->is_stopped) {
        g_cond_wait(&work->changed, &work->mutex);
    }
    return !work->is_stopped;
}

/* Hands the turn on, or stops all others with the error, which it takes. */
static void end_turn(Work *work, GError *take_error)
{
    g_mutex_lock(&work->mutex);
    work->turn++;
    if (take_error != NULL) {
        work->is_stopped = TRUE;
        work->error = take_error;
    }
    g_cond_broadcast(&work->changed);
    g_mutex_unlock(&work->mutex);
}

static gboolean format_part(const Work *work, TgCursor *cursor, GString *text, GError **error)
{
    const TgBatch *batch = NULL;

    for (;;) {
        if (!tg_cursor_next_of_part(cursor, &batch, error)) {
            return FALSE;
        }
        if (batch == NULL) {
            return TRUE;
        }
        if (!work->formatter->class->add(work->formatter, batch, text, error)) {
            return FALSE;
        }
    }
}

/* Formats and writes one part; FALSE: there is nothing more to do. */
static gboolean do_part(Work *work, TgCursor *cursor, GString *text)
{
    GError *error = NULL;
    guint64 ticket = 0;
    gboolean has = FALSE;
    gboolean ok = tg_cursor_take_part(cursor, &has, &ticket, &error);

    if (ok && !has) {
        return FALSE;
    }
    ok = ok && format_part(work, cursor, text, &error);
    if (!await_turn(work, ticket)) {
        g_clear_error(&error);
        return FALSE;
    }
    ok = ok && write_text(work, text, &error);
    end_turn(work, error);
    return ok;
}

static gpointer run_thread(gpointer data)
{
    Work *work = data;
    g_autoptr(TgCursor) cursor = tg_cursor_new(work->rows);
    g_autoptr(GString) text = g_string_sized_new(TEXT_BYTES);

    while (do_part(work, cursor, text)) {
    }
    return NULL;
}

static void run_threads(Work *work)
{
    GThread *threads[THREADS_MAX];
    guint count = MIN(tg_rows_ordered_max(work->rows), THREADS_MAX) - 1; /* this one works, too */

    for (guint i = 0; i < count; i++) {
        threads[i] = g_thread_new("format", run_thread, work);
    }
    (void)run_thread(work);
    for (guint i = 0; i < count; i++) {
        (void)g_thread_join(threads[i]); /* the result stands in `work` */
    }
}

gboolean tg_format_rows(const TgFormatter *formatter, TgRows *rows, TgSink *sink, gint64 *out_bytes,
                        GError **error)
{
    Work work = {.formatter = formatter, .rows = rows, .sink = sink};
    g_autoptr(GString) head = g_string_new(NULL);

    if (!formatter->class->begin(formatter, head, error) || !write_text(&work, head, error)) {
        return FALSE;
    }
    g_mutex_init(&work.mutex);
    g_cond_init(&work.changed);
    run_threads(&work);
    g_cond_clear(&work.changed);
    g_mutex_clear(&work.mutex);
    *out_bytes += work.bytes;
    if (work.error != NULL) {
        g_propagate_error(error, work.error);
        return FALSE;
    }
    return TRUE;
}
