/* Configs as templates: what they see is the environment, as Embulk's do. */
#include "loader/liquid.h"
#include "params/params.h"

static json_t *environment(void)
{
    g_auto(GStrv) names = g_listenv();
    json_t *env = json_object();

    for (char **name = names; *name != NULL; name++) {
        json_t *value = json_string(g_getenv(*name));

        if (value != NULL) { /* one that is no UTF-8 is left out */
            json_object_set_new(env, *name, value);
        }
    }
    return json_pack("{s:o}", "env", env);
}

char *tg_liquid_render_config(const TgSource *source, const char *path, gint64 now_ms,
                              GError **error)
{
    g_autoptr(json_t) variables = environment();
    g_autofree char *folder = g_path_get_dirname(path);
    const TgLiquidOptions options = {
        .variables = variables, .now_ms = now_ms, .include_folder = folder};

    return tg_liquid_render(source, &options, error);
}
