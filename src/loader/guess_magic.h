/* Decoders that are guessed by the first bytes of the input. */
#pragma once

#include <string.h>

#include "loader/plugin.h"

/* The decoders of the config with one more, when the sample begins with the bytes; else an empty
 * map. A new reference. */
static inline json_t *tg_guess_magic(const json_t *config, const TgGuessSample *sample,
                                     const char *magic, gsize magic_bytes, const char *type)
{
    const json_t *given = json_object_get(config, "decoders");
    json_t *decoders = NULL;

    if (sample->size_bytes < magic_bytes || memcmp(sample->bytes, magic, magic_bytes) != 0) {
        return json_object();
    }
    decoders = given == NULL ? json_array() : json_deep_copy(given);
    json_array_append_new(decoders, json_pack("{s:s}", "type", type));
    return json_pack("{s:o}", "decoders", decoders);
}
