/* `${…}` templates: JavaScript as Digdag 0.10 evaluates it, bounded in time and memory. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

#define TG_SCRIPT_CPU_MS_MAX 80                            /* of one evaluation */
#define TG_SCRIPT_HEAP_BYTES_MAX ((gsize)16 * 1024 * 1024) /* of one evaluation */
#define TG_SCRIPT_TEXT_MAX ((gsize)4 * 1024 * 1024)        /* bytes of one template */

/**
 * One evaluation: a JavaScript heap of its own with `moment` and no I/O, made when the first
 * expression needs it. Nothing is left of it for the next one. Used by one thread.
 */
typedef struct TgScript TgScript;

/* @zone the local time zone of Date and moment; a reference is kept */
TgScript *tg_script_new(GTimeZone *zone);
void tg_script_free(TgScript *script);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgScript, tg_script_free)

/**
 * Fills in the `${…}` of one text. Rules (Digdag's digdag.js): braces are balanced by counting,
 * `${name:` is left alone, `$$` in the text around is `$`, null and undefined give nothing, strings
 * themselves, all else JSON. ECMAScript 5: what Digdag's engine rejects is rejected.
 *
 * @scope the variables: the members of this object
 * @return the caller frees; NULL with TG_ERROR_CONFIG "Failed to evaluate a variable TEXT (WHY)"
 */
char *tg_script_fill(TgScript *script, const char *text, const json_t *scope, GError **error);

/**
 * Fills in all strings of a task's configuration, in the order of its keys; a value sees the
 * already filled ones before it in the same map. `_do` and `_else_do` stay as they are.
 * Digdag's ConfigEvalEngine.java.
 *
 * @return a new reference
 */
json_t *tg_script_fill_params(TgScript *script, const json_t *config, const json_t *scope,
                              GError **error);
