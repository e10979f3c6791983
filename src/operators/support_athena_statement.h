/* Statements that an operator runs in Athena or Trino, one after another, without holding a thread.
 */
#pragma once

#include "operators/support_athena_place.h"

/**
 * A chain of statements. The operator is written from top to bottom and called again for each turn:
 * statements that have ended stand in the turn's state, so that the second call goes through them
 * to the one that runs. The state also says what to stop when the task is killed, and lets another
 * process go on with a query after a crash.
 */
typedef struct {
    TgTurn *turn;
    const TgAthenaPlace *place; /* with athena or trino */
    const char *op;             /* "ctas" */
    char *workgroup;
    char *output;           /* Athena: "s3://…/" where results go */
    gboolean is_workgroups; /* it is the workgroup's own place, and is not sent */
    char *token_prefix;
    gint64 timeout_s;
    gint64 scan_bytes_max; /* max_scan, max_cost: more stops the query; -1: no limit */
    double price_per_tb;   /* in dollars */
} TgAthenaChain;

void tg_athena_chain_clear(TgAthenaChain *chain);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAthenaChain, tg_athena_chain_clear)

/* The options that tg_athena_chain_open reads. */
#define TG_ATHENA_CHAIN_OPTIONS                                                                    \
    "workgroup", "token_prefix", "timeout", "max_scan", "max_cost", "price_per_tb",                \
        "output_location"

/**
 * Reads the options and, once a task, asks where results go: `output_location`, else what the
 * workgroup says, else s3://aws-athena-query-results-ACCOUNT-REGION/ as the original.
 */
gboolean tg_athena_chain_open(TgTurn *turn, const char *op, const TgAthenaPlace *place,
                              TgAthenaChain *out, GError **error);

/* A statement; all lent. */
typedef struct {
    const char *name; /* of the chain's own: "create" */
    const char *sql;
    const char *database; /* NULL: none is sent */
} TgAthenaStatement;

/**
 * Goes on with a statement. It is stopped after `timeout`, and when it reads more than max_scan.
 *
 * @out_execution the QueryExecution of one that succeeded, with Trino one in its shape, a new
 *                reference; NULL: it runs, and the turn must end as POLL
 * @return FALSE when it failed
 */
gboolean tg_athena_chain_run(TgAthenaChain *chain, const TgAthenaStatement *statement,
                             json_t **out_execution, GError **error);

/**
 * The rows of a statement that succeeded, at most rows_max; asked for once, then they stand in the
 * execution.
 *
 * @return {"columns": [Athena's ColumnInfo], "rows": [[text or null, …], …]}; a new reference
 */
json_t *tg_athena_chain_rows(const TgAthenaChain *chain, json_t *execution, guint rows_max,
                             GError **error);

/**
 * Goes on with a statement and gives its rows.
 *
 * @out_result as tg_athena_chain_rows; NULL: it runs, and the turn must end as POLL
 */
gboolean tg_athena_chain_select(TgAthenaChain *chain, const TgAthenaStatement *statement,
                                guint rows_max, json_t **out_result, GError **error);

/* How many rows it wrote, asked for once; -1: the engine does not say. */
gboolean tg_athena_chain_count(const TgAthenaChain *chain, json_t *execution, gint64 *out_rows,
                               GError **error);

/* Texts that stay from turn to turn until the chain is reset. Lent; NULL: there is none. */
const char *tg_athena_chain_get(const TgTurn *turn, const char *key);
gboolean tg_athena_chain_has(const TgTurn *turn, const char *key);
void tg_athena_chain_set(TgTurn *turn, const char *key, const char *text);

/* Forgets all statements, so that a retry begins anew. */
void tg_athena_chain_reset(TgTurn *turn);

/* For a turn with is_cancelled: stops what runs. */
gboolean tg_athena_chain_stop(TgTurn *turn, const TgAthenaPlace *place, GError **error);

/* "query_ids", "scanned_bytes" and "cost_usd" of all statements, into a receipt. */
void tg_athena_chain_note(const TgAthenaChain *chain, json_t *receipt);
