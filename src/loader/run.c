/* One load as a transaction: input, filters, output, tasks on threads, commit. */
#include "base/clock.h"
#include "loader/context.h"
#include "loader/position.h"
#include "loader/rows.h"
#include "params/params.h"

#define TASKS_MAX 100000u

/* A run under way. */
typedef struct {
    TgLoaderContext *context;
    TgInput *input;
    TgOutput *output;
    TgFilterChain filters;
    gint64 started_us; /* monotonic */
    gboolean merges;   /* one output task takes all input tasks */
    guint scatter;     /* output tasks for each input task */
    guint out_count;   /* output tasks in all */
    guint threads_max; /* input tasks at a time */
    json_t **reports;  /* one for each output task; NULL: not done */
    GError **errors;   /* the same */
} Run;

/* One output task that takes a share of an input task. */
typedef struct {
    Run *run;
    TgRows *rows;
    guint out_task;
} Share;

static void run_out_task(Run *run, guint out_task, TgRows *rows)
{
    const TgOutputClass *class = run->output->class;
    json_t *report = NULL;

    if (class->run_task(run->output, out_task, rows, &report, &run->errors[out_task])) {
        run->reports[out_task] = report == NULL ? json_object() : report;
    }
}

static gpointer run_share(gpointer data)
{
    Share *share = data;

    run_out_task(share->run, share->out_task, share->rows);
    g_clear_pointer(&share->rows, tg_rows_free);
    return NULL;
}

static void run_scattered(Run *run, guint task, TgReader *take_reader)
{
    g_autoptr(TgDealer) dealer = tg_dealer_new(take_reader, run->input->schema, run->scatter);
    g_autofree Share *shares = g_new0(Share, run->scatter);
    g_autofree GThread **threads = g_new0(GThread *, run->scatter);

    for (guint i = 0; i < run->scatter; i++) {
        shares[i].run = run;
        shares[i].out_task = task * run->scatter + i;
        shares[i].rows =
            tg_rows_new_dealt(run->context, &run->filters, run->input->schema, dealer, i);
    }
    for (guint i = 0; i < run->scatter; i++) {
        threads[i] = g_thread_new("output-task", run_share, &shares[i]);
    }
    for (guint i = 0; i < run->scatter; i++) {
        (void)g_thread_join(threads[i]); /* results stand in the run */
    }
}

static gboolean is_done_before(const Run *run, guint task)
{
    for (guint i = 0; i < run->scatter; i++) {
        if (run->reports[task * run->scatter + i] == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Called by the thread pool; `data` is the input task + 1. */
static void run_in_task(gpointer data, gpointer user_data)
{
    Run *run = user_data;
    guint task = GPOINTER_TO_UINT(data) - 1;
    guint first = task * run->scatter;

    if (is_done_before(run, task)) {
        return;
    }
    TgReader *reader = run->input->class->open_task(run->input, task, &run->errors[first]);

    if (reader == NULL) {
        return;
    }
    if (run->scatter > 1) {
        run_scattered(run, task, reader);
        return;
    }
    guint tasks_at_a_time = MIN(run->threads_max, run->input->task_count);
    guint helpers = tg_loader_readers_max(run->context) / tasks_at_a_time;
    g_autoptr(TgRows) rows = tg_rows_new_reader(run->context, &run->filters, run->input->schema,
                                                reader, MAX(helpers, 1));

    run_out_task(run, first, rows);
}

static gboolean run_tasks(Run *run, GError **error)
{
    guint threads = MIN(run->threads_max, run->input->task_count);

    if (run->merges) {
        g_autoptr(TgRows) rows = tg_rows_new_merged(run->context, &run->filters, run->input,
                                                    tg_loader_readers_max(run->context));

        run_out_task(run, 0, rows);
        return TRUE;
    }
    if (threads <= 1) {
        for (guint i = 0; i < run->input->task_count; i++) {
            run_in_task(GUINT_TO_POINTER(i + 1), run);
        }
        return TRUE;
    }
    GThreadPool *pool = g_thread_pool_new(run_in_task, run, (gint)threads, TRUE, error);

    if (pool == NULL) {
        return FALSE;
    }
    for (guint i = 0; i < run->input->task_count; i++) {
        (void)g_thread_pool_push(pool, GUINT_TO_POINTER(i + 1), NULL); /* cannot fail here */
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    return TRUE;
}

/* The first error of the tasks; the others are logged. */
static gboolean check_tasks(Run *run, GError **error)
{
    gboolean ok = TRUE;

    for (guint i = 0; i < run->out_count; i++) {
        if (run->errors[i] == NULL) {
            continue;
        }
        if (ok) {
            ok = FALSE;
            g_propagate_error(error, g_steal_pointer(&run->errors[i]));
        } else {
            tg_loader_log(run->context, TG_LOADER_WARN, "task %u failed, too: %s", i,
                          run->errors[i]->message);
        }
    }
    return ok;
}

/* Reports of an earlier run that failed: their tasks are not run again. */
static gboolean take_resume_state(Run *run, GError **error)
{
    const json_t *state = run->context->job->resume_state;
    const json_t *reports = json_object_get(state, "out_reports");

    if (state == NULL) {
        return TRUE;
    }
    if (json_array_size(reports) != run->out_count) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the resume state has %u tasks, but the load has %u now: the input or the "
                    "config changed; remove the state to start anew",
                    (guint)json_array_size(reports), run->out_count);
        return FALSE;
    }
    for (guint i = 0; i < run->out_count; i++) {
        json_t *report = json_array_get(reports, i);

        run->reports[i] = json_is_null(report) ? NULL : json_incref(report);
    }
    return TRUE;
}

static json_t *reports_to_json(const Run *run)
{
    json_t *list = json_array();

    for (guint i = 0; i < run->out_count; i++) {
        json_t *report = run->reports[i];

        json_array_append_new(list, report == NULL ? json_null() : json_incref(report));
    }
    return list;
}

static gboolean read_exec(Run *run, const json_t *config, GError **error)
{
    const json_t *exec = json_object_get(config, "exec");
    guint cores = tg_loader_threads(run->context);
    gboolean exact = run->context->job->exact_types;
    gint64 threads_max = 0;
    gint64 output_min = 0;

    if (exec != NULL && !json_is_null(exec) && !json_is_object(exec)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'exec' must be a map");
        return FALSE;
    }
    if (!tg_params_get_int64(exec, "max_threads", exact ? cores : (gint64)cores * 2, &threads_max,
                             error) ||
        !tg_params_get_int64(exec, "min_output_tasks", exact ? 1 : cores, &output_min, error)) {
        g_prefix_error(error, "exec: ");
        return FALSE;
    }
    guint tasks = run->input->task_count;

    run->threads_max = (guint)CLAMP(threads_max, 1, TG_LOADER_THREADS_MAX);
    run->merges = tg_loader_output_merges(run->context, json_object_get(config, "out"));
    run->scatter = 1;
    if (!run->merges && tasks > 0 && (gint64)tasks < MIN(output_min, TG_LOADER_THREADS_MAX)) {
        guint wanted = (guint)MIN(output_min, TG_LOADER_THREADS_MAX);

        run->scatter = (wanted + tasks - 1) / tasks;
    }
    if (tasks > TASKS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the input has %u tasks; the limit is %u",
                    tasks, TASKS_MAX);
        return FALSE;
    }
    run->out_count = run->merges ? 1 : tasks * run->scatter;
    return TRUE;
}

static gboolean open_all(Run *run, const json_t *config, GError **error)
{
    TgLoaderContext *context = run->context;
    const json_t *out = json_object_get(config, "out");

    if (out == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'out' is missing: where shall the rows go?");
        return FALSE;
    }
    context->rejects = tg_rejects_new(context, json_object_get(config, "exec"), error);
    if (context->rejects == NULL) {
        return FALSE;
    }
    run->input = tg_loader_open_input(context, json_object_get(config, "in"), error);
    if (run->input == NULL) {
        return FALSE;
    }
    context->bytes_expected = run->input->bytes_expected;
    if (!tg_filter_chain_open(context, config, run->input->schema, &run->filters, error)) {
        return FALSE;
    }
    tg_filter_chain_find_unused(context, &run->filters, run->input->schema);
    tg_filter_chain_join(context, &run->input, &run->filters);
    if (!read_exec(run, config, error)) {
        return FALSE;
    }
    run->output = tg_loader_open_output(context, out, run->filters.schema, run->out_count, error);
    if (run->output == NULL) {
        return FALSE;
    }
    run->reports = g_new0(json_t *, run->out_count + 1);
    run->errors = g_new0(GError *, run->out_count + 1);
    return take_resume_state(run, error);
}

static json_t *describe_columns(const TgSchema *schema)
{
    json_t *list = json_array();

    for (guint i = 0; i < schema->count; i++) {
        g_autofree char *type = tg_type_to_text(schema->columns[i].type);

        json_array_append_new(
            list, json_pack("{s:s, s:s}", "name", schema->columns[i].name, "type", type));
    }
    return list;
}

static gboolean commit(Run *run, const json_t *config, TgLoaderReport *out, GError **error)
{
    TgLoaderContext *context = run->context;
    g_autoptr(json_t) reports = reports_to_json(run);
    g_autoptr(json_t) receipt =
        json_pack("{s:I, s:I, s:I, s:I, s:o}", "rows_read", (json_int_t)context->rows_read,
                  "rows_written", (json_int_t)context->rows_written, "rows_rejected",
                  (json_int_t)context->rows_rejected, "bytes_read", (json_int_t)context->bytes_read,
                  "columns", describe_columns(run->filters.schema));
    g_autoptr(json_t) out_diff = NULL;

    if (!tg_rejects_finish(context->rejects, context->rows_read, receipt, error) ||
        !tg_position_tell(context, run->input, config, receipt, error) ||
        !run->output->class->commit(run->output, reports, receipt, &out_diff, error)) {
        return FALSE;
    }
    json_t *in_diff = run->input->class->finish(run->input, error);

    if (in_diff == NULL) {
        return FALSE;
    }
    out->config_diff = json_pack("{s:o, s:O}", "in", in_diff, "out", out_diff);
    json_object_set_new(receipt, "duration_ms",
                        json_integer((tg_clock_monotonic_us() - run->started_us) / 1000));
    out->receipt = g_steal_pointer(&receipt);
    return TRUE;
}

static void run_clear(Run *run)
{
    tg_output_free(run->output);
    for (guint i = 0; i < run->out_count && run->reports != NULL; i++) {
        json_decref(run->reports[i]);
        g_clear_error(&run->errors[i]);
    }
    g_free(run->reports);
    g_free(run->errors);
    tg_filter_chain_clear(&run->filters);
    tg_input_free(run->input);
    tg_rejects_free(run->context->rejects);
    g_free(run->context->unused);
}

static gboolean run_all(Run *run, const json_t *config, TgLoaderReport *out, GError **error)
{
    if (!open_all(run, config, error) || !run_tasks(run, error)) {
        return FALSE;
    }
    if (!check_tasks(run, error)) {
        out->resume_state =
            json_pack("{s:I, s:o}", "transaction_time", (json_int_t)run->context->job->now_ms,
                      "out_reports", reports_to_json(run));
        return FALSE;
    }
    return commit(run, config, out, error);
}

gboolean tg_loader_run(const TgLoaderJob *job, TgLoaderReport *out, GError **error)
{
    TgLoaderContext context = {.job = job, .bytes_expected = -1};
    Run run = {.context = &context, .started_us = tg_clock_monotonic_us()};
    g_autoptr(json_t) guessed = tg_loader_guess_missing(&context, error);
    g_autoptr(json_t) config = guessed == NULL ? NULL : tg_position_apply(&context, guessed, error);

    gboolean ok = config != NULL && run_all(&run, config, out, error);

    run_clear(&run);
    json_decref(context.position_read);
    if (config != NULL && !ok) {
        g_prefix_error(error, "%s: ", job->config_name);
    }
    return ok;
}

void tg_loader_report_clear(TgLoaderReport *report)
{
    json_decref(report->receipt);
    json_decref(report->config_diff);
    json_decref(report->resume_state);
    *report = (TgLoaderReport){0};
}
