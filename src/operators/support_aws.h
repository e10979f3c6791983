/* Who asks AWS for a task: a named profile, secrets, or the places where AWS's tools look. */
#pragma once

#include "aws/settings.h"
#include "operators/services.h"

/* The profile that the task has chosen by `aws: NAME`, or its exports by `aws: {use: NAME}`; NULL:
 * none. Lent. */
const char *tg_operator_aws_name(const TgTurn *turn);

/**
 * Reads, what comes first counts: the profile (aws/named.h), over the secrets SCOPE.* over aws.* —
 * access_key_id, secret_access_key, session_token, region, role_arn, role_session_name — over the
 * task's `region` and `catalog_id`, over the environment and AWS's files. Keys of secrets assume
 * the profile's role unless it names a profile of AWS's files or a source. As
 * digdag-operator-athena a secret role_arn is assumed with the other keys.
 *
 * Errors: CONFIG; NOT_FOUND for half a pair of keys.
 *
 * @scope "athena", "aws.s3"
 */
gboolean tg_operator_aws(const TgTurn *turn, const char *scope, TgAwsSettings *out, GError **error);
