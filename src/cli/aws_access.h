/* Who a run would be for AWS, as far as can be said without running. */
#pragma once

#include "aws/settings.h"

/* What the command line says; lent. */
typedef struct {
    const char *profile;    /* of AWS's files; NULL: none named */
    const char *name;       /* of a profile of the file; NULL: that of `use`, else none */
    const json_t *profiles; /* the map `aws` of the file; NULL: none */
} TgCliAwsAccess;

/**
 * The map `aws` of a workflow (below `_export`) or of a load; NULL without an error when there is
 * none. A new reference.
 */
json_t *tg_cli_aws_profiles(const json_t *file);

/**
 * Settings as operators/support_aws.h has them, from the secrets of this machine.
 *
 * @out_source where the keys come from; the caller frees
 */
gboolean tg_cli_aws_access(const TgCliAwsAccess *access, TgAwsSettings *out, char **out_source,
                           GError **error);
