/* What can be known to be wrong or dear in a query, from its tree alone. */
#pragma once

#include "sql/sql.h"

/* One finding; texts are owned. */
typedef struct {
    const char *rule; /* "partition-filter"; lent for good */
    guint32 offset;   /* where, in the statement's text */
    char *message;
} TgSqlFinding;

void tg_sql_finding_free(TgSqlFinding *finding);

/* What lint asks its owner. */
typedef struct {
    /* The partition keys of a table, NULL-terminated, lower case; NULL: it has none, or is not
     * known. Lent until the next call. @database NULL: the current one */
    const char *const *(*partition_keys)(gpointer data, const char *database, const char *table);
    gpointer data;
} TgSqlLintContext;

/**
 * Rules:
 *
 * - partition-filter: a partitioned table without a condition on any of its keys: all of it is read
 * - wrapped-key: a key that a condition has inside of a function or CAST: nothing can be skipped
 * - cross-join: relations without a condition between them
 * - order-without-limit: ORDER BY in a subquery, CTAS or INSERT, which orders nothing
 * - select-star: SELECT * of what a table or view is made of: its columns change with others'
 * - not-in-null: NOT IN (SELECT …): one NULL among the rows, and nothing is found
 *
 * @context may be NULL: no table is known
 * @return of TgSqlFinding, in the order of the text; freed with the array
 */
GPtrArray *tg_sql_lint(const TgStatement *statement, const TgSqlLintContext *context);
