/* Runs git and tar. */
#include "cli/diff_revision.h"

#include <string.h>

#include "base/file.h"
#include "command/command.h"

#define SAID_BYTES_MAX ((gsize)4 * 1024 * 1024)
#define TIMEOUT_MS ((gint64)10 * 60 * 1000)

static void collect(gpointer data, const char *bytes, gsize size_bytes)
{
    GString *said = data;

    if (said->len < SAID_BYTES_MAX) {
        g_string_append_len(said, bytes, (gssize)size_bytes);
    }
}

/* What a program wrote to stdout; its status in *out_status. NULL when it could not run. */
static char *run(const char *folder, const char *const *argv, int *out_status, GString *said,
                 GError **error)
{
    g_auto(GStrv) environment = g_get_environ();
    g_autoptr(GString) result = g_string_new(NULL);
    const TgCommandRequest request = {.argv = argv,
                                      .environment = (const char *const *)environment,
                                      .folder = folder,
                                      .timeout_ms = TIMEOUT_MS,
                                      .result = result,
                                      .result_bytes_max = SAID_BYTES_MAX,
                                      .output = collect,
                                      .data = said};
    g_autoptr(GError) problem = NULL;

    if (tg_command_execute(&request, out_status, &problem)) {
        return g_string_free(g_steal_pointer(&result), FALSE);
    }
    if (g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "the program '%s' is needed here and is not installed, or not in PATH",
                    argv[0]);
    } else {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return NULL;
}

/* A command that must succeed; else its own words after `what`. */
static gboolean must(const char *folder, const char *const *argv, const char *what, GError **error)
{
    g_autoptr(GString) said = g_string_new(NULL);
    int status = 0;
    g_autofree char *result = run(folder, argv, &status, said, error);

    if (result == NULL) {
        return FALSE;
    }
    if (status != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "%s: %s", what, g_strstrip(said->str));
    }
    return status == 0;
}

static gboolean succeeds(const char *folder, const char *const *argv)
{
    g_autoptr(GString) said = g_string_new(NULL);
    int status = 1;
    g_autofree char *result = run(folder, argv, &status, said, NULL);

    return result != NULL && status == 0;
}

static gboolean check_revision(const char *folder, const char *revision, GError **error)
{
    g_autofree char *commit = g_strconcat(revision, "^{commit}", NULL);
    const char *const inside[] = {"git", "rev-parse", "--git-dir", NULL};
    const char *const exists[] = {"git", "rev-parse", "--quiet", "--verify", commit, NULL};
    g_autofree char *what = g_strdup_printf("'%s' is in no git repository", folder);

    if (!must(folder, inside, what, error)) {
        return FALSE;
    }
    if (revision[0] == '-' || !succeeds(folder, exists)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "git knows no revision '%s' here; `git log --oneline` and `git branch -a` list "
                    "what there is",
                    revision);
        return FALSE;
    }
    return TRUE;
}

/* The folder's files at the revision, below revision->temp. */
static gboolean extract(TgRevision *self, const char *folder, const char *revision, GError **error)
{
    g_autofree char *archive = g_build_filename(self->temp, "archive.tar", NULL);
    g_autofree char *here = g_strconcat(revision, ":./", NULL);
    const char *const is_there[] = {"git", "cat-file", "-e", here, NULL};
    const char *const pack[] = {"git", "archive", "--format=tar", "-o", archive, revision, NULL};
    const char *const unpack[] = {"tar", "-xf", archive, "-C", self->folder, NULL};

    if (!tg_file_make_folder(self->folder, error)) {
        return FALSE;
    }
    return !succeeds(folder, is_there) ||
           (must(folder, pack, "git archive", error) && must(folder, unpack, "tar", error));
}

void tg_revision_free(TgRevision *revision)
{
    if (revision == NULL) {
        return;
    }
    tg_project_free(revision->project);
    if (revision->temp != NULL) {
        (void)tg_file_remove_folder(revision->temp, NULL); /* a rest in /tmp harms nobody */
    }
    g_free(revision->name);
    g_free(revision->folder);
    g_free(revision->temp);
    g_free(revision);
}

TgRevision *tg_revision_load(const char *folder, const char *revision, GError **error)
{
    g_autoptr(TgRevision) self = g_new0(TgRevision, 1);
    g_autofree char *absolute = g_canonicalize_filename(folder, NULL);
    g_autoptr(GError) problem = NULL;

    if (revision == NULL) {
        self->name = g_strdup("the working tree");
        self->folder = g_steal_pointer(&absolute);
    } else {
        if (!check_revision(absolute, revision, error)) {
            return NULL;
        }
        self->name = g_strdup(revision);
        self->temp = g_dir_make_tmp("tegaru-diff-XXXXXX", &problem);
        if (self->temp == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_DENIED, "cannot make a temporary folder: %s",
                        problem->message);
            return NULL;
        }
        self->folder = g_build_filename(self->temp, "project", NULL);
        if (!extract(self, absolute, revision, error)) {
            return NULL;
        }
    }
    self->project = tg_project_load(self->folder, error);
    if (self->project == NULL) {
        g_prefix_error(error, "%s: ", self->name);
        return NULL;
    }
    return g_steal_pointer(&self);
}

static const char *or_nothing(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? path : "/dev/null";
}

char *tg_revision_hunks(const char *old_path, const char *new_path, GError **error)
{
    const char *const argv[] = {
        "git",    "diff", "--no-index",         "--no-ext-diff",      "--no-color",
        "--text", "--",   or_nothing(old_path), or_nothing(new_path), NULL};
    g_autoptr(GString) said = g_string_new(NULL);
    int status = 0;
    g_autofree char *result = run("/", argv, &status, said, error);

    if (result == NULL) {
        return NULL;
    }
    g_autofree char *valid = g_utf8_make_valid(result, -1);
    const char *start = strstr(valid, "\n@@");

    return g_strdup(start == NULL ? "" : start + 1);
}

char *tg_revision_text_hunks(const char *old_text, const char *new_text, GError **error)
{
    g_autofree char *temp = g_dir_make_tmp("tegaru-diff-XXXXXX", error);
    char *hunks = NULL;

    if (temp == NULL) {
        return NULL;
    }
    g_autofree char *old_path = g_build_filename(temp, "old", NULL);
    g_autofree char *new_path = g_build_filename(temp, "new", NULL);

    if (tg_file_write_unflushed(old_path, old_text, strlen(old_text), error) &&
        tg_file_write_unflushed(new_path, new_text, strlen(new_text), error)) {
        hunks = tg_revision_hunks(old_path, new_path, error);
    }
    (void)tg_file_remove_folder(temp, NULL); /* a rest in /tmp harms nobody */
    return hunks;
}
