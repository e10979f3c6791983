/* Digdag's ConfigUtil.java and Command.loadSystemProperties. */
#include "cli/config.h"

#include <string.h>

#include "params/params.h"
#include "params/properties.h"

static char *home_of(const char *variable, const char *name)
{
    const char *home = g_getenv(variable);

    return home != NULL && *home != '\0' ? g_canonicalize_filename(home, NULL)
                                         : g_build_filename(g_get_user_config_dir(), name, NULL);
}

static char *tegaru_home(void)
{
    return home_of("TEGARU_CONFIG_HOME", "tegaru");
}

static char *digdag_home(void)
{
    return home_of("DIGDAG_CONFIG_HOME", "digdag");
}

/* A file that need not be there. */
static gboolean load_default(json_t *into, const char *home, GError **error)
{
    g_autofree char *path = g_build_filename(home, "config", NULL);

    return !g_file_test(path, G_FILE_TEST_EXISTS) || tg_properties_load(into, path, error);
}

static gboolean load_defaults(json_t *into, GError **error)
{
    g_autofree char *digdag = digdag_home();
    g_autofree char *tegaru = tegaru_home();

    return load_default(into, digdag, error) && load_default(into, tegaru, error);
}

static gboolean set_pair(json_t *into, const char *pair, GError **error)
{
    const char *equals = strchr(pair, '=');

    if (equals == NULL || equals == pair) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "-X %s: a property is written as KEY=VALUE",
                    pair);
        return FALSE;
    }
    g_autofree char *key = g_strndup(pair, (gsize)(equals - pair));

    json_object_set_new(into, key, json_string(equals + 1));
    return TRUE;
}

json_t *tg_cli_config_load(const char *file, char *const *properties, GError **error)
{
    g_autoptr(json_t) config = json_object();
    const char *environment = g_getenv("DIGDAG_CONFIG");

    if (file == NULL && !load_defaults(config, error)) {
        return NULL;
    }
    if (environment != NULL && !tg_properties_parse(config, environment, "$DIGDAG_CONFIG", error)) {
        return NULL;
    }
    if (file != NULL && !tg_properties_load(config, file, error)) {
        return NULL;
    }
    for (guint i = 0; properties != NULL && properties[i] != NULL; i++) {
        if (!set_pair(config, properties[i], error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&config);
}

TgSecretFolder *tg_cli_secrets(void)
{
    g_autofree char *tegaru = tegaru_home();
    g_autofree char *digdag = digdag_home();
    const char *const homes[] = {tegaru, digdag, NULL};

    return tg_secret_folder_new(homes);
}
