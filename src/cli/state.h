/* Where a project keeps its state, and the parts that open it. */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "object/store.h"

/**
 * The state of a project lies in its `.tegaru` folder: objects/ (the store), catalog.sqlite,
 * status/ (of local runs). Opened when first asked for; any thread may ask.
 */
typedef struct {
    char *project_folder; /* absolute */
    char *folder;         /* absolute: $TEGARU_STATE, or <project>/.tegaru */
    GMutex mutex;
    TgCatalog *catalog;
    TgObjectStore *objects;
} TgCliState;

/**
 * @folder the project's folder, or NULL: the nearest folder at or above the current one that holds
 *         `.tegaru` or a `.dig` file, else the current one
 */
TgCliState *tg_cli_state_new(const char *folder);
void tg_cli_state_free(TgCliState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgCliState, tg_cli_state_free)

/* The local catalog, lent; NULL with an error. */
TgCatalog *tg_cli_state_catalog(TgCliState *state, GError **error);

/* The local object store, lent; never NULL. */
TgObjectStore *tg_cli_state_objects(TgCliState *state);
