/* Where an athena operator works: this project's catalog, store and engine; Athena, Glue and S3; or
 * a Trino server. */
#pragma once

#include "aws/athena.h"
#include "aws/settings.h"
#include "object/store.h"
#include "operators/services.h"
#include "trino/trino.h"

/* The options of every athena operator that say where it works and who asks. */
#define TG_ATHENA_AUTH_OPTIONS                                                                     \
    "engine", "trino", "aws", "catalog_id", "auth_method", "profile_name", "profile_file",         \
        "region", "endpoint", "athena_endpoint", "glue_endpoint", "s3_endpoint", "use_http_proxy", \
        "web_identity_token_file", "web_identity_role_arn"

/* One engine, opened for a turn. */
typedef struct {
    TgCatalog *catalog;     /* lent; NULL with Trino, which has its own */
    TgObjectStore *objects; /* lent; of the project with Trino */
    TgAthena *athena;       /* NULL: another engine */
    TgTrino *trino;         /* NULL: another engine */
    TgAwsSettings aws;      /* with Athena */
    TgCatalog *own_catalog; /* what is freed with it */
    TgObjectStore *own_objects;
} TgAthenaPlace;

void tg_athena_place_clear(TgAthenaPlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAthenaPlace, tg_athena_place_clear)

/**
 * Opens what the option `engine` says: "local"; "athena" with what support_athena_auth.h reads;
 * "trino" with `trino: {url, user, catalog, session}` (the system's trino.url, …) and the secrets
 * trino.password or trino.token. Without the option the system's `athena.engine` counts, then
 * local. Nothing is asked yet.
 *
 * Errors: CONFIG for options, NOT_FOUND for secrets.
 *
 * @op name without "athena."
 */
gboolean tg_athena_place_open(const TgTurn *turn, const char *op, TgAthenaPlace *out,
                              GError **error);

/* For operators that work on a catalog: with Trino they are CONFIG. */
gboolean tg_athena_place_open_catalog(const TgTurn *turn, const char *op, TgAthenaPlace *out,
                                      GError **error);

/* "local", "athena" or "trino" as the option and the system say. Lent; NULL with CONFIG. */
const char *tg_athena_engine(const TgTurn *turn, const char *op, GError **error);

/* SQL of `_command`: also an object "s3://…", read from the place's store and filled in. */
gboolean tg_athena_read_sql(const TgTurn *turn, const TgAthenaPlace *place, char **out_sql,
                            char **out_name, GError **error);
