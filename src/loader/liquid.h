/* Liquid, as far as Embulk configs (*.yml.liquid) use it. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/source.h"

#define TG_LIQUID_OUTPUT_BYTES_MAX ((gsize)16 * 1024 * 1024)
#define TG_LIQUID_DEPTH_MAX 100u /* blocks in blocks */

/**
 * Renders a template. Tags: assign, capture, if, elsif, else, unless, case, when, for, comment,
 * raw. An undefined variable is the empty text; an unknown tag or filter is CONFIG with its place.
 *
 * @variables an object: what the template sees ("env")
 * @now_ms what the filter `date` makes of "now"
 * @return the caller frees
 */
char *tg_liquid_render(const TgSource *source, const json_t *variables, gint64 now_ms,
                       GError **error);
