/* tegaru diff: what changed in the workflows between two git revisions. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/diff_compare.h"
#include "params/params.h"

#define DESCRIPTION                                                                                \
    "Without REV_B the working tree is compared. Nothing is run; the working tree stays as it "    \
    "is.\n\n"                                                                                      \
    "Examples:\n"                                                                                  \
    "  tegaru diff main                       main against the files here\n"                       \
    "  tegaru diff v1.0 v1.1 --format json\n"                                                      \
    "  tegaru diff origin/main HEAD --format markdown | gh pr comment --body-file -\n"

#define HUNK_LINES_MAX 200 /* of one file or text; --format json has all */

/* How each format writes. */
typedef struct {
    gboolean is_markdown;
} Style;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/* Text in backticks: more of them than it holds in a row. */
static void print_code(const Style *style, const char *text)
{
    gsize longest = 0;
    g_autofree char *ticks = NULL;

    if (!style->is_markdown) {
        (void)fputs(text, stdout);
        return;
    }
    for (const char *at = strchr(text, '`'); at != NULL; at = strchr(at, '`')) {
        gsize run = strspn(at, "`");

        longest = MAX(longest, run);
        at += run;
    }
    ticks = g_strnfill(longest + 1, '`');
    (void)printf("%s%s%s%s%s", ticks, longest > 0 ? " " : "", text, longest > 0 ? " " : "", ticks);
}

static void print_value(const Style *style, const json_t *value)
{
    g_autofree char *text = value == NULL ? NULL : tg_params_to_text(value);

    if (text == NULL) {
        (void)fputs(style->is_markdown ? "*nothing*" : "(nothing)", stdout);
    } else {
        print_code(style, text);
    }
}

static void print_hunks(const Style *style, const char *hunks, const char *indent)
{
    g_auto(GStrv) lines = g_strsplit(hunks, "\n", -1);
    const char *fence = strstr(hunks, "```") == NULL ? "```" : "``````````";

    if (style->is_markdown) {
        (void)printf("%s%sdiff\n", indent, fence);
    }
    for (guint i = 0; lines[i] != NULL && (lines[i + 1] != NULL || *lines[i] != '\0'); i++) {
        if (i == HUNK_LINES_MAX) {
            (void)printf("%s… and more\n", indent);
            break;
        }
        (void)printf("%s%s\n", indent, lines[i]);
    }
    if (style->is_markdown) {
        (void)printf("%s%s\n", indent, fence);
    }
}

static void print_key(const Style *style, const json_t *key)
{
    const json_t *hunks = json_object_get(key, "hunks");

    (void)fputs(style->is_markdown ? "  - " : "      ", stdout);
    print_code(style, text_of(key, "key"));
    if (hunks != NULL) {
        (void)puts(":");
        print_hunks(style, json_string_value(hunks), style->is_markdown ? "    " : "        ");
        return;
    }
    (void)fputs(": ", stdout);
    print_value(style, json_object_get(key, "old"));
    (void)fputs(" → ", stdout);
    print_value(style, json_object_get(key, "new"));
    (void)puts("");
}

static void print_task(const Style *style, const json_t *task)
{
    const char *change = text_of(task, "change");
    const char *what = text_of(task, "what");
    json_int_t below = json_integer_value(json_object_get(task, "below"));
    g_autofree char *line = g_strndup(what, strcspn(what, "\n"));
    json_t *one = NULL;
    gsize i = 0;

    if (style->is_markdown) {
        (void)printf("- **%s** ", change);
    } else {
        (void)printf("  %s ", *change == 'a' ? "+" : *change == 'r' ? "-" : "~");
    }
    print_code(style, text_of(task, "task"));
    if (*line != '\0' && strcmp(change, "changed") != 0) {
        (void)fputs("  ", stdout);
        print_code(style, line);
    }
    if (below > 0) {
        (void)printf(" with %lld task%s", (long long)below, below == 1 ? "" : "s");
    }
    (void)puts("");
    json_array_foreach (json_object_get(task, "keys"), i, one) {
        print_key(style, one);
    }
    json_array_foreach (json_object_get(task, "files"), i, one) {
        (void)fputs(style->is_markdown ? "  - " : "      ", stdout);
        print_code(style, json_string_value(one));
        (void)puts(" changed");
    }
}

static void print_title(const Style *style, const json_t *diff)
{
    (void)fputs(style->is_markdown ? "### Workflow changes: " : "", stdout);
    print_code(style, text_of(diff, "from"));
    (void)fputs(" → ", stdout);
    print_code(style, text_of(diff, "to"));
    (void)printf("\n%s%lld added, %lld removed, %lld changed%s\n", style->is_markdown ? "\n**" : "",
                 (long long)json_integer_value(json_object_get(diff, "added")),
                 (long long)json_integer_value(json_object_get(diff, "removed")),
                 (long long)json_integer_value(json_object_get(diff, "changed")),
                 style->is_markdown ? "**" : "");
}

static void print_diff(const Style *style, const json_t *diff)
{
    json_t *one = NULL;
    json_t *task = NULL;
    gsize i = 0;
    gsize k = 0;

    print_title(style, diff);
    json_array_foreach (json_object_get(diff, "workflows"), i, one) {
        (void)printf("\n%s%s\n%s", style->is_markdown ? "#### " : "", text_of(one, "workflow"),
                     style->is_markdown ? "\n" : "");
        json_array_foreach (json_object_get(one, "tasks"), k, task) {
            print_task(style, task);
        }
    }
    json_array_foreach (json_object_get(diff, "files"), i, one) {
        (void)puts("");
        print_code(style, text_of(one, "file"));
        (void)puts(style->is_markdown ? "\n" : "");
        print_hunks(style, text_of(one, "hunks"), style->is_markdown ? "" : "  ");
    }
}

static int compare(const TgCli *cli, const char *folder, char *const *revisions, const char *format)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgRevision) from = tg_revision_load(folder, revisions[0], &error);
    g_autoptr(TgRevision) to = from == NULL ? NULL : tg_revision_load(folder, revisions[1], &error);
    g_autoptr(json_t) diff = to == NULL ? NULL : tg_diff_new(from, to, &error);
    const Style style = {.is_markdown = strcmp(format, "markdown") == 0};

    if (diff == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    if (strcmp(format, "json") == 0) {
        g_autofree char *text = json_dumps(diff, JSON_INDENT(2) | JSON_REAL_PRECISION(17));

        (void)puts(text);
    } else {
        print_diff(&style, diff);
    }
    return 0;
}

static int diff_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *folder = NULL;
    g_autofree char *format = NULL;
    const GOptionEntry entries[] = {
        {"format", 'f', 0, G_OPTION_ARG_STRING, &format, "text (default), markdown or json",
         "FORMAT"},
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &folder, "The project's folder", "DIR"},
        G_OPTION_ENTRY_NULL};
    static const char *const formats[] = {"text", "markdown", "json", NULL};
    const TgCliHelp help = {"REV_A [REV_B]", DESCRIPTION};
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc < 2 || argc > 3) {
        return tg_cli_usage(cli, "diff needs one or two git revisions: tegaru diff main HEAD");
    }
    if (format != NULL && !g_strv_contains(formats, format)) {
        return tg_cli_usage(cli, "--format %s: use text, markdown or json", format);
    }
    char *const revisions[] = {argv[1], argc > 2 ? argv[2] : NULL};

    return compare(cli, folder == NULL ? "." : folder, revisions, format == NULL ? "text" : format);
}

const TgCommand tg_command_diff = {
    .name = "diff", .summary = "Compare workflows of two git revisions", .run = diff_run};
