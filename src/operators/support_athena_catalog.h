/* What the catalog operators of Athena share (spec athena.md 1.6). "Exists" is what the catalog
 * says; that it could not be asked is an error, not a no. */
#pragma once

#include "operators/support_athena_place.h"

/* One partition that an operator names. */
typedef struct {
    char *database;
    char *table;
    json_t *table_json; /* Glue's Table */
    char **values;      /* in the order of its keys */
    json_t *partition;  /* Glue's Partition; NULL: it does not exist */
    char *path;         /* "k=v/" for messages */
} TgAthenaPartition;

void tg_athena_partition_clear(TgAthenaPartition *partition);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAthenaPartition, tg_athena_partition_clear)

/**
 * Reads `database`, `table` and `partition_kv` and looks for that partition. A missing database or
 * table, and a table without partition keys, are errors.
 *
 * @op name without "athena."
 */
gboolean tg_athena_partition_find(const TgTurn *turn, const char *op, const TgAthenaPlace *place,
                                  TgAthenaPartition *out, GError **error);

/* Glue's Table in *out (a new reference), NULL when there is no such table or database. */
gboolean tg_athena_table_find(const TgAthenaPlace *place, const char *database, const char *table,
                              json_t **out, GError **error);

/* Stores athena.last_<what>_exists: {<what>_exists, location_exists}; the last only when it was
 * asked for. */
void tg_athena_store_exists(TgTurn *turn, const char *what, gboolean exists,
                            const gboolean *location_exists);

/* Whether any object lies below the location of a table or partition; no location: no. */
gboolean tg_athena_has_objects(const TgAthenaPlace *place, const json_t *located, gboolean *out,
                               GError **error);

/* Removes all objects below the location of a table or partition. @bytes added to */
gboolean tg_athena_remove_objects(const TgAthenaPlace *place, const json_t *located, gint64 *bytes,
                                  GError **error);

/**
 * Drops a table; then, with `with_location`, the objects of it and its partitions: a reader must
 * not find a table whose objects are going. @bytes added to
 */
gboolean tg_athena_table_drop(const TgAthenaPlace *place, const json_t *table,
                              gboolean with_location, gint64 *bytes, GError **error);
