/* Operators that only make tasks or decide: for_each>, for_range>, loop>, if>, wait>, fail>, echo>.
 */
#include <string.h>

#include "operators/services.h"
#include "params/params.h"

#define TG_OPERATOR(name) extern const TgOperator tg_operator_##name;
TG_OPERATOR(for_each)
TG_OPERATOR(for_range)
TG_OPERATOR(loop)
TG_OPERATOR(if)
TG_OPERATOR(wait)
TG_OPERATOR(fail)
TG_OPERATOR(echo)

static void print_to(TgServices *services, const char *task_name G_GNUC_UNUSED, const char *text,
                     gsize size_bytes)
{
    g_string_append_len(services->data, text, (gssize)size_bytes);
}

/* One turn of an operator; what it gave as JSON, or the error. */
typedef struct {
    GString *printed;
    TgServices services;
    TgTurn turn;
    TgOutcome outcome;
    GError *error;
} Trial;

static void trial_clear(Trial *trial)
{
    (void)g_string_free(trial->printed, TRUE);
    json_decref((json_t *)trial->turn.params);
    json_decref(trial->turn.state);
    json_decref(trial->turn.subtasks);
    g_clear_error(&trial->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Trial, trial_clear)

static void try_operator(Trial *trial, const TgOperator *operator, const char * params,
                         guint subtasks_max)
{
    trial->printed = g_string_new(NULL);
    trial->services =
        (TgServices){.subtasks_max = subtasks_max, .print = print_to, .data = trial->printed};
    trial->turn = (TgTurn){.params = json_loads(params, 0, NULL),
                           .task_name = "+t",
                           .now_ms = 1000,
                           .services = &trial->services,
                           .state = json_object()};
    g_assert_nonnull(trial->turn.params);
    (void)operator->run(&trial->turn, &trial->outcome, &trial->error);
}

static const struct {
    const TgOperator *operator;
    const char *params;
    const char *subtasks; /* NULL: an error that says `says` */
    const char *says;
} rows[] = {
    {&tg_operator_for_each,
     "{\"_command\": {\"a\": [1, \"x y\"], \"b\": [true]}, \"_do\": {\"echo>\": \"hi\"}}",
     "{\"+for-0=a=0=1&1=b=0=true\":{\"echo>\":\"hi\",\"_export\":{\"a\":1,\"b\":true}},"
     "\"+for-0=a=1=x%20y&1=b=0=true\":{\"echo>\":\"hi\",\"_export\":{\"a\":\"x y\",\"b\":true}}}",
     NULL},
    {&tg_operator_for_each,
     "{\"_command\": {\"a\": \"[\\\"longer than eight\\\"]\"}, \"_do\": {\"x\": 1}, \"_parallel\": "
     "true}",
     "{\"+for-0=a=0=longer%20t\":{\"x\":1,\"_export\":{\"a\":\"longer than "
     "eight\"}},\"_parallel\":true}",
     NULL},
    {&tg_operator_for_each, "{\"_command\": {\"a\": []}, \"_do\": {\"x\": 1}}", "{}", NULL},
    {&tg_operator_for_each, "{\"_command\": {\"a\": [1,2,3,4]}, \"_do\": {}}", NULL,
     "Too many for_each subtasks"},
    {&tg_operator_for_each, "{\"_command\": {\"a\": 5}, \"_do\": {}}", NULL, "Expected array type"},
    {&tg_operator_for_each, "{\"_command\": {\"a\": [1]}}", NULL, "'_do' is required"},
    {&tg_operator_for_range, "{\"_command\": {\"from\": 0, \"to\": 5, \"step\": 3}, \"_do\": {}}",
     "{\"+range-from=0&to=3\":{\"_export\":{\"range\":{\"from\":0,\"to\":3,\"index\":0}}},"
     "\"+range-from=3&to=5\":{\"_export\":{\"range\":{\"from\":3,\"to\":5,\"index\":1}}}}",
     NULL},
    {&tg_operator_for_range, "{\"_command\": {\"from\": 5, \"to\": 5, \"slices\": 3}, \"_do\": {}}",
     "{}", NULL},
    {&tg_operator_for_range,
     "{\"_command\": {\"from\": -9223372036854775807, \"to\": 9223372036854775807, \"step\": 1}, "
     "\"_do\": {}}",
     NULL, "Too many for_range subtasks"},
    {&tg_operator_for_range, "{\"_command\": {\"from\": 0, \"to\": 5}, \"_do\": {}}", NULL,
     "step or slices option is required"},
    {&tg_operator_for_range, "{\"_command\": {\"from\": 0, \"to\": 5, \"step\": 0}, \"_do\": {}}",
     NULL, "same or greater than 1"},
    {&tg_operator_for_range, "{\"_command\": {\"to\": 5, \"step\": 1}, \"_do\": {}}", NULL,
     "'from' is required"},
    {&tg_operator_loop, "{\"_command\": 2, \"_do\": {}}",
     "{\"+loop-0\":{\"_export\":{\"i\":0}},\"+loop-1\":{\"_export\":{\"i\":1}}}", NULL},
    {&tg_operator_loop, "{\"_command\": 4, \"_do\": {}}", NULL, "Too many loop subtasks"},
    {&tg_operator_loop, "{\"_command\": \"many\", \"_do\": {}}", NULL, "many"},
    {&tg_operator_if, "{\"_command\": \"true\", \"_do\": {\"a\": 1}}", "{\"a\":1}", NULL},
    {&tg_operator_if, "{\"_command\": false, \"_do\": {\"a\": 1}, \"_else_do\": {\"b\": 1}}",
     "{\"b\":1}", NULL},
    {&tg_operator_if, "{\"_command\": false, \"_do\": {\"a\": 1}}", "{}", NULL},
    {&tg_operator_if, "{\"_command\": \"banana\", \"_do\": {\"a\": 1}}", NULL, "banana"},
    {&tg_operator_if, "{\"_command\": true}", NULL, "Both _do and _else_do"},
    {&tg_operator_fail, "{\"_command\": \"told you\"}", NULL, "told you"},
    {&tg_operator_echo, "{\"_command\": {\"a\": 1}}", NULL, "not a map"},
    {&tg_operator_wait, "{\"_command\": \"soon\"}", NULL, "no duration"},
    {&tg_operator_wait, "{\"_command\": \"5s 1m\"}", NULL, "no duration"},
};

static void test_subtasks_and_mistakes(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Trial) trial = {NULL};

        try_operator(&trial, rows[i].operator, rows[i].params, 3);
        if (rows[i].subtasks == NULL) {
            g_assert_true(trial.error != NULL && trial.error->domain == TG_ERROR);
            if (strstr(trial.error->message, rows[i].says) == NULL) {
                g_error("%s: %s", rows[i].params, trial.error->message);
            }
            continue;
        }
        g_assert_no_error(trial.error);
        g_autofree char *json = tg_params_to_json(trial.turn.subtasks);

        g_assert_cmpstr(json, ==, rows[i].subtasks);
    }
}

static void test_wait_polls_until_its_time_and_keeps_it(void)
{
    g_auto(Trial) trial = {NULL};

    try_operator(&trial, &tg_operator_wait, "{\"_command\": \"1m 10s\"}", 0);
    g_assert_cmpint(trial.outcome, ==, TG_OUTCOME_POLL);
    g_assert_cmpint(trial.turn.poll_at_ms, ==, 71000);
    trial.turn.now_ms = 60000;
    g_assert_true(tg_operator_wait.run(&trial.turn, &trial.outcome, &trial.error));
    g_assert_cmpint(trial.turn.poll_at_ms, ==, 71000);
    trial.turn.now_ms = 71000;
    g_assert_true(tg_operator_wait.run(&trial.turn, &trial.outcome, &trial.error));
    g_assert_cmpint(trial.outcome, ==, TG_OUTCOME_DONE);
}

static void test_echo_prints_a_line(void)
{
    g_auto(Trial) trial = {NULL};

    try_operator(&trial, &tg_operator_echo, "{\"_command\": 5}", 0);
    g_assert_no_error(trial.error);
    g_assert_cmpstr(trial.printed->str, ==, "5\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operators/control/subtasks-and-mistakes", test_subtasks_and_mistakes);
    g_test_add_func("/operators/control/wait-polls-until-its-time-and-keeps-it",
                    test_wait_polls_until_its_time_and_keeps_it);
    g_test_add_func("/operators/control/echo-prints-a-line", test_echo_prints_a_line);
    return g_test_run();
}
