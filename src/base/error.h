/* The one error domain of Tegaru, and what each code means for whoever receives it. */
#pragma once

#include <glib.h>

/**
 * What happens next. The message says what is wrong, where, and what to try; it never holds a
 * secret, a bare errno, XML or a stack trace.
 */
typedef enum {
    TG_ERROR_CONFIG,    /* the user's file, option or data must change; never retried */
    TG_ERROR_NOT_FOUND, /* a named thing is not there */
    TG_ERROR_CONFLICT,  /* somebody else changed or holds the thing */
    TG_ERROR_DENIED,    /* no permission */
    TG_ERROR_RETRY,     /* may work later: network, server, disk full */
    TG_ERROR_CANCELLED, /* the user or a time limit stopped it */
    TG_ERROR_TASK,      /* a user's own command, query or fail> said so: its words stand alone */
    TG_ERROR_BUG        /* our mistake */
} TgErrorCode;

#define TG_ERROR (tg_error_quark())
GQuark tg_error_quark(void);

/* Exit status of a command that failed with this error: 1, 130 for CANCELLED, 70 for BUG. */
int tg_error_exit_status(const GError *error);

/* HTTP status that says the same: 400 404 409 403 503 499 422 500. */
int tg_error_http_status(const GError *error);

/* Whether trying the same again later can help. Errors of other domains: no. */
gboolean tg_error_is_retryable(const GError *error);

/**
 * Sets *error from an errno of a file operation on `path`, in words ("cannot write 'x': no space
 * left on the device; free some and run again"). ENOENT gives NOT_FOUND, EACCES, EPERM and EROFS
 * DENIED, ENOSPC, EDQUOT and EIO RETRY, others CONFIG.
 *
 * @verb what was tried, as in "cannot <verb> 'path'"
 */
void tg_error_set_file(GError **error, int saved_errno, const char *verb, const char *path);
