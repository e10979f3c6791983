/* Starts, reads, waits, kills. */
#include "command/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define POLL_MS 50
#define READ_BYTES 65536

typedef struct {
    const TgCommandRequest *request;
    GPid pid;
    int output_fd;
    gint64 killed_at_us; /* when SIGTERM went out; 0: not yet */
    gboolean is_reaped;
    int wait_status;
} Run;

/* Between fork and exec: only what is safe there. */
static void prepare_child(gpointer data G_GNUC_UNUSED)
{
    (void)setpgid(0, 0);                    /* a group of its own, so that a kill reaches all */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* no orphan writes after its run is gone */
    (void)signal(SIGPIPE, SIG_DFL);
}

static gboolean start(Run *run, GError **error)
{
    const TgCommandRequest *request = run->request;
    g_autoptr(GError) problem = NULL;
    int pipe_fds[2];

    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot start '%s': %s", request->argv[0],
                    g_strerror(errno));
        return FALSE;
    }
    gboolean ok = g_spawn_async_with_pipes_and_fds(
        request->folder, request->argv, request->environment,
        G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH_FROM_ENVP, prepare_child, NULL, -1,
        pipe_fds[1], pipe_fds[1], NULL, NULL, 0, &run->pid, NULL, NULL, NULL, &problem);

    (void)close(pipe_fds[1]);
    if (!ok) {
        gboolean denied = g_error_matches(problem, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES);

        (void)close(pipe_fds[0]);
        g_set_error(error, TG_ERROR, denied ? TG_ERROR_DENIED : TG_ERROR_NOT_FOUND,
                    "cannot start '%s' in '%s': %s", request->argv[0], request->folder,
                    problem->message);
        return FALSE;
    }
    run->output_fd = pipe_fds[0];
    return TRUE;
}

/* Sends what can be read now. FALSE at the end of the output. */
static gboolean pass_output(Run *run)
{
    char buffer[READ_BYTES];
    gssize count = read(run->output_fd, buffer, sizeof buffer);

    if (count > 0) {
        run->request->output(run->request->data, buffer, (gsize)count);
    }
    return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
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

static void kill_if_cancelled(Run *run)
{
    gint64 now_us = tg_clock_monotonic_us();

    if (!is_cancelled(run)) {
        return;
    }
    if (run->killed_at_us == 0) {
        run->killed_at_us = now_us;
        (void)kill(-run->pid, SIGTERM);
    } else if (now_us - run->killed_at_us > (gint64)TG_COMMAND_KILL_AFTER_MS * 1000) {
        (void)kill(-run->pid, SIGKILL);
    }
}

/* Until the output ends, or the program ended while something it started keeps the pipe open. */
static void follow(Run *run)
{
    struct pollfd fd = {.fd = run->output_fd, .events = POLLIN};
    gboolean is_open = TRUE;

    while (is_open) {
        int ready = poll(&fd, 1, POLL_MS);

        if (ready > 0) {
            is_open = pass_output(run);
            continue;
        }
        reap(run, WNOHANG);
        is_open = !run->is_reaped;
        kill_if_cancelled(run);
    }
    while (!run->is_reaped) {
        reap(run, is_cancelled(run) ? WNOHANG : 0);
        kill_if_cancelled(run);
    }
}

gboolean tg_command_execute(const TgCommandRequest *request, int *out_status, GError **error)
{
    Run run = {.request = request, .output_fd = -1};

    if (!start(&run, error)) {
        return FALSE;
    }
    follow(&run);
    (void)close(run.output_fd);
    if (run.killed_at_us != 0) {
        (void)kill(-run.pid, SIGKILL); /* whatever of the group is left */
        g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "'%s' was stopped", request->argv[0]);
        return FALSE;
    }
    *out_status =
        WIFEXITED(run.wait_status) ? WEXITSTATUS(run.wait_status) : 128 + WTERMSIG(run.wait_status);
    return TRUE;
}
