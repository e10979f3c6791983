/* guess parquet: the parser, by the magic bytes; the columns stand in the file. */
#include <string.h>

#include "loader/plugin.h"

static json_t *guess_parquet(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                             const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    if (json_object_get(json_object_get(config, "parser"), "type") != NULL ||
        sample->size_bytes < 4 || memcmp(sample->bytes, "PAR1", 4) != 0) {
        return json_object();
    }
    return json_pack("{s:{s:s}}", "parser", "type", "parquet");
}

const TgGuessPlugin tg_guess_parquet = {
    .name = "parquet", .help = "The parquet parser.", .is_standard = TRUE, .guess = guess_parquet};
