/* What athena operators do on a Trino server, by statements alone. Trino's tables cannot be
 * switched in one step everywhere: a table is staged, tested, and then takes the place of the old
 * one by DROP and RENAME; readers may find none for that moment. */
#pragma once

#include "operators/support_athena.h"
#include "operators/support_athena_statement.h"

/* A SELECT that becomes a table; all lent. */
typedef struct {
    TgAthenaChain *chain;
    const TgAthenaTarget *target;
    const json_t *partitioned_by;        /* may be NULL */
    const json_t *additional_properties; /* of WITH (…), raw SQL; may be NULL */
    const char *table_mode;              /* "default" or "empty" */
    gboolean is_direct;                  /* the old table goes before the query runs */
    const json_t *tests;
} TgTrinoCtas;

/* athena.ctas>. @out_done FALSE: the turn must end as POLL. The receipt goes into the turn. */
gboolean tg_trino_ctas(const TgTrinoCtas *ctas, gboolean *out_done, GError **error);

/* A SELECT that becomes a partition; all lent. */
typedef struct {
    TgAthenaChain *chain;
    const TgAthenaTarget *target;
    const json_t *partition_kv;
    const json_t *tests;
} TgTrinoApas;

/**
 * athena.apas>: staged, tested, then INSERTed by Trino with the partition's values. The place's
 * session must let INSERT replace a partition (Hive's insert_existing_partitions_behavior).
 */
gboolean tg_trino_apas(const TgTrinoApas *apas, gboolean *out_done, GError **error);

/* Whether a table is there. */
gboolean tg_trino_table_exists(TgAthenaChain *chain, const char *database, const char *table,
                               gboolean *out_done, gboolean *out_exists, GError **error);

/* @ignore_missing one that is not there is fine */
gboolean tg_trino_drop_table(TgAthenaChain *chain, const char *table, gboolean ignore_missing,
                             gboolean *out_done, GError **error);
