/* The workflow core in a made-up world: a clock that jumps, tasks that take their time, fail, ask
 * for another turn or answer twice, programs that die and start again, users who stop it all.
 *
 *   sim [FIRST [COUNT]]   seeds FIRST … FIRST + COUNT - 1; one seed prints its journal
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker.h"
#include "params/params.h"
#include "workflow/attempt.h"
#include "workflow/retry.h"

#define SEEDS_DEFAULT 10000
#define STEPS_MAX 100000
#define CRASHES_MAX 3

/* A task that runs or waits for its next turn. */
typedef struct {
    guint id;
    guint polls_left;
    gint64 ends_at_ms; /* of its present turn; -1 while it waits */
} Working;

typedef struct {
    TgSimModel model;
    json_t *workflow;
    TgAttempt *attempt;
    gint64 now_ms;
    GPtrArray *journal; /* of TgSimLine */
    GHashTable *turns;  /* full name -> how often it ran */
    GHashTable *saved;  /* full name -> the subtasks of its success, as JSON or null */
    GHashTable *told;   /* id -> state + 1 that the journal has last */
    GArray *working;    /* of Working */
    guint crashes;
    gboolean is_killed;
    guint steps;
} Sim;

static void line_free(gpointer data)
{
    TgSimLine *line = data;

    g_free(line->name);
    g_free(line);
}

static void write_line(Sim *sim, TgSimEvent event, guint id, const char *name)
{
    TgSimLine *line = g_new(TgSimLine, 1);

    *line = (TgSimLine){.event = event, .id = id, .name = g_strdup(name)};
    g_ptr_array_add(sim->journal, line);
}

static void write_changes(Sim *sim)
{
    guint id = 0;

    while (tg_attempt_take_changed(sim->attempt, &id)) {
        const TgTask *task = tg_attempt_task(sim->attempt, id);
        gpointer state = GUINT_TO_POINTER((guint)task->state + 1);
        gpointer key = GUINT_TO_POINTER(id);

        if (g_hash_table_lookup(sim->told, key) == state) {
            continue;
        }
        g_hash_table_replace(sim->told, key, state);
        if (task->state == TG_TASK_SUCCESS) {
            write_line(sim, TG_SIM_SUCCESS, id, task->full_name);
        } else if (task->state == TG_TASK_ERROR || task->state == TG_TASK_GROUP_ERROR) {
            write_line(sim, TG_SIM_FAILED, id, task->full_name);
        } else if (task->state == TG_TASK_CANCELED) {
            write_line(sim, TG_SIM_CANCELED, id, task->full_name);
        } else if (task->state == TG_TASK_GROUP_RETRY_WAITING) {
            write_line(sim, TG_SIM_ANEW, id, task->full_name);
        }
    }
}

/* A program starts: all it knows is the workflow and what is saved. */
static void boot(Sim *sim)
{
    g_autoptr(TgGraph) graph = tg_graph_compile("", "+sim", sim->workflow, NULL, NULL);
    g_autoptr(json_t) params = json_object();

    tg_attempt_free(sim->attempt);
    sim->attempt = tg_attempt_new(graph, params, 0, NULL);
    g_array_set_size(sim->working, 0);
    g_hash_table_remove_all(sim->told);
    if (sim->is_killed) { /* the wish outlives the program */
        tg_attempt_cancel(sim->attempt);
    }
}

static void succeed(Sim *sim, guint id, const json_t *subtasks)
{
    TgTaskResult result = {.subtasks = subtasks};

    tg_attempt_succeed(sim->attempt, id, &result);
    write_changes(sim);
}

static Working *working_of(Sim *sim, guint id)
{
    for (guint i = 0; i < sim->working->len; i++) {
        Working *working = &g_array_index(sim->working, Working, i);

        if (working->id == id) {
            return working;
        }
    }
    return NULL;
}

/* What finished is saved at once; a group's states cannot be reused and are not. */
static void save_successes(Sim *sim)
{
    for (guint i = 0; i < tg_attempt_task_count(sim->attempt); i++) {
        const TgTask *task = tg_attempt_task(sim->attempt, i);

        if (task->state == TG_TASK_SUCCESS && !task->is_group && !task->is_superseded) {
            g_hash_table_replace(sim->saved, g_strdup(task->full_name),
                                 tg_sim_model_subtasks(&sim->model, task->full_name));
        }
    }
}

/* What a program may take from the saved states: executor/local_run.c. */
static gboolean may_reuse(const Sim *sim, guint id)
{
    const TgTask *task = tg_attempt_task(sim->attempt, id);

    if (tg_sim_is_about_failure(task->full_name)) {
        return FALSE;
    }
    for (int at = (int)id; at >= 0; at = tg_attempt_task(sim->attempt, (guint)at)->parent_id) {
        if (tg_retry_has_happened(tg_attempt_task(sim->attempt, (guint)at)->state_params)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void hand_out(Sim *sim, guint id)
{
    const char *name = tg_attempt_task(sim->attempt, id)->full_name;
    Working *waiting = working_of(sim, id);
    gpointer subtasks = NULL;
    gint64 ends_at_ms = sim->now_ms + tg_sim_random(&sim->model, 3000);

    if (waiting != NULL && waiting->ends_at_ms < 0) {
        waiting->ends_at_ms = ends_at_ms;
        return;
    }
    if (may_reuse(sim, id) && g_hash_table_lookup_extended(sim->saved, name, NULL, &subtasks)) {
        write_line(sim, TG_SIM_REUSED, id, name);
        succeed(sim, id, subtasks);
        save_successes(sim);
        return;
    }
    Working working = {.id = id,
                       .polls_left = tg_sim_random(&sim->model, 4) == 0 ? 2 : 0,
                       .ends_at_ms = ends_at_ms};

    write_line(sim, TG_SIM_STARTS, id, name);
    g_array_append_val(sim->working, working);
}

static void answer(Sim *sim, guint id)
{
    const char *name = tg_attempt_task(sim->attempt, id)->full_name;
    guint turn = GPOINTER_TO_UINT(g_hash_table_lookup(sim->turns, name));
    g_autoptr(json_t) subtasks = tg_sim_model_subtasks(&sim->model, name);
    static const TgTaskResult nothing;

    g_hash_table_replace(sim->turns, g_strdup(name), GUINT_TO_POINTER(turn + 1));
    if (tg_sim_model_fails(&sim->model, name, turn)) {
        g_autoptr(json_t) error = json_pack("{s:s}", "message", name);

        tg_attempt_fail(sim->attempt, id, error);
    } else {
        succeed(sim, id, subtasks);
    }
    write_changes(sim);
    if (tg_sim_random(&sim->model, 5) == 0) { /* the answer comes twice, and differs */
        tg_attempt_succeed(sim->attempt, id, &nothing);
        write_changes(sim);
    }
}

/* One task whose turn has ended. */
static void end_turn(Sim *sim, guint index)
{
    Working *working = &g_array_index(sim->working, Working, index);
    guint id = working->id;

    if (working->polls_left > 0) {
        working->polls_left--;
        working->ends_at_ms = -1;
        tg_attempt_wait(sim->attempt, id, NULL, sim->now_ms + 1 + tg_sim_random(&sim->model, 2000));
        write_changes(sim);
        if (tg_attempt_is_cancelled(sim->attempt)) { /* the answer was taken as the last one */
            g_array_remove_index_fast(sim->working, index);
        }
        return;
    }
    g_array_remove_index_fast(sim->working, index);
    answer(sim, id);
    save_successes(sim);
}

/* The next instant at which anything happens; FALSE: nothing ever will. */
static gboolean advance(Sim *sim)
{
    gint64 next_ms = tg_attempt_next_due_ms(sim->attempt);
    guint first = G_MAXUINT;

    for (guint i = 0; i < sim->working->len; i++) {
        gint64 ends_at_ms = g_array_index(sim->working, Working, i).ends_at_ms;

        if (ends_at_ms >= 0 && ends_at_ms < next_ms) {
            next_ms = ends_at_ms;
            first = i;
        }
    }
    if (next_ms == G_MAXINT64) {
        return FALSE;
    }
    sim->now_ms = MAX(sim->now_ms, next_ms);
    if (first != G_MAXUINT) {
        end_turn(sim, first);
    }
    return TRUE;
}

static void disturb(Sim *sim)
{
    if (tg_sim_model_crashes(&sim->model) && sim->crashes < CRASHES_MAX &&
        tg_sim_random(&sim->model, 15) == 0) {
        sim->crashes++;
        write_line(sim, TG_SIM_CRASH, 0, NULL);
        boot(sim);
    }
    if (tg_sim_model_is_killed(&sim->model) && !sim->is_killed &&
        tg_sim_random(&sim->model, 15) == 0) {
        sim->is_killed = TRUE;
        write_line(sim, TG_SIM_KILL, 0, NULL);
        tg_attempt_cancel(sim->attempt);
        write_changes(sim);
    }
}

static char *run_world(Sim *sim)
{
    boot(sim);
    while (!tg_attempt_is_done(sim->attempt)) {
        guint id = 0;

        if (++sim->steps > STEPS_MAX) {
            return g_strdup("it does not end");
        }
        tg_attempt_tick(sim->attempt, sim->now_ms);
        write_changes(sim);
        while (tg_attempt_take_ready(sim->attempt, &id)) {
            hand_out(sim, id);
        }
        if (tg_attempt_is_done(sim->attempt)) {
            break;
        }
        if (!tg_attempt_has_ready(sim->attempt) && !advance(sim)) {
            return g_strdup("it is not done, and nothing can happen any more");
        }
        if (!tg_attempt_is_done(sim->attempt)) {
            disturb(sim);
        }
    }
    return tg_sim_check(&sim->model, sim->workflow, sim->journal,
                        tg_attempt_is_success(sim->attempt));
}

static void print_journal(const Sim *sim)
{
    static const char *const words[] = {"starts",   "success", "failed", "anew",
                                        "canceled", "CRASH",   "reused", "KILL"};
    char *text = json_dumps(sim->workflow, JSON_INDENT(2));

    (void)puts(text);
    free(text);
    for (guint i = 0; i < sim->journal->len; i++) {
        const TgSimLine *line = sim->journal->pdata[i];

        (void)printf("%s %s\n", words[line->event], line->name == NULL ? "" : line->name);
    }
}

static void json_free(gpointer value)
{
    json_decref(value);
}

/* Runs one seed; NULL, or what is wrong. */
static char *run_seed(guint64 seed, gboolean is_shown)
{
    Sim sim = {.now_ms = 1000,
               .journal = g_ptr_array_new_with_free_func(line_free),
               .turns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
               .saved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_free),
               .told = g_hash_table_new(NULL, NULL),
               .working = g_array_new(FALSE, FALSE, sizeof(Working))};

    tg_sim_model_init(&sim.model, seed);
    sim.workflow = tg_sim_model_workflow(&sim.model);
    char *wrong = run_world(&sim);

    if (is_shown) {
        print_journal(&sim);
    }
    tg_attempt_free(sim.attempt);
    json_decref(sim.workflow);
    g_ptr_array_unref(sim.journal);
    g_hash_table_unref(sim.turns);
    g_hash_table_unref(sim.saved);
    g_hash_table_unref(sim.told);
    g_array_unref(sim.working);
    return wrong;
}

int main(int argc, char **argv)
{
    guint64 first = argc > 1 ? g_ascii_strtoull(argv[1], NULL, 10) : 1;
    guint64 count = argc > 2 ? g_ascii_strtoull(argv[2], NULL, 10) : argc > 1 ? 1 : SEEDS_DEFAULT;
    guint wrong_count = 0;

    for (guint64 seed = first; seed < first + count && wrong_count < 10; seed++) {
        g_autofree char *wrong = run_seed(seed, count == 1);

        if (wrong != NULL) {
            wrong_count++;
            (void)printf("# seed %" G_GUINT64_FORMAT ": %s\n", seed, wrong);
        }
    }
    (void)printf("1..1\n%s 1 - %" G_GUINT64_FORMAT " seeds from %" G_GUINT64_FORMAT " on\n",
                 wrong_count == 0 ? "ok" : "not ok", count, first);
    return wrong_count == 0 ? 0 : 1;
}
