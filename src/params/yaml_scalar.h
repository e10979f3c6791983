/* The type of a plain YAML scalar. */
#pragma once

#include "params/yaml.h"

/**
 * The value of a plain (unquoted) scalar. A new reference; never NULL. Integers beyond 64 bits
 * become reals, infinities and NaN the text that Jackson writes ("Infinity").
 */
json_t *tg_yaml_scalar_value(const char *text, gsize size_bytes, TgYamlFlavour flavour);
