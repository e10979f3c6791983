/* QuickJS with Digdag's globals, in one heap that is thrown away. */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct TgJs TgJs;

/* @zone lent; must live as long as the engine. Its local time is the script's local time. */
TgJs *tg_js_new(GTimeZone *zone);
void tg_js_free(TgJs *js);

/**
 * The engine that the expressions of this thread share, for those that leave nothing behind
 * (script/stateless.h): setting up one takes some 0.3 ms. Lent until the thread's next call.
 */
TgJs *tg_js_shared(GTimeZone *zone);

/**
 * Calls `function () { <body> }` with the value of scope_json as `this`.
 *
 * @return the text of the result; the caller frees. NULL with TG_ERROR_CONFIG whose message is
 *         JavaScript's own ("ReferenceError: x is not defined")
 */
char *tg_js_call(TgJs *js, const char *body, const char *scope_json, GError **error);
