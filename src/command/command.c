/* Starts, reads, waits, kills. */
#include "command/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/command_internal.h"

#define POLL_MS 50
#define READ_BYTES 65536
#define GROUP_END_MS 200 /* a zombie that nobody reaps keeps its group for ever */

/* Why a program is being killed. */
typedef enum { STOP_NO, STOP_CANCELLED, STOP_TIMEOUT, STOP_TOO_MUCH } Stop;

typedef struct {
    const TgCommandRequest *request;
    GPid pid;
    int output_fd; /* -1: closed */
    int result_fd; /* stdout alone; -1: closed, or there is none */
    gint64 started_us;
    Stop stop;
    gint64 killed_at_us; /* when SIGTERM went out; 0: not yet */
    gboolean is_reaped;
    int wait_status;
} Run;

/* Only what is safe between fork and exec. */
void tg_command_prepare_child(gpointer data G_GNUC_UNUSED)
{
    (void)setpgid(0, 0);                    /* a group of its own, so that a kill reaches all */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* no orphan writes after its run is gone */
    (void)signal(SIGPIPE, SIG_DFL);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

/* The ends of both pipes that the program gets; [0] is ours, [1] the program's. */
typedef struct {
    int output[2];
    int result[2];
    int input;
} Pipes;

static void pipes_close(Pipes *pipes, int end)
{
    close_fd(&pipes->output[end]);
    close_fd(&pipes->result[end]);
    close_fd(&pipes->input);
}

static gboolean pipes_open(Pipes *pipes, const TgCommandRequest *request, GError **error)
{
    *pipes = (Pipes){.output = {-1, -1}, .result = {-1, -1}, .input = -1};
    if (request->input_path != NULL) {
        pipes->input = open(request->input_path, O_RDONLY | O_CLOEXEC);
        if (pipes->input < 0) {
            tg_error_set_file(error, errno, "read", request->input_path);
            return FALSE;
        }
    }
    if (pipe2(pipes->output, O_CLOEXEC) != 0 ||
        (request->result != NULL && pipe2(pipes->result, O_CLOEXEC) != 0)) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot start '%s': %s", request->argv[0],
                    g_strerror(errno));
        pipes_close(pipes, 0);
        pipes_close(pipes, 1);
        return FALSE;
    }
    return TRUE;
}

static gboolean start(Run *run, GError **error)
{
    const TgCommandRequest *request = run->request;
    g_autoptr(GError) problem = NULL;
    Pipes pipes;

    if (!pipes_open(&pipes, request, error)) {
        return FALSE;
    }
    gboolean ok = g_spawn_async_with_pipes_and_fds(
        request->folder, request->argv, request->environment,
        G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH_FROM_ENVP, tg_command_prepare_child, NULL,
        pipes.input, pipes.result[1] >= 0 ? pipes.result[1] : pipes.output[1], pipes.output[1],
        NULL, NULL, 0, &run->pid, NULL, NULL, NULL, &problem);

    pipes_close(&pipes, 1);
    if (!ok) {
        gboolean denied = g_error_matches(problem, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES);

        pipes_close(&pipes, 0);
        g_set_error(error, TG_ERROR, denied ? TG_ERROR_DENIED : TG_ERROR_NOT_FOUND,
                    "cannot start '%s' in '%s': %s", request->argv[0], request->folder,
                    problem->message);
        return FALSE;
    }
    run->output_fd = pipes.output[0];
    run->result_fd = pipes.result[0];
    run->started_us = tg_clock_monotonic_us();
    return TRUE;
}

static void take_result(Run *run, const char *bytes, gsize count)
{
    const TgCommandRequest *request = run->request;

    if (request->result->len + count > request->result_bytes_max) {
        run->stop = MAX(run->stop, STOP_TOO_MUCH);
        return;
    }
    g_string_append_len(request->result, bytes, (gssize)count);
}

/* Takes what can be read now; closes at the end of the stream. */
static void pass(Run *run, int *fd)
{
    char buffer[READ_BYTES];
    gssize count = read(*fd, buffer, sizeof buffer);

    if (count > 0 && fd == &run->result_fd) {
        take_result(run, buffer, (gsize)count);
    } else if (count > 0) {
        run->request->output(run->request->data, buffer, (gsize)count);
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        close_fd(fd);
    }
}

static void reap(Run *run, int options)
{
    if (!run->is_reaped && waitpid(run->pid, &run->wait_status, options) == run->pid) {
        run->is_reaped = TRUE;
    }
}

static gboolean is_cancelled(const Run *run)
{
    return run->request->is_cancelled != NULL && g_atomic_int_get(run->request->is_cancelled) != 0;
}

/* Kills what must not go on: SIGTERM first, SIGKILL when that does not help. */
static void kill_if_needed(Run *run)
{
    gint64 now_us = tg_clock_monotonic_us();
    gint64 timeout_us = run->request->timeout_ms * 1000;

    if (is_cancelled(run)) {
        run->stop = STOP_CANCELLED;
    } else if (run->stop == STOP_NO && timeout_us > 0 && now_us - run->started_us > timeout_us) {
        run->stop = STOP_TIMEOUT;
    }
    if (run->stop == STOP_NO) {
        return;
    }
    if (run->killed_at_us == 0) {
        run->killed_at_us = now_us;
        (void)kill(-run->pid, SIGTERM);
    } else if (now_us - run->killed_at_us > (gint64)TG_COMMAND_KILL_AFTER_MS * 1000) {
        (void)kill(-run->pid, SIGKILL);
    }
}

/* It closed its output and may live on: waits for its end, and still obeys. */
static void wait_for_end(Run *run)
{
    int end_fd = (int)syscall(SYS_pidfd_open, run->pid, 0);

    for (reap(run, WNOHANG); !run->is_reaped; reap(run, WNOHANG)) {
        struct pollfd fd = {.fd = end_fd, .events = POLLIN};

        (void)poll(&fd, 1, end_fd >= 0 ? POLL_MS : 1); /* an old kernel has no such fd */
        kill_if_needed(run);
    }
    close_fd(&end_fd);
}

/* Until the output ends, or the program ended while something it started keeps the pipe open. */
static void follow(Run *run)
{
    gboolean is_open = TRUE;

    while (is_open) {
        struct pollfd fds[] = {{.fd = run->output_fd, .events = POLLIN},
                               {.fd = run->result_fd, .events = POLLIN}};
        int ready = poll(fds, 2, POLL_MS);

        if (ready > 0 && fds[0].revents != 0) {
            pass(run, &run->output_fd);
        }
        if (ready > 0 && fds[1].revents != 0) {
            pass(run, &run->result_fd);
        }
        if (ready <= 0) {
            reap(run, WNOHANG);
        }
        kill_if_needed(run);
        is_open = (run->output_fd >= 0 || run->result_fd >= 0) && !(ready <= 0 && run->is_reaped);
    }
    wait_for_end(run);
}

void tg_command_kill_group(GPid pid)
{
    for (guint i = 0; i < GROUP_END_MS && kill(-pid, SIGKILL) == 0; i++) {
        (void)poll(NULL, 0, 1);
    }
}

static void fail_stopped(const Run *run, GError **error)
{
    const char *name = run->request->argv[0];

    tg_command_kill_group(run->pid);
    if (run->stop == STOP_TIMEOUT) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "'%s' did not end within %" G_GINT64_FORMAT " ms and was stopped", name,
                    run->request->timeout_ms);
    } else if (run->stop == STOP_TOO_MUCH) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' wrote more than %" G_GSIZE_FORMAT " bytes and was stopped", name,
                    run->request->result_bytes_max);
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "'%s' was stopped", name);
    }
}

/* It did its work before, or in spite of, the wish that it stop: as everywhere its exit status
 * tells, and nothing must be done twice. A time limit is none to be negotiated with. */
static gboolean succeeded_anyway(const Run *run)
{
    return run->stop == STOP_CANCELLED && WIFEXITED(run->wait_status) &&
           WEXITSTATUS(run->wait_status) == 0;
}

gboolean tg_command_execute(const TgCommandRequest *request, int *out_status, GError **error)
{
    Run run = {.request = request, .output_fd = -1, .result_fd = -1};

    if (!start(&run, error)) {
        return FALSE;
    }
    follow(&run);
    close_fd(&run.output_fd);
    close_fd(&run.result_fd);
    if (run.killed_at_us != 0 && !succeeded_anyway(&run)) {
        fail_stopped(&run, error);
        return FALSE;
    }
    *out_status =
        WIFEXITED(run.wait_status) ? WEXITSTATUS(run.wait_status) : 128 + WTERMSIG(run.wait_status);
    return TRUE;
}
