/* guess gzip: by its magic bytes. */
#include <string.h>

#include "loader/plugin.h"

static json_t *guess_gzip(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                          const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    const json_t *given = json_object_get(config, "decoders");
    json_t *decoders = NULL;

    if (sample->size_bytes < 2 || memcmp(sample->bytes, "\x1f\x8b", 2) != 0) {
        return json_object();
    }
    decoders = given == NULL ? json_array() : json_deep_copy(given);
    json_array_append_new(decoders, json_pack("{s:s}", "type", "gzip"));
    return json_pack("{s:o}", "decoders", decoders);
}

const TgGuessPlugin tg_guess_gzip = {
    .name = "gzip", .help = "The gzip decoder.", .is_standard = TRUE, .guess = guess_gzip};
