/* A program whose output is read while it runs. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* How to run it. Texts are lent for the start, the callbacks' data as long as the pipe lives. */
typedef struct {
    const char *const *argv;        /* NULL-terminated; argv[0] is a path */
    const char *const *environment; /* NULL-terminated "K=V", the whole of it */
    const char *folder;             /* absolute */
    const char *input;              /* what it reads from its stdin */

    /* Asked while nothing comes; FALSE with the error set stops the program. May be NULL. */
    gboolean (*may_go_on)(gpointer data, GError **error);
    /* Takes each line that it writes to stderr, without its end. */
    void (*line)(gpointer data, const char *line);
    gpointer data;
} TgPipeRequest;

typedef struct TgPipe TgPipe;

/* NOT_FOUND or DENIED when it cannot be started. It dies with this program. */
TgPipe *tg_pipe_start(const TgPipeRequest *request, GError **error);

/**
 * Bytes of its stdout as they come; one thread at a time. 0 at the end, when it ended with status
 * 0; TASK with the last lines of its stderr when it ended otherwise.
 *
 * @return -1 with the error set
 */
gssize tg_pipe_read(TgPipe *pipe, void *into, gsize size_bytes, GError **error);

/* Stops it when it still runs, and all that it started: SIGTERM, later SIGKILL. */
void tg_pipe_free(TgPipe *pipe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgPipe, tg_pipe_free)
