/* Secrets for operators, and `_env`. */
#pragma once

#include "operators/services.h"

/**
 * A secret by the key that an operator documents ("pg.password"), after `_secrets` of the task has
 * sent it elsewhere; *out is NULL when there is none. The caller frees. Digdag's
 * DefaultSecretProvider.java.
 *
 * @return FALSE with CONFIG for a wrong `_secrets`, or when the secret cannot be read
 */
gboolean tg_operator_secret_or_null(const TgTurn *turn, const char *key, char **out,
                                    GError **error);

/* The same, required: "Secret not found for key: 'pg.password'" (NOT_FOUND). */
char *tg_operator_secret(const TgTurn *turn, const char *key, GError **error);

/* A text with each ${secret:key} replaced; any other ${name:…} is CONFIG. The caller frees.
 * Digdag's UserSecretTemplate.java. */
char *tg_operator_fill_secrets(const TgTurn *turn, const char *text, GError **error);

/**
 * The task's own `_env` as texts, secrets filled in (`_secrets` does not count for them, as in
 * Digdag's GrantedPrivilegedVariables.java). A new reference; an empty object when there is none.
 */
json_t *tg_operator_env(const TgTurn *turn, GError **error);

/* Whether a parameter's name can be that of an environment variable. */
gboolean tg_operator_is_variable_name(const char *name);
