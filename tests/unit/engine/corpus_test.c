/* Every query of tests/cases/athena gives the answer of the real Trino, or fails where Trino fails,
 * or is refused for the reason that refused.txt has. TG_CORPUS_REPORT names a file for all that
 * differs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "corpus_tables.h"
#include "engine/engine.h"

#define ROWS_MAX 3000 /* of one answer */

typedef struct {
    TgEngine *engine;
    GHashTable *refused; /* query → our message */
    GHashTable *lenient; /* queries that we answer and Trino does not */
    GString *report;
    GString *refusals; /* the next refused.txt */
    guint queries;
    guint equal;
    guint refused_count;
    guint lenient_count;
    guint wrong;
} Corpus;

/* ---- our answer ----------------------------------------------------------------------------- */

static void append_cell(GString *out, const char *cell)
{
    if (cell == NULL || *cell == '\0') {
        g_string_append(out, cell == NULL ? "NULL" : "\"\"");
        return;
    }
    for (; *cell != '\0'; cell++) {
        if (*cell == '\n' || *cell == '\r') {
            g_string_append(out, *cell == '\n' ? "\\n" : "\\r");
        } else {
            g_string_append_c(out, *cell);
        }
    }
}

static gboolean append_rows(TgEngineRows *rows, GString *out, GError **error)
{
    guint count = tg_engine_plan_column_count(tg_engine_rows_plan(rows));
    const char *const *row = NULL;

    for (guint n = 0; n < ROWS_MAX; n++) {
        if (!tg_engine_rows_next(rows, &row, error)) {
            return FALSE;
        }
        if (row == NULL) {
            return TRUE;
        }
        for (guint i = 0; i < count; i++) {
            g_string_append(out, i == 0 ? "    " : " | ");
            append_cell(out, row[i]);
        }
        g_string_append_c(out, '\n');
    }
    return TRUE;
}

static void append_types(const TgEnginePlan *plan, GString *out)
{
    for (guint i = 0; i < tg_engine_plan_column_count(plan); i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "    : " : " | ",
                               tg_engine_plan_column(plan, i)->athena_type);
    }
    g_string_append_c(out, '\n');
}

static char *answer(const Corpus *corpus, const char *text)
{
    g_autoptr(GRegex) query =
        g_regex_new("^(select|with|values|table)\\b", G_REGEX_CASELESS, 0, NULL);
    g_autofree char *sql =
        g_regex_match(query, text, 0, NULL) ? g_strdup(text) : g_strdup_printf("select %s", text);
    TgEngineRequest request = {.sql = sql, .now_ms = 1700000000000, .database = "tpc"};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgEngineRows) rows = tg_engine_select(corpus->engine, &request, &error);
    g_autoptr(GString) out = g_string_new(NULL);

    if (rows != NULL) {
        append_types(tg_engine_rows_plan(rows), out);
    }
    if (rows == NULL || !append_rows(rows, out, &error)) {
        g_auto(GStrv) lines = g_strsplit(error->message, "\n", 2);
        g_autoptr(GRegex) place = g_regex_new("^<query>(:\\d+:\\d+)?: ", 0, 0, NULL);
        g_autofree char *message = g_regex_replace_literal(place, lines[0], -1, 0, "", 0, NULL);

        g_string_printf(out, "    ! %s\n", message);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- comparison ----------------------------------------------------------------------------- */

/* Lengths of texts are no part of a type in Athena's results. */
static char *plain_type(const char *type)
{
    static const char *const rules[][2] = {{"varchar\\(\\d+\\)", "varchar"}, {", ", ","}};
    char *text = g_ascii_strdown(type, -1);

    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_autoptr(GRegex) rule = g_regex_new(rules[i][0], 0, 0, NULL);
        char *next = g_regex_replace_literal(rule, text, -1, 0, rules[i][1], 0, NULL);

        g_free(text);
        text = next;
    }
    return text;
}

/* Functions of Java and of C differ in the last digit, and sums in the order of their rows. */
static gboolean same_number(const char *a, const char *b, double tolerance)
{
    char *end_a = NULL;
    char *end_b = NULL;
    double x = strtod(a, &end_a);
    double y = strtod(b, &end_b);

    return end_a != a && end_b != b && *end_a == '\0' && *end_b == '\0' &&
           strpbrk(a, ".E") != NULL && strpbrk(b, ".E") != NULL &&
           fabs(x - y) <= tolerance * MAX(fabs(x), fabs(y));
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* {a=1, b=2} and {b=2, a=1}; entries hold no ", ". */
static gboolean same_map(const char *a, const char *b)
{
    g_autofree char *x = g_strndup(a + 1, strlen(a) - 2);
    g_autofree char *y = g_strndup(b + 1, strlen(b) - 2);
    g_auto(GStrv) left = g_strsplit(x, ", ", -1);
    g_auto(GStrv) right = g_strsplit(y, ", ", -1);

    qsort(left, g_strv_length(left), sizeof *left, compare_lines);
    qsort(right, g_strv_length(right), sizeof *right, compare_lines);
    return g_strv_equal((const char *const *)left, (const char *const *)right);
}

static gboolean same_cell(const char *a, const char *b, const char *type)
{
    double tolerance = strcmp(type, "real") == 0 ? 1e-6 : (strcmp(type, "double") == 0 ? 1e-13 : 0);

    if (strcmp(a, b) == 0) {
        return TRUE;
    }
    if (g_str_has_prefix(type, "map(") && *a == '{' && *b == '{') {
        return same_map(a, b);
    }
    return tolerance > 0 && same_number(a, b, tolerance);
}

static gboolean same_row(const char *a, const char *b, GStrv types)
{
    g_auto(GStrv) x = g_strsplit(a, " | ", -1);
    g_auto(GStrv) y = g_strsplit(b, " | ", -1);
    guint count = g_strv_length(x);

    if (strcmp(a, b) == 0) {
        return TRUE;
    }
    if (count != g_strv_length(y) || count != g_strv_length(types)) {
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        gsize indent = i == 0 ? 4 : 0;

        if (strlen(x[i]) < indent || strlen(y[i]) < indent ||
            !same_cell(x[i] + indent, y[i] + indent, types[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Whether the whole query is ordered: ORDER BY outside of all parentheses and texts. */
static gboolean is_ordered(const char *text)
{
    int depth = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'') {
            p = strchr(p + 1, '\'');
            if (p == NULL) {
                return FALSE;
            }
        } else if (*p == '(' || *p == ')') {
            depth += *p == '(' ? 1 : -1;
        } else if (depth == 0 && g_ascii_strncasecmp(p, " order by ", 10) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean same_rows(GStrv expected, GStrv got, GStrv types)
{
    guint count = g_strv_length(expected);

    if (count != g_strv_length(got)) {
        return FALSE;
    }
    for (guint i = 1; i < count; i++) {
        if (!same_row(expected[i], got[i], types)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean same_answer(const char *text, const char *expected, const char *got,
                            gboolean has_ties)
{
    g_autofree char *expected_types = NULL;
    g_autofree char *got_types = NULL;
    g_auto(GStrv) a = g_strsplit(expected, "\n", -1);
    g_auto(GStrv) b = g_strsplit(got, "\n", -1);
    g_auto(GStrv) types = NULL;

    expected_types = plain_type(a[0]);
    got_types = plain_type(b[0]);
    if (strcmp(expected_types, got_types) != 0) {
        return FALSE;
    }
    types = g_strsplit(expected_types + 6, " | ", -1);
    if (has_ties || !is_ordered(text)) {
        qsort(a + 1, g_strv_length(a) - 1, sizeof *a, compare_lines);
        qsort(b + 1, g_strv_length(b) - 1, sizeof *b, compare_lines);
    }
    return same_rows(a, b, types);
}

/* ---- one query ------------------------------------------------------------------------------ */

static void report(Corpus *corpus, const char *kind, const char *text, const char *expected,
                   const char *got)
{
    g_string_append_printf(corpus->report, "%s\t%s\n%s    ---- we:\n%s", kind, text, expected, got);
    corpus->wrong++;
}

static void check(Corpus *corpus, const char *text, const char *expected, gboolean has_ties)
{
    g_autofree char *got = answer(corpus, text);
    const char *known = g_hash_table_lookup(corpus->refused, text);
    gboolean theirs_fails = g_str_has_prefix(expected, "    ! ");
    gboolean ours_fails = g_str_has_prefix(got, "    ! ");

    corpus->queries++;
    if (ours_fails && !theirs_fails) {
        corpus->refused_count++;
        g_string_append_printf(corpus->refusals, "%s\n%s", text, got);
        if (known == NULL || !g_str_has_prefix(got, known)) {
            report(corpus, "refused", text, expected, got);
        }
    } else if (theirs_fails && ours_fails) {
        corpus->equal++;
    } else if (theirs_fails && g_hash_table_contains(corpus->lenient, text)) {
        corpus->lenient_count++;
    } else if (theirs_fails) {
        report(corpus, "lenient", text, expected, got);
    } else if (!same_answer(text, expected, got, has_ties)) {
        report(corpus, "differs", text, expected, got);
    } else if (known != NULL) {
        report(corpus, "no longer refused", text, expected, got);
    } else {
        corpus->equal++;
    }
}

static char *case_path(const char *name)
{
    return g_build_filename(g_getenv("TG_SOURCE_DIR"), "tests", "cases", "athena", name, NULL);
}

typedef void (*EachQuery)(Corpus *corpus, const char *text, const char *answer, gboolean has_ties);

static void each_query(Corpus *corpus, const char *name, EachQuery each)
{
    g_autofree char *path = case_path(name);
    g_autofree char *content = NULL;
    g_autoptr(GString) expected = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean has_ties = FALSE;

    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "    ")) {
            g_string_append_printf(expected, "%s\n", lines[i]);
        } else if (g_str_has_prefix(lines[i], "  ")) {
            g_string_append_printf(text, "\n%s", lines[i]);
        } else if (*lines[i] != '#' && *lines[i] != '\0') {
            if (text->len > 0) {
                each(corpus, text->str, expected->str, has_ties);
            }
            g_string_truncate(expected, 0);
            g_string_assign(text, lines[i]);
            has_ties = i > 0 && strcmp(lines[i - 1], "# ties") == 0;
        }
    }
    if (text->len > 0) {
        each(corpus, text->str, expected->str, has_ties);
    }
}

static void remember_refusal(Corpus *corpus, const char *text, const char *message,
                             gboolean has_ties G_GNUC_UNUSED)
{
    (void)g_hash_table_insert(corpus->refused, g_strdup(text), g_strdup(message));
}

static void remember_lenient(Corpus *corpus, const char *text, const char *reason G_GNUC_UNUSED,
                             gboolean has_ties G_GNUC_UNUSED)
{
    (void)g_hash_table_add(corpus->lenient, g_strdup(text));
}

static void test_file(gconstpointer name)
{
    CorpusTables tables = {NULL, NULL, NULL, NULL};
    Corpus corpus = {.lenient = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                     .refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                     .report = g_string_new(NULL),
                     .refusals = g_string_new(NULL)};
    const char *path = g_getenv("TG_CORPUS_REPORT");

    corpus_tables_set_up(&tables);
    corpus.engine = tables.engine;
    each_query(&corpus, "refused.txt", remember_refusal);
    each_query(&corpus, "lenient.txt", remember_lenient);
    each_query(&corpus, name, check);
    g_test_message(
        "%s: %u queries, %u equal, %u refused, %u answered where Trino fails, %u unexpected",
        (const char *)name, corpus.queries, corpus.equal, corpus.refused_count,
        corpus.lenient_count, corpus.wrong);
    if (path != NULL) {
        g_autofree char *file = g_strdup_printf("%s.%s", path, (const char *)name);

        g_assert_true(g_file_set_contents(file, corpus.report->str, -1, NULL));
        file = (g_free(file), g_strdup_printf("%s.refused.%s", path, (const char *)name));
        g_assert_true(g_file_set_contents(file, corpus.refusals->str, -1, NULL));
    } else if (corpus.wrong > 0) {
        g_test_message("%s", corpus.report->str);
    }
    g_assert_cmpuint(corpus.wrong, ==, 0);
    corpus_tables_tear_down(&tables);
    g_hash_table_unref(corpus.refused);
    g_hash_table_unref(corpus.lenient);
    g_string_free(corpus.report, TRUE);
    g_string_free(corpus.refusals, TRUE);
}

int main(int argc, char **argv)
{
    g_autofree char *folder = NULL;
    const char *name = NULL;

    g_test_init(&argc, &argv, NULL);
    folder = case_path("");
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);

    while ((name = g_dir_read_name(directory)) != NULL) {
        if (g_str_has_suffix(name, ".txt") && strcmp(name, "refused.txt") != 0 &&
            strcmp(name, "lenient.txt") != 0) {
            g_autofree char *test = g_strdup_printf("/engine/corpus/%s", name);

            g_test_add_data_func_full(test, g_strdup(name), test_file, g_free);
        }
    }
    return g_test_run();
}
