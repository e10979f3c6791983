/* guess bzip2: by its magic bytes. */
#include <string.h>

#include "loader/plugin.h"

static json_t *guess_bzip2(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                           const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    const json_t *given = json_object_get(config, "decoders");
    json_t *decoders = NULL;

    if (sample->size_bytes < 10 || memcmp(sample->bytes, "BZh", 3) != 0 ||
        memcmp(sample->bytes + 4, "\x31\x41\x59\x26\x53\x59", 6) != 0) {
        return json_object();
    }
    decoders = given == NULL ? json_array() : json_deep_copy(given);
    json_array_append_new(decoders, json_pack("{s:s}", "type", "bzip2"));
    return json_pack("{s:o}", "decoders", decoders);
}

const TgGuessPlugin tg_guess_bzip2 = {
    .name = "bzip2", .help = "The bzip2 decoder.", .is_standard = TRUE, .guess = guess_bzip2};
