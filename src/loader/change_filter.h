/* Filters that put other values in the place of columns: what typecast and timestamp_format have in
 * common. */
#pragma once

#include "loader/plugin.h"

/* Begins the struct of such a filter. */
typedef struct {
    TgFilter filter;
    TgLoaderContext *context;
    guint count;
    gint *sources;     /* of tg_batch_share(): -1 where a column is not as it came */
    gpointer *changes; /* what becomes of each column, the filter's own; NULL: as it came */
    gboolean stops;    /* at a value that does not fit */
    gboolean exact;
} TgChangeFilter;

/* Adds what an entry of `columns` asks for; the callers of errors name the entry. */
typedef gboolean (*TgChangeFilterAdd)(TgChangeFilter *self, const json_t *config,
                                      const json_t *entry, GError **error);

/**
 * Reads `stop_on_invalid_record` and calls add() for each entry of `columns`.
 *
 * @self a struct of zeros whose class is set; it stays the caller's, with its schema gone, when
 *       this fails
 */
gboolean tg_change_filter_open(TgChangeFilter *self, TgLoaderContext *context, const json_t *config,
                               const TgSchema *input, TgChangeFilterAdd add, GError **error);

/* Frees all but the schema; `free_change` gets what is not NULL of `changes`. */
void tg_change_filter_free(TgChangeFilter *self, GDestroyNotify free_change);

/* The column that the `name` of an entry means, and the path into it when it is one ("$.doc.a"),
 * else NULL. */
gboolean tg_change_filter_find(const TgChangeFilter *self, const json_t *entry, guint *out_column,
                               char **out_path, GError **error);

/* Keeps what becomes of a column that has had none. */
void tg_change_filter_set(TgChangeFilter *self, guint column, gpointer take_change);
