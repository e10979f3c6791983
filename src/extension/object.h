/* Plug-ins as shared objects, include/tegaru_plugin.h. */
#pragma once

#include <tegaru_plugin.h>

#include "loader/plugin.h"

/**
 * Opens a shared object, which then stays for the life of the program, and asks it for its struct.
 *
 * @role "input": calls tegaru_input()
 * @return a const struct TegaruInput * (or Filter, Output) of a version that is known; CONFIG
 */
const void *tg_extension_load(const char *path, const char *role, GError **error);

/* What a plug-in may ask of a load. */
typedef struct {
    struct TegaruHost host; /* first, for the callbacks */
    TgLoaderContext *context;
    char *folder;
} TgExtensionHost;

/* @context lent until clear */
void tg_extension_host_init(TgExtensionHost *host, TgLoaderContext *context);
void tg_extension_host_clear(TgExtensionHost *host);

/* The block of a config as the plug-in gets it. The caller frees. */
char *tg_extension_options(const json_t *config);

/* Sets the error of a call that returned `status`, in the plug-in's words. */
void tg_extension_set_error(GError **error, int status, struct TegaruError *said);
