/* The state machine, driven by a script of results. */
#include "workflow/attempt.h"

#include <string.h>

#include "params/params.h"
#include "params/yaml.h"

static json_t *yaml_map(const char *text)
{
    TgSource source = {.name = "main.dig", .text = text, .size_bytes = strlen(text)};
    TgYamlOptions options = {.flavour = TG_YAML_DIGDAG};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgYaml) yaml = tg_yaml_parse(&source, &options, &error);

    g_assert_no_error(error);
    return json_incref(tg_yaml_root(yaml));
}

static TgAttempt *attempt_of(const char *text, guint tasks_max)
{
    g_autoptr(json_t) config = yaml_map(text);
    g_autoptr(json_t) params = json_object();
    g_autoptr(GError) error = NULL;
    g_autoptr(TgGraph) graph = tg_graph_compile("", "+m", config, NULL, &error);

    g_assert_no_error(error);
    TgAttempt *attempt = tg_attempt_new(graph, params, tasks_max, &error);

    g_assert_no_error(error);
    tg_attempt_tick(attempt, 1000);
    return attempt;
}

/* Runs one task by its words: `echo>: ok`, `echo>: fail`, `echo>: fail 2` (the first two times),
 * `sub>: {map}`, `store>: {map}`. */
typedef struct {
    TgAttempt *attempt;
    GHashTable *failures; /* full name -> how often it failed */
    GString *log;
    gint64 now_ms;
} Driver;

static gboolean should_fail(Driver *d, const TgTask *task)
{
    const char *words = json_string_value(json_object_get(task->local, "echo>"));
    guint times = 0;

    if (words == NULL || !g_str_has_prefix(words, "fail")) {
        return FALSE;
    }
    if (words[4] == '\0') {
        return TRUE;
    }
    times = GPOINTER_TO_UINT(g_hash_table_lookup(d->failures, task->full_name));
    g_hash_table_replace(d->failures, g_strdup(task->full_name), GUINT_TO_POINTER(times + 1));
    return times < g_ascii_strtoull(words + 5, NULL, 10);
}

static void run_one(Driver *d, guint id)
{
    const TgTask *task = tg_attempt_task(d->attempt, id);
    gboolean fails = should_fail(d, task);
    TgTaskResult result = {.subtasks = json_object_get(task->local, "sub>"),
                           .store = json_object_get(task->local, "store>")};

    g_string_append_printf(d->log, "%s%s%s", d->log->len > 0 ? " " : "", fails ? "!" : "",
                           task->full_name + 2);
    if (fails) {
        g_autoptr(json_t) error = json_pack("{s:s}", "message", task->full_name);

        tg_attempt_fail(d->attempt, id, error);
    } else {
        tg_attempt_succeed(d->attempt, id, &result);
    }
}

/* Takes all that is ready, then runs it, and so on: "|" parts what ran at the same time. */
static char *run(TgAttempt *attempt)
{
    Driver d = {.attempt = attempt, .log = g_string_new(NULL), .now_ms = 1000};

    d.failures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    while (!tg_attempt_is_done(attempt)) {
        g_autoptr(GArray) batch = g_array_new(FALSE, FALSE, sizeof(guint));
        guint id = 0;

        while (tg_attempt_take_ready(attempt, &id)) {
            static const TgTaskResult nothing;

            if (g_str_has_suffix(tg_attempt_task(attempt, id)->full_name, "^failure-alert")) {
                tg_attempt_succeed(attempt, id, &nothing); /* each failed attempt has one */
                continue;
            }
            g_array_append_val(batch, id);
        }
        if (batch->len == 0 && !tg_attempt_is_done(attempt)) {
            gint64 due = tg_attempt_next_due_ms(attempt);

            g_assert_cmpint(due, <, G_MAXINT64);
            if (due > d.now_ms) {
                g_string_append_printf(d.log, " (+%" G_GINT64_FORMAT "s)", (due - d.now_ms) / 1000);
                d.now_ms = due;
            }
        }
        if (d.log->len > 0 && batch->len > 1) {
            g_string_append(d.log, " |");
        }
        for (guint i = 0; i < batch->len; i++) {
            run_one(&d, g_array_index(batch, guint, i));
        }
        tg_attempt_tick(attempt, d.now_ms);
    }
    g_hash_table_unref(d.failures);
    g_string_append(d.log, tg_attempt_is_success(attempt) ? " = ok" : " = failed");
    return g_string_free(d.log, FALSE);
}

typedef struct {
    const char *name;
    const char *text;
    const char *log;
} Row;

static const Row rows[] = {
    {"sequence", "+a: {echo>: ok}\n+b: {echo>: ok}\n", "+a +b = ok"},
    {"nested groups", "+g:\n  +a: {echo>: ok}\n  +b: {echo>: ok}\n+c: {echo>: ok}\n",
     "+g+a +g+b +c = ok"},
    {"an empty group", "+g: {}\n+c: {echo>: ok}\n", "+c = ok"},
    {"a top level operator", "echo>: ok\n", " = ok"},
    {"a group in a group that start anew both run all",
     "+g:\n  _retry: 1\n  +h:\n    _retry: 1\n    +a: {echo>: fail}\n",
     "!+g+h+a !+g+h+a !+g+h+a !+g+h+a = failed"},
    {"a group in _error that starts anew",
     "_error:\n  +h:\n    _retry: 1\n    +b: {echo>: fail 1}\n+a: {echo>: fail}\n",
     "!+a !^error+h+b ^error+h+b = failed"},
    {"a failure stops followers", "+a: {echo>: fail}\n+b: {echo>: ok}\n", "!+a = failed"},
    {"parallel siblings go on",
     "+g:\n  _parallel: true\n  +a: {echo>: fail}\n  +b: {echo>: ok}\n+c: {echo>: ok}\n",
     "!+g+a +g+b = failed"},
    {"case d03: a parallel limit cuts into chunks",
     "_parallel: {limit: 2}\n+a: {echo>: ok}\n+b: {echo>: ok}\n+c: {echo>: ok}\n", "+a +b +c = ok"},
    {"case d04: background",
     "+a: {echo>: ok}\n+b: {_background: true, echo>: ok}\n+c: {echo>: ok}\n", "+a +b +c = ok"},
    {"case d06: after",
     "_parallel: true\n+a: {echo>: ok}\n+b: {echo>: ok, _after: [+a]}\n"
     "+c: {echo>: ok}\n",
     "+a +c +b = ok"},
    {"disabled", "+a: {_disable: true, echo>: fail}\n+b: {echo>: ok}\n", "+b = ok"},
    {"case d15: errors innermost first",
     "_error: {echo>: ok}\n+g:\n  _error: {echo>: ok}\n  +a: {echo>: fail, _error: {echo>: ok}}\n",
     "!+g+a +g+a^error +g^error ^error = failed"},
    {"a failing error task", "+a: {echo>: fail, _error: {echo>: fail}}\n",
     "!+a !+a^error = failed"},
    {"case d18: check", "+a: {echo>: ok, _check: {echo>: ok}}\n+b: {echo>: ok}\n",
     "+a +a^check +b = ok"},
    {"case d19: a failing check", "+a: {echo>: ok, _check: {echo>: fail}, _error: {echo>: ok}}\n",
     "+a !+a^check +a^error = failed"},
    {"check waits for subtasks", "+a:\n  sub>: {+x: {echo>: ok}}\n  _check: {echo>: ok}\n",
     "+a +a^sub+x +a^check = ok"},
    {"a failing subtask", "+a:\n  sub>: {+x: {echo>: fail}}\n+b: {echo>: ok}\n",
     "+a !+a^sub+x = failed"},
    {"case d52: a group starts anew, its error task comes last",
     "+g:\n  _retry: 1\n  _error: {echo>: ok}\n  +a: {echo>: ok}\n  +b: {echo>: fail}\n",
     "+g+a !+g+b +g+a !+g+b +g^error = failed"},
    {"a group retry that helps",
     "+g:\n  _retry: {limit: 3, interval: 10, interval_type: exponential}\n"
     "  +a: {echo>: ok}\n  +b: {echo>: fail 2}\n+c: {echo>: ok}\n",
     "+g+a !+g+b (+10s) +g+a !+g+b (+20s) +g+a +g+b +c = ok"},
    {"a retry of subtasks runs the operator again",
     "+a:\n  _retry: 1\n  sub>: {+x: {echo>: fail 1}}\n", "+a !+a^sub+x +a +a^sub+x = ok"},
    {"subtasks that do not compile fail the task",
     "+a:\n  sub>: {+x: {echo>: ok, sh>: y}}\n  _error: {echo>: ok}\n", "+a +a^error = failed"},
};

static void test_orders(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgAttempt) attempt = attempt_of(rows[i].text, 0);
        g_autofree char *log = run(attempt);
        g_auto(GStrv) words = g_strsplit(log, " |", -1);
        g_autofree char *flat = g_strjoinv("", words);

        if (strcmp(flat, rows[i].log) != 0) {
            g_error("%s: expected '%s', got '%s'", rows[i].name, rows[i].log, flat);
        }
    }
}

static void test_parallel_tasks_are_ready_together(void)
{
    g_autoptr(TgAttempt) attempt =
        attempt_of("_parallel: true\n+a: {echo>: ok}\n+b: {echo>: ok}\n+c: {echo>: ok}\n", 0);
    guint id = 0;

    for (guint i = 1; i <= 3; i++) {
        g_assert_true(tg_attempt_take_ready(attempt, &id));
        g_assert_cmpuint(id, ==, i);
    }
    g_assert_false(tg_attempt_take_ready(attempt, &id));
}

static void test_a_stale_answer_is_ignored(void)
{
    g_autoptr(TgAttempt) attempt = attempt_of("+a: {echo>: ok}\n+b: {echo>: ok}\n", 0);
    g_autoptr(json_t) error = json_pack("{s:s}", "message", "late");
    TgTaskResult result = {0};
    guint id = 0;

    g_assert_true(tg_attempt_take_ready(attempt, &id));
    tg_attempt_succeed(attempt, id, &result);
    tg_attempt_fail(attempt, id, error);
    tg_attempt_succeed(attempt, 99, &result);
    g_assert_cmpint(tg_attempt_task(attempt, id)->state, ==, TG_TASK_SUCCESS);
}

static void test_the_task_limit_is_digdags(void)
{
    g_autoptr(TgAttempt) attempt = attempt_of("+a:\n  sub>: {+x: {echo>: ok}}\n", 3);
    g_autofree char *log = run(attempt);

    g_assert_cmpstr(log, ==, "+a = failed");
    g_assert_cmpstr(
        json_string_value(json_object_get(tg_attempt_task(attempt, 1)->error, "message")), ==,
        "Too many tasks. Limit: 3, Current: 2, Adding: 2");
}

static void test_waiting_tasks_come_back_in_time(void)
{
    g_autoptr(TgAttempt) attempt = attempt_of("+a: {echo>: ok}\n", 0);
    g_autoptr(json_t) state = json_pack("{s:i}", "n", 1);
    guint id = 0;

    g_assert_true(tg_attempt_take_ready(attempt, &id));
    tg_attempt_wait(attempt, id, state, 5000);
    g_assert_cmpint(tg_attempt_next_due_ms(attempt), ==, 5000);
    tg_attempt_tick(attempt, 4999);
    g_assert_false(tg_attempt_take_ready(attempt, &id));
    tg_attempt_tick(attempt, 5000);
    g_assert_true(tg_attempt_take_ready(attempt, &id));
    g_assert_cmpint(
        json_integer_value(json_object_get(tg_attempt_task(attempt, id)->state_params, "n")), ==,
        1);
}

static void test_cancel_ends_all_when_running_tasks_end(void)
{
    g_autoptr(TgAttempt) attempt = attempt_of(
        "_parallel: true\n+a: {echo>: ok}\n+b: {echo>: ok}\n+g:\n  +c: {echo>: ok}\n", 0);
    TgTaskResult result = {0};
    guint id = 0;

    g_assert_true(tg_attempt_take_ready(attempt, &id));
    tg_attempt_cancel(attempt);
    g_assert_false(tg_attempt_is_done(attempt));
    tg_attempt_succeed(attempt, id, &result);
    g_assert_true(tg_attempt_is_done(attempt));
    g_assert_false(tg_attempt_is_success(attempt));
    for (guint i = 0; i < tg_attempt_task_count(attempt); i++) {
        TgTaskState state = tg_attempt_task(attempt, i)->state;

        g_assert_true(state == TG_TASK_CANCELED || state == TG_TASK_BLOCKED);
    }
}

static const TgTask *task_named(TgAttempt *attempt, const char *full_name)
{
    for (guint i = 0; i < tg_attempt_task_count(attempt); i++) {
        if (strcmp(tg_attempt_task(attempt, i)->full_name, full_name) == 0) {
            return tg_attempt_task(attempt, i);
        }
    }
    g_error("no task %s", full_name);
}

/* Spec b17: exports of ancestors and stored parameters, from far to near. */
static void test_parameters_come_from_far_to_near(void)
{
    g_autoptr(TgAttempt) attempt = attempt_of("_export: {x: root, e: 1}\n"
                                              "+s:\n  store>: {x: stored, y: 1}\n"
                                              "+g:\n  _export: {x: group}\n"
                                              "  +a: {echo>: ok}\n"
                                              "  +t:\n    store>: {x: inner}\n"
                                              "  +b: {echo>: ok, _export: {z: own}}\n",
                                              0);
    g_autofree char *log = run(attempt);
    const TgTask *a = task_named(attempt, "+m+g+a");
    const TgTask *b = task_named(attempt, "+m+g+b");
    g_autoptr(json_t) of_a = tg_attempt_collect_params(attempt, a->id);
    g_autoptr(json_t) of_b = tg_attempt_collect_params(attempt, b->id);
    g_autofree char *a_json = tg_params_to_json(of_a);
    g_autofree char *b_json = tg_params_to_json(of_b);

    g_assert_cmpstr(a_json, ==, "{\"x\":\"group\",\"e\":1,\"y\":1}");
    g_assert_cmpstr(b_json, ==, "{\"x\":\"inner\",\"e\":1,\"y\":1,\"z\":\"own\"}");
}

static void test_parallel_siblings_do_not_see_each_other(void)
{
    g_autoptr(TgAttempt) attempt = attempt_of("_parallel: true\n+s:\n  store>: {x: 1}\n"
                                              "+a: {echo>: ok}\n+b: {echo>: ok, _after: [+s]}\n",
                                              0);
    g_autofree char *log = run(attempt);
    g_autoptr(json_t) of_a = tg_attempt_collect_params(attempt, task_named(attempt, "+m+a")->id);
    g_autoptr(json_t) of_b = tg_attempt_collect_params(attempt, task_named(attempt, "+m+b")->id);

    g_assert_null(json_object_get(of_a, "x"));
    g_assert_cmpint(json_integer_value(json_object_get(of_b, "x")), ==, 1);
}

static void test_a_long_chain_is_no_deep_recursion(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 20000; i++) {
        g_string_append_printf(text, "+t%d: {}\n", i);
    }
    g_autoptr(TgAttempt) attempt = attempt_of(text->str, 0);

    g_assert_true(tg_attempt_is_success(attempt));
}

/* "a.b" of reset_store is the key b in the map a, and the map of whoever else has it stays. */
static void test_a_store_is_reset_below_a_map(void)
{
    g_autoptr(TgAttempt) attempt = attempt_of("_export: {a: {b: 1, c: 2}}\n+x: {do>: 1}\n"
                                              "+y: {do>: 1}\n",
                                              0);
    g_autoptr(json_t) reset = json_pack("[s, s]", "a.b", "none.of.these");
    TgTaskResult result = {.reset_store = reset};
    guint id = 0;

    g_assert_true(tg_attempt_take_ready(attempt, &id));
    tg_attempt_succeed(attempt, id, &result);
    g_autoptr(json_t) later = tg_attempt_collect_params(attempt, 2);
    g_autoptr(json_t) first = tg_attempt_collect_params(attempt, 1);

    g_assert_null(json_object_get(json_object_get(later, "a"), "b"));
    g_assert_nonnull(json_object_get(json_object_get(later, "a"), "c"));
    g_assert_nonnull(json_object_get(json_object_get(first, "a"), "b"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/workflow/attempt/orders", test_orders);
    g_test_add_func("/workflow/attempt/parallel-tasks-are-ready-together",
                    test_parallel_tasks_are_ready_together);
    g_test_add_func("/workflow/attempt/a-stale-answer-is-ignored", test_a_stale_answer_is_ignored);
    g_test_add_func("/workflow/attempt/the-task-limit-is-digdags", test_the_task_limit_is_digdags);
    g_test_add_func("/workflow/attempt/waiting-tasks-come-back-in-time",
                    test_waiting_tasks_come_back_in_time);
    g_test_add_func("/workflow/attempt/cancel-ends-all-when-running-tasks-end",
                    test_cancel_ends_all_when_running_tasks_end);
    g_test_add_func("/workflow/attempt/parameters-come-from-far-to-near",
                    test_parameters_come_from_far_to_near);
    g_test_add_func("/workflow/attempt/parallel-siblings-do-not-see-each-other",
                    test_parallel_siblings_do_not_see_each_other);
    g_test_add_func("/workflow/attempt/a-long-chain-is-no-deep-recursion",
                    test_a_long_chain_is_no_deep_recursion);
    g_test_add_func("/workflow/attempt/a-store-is-reset-below-a-map",
                    test_a_store_is_reset_below_a_map);
    return g_test_run();
}
