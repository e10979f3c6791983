/* `_retry`: how often and how long after a failure a task runs again. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

/**
 * Decides on a retry. Forms: N, or {limit, interval s (0), max_interval s, interval_type
 * constant|exponential}. Digdag's RetryControl.java.
 *
 * @config the task's configuration
 * @state what tg_retry_next_state made before, or NULL or {} the first time
 * @out_retry whether to run again
 * @out_interval_ms after how long; exponential is interval * 2^n for the n-th, from 0
 */
gboolean tg_retry_decide(const json_t *config, const json_t *state, gboolean *out_retry,
                         gint64 *out_interval_ms, GError **error);

/* The state with its count one up. A new reference. */
json_t *tg_retry_next_state(const json_t *state);

/* Whether the state says that a retry was decided before. */
gboolean tg_retry_has_happened(const json_t *state);
