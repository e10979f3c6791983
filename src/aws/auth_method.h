/* How a config says who asks, in the words of Embulk's S3 plug-ins: `auth_method` and its options.
 */
#pragma once

#include <jansson.h>

#include "aws/credentials.h"

/* The rows of an option table: keys that tg_aws_auth_read reads. */
#define TG_AWS_AUTH_OPTIONS                                                                        \
    {"auth_method", "text", "default (basic when access_key_id is given)",                         \
     "basic, session, env, instance, profile, anonymous, assume_role, web_identity_token or "      \
     "default (AWS's own chain)."},                                                                \
        {"access_key_id", "text", "null", "basic, session: the key's name."},                      \
        {"secret_access_key", "text", "null", "basic, session: the key."},                         \
        {"session_token", "text", "null", "session: the token that goes with the key."},           \
        {"profile_name", "text", "default", "profile: its name."},                                 \
        {"profile_file", "text", "null", "profile: a file instead of those in ~/.aws."},           \
        {"role_arn", "text", "null", "assume_role, web_identity_token: the role."},                \
        {"role_source", "map", "the other options",                                                \
         "assume_role: who assumes it, as a map of these options; it may assume a role itself."},  \
        {"role_session_name", "text", "tegaru", "The name that the role's session gets."},         \
        {"role_external_id", "text", "null", "assume_role: what the role's owner asks for."},      \
        {"role_session_duration_seconds", "integer", "3600",                                       \
         "How long the role's keys are good."},                                                    \
        {"scope_down_policy", "text", "null", "assume_role: JSON that narrows the rights."},       \
    {                                                                                              \
        "web_identity_token_file", "text", "null", "web_identity_token: where the token stands."   \
    }

/**
 * Reads the options above.
 *
 * Errors: CONFIG for an unknown method or an option that it needs.
 */
TgAwsCredentials *tg_aws_auth_read(const json_t *config, GError **error);

/* Whether AWS's variables in the environment say who asks. */
gboolean tg_aws_environment_is_configured(void);

/* Whether the config or AWS's variables in the environment say who asks. */
gboolean tg_aws_auth_is_configured(const json_t *config);
