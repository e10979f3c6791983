/* Configs that name plug-ins this program does not have: an Embulk beside it may. */
#include <string.h>

#include "loader/context.h"

/* A block of a config that names a plug-in. */
typedef struct {
    const char *role;     /* as messages have it */
    const char *external; /* as TgExternalPlugins.has_type; NULL: there are none of others */
    const json_t *block;  /* a map, or a list of them */
    const void *const *first;
    const void *const *second; /* NULL: the first list is all */
} Place;

/* The type of one block that stands nowhere; NULL: it does, or there is none. */
static const char *missing_type(const TgLoaderJob *job, const Place *place, const json_t *block)
{
    const char *type = json_string_value(json_object_get(block, "type"));

    if (type == NULL || tg_loader_has_type(block, place->first) ||
        (place->second != NULL && tg_loader_has_type(block, place->second)) ||
        (place->external != NULL &&
         tg_loader_is_external(job, place->external, block, place->first))) {
        return NULL;
    }
    return type;
}

static const char *missing_in_place(const TgLoaderJob *job, const Place *place)
{
    const char *type = missing_type(job, place, place->block);
    json_t *block = NULL;
    size_t index = 0;

    json_array_foreach (place->block, index, block) {
        type = type == NULL ? missing_type(job, place, block) : type;
    }
    return type;
}

#define LIST(name) ((const void *const *)job->plugins->name)

/* The first type that is not here; *out_role is where it stands. Lent. */
static const char *find_missing(const TgLoaderJob *job, const char **out_role)
{
    const json_t *in = json_object_get(job->config, "in");
    const json_t *out = json_object_get(job->config, "out");
    const Place places[] = {
        {"in", "input", in, LIST(inputs), LIST(file_inputs)},
        {"in.decoders", NULL, json_object_get(in, "decoders"), LIST(decoders), NULL},
        {"in.parser", NULL, json_object_get(in, "parser"), LIST(parsers), NULL},
        {"filters", "filter", json_object_get(job->config, "filters"), LIST(filters), NULL},
        {"out", "output", out, LIST(outputs), LIST(file_outputs)},
        {"out.formatter", NULL, json_object_get(out, "formatter"), LIST(formatters), NULL},
        {"out.encoders", NULL, json_object_get(out, "encoders"), LIST(encoders), NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        const char *type = missing_in_place(job, &places[i]);

        if (type != NULL) {
            *out_role = places[i].role;
            return type;
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
    type = find_missing(job, &role);
    return type == NULL ? NULL
                        : g_strdup_printf("%s: there is no plug-in of type '%s' here", role, type);
}
