/* guess bzip2: by its magic bytes. */
#include "loader/guess_magic.h"

static json_t *guess_bzip2(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                           const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    if (sample->size_bytes < 10 || memcmp(sample->bytes + 4, "\x31\x41\x59\x26\x53\x59", 6) != 0) {
        return json_object();
    }
    return tg_guess_magic(config, sample, "BZh", 3, "bzip2");
}

const TgGuessPlugin tg_guess_bzip2 = {
    .name = "bzip2", .help = "The bzip2 decoder.", .is_standard = TRUE, .guess = guess_bzip2};
