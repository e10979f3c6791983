/* guess zstd: by its magic bytes. */
#include "loader/guess_magic.h"

static json_t *guess_zstd(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                          const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    return tg_guess_magic(config, sample, "\x28\xb5\x2f\xfd", 4, "zstd");
}

const TgGuessPlugin tg_guess_zstd = {
    .name = "zstd", .help = "The zstd decoder.", .is_standard = TRUE, .guess = guess_zstd};
