/* What the parts of the s3_parquet output share. */
#pragma once

#include "catalog/publish.h"
#include "columns/batch.h"
#include "loader/plugin.h"
#include "loader/time_format.h"
#include "object/sender.h"

/* How each column gets into Parquet. */
typedef enum {
    S3_PARQUET_AS_IS,
    S3_PARQUET_INTEGER, /* within minimum and maximum */
    S3_PARQUET_INSTANT, /* a timestamp in a narrower unit */
    S3_PARQUET_DATE,    /* of a timestamp */
    S3_PARQUET_DECIMAL,
    S3_PARQUET_TIMESTAMP_TEXT,
    S3_PARQUET_TIME_TEXT
} S3ParquetKind;

typedef struct {
    S3ParquetKind kind;
    TgType type; /* as written */
    char *hive_type;
    TgInt128 minimum;
    TgInt128 maximum;
    TgTimeFormat *format;
    TgTimeZone *zone;
} S3ParquetColumn;

typedef struct {
    guint count;
    S3ParquetColumn *columns;
    TgSchema *schema; /* as written */
    gboolean is_lossy;
} S3ParquetPlan;

/**
 * Decides on types: with exact types they are kept (unsigned ones become the next wider, TIME a
 * text); else as embulk-output-s3_parquet: timestamps are texts unless `column_options` or
 * `type_options` name a logical type.
 */
S3ParquetPlan *s3_parquet_plan_new(TgLoaderContext *context, const json_t *config,
                                   const TgSchema *schema, GError **error);
void s3_parquet_plan_free(S3ParquetPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3ParquetPlan, s3_parquet_plan_free)

/* The schema that is written. Lent. */
const TgSchema *s3_parquet_plan_schema(const S3ParquetPlan *plan);

/* Hive's type of a column for the catalog. Lent. */
const char *s3_parquet_plan_hive_type(const S3ParquetPlan *plan, guint column);

/* [{"stored", "glue", "athena", "loss"}] for TgOutputPlugin.describe; a new reference. */
json_t *s3_parquet_plan_describe(const S3ParquetPlan *plan, const TgSchema *schema);

/* A converter of one thread. */
typedef struct S3ParquetConverter S3ParquetConverter;
S3ParquetConverter *s3_parquet_converter_new(const S3ParquetPlan *plan);
void s3_parquet_converter_free(S3ParquetConverter *converter);

/* The batch as it is written, lent until the next call; NULL with CONFIG for a value that does not
 * fit. */
const TgBatch *s3_parquet_convert(S3ParquetConverter *converter, const TgBatch *batch,
                                  GError **error);

/* --- s3_parquet_options.c --- */

/* What happens to a table that exists; the order is that of `operation_if_exists`. */
typedef enum {
    S3_PARQUET_DELETE,
    S3_PARQUET_SKIP,
    S3_PARQUET_APPEND,
    S3_PARQUET_MERGE
} S3ParquetOperation;

/* Whether rows of the table stay. */
gboolean s3_parquet_keeps_rows(S3ParquetOperation operation);

/* How a table's columns may differ from the load's. */
typedef enum {
    S3_PARQUET_CHANGE_EVOLVE,
    S3_PARQUET_CHANGE_FAIL,
    S3_PARQUET_CHANGE_ADD
} S3ParquetChange;

typedef struct {
    char *bucket; /* NULL: the table's own place */
    char *path_prefix;
    char *sequence_format;
    char *file_ext;
    char *compression;
    char **partition_by; /* NULL: none */
    char **sort_by;      /* NULL: as the rows come */
    char **merge_keys;   /* of a merge; NULL: it is none */
    gint64 file_bytes;   /* 0: one file a task */
    gboolean bloom_filters;
    gboolean has_catalog;
    gboolean is_direct; /* publish: direct */
    char *database;
    char *table;
    const json_t *tests; /* lent by the config; NULL: none */
    S3ParquetOperation operation;
    S3ParquetChange schema_change;
} S3ParquetOptions;

gboolean s3_parquet_options_read(S3ParquetOptions *out, const json_t *config,
                                 const TgSchema *schema, gboolean exact, GError **error);
void s3_parquet_options_clear(S3ParquetOptions *options);

/* --- s3_parquet.c --- */

/* The rows of a task that are to be merged, as a Parquet file. */
typedef struct {
    guint task;
    TgObjectDraft draft;
} S3ParquetDelta;

#define S3_PARQUET_MEMORY_DEFAULT ((gint64)160 * 1024 * 1024)

/* The output in its transaction. */
typedef struct {
    TgOutput output;
    TgLoaderContext *context;
    json_t *config; /* kept for the options that are lent */
    S3ParquetOptions options;
    S3ParquetPlan *plan;
    TgObjectStore *objects; /* lent, or the next */
    TgObjectStore *own_objects;
    TgCatalog *catalog; /* lent, or the next; may be NULL */
    TgCatalog *own_catalog;
    json_t *present;        /* the table before the load; NULL: none */
    TgPublish *publish;     /* NULL: objects go where they stay */
    TgObjectSender *sender; /* of the files of all tasks */
    GMutex mutex;           /* over what follows */
    GArray *deltas;         /* of S3ParquetDelta: rows to be merged; they are not sent */
} S3Parquet;

/* "s3://bucket/folder/" of path_prefix; NULL without a bucket. The caller frees. */
char *s3_parquet_folder(const S3ParquetOptions *options);

/* Makes the files below a folder that DuckDB wrote objects of the load. */
gboolean s3_parquet_send_folder(S3Parquet *self, const char *folder, GError **error);

/* --- s3_parquet_place.c --- */

/* Opens store and catalog: this project's, or S3 and Glue when the config says so. */
gboolean s3_parquet_open_place(S3Parquet *self, GError **error);

/* The catalog alone. @out lent, may be NULL: there is none. @out_own what the caller frees; may
 * become NULL */
gboolean s3_parquet_open_catalog(TgLoaderContext *context, const json_t *config, TgCatalog **out,
                                 TgCatalog **out_own, GError **error);

/* --- s3_parquet_merge.c --- */

/* Whether rows can be merged into the table that is there. */
gboolean s3_parquet_merge_check(const S3ParquetOptions *options, const json_t *present,
                                GError **error);

/* Puts what the table holds and the rows of the load together as objects of the publish; adds
 * "merged" to the receipt. CONFLICT when somebody else changes the table meanwhile. */
gboolean s3_parquet_merge(S3Parquet *self, json_t *receipt, GError **error);

/* --- s3_parquet_publish.c --- */

/* What appends to the table kept about their sources: see TgOutputPlugin. */
json_t *s3_parquet_positions(TgLoaderContext *context, const json_t *config, GError **error);

/* Looks at the table that is there, holds the columns against it, starts a publish. */
gboolean s3_parquet_publish_begin(S3Parquet *self, GError **error);

/**
 * For an append or a merge: looks at the table anew, and takes over what an append keeps. Whoever
 * changes the table from here on makes the commit a CONFLICT.
 */
gboolean s3_parquet_publish_build(S3Parquet *self, const json_t *receipt, GError **error);

/* After a conflict: removes what was built on the table as it was. */
gboolean s3_parquet_publish_undo_build(S3Parquet *self, GError **error);

/* Makes the objects a table and adds it to the receipt. @infos of TgObjectInfo */
gboolean s3_parquet_publish_commit(S3Parquet *self, const GPtrArray *infos, json_t *receipt,
                                   GError **error);
