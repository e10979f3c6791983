/* in file: all files whose path begins with a prefix (embulk-input-file). */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "loader/plugin.h"
#include "params/params.h"

#define DEPTH_MAX 64u /* folders below each other; links could make a circle */

typedef struct {
    TgFiles files;
    TgLoaderContext *context;
    char *base_folder; /* of the config, with '/', or ""; paths of the diff leave it out */
    GPtrArray *paths;
    char *last_path; /* greatest path read so far */
} FileFiles;

typedef struct {
    TgStream stream;
    TgLoaderContext *context;
    int fd;
} FileStream;

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    FileStream *self = (FileStream *)stream;
    gssize got = 0;

    do {
        got = read(self->fd, into, size_bytes);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        tg_error_set_file(error, errno, "read", stream->name);
        return -1;
    }
    tg_loader_count_bytes(self->context, got);
    return got;
}

static void stream_free(TgStream *stream)
{
    FileStream *self = (FileStream *)stream;

    close(self->fd);
    g_free(self);
}

static gboolean files_open_file(TgFiles *files, guint task, guint index, TgStream **out,
                                GError **error)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};
    FileFiles *self = (FileFiles *)files;
    const char *path = g_ptr_array_index(self->paths, task);

    if (index > 0) {
        *out = NULL;
        return TRUE;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        tg_error_set_file(error, errno, "read", path);
        return FALSE;
    }
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* only a hint */
    FileStream *stream = g_new0(FileStream, 1);

    *stream = (FileStream){
        .stream = {.class = &class, .name = g_strdup(path)}, .context = self->context, .fd = fd};
    *out = &stream->stream;
    return TRUE;
}

/* A path as the config would write it. */
static const char *relative_path(const FileFiles *self, const char *path)
{
    return g_str_has_prefix(path, self->base_folder) ? path + strlen(self->base_folder) : path;
}

static json_t *files_finish(TgFiles *files, GError **error G_GNUC_UNUSED)
{
    FileFiles *self = (FileFiles *)files;
    json_t *diff = json_object();

    for (guint i = 0; i < self->paths->len; i++) {
        const char *path = relative_path(self, g_ptr_array_index(self->paths, i));

        if (self->last_path == NULL || strcmp(path, self->last_path) > 0) {
            g_free(self->last_path);
            self->last_path = g_strdup(path);
        }
    }
    if (self->last_path != NULL) {
        json_object_set_new(diff, "last_path", json_string(self->last_path));
    }
    return diff;
}

static void files_free(TgFiles *files)
{
    FileFiles *self = (FileFiles *)files;

    g_ptr_array_unref(self->paths);
    g_free(self->base_folder);
    g_free(self->last_path);
    g_free(self);
}

/* What a walk below the prefix looks for. */
typedef struct {
    FileFiles *self;
    const char *prefix; /* absolute or relative, as it was joined */
    gboolean follow_links;
} Walk;

static void take_file(const Walk *walk, const char *path, gint64 size)
{
    FileFiles *self = walk->self;

    if (!g_str_has_prefix(path, walk->prefix) ||
        (self->last_path != NULL && strcmp(relative_path(self, path), self->last_path) <= 0)) {
        return;
    }
    g_ptr_array_add(self->paths, g_strdup(path));
    self->files.bytes_expected += size;
}

/* Whether the folder can hold matches: one of the two begins with the other. */
static gboolean may_match(const char *folder, const char *prefix)
{
    gsize length = MIN(strlen(folder), strlen(prefix));

    return strncmp(folder, prefix, length) == 0;
}

static gboolean walk_folder(const Walk *walk, const char *folder, guint depth, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;

    if (depth > DEPTH_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' lies more than %u folders deep; do links make a circle?", folder,
                    DEPTH_MAX);
        return FALSE;
    }
    if (depth == 0 && *folder != '\0' && !g_file_test(folder, G_FILE_TEST_EXISTS)) {
        tg_error_set_file(error, ENOENT, "read the folder", folder);
        return FALSE;
    }
    names = tg_file_list_folder(*folder == '\0' ? "." : folder, error);
    for (guint i = 0; names != NULL && i < names->len; i++) {
        const char *joint = *folder == '\0' || g_str_has_suffix(folder, "/") ? "" : "/";
        g_autofree char *path = g_strconcat(folder, joint, g_ptr_array_index(names, i), NULL);
        struct stat status;

        if (lstat(path, &status) != 0) {
            continue; /* removed meanwhile */
        }
        gboolean is_link = S_ISLNK(status.st_mode);

        if (is_link && stat(path, &status) != 0) {
            continue; /* points nowhere */
        }
        if (S_ISREG(status.st_mode)) {
            take_file(walk, path, status.st_size);
        } else if (S_ISDIR(status.st_mode) && (!is_link || walk->follow_links) &&
                   may_match(path, walk->prefix) && !walk_folder(walk, path, depth + 1, error)) {
            return FALSE;
        }
    }
    return names != NULL;
}

static gboolean find_files(FileFiles *self, const char *prefix, gboolean follow_links,
                           GError **error)
{
    Walk walk = {.self = self, .prefix = prefix, .follow_links = follow_links};
    const char *slash = strrchr(prefix, '/');
    g_autofree char *folder =
        slash == NULL ? g_strdup("") : g_strndup(prefix, (gsize)MAX(slash - prefix, 1));

    if (g_file_test(prefix, G_FILE_TEST_IS_DIR)) {
        return walk_folder(&walk, prefix, 0, error);
    }
    return walk_folder(&walk, folder, 0, error);
}

/* With exact types a prefix that nothing matches is a mistake; Embulk loads nothing. */
static gboolean check_found(const FileFiles *self, const char *prefix, GError **error)
{
    if (self->paths->len > 0 || self->last_path != NULL ||
        !tg_loader_context_job(self->context)->exact_types) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                "no file begins with '%s'; check 'path_prefix'", prefix);
    return FALSE;
}

static gboolean open_with(FileFiles *self, const json_t *config, GError **error)
{
    g_autofree char *prefix = tg_params_dup_text(config, "path_prefix", error);
    gboolean follow_links = FALSE;

    if (prefix == NULL ||
        !tg_params_dup_text_or(config, "last_path", NULL, &self->last_path, error) ||
        !tg_params_get_boolean(config, "follow_symlinks", FALSE, &follow_links, error)) {
        return FALSE;
    }
    g_autofree char *path = tg_loader_context_path(self->context, prefix);

    if (!find_files(self, path, follow_links, error) || !check_found(self, path, error)) {
        return FALSE;
    }
    self->files.task_count = self->paths->len;
    tg_loader_log(self->context, TG_LOADER_DEBUG, "Loading %u file%s that begin%s with '%s'",
                  self->paths->len, self->paths->len == 1 ? "" : "s",
                  self->paths->len == 1 ? "s" : "", prefix);
    return TRUE;
}

static TgFiles *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgFilesClass class = {
        .open_file = files_open_file, .finish = files_finish, .free = files_free};
    const char *base = tg_loader_context_job(context)->base_folder;
    FileFiles *self = g_new0(FileFiles, 1);

    self->files.class = &class;
    self->context = context;
    self->base_folder = base == NULL ? g_strdup("") : g_strconcat(base, "/", NULL);
    self->paths = g_ptr_array_new_with_free_func(g_free);
    if (!open_with(self, config, error)) {
        files_free(&self->files);
        return NULL;
    }
    return &self->files;
}

static const TgLoaderOption options[] = {
    {"path_prefix", "text", NULL, "How the paths of the files begin; folders are searched."},
    {"last_path", "text", "null", "Files up to this path are left out."},
    {"follow_symlinks", "boolean", "false", "Also search folders that are links."},
    {0}};

const TgFileInputPlugin tg_file_input_file = {
    .name = "file", .help = "Local files.", .options = options, .open = input_open};
