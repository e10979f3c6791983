/* Durations of operators: "1d 2h 3m 4s". Digdag's Durations.java. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

/* A parameter; *out_seconds gets `fallback_seconds` when it is missing. Else CONFIG. */
gboolean tg_operator_duration_get(const json_t *params, const char *key, gint64 fallback_seconds,
                                  gint64 *out_seconds, GError **error);
