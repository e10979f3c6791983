/* guess json: the sample is a row of JSON objects (embulk-guess-json). */
#include <string.h>

#include "loader/json_text.h"
#include "loader/plugin.h"
#include "loader/sample_text.h"

/* Whether the bytes are objects and nothing else; the last may be cut off. */
static gboolean are_objects(const char *text, gsize size, gboolean is_whole)
{
    const char *at = text;
    const char *end = text + size;
    guint objects = 0;
    g_autoptr(GString) out = g_string_new(NULL);

    while (at < end) {
        gsize used = 0;

        while (at < end && g_ascii_isspace(*at)) {
            at++;
        }
        if (at == end) {
            break;
        }
        if (*at != '{') {
            return FALSE;
        }
        g_string_truncate(out, 0);
        if (tg_json_text_append(out, at, (gsize)(end - at), TG_JSON_KEEP_NUMBERS, &used) != NULL) {
            return objects > 0 && !is_whole;
        }
        at += used;
        objects++;
    }
    return objects > 0;
}

static json_t *guess_json(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                          const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    const json_t *parser = json_object_get(config, "parser");

    if (json_object_get(parser, "type") != NULL ||
        !are_objects((const char *)sample->bytes, sample->size_bytes, sample->is_whole)) {
        return json_object();
    }
    return json_pack("{s:{s:s, s:s, s:s}}", "parser", "type", "json", "charset", "UTF-8", "newline",
                     tg_sample_newline(sample->bytes, sample->size_bytes));
}

const TgGuessPlugin tg_guess_json = {
    .name = "json", .help = "JSON objects.", .is_standard = TRUE, .guess = guess_json};
