/* The two kinds of inputs that are not part of the program. */
#pragma once

#include "extension/search.h"
#include "loader/plugin.h"

/* A shared object (external_object.c). @path of the file */
TgInput *external_object_open(TgLoaderContext *context, const char *path, const json_t *config,
                              GError **error);

/* A program (external_program.c). */
TgInput *external_program_open(TgLoaderContext *context, const char *path, const json_t *config,
                               GError **error);
