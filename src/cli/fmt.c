/* tegaru fmt: lays out .dig files anew. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "params/yaml_format.h"

#define DESCRIPTION                                                                                \
    "Two blanks per level, one blank after `:`; comments, quotes, the order of keys and the "      \
    "text\n"                                                                                       \
    "of block scalars stay as they are. A file that would mean something else is left alone.\n\n"  \
    "Examples:\n"                                                                                  \
    "  tegaru fmt                  all .dig files of this folder\n"                                \
    "  tegaru fmt main.dig         this one\n"                                                     \
    "  tegaru fmt --check          change nothing; exit 1 when a file would change (for CI)\n"     \
    "  tegaru fmt - < main.dig     from stdin to stdout (for editors)\n"

static GString *read_stdin(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char block[4096];
    gsize got = 0;

    while (text->len <= TG_YAML_SIZE_MAX && (got = fread(block, 1, sizeof block, stdin)) > 0) {
        g_string_append_len(text, block, (gssize)got);
    }
    return g_steal_pointer(&text);
}

static int format_stdin(const TgCli *cli)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = read_stdin();
    const TgSource source = {.name = "<stdin>", .text = text->str, .size_bytes = text->len};
    g_autofree char *out = tg_yaml_format(&source, ".", &error);

    if (out == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    (void)fputs(out, stdout);
    return 0;
}

/* Replaces a file's text; a link stays a link, and permissions stay. */
static gboolean replace(const char *path, const char *text, GError **error)
{
    g_autofree char *real = realpath(path, NULL);
    GStatBuf status;

    if (real == NULL || g_stat(real, &status) != 0) {
        tg_error_set_file(error, errno, "write", path);
        return FALSE;
    }
    if (!tg_file_write(real, text, strlen(text), error)) {
        return FALSE;
    }
    if (g_chmod(real, (int)(status.st_mode & 07777)) != 0) {
        tg_error_set_file(error, errno, "set the permissions of", path);
        return FALSE;
    }
    return TRUE;
}

/* One file; *out_changed also when it is only checked. */
static gboolean format_file(const char *path, gboolean is_check, gboolean *out_changed,
                            GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *folder = g_path_get_dirname(path);
    gsize size = 0;

    if (!tg_file_read(path, TG_YAML_SIZE_MAX, &text, &size, error)) {
        return FALSE;
    }
    const TgSource source = {.name = path, .text = text, .size_bytes = size};
    g_autofree char *out = tg_yaml_format(&source, folder, error);

    if (out == NULL) {
        return FALSE;
    }
    *out_changed = strlen(out) != size || memcmp(out, text, size) != 0;
    return is_check || !*out_changed || replace(path, out, error);
}

/* The .dig files of this folder, by name. */
static GPtrArray *files_here(GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = tg_file_list_folder(".", error);

    if (all == NULL) {
        return NULL;
    }
    for (guint i = 0; i < all->len; i++) {
        const char *name = g_ptr_array_index(all, i);

        if (name[0] != '.' && g_str_has_suffix(name, ".dig")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    if (names->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "no .dig file in this folder; name files, or go to a project's folder");
        return NULL;
    }
    return g_steal_pointer(&names);
}

static int format_files(const TgCli *cli, const GPtrArray *paths, gboolean is_check)
{
    guint changed_count = 0;
    int status = 0;

    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(GError) error = NULL;
        gboolean changed = FALSE;

        if (!format_file(paths->pdata[i], is_check, &changed, &error)) {
            status = tg_cli_fail(cli, g_steal_pointer(&error));
        } else if (changed) {
            (void)printf("%s %s\n", is_check ? "would format" : "formatted",
                         (const char *)paths->pdata[i]);
            changed_count++;
        }
    }
    return status == 0 && is_check && changed_count > 0 ? 1 : status;
}

static int fmt_run(const TgCli *cli, int argc, char **argv)
{
    gboolean is_check = FALSE;
    const GOptionEntry entries[] = {{"check", 0, 0, G_OPTION_ARG_NONE, &is_check,
                                     "Change nothing; exit 1 when a file would change", NULL},
                                    G_OPTION_ENTRY_NULL};
    const TgCliHelp help = {"[FILE.dig…]", DESCRIPTION};
    g_autoptr(GPtrArray) paths = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc == 2 && strcmp(argv[1], "-") == 0) {
        return format_stdin(cli);
    }
    if (argc < 2) {
        paths = files_here(&error);
    } else {
        paths = g_ptr_array_new_with_free_func(g_free);
        for (int i = 1; i < argc; i++) {
            g_ptr_array_add(paths, g_strdup(argv[i]));
        }
    }
    return paths == NULL ? tg_cli_fail(cli, g_steal_pointer(&error))
                         : format_files(cli, paths, is_check);
}

const TgCommand tg_command_fmt = {.name = "fmt", .summary = "Format .dig files", .run = fmt_run};
