/* Shared libraries that are loaded when they are first needed: a run that needs none does not pay
 * for it, and one that is missing is told of by name. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* A function, and where its pointer stands in the struct that the owner has for all of them. */
typedef struct {
    const char *name;
    gsize offset;
} TgLibrarySymbol;

typedef struct {
    const char *file;               /* "libcurl.so.4" */
    const char *called;             /* for messages: "libcurl", "the Redis client library" */
    const char *package;            /* Debian's */
    const TgLibrarySymbol *symbols; /* ends with {NULL} */
    gboolean (*start)(gpointer functions, GError **error); /* after loading, once; may be NULL */
    gpointer functions; /* the struct of pointers, all NULL at first */
    gboolean is_loaded; /* TRUE once all of it went well */
    GMutex mutex;
} TgLibrary;

/**
 * Loads a library unless that was done. Any thread may call it; after a failure the next call tries
 * again. It stays loaded to the end.
 *
 * Errors: NOT_FOUND for a library or function that is not there, with the package to install; what
 * start() sets.
 *
 * @return library->functions; NULL with an error
 */
gconstpointer tg_library_load(TgLibrary *library, GError **error);
