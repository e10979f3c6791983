/* guess zip: by its magic bytes. */
#include "loader/guess_magic.h"

static json_t *guess_zip(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                         const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    const char *parser =
        json_string_value(json_object_get(json_object_get(config, "parser"), "type"));

    if (parser != NULL && g_str_has_suffix(parser, "excel")) { /* it unpacks by itself */
        return json_object();
    }
    return tg_guess_magic(config, sample, "PK\x03\x04", 4, "zip");
}

const TgGuessPlugin tg_guess_zip = {
    .name = "zip", .help = "The zip decoder.", .is_standard = TRUE, .guess = guess_zip};
