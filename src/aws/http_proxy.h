/* How a config says which proxy requests go through, in the words of Embulk's plug-ins for AWS. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* The row of an option table: the key that tg_aws_proxy_read reads. */
#define TG_AWS_PROXY_OPTION                                                                        \
    {                                                                                              \
        "http_proxy", "map", "null", "host, port, protocol or https, user, password."              \
    }

/* `http_proxy` as a URL, which the caller frees; *out stays as it is without one. CONFIG. */
gboolean tg_aws_proxy_read(const json_t *config, char **out, GError **error);
