/* Liquid templates of any text. */
#include <stdint.h>
#include <string.h>

#include "loader/liquid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    json_t *variables = json_pack("{s:{s:s}}", "env", "A", "b,c d");
    TgLiquidOptions options = {.variables = variables};
    TgSource source = {.name = "fuzz", .text = text, .size_bytes = strlen(text)};
    g_autoptr(GError) error = NULL;
    g_autofree char *out = tg_liquid_render(&source, &options, &error);

    g_assert((out == NULL) == (error != NULL));
    json_decref(variables);
    return 0;
}
