/* Finding plug-ins that are not part of the program: shared objects and programs. */
#pragma once

#include "loader/loader.h"

#define TG_EXTENSION_PATH "TEGARU_PLUGIN_PATH"              /* folders, with ':' between them */
#define TG_EXTENSION_NO_PROJECT "TEGARU_NO_PROJECT_PLUGINS" /* set: never look into projects */

typedef enum {
    TG_EXTENSION_OBJECT, /* tegaru_<role>_<type>.so */
    TG_EXTENSION_PROGRAM /* tegaru-<role>-<type> */
} TgExtensionKind;

typedef struct {
    TgExtensionKind kind;
    char *path;
} TgExtension;

/**
 * The plug-in for a type: the first file with its name in the folders of TEGARU_PLUGIN_PATH, in
 * `plugins` and `.tegaru/plugins` of the project, and in the user's tegaru/plugins; a program also
 * on the PATH. docs/loader-plugins.md says why nowhere else.
 *
 * @role "input", "filter" or "output"
 * @return NULL with NOT_FOUND, or with DENIED when others could have put it there
 */
TgExtension *tg_extension_find(const TgLoaderJob *job, const char *role, const char *type,
                               GError **error);
void tg_extension_free(TgExtension *extension);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgExtension, tg_extension_free)

/**
 * A file by its whole name, in the same folders; *out is NULL when none has it. FALSE with DENIED
 * as tg_extension_find.
 */
gboolean tg_extension_find_file(const TgLoaderJob *job, const char *name, char **out,
                                GError **error);

/* All that the folders hold, in the order in which they are looked through; not those on the PATH.
 * Calls with the role, the type and the file, all lent. */
typedef void (*TgExtensionSeen)(gpointer data, const char *role, const char *type,
                                const char *path);
void tg_extension_list(const TgLoaderJob *job, TgExtensionSeen seen, gpointer data);

/* Whether there is one, even if it may not be used. */
gboolean tg_extension_exists(const TgLoaderJob *job, const char *role, const char *type);
