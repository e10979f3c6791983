/* Places in JSON texts: a small JSONPath over compact text, without building trees. */
#pragma once

#include <glib.h>

#include "base/error.h"

#define TG_JSON_PATH_STEPS_MAX 64u

/* One step of a path: a member, an element, or any element. */
typedef struct {
    char *key;    /* NULL: an element */
    gint64 index; /* TG_JSON_PATH_ANY: all elements */
} TgJsonStep;
#define TG_JSON_PATH_ANY ((gint64)-1)

typedef struct {
    guint count;
    TgJsonStep *steps;
} TgJsonPath;

/**
 * "$.a.b", "$['a'].b[0]", "$.a[*]". Slices, filters, several names and ".." are CONFIG. "$" and
 * "$." name the value itself.
 */
TgJsonPath *tg_json_path_new(const char *text, GError **error);
void tg_json_path_free(TgJsonPath *path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgJsonPath, tg_json_path_free)

/* A piece of a JSON text; lent. */
typedef struct {
    const char *bytes; /* NULL: none */
    gsize size_bytes;
} TgJsonSlice;

/* A walk through the members or elements of a container. The text must be compact and valid, as
 * tg_json_text_append makes it. */
typedef struct {
    const char *at;
    gboolean is_object;
} TgJsonWalk;

/* FALSE: the value is no container. */
gboolean tg_json_walk_init(TgJsonWalk *walk, TgJsonSlice value);

/* The next member; FALSE behind the last. `out_key` (may be NULL) is its name as written, without
 * quotes; of an element, none. */
gboolean tg_json_walk_next(TgJsonWalk *walk, TgJsonSlice *out_key, TgJsonSlice *out_value);

/* Whether a name as written is that text. */
gboolean tg_json_key_equals(TgJsonSlice key, const char *text);

/* What a path without [*] names; of several members with one name, the last. */
TgJsonSlice tg_json_path_find(const TgJsonPath *path, TgJsonSlice value);

/* Several paths at a time, for tg_json_rewrite. */
#define TG_JSON_PATHS_MAX 64u
typedef struct {
    guint count;
    TgJsonPath *paths[TG_JSON_PATHS_MAX];
    /* Appends what stands in place of a value; NULL or why it cannot (lent). */
    const char *(*replace)(gpointer data, guint path, TgJsonSlice value, GString *out);
} TgJsonRewrite;

/* Adds a path; CONFIG when there are too many. */
gboolean tg_json_rewrite_add(TgJsonRewrite *rewrite, const char *path, GError **error);
void tg_json_rewrite_clear(TgJsonRewrite *rewrite);

/* Appends a compact JSON text in which all that the paths name is replaced. An index is tried
 * before
 * [*]. NULL, or what replace() said. */
const char *tg_json_rewrite(const TgJsonRewrite *rewrite, TgJsonSlice value, gpointer data,
                            GString *out);

/* The name of the column that a path begins with: "payload" of "$.payload.key1"; NULL for texts
 * that are no path. The caller frees. */
char *tg_json_path_split(const char *text, char **out_rest);

/* Appends the characters of a JSON string (a slice with its quotes). */
void tg_json_string_append(GString *out, TgJsonSlice string);

/* Appends a text as a JSON string with its quotes. */
void tg_json_quote_append(GString *out, const char *text, gsize size_bytes);
