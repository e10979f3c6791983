/* Configs that name plug-ins this program does not have: an Embulk beside it may. */
#include <string.h>

#include "loader/context.h"

/* Whether a config block names a type that stands in neither list; the second may be NULL. */
static const char *missing_type(const json_t *block, const void *const *first,
                                const void *const *second)
{
    const char *type = json_string_value(json_object_get(block, "type"));

    if (type == NULL || tg_loader_has_type(block, first) ||
        (second != NULL && tg_loader_has_type(block, second))) {
        return NULL;
    }
    return type;
}

static const char *missing_in_list(const json_t *list, const void *const *plugins)
{
    json_t *block = NULL;
    size_t index = 0;

    json_array_foreach (list, index, block) {
        const char *type = missing_type(block, plugins, NULL);

        if (type != NULL) {
            return type;
        }
    }
    return NULL;
}

/* The first type that is not here; *out_role is where it stands. Lent. */
static const char *find_missing(const json_t *config, const TgLoaderPlugins *plugins,
                                const char **out_role)
{
    const json_t *in = json_object_get(config, "in");
    const json_t *out = json_object_get(config, "out");
    const struct {
        const char *role;
        const char *type;
    } found[] = {
        {"in", missing_type(in, (const void *const *)plugins->inputs,
                            (const void *const *)plugins->file_inputs)},
        {"in.decoders",
         missing_in_list(json_object_get(in, "decoders"), (const void *const *)plugins->decoders)},
        {"in.parser",
         missing_type(json_object_get(in, "parser"), (const void *const *)plugins->parsers, NULL)},
        {"filters", missing_in_list(json_object_get(config, "filters"),
                                    (const void *const *)plugins->filters)},
        {"out", missing_type(out, (const void *const *)plugins->outputs,
                             (const void *const *)plugins->file_outputs)},
        {"out.formatter", missing_type(json_object_get(out, "formatter"),
                                       (const void *const *)plugins->formatters, NULL)},
        {"out.encoders",
         missing_in_list(json_object_get(out, "encoders"), (const void *const *)plugins->encoders)},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(found); i++) {
        if (found[i].type != NULL) {
            *out_role = found[i].role;
            return found[i].type;
        }
    }
    return NULL;
}

char *tg_loader_describe_foreign(const TgLoaderJob *job)
{
    const char *types = json_string_value(json_object_get(job->config, "types"));
    const char *role = NULL;
    const char *type = NULL;

    if (types != NULL && strcmp(types, "exact") == 0) {
        return NULL; /* asked for in writing; an Embulk cannot keep it */
    }
    type = find_missing(job->config, job->plugins, &role);
    return type == NULL ? NULL
                        : g_strdup_printf("%s: there is no plug-in of type '%s' here", role, type);
}
