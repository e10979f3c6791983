/* Levenshtein similarity over short names. */
#include "base/suggest.h"

#include <string.h>

#define NAME_MAX_BYTES 128

static double similarity(const char *a, const char *b)
{
    guint row[NAME_MAX_BYTES + 1];
    gsize a_length = strlen(a);
    gsize b_length = strlen(b);

    if (a_length > NAME_MAX_BYTES || b_length > NAME_MAX_BYTES || a_length + b_length == 0) {
        return 0.0;
    }
    for (guint j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (guint i = 1; i <= a_length; i++) {
        guint diagonal = row[0];

        row[0] = i;
        for (guint j = 1; j <= b_length; j++) {
            guint cost = g_ascii_tolower(a[i - 1]) == g_ascii_tolower(b[j - 1]) ? 0 : 1;
            guint best = MIN(diagonal + cost, MIN(row[j], row[j - 1]) + 1);

            diagonal = row[j];
            row[j] = best;
        }
    }
    return 1.0 - (double)row[b_length] / (double)MAX(a_length, b_length);
}

const char *tg_suggest_one(const char *typed, const char *const *names)
{
    const char *best = NULL;
    double best_similarity = 0.5;

    for (; *names != NULL; names++) {
        double found = similarity(typed, *names);

        if (found > best_similarity || (best == NULL && found >= best_similarity)) {
            best = *names;
            best_similarity = found;
        }
    }
    return best;
}

char *tg_suggest_phrase(const char *typed, const char *const *names)
{
    const char *name = tg_suggest_one(typed, names);

    return name == NULL ? g_strdup("") : g_strdup_printf(" (did you mean '%s'?)", name);
}
