/* Regular expressions with look-around, back-references and groups that may be absent: GRegex,
 * which is PCRE2. */
#include <string.h>

#include "engine/native.h"

#define CACHE_MAX 64

typedef struct {
    const char *text;
    gsize size;
    GRegex *regex;
    GMatchInfo *match;
} Search;

/* Compiled patterns of this thread, by text. */
static GHashTable *cache(void)
{
    static GPrivate slot = G_PRIVATE_INIT((GDestroyNotify)g_hash_table_unref);
    GHashTable *table = g_private_get(&slot);

    if (table == NULL) {
        table =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_regex_unref);
        g_private_set(&slot, table);
    }
    if (g_hash_table_size(table) > CACHE_MAX) {
        g_hash_table_remove_all(table);
    }
    return table;
}

/* What stands for \\w and the like, of ASCII alone; NULL: nothing else does. */
static const char *ascii_class(char letter, gboolean is_inside)
{
    static const struct {
        char letter;
        const char *inside;
        const char *alone;
    } classes[] = {{'w', "A-Za-z0-9_", "[A-Za-z0-9_]"},
                   {'d', "0-9", "[0-9]"},
                   {'s', " \\t\\n\\x0b\\f\\r", "[ \\t\\n\\x0b\\f\\r]"},
                   {'W', NULL, "[^A-Za-z0-9_]"},
                   {'D', NULL, "[^0-9]"},
                   {'S', NULL, "[^ \\t\\n\\x0b\\f\\r]"}};

    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        if (classes[i].letter == letter) {
            return is_inside ? classes[i].inside : classes[i].alone;
        }
    }
    return NULL;
}

/* \\w, \\d and \\s are those of ASCII, as in Trino; GRegex takes all of Unicode. */
static char *with_ascii_classes(TgNativeText pattern)
{
    GString *out = g_string_new(NULL);
    gboolean is_inside = FALSE;

    for (gsize i = 0; i < pattern.size; i++) {
        char c = pattern.bytes[i];
        const char *instead = NULL;

        if (c != '\\' || i + 1 == pattern.size) {
            is_inside = c == '[' || (is_inside && c != ']');
            g_string_append_c(out, c);
            continue;
        }
        i++;
        instead = ascii_class(pattern.bytes[i], is_inside);
        if (instead != NULL) {
            g_string_append(out, instead);
        } else {
            g_string_append_c(out, '\\');
            g_string_append_c(out, pattern.bytes[i]);
        }
    }
    return g_string_free(out, FALSE);
}

static GRegex *compile(TgNativeCall *call, TgNativeText pattern)
{
    g_autofree char *text = with_ascii_classes(pattern);
    GRegex *regex = g_hash_table_lookup(cache(), text);
    g_autoptr(GError) error = NULL;

    if (regex != NULL) {
        return regex;
    }
    regex = g_regex_new(text, G_REGEX_OPTIMIZE, 0, &error);
    if (regex == NULL) {
        (void)tg_native_fail(call, "invalid regular expression '%s': %s", text, error->message);
        return NULL;
    }
    (void)g_hash_table_insert(cache(), g_steal_pointer(&text), regex);
    return regex;
}

/* Begins the search of the pattern (argument 1) in the text (argument 0). */
static gboolean search(TgNativeCall *call, Search *out, gssize from)
{
    TgNativeText text = tg_native_text(call, 0);

    out->text = text.bytes;
    out->size = text.size;
    out->match = NULL;
    out->regex = compile(call, tg_native_text(call, 1));
    if (out->regex == NULL) {
        return FALSE;
    }
    (void)g_regex_match_full(out->regex, text.bytes, (gssize)text.size, (int)from, 0, &out->match,
                             NULL);
    return TRUE;
}

static void clear_match(const Search *at)
{
    if (at->match != NULL) {
        g_match_info_free(at->match);
    }
}

static gboolean like(TgNativeCall *call)
{
    Search at;

    if (!search(call, &at, 0)) {
        return FALSE;
    }
    gboolean found = g_match_info_matches(at.match);

    g_match_info_free(at.match);
    return tg_native_return_boolean(call, found);
}

static gboolean check_group(TgNativeCall *call, const Search *at, gint64 group)
{
    if (group >= 0 && group <= g_regex_get_capture_count(at->regex)) {
        return TRUE;
    }
    return tg_native_fail(call, "Pattern has %d groups. Cannot access group %" G_GINT64_FORMAT,
                          g_regex_get_capture_count(at->regex), group);
}

/* The group's text; NULL: it took no part. */
static char *group_text(const Search *at, gint64 group)
{
    int start = -1;
    int end = -1;

    if (!g_match_info_fetch_pos(at->match, (int)group, &start, &end) || start < 0) {
        return NULL;
    }
    return g_strndup(at->text + start, (gsize)(end - start));
}

static gboolean extract(TgNativeCall *call)
{
    gint64 group = tg_native_int64(call, 2);
    Search at;
    g_autofree char *text = NULL;
    gboolean ok = search(call, &at, 0) && check_group(call, &at, group);

    if (!ok) {
        clear_match(&at);
        return FALSE;
    }
    text = g_match_info_matches(at.match) ? group_text(&at, group) : NULL;
    g_match_info_free(at.match);
    return text == NULL ? tg_native_return_null(call)
                        : tg_native_return_text(call, text, strlen(text));
}

static gboolean extract_all(TgNativeCall *call)
{
    gint64 group = tg_native_int64(call, 2);
    Search at;
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    if (!search(call, &at, 0) || !check_group(call, &at, group)) {
        clear_match(&at);
        return FALSE;
    }
    while (g_match_info_matches(at.match)) {
        g_ptr_array_add(texts, group_text(&at, group));
        (void)g_match_info_next(at.match, NULL);
    }
    g_match_info_free(at.match);
    return tg_native_return_list(call, texts);
}

static gboolean count(TgNativeCall *call)
{
    Search at;
    gint64 found = 0;

    if (!search(call, &at, 0)) {
        return FALSE;
    }
    while (g_match_info_matches(at.match)) {
        found++;
        (void)g_match_info_next(at.match, NULL);
    }
    g_match_info_free(at.match);
    return tg_native_return_int64(call, found);
}

static gboolean split(TgNativeCall *call)
{
    Search at;
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    int last = 0;

    if (!search(call, &at, 0)) {
        return FALSE;
    }
    while (g_match_info_matches(at.match)) {
        int start = 0;
        int end = 0;

        (void)g_match_info_fetch_pos(at.match, 0, &start, &end);
        g_ptr_array_add(texts, g_strndup(at.text + last, (gsize)(start - last)));
        last = end;
        (void)g_match_info_next(at.match, NULL);
    }
    g_ptr_array_add(texts, g_strndup(at.text + last, at.size - (gsize)last));
    g_match_info_free(at.match);
    return tg_native_return_list(call, texts);
}

/* Which match begins where, in code points from 1; -1: none. */
static gboolean position(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    gint64 from = tg_native_int64(call, 2);
    gint64 which = tg_native_int64(call, 3);
    gint64 length = g_utf8_strlen(text.bytes, (gssize)text.size);
    gint64 answer = -1;
    Search at;

    if (from < 1 || which < 1) {
        return tg_native_fail(call, "regexp_position(): start and occurrence begin with 1");
    }
    if (from > length + 1 || text.size == 0) {
        return tg_native_return_int64(call, -1);
    }
    if (!search(call, &at, g_utf8_offset_to_pointer(text.bytes, (glong)from - 1) - text.bytes)) {
        return FALSE;
    }
    for (gint64 n = 1; g_match_info_matches(at.match); n++) {
        int start = 0;

        if (n == which) {
            (void)g_match_info_fetch_pos(at.match, 0, &start, NULL);
            answer = g_utf8_pointer_to_offset(at.text, at.text + start) + 1;
            break;
        }
        (void)g_match_info_next(at.match, NULL);
    }
    g_match_info_free(at.match);
    return tg_native_return_int64(call, answer);
}

/* Java's replacement: $1, ${name}, \x. */
static const char *append_reference(TgNativeCall *call, const Search *at, const char *p,
                                    const char *end)
{
    int groups = g_regex_get_capture_count(at->regex);
    int group = -1;

    if (p < end && *p == '{') {
        const char *close = memchr(p, '}', (gsize)(end - p));
        g_autofree char *name = close == NULL ? NULL : g_strndup(p + 1, (gsize)(close - p - 1));

        group = name == NULL ? -1 : g_regex_get_string_number(at->regex, name);
        p = close == NULL ? end : close + 1;
    } else if (p < end && g_ascii_isdigit(*p)) {
        group = *p++ - '0';
        while (p < end && g_ascii_isdigit(*p) && group * 10 + (*p - '0') <= groups) {
            group = group * 10 + (*p++ - '0');
        }
    }
    if (group < 0 || group > groups) {
        (void)tg_native_fail(call, "the replacement names a group that the pattern does not have");
        return NULL;
    }
    g_autofree char *text = group_text(at, group);

    g_string_append(call->scratch, text == NULL ? "" : text);
    return p;
}

static gboolean append_replacement(TgNativeCall *call, const Search *at)
{
    TgNativeText by = tg_native_text(call, 2);
    const char *end = by.bytes + by.size;
    const char *p = by.bytes;

    while (p != NULL && p < end) {
        if (*p == '\\' && p + 1 < end) {
            g_string_append_c(call->scratch, p[1]);
            p += 2;
        } else if (*p == '\\') {
            return tg_native_fail(call, "the replacement ends with a backslash");
        } else if (*p == '$') {
            p = append_reference(call, at, p + 1, end);
        } else {
            g_string_append_c(call->scratch, *p++);
        }
    }
    return p != NULL;
}

static gboolean replace(TgNativeCall *call)
{
    Search at;
    int last = 0;
    gboolean ok = search(call, &at, 0);

    while (ok && g_match_info_matches(at.match)) {
        int start = 0;
        int end = 0;

        (void)g_match_info_fetch_pos(at.match, 0, &start, &end);
        g_string_append_len(call->scratch, at.text + last, start - last);
        ok = append_replacement(call, &at);
        last = end;
        (void)g_match_info_next(at.match, NULL);
    }
    if (!ok) {
        clear_match(&at);
        return FALSE;
    }
    g_string_append_len(call->scratch, at.text + last, (gssize)at.size - last);
    g_match_info_free(at.match);
    return tg_native_return_scratch(call);
}

const TgNative tg_natives_regexp[] = {
    {"tg_regexp_like", "vv", 'B', like},
    {"tg_regexp_extract", "vvb", 'v', extract},
    {"tg_regexp_extract_all", "vvb", 'V', extract_all},
    {"tg_regexp_count", "vv", 'b', count},
    {"tg_regexp_split", "vv", 'V', split},
    {"tg_regexp_position", "vvbb", 'b', position},
    {"tg_regexp_replace", "vvv", 'v', replace},
    {NULL, NULL, 0, NULL},
};
