/* Values as YAML, in the style of Digdag's state files. */
#pragma once

#include <glib.h>
#include <jansson.h>

/* Block style, texts always quoted, keys plain where that is safe; ends with a newline. The caller
 * frees. */
char *tg_yaml_write(const json_t *value);
