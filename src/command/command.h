/* Runs a program on this machine: its own process group, output as it comes, a kill that kills. */
#pragma once

#include <glib.h>

#include "base/error.h"

#define TG_COMMAND_KILL_AFTER_MS 5000 /* from SIGTERM to SIGKILL */

/* One run of a program; everything is lent. */
typedef struct {
    const char *const *argv;        /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const *environment; /* NULL-terminated "K=V", the whole of it */
    const char *folder;             /* absolute */
    const gint *is_cancelled;       /* looked at with g_atomic_int_get; may be NULL */

    const char *input_path; /* a file as its stdin; NULL: no input */
    gint64 timeout_ms;      /* then it is stopped; 0: never */
    GString *result;        /* gets what it writes to stdout; NULL: that is output, too */
    gsize result_bytes_max; /* more is an error, and stops it */

    /* Takes what the program writes to stdout and stderr, in pieces that end where a read did. */
    void (*output)(gpointer data, const char *bytes, gsize size_bytes);
    gpointer data;
} TgCommandRequest;

/**
 * Runs and waits. When cancelled, its whole process group gets SIGTERM,
 * later SIGKILL, and is gone before this returns. It dies with this program, too.
 *
 * @out_status exit status; 128 + signal when a signal ended it
 * @return FALSE with NOT_FOUND or DENIED when it cannot be started, RETRY when its time was over,
 *         CONFIG when it wrote too much, CANCELLED
 */
gboolean tg_command_execute(const TgCommandRequest *request, int *out_status, GError **error);
