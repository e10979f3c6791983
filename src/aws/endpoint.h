/* Where services are: AWS's own addresses, or those that a config, the environment or AWS's files
 * name instead. */
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

/* "glue.REGION.amazonaws.com", with the ending of the region's partition. The caller frees. */
char *tg_aws_endpoint_own_host(const char *service, const char *region);

/**
 * The address that stands outside of the config, in the order of AWS's SDKs: AWS_ENDPOINT_URL_GLUE,
 * AWS_ENDPOINT_URL, `endpoint_url` of the service and of the profile in ~/.aws/config; none when
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true.
 *
 * @service "glue"
 * @profile of ~/.aws/config; NULL: AWS_PROFILE, else "default"
 * @return NULL: AWS's own; the caller frees
 */
char *tg_aws_endpoint_find(const char *service, const char *profile);

/**
 * The region that stands outside of the config: AWS_REGION, AWS_DEFAULT_REGION, the profile's. A
 * profile that is named comes first.
 *
 * @profile NULL: AWS_PROFILE, else "default"
 * @return NULL when nobody says it; the caller frees
 */
char *tg_aws_region_find(const char *profile);
