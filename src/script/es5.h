/* Refuses what an ECMAScript 5 engine does not parse. */
#pragma once

#include <glib.h>

/**
 * The first piece of newer syntax in a script (`=>`, a template literal, `let`, `const`, `class`,
 * `**`, `?.`, `??`, `...`, async, await, for-of …), or NULL. QuickJS would accept it, Digdag's
 * engine in ES5 mode does not (cases t10, t11). Static text.
 */
const char *tg_es5_find_newer(const char *script);
