/* What DuckDB says, in our words: no "Binder Error", no line of the translated text. */
#include <string.h>

#include "engine/engine_internal.h"

#define OURS "tg_error: "

static const struct {
    const char *start;
    TgErrorCode code;
    const char *said; /* instead of DuckDB's words; NULL: those behind the start */
} kinds[] = {
    {"INTERRUPT Error", TG_ERROR_CANCELLED, "the query was cancelled"},
    {"Out of Memory Error", TG_ERROR_RETRY,
     "the query needs more memory than it may use; give it more, or select less"},
    {"IO Error", TG_ERROR_RETRY, NULL},
    {"INTERNAL Error", TG_ERROR_BUG, NULL},
    {"FATAL Error", TG_ERROR_BUG, NULL},
};

/* Words of DuckDB for what Trino calls otherwise. */
static const struct {
    const char *there;
    const char *here;
} words[] = {
    {"INT32", "integer"}, {"INT64", "bigint"},    {"INT16", "smallint"},  {"INT8", "tinyint"},
    {"DOUBLE", "double"}, {"VARCHAR", "varchar"}, {"DECIMAL", "decimal"}, {"BOOL", "boolean"},
};

static char *our_own(const char *message)
{
    const char *start = strstr(message, OURS);
    gsize length = 0;

    if (start == NULL) {
        return NULL;
    }
    start += strlen(OURS);
    length = strcspn(start, "'");
    return g_strndup(start, length);
}

static char *first_lines(const char *message)
{
    const char *end = strstr(message, "\n\nLINE ");
    const char *candidates = strstr(message, "\n\tCandidate");

    end = end == NULL ? strstr(message, "\nLINE ") : end;
    if (candidates != NULL && (end == NULL || candidates < end)) {
        end = candidates;
    }
    char *text = end == NULL ? g_strdup(message) : g_strndup(message, (gsize)(end - message));

    return g_strchomp(text);
}

/* "Binder Error: …" without the kind, which stands on the first line. */
static char *without_kind(char *take_message)
{
    const char *colon = strstr(take_message, "Error: ");
    const char *newline = strchr(take_message, '\n');
    char *result = NULL;

    if (colon == NULL || (newline != NULL && newline < colon)) {
        return take_message;
    }
    result = g_strdup(colon + strlen("Error: "));
    g_free(take_message);
    return result;
}

/* "Type INT128 with value N can't be cast …": a sum or product that bigint cannot hold. */
static char *overflow(const char *message)
{
    static const char start[] = "Type INT128 with value ";
    const char *number = g_str_has_prefix(message, start) ? message + strlen(start) : NULL;

    return number == NULL ? NULL
                          : g_strdup_printf("%.*s is out of range for bigint",
                                            (int)strcspn(number, " "), number);
}

static char *with_our_words(char *take_message)
{
    g_autoptr(GString) text = g_string_new(take_message);
    char *out_of_range = overflow(take_message);

    if (out_of_range != NULL) {
        g_free(take_message);
        return out_of_range;
    }
    if (strstr(take_message, "Could not convert") != NULL ||
        strstr(take_message, "out of range") != NULL ||
        strstr(take_message, "Overflow in ") != NULL) {
        for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
            (void)g_string_replace(text, words[i].there, words[i].here, 0);
        }
    }
    if (strstr(take_message, "invalid perl operator") != NULL ||
        strstr(take_message, "invalid escape sequence") != NULL) {
        g_string_append(text, " (the local engine's regular expressions have no look-around and no "
                              "back-references)");
    }
    g_free(take_message);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

void tg_engine_set_error(GError **error, const char *prefix, const char *message)
{
    TgErrorCode code = TG_ERROR_CONFIG;
    g_autofree char *text = our_own(message == NULL ? "" : message);
    const char *said = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (message != NULL && g_str_has_prefix(message, kinds[i].start)) {
            code = kinds[i].code;
            said = kinds[i].said;
        }
    }
    if (text == NULL && said == NULL) {
        text = with_our_words(without_kind(first_lines(message == NULL ? "unknown" : message)));
    }
    g_set_error(error, TG_ERROR, code, "%s: %s", prefix, said != NULL ? said : text);
}
