/* Which expressions can leave nothing behind for the next one. */
#pragma once

#include <glib.h>

/**
 * Whether an ES5 expression surely changes no global and no prototype, so that it may share a
 * JavaScript context with others: nothing is assigned, counted up or deleted, no name leads to a
 * constructor or a prototype, and brackets hold plain numbers only. FALSE says "not sure".
 */
gboolean tg_script_is_stateless(const char *expression);
