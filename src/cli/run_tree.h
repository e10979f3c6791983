/* The tree of tasks that `run` shows: what is known of each task, and how it looks as lines. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "loader/loader.h"

typedef enum {
    TG_NODE_WAITING, /* a group whose children go on, or a task that will run again */
    TG_NODE_RUNNING,
    TG_NODE_SUCCESS,
    TG_NODE_REUSED,
    TG_NODE_SKIPPED,
    TG_NODE_FAILED,
    TG_NODE_CANCELED
} TgNodeState;

/* One task, or the group above one. */
typedef struct {
    char *label; /* what people read: "airlines", "day = 2013-01-01" */
    TgNodeState state;
    gint64 started_us; /* monotonic */
    gint64 ended_us;
    char *what;        /* "sh> echo a": what runs; NULL for groups */
    char *summary;     /* of the receipt, or why it failed */
    const char *reuse; /* "reused", "runs again", "left out"; NULL: it simply ran. Static */
    char *reason;      /* why it runs again; NULL */
    gboolean has_progress;
    TgLoaderProgress progress;
    GPtrArray *children; /* of TgRunNode, in the order in which they appeared */
} TgRunNode;

typedef struct {
    TgRunNode *root;
    GHashTable *by_name; /* full name -> TgRunNode, lent */
} TgRunTree;

TgRunTree *tg_run_tree_new(void);
void tg_run_tree_free(TgRunTree *tree);

/* The node of a full name; made with all above it when it is new. Lent. */
TgRunNode *tg_run_tree_node(TgRunTree *tree, const char *full_name, gint64 now_us);

/**
 * The tree as lines, each at most `columns` wide.
 *
 * @rows_max no more lines than this: what is finished is folded first
 * @colour with ANSI colours
 * @return of char *; unref it
 */
GPtrArray *tg_run_tree_lines(const TgRunTree *tree, gint64 now_us, guint columns, guint rows_max,
                             gboolean colour);

/* A receipt in a few words: "336,776 rows, 5.1 MB → raw.flights"; NULL when it says nothing of
 * interest. The caller frees. */
char *tg_run_receipt_text(const json_t *receipt);

/* "0.04 s", "1 min 12 s". The caller frees. */
char *tg_run_duration_text(gint64 duration_us);
