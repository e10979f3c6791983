/* Words' stems, as Snowball finds them. */
#include <libstemmer.h>

#include "engine/native.h"

/* A stemmer of a language is made once a thread: making one takes longer than a word. */
static struct sb_stemmer *stemmer_of(const char *language)
{
    static GPrivate made = G_PRIVATE_INIT((GDestroyNotify)g_hash_table_unref);
    static const char *const languages[] = {"da", "de", "en", "es", "fi", "fr", "hu", "it",
                                            "nl", "no", "pt", "ro", "ru", "sv", "tr", NULL};
    GHashTable *stemmers = g_private_get(&made);
    struct sb_stemmer *stemmer = NULL;

    if (!g_strv_contains(languages, language)) {
        return NULL;
    }
    if (stemmers == NULL) {
        stemmers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify)sb_stemmer_delete);
        g_private_set(&made, stemmers);
    }
    stemmer = g_hash_table_lookup(stemmers, language);
    if (stemmer == NULL) {
        stemmer = sb_stemmer_new(language, NULL);
        (void)g_hash_table_insert(stemmers, g_strdup(language), stemmer);
    }
    return stemmer;
}

static gboolean run_word_stem(TgNativeCall *call)
{
    TgNativeText word = tg_native_text(call, 0);
    TgNativeText language = tg_native_text(call, 1);
    g_autofree char *code = g_strndup(language.bytes, language.size);
    struct sb_stemmer *stemmer = stemmer_of(code);
    const sb_symbol *stem = NULL;

    if (stemmer == NULL) {
        return tg_native_fail(call, "tg_error: word_stem() does not know the language %s", code);
    }
    stem = sb_stemmer_stem(stemmer, (const sb_symbol *)word.bytes, (int)word.size);
    if (stem == NULL) {
        return tg_native_fail(call, "tg_error: word_stem() ran out of memory");
    }
    return tg_native_return_text(call, (const char *)stem, (gsize)sb_stemmer_length(stemmer));
}

const TgNative tg_natives_words[] = {
    {"tg_word_stem", "vv", 'v', run_word_stem},
    {NULL, NULL, 0, NULL},
};
