/* tegaru scheduler: runs the schedules of a project on this machine. Each attempt is a process of
 * its own, `run` with the session's time, so that no attempt takes another one down. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/scheduler_jobs.h"
#include "cli/state.h"
#include "schedule/zone.h"
#include "store/scheduler_state.h"

#define TICK_MS 500        /* how often files and times are looked at */
#define ATTEMPTS_MAX 16    /* at a time, unless --max-attempts says otherwise */
#define STATUS_STOPPED 130 /* of an attempt that was asked to stop */

static const char description[] =
    "Runs until it is stopped (SIGTERM or Ctrl-C). It keeps its place in .tegaru/scheduler: after "
    "a\nrestart sessions that were missed are run, and attempts that were stopped go on.\n";

/* An attempt that runs. */
typedef struct {
    char *workflow;
    TgSchedulerSession session;
    GPid pid;
} Child;

typedef struct {
    const TgCli *cli;
    char *project_folder;
    char **passed; /* options for each run */
    gint attempts_max;
    TgSchedulerState *state;
    GPtrArray *jobs;     /* of TgSchedulerJob */
    GPtrArray *children; /* of Child */
    char *fingerprint;   /* of the project's files */
    GMainLoop *loop;
    gboolean is_stopping;
    int status;
} Scheduler;

static void child_free(gpointer data)
{
    Child *child = data;

    g_free(child->workflow);
    g_spawn_close_pid(child->pid);
    g_free(child);
}

static void scheduler_clear(Scheduler *self)
{
    g_free(self->project_folder);
    g_strfreev(self->passed);
    tg_scheduler_state_free(self->state);
    g_clear_pointer(&self->jobs, g_ptr_array_unref);
    g_clear_pointer(&self->children, g_ptr_array_unref);
    g_free(self->fingerprint);
    g_clear_pointer(&self->loop, g_main_loop_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scheduler, scheduler_clear)

static void say(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void say(const char *format, ...)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autofree char *now = tg_zone_format(utc, tg_clock_now_ms(), TG_ZONE_TIME);
    g_autofree char *line = NULL;
    va_list arguments;

    va_start(arguments, format);
    line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "%s %s\n", now, line);
}

/* Without its place on disk it must not go on: a session could be lost or run twice. */
static gboolean save(Scheduler *self)
{
    g_autoptr(GError) error = NULL;

    if (tg_scheduler_state_save(self->state, &error)) {
        return TRUE;
    }
    self->status = tg_cli_fail(self->cli, g_steal_pointer(&error));
    self->is_stopping = TRUE;
    return FALSE;
}

/* ---- reading the project ---- */

static const TgSchedulerJob *find_job(const Scheduler *self, const char *name)
{
    for (guint i = 0; i < self->jobs->len; i++) {
        const TgSchedulerJob *job = self->jobs->pdata[i];

        if (strcmp(job->name, name) == 0) {
            return job;
        }
    }
    return NULL;
}

/* Sets the plans right after the files changed. */
static void update_plans(Scheduler *self)
{
    gint64 now_ms = tg_clock_now_ms();

    for (guint i = 0; i < self->jobs->len; i++) {
        const TgSchedulerJob *job = self->jobs->pdata[i];
        TgSchedulerEntry *entry = tg_scheduler_state_find(self->state, job->name);

        if (entry == NULL) {
            entry = tg_scheduler_state_add(self->state, job->name);
            tg_plan_begin(&entry->plan, job->schedule, now_ms);
        } else if (strcmp(entry->text, job->text) != 0) {
            tg_plan_change(&entry->plan, job->schedule, now_ms);
        }
        g_free(entry->text);
        entry->text = g_strdup(job->text);
        g_autofree char *next =
            entry->plan.has_next ? tg_zone_format(job->zone, entry->plan.next.run_ms, TG_ZONE_TIME)
                                 : g_strdup("never: the schedule has ended");

        say("%s runs next at %s", job->name, next);
    }
    for (guint i = self->state->entries->len; i > 0; i--) {
        const TgSchedulerEntry *entry = self->state->entries->pdata[i - 1];

        if (find_job(self, entry->workflow) == NULL && entry->open->len == 0) {
            g_autofree char *name = g_strdup(entry->workflow);

            tg_scheduler_state_remove(self->state, name);
        }
    }
}

/* Reads the project when its files changed. What cannot be read leaves the schedules as they were;
 * at the start it is an error. */
static gboolean reload(Scheduler *self, GError **error)
{
    g_autofree char *fingerprint = tg_scheduler_jobs_fingerprint(self->project_folder);
    GPtrArray *jobs = NULL;

    if (g_strcmp0(fingerprint, self->fingerprint) == 0) {
        return TRUE;
    }
    g_free(self->fingerprint);
    self->fingerprint = g_steal_pointer(&fingerprint);
    jobs = tg_scheduler_jobs_load(self->project_folder, error);
    if (jobs == NULL) {
        return FALSE;
    }
    g_clear_pointer(&self->jobs, g_ptr_array_unref);
    self->jobs = jobs;
    say("%u schedules in %s", jobs->len, self->project_folder);
    update_plans(self);
    return save(self);
}

/* ---- attempts ---- */

static guint count_active(const Scheduler *self, const char *workflow)
{
    guint count = 0;

    for (guint i = 0; i < self->children->len; i++) {
        const Child *child = self->children->pdata[i];

        count += strcmp(child->workflow, workflow) == 0 ? 1 : 0;
    }
    return count;
}

static void close_session(Scheduler *self, const Child *child)
{
    TgSchedulerEntry *entry = tg_scheduler_state_find(self->state, child->workflow);

    for (guint i = 0; entry != NULL && i < entry->open->len; i++) {
        const TgSchedulerSession *one = &g_array_index(entry->open, TgSchedulerSession, i);

        if (one->time.session_ms == child->session.time.session_ms) {
            g_array_remove_index(entry->open, i);
            (void)save(self); /* it has told of its failure */
            return;
        }
    }
}

static char *session_text(const Scheduler *self, const char *workflow, gint64 session_ms)
{
    const TgSchedulerJob *job = find_job(self, workflow);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

    return tg_zone_format(job == NULL ? utc : job->zone, session_ms, TG_ZONE_TIME);
}

static void ended(GPid pid, gint wait_status, gpointer data)
{
    Scheduler *self = data;
    int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;

    for (guint i = 0; i < self->children->len; i++) {
        const Child *child = self->children->pdata[i];

        if (child->pid != pid) {
            continue;
        }
        g_autofree char *session =
            session_text(self, child->workflow, child->session.time.session_ms);
        gboolean is_stopped = status == STATUS_STOPPED || (status == -1 && self->is_stopping);

        say("%s: session %s %s", child->workflow, session,
            status == 0  ? "succeeded"
            : is_stopped ? "was stopped; it goes on when the scheduler starts again"
                         : "failed");
        if (!is_stopped) {
            close_session(self, child);
        }
        g_ptr_array_remove_index(self->children, i);
        break;
    }
    if (self->is_stopping && self->children->len == 0) {
        g_main_loop_quit(self->loop);
    }
}

/* In the child, before it becomes another program: it stops when the scheduler dies. */
static void stop_with_parent(gpointer data G_GNUC_UNUSED)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* without it the lock still guards the session */
    (void)setpgid(0, 0);                    /* Ctrl-C goes to the scheduler, which passes it on */
}

static char **arguments_of(const Scheduler *self, const char *workflow,
                           const TgSchedulerSession *session)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

    g_ptr_array_add(all, g_strdup("/proc/self/exe"));
    g_ptr_array_add(all, g_strdup(self->cli->program_name));
    g_ptr_array_add(all, g_strdup("run"));
    g_ptr_array_add(all, g_strdup(workflow));
    g_ptr_array_add(all, g_strdup("--project"));
    g_ptr_array_add(all, g_strdup(self->project_folder));
    g_ptr_array_add(all, g_strdup("--session"));
    g_ptr_array_add(all, session_text(self, workflow, session->time.session_ms));
    g_ptr_array_add(all, g_strdup_printf("--scheduled-at=%" G_GINT64_FORMAT, session->time.run_ms));
    if (session->last_executed_ms != TG_PLAN_NEVER) {
        g_autofree char *text = session_text(self, workflow, session->last_executed_ms);

        g_ptr_array_add(all, g_strdup("-p"));
        g_ptr_array_add(all, g_strconcat("last_executed_session_time=", text, NULL));
    }
    for (guint i = 0; self->passed[i] != NULL; i++) {
        g_ptr_array_add(all, g_strdup(self->passed[i]));
    }
    g_ptr_array_add(all, NULL);
    return (char **)g_ptr_array_steal(all, NULL);
}

/* Starts the attempt of a session that stands in the state as open. */
static void start(Scheduler *self, const char *workflow, const TgSchedulerSession *session)
{
    g_auto(GStrv) arguments = arguments_of(self, workflow, session);
    g_autofree char *shown = session_text(self, workflow, session->time.session_ms);
    g_autoptr(GError) error = NULL;
    GPid pid = 0;

    if (!g_spawn_async(NULL, arguments, NULL,
                       G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO |
                           G_SPAWN_LEAVE_DESCRIPTORS_OPEN,
                       stop_with_parent, NULL, &pid, &error)) {
        say("%s: session %s cannot be started: %s", workflow, shown, error->message);
        return;
    }
    Child *child = g_new0(Child, 1);

    *child = (Child){.workflow = g_strdup(workflow), .session = *session, .pid = pid};
    g_ptr_array_add(self->children, child);
    say("%s: session %s starts", workflow, shown);
    (void)g_child_watch_add(pid, ended, self); /* its id is not needed: it ends with the child */
}

/* One step of one workflow; FALSE when nothing is due. */
static gboolean step(Scheduler *self, const TgSchedulerJob *job)
{
    static const char *const reasons[] = {
        [TG_PLAN_SKIP_LATE] = "it is later than skip_delayed_by allows",
        [TG_PLAN_SKIP_OVERTIME] = "an attempt still runs and skip_on_overtime is set"};
    TgSchedulerEntry *entry = tg_scheduler_state_find(self->state, job->name);
    TgPlanCommand command;

    if (self->children->len >= (guint)self->attempts_max ||
        !tg_plan_step(&entry->plan, job->schedule, &job->skip, count_active(self, job->name),
                      tg_clock_now_ms(), &command)) {
        return FALSE;
    }
    TgSchedulerSession session = {.time = command.time,
                                  .last_executed_ms = command.last_executed_ms};

    if (command.act == TG_PLAN_START) {
        g_array_append_val(entry->open, session);
    } else {
        g_autofree char *shown = session_text(self, job->name, command.time.session_ms);

        say("%s: session %s is left out: %s", job->name, shown, reasons[command.act]);
    }
    if (!save(self)) {
        return FALSE;
    }
    if (command.act == TG_PLAN_START) {
        start(self, job->name, &session);
    }
    return TRUE;
}

static gboolean runs(const Scheduler *self, const char *workflow, const TgSchedulerSession *session)
{
    for (guint i = 0; i < self->children->len; i++) {
        const Child *child = self->children->pdata[i];

        if (strcmp(child->workflow, workflow) == 0 &&
            child->session.time.session_ms == session->time.session_ms) {
            return TRUE;
        }
    }
    return FALSE;
}

static void start_open_of(Scheduler *self, const TgSchedulerJob *job)
{
    const TgSchedulerEntry *entry = tg_scheduler_state_find(self->state, job->name);

    for (guint i = 0; i < entry->open->len; i++) {
        const TgSchedulerSession *one = &g_array_index(entry->open, TgSchedulerSession, i);

        if (self->children->len < (guint)self->attempts_max && !runs(self, job->name, one)) {
            start(self, job->name, one);
        }
    }
}

/* Sessions that a stop, a crash or a failed start left open go on. */
static void start_open(Scheduler *self)
{
    for (guint i = 0; i < self->jobs->len; i++) {
        start_open_of(self, self->jobs->pdata[i]);
    }
}

/* ---- the loop ---- */

static gboolean tick(gpointer data)
{
    Scheduler *self = data;
    g_autoptr(GError) error = NULL;

    if (!self->is_stopping && !reload(self, &error) && error != NULL) {
        say("the schedules stay as they were: %s", error->message);
    }
    if (!self->is_stopping) {
        start_open(self);
    }
    for (guint i = 0; i < self->jobs->len && !self->is_stopping; i++) {
        while (!self->is_stopping && step(self, self->jobs->pdata[i])) {
        }
    }
    if (self->is_stopping && self->children->len == 0) {
        g_main_loop_quit(self->loop);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean stop(gpointer data)
{
    Scheduler *self = data;

    say(self->children->len == 0 ? "stops" : "stops; waits for %u attempts to stop",
        self->children->len);
    self->is_stopping = TRUE;
    for (guint i = 0; i < self->children->len; i++) {
        const Child *child = self->children->pdata[i];

        (void)kill(child->pid, SIGTERM); /* fails only when it has ended */
    }
    if (self->children->len == 0) {
        g_main_loop_quit(self->loop);
    }
    return G_SOURCE_CONTINUE;
}

/* One scheduler for a project. Attempts inherit the lock: those of a scheduler that was killed must
 * have stopped before the next one starts. -1 with an error. */
static int take_lock(const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "lock", NULL);

    if (!tg_file_make_folder(folder, error)) {
        return -1;
    }
    int fd = g_open(path, O_RDWR | O_CREAT, 0666); // NOLINT(android-cloexec-open)

    if (fd < 0) {
        tg_error_set_file(error, errno, "lock", path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "another scheduler runs for this project, or attempts of the one before still "
                    "stop (lock '%s')",
                    path);
        return -1;
    }
    return fd;
}

static int serve(Scheduler *self, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "state.json", NULL);
    GError *error = NULL;
    int fd = take_lock(folder, &error);

    if (fd < 0) {
        return tg_cli_fail(self->cli, error);
    }
    self->state = tg_scheduler_state_load(path, &error);
    if (self->state == NULL || !reload(self, &error)) {
        return error == NULL ? self->status : tg_cli_fail(self->cli, error);
    }
    self->loop = g_main_loop_new(NULL, FALSE);
    (void)g_unix_signal_add(SIGTERM, stop, self); /* sources live as long as the program */
    (void)g_unix_signal_add(SIGINT, stop, self);
    (void)g_timeout_add(TICK_MS, tick, self);
    (void)tick(self);
    if (!self->is_stopping || self->children->len > 0) {
        g_main_loop_run(self->loop);
    }
    (void)close(fd);
    return self->status;
}

static void pass(GPtrArray *passed, const char *option, char *const *values)
{
    for (guint i = 0; values != NULL && values[i] != NULL; i++) {
        g_ptr_array_add(passed, g_strdup(option));
        g_ptr_array_add(passed, g_strdup(values[i]));
    }
}

static int scheduler_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *folder = NULL;
    g_auto(GStrv) params = NULL;
    g_auto(GStrv) files = NULL;
    g_auto(GStrv) properties = NULL;
    g_auto(GStrv) config = NULL;
    g_auto(Scheduler) self = {.cli = cli, .attempts_max = ATTEMPTS_MAX};
    const GOptionEntry entries[] = {
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &folder, "The project's folder", "DIR"},
        {"param", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &params, "A parameter of each attempt",
         "KEY=VALUE"},
        {"params-file", 'P', 0, G_OPTION_ARG_FILENAME_ARRAY, &files,
         "Parameters from a YAML or JSON file", "FILE"},
        {"max-attempts", 0, 0, G_OPTION_ARG_INT, &self.attempts_max,
         "Most attempts at a time (16); others wait", "N"},
        {"config", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &config, "System configuration", "FILE"},
        {"property", 'X', 0, G_OPTION_ARG_STRING_ARRAY, &properties,
         "One value of the system configuration", "KEY=VALUE"},
        G_OPTION_ENTRY_NULL};
    int status = 0;
    const TgCliHelp help = {"", description};

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc != 1 || self.attempts_max < 1) {
        return tg_cli_usage(cli, "scheduler takes no arguments, and --max-attempts at least 1");
    }
    g_autoptr(GPtrArray) passed = g_ptr_array_new();
    g_autoptr(TgCliState) state = tg_cli_state_new(folder == NULL ? "." : folder);
    g_autofree char *own = g_build_filename(state->folder, "scheduler", NULL);

    pass(passed, "-p", params);
    pass(passed, "-P", files);
    pass(passed, "-c", config);
    pass(passed, "-X", properties);
    g_ptr_array_add(passed, NULL);
    self.passed = (char **)g_ptr_array_steal(passed, NULL);
    self.project_folder = g_strdup(state->project_folder);
    self.jobs = g_ptr_array_new();
    self.children = g_ptr_array_new_with_free_func(child_free);
    return serve(&self, own);
}

const TgCommand tg_command_scheduler = {.name = "scheduler",
                                        .summary = "Run a project's schedules on this machine",
                                        .run = scheduler_run};
