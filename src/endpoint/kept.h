/* What the endpoint keeps between its runs: JSON objects by kind, scope and name, and queries. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* One SQLite file. Any thread. A kill of the program loses nothing; a crash of the machine may lose
 * the last moments. */
typedef struct TgKept TgKept;

TgKept *tg_kept_open(const char *path, GError **error);
void tg_kept_free(TgKept *kept);

/* An object, or NULL without an error when there is none. A new reference. */
gboolean tg_kept_get(TgKept *kept, const char *kind, const char *scope, const char *name,
                     json_t **out, GError **error);
gboolean tg_kept_put(TgKept *kept, const char *kind, const char *scope, const char *name,
                     const json_t *body, GError **error);

/* *out_found may be NULL. */
gboolean tg_kept_remove(TgKept *kept, const char *kind, const char *scope, const char *name,
                        gboolean *out_found, GError **error);
gboolean tg_kept_remove_scope(TgKept *kept, const char *kind, const char *scope, GError **error);

/* Forgets those of a kind whose "at_ms" is before. */
gboolean tg_kept_sweep(TgKept *kept, const char *kind, gint64 before_ms, GError **error);

/* All of a scope by name; a new reference. */
json_t *tg_kept_list(TgKept *kept, const char *kind, const char *scope, GError **error);

/* Query executions: stored under their id, found by time, too. */
gboolean tg_kept_put_query(TgKept *kept, const char *id, const char *work_group, gint64 at_ms,
                           const json_t *body, GError **error);

/**
 * Ids of a workgroup, newest first.
 *
 * @before an id that was told last; NULL: from the newest
 */
json_t *tg_kept_list_queries(TgKept *kept, const char *work_group, const char *before,
                             gint64 count_max, GError **error);
gboolean tg_kept_get_query(TgKept *kept, const char *id, json_t **out, GError **error);

/* Queries that are not ended in the file, [body]; and forgets those from before. */
json_t *tg_kept_sweep_queries(TgKept *kept, gint64 before_ms, GError **error);
