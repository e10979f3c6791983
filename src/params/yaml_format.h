/* Lays out a YAML text anew without touching what it says. */
#pragma once

#include <glib.h>

#include "params/yaml.h"

/**
 * The text with two blanks per level, one blank after `:` and `-`, at most one empty line in a row,
 * no blanks at the ends of lines and one newline at the end. Keys stay in order; quotes, comments
 * and flow collections stay as written; block scalars keep their content. Formatting twice changes
 * nothing more.
 *
 * The result is proved: it has the same characters but for blanks, and both texts parse to the same
 * value. Whatever fails that is refused.
 *
 * @include_folder as TgYamlOptions
 * @return the caller frees; NULL with TG_ERROR_CONFIG for a text that does not parse, or that
 *         cannot be laid out without a change
 */
char *tg_yaml_format(const TgSource *source, const char *include_folder, GError **error);
