/* The `columns:` list of parsers and of the config input. */
#pragma once

#include "loader/plugin.h"
#include "loader/time_format.h"

/* How timestamps of one column are read. */
typedef struct {
    TgTimeFormat *format; /* NULL: not a timestamp */
    TgTimeZone *zone;
    TgTimeDefaults defaults;
} TgTimestampReader;

/* Opens a reader; `date` may be NULL (1970-01-01). */
gboolean tg_timestamp_reader_init(TgTimestampReader *reader, const char *format,
                                  const char *timezone, const char *date, GError **error);
/* Opens the reader of a filter's column: its `format`, `timezone` and `date`, else the config's
 * `default_timestamp_format`, `default_timezone` and `default_date`. */
gboolean tg_timestamp_reader_open(TgTimestampReader *reader, const json_t *config,
                                  const json_t *column, GError **error);
void tg_timestamp_reader_clear(TgTimestampReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgTimestampReader, tg_timestamp_reader_clear)

/* A schema with what the texts of its columns mean. */
typedef struct {
    TgSchema *schema;
    TgTimestampReader *readers; /* one a column */
    char **pointers;            /* `element_at` of each column; NULL: none */
} TgColumnConfig;

/* The options that tg_column_config_new reads beside `columns`. */
#define TG_COLUMN_CONFIG_OPTIONS                                                                   \
    {"columns", "list", NULL, "Columns as {name, type, format, timezone, date}."},                 \
        {"default_timezone", "text", "UTC", "Zone of times whose text names none."},               \
        {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z",                            \
         "Format of timestamp columns without a format of their own."},                            \
    {                                                                                              \
        "default_date", "text", "1970-01-01", "Date of times without one."                         \
    }

/**
 * Reads `columns`, `default_timezone`, `default_timestamp_format` and `default_date` of a parser's
 * config. Types are boolean, long, double, string, timestamp, json; with exact types also date and
 * decimal(p,s). Timestamps are microseconds of no zone with exact types, else TG_UNIT_WIDE in UTC.
 */
TgColumnConfig *tg_column_config_new(const TgLoaderContext *context, const json_t *config,
                                     GError **error);
void tg_column_config_free(TgColumnConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgColumnConfig, tg_column_config_free)

/* The type that a text names; FALSE with CONFIG and a likely name. */
gboolean tg_column_type_parse(const char *text, gboolean exact_types, TgType *out, GError **error);

/* Reads a timestamp into a vector of its type. FALSE with *out_reason (lent) when the text does not
 * fit the format, or the vector cannot hold it. */
gboolean tg_timestamp_reader_set(const TgTimestampReader *reader, const char *text,
                                 gsize size_bytes, TgVector *vector, guint row,
                                 const char **out_reason);

/* Sets a DATE or TIMESTAMP of any unit from nanoseconds since 1970 UTC; FALSE with *out_reason
 * (lent) when the vector cannot hold it. */
gboolean tg_timestamp_set_nanos(TgVector *vector, guint row, TgInt128 nanos,
                                const char **out_reason);
