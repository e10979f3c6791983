/* What the parts of the csv parser share (embulk-parser-csv, embulk-util-csv). */
#pragma once

#include "loader/column_config.h"
#include "loader/plugin.h"

#define CSV_RECORD_BYTES_MAX ((gsize)16 * 1024 * 1024) /* a longer line stops the load */
#define CSV_BLOCK_BYTES ((gsize)1024 * 1024)           /* what one thread parses at a time */
#define CSV_NULL_STRINGS_MAX 16u

/* Which bytes matter where. */
enum { CSV_DELIMITER = 1, CSV_EOL = 2, CSV_QUOTE = 4, CSV_ESCAPE = 8 };

typedef struct {
    const char *bytes; /* owned */
    gsize size_bytes;
} CsvText;

typedef struct {
    guint8 kinds[256];
    CsvText delimiter;
    char quote;      /* 0: none */
    char escape;     /* 0: none */
    CsvText newline; /* in quoted values; bytes NULL: as in the file */
    gboolean trim;
    gboolean is_simple; /* the delimiter is one byte, and nothing is trimmed */
    gboolean stray_quotes;
    gint64 quoted_chars_max;
    CsvText comment;        /* bytes NULL: none */
    gboolean has_null_list; /* null_strings was given: unquoted texts alone */
    guint null_count;       /* 0: an unquoted empty field is null */
    CsvText nulls[CSV_NULL_STRINGS_MAX];
    gboolean ends_cr;   /* a lone CR ends a line */
    gboolean ends_lf;   /* a lone LF does */
    gboolean ends_crlf; /* CR LF is one end */
    guint skip_header_lines;
    gboolean optional_columns;
    gboolean extra_columns;
    gboolean stops;
    gboolean exact; /* types arrive exactly */
    char *charset;
    TgColumnConfig *columns;
} CsvConfig;

/* csv_config.c */
gboolean csv_config_read(CsvConfig *config, TgLoaderContext *context, const json_t *options,
                         GError **error);
void csv_config_clear(CsvConfig *config);

/* --- csv_scan.c: records and fields of bytes in memory --- */

typedef struct {
    const CsvConfig *config;
    const char *at;
    const char *end;
    const char *line;    /* where the current line starts */
    guint64 line_number; /* of it, from 1 */
    gboolean is_ascii;   /* no byte of all is beyond ASCII */
    const char *reason;  /* after CSV_BAD */
    gboolean hit_end;    /* after CSV_BAD: the bytes ended in a quoted value */
    GString *scratch;    /* of quoted values with escapes */
} CsvScan;

typedef struct {
    const char *bytes; /* lent until the next field */
    gsize size_bytes;
    const char *start; /* in the block: for the column number of messages */
    const char *line;  /* where the field's line starts */
    guint64 line_number;
    gboolean is_quoted;
    gboolean is_ascii; /* surely; else it must be looked at */
} CsvField;

typedef enum { CSV_MORE, CSV_LAST, CSV_BAD } CsvEnd;

/* Whether a line ends at `at`; *out_next is where the next begins. */
gboolean csv_is_eol(const CsvConfig *config, const char *at, const char *end,
                    const char **out_next);

/* The end of the line at `at`, without what ends it; *out_next as above. */
const char *csv_line_end(const CsvConfig *config, const char *at, const char *end,
                         const char **out_next);

/* Goes to the next record behind blank lines and comments; FALSE at the end. */
gboolean csv_scan_begin_record(CsvScan *scan);

/* The next field of the record. */
CsvEnd csv_scan_field(CsvScan *scan, CsvField *out);

/* Goes behind the line on which the field starts: how Embulk goes on after an invalid record. */
void csv_scan_skip_line_of(CsvScan *scan, const CsvField *field);

/* --- csv_blocks.c: a task's files cut at record borders --- */

typedef struct {
    char *bytes;
    gsize size_bytes;
    gsize capacity;
    guint64 first_line; /* from 1 */
    char *file_name;    /* owned */
} CsvBlock;

typedef struct CsvBlocks CsvBlocks;

CsvBlocks *csv_blocks_new(const CsvConfig *config, TgFileTask *take_files);
void csv_blocks_free(CsvBlocks *blocks);

/* The next block; *out_has is FALSE behind the last. Threads take turns under the caller's lock. */
gboolean csv_blocks_take(CsvBlocks *blocks, CsvBlock *block, gboolean *out_has, GError **error);

/* --- csv_value.c --- */

/* Puts a field into a vector. NULL, or why it does not fit (lent), as in "'x' <reason>". */
const char *csv_value_set(const CsvConfig *config, guint column, const CsvField *field,
                          TgVector *vector, guint row);

gboolean csv_value_is_null(const CsvConfig *config, const CsvField *field);
