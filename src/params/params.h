/* Reading and merging ordered JSON objects, with the conversions of Digdag's Config class. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* Each getter fails with TG_ERROR_CONFIG naming the key and what it found. NULL values count as
 * missing. Numbers and booleans are accepted as text and the other way round, as Jackson does. */

/* The text of a required key. The caller frees. */
char *tg_params_dup_text(const json_t *params, const char *key, GError **error);

/* The text of a key, or a copy of `fallback` (may be NULL, then NULL without an error). */
gboolean tg_params_dup_text_or(const json_t *params, const char *key, const char *fallback,
                               char **out, GError **error);

/* An integer; *out gets `fallback` when the key is missing. */
gboolean tg_params_get_int64(const json_t *params, const char *key, gint64 fallback, gint64 *out,
                             GError **error);

/* Whether an integer that was read is from `min` to `max`, both included; CONFIG names the key. */
gboolean tg_params_check_range(const char *key, gint64 value, gint64 min, gint64 max,
                               GError **error);

/* A boolean ("true"/"false" as text, too); *out gets `fallback` when the key is missing. */
gboolean tg_params_get_boolean(const json_t *params, const char *key, gboolean fallback,
                               gboolean *out, GError **error);

/* Whether the key is there and not null. */
gboolean tg_params_has(const json_t *params, const char *key);

/**
 * A required map, given as such or as JSON text (what a template makes of one). A new reference.
 * Digdag's parseNested.
 */
json_t *tg_params_parse_map(const json_t *params, const char *key, GError **error);

/* A required list, given as such or as JSON text. A new reference. */
json_t *tg_params_parse_list(const json_t *params, const char *key, GError **error);

/* The map below a key, or an empty one; anything else is an error. A new reference. */
json_t *tg_params_get_map_or_empty(const json_t *params, const char *key, GError **error);

/* Merges deep: maps key by key, all else replaces. Digdag's Config.merge. Only `into` itself is
 * changed: values below it are shared with `from` and are never changed in place. */
void tg_params_merge(json_t *into, const json_t *from);

/* A text for a value: strings as they are, others as tg_params_to_json. The caller frees. */
char *tg_params_to_text(const json_t *value);

/* Compact JSON of a value, numbers as Java prints them (1.0E10), which is what Digdag hands to
 * commands and files. The caller frees. */
char *tg_params_to_json(const json_t *value);

/* What a JSON pointer (RFC 6901) names: "/a/0/b"; "" is the value itself. NULL when nothing is
 * there; lent. */
const json_t *tg_params_find_pointer(const json_t *value, const char *pointer);
