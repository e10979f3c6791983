/* Finds and opens libduckdb.so once. */
#include "engine/duckdb_api.h"

#include <dlfcn.h>

#define DUCKDB_VERSION_EXPECTED "v1.5.5"

/* Binding its 100,000 symbols when they are first called, and looking for them in the library
 * itself first, takes 18 ms instead of 45. The address sanitizer must see all calls of malloc. */
#ifdef __SANITIZE_ADDRESS__
#define OPEN_FLAGS (RTLD_LAZY | RTLD_LOCAL)
#else
#define OPEN_FLAGS (RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND)
#endif

static TgDuckdbApi api;

static char *find_library(void)
{
    const char *named = g_getenv("TEGARU_DUCKDB");
    g_autofree char *executable = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(executable == NULL ? "." : executable);
    char *beside = NULL;

    if (named != NULL && *named != '\0') {
        return g_strdup(named);
    }
    beside = g_build_filename(folder, "libduckdb.so", NULL);
    if (g_file_test(beside, G_FILE_TEST_EXISTS)) {
        return beside;
    }
    g_free(beside);
    return g_build_filename(folder, "..", "lib", "tegaru", "libduckdb.so", NULL);
}

static gboolean resolve(void *library, const char *name, void *into, GError **error)
{
    void *symbol = dlsym(library, name);

    if (symbol == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "the DuckDB library lacks %s: it is of another version than " //
                    DUCKDB_VERSION_EXPECTED "; run 'make deps' or unset TEGARU_DUCKDB",
                    name);
        return FALSE;
    }
    *(void **)into = symbol;
    return TRUE;
}

static gboolean load(GError **error)
{
    g_autofree char *path = find_library();
    void *library = dlopen(path, OPEN_FLAGS);

    if (library == NULL) {
        g_set_error(
            error, TG_ERROR, TG_ERROR_NOT_FOUND,
            "cannot load the DuckDB library '%s': %s; reinstall Tegaru, or name the file " //
            "in TEGARU_DUCKDB",
            path, dlerror());
        return FALSE;
    }
#define TG_DUCKDB_RESOLVE(name)                                                                    \
    if (!resolve(library, #name, &api.name, error)) {                                              \
        return FALSE;                                                                              \
    }
    TG_DUCKDB_FUNCTIONS(TG_DUCKDB_RESOLVE)
#undef TG_DUCKDB_RESOLVE
    if (!g_str_equal(api.duckdb_library_version(), DUCKDB_VERSION_EXPECTED)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "'%s' is DuckDB %s, but this program was made for " DUCKDB_VERSION_EXPECTED,
                    path, api.duckdb_library_version());
        return FALSE;
    }
    return TRUE;
}

const TgDuckdbApi *tg_duckdb_api_get(GError **error)
{
    static GMutex mutex;
    static gboolean loaded;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    (void)locker;
    if (!loaded) {
        loaded = load(error);
    }
    return loaded ? &api : NULL;
}
