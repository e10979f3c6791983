/* Operators that are programs: tegaru-operator-NAME in .tegaru/plugins of the project or on the
 * path. JSON on stdin and stdout; docs/plugin-operators.md describes it. */
#include <string.h>

#include "base/suggest.h"
#include "command/command.h"
#include "operators/support_duration.h"
#include "operators/support_script.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define PREFIX "tegaru-operator-"
#define ANSWER_BYTES_MAX ((gsize)16 * 1024 * 1024)
#define AGAIN_SECONDS_MAX ((gint64)7 * 24 * 3600)
#define TIMEOUT_SECONDS ((gint64)24 * 3600)

static const char *const answer_keys[] = {"store",    "reset_store", "export",
                                          "subtasks", "receipt",     "again_in_seconds",
                                          "state",    "error",       NULL};

/* A type becomes part of a file's name. */
static gboolean is_plain_name(const char *type)
{
    for (const char *c = type; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr("._-", *c) == NULL) {
            return FALSE;
        }
    }
    return *type != '\0' && *type != '.';
}

/* The program of a type; NULL when there is none. */
static char *find_program(const TgTurn *turn, const char *type)
{
    g_autofree char *name = g_strconcat(PREFIX, type, NULL);
    g_autofree char *own =
        g_build_filename(turn->services->project_folder, ".tegaru", "plugins", name, NULL);

    if (!is_plain_name(type)) {
        return NULL;
    }
    if (g_file_test(own, G_FILE_TEST_IS_REGULAR) && g_file_test(own, G_FILE_TEST_IS_EXECUTABLE)) {
        return g_steal_pointer(&own);
    }
    return g_find_program_in_path(name);
}

/* Operators of vendors whose services this program does not talk to. */
static gboolean is_out_of_scope(const char *type)
{
    static const char *const names[] = {"bq",       "bq_load", "bq_extract", "bq_ddl",
                                        "gcs_wait", "emr",     "td",         NULL};

    return g_strv_contains(names, type) || g_str_has_prefix(type, "td_");
}

static void fail_unknown(const TgTurn *turn, const char *type, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const json_t *plugins = json_object_get(turn->params, "plugin");

    if (is_out_of_scope(type)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s> is out of scope here: this program does not talk to that service. An "
                    "executable " PREFIX "%s on the path can take its place "
                    "(docs/plugin-operators.md)",
                    type, type);
        return;
    }
    for (guint i = 0; turn->services->operators != NULL && turn->services->operators[i] != NULL;
         i++) {
        g_ptr_array_add(names, (char *)turn->services->operators[i]->name);
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *hint = tg_suggest_phrase(type, (const char *const *)names->pdata);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Unknown task type: %s%s%s%s%s", type, hint,
                json_is_object(plugins) ? "; Java plug-ins cannot run here, an executable " PREFIX
                                        : "",
                json_is_object(plugins) ? type : "",
                json_is_object(plugins) ? " can take their place (docs/plugin-operators.md)" : "");
}

/* What the program reads from stdin. */
static char *request_text(const TgTurn *turn, const char *type)
{
    g_autoptr(json_t) request =
        json_pack("{s:i, s:s, s:O, s:O, s:s, s:s, s:s, s:s, s:I}", "protocol", 1, "operator", type,
                  "params", turn->params, "state", turn->state, "task_name", turn->task_name,
                  "timezone", turn->timezone, "project_folder", turn->services->project_folder,
                  "work_folder", turn->work_folder, "now_ms", (json_int_t)turn->now_ms);

    return tg_params_to_json(request);
}

static void pass_output(gpointer data, const char *bytes, gsize size_bytes)
{
    const TgTurn *turn = data;

    turn->services->print(turn->services, turn->task_name, bytes, size_bytes);
}

/* Runs the program; its stdout is the answer, its stderr the task's output. */
static gboolean run_program(const TgTurn *turn, const char *program, GString *answer,
                            int *out_status, GError **error)
{
    g_auto(TgOperatorScript) script = {NULL};
    const char *type = json_string_value(json_object_get(turn->params, "_type"));
    g_autofree char *text = request_text(turn, type);
    g_autoptr(json_t) env = tg_operator_env(turn, error);
    gint64 timeout_seconds = 0;
    const char *name = NULL;
    json_t *value = NULL;

    if (env == NULL ||
        !tg_operator_duration_get(turn->params, "_timeout", TIMEOUT_SECONDS, &timeout_seconds,
                                  error) ||
        !tg_operator_script_begin(&script, turn, type, error)) {
        return FALSE;
    }
    g_autofree char *input = tg_operator_script_write(&script, "input.json", text, error);
    g_auto(GStrv) environment = g_get_environ();
    const char *const argv[] = {program, NULL};

    if (input == NULL) {
        return FALSE;
    }
    json_object_foreach (env, name, value) {
        environment = g_environ_setenv(environment, name, json_string_value(value), TRUE);
    }
    TgCommandRequest command = {.argv = argv,
                                .environment = (const char *const *)environment,
                                .folder = turn->work_folder,
                                .is_cancelled = turn->services->is_cancelled,
                                .input_path = input,
                                .timeout_ms = timeout_seconds * 1000,
                                .result = answer,
                                .result_bytes_max = ANSWER_BYTES_MAX,
                                .output = pass_output,
                                .data = (gpointer)turn};

    return tg_command_execute(&command, out_status, error);
}

static json_t *parse_answer(const char *program, const GString *text, GError **error)
{
    json_error_t place = {0};
    const char *key = NULL;
    json_t *value = NULL;
    json_t *answer = text->len == 0 ? json_object() : json_loadb(text->str, text->len, 0, &place);

    if (answer == NULL || !json_is_object(answer)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: its answer on stdout must be one JSON map, but %s (line %d): %.60s",
                    program, answer == NULL ? place.text : "is something else",
                    answer == NULL ? place.line : 1, text->str);
        json_decref(answer);
        return NULL;
    }
    json_object_foreach (answer, key, value) {
        if (!g_strv_contains(answer_keys, key)) {
            g_autofree char *hint = tg_suggest_phrase(key, answer_keys);

            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "%s: its answer has an unknown key '%s'%s", program, key, hint);
            json_decref(answer);
            return NULL;
        }
    }
    return answer;
}

/* A result that must be a map (or a list), handed over; a missing one is fine. */
static gboolean take(const json_t *answer, const char *key, json_t **out, GError **error)
{
    json_t *value = json_object_get(answer, key);
    gboolean wants_list = strcmp(key, "reset_store") == 0;

    if (value == NULL || json_is_null(value)) {
        return TRUE;
    }
    if (wants_list ? !json_is_array(value) : !json_is_object(value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' of the answer must be a %s", key,
                    wants_list ? "list" : "map");
        return FALSE;
    }
    if (wants_list ? json_array_size(value) > 0 : json_object_size(value) > 0) {
        *out = json_incref(value);
    }
    return TRUE;
}

static gboolean take_poll(TgTurn *turn, const json_t *answer, TgOutcome *out, GError **error)
{
    const json_t *again = json_object_get(answer, "again_in_seconds");
    const json_t *state = json_object_get(answer, "state");
    double seconds = json_number_value(again);

    if (!json_is_number(again) || seconds < 0 || seconds > (double)AGAIN_SECONDS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'again_in_seconds' of the answer must be a number up to %" G_GINT64_FORMAT,
                    AGAIN_SECONDS_MAX);
        return FALSE;
    }
    if (state != NULL && !json_is_object(state)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'state' of the answer must be a map");
        return FALSE;
    }
    if (state != NULL) {
        json_object_clear(turn->state);
        json_object_update(turn->state, (json_t *)state);
    }
    turn->poll_at_ms = turn->now_ms + (gint64)(seconds * 1000);
    *out = TG_OUTCOME_POLL;
    return TRUE;
}

static gboolean take_answer(TgTurn *turn, const json_t *answer, TgOutcome *out, GError **error)
{
    if (tg_params_has(answer, "again_in_seconds")) {
        return take_poll(turn, answer, out, error);
    }
    *out = TG_OUTCOME_DONE;
    return take(answer, "store", &turn->store, error) &&
           take(answer, "reset_store", &turn->reset_store, error) &&
           take(answer, "export", &turn->export, error) &&
           take(answer, "subtasks", &turn->subtasks, error) &&
           take(answer, "receipt", &turn->receipt, error);
}

static gboolean external_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    const char *type = json_string_value(json_object_get(turn->params, "_type"));
    g_autofree char *program = find_program(turn, type);
    g_autofree char *shown = g_strconcat(PREFIX, type, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(json_t) answer = NULL;
    g_autoptr(GError) problem = NULL;
    int status = 0;

    if (program == NULL) {
        fail_unknown(turn, type, error);
        return FALSE;
    }
    if (!run_program(turn, program, text, &status, error)) {
        return FALSE;
    }
    answer = parse_answer(shown, text, &problem);
    const json_t *said = json_object_get(answer, "error");

    if (said != NULL && !json_is_null(said)) {
        g_autofree char *message = tg_params_to_text(said);

        g_set_error_literal(error, TG_ERROR, TG_ERROR_TASK, message);
        return FALSE;
    }
    if (status != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK, "%s failed with exit status %d", shown, status);
        return FALSE;
    }
    if (answer == NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    return take_answer(turn, answer, out, error);
}

const TgOperator tg_operator_external = {.name = "external",
                                         .help = "Runs a program named " PREFIX "NAME",
                                         .honours_retry = TRUE,
                                         .run = external_run};
