/* What a JSON path names, as it is written in the text: numbers keep their digits. */
#include <stdlib.h>
#include <string.h>

#include "engine/native.h"

#define STEPS_MAX 64

/* One step: a name, or (name NULL) a place. */
typedef struct {
    char *name;
    gint64 place;
} Step;

typedef struct {
    Step steps[STEPS_MAX];
    guint count;
} Path;

static void clear_path(Path *path)
{
    for (guint i = 0; i < path->count; i++) {
        g_free(path->steps[i].name);
    }
    path->count = 0;
}

static gboolean is_name_end(const char *p, const char *end)
{
    return p >= end || *p == '.' || *p == '[';
}

/* [12], ["name"], ['name']; behind it, or NULL. */
static const char *read_bracket(const char *p, const char *end, Step *out)
{
    const char *start = p;

    if (p < end && (*p == '"' || *p == '\'')) {
        const char *close = memchr(p + 1, *p, (gsize)(end - p - 1));

        if (close == NULL || close + 1 >= end || close[1] != ']') {
            return NULL;
        }
        out->name = g_strndup(p + 1, (gsize)(close - p - 1));
        return close + 2;
    }
    out->place = 0;
    while (p < end && g_ascii_isdigit(*p) && p - start < 9) {
        out->place = out->place * 10 + (*p++ - '0');
    }
    if (p > start && p < end && *p == ']') {
        return p + 1;
    }
    while (p < end && *p != ']' && *p != '*' && *p != '[' && *p != '.') { /* [name] */
        p++;
    }
    if (p == start || p >= end || *p != ']' || *start == '-') {
        return NULL;
    }
    out->name = g_strndup(start, (gsize)(p - start));
    return p + 1;
}

/* .name, or a name behind the $; behind it, or NULL. */
static const char *read_member(const char *p, const char *end, Step *out)
{
    const char *start = p + (*p == '.' ? 1 : 0);

    for (p = start; !is_name_end(p, end); p++) {
        if (*p == '*' || *p == '"' || *p == '\'' || *p == ' ' || *p == ']') {
            return NULL;
        }
    }
    if (p == start) {
        return NULL;
    }
    out->name = g_strndup(start, (gsize)(p - start));
    return p;
}

/* $.a.b[0]["c d"]; FALSE: no such path. */
static gboolean read_path(TgNativeText text, Path *out)
{
    const char *p = text.bytes;
    const char *end = p + text.size;

    out->count = 0;
    if (p == end || *p++ != '$') {
        return FALSE;
    }
    while (p < end) {
        Step *step = &out->steps[out->count];

        if (out->count == STEPS_MAX) {
            return FALSE;
        }
        *step = (Step){NULL, 0};
        out->count++;
        p = *p == '[' ? read_bracket(p + 1, end, step) : read_member(p, end, step);
        if (p == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- walking through valid JSON ------------------------------------------------------------- */

static const char *skip_blank(const char *p, const char *end)
{
    while (p < end && g_ascii_isspace(*p)) {
        p++;
    }
    return p;
}

static const char *skip_text(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++) {
        p += *p == '\\' ? 1 : 0;
    }
    return MIN(p + 1, end);
}

/* Behind a number, true, false or null. */
static const char *skip_word(const char *p, const char *end)
{
    while (p < end && strchr(",:]} \t\r\n", *p) == NULL) {
        p++;
    }
    return p;
}

/* Behind a value: its brackets are counted, as the whole text is known to be valid. */
static const char *skip_value(const char *p, const char *end)
{
    guint depth = 0;

    do {
        p = skip_blank(p, end);
        if (p >= end) {
            return end;
        }
        if (*p == '"') {
            p = skip_text(p, end);
        } else if (*p == '{' || *p == '[') {
            depth++;
            p++;
        } else if (*p == '}' || *p == ']') {
            depth--;
            p++;
        } else if (*p == ',' || *p == ':') {
            p++;
        } else {
            p = skip_word(p, end);
        }
    } while (depth > 0);
    return p;
}

/* Whether the JSON text at p, in quotes, is the name. */
static gboolean is_name(const char *p, const char *end, const char *name)
{
    gsize size = (gsize)(end - p) - 2;

    if (memchr(p, '\\', (gsize)(end - p)) == NULL) {
        return strlen(name) == size && memcmp(p + 1, name, size) == 0;
    }
    g_autofree char *text = g_strndup(p, (gsize)(end - p));
    json_t *parsed = json_loads(text, JSON_DECODE_ANY, NULL);
    gboolean is_it = parsed != NULL && strcmp(json_string_value(parsed), name) == 0;

    json_decref(parsed);
    return is_it;
}

/* The value of a member or item; NULL: none. */
static const char *take_step(const char *p, const char *end, const Step *step)
{
    gboolean is_object = *p == '{';
    const char *found = NULL;

    if ((is_object && step->name == NULL) || (!is_object && *p != '[') ||
        (!is_object && step->name != NULL)) {
        return NULL;
    }
    p = skip_blank(p + 1, end);
    for (gint64 place = 0; p < end && *p != '}' && *p != ']'; place++) {
        const char *value = p;

        if (is_object) {
            const char *behind = skip_text(p, end);

            value = skip_blank(skip_blank(behind, end) + 1, end);
            found = is_name(p, behind, step->name) ? value : found; /* the last of that name */
        } else if (place == step->place) {
            return value;
        }
        p = skip_blank(skip_value(value, end), end);
        p = p < end && *p == ',' ? skip_blank(p + 1, end) : p;
    }
    return found;
}

static gboolean pick(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    TgNativeText written = tg_native_text(call, 1);
    const char *end = text.bytes + text.size;
    const char *p = skip_blank(text.bytes, end);
    Path path;
    gboolean ok = read_path(written, &path);

    for (guint i = 0; ok && p != NULL && p < end && i < path.count; i++) {
        p = take_step(p, end, &path.steps[i]);
    }
    clear_path(&path);
    if (!ok) {
        return tg_native_fail(call, "Invalid JSON path: '%.*s'", (int)written.size, written.bytes);
    }
    return p == NULL || p >= end ? tg_native_return_null(call)
                                 : tg_native_return_text(call, p, (gsize)(skip_value(p, end) - p));
}

/* A text in quotes as Jackson writes it: no escape that need not be. */
static void append_text(GString *out, const char *p, const char *end)
{
    json_t *parsed = NULL;

    if (memchr(p, '\\', (gsize)(end - p)) != NULL) {
        g_autofree char *text = g_strndup(p, (gsize)(end - p));

        parsed = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    }
    if (parsed == NULL) {
        g_string_append_len(out, p, end - p);
        return;
    }
    char *written = json_dumps(parsed, JSON_ENCODE_ANY);

    g_string_append(out, written);
    free(written);
    json_decref(parsed);
}

/* Without blanks, numbers with a point or an exponent as Java shows a double. */
static gboolean compact(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    const char *end = text.bytes + text.size;

    for (const char *p = skip_blank(text.bytes, end); p < end; p = skip_blank(p, end)) {
        const char *start = p;

        if (*p == '"') {
            p = skip_text(p, end);
            append_text(call->scratch, start, p);
            continue;
        }
        if (strchr("{}[],:", *p) != NULL) {
            g_string_append_c(call->scratch, *p++);
            continue;
        }
        while (p < end && strchr(",:]} \t\r\n", *p) == NULL) {
            p++;
        }
        g_autofree char *word = g_strndup(start, (gsize)(p - start));

        if (g_ascii_isdigit(word[*word == '-' ? 1 : 0]) && strpbrk(word, ".eE") != NULL) {
            tg_engine_append_double(call->scratch, g_ascii_strtod(word, NULL), FALSE);
        } else {
            g_string_append(call->scratch, word);
        }
    }
    return tg_native_return_scratch(call);
}

const TgNative tg_natives_json[] = {
    {"tg_json_compact", "v", 'v', compact},
    {"tg_json_pick", "vv", 'v', pick},
    {NULL, NULL, 0, NULL},
};
