/* Finds and opens the state of a project. */
#include "cli/state.h"

#include <string.h>

#define STATE_NAME ".tegaru"

static gboolean is_project(const char *folder)
{
    g_autofree char *state = g_build_filename(folder, STATE_NAME, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name = NULL;

    if (g_file_test(state, G_FILE_TEST_IS_DIR)) {
        return TRUE;
    }
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, ".dig")) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *find_project(void)
{
    g_autofree char *current = g_get_current_dir();
    g_autofree char *folder = g_strdup(current);

    while (!is_project(folder)) {
        char *above = g_path_get_dirname(folder);

        if (strcmp(above, folder) == 0) {
            g_free(above);
            return g_steal_pointer(&current);
        }
        g_free(folder);
        folder = above;
    }
    return g_steal_pointer(&folder);
}

TgCliState *tg_cli_state_new(const char *folder)
{
    TgCliState *state = g_new0(TgCliState, 1);
    const char *named = g_getenv("TEGARU_STATE");

    state->project_folder = folder == NULL ? find_project() : g_canonicalize_filename(folder, NULL);
    state->folder = named != NULL && *named != '\0'
                        ? g_canonicalize_filename(named, NULL)
                        : g_build_filename(state->project_folder, STATE_NAME, NULL);
    g_mutex_init(&state->mutex);
    return state;
}

void tg_cli_state_free(TgCliState *state)
{
    if (state == NULL) {
        return;
    }
    tg_catalog_free(state->catalog);
    tg_object_store_free(state->objects);
    g_mutex_clear(&state->mutex);
    g_free(state->project_folder);
    g_free(state->folder);
    g_free(state);
}

TgCatalog *tg_cli_state_catalog(TgCliState *state, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&state->mutex);
    g_autofree char *path = g_build_filename(state->folder, "catalog.sqlite", NULL);

    (void)locker;
    if (state->catalog == NULL) {
        state->catalog = tg_catalog_open(path, error);
    }
    return state->catalog;
}

TgObjectStore *tg_cli_state_objects(TgCliState *state)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&state->mutex);
    g_autofree char *folder = g_build_filename(state->folder, "objects", NULL);

    (void)locker;
    if (state->objects == NULL) {
        state->objects = tg_object_store_new_folder(folder);
    }
    return state->objects;
}
