/* Addresses of services that a config names instead of AWS's own. Internal to this folder. */
#pragma once

#include "base/error.h"

typedef struct {
    char *scheme;       /* "http" or "https" */
    char *host;         /* with the port when it is not the scheme's own */
    gboolean is_number; /* an IP address: no bucket can stand before it */
} TgAwsEndpoint;

void tg_aws_endpoint_clear(TgAwsEndpoint *endpoint);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAwsEndpoint, tg_aws_endpoint_clear)

/* Splits "[https://]host[:port]"; CONFIG for anything else, a path too. */
gboolean tg_aws_endpoint_parse(const char *text, TgAwsEndpoint *out, GError **error);
