/* What an SQL text reads, and how much that is. */
#pragma once

#include "cli/state.h"

/**
 * The tables that an Athena statement names, with the size of their objects: of those partitions
 * that the WHERE clause leaves when it compares partition keys with texts or numbers by `=`, `IN`
 * and `AND`, else of all.
 *
 * @state its catalog is opened only when there is one
 * @database for names without one
 * @return [{"table": "db.t", "bytes": N or null, "objects": N, "why": …}] by name: `why` says why
 *         bytes is null; NULL when the text does not parse
 */
json_t *tg_plan_sql_tables(TgCliState *state, const char *database, const char *sql);
