/* A load as the commands start it: config file, services, plug-ins. */
#pragma once

#include "cli/command.h"
#include "cli/load_progress.h"
#include "cli/state.h"
#include "loader/loader.h"
#include "query/query.h"

typedef struct {
    TgLoaderJob job;
    TgLoaderServices services;
    TgCliState *state;
    json_t *config;
    char *config_name;
    TgLoaderLevel level_min;  /* of log lines that are printed */
    TgQuery *query;           /* for data tests; NULL until the first */
    FILE *log_file;           /* NULL: stderr, with Embulk's name stdout */
    gboolean embulk_lines;    /* log lines in Embulk's form */
    TgLoadProgress *progress; /* NULL: nobody looks */
} TgCliLoad;

/**
 * Reads a config: *.yml, *.yaml, or either with .liquid (rendered first). Any other name is CONFIG.
 *
 * @exact_types see TgLoaderJob; `types:` of the config goes before
 */
TgCliLoad *tg_cli_load_new(const TgCli *cli, const char *path, gboolean exact_types,
                           GError **error);
/**
 * The same for a config that was made here.
 *
 * @take_config {"in", "out", …}
 * @name for messages
 */
TgCliLoad *tg_cli_load_new_config(const TgCli *cli, json_t *take_config, const char *name,
                                  gboolean exact_types, GError **error);
void tg_cli_load_free(TgCliLoad *load);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgCliLoad, tg_cli_load_free)

/* Merges a config diff file over the config; a missing or empty one is made and changes nothing. */
gboolean tg_cli_load_merge_diff(TgCliLoad *load, const char *path, GError **error);

/* Writes a value to a file as YAML. */
gboolean tg_cli_load_write_yaml(const char *path, const json_t *value, GError **error);
