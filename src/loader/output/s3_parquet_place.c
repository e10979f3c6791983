/* Where the objects and the table of a load are: this project, or S3 and Glue. */
#include <string.h>

#include "aws/glue.h"
#include "aws/settings.h"
#include "loader/output/s3_parquet.h"
#include "object/s3.h"
#include "params/params.h"

/* The config itself says who asks AWS. The environment alone is no wish: who has AWS's variables
 * set still tries things on a laptop. */
static gboolean says_who(const json_t *config)
{
    static const char *const keys[] = {"auth_method", "access_key_id", "profile_name", "role_arn"};

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (tg_params_has(config, keys[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* `catalog: {type: glue|local}`; without it Glue when the config says who asks or names a
 * catalog_id. */
static gboolean read_is_glue(const json_t *config, gboolean *out, GError **error)
{
    const json_t *catalog = json_object_get(config, "catalog");
    g_autofree char *type = NULL;

    if (!tg_params_dup_text_or(catalog, "type", NULL, &type, error)) {
        return FALSE;
    }
    if (type != NULL && strcmp(type, "glue") != 0 && strcmp(type, "local") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "catalog: type: '%s' is none of glue, local",
                    type);
        return FALSE;
    }
    *out = type != NULL ? strcmp(type, "glue") == 0
                        : tg_params_has(catalog, "catalog_id") || says_who(config);
    return TRUE;
}

static TgCatalog *open_glue(const json_t *config, const gint *is_cancelled, GError **error)
{
    const json_t *catalog = json_object_get(config, "catalog");
    g_auto(TgAwsSettings) who = {0};
    g_autofree char *catalog_id = NULL;
    g_autofree char *endpoint = NULL;
    TgGlue *glue = NULL;

    if (!tg_aws_settings_read(config, &who, error) ||
        !tg_params_dup_text_or(catalog, "catalog_id", who.catalog_id, &catalog_id, error) ||
        !tg_params_dup_text_or(catalog, "endpoint", NULL, &endpoint, error)) {
        return NULL;
    }
    const TgAwsClientOptions options = {.endpoint = endpoint,
                                        .region = who.region,
                                        .profile = who.profile,
                                        .credentials = who.credentials,
                                        .is_cancelled = is_cancelled};

    glue = tg_glue_new(&options, catalog_id, error);
    return glue == NULL ? NULL : tg_catalog_new_glue(glue);
}

gboolean s3_parquet_open_catalog(TgLoaderContext *context, const json_t *config, TgCatalog **out,
                                 TgCatalog **out_own, GError **error)
{
    gboolean is_glue = FALSE;

    *out_own = NULL;
    if (!read_is_glue(config, &is_glue, error)) {
        return FALSE;
    }
    if (!is_glue) {
        *out = tg_loader_context_job(context)->services->catalog;
        return TRUE;
    }
    *out_own = open_glue(config, NULL, error);
    *out = *out_own;
    return *out != NULL;
}

/* What reads objects back cannot do so in S3. */
static gboolean check_reads(const S3Parquet *self, GError **error)
{
    if (self->options.tests != NULL || self->options.operation == S3_PARQUET_MERGE) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s not possible yet for objects in S3, which would have to be read back; %s",
                    self->options.tests != NULL ? "'tests' are" : "'operation_if_exists: merge' is",
                    self->options.tests != NULL ? "test the table with athena.ctas> and 'tests:'"
                                                : "load the changes, and merge by a SELECT");
        return FALSE;
    }
    return TRUE;
}

gboolean s3_parquet_open_place(S3Parquet *self, GError **error)
{
    const TgLoaderServices *services = tg_loader_context_job(self->context)->services;
    gboolean has_catalog = self->options.has_catalog;

    self->objects = services->objects;
    if (has_catalog && !s3_parquet_open_catalog(self->context, self->config, &self->catalog,
                                                &self->own_catalog, error)) {
        return FALSE;
    }
    if (self->own_catalog != NULL || (!has_catalog && tg_aws_auth_is_configured(self->config))) {
        if (self->own_catalog != NULL && !check_reads(self, error)) {
            return FALSE;
        }
        self->own_objects = tg_object_store_new_s3(self->config, error);
        self->objects = self->own_objects;
        return self->objects != NULL;
    }
    if (self->objects == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no object store to write to here");
    }
    return self->objects != NULL;
}
