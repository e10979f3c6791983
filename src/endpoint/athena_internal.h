/* What the files of Athena share. */
#pragma once

#include "endpoint/endpoint_internal.h"

#define TG_ATHENA_WORK_GROUPS "athena-work-group" /* kinds of what is kept */
#define TG_ATHENA_PREPARED "athena-prepared"
#define TG_ATHENA_NAMED "athena-named"
#define TG_ATHENA_TOKENS "athena-token"
#define TG_ATHENA_CATALOGS "athena-catalog"
#define TG_ATHENA_ENGINE "Athena engine version 3"

/* ---- athena_statement.c: what a text is --------------------------------------------------- */

/* A statement as it will be run. */
typedef struct {
    char *sql;                  /* with its parameters filled in */
    const char *statement_type; /* "DML", "DDL", "UTILITY" */
    const char *substatement;   /* "SELECT"; NULL: Athena tells none */
    gboolean has_rows;          /* a SELECT: its result is CSV */
    gboolean has_header;        /* the first row of its results is the columns' names */
    gboolean is_update;         /* CTAS and INSERT tell a count and a manifest */
    gboolean is_ctas;
    char *prepare_name; /* PREPARE and DEALLOCATE; NULL for all else */
    char *prepare_sql;  /* NULL: DEALLOCATE */
} TgAthenaStatement;

void tg_endpoint_athena_statement_clear(TgAthenaStatement *statement);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAthenaStatement, tg_endpoint_athena_statement_clear)

/**
 * Reads a text: EXECUTE takes the prepared statement, parameters are filled in for '?'.
 *
 * @parameters list of SQL texts; NULL: none
 */
gboolean tg_endpoint_athena_statement_read(TgEndpoint *endpoint, const char *work_group,
                                           const char *sql, const json_t *parameters,
                                           TgAthenaStatement *out, GError **error);

/* An error of the engine as Athena words it: "SYNTAX_ERROR: line 1:8: …". The caller frees. */
char *tg_endpoint_athena_message(const GError *error);

/* ---- athena_queue.c: executions ------------------------------------------------------------- */

typedef struct {
    char *id;
    char *queue; /* whose turn it takes */
    char *work_group;
    char *database;
    char *output; /* "s3://b/p/" */
    TgAthenaStatement statement;
    gint64 cutoff_bytes; /* 0: none */
    gint64 submitted_ms;
    gint is_cancelled;
    json_t *body; /* Glue's QueryExecution and "_result"; under the queue's mutex */
} TgExecution;

/* Takes over; it is told before this returns, and runs when its turn comes. */
gboolean tg_endpoint_athena_submit(TgEndpointAthena *athena, TgExecution *take_execution,
                                   GError **error);

/**
 * A copy of what is known of an execution, with "_result".
 *
 * @wait_ms how long to wait for its end
 * @return NULL with NOT_FOUND
 */
json_t *tg_endpoint_athena_find(TgEndpointAthena *athena, const char *id, gint64 wait_ms,
                                GError **error);

/* Stops one that runs or waits; one that has ended stays as it is. */
gboolean tg_endpoint_athena_cancel(TgEndpointAthena *athena, const char *id, GError **error);

/* Sets the state; for the runner. Ended ones are kept in the file. */
void tg_endpoint_athena_set_state(TgEndpointAthena *athena, TgExecution *execution,
                                  const char *state, const char *reason);
GMutex *tg_endpoint_athena_mutex(TgEndpointAthena *athena);

/* ---- athena_run.c ---------------------------------------------------------------------------- */

/* Runs to the end, writes the files, sets the state. */
void tg_endpoint_athena_run(TgEndpoint *endpoint, TgExecution *execution);

/* ---- athena_results.c ------------------------------------------------------------------------ */

/* GetQueryResults of an ended execution. */
json_t *tg_endpoint_athena_results(TgActionCall *call, const json_t *execution, GError **error);

/* Glue's ColumnInfo of a column. A new reference. */
json_t *tg_endpoint_athena_column_info(const char *name, const char *type);

/* ---- athena_work_group.c --------------------------------------------------------------------- */

/* A workgroup; NULL with Athena's words. A new reference. */
json_t *tg_endpoint_athena_work_group(TgEndpoint *endpoint, const char *name, GError **error);

TgEndpointAthena *tg_endpoint_athena_new(TgEndpoint *endpoint, guint running_max, GError **error);
void tg_endpoint_athena_stop(TgEndpointAthena *athena);
