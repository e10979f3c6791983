/* Settings in AWS's own files, ~/.aws/config and ~/.aws/credentials: regions and endpoints. */
#pragma once

#include <glib.h>

/**
 * A setting of a profile: "region", "endpoint_url", "services". Read anew by each call. A file that
 * is not there or is none of AWS's has no settings.
 *
 * @profile NULL: AWS_PROFILE, else "default"
 * @return NULL when it is not set; the caller frees
 */
char *tg_aws_config_file_get(const char *profile, const char *key);

/**
 * A setting of one service of a profile: `services = NAME` in the profile, and in the section
 * `[services NAME]` the lines that are indented under the service.
 *
 * @service "glue", "athena"
 */
char *tg_aws_config_file_get_of_service(const char *profile, const char *service, const char *key);
