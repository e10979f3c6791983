/* guess gzip: by its magic bytes. */
#include "loader/guess_magic.h"

static json_t *guess_gzip(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                          const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    return tg_guess_magic(config, sample, "\x1f\x8b", 2, "gzip");
}

const TgGuessPlugin tg_guess_gzip = {
    .name = "gzip", .help = "The gzip decoder.", .is_standard = TRUE, .guess = guess_gzip};
