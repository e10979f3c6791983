/* guess excel: a zip archive that begins as workbooks do; the columns stand in the file. */
#include <string.h>

#include "loader/plugin.h"

#define HEAD_BYTES 30u /* of an archive's entry, before its name */
#define NAME_SIZE_AT 26u

/* The name of the first file in a zip archive is one that writers of workbooks begin with. */
static gboolean begins_as_office_file(const TgGuessSample *sample)
{
    static const char *const names[] = {"[Content_Types].xml", "_rels/.rels", "docProps/app.xml",
                                        "docProps/core.xml", "xl/"};
    const guint8 *bytes = sample->bytes;

    if (sample->size_bytes < HEAD_BYTES || memcmp(bytes, "PK\x03\x04", 4) != 0) {
        return FALSE;
    }
    gsize size = (gsize)bytes[NAME_SIZE_AT] | (gsize)bytes[NAME_SIZE_AT + 1] << 8u;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gsize length = strlen(names[i]);

        if (size >= length && HEAD_BYTES + length <= sample->size_bytes &&
            memcmp(bytes + HEAD_BYTES, names[i], length) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static json_t *guess_excel(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                           const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    /* documents and presentations begin alike, but have no such folder */
    if (json_object_get(json_object_get(config, "parser"), "type") != NULL ||
        !begins_as_office_file(sample) ||
        memmem(sample->bytes, sample->size_bytes, "xl/", 3) == NULL) {
        return json_object();
    }
    return json_pack("{s:{s:s}}", "parser", "type", "excel");
}

const TgGuessPlugin tg_guess_excel = {
    .name = "excel", .help = "The excel parser.", .is_exact = TRUE, .guess = guess_excel};
