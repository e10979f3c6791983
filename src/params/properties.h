/* Java's properties text: what ~/.config/digdag/config holds. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/**
 * Adds the pairs of a text to a flat object of strings; later ones win. Understands all of
 * java.util.Properties.load: comments (# !), `=`, `:` or space after the key, lines continued by a
 * backslash, \t \n \r \f \uXXXX. Other than Java, bytes are UTF-8.
 *
 * @name what errors call the text: a path
 * @return FALSE with CONFIG, which names the line, for a bad \u or bytes that are not UTF-8
 */
gboolean tg_properties_parse(json_t *into, const char *text, const char *name, GError **error);

/* The same for a file of at most 1 MiB. */
gboolean tg_properties_load(json_t *into, const char *path, GError **error);
