/* Liquid, as far as Embulk configs (*.yml.liquid) use it. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/source.h"

#define TG_LIQUID_OUTPUT_BYTES_MAX ((gsize)16 * 1024 * 1024)
#define TG_LIQUID_DEPTH_MAX 100u /* blocks in blocks */

#define TG_LIQUID_INCLUDES_MAX 50u
#define TG_LIQUID_ROUNDS_MAX 1000000u /* of all loops of a template */

typedef struct {
    const json_t *variables;    /* an object: what the template sees ("env") */
    gint64 now_ms;              /* what the filter `date` makes of "now" */
    const char *include_folder; /* include 'a/b' is a/_b.yml.liquid in it; NULL: no includes */
} TgLiquidOptions;

/**
 * Renders a template: the tags and filters of the Ruby gem liquid 4. An undefined variable is the
 * empty text; an unknown tag or filter is CONFIG with its place.
 *
 * @return the caller frees
 */
char *tg_liquid_render(const TgSource *source, const TgLiquidOptions *options, GError **error);

/**
 * Renders a config, which sees the environment as `env` and includes files beside it.
 *
 * @path where the config lies
 * @return the caller frees
 */
char *tg_liquid_render_config(const TgSource *source, const char *path, gint64 now_ms,
                              GError **error);
