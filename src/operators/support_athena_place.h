/* Where an athena operator works: this project's catalog, store and engine, or Athena, Glue and S3.
 */
#pragma once

#include "aws/athena.h"
#include "aws/settings.h"
#include "object/store.h"
#include "operators/services.h"

/* The options of every athena operator that say where it works and who asks. */
#define TG_ATHENA_AUTH_OPTIONS                                                                     \
    "engine", "aws", "catalog_id", "auth_method", "profile_name", "profile_file", "region",        \
        "endpoint", "athena_endpoint", "glue_endpoint", "s3_endpoint", "use_http_proxy",           \
        "web_identity_token_file", "web_identity_role_arn"

/* One engine, opened for a turn. */
typedef struct {
    TgCatalog *catalog;     /* lent */
    TgObjectStore *objects; /* lent */
    TgAthena *athena;       /* NULL: the local engine */
    TgAwsSettings aws;      /* with Athena */
    TgCatalog *own_catalog; /* what is freed with it */
    TgObjectStore *own_objects;
} TgAthenaPlace;

void tg_athena_place_clear(TgAthenaPlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAthenaPlace, tg_athena_place_clear)

/**
 * Opens what the option `engine` says: "local", or "athena" with what support_athena_auth.h reads.
 * Without the option the system's `athena.engine` counts, then local. Nothing is asked yet.
 *
 * Errors: CONFIG for options, NOT_FOUND for secrets.
 *
 * @op name without "athena."
 */
gboolean tg_athena_place_open(const TgTurn *turn, const char *op, TgAthenaPlace *out,
                              GError **error);

/* "local", "athena" or "trino" as the option and the system say. Lent; NULL with CONFIG. */
const char *tg_athena_engine(const TgTurn *turn, const char *op, GError **error);
