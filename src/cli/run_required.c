/* Attempts started by require>. */
#include "cli/run_required.h"

#include <string.h>

#include "base/random.h"
#include "base/suggest.h"
#include "params/params.h"
#include "schedule/schedule.h"
#include "schedule/zone.h"

#define PROJECT_NAME "default" /* Digdag's name of the project of a local run */

/* One attempt; the first is that of the command line and has no thread. */
typedef struct {
    TgRunRequired *owner;
    char *key; /* workflow, session time, retry: what makes it unique */
    char *workflow_name;
    TgAttemptIdentity identity;
    char *timezone_name;
    char *uuid;
    char *retry_attempt_name;
    TgGraph *graph;
    json_t *params;
    GThread *thread;
    gint64 waits_for; /* the attempt that one of its tasks waits for; 0: none */
    gboolean is_done;
    gboolean is_success;
} Attempt;

struct TgRunRequired {
    const TgLocalRun *run;
    const TgProject *project;
    const json_t *params;
    GMutex mutex;        /* over the list and what changes in it */
    GPtrArray *attempts; /* of Attempt; the id is the place + 1 */
};

static void attempt_free(gpointer data)
{
    Attempt *attempt = data;

    if (attempt == NULL) {
        return;
    }
    g_free(attempt->key);
    g_free(attempt->workflow_name);
    g_free(attempt->timezone_name);
    g_free(attempt->uuid);
    g_free(attempt->retry_attempt_name);
    g_clear_pointer(&attempt->identity.zone, g_time_zone_unref);
    tg_graph_free(attempt->graph);
    json_decref(attempt->params);
    g_free(attempt);
}

static char *key_of(const char *workflow, gint64 session_time_ms, const char *retry_attempt_name)
{
    return g_strdup_printf("%s\n%" G_GINT64_FORMAT "\n%s", workflow, session_time_ms,
                           retry_attempt_name == NULL ? "" : retry_attempt_name);
}

TgRunRequired *tg_run_required_new(const TgLocalRun *run, const TgProject *project,
                                   const char *workflow_name, const json_t *params)
{
    TgRunRequired *self = g_new0(TgRunRequired, 1);
    Attempt *first = g_new0(Attempt, 1);

    self->run = run;
    self->project = project;
    self->params = params;
    self->attempts = g_ptr_array_new_with_free_func(attempt_free);
    g_mutex_init(&self->mutex);
    first->workflow_name = g_strdup(workflow_name);
    first->identity.session_time_ms = run->turns.identity->session_time_ms;
    first->identity.session_id = run->turns.identity->session_id;
    first->key = key_of(workflow_name, run->turns.identity->session_time_ms, NULL);
    g_ptr_array_add(self->attempts, first);
    return self;
}

/* A thread that nobody waited for yet; NULL: none. */
static GThread *take_thread(TgRunRequired *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    for (guint i = 0; i < self->attempts->len; i++) {
        Attempt *attempt = self->attempts->pdata[i];

        if (attempt->thread != NULL) {
            return g_steal_pointer(&attempt->thread);
        }
    }
    return NULL;
}

void tg_run_required_free(TgRunRequired *self)
{
    if (self == NULL) {
        return;
    }
    /* One that still runs may start another. */
    for (GThread *thread = take_thread(self); thread != NULL; thread = take_thread(self)) {
        (void)g_thread_join(thread);
    }
    g_ptr_array_unref(self->attempts);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static void set_time(json_t *params, const char *key, GTimeZone *zone, gint64 at_ms)
{
    g_autofree char *text = tg_zone_format(zone, at_ms, TG_ZONE_TIME);

    json_object_set_new(params, key, json_string(text));
}

void tg_run_set_schedule_params(json_t *params, const json_t *schedule_config,
                                const TgAttemptIdentity *identity, GError **error)
{
    g_autoptr(TgSchedule) schedule =
        schedule_config == NULL ? NULL : tg_schedule_parse(schedule_config, identity->zone, error);
    TgScheduleTime time = {0};

    if (schedule == NULL) {
        return;
    }
    if (tg_schedule_last(schedule, identity->session_time_ms, &time)) {
        set_time(params, "last_session_time", identity->zone, time.session_ms);
    }
    if (tg_schedule_next(schedule, identity->session_time_ms, &time)) {
        set_time(params, "next_session_time", identity->zone, time.session_ms);
    }
}

static gpointer run_attempt(gpointer data)
{
    Attempt *attempt = data;
    TgRunRequired *self = attempt->owner;
    TgLocalRun run = *self->run;
    g_autoptr(GError) error = NULL;

    run.graph = attempt->graph;
    run.params = attempt->params;
    run.turns.identity = &attempt->identity;
    run.status = NULL; /* states belong to the attempt that was asked for */
    run.run_names = NULL;
    run.reuse_names = NULL;
    g_autoptr(TgAttempt) done = tg_local_run(&run, &error);

    if (done == NULL) {
        self->run->turns.warns(self->run->turns.data, attempt->workflow_name, error->message);
    }
    g_mutex_lock(&self->mutex);
    attempt->is_done = TRUE;
    attempt->is_success = done != NULL && tg_attempt_is_success(done);
    attempt->waits_for = 0;
    g_mutex_unlock(&self->mutex);
    return NULL;
}

/* Attempts of one session share its id; sessions are numbered as they come. */
static gint64 session_id_of(const TgRunRequired *self, const char *workflow, gint64 time_ms)
{
    gint64 last = 0;

    for (guint i = 0; i < self->attempts->len; i++) {
        const Attempt *attempt = self->attempts->pdata[i];

        if (attempt->identity.session_time_ms == time_ms &&
            strcmp(attempt->workflow_name, workflow) == 0) {
            return attempt->identity.session_id;
        }
        last = MAX(last, attempt->identity.session_id);
    }
    return last + 1;
}

/* The attempt of a request, not yet started; NULL with an error. */
static Attempt *attempt_new(TgRunRequired *self, const TgSessionRequest *request,
                            const TgWorkflowFile *workflow, gint64 session_time_ms, GError **error)
{
    g_autofree char *root = g_strconcat("+", workflow->name, NULL);
    gint64 id = (gint64)self->attempts->len + 1;
    Attempt *attempt = g_new0(Attempt, 1);

    attempt->owner = self;
    attempt->key = key_of(workflow->name, session_time_ms, request->retry_attempt_name);
    attempt->workflow_name = g_strdup(workflow->name);
    attempt->timezone_name = g_strdup(workflow->timezone);
    attempt->uuid = tg_random_uuid();
    attempt->retry_attempt_name = g_strdup(request->retry_attempt_name);
    attempt->identity =
        (TgAttemptIdentity){.timezone_name = attempt->timezone_name,
                            .zone = tg_zone_new(workflow->timezone, error),
                            .session_uuid = attempt->uuid,
                            .retry_attempt_name = attempt->retry_attempt_name,
                            .session_time_ms = session_time_ms,
                            .session_id = session_id_of(self, workflow->name, session_time_ms),
                            .attempt_id = id,
                            .project_id = 1};
    attempt->params = json_deep_copy(self->params);
    attempt->graph = attempt->identity.zone == NULL
                         ? NULL
                         : tg_graph_compile("", root, workflow->config, NULL, error);
    if (attempt->graph == NULL) {
        attempt_free(attempt);
        return NULL;
    }
    tg_params_merge(attempt->params, request->params);
    tg_run_set_schedule_params(attempt->params, json_object_get(workflow->config, "schedule"),
                               &attempt->identity, NULL);
    return attempt;
}

static Attempt *find(const TgRunRequired *self, const char *key, gint64 *out_id)
{
    for (guint i = 0; i < self->attempts->len; i++) {
        Attempt *attempt = self->attempts->pdata[i];

        if (strcmp(attempt->key, key) == 0) {
            *out_id = (gint64)i + 1;
            return attempt;
        }
    }
    return NULL;
}

/* Notes that an attempt waits for another; an error when that one waits for it already. */
static gboolean note_waiting(const TgRunRequired *self, gint64 from, gint64 to, GError **error)
{
    gint64 at = to;

    for (guint steps = 0; at != 0 && steps <= self->attempts->len; steps++) {
        if (at == from) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the workflow '%s' would wait for itself: it is required by what it "
                        "requires",
                        ((Attempt *)self->attempts->pdata[from - 1])->workflow_name);
            return FALSE;
        }
        at = ((Attempt *)self->attempts->pdata[at - 1])->waits_for;
    }
    ((Attempt *)self->attempts->pdata[from - 1])->waits_for = to;
    return TRUE;
}

static const TgWorkflowFile *find_workflow(const TgRunRequired *self,
                                           const TgSessionRequest *request, GError **error)
{
    const TgWorkflowFile *workflow = NULL;

    if ((request->project_name != NULL && strcmp(request->project_name, PROJECT_NAME) != 0) ||
        request->project_id > 1) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "Dependent workflow does not exist: a local run knows one project only "
                    "(workflowName:%s)",
                    request->workflow);
        return NULL;
    }
    workflow = tg_project_find(self->project, request->workflow, NULL);
    if (workflow == NULL) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (guint i = 0; i < self->project->workflows->len; i++) {
            g_ptr_array_add(names, ((TgWorkflowFile *)self->project->workflows->pdata[i])->name);
        }
        g_ptr_array_add(names, NULL);
        g_autofree char *hint =
            tg_suggest_phrase(request->workflow, (const char *const *)names->pdata);

        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "Dependent workflow does not exist. ProjectIdentifier{id=1}, workflowName:%s%s",
                    request->workflow, hint);
    }
    return workflow;
}

static gboolean start_locked(TgRunRequired *self, const TgSessionRequest *request,
                             TgSessionAnswer *out, GError **error)
{
    const TgWorkflowFile *workflow = find_workflow(self, request, error);
    gint64 session_time_ms = 0;
    gint64 id = 0;

    if (workflow == NULL) {
        return FALSE;
    }
    if (!tg_zone_parse_time(request->session_time, &session_time_ms)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "session_time '%s' is no time with offset, such as 2020-01-31T00:00:00+09:00",
                    request->session_time);
        return FALSE;
    }
    g_autofree char *key = key_of(workflow->name, session_time_ms, request->retry_attempt_name);
    Attempt *attempt = find(self, key, &id);

    out->is_new = attempt == NULL;
    if (attempt == NULL) {
        attempt = attempt_new(self, request, workflow, session_time_ms, error);
        if (attempt == NULL) {
            return FALSE;
        }
        g_ptr_array_add(self->attempts, attempt);
        id = (gint64)self->attempts->len;
        attempt->thread = g_thread_new("require", run_attempt, attempt);
    }
    out->session_id = attempt->identity.session_id;
    out->attempt_id = id;
    out->is_done = attempt->is_done;
    out->is_success = attempt->is_success;
    return attempt->is_done || note_waiting(self, request->attempt_id, id, error);
}

gboolean tg_run_required_start(TgRunRequired *self, const TgSessionRequest *request,
                               TgSessionAnswer *out, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    return start_locked(self, request, out, error);
}
