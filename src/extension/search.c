/* Where plug-ins of others are looked for, and which files are taken. */
#include "extension/search.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES_MAX 100u

/* A type becomes part of a file's name: no way leads out of the folder. */
static gboolean is_plain_name(const char *type)
{
    for (const char *c = type; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr("._-", *c) == NULL) {
            return FALSE;
        }
    }
    return *type != '\0' && *type != '.' && strlen(type) <= NAME_BYTES_MAX;
}

static void add_project(const TgLoaderJob *job, GPtrArray *folders)
{
    g_autofree char *here = g_get_current_dir();
    const char *project = job->project_folder == NULL ? here : job->project_folder;

    if (g_getenv(TG_EXTENSION_NO_PROJECT) == NULL) {
        g_ptr_array_add(folders, g_build_filename(project, "plugins", NULL));
        g_ptr_array_add(folders, g_build_filename(project, ".tegaru", "plugins", NULL));
    }
}

/* The folders in order. Relative parts are left out: they would mean another folder each time. */
static GPtrArray *list_folders(const TgLoaderJob *job)
{
    GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
    const char *path = g_getenv(TG_EXTENSION_PATH);
    g_auto(GStrv) parts = g_strsplit(path == NULL ? "" : path, ":", -1);

    for (char **part = parts; *part != NULL; part++) {
        if (g_path_is_absolute(*part)) {
            g_ptr_array_add(folders, g_strdup(*part));
        }
    }
    add_project(job, folders);
    g_ptr_array_add(folders, g_build_filename(g_get_user_config_dir(), "tegaru", "plugins", NULL));
    return folders;
}

static TgExtension *try_file(const char *folder, const char *name, TgExtensionKind kind)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        access(path, kind == TG_EXTENSION_PROGRAM ? X_OK : R_OK) != 0) {
        return NULL;
    }
    TgExtension *found = g_new0(TgExtension, 1);

    found->kind = kind;
    found->path = g_steal_pointer(&path);
    return found;
}

static TgExtension *look_for(const TgLoaderJob *job, const char *role, const char *type)
{
    g_autoptr(GPtrArray) folders = list_folders(job);
    g_autofree char *object = g_strdup_printf("tegaru_%s_%s.so", role, type);
    g_autofree char *program = g_strdup_printf("tegaru-%s-%s", role, type);
    TgExtension *found = NULL;
    gboolean has_programs = strcmp(role, "input") == 0;

    if (!is_plain_name(type)) {
        return NULL;
    }
    for (guint i = 0; found == NULL && i < folders->len; i++) {
        found = try_file(g_ptr_array_index(folders, i), object, TG_EXTENSION_OBJECT);
        if (found == NULL && has_programs) {
            found = try_file(g_ptr_array_index(folders, i), program, TG_EXTENSION_PROGRAM);
        }
    }
    if (found == NULL && has_programs) {
        g_autofree char *path = g_find_program_in_path(program);

        found = path == NULL || !g_path_is_absolute(path)
                    ? NULL
                    : try_file("/", path, TG_EXTENSION_PROGRAM);
    }
    return found;
}

/* Whether anybody may write there; a sticky folder lets each change his own files alone. */
static gboolean is_open_to_all(const char *path)
{
    struct stat status = {0};

    return stat(path, &status) == 0 && (status.st_mode & S_IWOTH) != 0 &&
           (status.st_mode & S_ISVTX) == 0;
}

static gboolean check_file(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    if (is_open_to_all(path) || is_open_to_all(folder)) {
        g_set_error(error, TG_ERROR, TG_ERROR_DENIED,
                    "'%s' is not used, for anybody may change it: run 'chmod o-w' on it and on its "
                    "folder",
                    path);
        return FALSE;
    }
    return TRUE;
}

TgExtension *tg_extension_find(const TgLoaderJob *job, const char *role, const char *type,
                               GError **error)
{
    g_autoptr(TgExtension) found = look_for(job, role, type);

    if (found == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "there is no tegaru_%s_%s.so in " TG_EXTENSION_PATH ", the project's plugins "
                    "or the user's",
                    role, type);
        return NULL;
    }
    return check_file(found->path, error) ? g_steal_pointer(&found) : NULL;
}

gboolean tg_extension_find_file(const TgLoaderJob *job, const char *name, char **out,
                                GError **error)
{
    g_autoptr(GPtrArray) folders = list_folders(job);
    g_autoptr(TgExtension) found = NULL;

    *out = NULL;
    for (guint i = 0; is_plain_name(name) && found == NULL && i < folders->len; i++) {
        found = try_file(g_ptr_array_index(folders, i), name, TG_EXTENSION_OBJECT);
    }
    if (found == NULL) {
        return TRUE;
    }
    if (!check_file(found->path, error)) {
        return FALSE;
    }
    *out = g_steal_pointer(&found->path);
    return TRUE;
}

void tg_extension_free(TgExtension *extension)
{
    if (extension != NULL) {
        g_free(extension->path);
        g_free(extension);
    }
}

/* "tegaru_input_mine.so" and "tegaru-input-mine" as role and type; FALSE: no plug-in's name. */
static gboolean parse_name(const char *file, char **out_role, char **out_type)
{
    static const char *const roles[] = {"input", "filter", "output"};

    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        g_autofree char *object = g_strdup_printf("tegaru_%s_", roles[i]);
        g_autofree char *program = g_strdup_printf("tegaru-%s-", roles[i]);
        gboolean is_object = g_str_has_prefix(file, object) && g_str_has_suffix(file, ".so");
        gboolean is_program = i == 0 && g_str_has_prefix(file, program);

        if (is_object || is_program) {
            gsize begin = strlen(object); /* the other is as long */
            gsize end = is_object ? strlen(".so") : 0;

            *out_role = g_strdup(roles[i]);
            *out_type = g_strndup(file + begin, strlen(file) - begin - end);
            return is_plain_name(*out_type);
        }
    }
    return FALSE;
}

static void list_folder(const char *folder, TgExtensionSeen seen, gpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL); /* one that is not there holds nothing */
    const char *file = NULL;

    while (dir != NULL && (file = g_dir_read_name(dir)) != NULL) {
        g_autofree char *role = NULL;
        g_autofree char *type = NULL;
        g_autofree char *path = g_build_filename(folder, file, NULL);

        if (parse_name(file, &role, &type)) {
            seen(data, role, type, path);
        }
    }
}

void tg_extension_list(const TgLoaderJob *job, TgExtensionSeen seen, gpointer data)
{
    g_autoptr(GPtrArray) folders = list_folders(job);

    for (guint i = 0; i < folders->len; i++) {
        list_folder(g_ptr_array_index(folders, i), seen, data);
    }
}

gboolean tg_extension_exists(const TgLoaderJob *job, const char *role, const char *type)
{
    g_autoptr(TgExtension) found = look_for(job, role, type);

    return found != NULL;
}
