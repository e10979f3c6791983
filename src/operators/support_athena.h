/* What athena.ctas> and athena.apas> share: a SELECT and where its rows go. */
#pragma once

#include "operators/support_athena_place.h"

/* The options as texts; each may be NULL. */
typedef struct {
    char *sql;
    char *name; /* of the SQL, for errors */
    char *database;
    char *table;
    char *location;
    char *format;
    char *compression;
    char *field_delimiter;
    char *save_mode;
} TgAthenaTarget;

void tg_athena_target_clear(TgAthenaTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAthenaTarget, tg_athena_target_clear)

/* One option with its default. */
typedef struct {
    const char *key;
    const char *fallback; /* NULL: stays NULL */
    char **into;
} TgAthenaOption;

/**
 * Reads options (operators/support.h says from where) and the SQL.
 *
 * @op "ctas" or "apas"
 * @options ends with {NULL}
 */
gboolean tg_athena_target_read(const TgTurn *turn, const char *op, const TgAthenaPlace *place,
                               const TgAthenaOption *options, TgAthenaTarget *target,
                               GError **error);

/* `publish`: "atomic" (stage, test, switch) or "direct" (the original's order of steps). */
gboolean tg_athena_read_direct(const TgTurn *turn, const char *op, gboolean *out, GError **error);
