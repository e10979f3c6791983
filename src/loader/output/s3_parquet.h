/* What the parts of the s3_parquet output share. */
#pragma once

#include "columns/batch.h"
#include "loader/plugin.h"
#include "loader/time_format.h"

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
