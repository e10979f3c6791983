/* Types of columns from their values in a sample. */
#include <string.h>

#include "loader/guess/csv.h"
#include "loader/json_text.h"
#include "loader/number_text.h"
#include "loader/time_format.h"

#define DOUBLE_DIGITS_MAX 17u /* more cannot arrive exactly */

typedef enum {
    GUESS_NONE,
    GUESS_BOOLEAN,
    GUESS_LONG,
    GUESS_DOUBLE,
    GUESS_TIMESTAMP,
    GUESS_JSON,
    GUESS_STRING
} Guess;

static gboolean is_boolean(const char *text, gboolean exact)
{
    static const char *const exact_texts[] = {"true",  "True",  "TRUE", "false",
                                              "False", "FALSE", NULL};
    static const char *const texts[] = {"true",  "True",  "TRUE", "yes", "Yes", "YES", "t",
                                        "T",     "y",     "Y",    "on",  "On",  "ON",  "false",
                                        "False", "FALSE", "no",   "No",  "NO",  "f",   "F",
                                        "n",     "N",     "off",  "Off", "OFF", NULL};

    return g_strv_contains(exact ? exact_texts : texts, text);
}

/* Digits as a number would print them: no '+', no leading zeros. */
static gboolean is_integer(const char *text, gsize size)
{
    gint64 value = 0;
    const char *digits = *text == '-' ? text + 1 : text;

    return (*digits != '0' || digits[1] == '\0') && g_ascii_isdigit(*digits) &&
           strcmp(text, "-0") != 0 && tg_int64_parse(text, size, &value);
}

static gboolean is_double(const char *text, gboolean exact)
{
    const char *at = *text == '-' || *text == '+' ? text + 1 : text;
    gsize whole = strspn(at, "0123456789");
    gsize fraction = at[whole] == '.' ? strspn(at + whole + 1, "0123456789") : 0;
    const char *rest = at + whole + (at[whole] == '.' ? fraction + 1 : 0);

    if (whole == 0 || (exact && whole > 1 && *at == '0') ||
        (exact && whole + fraction > DOUBLE_DIGITS_MAX)) {
        return FALSE;
    }
    if (*rest == 'e' || *rest == 'E') {
        rest += rest[1] == '-' || rest[1] == '+' ? 2 : 1;
        gsize digits = strspn(rest, "0123456789");

        return digits > 0 && digits <= 3 && rest[digits] == '\0';
    }
    return *rest == '\0' && fraction > 0;
}

static gboolean is_json(const char *text, gsize size)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gsize used = 0;

    return (*text == '{' || *text == '[') &&
           tg_json_text_append(out, text, size, TG_JSON_KEEP_NUMBERS, &used) == NULL &&
           used == size;
}

static Guess guess_value(const char *text, gboolean exact, GHashTable *formats)
{
    gsize size = strlen(text);

    if (size == 0) {
        return GUESS_STRING;
    }
    if (g_ascii_isalpha(*text) && is_boolean(text, exact)) {
        return GUESS_BOOLEAN;
    }
    char *format = csv_guess_time_format(text, !exact);

    if (format != NULL) {
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(formats, format));

        g_hash_table_replace(formats, format, GUINT_TO_POINTER(count + 1));
        return GUESS_TIMESTAMP;
    }
    if (is_integer(text, size)) {
        return GUESS_LONG;
    }
    if (is_double(text, exact)) {
        return GUESS_DOUBLE;
    }
    return is_json(text, size) ? GUESS_JSON : GUESS_STRING;
}

static Guess merge(Guess a, Guess b, gboolean exact)
{
    if (a == b || b == GUESS_NONE) {
        return a;
    }
    if (a == GUESS_NONE) {
        return b;
    }
    if (MIN(a, b) == GUESS_LONG && MAX(a, b) == GUESS_DOUBLE) {
        return GUESS_DOUBLE;
    }
    if (MIN(a, b) == GUESS_BOOLEAN && MAX(a, b) == GUESS_LONG && !exact) {
        return GUESS_LONG;
    }
    return GUESS_STRING;
}

static const CsvCell *cell_at(const GPtrArray *records, guint record, guint column)
{
    const GArray *cells = g_ptr_array_index(records, record);

    return column < cells->len ? &g_array_index(cells, CsvCell, column) : NULL;
}

/* A value that counts: not null, and no text that stands for null. */
static const char *value_at(const GPtrArray *records, guint record, guint column,
                            const CsvTypeRules *rules)
{
    const CsvCell *cell = cell_at(records, record, column);

    if (cell == NULL || cell->text == NULL || g_strv_contains(rules->nulls, cell->text) ||
        (rules->exact && *cell->text == '\0' && !cell->is_quoted)) {
        return NULL;
    }
    return cell->text;
}

static gboolean all_fit(const GPtrArray *records, guint first_record, guint column,
                        const CsvTypeRules *rules, const char *text)
{
    g_autoptr(TgTimeFormat) format = tg_time_format_new(text, NULL);
    g_autoptr(TgTimeZone) zone = tg_time_zone_new("UTC", NULL);
    TgTimeDefaults defaults = {.zone = zone, .year = 1970, .month = 1, .day = 1};

    for (guint i = first_record; i < records->len; i++) {
        const char *value = value_at(records, i, column, rules);
        TgInt128 nanos = 0;

        if (value != NULL &&
            !tg_time_format_parse(format, &defaults, value, strlen(value), &nanos)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The format that most values have, if the others can be read with it, too; else of those that
 * all values can be read with the most frequent. Lent. */
static const char *best_format(const GPtrArray *records, guint first_record, guint column,
                               const CsvTypeRules *rules, GHashTable *formats)
{
    GHashTableIter iter;
    gpointer format = NULL;
    gpointer count = NULL;
    const char *best = NULL;
    guint best_count = 0;

    g_hash_table_iter_init(&iter, formats);
    while (g_hash_table_iter_next(&iter, &format, &count)) {
        if (GPOINTER_TO_UINT(count) > best_count &&
            all_fit(records, first_record, column, rules, format)) {
            best = format;
            best_count = GPOINTER_TO_UINT(count);
        }
    }
    return best;
}

static Guess guess_column(const GPtrArray *records, guint first_record, guint column,
                          const CsvTypeRules *rules, GHashTable *formats)
{
    Guess guess = GUESS_NONE;

    for (guint i = first_record; i < records->len && guess != GUESS_STRING; i++) {
        const char *value = value_at(records, i, column, rules);

        if (value != NULL) {
            guess = merge(guess, guess_value(value, rules->exact, formats), rules->exact);
        }
    }
    return guess;
}

json_t *csv_guess_type(const GPtrArray *records, guint first_record, guint column,
                       const CsvTypeRules *rules)
{
    static const char *const names[] = {
        [GUESS_NONE] = "string",   [GUESS_BOOLEAN] = "boolean",     [GUESS_LONG] = "long",
        [GUESS_DOUBLE] = "double", [GUESS_TIMESTAMP] = "timestamp", [GUESS_JSON] = "json",
        [GUESS_STRING] = "string"};
    g_autoptr(GHashTable) formats = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Guess guess = guess_column(records, first_record, column, rules, formats);

    if (guess == GUESS_TIMESTAMP) {
        const char *format = best_format(records, first_record, column, rules, formats);

        return format == NULL ? json_pack("{s:s}", "type", "string")
                              : json_pack("{s:s, s:s}", "type", "timestamp", "format", format);
    }
    return json_pack("{s:s}", "type", names[guess]);
}

/* Whether the candidate stands among values of another type than string. */
static gboolean stands_for_null(const GPtrArray *records, guint first_record, guint columns,
                                const char *candidate, const CsvTypeRules *rules)
{
    for (guint column = 0; column < columns; column++) {
        g_autoptr(GHashTable) formats =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        gboolean is_there = FALSE;

        for (guint i = first_record; i < records->len && !is_there; i++) {
            const CsvCell *cell = cell_at(records, i, column);

            is_there = cell != NULL && cell->text != NULL && strcmp(cell->text, candidate) == 0;
        }
        if (!is_there) {
            continue;
        }
        Guess guess = guess_column(records, first_record, column, rules, formats);

        if (guess != GUESS_STRING && guess != GUESS_NONE) {
            return TRUE;
        }
    }
    return FALSE;
}

GPtrArray *csv_guess_nulls(const GPtrArray *records, guint first_record,
                           const char *const *candidates, gboolean exact)
{
    GPtrArray *found = g_ptr_array_new();
    CsvTypeRules rules = {.exact = exact, .nulls = candidates};
    guint columns = records->len > first_record
                        ? ((const GArray *)g_ptr_array_index(records, first_record))->len
                        : 0;

    for (; *candidates != NULL; candidates++) {
        if (stands_for_null(records, first_record, columns, *candidates, &rules)) {
            g_ptr_array_add(found, (gpointer)*candidates);
        }
    }
    return found;
}
