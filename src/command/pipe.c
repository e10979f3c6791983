/* stdout goes to whoever reads, stderr line by line to the log, its last lines into the error. */
#include "command/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "command/command.h"
#include "command/command_internal.h"

#define POLL_MS 100
#define LINE_BYTES_MAX 2000u
#define LINES_KEPT 10u
#define STDERR_BYTES 4096

struct TgPipe {
    TgPipeRequest request; /* of it the callbacks, later on */
    char *name;
    GPid pid;
    int output_fd; /* -1: closed */
    int error_fd;  /* -1: closed */
    int pid_fd;    /* readable once it ended; -1: an old kernel has no such thing */
    GString *line; /* of stderr, not yet at its end */
    GQueue lines;  /* the last of stderr; owned */
    gboolean is_reaped;
    int wait_status;
};

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

/* --- starting --- */

/* A file in memory with the input, which needs no reader to be written. */
static int make_input(const char *input, GError **error)
{
    int fd = memfd_create("tegaru-input", MFD_CLOEXEC);

    if (fd < 0) {
        tg_error_set_file(error, errno, "make", "a file in memory");
        return -1;
    }
    if (!tg_file_write_fd(fd, "a file in memory", input, strlen(input), error)) {
        (void)close(fd);
        return -1;
    }
    (void)lseek(fd, 0, SEEK_SET); /* always possible in memory */
    return fd;
}

static gboolean spawn(TgPipe *self, int input_fd, GError **error)
{
    const TgPipeRequest *request = &self->request;
    g_autoptr(GError) problem = NULL;
    int output[2] = {-1, -1};
    int errors[2] = {-1, -1};
    gboolean ok = pipe2(output, O_CLOEXEC) == 0 && pipe2(errors, O_CLOEXEC) == 0;

    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot start '%s': %s", request->argv[0],
                    g_strerror(errno));
    } else {
        ok = g_spawn_async_with_pipes_and_fds(request->folder, request->argv, request->environment,
                                              G_SPAWN_DO_NOT_REAP_CHILD, tg_command_prepare_child,
                                              NULL, input_fd, output[1], errors[1], NULL, NULL, 0,
                                              &self->pid, NULL, NULL, NULL, &problem);
    }
    self->output_fd = output[0];
    self->error_fd = errors[0];
    close_fd(&output[1]);
    close_fd(&errors[1]);
    if (problem != NULL) {
        g_set_error(error, TG_ERROR,
                    g_error_matches(problem, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES)
                        ? TG_ERROR_DENIED
                        : TG_ERROR_NOT_FOUND,
                    "cannot start '%s': %s; is it executable, and is its interpreter there?",
                    request->argv[0], problem->message);
    }
    return ok;
}

TgPipe *tg_pipe_start(const TgPipeRequest *request, GError **error)
{
    g_autoptr(TgPipe) self = g_new0(TgPipe, 1);
    int input_fd = make_input(request->input, error);

    self->request = *request;
    self->name = g_strdup(request->argv[0]);
    self->output_fd = -1;
    self->error_fd = -1;
    self->pid_fd = -1;
    self->line = g_string_new(NULL);
    g_queue_init(&self->lines);
    if (input_fd < 0) {
        return NULL;
    }
    gboolean ok = spawn(self, input_fd, error);

    (void)close(input_fd);
    self->pid_fd = ok ? (int)syscall(SYS_pidfd_open, self->pid, 0) : -1;
    return ok ? g_steal_pointer(&self) : NULL;
}

/* --- stderr --- */

static void end_line(TgPipe *self)
{
    g_autofree char *line = g_utf8_make_valid(self->line->str, (gssize)self->line->len);

    g_string_truncate(self->line, 0);
    if (*line == '\0') {
        return;
    }
    self->request.line(self->request.data, line);
    g_queue_push_tail(&self->lines, g_steal_pointer(&line));
    if (self->lines.length > LINES_KEPT) {
        g_free(g_queue_pop_head(&self->lines));
    }
}

static void take_errors(TgPipe *self)
{
    char buffer[STDERR_BYTES];
    gssize count = read(self->error_fd, buffer, sizeof buffer);

    for (gssize i = 0; i < count; i++) {
        if (buffer[i] == '\n') {
            end_line(self);
        } else if (self->line->len < LINE_BYTES_MAX) {
            g_string_append_c(self->line, buffer[i]);
        }
    }
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
        end_line(self);
        close_fd(&self->error_fd);
    }
}

/* --- the end --- */

static void reap(TgPipe *self)
{
    if (!self->is_reaped && waitpid(self->pid, &self->wait_status, WNOHANG) == self->pid) {
        self->is_reaped = TRUE;
    }
}

static char *join_lines(const TgPipe *self)
{
    GString *out = g_string_new(NULL);

    for (const GList *line = self->lines.head; line != NULL; line = line->next) {
        g_string_append_printf(out, "\n    %s", (const char *)line->data);
    }
    return g_string_free(out, FALSE);
}

static gboolean check_status(const TgPipe *self, GError **error)
{
    int status = self->wait_status;
    const char *name = self->name;
    g_autofree char *lines = join_lines(self);
    const char *said =
        *lines == '\0' ? "; it wrote nothing to stderr" : "; the last that it wrote:";

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return TRUE;
    }
    if (WIFEXITED(status)) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK, "'%s' failed with exit status %d%s%s", name,
                    WEXITSTATUS(status), said, lines);
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK, "'%s' was ended by signal %d (%s)%s%s", name,
                    WTERMSIG(status), g_strsignal(WTERMSIG(status)), said, lines);
    }
    return FALSE;
}

/* One step of waiting: takes what stderr has, asks whether to go on. *out_readable: stdout has
 * something, or its end. */
static gboolean wait_step(TgPipe *self, gboolean *out_readable, GError **error)
{
    struct pollfd fds[] = {{.fd = self->output_fd, .events = POLLIN},
                           {.fd = self->error_fd, .events = POLLIN},
                           {.fd = self->output_fd < 0 ? self->pid_fd : -1, .events = POLLIN}};
    int ready = poll(fds, G_N_ELEMENTS(fds), POLL_MS);

    *out_readable = ready > 0 && fds[0].revents != 0;
    if (ready > 0 && fds[1].revents != 0) {
        take_errors(self);
    }
    return self->request.may_go_on == NULL || *out_readable ||
           self->request.may_go_on(self->request.data, error);
}

/* Behind the end of stdout: the rest of stderr, and the exit status. What it started in the
 * background may keep stderr open; that is not waited for. */
static gssize finish(TgPipe *self, GError **error)
{
    gboolean ignored = FALSE;

    close_fd(&self->output_fd);
    for (reap(self); !self->is_reaped; reap(self)) {
        if (!wait_step(self, &ignored, error)) {
            return -1;
        }
    }
    while (self->error_fd >= 0) {
        struct pollfd fd = {.fd = self->error_fd, .events = POLLIN};

        if (poll(&fd, 1, 0) <= 0) {
            break;
        }
        take_errors(self);
    }
    end_line(self);
    return check_status(self, error) ? 0 : -1;
}

gssize tg_pipe_read(TgPipe *pipe, void *into, gsize size_bytes, GError **error)
{
    gboolean is_readable = FALSE;

    while (pipe->output_fd >= 0) {
        if (!wait_step(pipe, &is_readable, error)) {
            return -1;
        }
        gssize got = is_readable ? read(pipe->output_fd, into, size_bytes) : -1;

        if (got > 0) {
            return got;
        }
        if (!is_readable) {
            reap(pipe);
        }
        if (got == 0 || (!is_readable && pipe->is_reaped)) { /* what it started may keep it open */
            close_fd(&pipe->output_fd);
        }
    }
    return finish(pipe, error);
}

/* SIGTERM, then SIGKILL for what does not obey. */
static void stop(TgPipe *self)
{
    gint64 limit_us = tg_clock_monotonic_us() + (gint64)TG_COMMAND_KILL_AFTER_MS * 1000;

    (void)kill(-self->pid, SIGTERM);
    for (reap(self); !self->is_reaped && tg_clock_monotonic_us() < limit_us; reap(self)) {
        (void)poll(NULL, 0, 1);
    }
    tg_command_kill_group(self->pid);
    if (!self->is_reaped) {
        (void)waitpid(self->pid, &self->wait_status, 0);
    }
}

void tg_pipe_free(TgPipe *pipe)
{
    if (pipe == NULL) {
        return;
    }
    close_fd(&pipe->output_fd);
    close_fd(&pipe->error_fd);
    close_fd(&pipe->pid_fd);
    if (pipe->pid > 0) {
        stop(pipe);
    }
    g_queue_clear_full(&pipe->lines, g_free);
    g_string_free(pipe->line, TRUE);
    g_free(pipe->name);
    g_free(pipe);
}
