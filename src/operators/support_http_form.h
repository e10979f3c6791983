/* Pairs as the query of a URL or a form has them. */
#pragma once

#include <glib.h>

/* Appends "name=value", behind a '&' when there is something before; both encoded as Java's
 * URLEncoder does. */
void tg_operator_form_append(GString *text, const char *name, const char *value);
