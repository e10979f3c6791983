/* in of a type that is not here: a plug-in of somebody else. */
#include "loader/input/external.h"

static TgInput *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    const char *type = json_string_value(json_object_get(config, "type"));
    g_autoptr(TgExtension) found =
        tg_extension_find(tg_loader_context_job(context), "input", type, error);

    if (found == NULL) {
        return NULL;
    }
    return found->kind == TG_EXTENSION_OBJECT
               ? external_object_open(context, found->path, config, error)
               : external_program_open(context, found->path, config, error);
}

const TgInputPlugin tg_external_input = {
    .name = "external", .help = "A plug-in of somebody else.", .open = input_open};
