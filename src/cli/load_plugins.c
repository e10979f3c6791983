/* tegaru load plugins: the reference of all plug-ins, from the tables that options are checked
 * with.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/load_actions.h"
#include "cli/loader_plugins.h"
#include "extension/search.h"
#include "loader/plugin.h"

/* A role as a config spells it, with its plug-ins. */
typedef struct {
    const char *role;
    const char *block; /* where it stands in a config */
    const void *const *plugins;
} Role;

#define ROLES_MAX 10u

static void list_roles(Role roles[ROLES_MAX])
{
    const TgLoaderPlugins *all = tg_loader_plugins_get();
    const Role list[ROLES_MAX] = {
        {"input", "in", (const void *const *)all->inputs},
        {"input", "in", (const void *const *)all->file_inputs},
        {"decoder", "in.decoders", (const void *const *)all->decoders},
        {"parser", "in.parser", (const void *const *)all->parsers},
        {"filter", "filters", (const void *const *)all->filters},
        {"output", "out", (const void *const *)all->outputs},
        {"output", "out", (const void *const *)all->file_outputs},
        {"formatter", "out.formatter", (const void *const *)all->formatters},
        {"encoder", "out.encoders", (const void *const *)all->encoders},
        {"guess", "exec.guess_plugins", (const void *const *)all->guesses},
    };

    memcpy(roles, list, sizeof list);
}

static const TgPluginHead *head_of(const void *plugin)
{
    return plugin; /* plug-ins begin with it */
}

/* A `|` would end the cell. */
static void append_cell(GString *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *text);
    }
}

static const char *fallback_of(const TgLoaderOption *option)
{
    if (option->fallback == NULL) {
        return "required";
    }
    return *option->fallback == '\0' ? "\"\"" : option->fallback;
}

/* The page of a plug-in. The caller frees. */
static char *page_of(const Role *role, const TgPluginHead *head)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "# %s %s\n\n%s Stands in `%s`, as `type: %s`.\n", role->role,
                           head->name, head->help, role->block, head->name);
    if (head->options != NULL && head->options->name != NULL) {
        g_string_append(out, "\n| option | kind | default | what it does |\n|---|---|---|---|\n");
        for (const TgLoaderOption *option = head->options; option->name != NULL; option++) {
            g_string_append_printf(out, "| `%s` | %s | ", option->name, option->type);
            append_cell(out, fallback_of(option));
            g_string_append(out, " | ");
            append_cell(out, option->help);
            g_string_append(out, " |\n");
        }
    } else {
        g_string_append(out, "\nIt has no options.\n");
    }
    return g_string_free(out, FALSE);
}

static gboolean write_page(const char *folder, const Role *role, const TgPluginHead *head,
                           GError **error)
{
    g_autofree char *name = g_strdup_printf("%s-%s.md", role->role, head->name);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *page = page_of(role, head);

    return tg_file_write_unflushed(path, page, strlen(page), error);
}

/* The pages of a role, with their lines of the index. */
static gboolean write_role(const char *folder, const Role *role, GString *index, GError **error)
{
    for (const void *const *plugin = role->plugins; *plugin != NULL; plugin++) {
        const TgPluginHead *head = head_of(*plugin);

        g_string_append_printf(index, "- [%s](%s-%s.md): %s\n", head->name, role->role, head->name,
                               head->help);
        if (!write_page(folder, role, head, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean write_pages(const char *folder, GError **error)
{
    Role roles[ROLES_MAX];
    g_autoptr(GString) index = g_string_new(
        "# Plug-ins of the loader\n\nMade by `tegaru load plugins -o docs/plugins` from the tables "
        "that options are checked with.\n");

    list_roles(roles);
    if (g_mkdir_with_parents(folder, 0777) != 0) {
        tg_error_set_file(error, errno, "make the folder", folder);
        return FALSE;
    }
    for (guint i = 0; i < ROLES_MAX; i++) {
        if (i == 0 || strcmp(roles[i].role, roles[i - 1].role) != 0) {
            g_string_append_printf(index, "\n## %s (`%s`)\n\n", roles[i].role, roles[i].block);
        }
        if (!write_role(folder, &roles[i], index, error)) {
            return FALSE;
        }
    }
    g_autofree char *path = g_build_filename(folder, "README.md", NULL);

    return tg_file_write_unflushed(path, index->str, index->len, error);
}

static void print_external(gpointer data G_GNUC_UNUSED, const char *role, const char *type,
                           const char *path)
{
    (void)printf("%-10s %-18s %s\n", role, type, path);
}

static void print_list(void)
{
    const TgLoaderJob here = {0}; /* folders of the project in the working folder */
    Role roles[ROLES_MAX];

    list_roles(roles);
    for (guint i = 0; i < ROLES_MAX; i++) {
        for (const void *const *plugin = roles[i].plugins; *plugin != NULL; plugin++) {
            const TgPluginHead *head = head_of(*plugin);

            (void)printf("%-10s %-18s %s\n", roles[i].role, head->name, head->help);
        }
    }
    tg_extension_list(&here, print_external, NULL);
}

static void print_plugin(const Role *role, const TgPluginHead *head)
{
    const TgLoaderOption *option = head->options;

    (void)printf("%s %s (%s): %s\n", role->role, head->name, role->block, head->help);
    for (; option != NULL && option->name != NULL; option++) {
        (void)printf("  %-26s %-8s %s (%s)\n", option->name, option->type, option->help,
                     fallback_of(option));
    }
}

static guint print_options(const char *name)
{
    Role roles[ROLES_MAX];
    guint found = 0;

    list_roles(roles);
    for (guint i = 0; i < ROLES_MAX; i++) {
        const void *const *plugin = roles[i].plugins;

        while (*plugin != NULL && strcmp(head_of(*plugin)->name, name) != 0) {
            plugin++;
        }
        if (*plugin != NULL) {
            (void)fputs(found++ == 0 ? "" : "\n", stdout);
            print_plugin(&roles[i], head_of(*plugin));
        }
    }
    return found;
}

int tg_load_action_plugins(const TgCli *cli, const char *name, const TgLoadOptions *options)
{
    GError *error = NULL;

    if (options->output != NULL) {
        return write_pages(options->output, &error) ? 0 : tg_cli_fail(cli, error);
    }
    if (name == NULL) {
        print_list();
        return 0;
    }
    if (print_options(name) == 0) {
        g_set_error(&error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "there is no plug-in '%s'; 'tegaru load plugins' lists them", name);
        return tg_cli_fail(cli, error);
    }
    return 0;
}
