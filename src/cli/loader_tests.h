/* Data tests of loads, run by the engine. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "engine/engine.h"
#include "loader/loader.h"

/* As TgLoaderServices.run_tests, with the engine to run them on. */
gboolean tg_cli_run_loader_tests(TgEngine *engine, const json_t *tests,
                                 const TgLoaderStaged *staged, json_t **out_results,
                                 GError **error);
