/* Workflow and load files: any bytes give a value or an error, in both flavours. */
#include <stdint.h>
#include <string.h>

#include "params/yaml.h"
#include "params/yaml_format.h"
#include "workflow/graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const uint8_t *data, size_t size, TgYamlFlavour flavour)
{
    TgSource source = {.name = "fuzz.dig", .text = (const char *)data, .size_bytes = size};
    TgYamlOptions options = {.flavour = flavour};
    g_autoptr(TgYaml) yaml = tg_yaml_parse(&source, &options, NULL);

    if (yaml != NULL && flavour == TG_YAML_DIGDAG) {
        tg_graph_free(tg_graph_compile("", "+fuzz", tg_yaml_root(yaml), NULL, NULL));
    }
}

/* The formatter proves its own result; what it gives must stay as it is. */
static void format(const uint8_t *data, size_t size)
{
    TgSource source = {.name = "fuzz.dig", .text = (const char *)data, .size_bytes = size};
    g_autofree char *once = tg_yaml_format(&source, NULL, NULL);

    if (once != NULL) {
        TgSource formatted = {.name = "fuzz.dig", .text = once, .size_bytes = strlen(once)};
        g_autofree char *twice = tg_yaml_format(&formatted, NULL, NULL);

        g_assert_cmpstr(once, ==, twice);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    format(data, size);
    parse(data, size, TG_YAML_DIGDAG);
    parse(data, size, TG_YAML_EMBULK);
    return 0;
}
