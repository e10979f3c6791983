/* Secrets of this machine: one file each, named by the key. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

#define TG_SECRET_VALUE_BYTES_MAX ((gsize)16 * 1024) /* Digdag's SecretValidation.java */

/**
 * `secrets/` below Digdag's home of configuration, so that both programs have the same secrets; one
 * of our own is searched first when it exists. Files have mode 0600, the folder 0700. Digdag's
 * LocalSecretStoreManager.java.
 */
typedef struct TgSecretFolder TgSecretFolder;

/* @homes folders of configuration, the first to be searched first; NULL-terminated; copied */
TgSecretFolder *tg_secret_folder_new(const char *const *homes);
void tg_secret_folder_free(TgSecretFolder *folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSecretFolder, tg_secret_folder_free)

/* Whether a key may be used: segments of letters, digits, '_' and '-', joined by dots; a segment
 * begins with a letter and does not end with '_' or '-'. SecretValidation.java. */
gboolean tg_secret_folder_is_key(const char *key);

/**
 * A secret's value; *out is NULL when there is none. A key that is not valid has none.
 *
 * @return FALSE with DENIED or CONFIG when the file is there and cannot be read
 */
gboolean tg_secret_folder_get(const TgSecretFolder *folder, const char *key, char **out,
                              GError **error);

/* Sets a secret, in the first of the homes that exists, else in the last. CONFIG for a bad key or
 * an overlong value. */
gboolean tg_secret_folder_set(const TgSecretFolder *folder, const char *key, const char *value,
                              GError **error);

/* Removes a secret everywhere; a missing one is fine, as in Digdag. */
gboolean tg_secret_folder_delete(const TgSecretFolder *folder, const char *key, GError **error);

/* All keys, sorted. The caller frees. */
GPtrArray *tg_secret_folder_keys(const TgSecretFolder *folder);
