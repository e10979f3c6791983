/* A SELECT whose rows Athena writes aside, as a table of its own, to be tested and then published.
 */
#pragma once

#include "operators/support_athena_statement.h"

/* What is written where; all lent. */
typedef struct {
    TgAthenaChain *chain;
    const char *sql; /* the SELECT */
    const char *database;
    const char *table;    /* the staging table, lower case */
    const char *location; /* "s3://…/", empty; NULL: Athena chooses */
    const char *format;   /* each may be NULL: not said */
    const char *compression;
    const char *field_delimiter;
    const json_t *partitioned_by; /* lists of names; may be NULL */
    const json_t *bucketed_by;
    gint64 bucket_count;                 /* 0: not said */
    const json_t *additional_properties; /* a map of raw SQL values, which win; may be NULL */
    gboolean if_not_exists;
    gboolean no_data; /* WITH NO DATA */
} TgAthenaStaging;

/* A SELECT without the ';' at its end, which has no place inside another statement. The caller
 * frees. */
char *tg_athena_bare_select(const char *sql);

/* The text of CREATE TABLE AS for a part of the rows. The caller frees.
 * @where a condition on the SELECT's columns; NULL: all */
char *tg_athena_ctas_text(const TgAthenaStaging *staging, const char *where);

/**
 * Writes the rows. When the SELECT gives more than 100 partitions, which Athena refuses, they are
 * written 100 at a time: the SELECT then runs once for each hundred.
 *
 * @out_done FALSE: it goes on, the turn must end as POLL
 * @out_rows how many Athena says were written; -1: it does not say
 */
gboolean tg_athena_stage(const TgAthenaStaging *staging, gboolean *out_done, gint64 *out_rows,
                         GError **error);

/**
 * Runs the `test:` block (engine/data_test.h) with `staged` as a name for the staging table. The
 * first that gives a row is the error.
 *
 * @out_results for the receipt; a new reference, NULL without tests
 */
gboolean tg_athena_stage_test(const TgAthenaStaging *staging, const json_t *tests,
                              gboolean *out_done, json_t **out_results, GError **error);

/* "digdag_athena_ctas_20261125t…": of a publish. The caller frees. */
char *tg_athena_staging_name(const char *op, const char *publish_id);

/* Rows without any object are RETRY: what a statement says is not believed. @rows -1: not known */
gboolean tg_athena_check_written(const TgAthenaStaging *staging, gint64 rows, GError **error);

/* Takes the staging table out of the catalog; its objects stay. One that is not there is fine. */
gboolean tg_athena_stage_drop(const TgAthenaStaging *staging, GError **error);

/* The same where nothing depends on it: a failure is told and no more. */
void tg_athena_stage_drop_quietly(const TgAthenaStaging *staging);
