/* Finding, loading and asking an ADBC driver; what its errors mean. */
#include "loader/input/adbc_driver.h"

#include <dlfcn.h>
#include <string.h>

#include "base/redact.h"
#include "extension/search.h"

typedef TgAdbcStatus (*DriverInit)(int version, void *driver, TgAdbcError *error);

/* The file of a driver; NULL with an error when one was found that may not be used. */
static char *find_file(TgLoaderContext *context, const char *name, GError **error)
{
    g_autofree char *file = NULL;
    char *found = NULL;

    if (strchr(name, '/') != NULL) {
        return tg_loader_context_path(context, name);
    }
    file = g_strdup_printf("libadbc_driver_%s.so", name);
    if (!tg_extension_find_file(tg_loader_context_job(context), file, &found, error)) {
        return NULL;
    }
    return found == NULL ? g_steal_pointer(&file) : found; /* else where the system looks */
}

/* libadbc_driver_sqlite.so: AdbcDriverSqliteInit, as the driver manager of the project has it. */
static char *own_entrypoint(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    const char *at = g_str_has_prefix(base, "lib") ? base + 3 : base;
    GString *name = g_string_new(NULL);
    gboolean begins = TRUE;

    if (g_str_has_prefix(at, "adbc_driver_")) {
        g_string_append(name, "AdbcDriver");
        at += strlen("adbc_driver_");
    }
    for (; *at != '\0' && *at != '.'; at++) {
        if (*at == '_' || *at == '-') {
            begins = TRUE;
            continue;
        }
        g_string_append_c(name, begins ? g_ascii_toupper(*at) : *at);
        begins = FALSE;
    }
    g_string_append(name, "Init");
    return g_string_free(name, FALSE);
}

static DriverInit find_init(void *library, const char *path, const char *entrypoint)
{
    g_autofree char *own = own_entrypoint(path);
    const char *const names[] = {entrypoint, own, "AdbcDriverInit"};
    gsize count = entrypoint == NULL ? G_N_ELEMENTS(names) : 1;
    DriverInit init = NULL;

    for (gsize i = entrypoint == NULL ? 1 : 0; init == NULL && i < count; i++) {
        *(void **)&init = dlsym(library, names[i]);
    }
    return init;
}

/* Whether all is there that a query needs. */
static gboolean is_complete(const TgAdbcDriver *driver)
{
    return driver->database_new != NULL && driver->database_init != NULL &&
           driver->database_release != NULL && driver->connection_new != NULL &&
           driver->connection_init != NULL && driver->connection_release != NULL &&
           driver->statement_new != NULL && driver->statement_release != NULL &&
           driver->statement_set_sql_query != NULL && driver->statement_execute_query != NULL;
}

static gboolean call_init(DriverInit init, TgAdbcDriver *driver, GError **error)
{
    TgAdbcError said = {0};
    TgAdbcStatus status = init(TG_ADBC_VERSION, driver, &said);

    if (status != TG_ADBC_OK) {
        tg_adbc_set_error(error, NULL, "start the driver", status, &said);
        return FALSE;
    }
    if (!is_complete(driver)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the driver cannot run queries: take a complete one");
        return FALSE;
    }
    return TRUE;
}

gboolean tg_adbc_driver_load(TgLoaderContext *context, const char *name, const char *entrypoint,
                             TgAdbcDriver *driver, GError **error)
{
    g_autofree char *path = find_file(context, name, error);
    void *library = NULL;
    DriverInit init = NULL;

    if (path == NULL) {
        return FALSE;
    }
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "cannot load the driver: %s; give its path, or put it into a folder of "
                    "plug-ins (docs/loader-plugins.md)",
                    dlerror());
        return FALSE;
    }
    init = find_init(library, path, entrypoint);
    if (init == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is no ADBC driver: it has no function %s; name it with 'entrypoint'",
                    path, entrypoint == NULL ? "AdbcDriverInit" : entrypoint);
        return FALSE;
    }
    tg_loader_log(context, TG_LOADER_INFO, "ADBC driver: %s", path);
    return call_init(init, driver, error);
}

/* --- errors --- */

/* What a driver may say again of an option's value: all of a password, that of a URI. */
static void add_secret(TgRedactor *redactor, const char *key, const char *value)
{
    static const char *const words[] = {"password",   "passwd", "secret", "token",
                                        "credential", "auth",   "key"};
    g_autofree char *lower = g_ascii_strdown(key, -1);
    const char *at = strstr(value, "://");
    const char *end = at == NULL ? NULL : strchr(at, '@');
    const char *colon = at == NULL ? NULL : strchr(at + 3, ':');

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strstr(lower, words[i]) != NULL) {
            tg_redactor_add(redactor, value);
        }
    }
    if (end != NULL && colon != NULL && colon < end) {
        g_autofree char *password = g_strndup(colon + 1, (gsize)(end - colon - 1));

        tg_redactor_add(redactor, password);
    }
}

static void add_secrets(TgRedactor *redactor, const json_t *options)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)options, key, value) {
        if (json_is_string(value)) {
            add_secret(redactor, key, json_string_value(value));
        }
    }
}

static TgErrorCode code_of(TgAdbcStatus status)
{
    switch (status) {
    case TG_ADBC_NOT_FOUND:
        return TG_ERROR_NOT_FOUND;
    case TG_ADBC_IO:
    case TG_ADBC_TIMEOUT:
        return TG_ERROR_RETRY;
    case TG_ADBC_CANCELLED:
        return TG_ERROR_CANCELLED;
    case TG_ADBC_UNAUTHENTICATED:
    case TG_ADBC_UNAUTHORIZED:
        return TG_ERROR_DENIED;
    default:
        return TG_ERROR_CONFIG;
    }
}

void tg_adbc_set_error(GError **error, const json_t *config, const char *what, TgAdbcStatus status,
                       TgAdbcError *said)
{
    g_autoptr(TgRedactor) redactor = tg_redactor_new();
    g_autofree char *text = g_utf8_make_valid(said->message == NULL ? "" : said->message, -1);
    g_autofree char *shown = NULL;

    add_secrets(redactor, json_object_get(config, "options"));
    add_secrets(redactor, json_object_get(config, "connection_options"));
    add_secrets(redactor, json_object_get(config, "statement_options"));
    shown = tg_redactor_text(redactor, g_strstrip(text));
    g_set_error(error, TG_ERROR, code_of(status), "cannot %s: %s (ADBC status %u)", what,
                *shown == '\0' ? "the driver says no more" : shown, status);
    if (said->release != NULL) {
        said->release(said);
    }
}
