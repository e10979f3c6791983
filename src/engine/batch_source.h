/* Where batches that DuckDB reads come from. */
#pragma once

#include "columns/batch.h"

/* Where the rows come from. open_puller and close_puller are called once a thread; pull from
 * that thread alone. */
typedef struct {
    gpointer source;
    gpointer (*open_puller)(gpointer source);
    /* The next batch of at most 2048 rows, lent until the next call; *out is NULL at the end. */
    gboolean (*pull)(gpointer puller, const TgBatch **out, GError **error);
    void (*close_puller)(gpointer puller);
} TgBatchSource;
