/* Trying permissions where that changes nothing. */
#pragma once

#include "aws/settings.h"
#include "cli/aws_needs.h"

typedef enum {
    TG_CLI_AWS_ALLOWED,
    TG_CLI_AWS_DENIED,
    TG_CLI_AWS_UNKNOWN, /* the answer says neither: the network, a wrong name */
    TG_CLI_AWS_UNTRIED  /* it would change or cost something, or there is nothing to try it on */
} TgCliAwsVerdict;

typedef struct TgCliAwsTrial TgCliAwsTrial;

/* CONFIG for an endpoint that is no address. The settings are lent for the call. */
TgCliAwsTrial *tg_cli_aws_trial_new(const TgAwsSettings *settings, GError **error);
void tg_cli_aws_trial_free(TgCliAwsTrial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgCliAwsTrial, tg_cli_aws_trial_free)

/**
 * Makes the one call that needs the permission and changes nothing: a look, or a list of one page.
 *
 * @out_why what AWS said when it is DENIED or UNKNOWN, else NULL; the caller frees
 */
TgCliAwsVerdict tg_cli_aws_try(TgCliAwsTrial *trial, const TgCliAwsNeed *need, char **out_why);
