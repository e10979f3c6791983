/* tegaru plan: what a run would do. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/plan_walk.h"
#include "params/params.h"
#include "schedule/zone.h"

#define LOOP_SHOWN_MAX 20 /* subtasks of one loop; --json has all */
#define COMMAND_COLUMNS 60
#define KIND_COLUMNS 7

#define DIM "\033[2m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

/* ---- text ---- */

typedef struct {
    const TgPlan *plan;
    GPtrArray *children; /* of GArray of guint, by id; NULL: none */
    gboolean has_colour;
    guint runs;
    guint reuses;
    guint skips;
} Printer;

static const TgPlanTask *task_at(const Printer *printer, guint id)
{
    return printer->plan->tasks->pdata[id];
}

static void print_indent(guint depth)
{
    for (guint i = 0; i < depth; i++) {
        (void)fputs("  ", stdout);
    }
}

/* The name below its parent's: "+load", "^sub+for-0=day=0=1". */
static const char *short_name(const Printer *printer, const TgPlanTask *task)
{
    gsize size =
        task->parent_id < 0 ? 0 : strlen(task_at(printer, (guint)task->parent_id)->full_name);

    return task->full_name + size;
}

static char *one_line(const char *text)
{
    const char *end = text + strcspn(text, "\n");
    g_autofree char *line = g_strndup(text, (gsize)(end - text));

    if (g_utf8_strlen(line, -1) <= COMMAND_COLUMNS && *end == '\0') {
        return g_steal_pointer(&line);
    }
    g_autofree char *cut = g_utf8_substring(line, 0, MIN(COMMAND_COLUMNS, g_utf8_strlen(line, -1)));

    return g_strconcat(cut, "…", NULL);
}

static void print_margin(guint depth)
{
    (void)printf("%*s", KIND_COLUMNS, "");
    print_indent(depth);
}

static void print_block(guint depth, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (lines[i + 1] != NULL || *lines[i] != '\0') {
            print_margin(depth);
            (void)printf("│ %s\n", lines[i]);
        }
    }
}

static void print_tables(const TgPlanTask *task, guint depth)
{
    json_t *table = NULL;
    gsize i = 0;

    json_array_foreach (task->tables, i, table) {
        const json_t *bytes = json_object_get(table, "bytes");
        const json_t *partitions = json_object_get(table, "partitions");
        const char *name = json_string_value(json_object_get(table, "table"));

        print_margin(depth);
        if (!json_is_integer(bytes)) {
            (void)printf("reads %s: unknown (%s)\n", name,
                         json_string_value(json_object_get(table, "why")));
            continue;
        }
        g_autofree char *size = g_format_size((guint64)json_integer_value(bytes));

        (void)printf("reads %s: %s in %lld objects", name, size,
                     (long long)json_integer_value(json_object_get(table, "objects")));
        if (partitions != NULL) {
            (void)printf(" (%lld of %lld partitions)", (long long)json_integer_value(partitions),
                         (long long)json_integer_value(json_object_get(table, "partitions_total")));
        }
        (void)puts("");
    }
    if (task->sql != NULL && task->tables == NULL && g_str_has_prefix(task->type, "athena.")) {
        print_margin(depth);
        (void)puts("reads: unknown (the SQL is not understood as it stands)");
    }
}

static void print_details(const TgPlanTask *task, guint depth)
{
    if (task->unknown != NULL) {
        print_margin(depth);
        (void)printf("not known yet: %s\n", task->unknown);
    }
    if (task->sql != NULL) {
        print_block(depth, task->sql);
        print_tables(task, depth);
    }
}

/* The first column: "run", "reuse", "skip", or blanks for a group. */
static void print_kind(const Printer *printer, const TgPlanTask *task)
{
    const char *colour = task->kind == TG_PLAN_RUN     ? GREEN
                         : task->kind == TG_PLAN_REUSE ? YELLOW
                                                       : DIM;
    const char *name = task->kind == TG_PLAN_INSIDE ? "" : tg_plan_kind_name(task->kind);

    if (printer->has_colour) {
        (void)printf("%s%-*s%s", colour, KIND_COLUMNS, name, PLAIN);
    } else {
        (void)printf("%-*s", KIND_COLUMNS, name);
    }
}

static void print_task(const Printer *printer, const TgPlanTask *task, guint depth)
{
    print_kind(printer, task);
    print_indent(depth);
    (void)printf("%s", short_name(printer, task));
    if (task->type != NULL) {
        g_autofree char *line = one_line(task->command == NULL ? "" : task->command);
        gboolean is_sql_text = task->sql != NULL && task->sql_name == NULL;

        (void)printf("  %s>%s%s", task->type, *line == '\0' || is_sql_text ? "" : " ",
                     is_sql_text ? "" : line);
    }
    if (task->why != NULL) {
        (void)printf("  (%s)", task->why);
    }
    (void)puts("");
    print_details(task, depth + 2);
}

static void print_tree(Printer *printer, guint id, guint depth)
{
    const TgPlanTask *task = task_at(printer, id);
    const GArray *children = printer->children->pdata[id];
    gboolean is_loop = g_str_has_suffix(task->full_name, "^sub");

    print_task(printer, task, depth);
    for (guint i = 0; children != NULL && i < children->len; i++) {
        if (is_loop && i == LOOP_SHOWN_MAX) {
            print_margin(depth + 1);
            (void)printf("… and %u more (--json lists all)\n", children->len - i);
            return;
        }
        print_tree(printer, g_array_index(children, guint, i), depth + 1);
    }
}

static void free_children(gpointer data)
{
    if (data != NULL) {
        g_array_unref(data);
    }
}

static void count_tasks(Printer *printer)
{
    g_ptr_array_set_size(printer->children, (gint)printer->plan->tasks->len);
    for (guint i = 0; i < printer->plan->tasks->len; i++) {
        const TgPlanTask *task = task_at(printer, i);

        printer->runs += task->kind == TG_PLAN_RUN ? 1 : 0;
        printer->reuses += task->kind == TG_PLAN_REUSE ? 1 : 0;
        printer->skips += task->kind == TG_PLAN_SKIP ? 1 : 0;
        if (task->parent_id < 0) {
            continue;
        }
        gpointer *list = &printer->children->pdata[task->parent_id];

        if (*list == NULL) {
            *list = g_array_new(FALSE, FALSE, sizeof(guint));
        }
        g_array_append_val((GArray *)*list, i);
    }
}

static void print_text(const TgRunSetup *setup, const TgPlan *plan)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func(free_children);
    g_autofree char *session =
        tg_zone_format(setup->zone, setup->identity.session_time_ms, TG_ZONE_TIME);
    Printer printer = {.plan = plan, .children = children, .has_colour = tg_cli_has_colour()};

    count_tasks(&printer);
    (void)printf("%s, session %s\n\n", setup->workflow->path, session);
    print_tree(&printer, 0, 0);
    (void)printf("\n%u to run, %u to reuse", printer.runs, printer.reuses);
    if (printer.skips > 0) {
        (void)printf(", %u left out", printer.skips);
    }
    (void)puts("");
}

/* ---- JSON ---- */

static void set_text(json_t *into, const char *key, const char *text)
{
    if (text != NULL) {
        json_object_set_new(into, key, json_string(text));
    }
}

static json_t *json_of_task(const TgPlanTask *task)
{
    json_t *one =
        json_pack("{s:s, s:s}", "name", task->full_name, "plan", tg_plan_kind_name(task->kind));

    set_text(one, "why", task->why);
    set_text(one, "type", task->type);
    set_text(one, "command", task->command);
    set_text(one, "unknown", task->unknown);
    if (json_object_size(task->options) > 0) {
        json_object_set(one, "options", task->options);
    }
    set_text(one, "sql", task->sql);
    set_text(one, "sql_file", task->sql_name);
    if (task->tables != NULL) {
        json_object_set(one, "tables", task->tables);
    }
    return one;
}

static void print_json(const TgRunSetup *setup, const TgPlan *plan)
{
    g_autofree char *session =
        tg_zone_format(setup->zone, setup->identity.session_time_ms, TG_ZONE_TIME);
    g_autoptr(json_t) all = json_pack("{s:s, s:s, s:[]}", "workflow", setup->workflow->name,
                                      "session_time", session, "tasks");

    for (guint i = 0; i < plan->tasks->len; i++) {
        json_array_append_new(json_object_get(all, "tasks"), json_of_task(plan->tasks->pdata[i]));
    }
    g_autofree char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(17));

    (void)puts(text);
}

static int plan_run(const TgCli *cli, int argc, char **argv)
{
    g_auto(TgRunOptions) options = {NULL};
    g_auto(TgRunSetup) setup = {.cli = cli, .options = &options};
    g_autoptr(TgPlan) plan = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_run_options_parse(cli, argc, argv, &options, &status)) {
        return status;
    }
    options.is_quiet = TRUE;
    if (!tg_run_setup_prepare(&setup, &error)) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    plan = tg_plan_new(&setup, &error);
    if (plan == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    if (options.is_json) {
        print_json(&setup, plan);
    } else {
        print_text(&setup, plan);
    }
    return 0;
}

const TgCommand tg_command_plan = {
    .name = "plan", .summary = "Show what a run would do, without running", .run = plan_run};
