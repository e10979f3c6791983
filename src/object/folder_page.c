/* Pages of a listing: a walk in the order of the keys that stops when the page is full. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "object/folder.h"

#define DEPTH_MAX 64

typedef struct {
    const TgFolderPage *page;
    GPtrArray *entries;
    gboolean is_full;  /* and one more was seen */
    gboolean only_one; /* ends with the first object: is there any? */
} Walk;

typedef struct {
    char *name; /* of a folder with '/' behind, which is how keys sort */
    gboolean is_folder;
} Name;

static void free_name(gpointer data)
{
    g_free(((Name *)data)->name);
    g_free(data);
}

static void free_entry(gpointer data)
{
    TgFolderEntry *entry = data;

    tg_object_info_free(entry->object);
    g_free(entry->folder);
    g_free(entry);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Name *const *)a)->name, (*(const Name *const *)b)->name);
}

static gboolean is_folder(const char *path, const struct dirent *one, gboolean *out_is_file)
{
    g_autofree char *full = g_build_filename(path, one->d_name, NULL);
    struct stat status;

    if (one->d_type != DT_UNKNOWN) {
        *out_is_file = one->d_type == DT_REG;
        return one->d_type == DT_DIR;
    }
    if (lstat(full, &status) != 0) {
        *out_is_file = FALSE;
        return FALSE;
    }
    *out_is_file = S_ISREG(status.st_mode);
    return S_ISDIR(status.st_mode);
}

/* What can be keys; links and other things are not. */
static GPtrArray *read_names(const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(free_name);
    DIR *folder = opendir(path);
    const struct dirent *one = NULL;

    if (folder == NULL && (errno == ENOENT || errno == ENOTDIR)) {
        return g_steal_pointer(&names);
    }
    if (folder == NULL) {
        tg_error_set_file(error, errno, "read", path);
        return NULL;
    }
    while ((one = readdir(folder)) != NULL) {
        gboolean is_file = FALSE;
        gboolean is_dir = is_folder(path, one, &is_file);

        if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0 ||
            (!is_dir && !is_file) || !g_utf8_validate(one->d_name, -1, NULL)) {
            continue;
        }
        Name *name = g_new0(Name, 1);

        name->name = g_strconcat(one->d_name, is_dir ? "/" : NULL, NULL);
        name->is_folder = is_dir;
        g_ptr_array_add(names, name);
    }
    (void)closedir(folder); /* it was only read */
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

/* Whether nothing below a folder can be behind `after`. */
static gboolean is_passed(const TgFolderPage *page, const char *key, gboolean is_dir)
{
    if (page->after == NULL) {
        return FALSE;
    }
    if (!is_dir) {
        return strcmp(key, page->after) <= 0 ||
               (page->after_folder && g_str_has_prefix(key, page->after));
    }
    if (page->after_folder && g_str_has_prefix(key, page->after)) {
        return TRUE;
    }
    return strcmp(key, page->after) < 0 && !g_str_has_prefix(page->after, key);
}

static void add(Walk *walk, TgObjectInfo *take_object, const char *folder)
{
    TgFolderEntry *entry = g_new0(TgFolderEntry, 1);

    entry->object = take_object;
    entry->folder = g_strdup(folder);
    g_ptr_array_add(walk->entries, entry);
}

static gboolean walk_folder(Walk *walk, const char *path, const char *key, guint depth,
                            GError **error);

/* Whether there is an object in it. */
static gboolean holds_any(const TgFolderPage *page, const char *path, const char *key,
                          gboolean *out, GError **error)
{
    const TgFolderPage one = {
        .folder = page->folder, .bucket = page->bucket, .prefix = "", .max = 1};
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(free_entry);
    Walk walk = {.page = &one, .entries = entries, .only_one = TRUE};

    if (!walk_folder(&walk, path, key, 1, error)) {
        return FALSE;
    }
    *out = entries->len > 0;
    return TRUE;
}

static gboolean show_folder(Walk *walk, const char *path, const char *key, GError **error)
{
    gboolean has_any = FALSE;

    if (!holds_any(walk->page, path, key, &has_any, error)) {
        return FALSE;
    }
    if (has_any && walk->entries->len >= walk->page->max) {
        walk->is_full = TRUE;
    } else if (has_any) {
        add(walk, NULL, key);
    }
    return TRUE;
}

static void show_file(Walk *walk, const char *path, const char *key)
{
    g_autofree char *url = g_strdup_printf("s3://%s/%s", walk->page->bucket, key);
    struct stat status;

    if (lstat(path, &status) != 0) {
        return; /* removed meanwhile */
    }
    if (walk->entries->len >= walk->page->max) {
        walk->is_full = TRUE;
        return;
    }
    add(walk, tg_folder_info_new(url, &status), NULL);
}

static gboolean walk_name(Walk *walk, const char *path, const char *key, const Name *name,
                          guint depth, GError **error)
{
    const char *prefix = walk->page->prefix;
    g_autofree char *below = g_strconcat(key, name->name, NULL);
    g_autofree char *full = g_build_filename(path, name->name, NULL);

    if (is_passed(walk->page, below, name->is_folder)) {
        return TRUE;
    }
    if (!name->is_folder) {
        if (g_str_has_prefix(below, prefix)) {
            show_file(walk, full, below);
        }
        return TRUE;
    }
    if (!g_str_has_prefix(below, prefix) && !g_str_has_prefix(prefix, below)) {
        return TRUE;
    }
    if (walk->page->with_folders && g_str_has_prefix(below, prefix) &&
        strlen(below) > strlen(prefix)) {
        return show_folder(walk, full, below, error);
    }
    return walk_folder(walk, full, below, depth + 1, error);
}

static gboolean walk_folder(Walk *walk, const char *path, const char *key, guint depth,
                            GError **error)
{
    g_autoptr(GPtrArray) names = NULL;

    if (depth > DEPTH_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is nested too deeply", path);
        return FALSE;
    }
    names = read_names(path, error);
    for (guint i = 0; names != NULL && i < names->len && !walk->is_full; i++) {
        if (!walk_name(walk, path, key, names->pdata[i], depth, error)) {
            return FALSE;
        }
        if (walk->only_one && walk->entries->len > 0) {
            break;
        }
    }
    return names != NULL;
}

/* No key has other parts, and they must not lead out of the bucket. */
static gboolean is_safe(const char *folder_key)
{
    g_auto(GStrv) parts = g_strsplit(folder_key, "/", -1);

    for (guint i = 0; parts[i] != NULL && parts[i + 1] != NULL; i++) {
        if (*parts[i] == '\0' || strcmp(parts[i], ".") == 0 || strcmp(parts[i], "..") == 0) {
            return FALSE;
        }
    }
    return TRUE;
}

GPtrArray *tg_folder_list_page(const TgFolderPage *page, gboolean *out_more, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(free_entry);
    Walk walk = {.page = page, .entries = entries};
    const char *slash = strrchr(page->prefix, '/');
    g_autofree char *key =
        slash == NULL ? g_strdup("") : g_strndup(page->prefix, (gsize)(slash - page->prefix) + 1);
    g_autofree char *path = g_build_filename(page->folder, key, NULL);

    if (is_safe(key) && !walk_folder(&walk, path, key, 0, error)) {
        return NULL;
    }
    *out_more = walk.is_full;
    return g_steal_pointer(&entries);
}
