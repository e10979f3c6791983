/* Reading paths, and walking compact JSON. */
#include "loader/json_path.h"

#include <string.h>

static gboolean fail(const char *text, const char *reason, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'%s' is no path that is known here: %s; write $.a.b, $['a'], $.a[0] or $.a[*]",
                text, reason);
    return FALSE;
}

/* "[…]" at *at; moves behind it. */
static gboolean read_bracket(const char *text, const char **at, TgJsonStep *step, GError **error)
{
    const char *inside = *at + 1;
    char quote = *inside;
    const char *end =
        quote == '\'' || quote == '"' ? strchr(inside + 1, quote) : strchr(inside, ']');

    if (end == NULL) {
        return fail(text, "a bracket is not closed", error);
    }
    if (quote == '\'' || quote == '"') {
        if (end[1] != ']') {
            return fail(text, "a bracket holds one name", error);
        }
        step->key = g_strndup(inside + 1, (gsize)(end - inside - 1));
        *at = end + 2;
        return TRUE;
    }
    g_autofree char *index = g_strndup(inside, (gsize)(end - inside));
    guint64 number = 0;

    step->index = TG_JSON_PATH_ANY;
    if (strcmp(index, "*") != 0) {
        if (!g_ascii_string_to_unsigned(index, 10, 0, G_MAXINT32, &number, NULL)) {
            return fail(text, "a bracket holds a number, a quoted name or *", error);
        }
        step->index = (gint64)number;
    }
    *at = end + 1;
    return TRUE;
}

static gboolean read_step(const char *text, const char **at, TgJsonStep *step, GError **error)
{
    if (**at == '[') {
        return read_bracket(text, at, step, error);
    }
    if (**at == '.') {
        (*at)++;
    }
    gsize size = strcspn(*at, ".[");

    if (size == 0) {
        return fail(text, "a name is empty", error);
    }
    if (size == 1 && **at == '*') {
        return fail(text, "* stands in brackets only", error);
    }
    step->key = g_strndup(*at, size);
    *at += size;
    return TRUE;
}

TgJsonPath *tg_json_path_new(const char *text, GError **error)
{
    g_autoptr(TgJsonPath) path = g_new0(TgJsonPath, 1);
    const char *at = text;

    if (*at != '$') {
        (void)fail(text, "it does not begin with $", error);
        return NULL;
    }
    at++;
    path->steps = g_new0(TgJsonStep, TG_JSON_PATH_STEPS_MAX);
    if (strcmp(at, ".") == 0) {
        at++;
    }
    while (*at != '\0') {
        if (path->count == TG_JSON_PATH_STEPS_MAX) {
            (void)fail(text, "it has too many steps", error);
            return NULL;
        }
        if (!read_step(text, &at, &path->steps[path->count++], error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&path);
}

void tg_json_path_free(TgJsonPath *path)
{
    if (path == NULL) {
        return;
    }
    for (guint i = 0; i < path->count; i++) {
        g_free(path->steps[i].key);
    }
    g_free(path->steps);
    g_free(path);
}

/* Behind the closing quote of a string that begins at `at`. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        at += *at == '\\' ? 1 : 0;
    }
    return at + 1;
}

static const char *skip_value(const char *at)
{
    guint depth = 0;

    do {
        if (*at == '"') {
            at = skip_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (depth > 0) {
            at++;
        } else {
            at += strcspn(at, ",]}");
        }
    } while (depth > 0);
    return at;
}

gboolean tg_json_walk_init(TgJsonWalk *walk, TgJsonSlice value)
{
    if (value.size_bytes < 2 || (*value.bytes != '{' && *value.bytes != '[')) {
        return FALSE;
    }
    walk->is_object = *value.bytes == '{';
    walk->at = value.bytes + 1;
    return TRUE;
}

gboolean tg_json_walk_next(TgJsonWalk *walk, TgJsonSlice *out_key, TgJsonSlice *out_value)
{
    const char *at = walk->at;
    TgJsonSlice key = {0};

    if (*at == '}' || *at == ']') {
        return FALSE;
    }
    at += *at == ',' ? 1 : 0;
    if (walk->is_object) {
        const char *end = skip_string(at);

        key = (TgJsonSlice){at + 1, (gsize)(end - at) - 2};
        at = end + 1;
    }
    walk->at = skip_value(at);
    *out_value = (TgJsonSlice){at, (gsize)(walk->at - at)};
    if (out_key != NULL) {
        *out_key = key;
    }
    return TRUE;
}

/* The character that an escape at `at` (behind the backslash) stands for; moves behind it. Half a
 * pair is U+FFFD. */
static gunichar read_escape(const char **at)
{
    static const char letters[] = "bfnrt";
    static const char values[] = "\b\f\n\r\t";
    const char *found = strchr(letters, **at);
    gunichar unit = 0;

    if (**at != 'u') {
        unit = found == NULL ? (gunichar)(guint8) * *at : (gunichar)values[found - letters];
        (*at)++;
        return unit;
    }
    for (guint i = 1; i <= 4; i++) {
        unit = unit * 16 + (gunichar)g_ascii_xdigit_value((*at)[i]);
    }
    *at += 5;
    if (unit >= 0xd800 && unit < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        const char *next = *at + 1;
        gunichar low = 0;

        for (guint i = 1; i <= 4; i++) {
            low = low * 16 + (gunichar)g_ascii_xdigit_value(next[i]);
        }
        if (low >= 0xdc00 && low < 0xe000) {
            *at = next + 5;
            return 0x10000 + ((unit - 0xd800) << 10u) + (low - 0xdc00);
        }
    }
    return unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit;
}

static void append_unescaped(GString *out, const char *at, const char *end)
{
    while (at < end) {
        const char *backslash = memchr(at, '\\', (gsize)(end - at));

        g_string_append_len(out, at, backslash == NULL ? end - at : backslash - at);
        if (backslash == NULL) {
            return;
        }
        at = backslash + 1;
        g_string_append_unichar(out, read_escape(&at));
    }
}

gboolean tg_json_key_equals(TgJsonSlice key, const char *text)
{
    if (memchr(key.bytes, '\\', key.size_bytes) == NULL) {
        return strncmp(text, key.bytes, key.size_bytes) == 0 && text[key.size_bytes] == '\0';
    }
    g_autoptr(GString) plain = g_string_new(NULL);

    append_unescaped(plain, key.bytes, key.bytes + key.size_bytes);
    return strcmp(plain->str, text) == 0;
}

/* The member or element that a step names. */
static TgJsonSlice find_step(const TgJsonStep *step, TgJsonSlice value)
{
    TgJsonWalk walk = {0};
    TgJsonSlice key = {0};
    TgJsonSlice member = {0};
    TgJsonSlice found = {0};
    gint64 index = 0;

    if (!tg_json_walk_init(&walk, value) || walk.is_object != (step->key != NULL)) {
        return found;
    }
    while (tg_json_walk_next(&walk, &key, &member)) {
        if (walk.is_object ? tg_json_key_equals(key, step->key) : index == step->index) {
            found = member;
        }
        index++;
    }
    return found;
}

TgJsonSlice tg_json_path_find(const TgJsonPath *path, TgJsonSlice value)
{
    for (guint i = 0; i < path->count && value.bytes != NULL; i++) {
        value = find_step(&path->steps[i], value);
    }
    return value;
}

void tg_json_string_append(GString *out, TgJsonSlice string)
{
    append_unescaped(out, string.bytes + 1, string.bytes + string.size_bytes - 1);
}

void tg_json_quote_append(GString *out, const char *text, gsize size_bytes)
{
    static const char escaped[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *plain = text; /* not appended yet */
    const char *end = text + size_bytes;

    g_string_append_c(out, '"');
    for (const char *at = text; at < end; at++) {
        if ((guchar)*at >= 0x20 && *at != '"' && *at != '\\') {
            continue;
        }
        const char *found = *at == '\0' ? NULL : strchr(escaped, *at);

        g_string_append_len(out, plain, at - plain);
        plain = at + 1;
        if (found != NULL) {
            g_string_append_c(out, '\\');
            g_string_append_c(out, letters[found - escaped]);
        } else {
            g_string_append_printf(out, "\\u%04X", (guint)(guchar)*at);
        }
    }
    g_string_append_len(out, plain, end - plain);
    g_string_append_c(out, '"');
}

gboolean tg_json_rewrite_add(TgJsonRewrite *rewrite, const char *path, GError **error)
{
    TgJsonPath *parsed = NULL;

    if (rewrite->count == TG_JSON_PATHS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s': a column takes at most %u paths", path,
                    TG_JSON_PATHS_MAX);
        return FALSE;
    }
    parsed = tg_json_path_new(path, error);
    if (parsed == NULL) {
        return FALSE;
    }
    rewrite->paths[rewrite->count++] = parsed;
    return TRUE;
}

void tg_json_rewrite_clear(TgJsonRewrite *rewrite)
{
    for (guint i = 0; i < rewrite->count; i++) {
        tg_json_path_free(rewrite->paths[i]);
    }
    rewrite->count = 0;
}

/* How deep the walk is, and which paths lead here. */
typedef struct {
    guint depth;
    guint64 active; /* one bit a path */
} Place;

typedef struct {
    TgJsonSlice key; /* bytes NULL: an element */
    gint64 index;
} Member;

/* The paths that go on with a member; *out_leaf is one that ends there, or -1. */
static Place step_into(const TgJsonRewrite *rewrite, Place place, const Member *member,
                       gint *out_leaf)
{
    Place next = {.depth = place.depth + 1};
    gint any_leaf = -1;

    *out_leaf = -1;
    for (guint i = 0; i < rewrite->count; i++) {
        const TgJsonPath *path = rewrite->paths[i];
        const TgJsonStep *step = &path->steps[place.depth];
        gboolean is_any = step->key == NULL && step->index == TG_JSON_PATH_ANY;

        if ((place.active >> i & 1u) == 0 || (step->key == NULL) != (member->key.bytes == NULL) ||
            (step->key != NULL ? !tg_json_key_equals(member->key, step->key)
                               : !is_any && step->index != member->index)) {
            continue;
        }
        if (path->count > next.depth) {
            next.active |= (guint64)1 << i;
        } else if (is_any) {
            any_leaf = (gint)i;
        } else {
            *out_leaf = (gint)i;
        }
    }
    *out_leaf = *out_leaf < 0 ? any_leaf : *out_leaf;
    return next;
}

static const char *rewrite_value(const TgJsonRewrite *rewrite, Place place, TgJsonSlice value,
                                 gpointer data, GString *out)
{
    TgJsonWalk walk = {0};
    Member member = {.index = -1};
    TgJsonSlice inner = {0};

    if (place.active == 0 || !tg_json_walk_init(&walk, value)) {
        g_string_append_len(out, value.bytes, (gssize)value.size_bytes);
        return NULL;
    }
    g_string_append_c(out, *value.bytes);
    while (tg_json_walk_next(&walk, &member.key, &inner)) {
        gint leaf = -1;

        g_string_append(out, ++member.index == 0 ? "" : ",");
        if (walk.is_object) {
            g_string_append_len(out, member.key.bytes - 1, (gssize)member.key.size_bytes + 2);
            g_string_append_c(out, ':');
        }
        Place next = step_into(rewrite, place, &member, &leaf);
        const char *reason = leaf >= 0 ? rewrite->replace(data, (guint)leaf, inner, out)
                                       : rewrite_value(rewrite, next, inner, data, out);

        if (reason != NULL) {
            return reason;
        }
    }
    g_string_append_c(out, walk.is_object ? '}' : ']');
    return NULL;
}

const char *tg_json_rewrite(const TgJsonRewrite *rewrite, TgJsonSlice value, gpointer data,
                            GString *out)
{
    Place place = {.active = ~(guint64)0};

    for (guint i = 0; i < rewrite->count; i++) {
        if (rewrite->paths[i]->count == 0) {
            return rewrite->replace(data, i, value, out);
        }
    }
    return rewrite_value(rewrite, place, value, data, out);
}

char *tg_json_path_split(const char *text, char **out_rest)
{
    g_autoptr(TgJsonPath) path = *text == '$' ? tg_json_path_new(text, NULL) : NULL;

    if (path == NULL || path->count == 0 || path->steps[0].key == NULL) {
        return NULL;
    }
    const char *at = text + 1;
    TgJsonStep first = {0};

    (void)read_step(text, &at, &first, NULL); /* it was read before */
    *out_rest = g_strconcat("$", at, NULL);
    return first.key;
}
