/* Opens the engine that an athena operator asks for. */
#include "operators/support_athena_place.h"

#include <string.h>

#include "aws/glue.h"
#include "object/s3.h"
#include "operators/support.h"
#include "operators/support_athena_auth.h"
#include "operators/support_secret.h"
#include "params/params.h"

const char *tg_athena_engine(const TgTurn *turn, const char *op, GError **error)
{
    static const char *const engines[] = {"local", "athena", "trino"};
    const json_t *given = tg_operator_athena_option(turn, op, "engine");
    const json_t *system = json_object_get(turn->services->system_config, "athena.engine");
    const char *name = given != NULL    ? json_string_value(given)
                       : system != NULL ? json_string_value(system)
                                        : "local";

    for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(engines); i++) {
        if (strcmp(engines[i], name) == 0) {
            return engines[i];
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "engine: '%s' is none of local, athena, trino",
                name == NULL ? "?" : name);
    return NULL;
}

void tg_athena_place_clear(TgAthenaPlace *place)
{
    tg_catalog_free(place->own_catalog);
    tg_object_store_free(place->own_objects);
    tg_athena_free(place->athena);
    tg_trino_free(place->trino);
    tg_aws_settings_clear(&place->aws);
    *place = (TgAthenaPlace){NULL};
}

static gboolean open_local(const TgTurn *turn, TgAthenaPlace *out, GError **error)
{
    out->catalog = turn->services->catalog(turn->services, error);
    out->objects = turn->services->objects(turn->services);
    return out->catalog != NULL;
}

static gboolean open_aws(const TgTurn *turn, const char *op, TgAthenaPlace *out, GError **error)
{
    g_auto(TgAthenaAuth) auth = {0};
    TgGlue *glue = NULL;

    if (!tg_athena_auth_read(turn, op, &auth, error)) {
        return FALSE;
    }
    out->aws = auth.aws;
    auth.aws = (TgAwsSettings){0};
    TgAwsClientOptions options = {.region = out->aws.region,
                                  .profile = out->aws.profile,
                                  .credentials = out->aws.credentials,
                                  .proxy = auth.proxy,
                                  .is_cancelled = turn->services->is_cancelled};
    const TgObjectS3As s3 = {.endpoint = auth.s3_endpoint,
                             .proxy = auth.proxy,
                             .is_cancelled = turn->services->is_cancelled};

    options.endpoint = auth.glue_endpoint;
    glue = tg_glue_new(&options, out->aws.catalog_id, error);
    if (glue == NULL) {
        return FALSE;
    }
    out->own_catalog = tg_catalog_new_glue(glue);
    out->catalog = out->own_catalog;
    options.endpoint = auth.athena_endpoint;
    options.is_cancelled = NULL; /* a query is stopped after the run was cancelled */
    out->athena = tg_athena_new(&options, error);
    out->own_objects =
        out->athena == NULL ? NULL : tg_object_store_new_s3_as(&out->aws, &s3, error);
    out->objects = out->own_objects;
    return out->objects != NULL;
}

/* A key of the option `trino`, else the system's trino.KEY. Lent; NULL: none. */
static const char *trino_text(const TgTurn *turn, const json_t *option, const char *key)
{
    g_autofree char *system_key = g_strconcat("trino.", key, NULL);
    const char *given = json_string_value(json_object_get(option, key));

    return given != NULL
               ? given
               : json_string_value(json_object_get(turn->services->system_config, system_key));
}

static gboolean open_trino(const TgTurn *turn, const char *op, TgAthenaPlace *out, GError **error)
{
    const json_t *option = tg_operator_athena_option(turn, op, "trino");
    g_autofree char *database = NULL;
    g_autofree char *password = NULL;
    g_autofree char *token = NULL;

    if (!tg_operator_athena_text(turn, op, "database", NULL, &database, error) ||
        !tg_operator_secret_or_null(turn, "trino.password", &password, error) ||
        !tg_operator_secret_or_null(turn, "trino.token", &token, error)) {
        return FALSE;
    }
    const TgTrinoOptions options = {.url = trino_text(turn, option, "url"),
                                    .user = trino_text(turn, option, "user"),
                                    .password = password,
                                    .token = token,
                                    .catalog = trino_text(turn, option, "catalog"),
                                    .schema = database,
                                    .session = json_object_get(option, "session")};

    if (options.url == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "engine: trino needs to know the server: write 'trino: {url: "
                    "\"https://HOST:PORT\", catalog: NAME}' below 'athena:' of an _export");
        return FALSE;
    }
    out->objects = turn->services->objects(turn->services);
    out->trino = tg_trino_new(&options, error);
    return out->trino != NULL;
}

gboolean tg_athena_place_open(const TgTurn *turn, const char *op, TgAthenaPlace *out,
                              GError **error)
{
    const char *engine = tg_athena_engine(turn, op, error);

    if (engine == NULL) {
        return FALSE;
    }
    return strcmp(engine, "local") == 0   ? open_local(turn, out, error)
           : strcmp(engine, "trino") == 0 ? open_trino(turn, op, out, error)
                                          : open_aws(turn, op, out, error);
}

gboolean tg_athena_place_open_catalog(const TgTurn *turn, const char *op, TgAthenaPlace *out,
                                      GError **error)
{
    if (!tg_athena_place_open(turn, op, out, error)) {
        return FALSE;
    }
    if (out->catalog == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "athena.%s> works on a catalog of Glue or this project, not with 'engine: "
                    "trino'; write the statement itself with athena.query> (CALL "
                    "system.register_partition and the like)",
                    op);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_athena_read_sql(const TgTurn *turn, const TgAthenaPlace *place, char **out_sql,
                            char **out_name, GError **error)
{
    const char *command = json_string_value(json_object_get(turn->params, "_command"));
    g_autofree char *text = NULL;
    gsize size = 0;

    if (command == NULL || !g_str_has_prefix(command, "s3://")) {
        return tg_operator_read_sql(turn, out_sql, out_name, error);
    }
    if (!tg_object_read(place->objects, command, TG_QUERY_SQL_BYTES_MAX, &text, &size, error)) {
        return FALSE;
    }
    *out_sql = tg_operator_fill(turn, text, command, error);
    *out_name = *out_sql == NULL ? NULL : g_strdup(command);
    return *out_sql != NULL;
}
