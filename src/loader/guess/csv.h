/* What the parts of the csv guess share (embulk-guess-csv, embulk-util-guess). */
#pragma once

#include <glib.h>
#include <jansson.h>

/* --- csv_split.c --- */

typedef struct {
    char delimiter;
    char quote;  /* 0: none */
    char escape; /* 0: none */
    gboolean trim;
    gboolean skip_empty;
    const char *comment; /* NULL: none */
} CsvDialect;

/* One value; a NULL text is an unquoted empty field. */
typedef struct {
    char *text;
    gboolean is_quoted;
} CsvCell;

/* Records of a sample, each a GArray of CsvCell. */
GPtrArray *csv_split(const char *text, gsize size_bytes, const CsvDialect *dialect);

/* The sample's physical lines without their ends; a last one that is cut off is left out. */
GPtrArray *csv_split_lines(const char *text, gsize size_bytes, gboolean is_whole);

/* --- csv_dialect.c --- */

char csv_guess_delimiter(const GPtrArray *lines);
char csv_guess_quote(const GPtrArray *lines, char delimiter);              /* 0: none */
char csv_guess_escape(const GPtrArray *lines, char delimiter, char quote); /* 0: none */
const char *csv_guess_null_string(const GPtrArray *lines, char delimiter); /* or NULL; lent */
guint csv_guess_skip_lines(const GPtrArray *records);
const char *csv_guess_comment(const GPtrArray *lines, guint first_line); /* or NULL; lent */

/* Whether the lengths of the texts say that the first record is a header. */
gboolean csv_has_header_of_strings(const GPtrArray *records);

/* --- csv_types.c --- */

/* What a column's values have in common. */
typedef struct {
    gboolean exact;           /* only what cannot be mistaken */
    const char *const *nulls; /* texts that are no value, NULL-terminated */
} CsvTypeRules;

/* {"type", and "format" of a timestamp} of a column; string when there is no value. */
json_t *csv_guess_type(const GPtrArray *records, guint first_record, guint column,
                       const CsvTypeRules *rules);

/* Those of `candidates` (NULL-terminated) that stand in a column whose other values are numbers,
 * booleans or times. The caller frees the array, not the texts. */
GPtrArray *csv_guess_nulls(const GPtrArray *records, guint first_record,
                           const char *const *candidates, gboolean exact);

/* --- csv_time.c --- */

/* The Ruby format that the text is written in, or NULL. The caller frees. */
char *csv_guess_time_format(const char *text, gboolean compact_too);
