/* Who reads which split. */
#include "loader/lanes.h"

#include <string.h>

#include "params/params.h"

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

void tg_lanes_set_started(TgLanes *lanes, guint lane)
{
    lanes->has_split[lane] = TRUE;
    lanes->next_split++;
    lanes->active++;
}

/* A lane that nobody reads, with or without a split; lane_count when there is none. */
static guint find_lane(const TgLanes *lanes, gboolean with_split)
{
    guint i = 0;

    while (i < lanes->lane_count && (lanes->is_busy[i] || lanes->has_split[i] != with_split)) {
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
            *out_split = lanes->next_split++;
            lanes->has_split[*out_lane] = TRUE;
            lanes->active++;
        }
        if (*out_lane < lanes->lane_count) {
            lanes->is_busy[*out_lane] = TRUE;
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
    lanes->is_busy[lane] = FALSE;
    if (has_ended) {
        lanes->has_split[lane] = FALSE;
        lanes->active--;
    }
    g_cond_broadcast(&lanes->changed);
    g_mutex_unlock(&lanes->mutex);
}

typedef struct {
    TgReader reader;
    TgLanes *lanes;
    const TgLanesReaderClass *class;
    TgInput *input;
} LanesReader;

/* One turn of a lane that this thread holds; `split` is -1 when it has one under way. */
static gboolean read_turn(const LanesReader *self, guint lane, gint64 split, TgBatch *batch,
                          GError **error)
{
    gboolean has_ended = TRUE;
    gboolean ok = (split < 0 || self->class->start(self->input, lane, (guint)split, error)) &&
                  self->class->read(self->input, lane, batch, &has_ended, error);

    if (has_ended || !ok) {
        self->class->end(self->input, lane);
    }
    tg_lanes_give_back(self->lanes, lane, has_ended || !ok);
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

TgReader *tg_lanes_reader_new(TgLanes *lanes, const TgLanesReaderClass *class, TgInput *input)
{
    static const TgReaderClass reader_class = {.next = reader_next, .free = reader_free};
    LanesReader *self = g_new0(LanesReader, 1);

    self->reader.class = &reader_class;
    self->lanes = lanes;
    self->class = class;
    self->input = input;
    return &self->reader;
}
