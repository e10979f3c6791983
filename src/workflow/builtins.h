/* The variables that every task has: session_time, task_name and their kin. */
#pragma once

#include <glib.h>
#include <jansson.h>

/* Who and when an attempt is. Lent texts. */
typedef struct {
    const char *timezone_name; /* as written in the workflow */
    GTimeZone *zone;
    const char *session_uuid;
    const char *retry_attempt_name; /* NULL: none */
    gint64 session_time_ms;
    gint64 session_id;
    gint64 attempt_id;
    gint64 project_id;
} TgAttemptIdentity;

/* What is the same for all tasks of an attempt: timezone, session_*, project_id, attempt_id,
 * retry_attempt_name. A new reference. */
json_t *tg_builtins_of_session(const TgAttemptIdentity *identity);

/**
 * timezone, session_*, last_session_* and next_session_* (from last_session_time and
 * next_session_time in params), last_executed_session_* (empty when unknown), project_id,
 * attempt_id, retry_attempt_name, task_name. Digdag's RuntimeParams.java.
 *
 * @session tg_builtins_of_session of the same attempt
 * @return a new reference
 */
json_t *tg_builtins_new(const TgAttemptIdentity *identity, const json_t *session,
                        const char *task_name, const json_t *params);
