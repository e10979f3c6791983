/* Delimiter, quote, escape and the rest, by weights over the lines of a sample. */
#include <math.h>
#include <string.h>

#include "loader/guess/csv.h"

#define QUOTE_WEIGHT_MIN 10.0
#define SKIP_LINES_MAX 10u
#define SKIP_CHECK_LINES 10u

static guint count_char(const char *line, char c)
{
    guint count = 0;

    for (; *line != '\0'; line++) {
        count += *line == c ? 1 : 0;
    }
    return count;
}

/* Total over standard deviation: a delimiter stands equally often in each line. */
static double delimiter_weight(const GPtrArray *lines, char delimiter)
{
    double total = 0.0;
    double squares = 0.0;

    for (guint i = 0; i < lines->len; i++) {
        total += count_char(g_ptr_array_index(lines, i), delimiter);
    }
    if (total == 0.0) {
        return 0.0;
    }
    for (guint i = 0; i < lines->len; i++) {
        double from_mean = count_char(g_ptr_array_index(lines, i), delimiter) - total / lines->len;

        squares += from_mean * from_mean;
    }
    double deviation = sqrt(squares / lines->len);

    return total / (deviation == 0.0 ? 1e-9 : deviation);
}

char csv_guess_delimiter(const GPtrArray *lines)
{
    static const char candidates[] = ",\t|;";
    char best = '\0';
    double best_weight = 1.0;

    for (const char *candidate = candidates; *candidate != '\0'; candidate++) {
        double weight = delimiter_weight(lines, *candidate);

        if (weight > best_weight) {
            best = *candidate;
            best_weight = weight;
        }
    }
    return (char)(best == '\0' ? ',' : best);
}

/* How often a value of the line looks quoted: 20 for each without a quote inside, 40 for each
 * without a delimiter inside. */
static guint quote_weight(const char *line, char delimiter, char quote)
{
    guint weight = count_char(line, quote);
    gboolean is_start = TRUE;

    for (const char *at = line; weight > 0 && *at != '\0'; at++) {
        const char *open = at + (is_start ? strspn(at, " \t") : 0);
        gboolean is_quoted = is_start && *open == quote;

        is_start = *at == delimiter;
        if (!is_quoted) {
            continue;
        }
        const char *close = strchr(open + 1, quote);

        if (close != NULL && (close[1] == '\0' || close[1] == delimiter)) {
            weight += 20;
            weight += memchr(open + 1, delimiter, (gsize)(close - open - 1)) == NULL ? 40 : 0;
        }
    }
    return weight;
}

/* A quote behind other text of a value: then quoting is not meant. */
static gboolean is_stray(const char *line, char delimiter, char quote)
{
    gboolean is_start = TRUE;
    gboolean in_quotes = FALSE;

    for (const char *at = line; *at != '\0'; at++) {
        if (*at == quote && !is_start && !in_quotes) {
            return TRUE;
        }
        in_quotes = *at == quote ? !in_quotes : in_quotes;
        is_start =
            !in_quotes && (*at == delimiter || (is_start && g_ascii_isspace(*at)) || *at == quote);
    }
    return FALSE;
}

static gboolean has_stray_quote(const GPtrArray *lines, char delimiter, char quote)
{
    for (guint i = 0; i < lines->len; i++) {
        if (is_stray(g_ptr_array_index(lines, i), delimiter, quote)) {
            return TRUE;
        }
    }
    return FALSE;
}

char csv_guess_quote(const GPtrArray *lines, char delimiter)
{
    static const char candidates[] = "\"'";
    char best = '\0';
    double best_weight = 0.0;

    for (const char *candidate = candidates; *candidate != '\0'; candidate++) {
        double total = 0.0;
        guint weighed = 0;

        for (guint i = 0; i < lines->len; i++) {
            guint weight = quote_weight(g_ptr_array_index(lines, i), delimiter, *candidate);

            total += weight;
            weighed += weight > 0 ? 1 : 0;
        }
        if (weighed > 0 && total / weighed > best_weight) {
            best = *candidate;
            best_weight = total / weighed;
        }
    }
    if (best_weight >= QUOTE_WEIGHT_MIN) {
        return best;
    }
    return (char)(has_stray_quote(lines, delimiter, '"') ? '\0' : '"');
}

/* How often the character stands before a delimiter or a quote. */
static guint count_escapes(const char *line, char escape, char delimiter, char quote)
{
    guint count = 0;

    for (const char *at = line; *at != '\0'; at++) {
        if (*at == escape && (at[1] == delimiter || at[1] == quote)) {
            count++;
            at++;
        }
    }
    return count;
}

char csv_guess_escape(const GPtrArray *lines, char delimiter, char quote)
{
    static const char candidates[] = "\\\"";
    char best = '\0';
    guint best_count = 0;

    for (const char *candidate = candidates; *candidate != '\0'; candidate++) {
        guint count = 0;

        for (guint i = 0; i < lines->len; i++) {
            count += count_escapes(g_ptr_array_index(lines, i), *candidate, delimiter, quote);
        }
        if (count > best_count) {
            best = *candidate;
            best_count = count;
        }
    }
    if (best == '\0' && quote == '"') {
        return quote;
    }
    return best;
}

static guint count_values(const char *line, char delimiter, const char *text)
{
    char delimiter_text[] = {delimiter, '\0'};
    g_auto(GStrv) values = g_strsplit(line, delimiter_text, -1);
    guint count = 0;

    for (char **value = values; *value != NULL; value++) {
        count += strcmp(*value, text) == 0 ? 1 : 0;
    }
    return count;
}

const char *csv_guess_null_string(const GPtrArray *lines, char delimiter)
{
    static const char *const candidates[] = {"null", "NULL", "#N/A", "\\N"};
    const char *best = NULL;
    guint best_count = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++) {
        guint count = 0;

        for (guint j = 0; j < lines->len; j++) {
            count += count_values(g_ptr_array_index(lines, j), delimiter, candidates[i]);
        }
        if (count > best_count) {
            best = candidates[i];
            best_count = count;
        }
    }
    return best;
}

static guint columns_of(const GPtrArray *records, guint record)
{
    return ((const GArray *)g_ptr_array_index(records, record))->len;
}

guint csv_guess_skip_lines(const GPtrArray *records)
{
    for (guint i = 1; i <= SKIP_LINES_MAX && i < records->len; i++) {
        guint columns = columns_of(records, i - 1);
        gboolean is_stable = TRUE;

        for (guint j = i; j < records->len && j < i + SKIP_CHECK_LINES; j++) {
            is_stable = is_stable && columns_of(records, j) <= columns;
        }
        if (is_stable) {
            return i - 1;
        }
    }
    return 0;
}

const char *csv_guess_comment(const GPtrArray *lines, guint first_line)
{
    static const char *const candidates[] = {"#", "//"};
    const char *best = NULL;
    guint best_count = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++) {
        guint count = 0;

        for (guint j = first_line; j < lines->len; j++) {
            const char *line = g_ptr_array_index(lines, j);

            /* "#N/A" is a value */
            count +=
                g_str_has_prefix(line, candidates[i]) && !g_str_has_prefix(line, "#N/A") ? 1 : 0;
        }
        if (count > best_count) {
            best = candidates[i];
            best_count = count;
        }
    }
    return best;
}

static gsize cell_length(const GPtrArray *records, guint record, guint column, gboolean *out_has)
{
    const GArray *cells = g_ptr_array_index(records, record);
    const CsvCell *cell = column < cells->len ? &g_array_index(cells, CsvCell, column) : NULL;

    *out_has = cell != NULL && cell->text != NULL;
    return *out_has ? (gsize)g_utf8_strlen(cell->text, -1) : 0;
}

/* Whether the first text of a column is much longer or shorter than the others, which are alike. */
static gboolean differs_in_length(const GPtrArray *records, guint column)
{
    gboolean has = FALSE;
    double first = (double)cell_length(records, 0, column, &has);
    double sum = 0.0;
    double squares = 0.0;
    guint count = 0;

    if (!has) {
        return FALSE;
    }
    for (guint i = 1; i < records->len; i++) {
        double length = (double)cell_length(records, i, column, &has);

        if (has) {
            sum += length;
            squares += length * length;
            count++;
        }
    }
    if (count == 0) {
        return FALSE;
    }
    double mean = sum / count;

    if (squares / count - mean * mean > 0.2) {
        return FALSE;
    }
    return mean == 0.0 ? first > 1.0 : fabs(mean - first) / mean > 0.7;
}

gboolean csv_has_header_of_strings(const GPtrArray *records)
{
    for (guint i = 0; records->len > 0 && i < columns_of(records, 0); i++) {
        if (differs_in_length(records, i)) {
            return TRUE;
        }
    }
    return FALSE;
}
