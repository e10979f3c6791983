/* Records and fields: the state machine of embulk-util-csv on bytes. */
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "loader/parser/csv.h"

gboolean csv_is_eol(const CsvConfig *config, const char *at, const char *end, const char **out_next)
{
    if (*at == '\n') {
        *out_next = at + 1;
        return config->ends_lf;
    }
    if (*at != '\r') {
        return FALSE;
    }
    gboolean has_lf = at + 1 < end && at[1] == '\n';

    *out_next = has_lf && config->ends_crlf ? at + 2 : at + 1;
    return config->ends_cr || (has_lf && config->ends_crlf);
}

const char *csv_line_end(const CsvConfig *config, const char *at, const char *end,
                         const char **out_next)
{
    for (; at < end; at++) {
        if ((config->kinds[(guchar)*at] & CSV_EOL) != 0 && csv_is_eol(config, at, end, out_next)) {
            return at;
        }
    }
    *out_next = end;
    return end;
}

gboolean csv_scan_begin_record(CsvScan *scan)
{
    const CsvText *comment = &scan->config->comment;

    while (scan->at < scan->end) {
        const char *next = NULL;
        gsize left = (gsize)(scan->end - scan->at);

        scan->line = scan->at;
        scan->line_number++;
        if (csv_is_eol(scan->config, scan->at, scan->end, &next)) {
            scan->at = next;
            continue;
        }
        if (comment->bytes == NULL || left < comment->size_bytes ||
            memcmp(scan->at, comment->bytes, comment->size_bytes) != 0) {
            return TRUE;
        }
        (void)csv_line_end(scan->config, scan->at, scan->end, &scan->at);
    }
    return FALSE;
}

static gboolean is_delimiter(const CsvScan *scan, const char *at)
{
    const CsvText *delimiter = &scan->config->delimiter;

    return at < scan->end && *at == delimiter->bytes[0] &&
           (delimiter->size_bytes == 1 ||
            ((gsize)(scan->end - at) >= delimiter->size_bytes &&
             memcmp(at, delimiter->bytes, delimiter->size_bytes) == 0));
}

/* Whether a quote that is followed by this place ends the value. */
static gboolean is_field_end(const CsvScan *scan, const char *at)
{
    const char *next = NULL;

    return at >= scan->end || csv_is_eol(scan->config, at, scan->end, &next) ||
           is_delimiter(scan, at);
}

static CsvEnd after_quoted(CsvScan *scan, const char *at)
{
    const char *next = NULL;

    for (; at < scan->end; at++) {
        if (is_delimiter(scan, at)) {
            scan->at = at + scan->config->delimiter.size_bytes;
            return CSV_MORE;
        }
        if (csv_is_eol(scan->config, at, scan->end, &next)) {
            scan->at = next;
            return CSV_LAST;
        }
        if (*at != ' ') {
            scan->hit_end = FALSE;
            scan->reason = "Unexpected extra character after a quoted value";
            return CSV_BAD;
        }
    }
    scan->at = at;
    return CSV_LAST;
}

/* A quoted value under construction. */
typedef struct {
    CsvScan *scan;
    const char *start; /* of what is not copied yet */
    const char *at;
    gboolean is_copied;
    gint64 chars;
} Quoted;

static void copy_until(Quoted *quoted, const char *until)
{
    if (!quoted->is_copied) {
        g_string_truncate(quoted->scan->scratch, 0);
        quoted->is_copied = TRUE;
    }
    g_string_append_len(quoted->scan->scratch, quoted->start, until - quoted->start);
}

/* The limit counts characters; bytes are never fewer, so most values need no counting. */
static gboolean is_too_long(const Quoted *quoted)
{
    gint64 maximum = quoted->scan->config->quoted_chars_max;
    gsize copied = quoted->is_copied ? quoted->scan->scratch->len : 0;
    gint64 bytes = (gint64)copied + (quoted->at - quoted->start);

    if (bytes <= maximum) {
        return FALSE;
    }
    gint64 chars = g_utf8_strlen(quoted->start, quoted->at - quoted->start);

    chars += copied == 0 ? 0 : g_utf8_strlen(quoted->scan->scratch->str, (gssize)copied);
    return chars > maximum;
}

/* A line ends inside the value: it goes on with the next. */
static gboolean cross_line(Quoted *quoted, const char *next)
{
    CsvScan *scan = quoted->scan;
    const CsvText *newline = &scan->config->newline;

    if (newline->bytes != NULL) {
        copy_until(quoted, quoted->at);
        g_string_append_len(scan->scratch, newline->bytes, (gssize)newline->size_bytes);
        quoted->start = next;
    }
    quoted->at = next;
    if (next == scan->end) {
        return FALSE;
    }
    scan->line = next;
    scan->line_number++;
    return TRUE;
}

/* A quote inside: TRUE when it ends the value. */
static gboolean close_quote(Quoted *quoted)
{
    const CsvConfig *config = quoted->scan->config;
    const char *next = quoted->at + 1;
    gboolean doubled = next < quoted->scan->end && *next == config->quote;

    if (doubled && (!config->stray_quotes || !is_field_end(quoted->scan, next + 1))) {
        copy_until(quoted, next);
        quoted->start = next + 1;
        quoted->at = next + 1;
        return FALSE;
    }
    if (config->stray_quotes && !is_field_end(quoted->scan, next)) {
        quoted->at = next;
        return FALSE;
    }
    return TRUE;
}

static void take_escape(Quoted *quoted)
{
    const CsvConfig *config = quoted->scan->config;
    const char *next = quoted->at + 1;
    gboolean has_next = next < quoted->scan->end;

    if (has_next && ((config->quote != 0 && *next == config->quote) || *next == config->escape)) {
        copy_until(quoted, quoted->at);
        quoted->start = next;
        quoted->at = next + 1;
        return;
    }
    quoted->at = next;
}

static CsvEnd fail_quoted(Quoted *quoted, gboolean hit_end)
{
    quoted->scan->hit_end = hit_end;
    quoted->scan->reason =
        hit_end ? "Unexpected end of line during parsing a quoted value"
                : "The size of the quoted value exceeds the limit size (max_quoted_size_limit)";
    return CSV_BAD;
}

typedef enum { QUOTED_GOES_ON, QUOTED_ENDS, QUOTED_HITS_END } QuotedStep;

/* What stands at a quote, an escape or a line end inside. */
static QuotedStep step_quoted(Quoted *quoted)
{
    const CsvScan *scan = quoted->scan;
    guint8 kind = scan->config->kinds[(guchar)*quoted->at];
    const char *next = NULL;

    if ((kind & CSV_QUOTE) != 0) {
        return close_quote(quoted) ? QUOTED_ENDS : QUOTED_GOES_ON;
    }
    if ((kind & CSV_ESCAPE) != 0) {
        take_escape(quoted);
        return QUOTED_GOES_ON;
    }
    if (!csv_is_eol(scan->config, quoted->at, scan->end, &next)) {
        quoted->at++;
        return QUOTED_GOES_ON;
    }
    return cross_line(quoted, next) ? QUOTED_GOES_ON : QUOTED_HITS_END;
}

static void set_quoted(Quoted *quoted, CsvField *field)
{
    if (quoted->is_copied) {
        copy_until(quoted, quoted->at);
        field->bytes = quoted->scan->scratch->str;
        field->size_bytes = quoted->scan->scratch->len;
        return;
    }
    field->bytes = quoted->start;
    field->size_bytes = (gsize)(quoted->at - quoted->start);
}

static CsvEnd scan_quoted(CsvScan *scan, const char *at, CsvField *field)
{
    const guint8 *kinds = scan->config->kinds;
    Quoted quoted = {.scan = scan, .start = at, .at = at};
    QuotedStep step = QUOTED_GOES_ON;

    field->is_quoted = TRUE;
    while (step == QUOTED_GOES_ON) {
        while (quoted.at < scan->end &&
               (kinds[(guchar)*quoted.at] & (CSV_EOL | CSV_QUOTE | CSV_ESCAPE)) == 0) {
            quoted.at++;
        }
        if (is_too_long(&quoted)) {
            return fail_quoted(&quoted, FALSE);
        }
        step = quoted.at == scan->end ? QUOTED_HITS_END : step_quoted(&quoted);
    }
    if (step == QUOTED_HITS_END) {
        return fail_quoted(&quoted, TRUE);
    }
    set_quoted(&quoted, field);
    return after_quoted(scan, quoted.at + 1);
}

static void set_plain(const CsvScan *scan, CsvField *field, const char *start, const char *end)
{
    if (scan->config->trim) {
        while (end > start && end[-1] == ' ') {
            end--;
        }
    }
    field->bytes = start;
    field->size_bytes = (gsize)(end - start);
}

/* The next byte that may end an unquoted field, or `end`. Blocks have slack to be read into. */
static const char *skip_plain(const CsvConfig *config, const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i delimiter = _mm_set1_epi8(config->delimiter.bytes[0]);
    const __m128i cr = _mm_set1_epi8('\r');
    const __m128i lf = _mm_set1_epi8('\n');

    for (; at < end; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i found =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiter),
                         _mm_or_si128(_mm_cmpeq_epi8(bytes, cr), _mm_cmpeq_epi8(bytes, lf)));
        guint mask = (guint)_mm_movemask_epi8(found);

        if (mask != 0) {
            at += __builtin_ctz(mask);
            break;
        }
    }
    return MIN(at, end);
#else
    while (at < end && (config->kinds[(guchar)*at] & (CSV_DELIMITER | CSV_EOL)) == 0) {
        at++;
    }
    return at;
#endif
}

CsvEnd csv_scan_field(CsvScan *scan, CsvField *out)
{
    const guint8 *kinds = scan->config->kinds;
    const char *at = scan->at;
    const char *end = scan->end;
    const char *next = NULL;

    out->line = scan->line;
    out->line_number = scan->line_number;
    out->start = at;
    out->is_quoted = FALSE;
    out->is_ascii = scan->is_ascii;
    while (scan->config->trim && at < end && *at == ' ') {
        at++;
    }
    if (at < end && (kinds[(guchar)*at] & CSV_QUOTE) != 0) {
        return scan_quoted(scan, at + 1, out);
    }
    const char *start = at;

    for (;; at++) {
        at = skip_plain(scan->config, at, end);
        if (at == end) {
            break;
        }
        if (scan->config->is_simple && *at == scan->config->delimiter.bytes[0]) {
            out->bytes = start;
            out->size_bytes = (gsize)(at - start);
            scan->at = at + 1;
            return CSV_MORE;
        }
        if ((kinds[(guchar)*at] & CSV_DELIMITER) != 0 && is_delimiter(scan, at)) {
            set_plain(scan, out, start, at);
            scan->at = at + scan->config->delimiter.size_bytes;
            return CSV_MORE;
        }
        if ((kinds[(guchar)*at] & CSV_EOL) != 0 && csv_is_eol(scan->config, at, end, &next)) {
            set_plain(scan, out, start, at);
            scan->at = next;
            return CSV_LAST;
        }
    }
    set_plain(scan, out, start, end);
    scan->at = end;
    return CSV_LAST;
}

void csv_scan_skip_line_of(CsvScan *scan, const CsvField *field)
{
    (void)csv_line_end(scan->config, field->line, scan->end, &scan->at);
    scan->line_number = field->line_number;
}
