/* Connections that read the splits of a table: who reads which, in any number of threads. */
#pragma once

#include <jansson.h>

#include "loader/plugin.h"

#define TG_LANES_MAX 16u
#define TG_LANES_SPLITS_MAX 4096

/* A lane is read by one thread at a time; between two calls it keeps its split. */
typedef struct {
    gboolean is_busy;
    gboolean has_split;
    guint split;
    guint64 batches; /* of the split, that were passed on */
    guint64 rows;    /* in them */
    guint64 hash;    /* over them */
} TgLane;

typedef struct {
    GMutex mutex; /* over all below, but what is in a busy lane */
    GCond changed;
    guint lane_count;
    guint splits;        /* in all */
    guint next_split;    /* that nobody has taken */
    guint active;        /* splits that were taken and have not ended */
    gboolean can_resume; /* set before reading: a lost connection may be made anew */
    TgLane lanes[TG_LANES_MAX];
} TgLanes;

/* Reads `splits`: how many are wanted, or 0 for auto. CONFIG outside 1 to TG_LANES_SPLITS_MAX. */
gboolean tg_lanes_read_splits(const json_t *config, gint64 *out, GError **error);

void tg_lanes_init(TgLanes *lanes, guint lane_count, guint splits);
void tg_lanes_clear(TgLanes *lanes);

/* Says that a lane has its split under way from the start. */
void tg_lanes_set_started(TgLanes *lanes, guint lane);

/**
 * Takes a lane that has rows left, or starts the next split on a free one; waits while other
 * threads hold all that is left.
 *
 * @out_start set when the split must be started
 * @return FALSE when all splits have ended
 */
gboolean tg_lanes_take(TgLanes *lanes, guint *out_lane, guint *out_split, gboolean *out_start);

/* Gives a lane back, with rows left or at the end of its split. */
void tg_lanes_give_back(TgLanes *lanes, guint lane, gboolean has_ended);

/* How an input reads one of its lanes, by one thread at a time. */
typedef struct {
    gboolean (*start)(TgInput *input, guint lane, guint split, GError **error);
    /* Fills the batch from the split; *out_has_ended at its end. */
    gboolean (*read)(TgInput *input, guint lane, TgBatch *batch, gboolean *out_has_ended,
                     GError **error);
    void (*end)(TgInput *input, guint lane); /* of the split; also after a failure */
    /* Makes the lane's connection anew, with the snapshot that it had. RETRY: not now. */
    gboolean (*reconnect)(TgInput *input, guint lane, GError **error);
} TgLanesReaderClass;

/**
 * A reader of all splits; several threads may pull from it. All outlive it. The caller frees.
 *
 * When a connection is lost and `can_resume` is set, the lane gets another one and reads its split
 * again: rows that were passed on already are read over, and must have the checksum that they had.
 */
TgReader *tg_lanes_reader_new(TgLanes *lanes, const TgLanesReaderClass *class, TgInput *input,
                              const TgLoaderContext *context);
