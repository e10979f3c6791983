/* Athena's SQL over the catalog, run by DuckDB. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "object/store.h"

/* Opened lazily: a TgEngine costs nothing until its first SELECT. Any thread may use it. */
typedef struct TgEngine TgEngine;
typedef struct TgStagedData TgStagedData; /* engine/data_test.h */

typedef struct {
    gint64 memory_max_bytes; /* 0: 1 GiB */
    guint threads;           /* 0: as many as the machine has */
    const char *temp_folder; /* spill files; NULL: the system's */
} TgEngineOptions;

/* Catalog and store are lent and outlive the engine; `options` may be NULL. */
TgEngine *tg_engine_new(TgCatalog *catalog, TgObjectStore *objects, const TgEngineOptions *options);
void tg_engine_free(TgEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgEngine, tg_engine_free)

/* A statement to run; members are lent for the call, is_cancelled as long as the result. */
typedef struct {
    const char *sql;
    const char *source_name; /* in messages; NULL: "<query>" */
    const char *database;    /* NULL: "default" */
    const gint *is_cancelled;
    gint64 now_ms;              /* current_timestamp; 0: the engine's own clock */
    const TgStagedData *staged; /* readable as the table `staged`; NULL: none */
} TgEngineRequest;

/* A column of a result. */
typedef struct {
    char *name;
    char *athena_type; /* "varchar", "timestamp(3)", "decimal(10,2)" */
    char *hive_type;   /* "string", "timestamp", "decimal(10,2)": what CREATE TABLE would store */
} TgEngineColumn;

/* Rows of a SELECT, streamed. */
typedef struct TgEngineRows TgEngineRows;

/* Runs a query (SELECT, VALUES, WITH, TABLE). Errors: CONFIG with place, NOT_FOUND for tables,
 * CANCELLED, RETRY when memory or disk ran out. */
TgEngineRows *tg_engine_select(TgEngine *engine, const TgEngineRequest *request, GError **error);
void tg_engine_rows_free(TgEngineRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgEngineRows, tg_engine_rows_free)

guint tg_engine_rows_column_count(const TgEngineRows *rows);
const TgEngineColumn *tg_engine_rows_column(const TgEngineRows *rows, guint column);

/* Size of the objects that the query reads. */
gint64 tg_engine_rows_scanned_bytes(const TgEngineRows *rows);

/* The next row as texts (NULL for NULL), lent until the next call; *out_row NULL after the last. */
gboolean tg_engine_rows_next(TgEngineRows *rows, const char *const **out_row, GError **error);
