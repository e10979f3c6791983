/* Subtasks, options and files of operators. */
#include "operators/support.h"

#include <string.h>

#include "base/file.h"
#include "params/params.h"
#include "script/script.h"
#include "workflow/graph.h"

#define TEMPLATE_BYTES_MAX ((gsize)4 * 1024 * 1024)

const json_t *tg_operator_do(const TgTurn *turn, GError **error)
{
    const json_t *map = json_object_get(turn->params, "_do");

    if (!json_is_object(map)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Parameter '_do' is required: the tasks to run, as a map");
        return NULL;
    }
    return map;
}

void tg_operator_add_subtask(json_t *subtasks, const char *name, const json_t *do_map,
                             json_t *take_variables)
{
    json_t *subtask = json_copy((json_t *)do_map); /* what lies below is shared by all */
    json_t *export = json_object_get(subtask, "_export");

    export = json_is_object(export) ? json_copy(export) : json_object();
    json_object_set_new(subtask, "_export", export);
    json_object_update(export, take_variables);
    json_decref(take_variables);
    json_object_set_new(subtasks, name, subtask);
}

gboolean tg_operator_check_limit(const TgTurn *turn, const char *what, gint64 count, GError **error)
{
    guint limit = turn->services->subtasks_max;

    if (limit != 0 && count > limit) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Too many %s subtasks (%" G_GINT64_FORMAT "). Limit: %u", what, count, limit);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_operator_finish_subtasks(TgTurn *turn, json_t *take_subtasks, GError **error)
{
    gboolean is_parallel = FALSE;
    gint64 limit = 0;

    if (!tg_graph_read_parallel(turn->params, &is_parallel, &limit, error)) {
        json_decref(take_subtasks);
        return FALSE;
    }
    if (is_parallel) {
        json_object_set(take_subtasks, "_parallel", json_object_get(turn->params, "_parallel"));
    }
    turn->subtasks = take_subtasks;
    return TRUE;
}

static const json_t *present(const json_t *map, const char *key)
{
    const json_t *value = json_object_get(map, key);

    return json_is_null(value) ? NULL : value;
}

const json_t *tg_operator_athena_option(const TgTurn *turn, const char *op, const char *key)
{
    const json_t *athena = json_object_get(turn->params, "athena");
    const json_t *value = present(turn->params, key);

    if (value == NULL) {
        value = present(athena, key);
    }
    return value != NULL ? value : present(json_object_get(athena, op), key);
}

gboolean tg_operator_athena_text(const TgTurn *turn, const char *op, const char *key,
                                 const char *fallback, char **out, GError **error)
{
    const json_t *value = tg_operator_athena_option(turn, op, key);

    if (json_is_object(value) || json_is_array(value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' must be a text", key);
        return FALSE;
    }
    *out = value == NULL ? g_strdup(fallback) : tg_params_to_text(value);
    return TRUE;
}

gboolean tg_operator_athena_boolean(const TgTurn *turn, const char *op, const char *key,
                                    gboolean fallback, gboolean *out, GError **error)
{
    const json_t *value = tg_operator_athena_option(turn, op, key);
    g_autoptr(json_t) alone = json_object();

    if (value != NULL) {
        json_object_set(alone, key, (json_t *)value);
    }
    return tg_params_get_boolean(alone, key, fallback, out, error);
}

gboolean tg_operator_athena_required(const TgTurn *turn, const char *op, const char *key,
                                     char **out, GError **error)
{
    if (!tg_operator_athena_text(turn, op, key, NULL, out, error)) {
        return FALSE;
    }
    if (*out == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Parameter '%s' is required: write it beside 'athena.%s>', or below 'athena:' "
                    "of an _export",
                    key, op);
        return FALSE;
    }
    return TRUE;
}

const json_t *tg_operator_tests(const TgTurn *turn)
{
    const json_t *tests = present(turn->params, "test");

    return tests != NULL ? tests : present(turn->params, "tests");
}

char *tg_operator_find_file(const TgTurn *turn, const char *path, GError **error)
{
    char *here = tg_file_resolve_below(turn->work_folder, path, error);

    if (here == NULL || g_file_test(here, G_FILE_TEST_EXISTS)) {
        return here;
    }
    g_autofree char *in_project = tg_file_resolve_below(turn->services->project_folder, path, NULL);

    if (in_project != NULL && g_file_test(in_project, G_FILE_TEST_EXISTS)) {
        g_free(here);
        return g_steal_pointer(&in_project);
    }
    return here;
}

char *tg_operator_fill(const TgTurn *turn, const char *text, const char *name, GError **error)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(turn->timezone);
    g_autoptr(TgScript) script = NULL;
    char *filled = NULL;

    if (zone == NULL) {
        zone = g_time_zone_new_utc(); /* the project checked it; only a clone could differ */
    }
    script = tg_script_new(zone);
    filled = tg_script_fill(script, text, turn->scope, error);
    if (filled == NULL) {
        g_prefix_error(error, "%s: ", name);
    }
    return filled;
}

char *tg_operator_read_template(const TgTurn *turn, const char *path, GError **error)
{
    g_autofree char *full = tg_operator_find_file(turn, path, error);
    g_autofree char *text = NULL;
    gsize size = 0;

    if (full == NULL || !tg_file_read(full, TEMPLATE_BYTES_MAX, &text, &size, error)) {
        return NULL;
    }
    if (!g_utf8_validate(text, (gssize)size, NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: not UTF-8 text (or it holds a NUL byte)",
                    path);
        return NULL;
    }
    return tg_operator_fill(turn, text, path, error);
}

/* A file's name has no line break and ends like one; anything else is SQL. */
static gboolean names_a_file(const TgTurn *turn, const char *command)
{
    g_autofree char *full = NULL;

    if (strchr(command, '\n') != NULL || strlen(command) > 1024) {
        return FALSE;
    }
    if (g_str_has_suffix(command, ".sql")) {
        return TRUE; /* also when it is missing: "no such file" helps more than a syntax error */
    }
    full = tg_operator_find_file(turn, command, NULL);
    return full != NULL && g_file_test(full, G_FILE_TEST_IS_REGULAR);
}

gboolean tg_operator_read_sql(const TgTurn *turn, char **out_sql, char **out_name, GError **error)
{
    g_autofree char *command = tg_params_dup_text(turn->params, "_command", error);

    if (command == NULL) {
        return FALSE;
    }
    if (!names_a_file(turn, command)) {
        *out_sql = g_steal_pointer(&command);
        *out_name = g_strdup(turn->task_name);
        return TRUE;
    }
    *out_sql = tg_operator_read_template(turn, command, error);
    if (*out_sql == NULL) {
        return FALSE;
    }
    *out_name = g_steal_pointer(&command);
    return TRUE;
}
