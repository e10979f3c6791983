/* Secrets in any bytes: the first line is one, the rest is shown, whole and in pieces, to the same
 * end. The same bytes as properties give pairs or an error. */
#include <stdint.h>
#include <string.h>

#include "base/redact.h"
#include "params/params.h"
#include "params/properties.h"

#define PIECE 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pieces(const char *secret, const char *text)
{
    g_autoptr(TgRedactor) redactor = tg_redactor_new();
    g_autoptr(TgRedactStream) stream = tg_redact_stream_new(redactor);
    g_autoptr(GString) shown = g_string_new(NULL);

    tg_redactor_add(redactor, secret);
    g_autofree char *whole = tg_redactor_text(redactor, text);

    for (size_t at = 0; at < strlen(text); at += PIECE) {
        tg_redact_stream_push(stream, text + at, MIN(PIECE, strlen(text) - at), shown);
    }
    tg_redact_stream_end(stream, shown);
    g_assert_cmpstr(shown->str, ==, whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) parts = g_strsplit(text, "\n", 2);
    g_autoptr(json_t) pairs = json_object();

    if (parts[0] != NULL && parts[1] != NULL && size < 4096) {
        check_pieces(parts[0], parts[1]);
    }
    (void)tg_properties_parse(pairs, text, "fuzz", NULL);
    return 0;
}
