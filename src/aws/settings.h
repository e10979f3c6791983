/* Who asks AWS, and where: what a client of a service is opened with. */
#pragma once

#include <jansson.h>

#include "aws/credentials.h"

typedef struct {
    TgAwsCredentials *credentials;
    char *profile;    /* of ~/.aws/config, whose endpoints count; NULL: AWS_PROFILE's */
    char *region;     /* NULL: nobody says it, so us-east-1 */
    char *catalog_id; /* Glue's; NULL: that of who asks */
} TgAwsSettings;

void tg_aws_settings_clear(TgAwsSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAwsSettings, tg_aws_settings_clear)

/**
 * Reads the options of aws/auth_method.h with `region` and `catalog_id`, as tg_aws_named_find gives
 * them. A region that is not there is that of the environment or the profile.
 *
 * Errors: CONFIG, as tg_aws_auth_read.
 */
gboolean tg_aws_settings_read(const json_t *options, TgAwsSettings *out, GError **error);
