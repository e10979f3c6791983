/* dlopen, versions, and the callbacks of the host. */
#include "extension/object.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

const void *tg_extension_load(const char *path, const char *role, GError **error)
{
    g_autofree char *symbol = g_strconcat("tegaru_", role, NULL);
    const void *(*get)(void) = NULL;
    const guint32 *abi = NULL;
    /* what it defines reaches nobody else */
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "cannot load the plug-in: %s", dlerror());
        return NULL;
    }
    *(void **)&get = dlsym(library, symbol);
    abi = get == NULL ? NULL : get();
    if (abi == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is no plug-in for this role: it must export %s() of tegaru_plugin.h",
                    path, symbol);
        return NULL;
    }
    if (*abi != TEGARU_PLUGIN_ABI) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' was built for version %u of tegaru_plugin.h, and this program has "
                    "version %u: build it with the header of this program",
                    path, *abi, (guint)TEGARU_PLUGIN_ABI);
        return NULL;
    }
    return abi;
}

static void host_log(const struct TegaruHost *host, int level, const char *message)
{
    const TgExtensionHost *self = (const TgExtensionHost *)host;
    TgLoaderLevel levels[] = {TG_LOADER_DEBUG, TG_LOADER_INFO, TG_LOADER_WARN};
    g_autofree char *text = g_utf8_make_valid(message == NULL ? "" : message, -1);

    tg_loader_log(self->context, levels[CLAMP(level, 0, TEGARU_LOG_WARN)], "%s", text);
}

static int host_is_cancelled(const struct TegaruHost *host)
{
    return !tg_loader_check_cancelled(((const TgExtensionHost *)host)->context, NULL);
}

void tg_extension_host_init(TgExtensionHost *host, TgLoaderContext *context)
{
    const TgLoaderJob *job = tg_loader_context_job(context);

    host->context = context;
    host->folder = job->base_folder == NULL ? g_get_current_dir() : g_strdup(job->base_folder);
    host->host = (struct TegaruHost){.abi = TEGARU_PLUGIN_ABI,
                                     .exact_types = job->exact_types ? 1 : 0,
                                     .folder = host->folder,
                                     .log = host_log,
                                     .is_cancelled = host_is_cancelled};
}

void tg_extension_host_clear(TgExtensionHost *host)
{
    g_clear_pointer(&host->folder, g_free);
}

char *tg_extension_options(const json_t *config)
{
    return json_dumps(config, JSON_COMPACT);
}

void tg_extension_set_error(GError **error, int status, struct TegaruError *said)
{
    TgErrorCode code = status == ECANCELED                 ? TG_ERROR_CANCELLED
                       : status == EAGAIN || status == EIO ? TG_ERROR_RETRY
                                                           : TG_ERROR_CONFIG;

    said->message[sizeof said->message - 1] = '\0';
    g_autofree char *text = g_utf8_make_valid(said->message, -1);

    g_set_error(error, TG_ERROR, code, "%s",
                *text == '\0' ? "the plug-in failed without a word; its author must say why"
                              : text);
}
