/* Names of output files from a `sequence_format`. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* Fills "%03d.%02d." with task and file number; anything but %d, %Nd and %0Nd (twice at most) is
 * CONFIG. The caller frees. */
char *tg_sequence_format(const char *format, guint task, guint index, GError **error);
