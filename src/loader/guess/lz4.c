/* guess lz4: by its magic bytes. */
#include "loader/guess_magic.h"

static json_t *guess_lz4(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                         const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    return tg_guess_magic(config, sample, "\x04\x22\x4d\x18", 4, "lz4");
}

const TgGuessPlugin tg_guess_lz4 = {
    .name = "lz4", .help = "The lz4 decoder.", .is_standard = TRUE, .guess = guess_lz4};
