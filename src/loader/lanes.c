/* Who reads which split. */
#include "loader/lanes.h"

#include <string.h>

#include "base/clock.h"
#include "params/params.h"

#define RESUMES_MAX 3u    /* of one batch */
#define RECONNECTS_MAX 5u /* tries, with waits that double: 3 s in all */
#define RECONNECT_WAIT_MS 200

gboolean tg_lanes_read_splits(const json_t *config, gint64 *out, GError **error)
{
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, "splits", "auto", &text, error)) {
        return FALSE;
    }
    if (strcmp(text, "auto") == 0) {
        *out = 0;
        return TRUE;
    }
    *out = g_ascii_strtoll(text, NULL, 10);
    if (*out < 1 || *out > TG_LANES_SPLITS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'splits' must be auto or a number up to %d, not '%s'", TG_LANES_SPLITS_MAX,
                    text);
        return FALSE;
    }
    return TRUE;
}

void tg_lanes_init(TgLanes *lanes, guint lane_count, guint splits)
{
    *lanes = (TgLanes){.lane_count = CLAMP(lane_count, 1, TG_LANES_MAX), .splits = splits};
    g_mutex_init(&lanes->mutex);
    g_cond_init(&lanes->changed);
}

void tg_lanes_clear(TgLanes *lanes)
{
    g_mutex_clear(&lanes->mutex);
    g_cond_clear(&lanes->changed);
}

static guint take_split(TgLanes *lanes, guint lane)
{
    guint split = lanes->next_split++;

    lanes->lanes[lane] = (TgLane){.has_split = TRUE, .split = split};
    lanes->active++;
    return split;
}

void tg_lanes_set_started(TgLanes *lanes, guint lane)
{
    (void)take_split(lanes, lane);
}

/* A lane that nobody reads, with or without a split; lane_count when there is none. */
static guint find_lane(const TgLanes *lanes, gboolean with_split)
{
    guint i = 0;

    while (i < lanes->lane_count &&
           (lanes->lanes[i].is_busy || lanes->lanes[i].has_split != with_split)) {
        i++;
    }
    return i;
}

gboolean tg_lanes_take(TgLanes *lanes, guint *out_lane, guint *out_split, gboolean *out_start)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lanes->mutex);

    (void)locker;
    for (;;) {
        *out_start = FALSE;
        *out_lane = find_lane(lanes, TRUE);
        if (*out_lane == lanes->lane_count && lanes->next_split < lanes->splits) {
            *out_lane = find_lane(lanes, FALSE);
            *out_start = *out_lane < lanes->lane_count;
        }
        if (*out_start) {
            *out_split = take_split(lanes, *out_lane);
        }
        if (*out_lane < lanes->lane_count) {
            lanes->lanes[*out_lane].is_busy = TRUE;
            return TRUE;
        }
        if (lanes->active == 0) {
            return FALSE;
        }
        g_cond_wait(&lanes->changed, &lanes->mutex);
    }
}

void tg_lanes_give_back(TgLanes *lanes, guint lane, gboolean has_ended)
{
    g_mutex_lock(&lanes->mutex);
    lanes->lanes[lane].is_busy = FALSE;
    if (has_ended) {
        lanes->lanes[lane].has_split = FALSE;
        lanes->active--;
    }
    g_cond_broadcast(&lanes->changed);
    g_mutex_unlock(&lanes->mutex);
}

/* --- reading --- */

typedef struct {
    TgReader reader;
    TgLanes *lanes;
    const TgLanesReaderClass *class;
    TgInput *input;
    const TgLoaderContext *context;
} LanesReader;

/* Reads into an empty batch. */
static gboolean read_batch(const LanesReader *self, guint lane, TgBatch *batch,
                           gboolean *out_has_ended, GError **error)
{
    tg_batch_clear(batch);
    return self->class->read(self->input, lane, batch, out_has_ended, error);
}

/* Starts the lane's split again and reads over what was passed on. */
static gboolean read_over(const LanesReader *self, guint lane, TgBatch *batch, GError **error)
{
    const TgLane *turn = &self->lanes->lanes[lane];
    gboolean has_ended = FALSE;
    guint64 hash = 0;

    if (!self->class->start(self->input, lane, turn->split, error)) {
        return FALSE;
    }
    for (guint64 i = 0; i < turn->batches && !has_ended; i++) {
        if (!tg_loader_check_cancelled(self->context, error) ||
            !read_batch(self, lane, batch, &has_ended, error)) {
            return FALSE;
        }
        hash = tg_batch_hash(batch, hash);
    }
    if (hash != turn->hash) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "the server sends the rows in another order than before; 'order_by' by a "
                    "unique column makes it the same");
        return FALSE;
    }
    return TRUE;
}

/* A new connection, for which a server that is not there just now gets some time. */
static gboolean reconnect(const LanesReader *self, guint lane, GError **error)
{
    gint64 wait_ms = RECONNECT_WAIT_MS;

    for (guint try = 1;; try++, wait_ms *= 2) {
        g_autoptr(GError) problem = NULL;

        if (self->class->reconnect(self->input, lane, &problem)) {
            return TRUE;
        }
        if (try == RECONNECTS_MAX || !g_error_matches(problem, TG_ERROR, TG_ERROR_RETRY)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        if (!tg_loader_check_cancelled(self->context, error)) {
            return FALSE;
        }
        (void)tg_clock_pause(wait_ms, NULL); /* a cancel is looked for before it */
    }
}

/* After a failure, which it takes. The batch that was under way is read again, whole. */
static gboolean resume(const LanesReader *self, guint lane, TgBatch *batch, gboolean *out_has_ended,
                       GError **failure)
{
    const TgLane *turn = &self->lanes->lanes[lane];

    for (guint try = 0; try < RESUMES_MAX; try++) {
        g_autoptr(GError) problem = NULL;

        if (!self->lanes->can_resume || !g_error_matches(*failure, TG_ERROR, TG_ERROR_RETRY)) {
            return FALSE;
        }
        tg_loader_log(self->context, TG_LOADER_WARN,
                      "%s; reading on behind row %" G_GUINT64_FORMAT
                      " of split %u of %u with a new "
                      "connection",
                      (*failure)->message, turn->rows, turn->split + 1, self->lanes->splits);
        self->class->end(self->input, lane);
        *out_has_ended = FALSE;
        gboolean is_back = reconnect(self, lane, &problem);

        if (is_back && read_over(self, lane, batch, &problem) &&
            read_batch(self, lane, batch, out_has_ended, &problem)) {
            g_clear_error(failure);
            return TRUE;
        }
        if (!is_back || !g_error_matches(problem, TG_ERROR, TG_ERROR_RETRY)) {
            g_prefix_error(failure,
                           "the load cannot go on with a new connection (%s): ", problem->message);
            return FALSE;
        }
    }
    return FALSE;
}

/* One turn of a lane that this thread holds; `split` is -1 when it has one under way. */
static gboolean read_turn(const LanesReader *self, guint lane, gint64 split, TgBatch *batch,
                          GError **error)
{
    TgLane *turn = &self->lanes->lanes[lane];
    gboolean has_ended = FALSE;
    GError *failure = NULL;
    gboolean ok = ((split < 0 || self->class->start(self->input, lane, (guint)split, &failure)) &&
                   read_batch(self, lane, batch, &has_ended, &failure)) ||
                  resume(self, lane, batch, &has_ended, &failure);

    if (ok && self->lanes->can_resume) {
        turn->hash = tg_batch_hash(batch, turn->hash);
        turn->rows += batch->rows;
        turn->batches++;
    }
    if (has_ended || !ok) {
        self->class->end(self->input, lane);
    }
    tg_lanes_give_back(self->lanes, lane, has_ended || !ok);
    if (!ok) {
        g_propagate_error(error, failure);
    }
    return ok;
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    LanesReader *self = (LanesReader *)reader;
    guint lane = 0;
    guint split = 0;
    gboolean starts = FALSE;

    while (batch->rows == 0 && tg_lanes_take(self->lanes, &lane, &split, &starts)) {
        if (!read_turn(self, lane, starts ? (gint64)split : -1, batch, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void reader_free(TgReader *reader)
{
    g_free(reader);
}

TgReader *tg_lanes_reader_new(TgLanes *lanes, const TgLanesReaderClass *class, TgInput *input,
                              const TgLoaderContext *context)
{
    static const TgReaderClass reader_class = {.next = reader_next, .free = reader_free};
    LanesReader *self = g_new0(LanesReader, 1);

    self->reader.class = &reader_class;
    self->lanes = lanes;
    self->class = class;
    self->input = input;
    self->context = context;
    return &self->reader;
}
