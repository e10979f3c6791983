/* Where configuration and secrets of this machine lie: Digdag's places, and ours. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "store/secret_folder.h"

/**
 * The system configuration, a flat object of strings; later ones win: `config` in Digdag's home
 * ($DIGDAG_CONFIG_HOME, else ~/.config/digdag) and in ours ($TEGARU_CONFIG_HOME, else
 * ~/.config/tegaru), or only what $DIGDAG_CONFIG holds when a file is named; that file; `-X`.
 * Digdag's Command.java.
 *
 * @file `-c FILE` or NULL
 * @properties "K=V" of -X, or NULL
 */
json_t *tg_cli_config_load(const char *file, char *const *properties, GError **error);

/* The local secrets. */
TgSecretFolder *tg_cli_secrets(void);
