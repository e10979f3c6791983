/* From options to settings. */
#include "aws/settings.h"

#include "aws/auth_method.h"
#include "aws/endpoint.h"
#include "params/params.h"

void tg_aws_settings_clear(TgAwsSettings *settings)
{
    g_clear_pointer(&settings->credentials, tg_aws_credentials_unref);
    g_clear_pointer(&settings->profile, g_free);
    g_clear_pointer(&settings->region, g_free);
    g_clear_pointer(&settings->catalog_id, g_free);
}

/* The profile at the end of a chain of roles: the first that says something about where. */
static const json_t *first_source(const json_t *options)
{
    while (json_object_get(options, "profile_name") == NULL &&
           json_is_object(json_object_get(options, "role_source"))) {
        options = json_object_get(options, "role_source");
    }
    return options;
}

gboolean tg_aws_settings_read(const json_t *options, TgAwsSettings *out, GError **error)
{
    g_auto(TgAwsSettings) settings = {0};

    settings.credentials = tg_aws_auth_read(options, error);
    if (settings.credentials == NULL ||
        !tg_params_dup_text_or(options, "region", NULL, &settings.region, error) ||
        !tg_params_dup_text_or(options, "catalog_id", NULL, &settings.catalog_id, error) ||
        !tg_params_dup_text_or(first_source(options), "profile_name", NULL, &settings.profile,
                               error)) {
        return FALSE;
    }
    if (settings.region == NULL) {
        settings.region = tg_aws_region_find(settings.profile);
    }
    *out = (TgAwsSettings){.credentials = g_steal_pointer(&settings.credentials),
                           .profile = g_steal_pointer(&settings.profile),
                           .region = g_steal_pointer(&settings.region),
                           .catalog_id = g_steal_pointer(&settings.catalog_id)};
    return TRUE;
}
