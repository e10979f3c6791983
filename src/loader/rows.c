/* Rows for output tasks: sources of batches, and cursors that filter them. */
#include "loader/rows.h"

#define DEALER_QUEUE_MAX 4u /* batches that wait for one lane */

struct TgRows {
    TgLoaderContext *context;
    const TgFilterChain *filters;
    const TgSchema *input_schema;
    guint threads_max;
    guint ordered_max;
    gboolean (*next)(TgRows *rows, TgBatch *batch, GError **error);

    TgReader *reader; /* of one task */

    TgInput *input; /* merged: all tasks */
    GMutex mutex;
    struct SharedReader *current;
    guint next_task;

    TgDealer *dealer; /* dealt */
    guint lane;

    GMutex order; /* over the reading in order, and the two below */
    guint64 next_ticket;
    gboolean has_ended;

    gboolean is_inner; /* rows for a filter of the whole stream */
};

struct TgCursor {
    TgRows *rows;
    TgBatch *batch;
    TgBatch **filtered; /* one a filter */
    gpointer part;      /* of the reader; NULL: none */
    gboolean has_batch; /* the part is what `batch` holds */
};

/* --- one reader --- */

static gboolean reader_next(TgRows *rows, TgBatch *batch, GError **error)
{
    return rows->reader->class->next(rows->reader, batch, error);
}

static TgRows *rows_new(TgLoaderContext *context, const TgFilterChain *filters,
                        const TgSchema *input_schema)
{
    TgRows *rows = g_new0(TgRows, 1);

    rows->context = context;
    rows->filters = filters;
    rows->input_schema = input_schema;
    rows->threads_max = 1;
    rows->ordered_max = 1;
    g_mutex_init(&rows->mutex);
    g_mutex_init(&rows->order);
    return rows;
}

TgRows *tg_rows_new_reader(TgLoaderContext *context, const TgFilterChain *filters,
                           const TgSchema *input_schema, TgReader *take_reader, guint ordered_max)
{
    TgRows *rows = rows_new(context, filters, input_schema);

    rows->reader = take_reader;
    rows->ordered_max = ordered_max;
    rows->next = reader_next;
    return rows;
}

/* --- all tasks of an input --- */

typedef struct SharedReader {
    TgReader *reader;
    guint users; /* under rows->mutex */
} SharedReader;

static void shared_release(TgRows *rows, SharedReader *shared)
{
    g_mutex_lock(&rows->mutex);
    gboolean is_last = --shared->users == 0;

    g_mutex_unlock(&rows->mutex);
    if (is_last) {
        tg_reader_free(shared->reader);
        g_free(shared);
    }
}

/* The reader to pull from now; NULL without an error behind the last task. */
static SharedReader *merged_acquire(TgRows *rows, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&rows->mutex);

    (void)locker;
    if (rows->current == NULL && rows->next_task < rows->input->task_count) {
        TgReader *reader = rows->input->class->open_task(rows->input, rows->next_task, error);

        if (reader == NULL) {
            return NULL;
        }
        rows->next_task++;
        rows->current = g_new0(SharedReader, 1);
        *rows->current = (SharedReader){.reader = reader, .users = 1}; /* the one of `current` */
    }
    if (rows->current != NULL) {
        rows->current->users++;
    }
    return rows->current;
}

/* This reader has no more rows: the next call opens the next task. */
static void merged_drop(TgRows *rows, SharedReader *shared)
{
    g_mutex_lock(&rows->mutex);
    gboolean is_current = rows->current == shared;

    if (is_current) {
        rows->current = NULL;
    }
    g_mutex_unlock(&rows->mutex);
    if (is_current) {
        shared_release(rows, shared);
    }
}

static gboolean merged_next(TgRows *rows, TgBatch *batch, GError **error)
{
    for (;;) {
        GError *problem = NULL;
        SharedReader *shared = merged_acquire(rows, &problem);

        if (problem != NULL) {
            g_propagate_error(error, problem);
            return FALSE;
        }
        if (shared == NULL) {
            return TRUE;
        }
        gboolean ok = shared->reader->class->next(shared->reader, batch, error);

        if (ok && batch->rows == 0) {
            merged_drop(rows, shared);
        }
        shared_release(rows, shared);
        if (!ok || batch->rows > 0) {
            return ok;
        }
    }
}

TgRows *tg_rows_new_merged(TgLoaderContext *context, const TgFilterChain *filters, TgInput *input,
                           guint threads_max)
{
    TgRows *rows = rows_new(context, filters, input->schema);

    rows->input = input;
    rows->threads_max = threads_max;
    rows->next = merged_next;
    return rows;
}

TgRows *tg_rows_new_inner(TgLoaderContext *context, const TgFilterChain *filters, TgInput *input,
                          guint threads_max)
{
    TgRows *rows = tg_rows_new_merged(context, filters, input, threads_max);

    rows->is_inner = TRUE;
    return rows;
}

/* --- a share of one task --- */

struct TgDealer {
    TgReader *reader;
    const TgSchema *schema;
    guint lanes;
    GMutex mutex;
    GCond changed;
    GQueue *queues;   /* one a lane, of TgBatch */
    gboolean *closed; /* one a lane: nobody takes its batches any more */
    guint next_lane;
    gboolean is_reading;
    gboolean has_ended;
    GError *error;
};

TgDealer *tg_dealer_new(TgReader *take_reader, const TgSchema *schema, guint lanes)
{
    TgDealer *dealer = g_new0(TgDealer, 1);

    dealer->reader = take_reader;
    dealer->schema = schema;
    dealer->lanes = lanes;
    g_mutex_init(&dealer->mutex);
    g_cond_init(&dealer->changed);
    dealer->queues = g_new0(GQueue, lanes);
    dealer->closed = g_new0(gboolean, lanes);
    return dealer;
}

static void free_batch(gpointer batch)
{
    tg_batch_free(batch);
}

void tg_dealer_free(TgDealer *dealer)
{
    if (dealer == NULL) {
        return;
    }
    for (guint i = 0; i < dealer->lanes; i++) {
        g_queue_clear_full(&dealer->queues[i], free_batch);
    }
    tg_reader_free(dealer->reader);
    g_free(dealer->queues);
    g_free(dealer->closed);
    g_clear_error(&dealer->error);
    g_cond_clear(&dealer->changed);
    g_mutex_clear(&dealer->mutex);
    g_free(dealer);
}

/* Reads one batch and queues it for the lane whose turn it is; the mutex is held on entry and
 * exit, not while reading. */
static void dealer_read(TgDealer *dealer)
{
    TgBatch *batch = tg_batch_new(dealer->schema);
    GError *error = NULL;

    dealer->is_reading = TRUE;
    g_mutex_unlock(&dealer->mutex);
    gboolean ok = dealer->reader->class->next(dealer->reader, batch, &error);

    g_mutex_lock(&dealer->mutex);
    guint lane = dealer->next_lane;

    if (!ok || batch->rows == 0) {
        dealer->has_ended = TRUE;
        dealer->error = error;
        tg_batch_free(batch);
    } else {
        while (dealer->queues[lane].length >= DEALER_QUEUE_MAX && !dealer->closed[lane]) {
            g_cond_wait(&dealer->changed, &dealer->mutex);
        }
        dealer->next_lane = (lane + 1) % dealer->lanes;
        if (dealer->closed[lane]) {
            tg_batch_free(batch);
        } else {
            g_queue_push_tail(&dealer->queues[lane], batch);
        }
    }
    dealer->is_reading = FALSE;
    g_cond_broadcast(&dealer->changed);
}

static gboolean dealt_next(TgRows *rows, TgBatch *batch, GError **error)
{
    TgDealer *dealer = rows->dealer;
    GQueue *queue = &dealer->queues[rows->lane];
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&dealer->mutex);

    (void)locker;
    while (queue->length == 0 && !dealer->has_ended) {
        if (dealer->is_reading) {
            g_cond_wait(&dealer->changed, &dealer->mutex);
        } else {
            dealer_read(dealer);
        }
    }
    if (queue->length > 0) {
        g_autoptr(TgBatch) dealt = g_queue_pop_head(queue);
        TgBatch swap = *dealt;

        *dealt = *batch;
        *batch = swap;
        g_cond_broadcast(&dealer->changed);
        return TRUE;
    }
    if (dealer->error != NULL) {
        if (error != NULL) {
            *error = g_error_copy(dealer->error);
        }
        return FALSE;
    }
    return TRUE;
}

TgRows *tg_rows_new_dealt(TgLoaderContext *context, const TgFilterChain *filters,
                          const TgSchema *input_schema, TgDealer *dealer, guint lane)
{
    TgRows *rows = rows_new(context, filters, input_schema);

    rows->dealer = dealer;
    rows->lane = lane;
    rows->next = dealt_next;
    return rows;
}

/* --- common --- */

void tg_rows_free(TgRows *rows)
{
    if (rows == NULL) {
        return;
    }
    if (rows->dealer != NULL) {
        g_mutex_lock(&rows->dealer->mutex);
        rows->dealer->closed[rows->lane] = TRUE;
        g_cond_broadcast(&rows->dealer->changed);
        g_mutex_unlock(&rows->dealer->mutex);
    }
    if (rows->current != NULL) {
        shared_release(rows, rows->current);
    }
    tg_reader_free(rows->reader);
    g_mutex_clear(&rows->mutex);
    g_mutex_clear(&rows->order);
    g_free(rows);
}

const TgSchema *tg_rows_schema(const TgRows *rows)
{
    return rows->filters->count == 0 ? rows->input_schema : rows->filters->schema;
}

guint tg_rows_threads_max(const TgRows *rows)
{
    return rows->threads_max;
}

guint tg_rows_ordered_max(const TgRows *rows)
{
    return rows->ordered_max;
}

TgCursor *tg_cursor_new(TgRows *rows)
{
    TgCursor *cursor = g_new0(TgCursor, 1);
    guint count = rows->filters->count;

    cursor->rows = rows;
    cursor->batch = tg_batch_new(rows->input_schema);
    cursor->filtered = g_new0(TgBatch *, count + 1);
    for (guint i = 0; i < count; i++) {
        const TgFilter *filter = rows->filters->filters[i];

        cursor->filtered[i] =
            filter->view != NULL ? tg_batch_new_view() : tg_batch_new(filter->schema);
    }
    return cursor;
}

void tg_cursor_free(TgCursor *cursor)
{
    if (cursor == NULL) {
        return;
    }
    for (guint i = 0; i < cursor->rows->filters->count; i++) {
        tg_batch_free(cursor->filtered[i]);
    }
    if (cursor->part != NULL) {
        cursor->rows->reader->class->end_part(cursor->rows->reader, cursor->part);
    }
    tg_batch_free(cursor->batch);
    g_free(cursor->filtered);
    g_free(cursor);
}

static gboolean apply_filters(TgCursor *cursor, const TgBatch **batch, GError **error)
{
    const TgFilterChain *chain = cursor->rows->filters;

    for (guint i = 0; i < chain->count; i++) {
        const TgFilter *filter = chain->filters[i];
        TgBatch *into = cursor->filtered[i];

        if (filter->view != NULL) {
            tg_batch_lend(into, *batch, filter->view, filter->schema->count);
            *batch = into;
            continue;
        }
        tg_batch_clear(into);
        if (!filter->class->apply(filter, *batch, into, error)) {
            return FALSE;
        }
        *batch = into;
    }
    return TRUE;
}

/* The next rows of the input into the cursor's batch; none: the end. */
static gboolean pull(TgCursor *cursor, GError **error)
{
    tg_batch_clear(cursor->batch);
    return tg_loader_check_cancelled(cursor->rows->context, error) &&
           cursor->rows->next(cursor->rows, cursor->batch, error);
}

/* Filters and counts what was pulled; *out may be left without rows. */
static gboolean pass_on(TgCursor *cursor, const TgBatch **out, GError **error)
{
    TgLoaderContext *context = cursor->rows->context;

    *out = cursor->batch;
    if (cursor->rows->is_inner || !context->has_stream_filter) {
        atomic_fetch_add_explicit(&context->rows_read, cursor->batch->rows, memory_order_relaxed);
    }
    tg_loader_tell_progress(context);
    if (!apply_filters(cursor, out, error)) {
        return FALSE;
    }
    if (!cursor->rows->is_inner) {
        atomic_fetch_add_explicit(&context->rows_written, (*out)->rows, memory_order_relaxed);
    }
    return TRUE;
}

gboolean tg_cursor_next(TgCursor *cursor, const TgBatch **out, GError **error)
{
    do {
        *out = NULL;
        if (!pull(cursor, error)) {
            return FALSE;
        }
        if (cursor->batch->rows == 0) {
            return TRUE;
        }
        if (!pass_on(cursor, out, error)) {
            return FALSE;
        }
    } while ((*out)->rows == 0);
    return TRUE;
}

/* The reader's parts, or NULL when parts are what pull() gives. */
static const TgReaderClass *parts_of(const TgRows *rows)
{
    const TgReaderClass *class = rows->reader == NULL ? NULL : rows->reader->class;

    return class != NULL && class->take_part != NULL ? class : NULL;
}

static gboolean take_next(TgCursor *cursor, GError **error)
{
    const TgReaderClass *parts = parts_of(cursor->rows);

    if (parts != NULL) {
        return parts->take_part(cursor->rows->reader, &cursor->part, error);
    }
    gboolean ok = pull(cursor, error);

    cursor->has_batch = ok && cursor->batch->rows > 0;
    return ok;
}

gboolean tg_cursor_take_part(TgCursor *cursor, gboolean *out_has, guint64 *out_ticket,
                             GError **error)
{
    TgRows *rows = cursor->rows;
    gboolean ok = TRUE;

    g_mutex_lock(&rows->order);
    *out_ticket = rows->next_ticket;
    *out_has = FALSE;
    if (!rows->has_ended) {
        ok = take_next(cursor, error);
        *out_has = cursor->part != NULL || cursor->has_batch;
        rows->has_ended = !*out_has;
        rows->next_ticket++;
    }
    g_mutex_unlock(&rows->order);
    return ok;
}

/* The rows of the part into the cursor's batch; none behind the last. */
static gboolean read_part(TgCursor *cursor, GError **error)
{
    TgReader *reader = cursor->rows->reader;

    if (cursor->has_batch) {
        cursor->has_batch = FALSE;
        return TRUE;
    }
    tg_batch_clear(cursor->batch);
    if (cursor->part == NULL) {
        return TRUE;
    }
    gboolean ok = tg_loader_check_cancelled(cursor->rows->context, error) &&
                  reader->class->next_of_part(reader, cursor->part, cursor->batch, error);

    if (!ok || cursor->batch->rows == 0) {
        reader->class->end_part(reader, g_steal_pointer(&cursor->part));
    }
    return ok;
}

gboolean tg_cursor_next_of_part(TgCursor *cursor, const TgBatch **out, GError **error)
{
    do {
        *out = NULL;
        if (!read_part(cursor, error)) {
            return FALSE;
        }
        if (cursor->batch->rows == 0) {
            return TRUE;
        }
        if (!pass_on(cursor, out, error)) {
            return FALSE;
        }
    } while ((*out)->rows == 0);
    return TRUE;
}

void tg_reader_free(TgReader *reader)
{
    if (reader != NULL) {
        reader->class->free(reader);
    }
}
