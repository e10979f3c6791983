/* Addresses: splitting them, finding them. */
#include "aws/endpoint.h"

#include <string.h>

#include "aws/config_file.h"

void tg_aws_endpoint_clear(TgAwsEndpoint *endpoint)
{
    g_clear_pointer(&endpoint->scheme, g_free);
    g_clear_pointer(&endpoint->host, g_free);
}

gboolean tg_aws_endpoint_parse(const char *text, TgAwsEndpoint *out, GError **error)
{
    g_autoptr(GUri) uri = NULL;
    g_autofree char *full =
        strstr(text, "://") != NULL ? g_strdup(text) : g_strconcat("https://", text, NULL);

    uri = g_uri_parse(full, G_URI_FLAGS_NONE, NULL);
    if (uri == NULL || g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0' ||
        strlen(g_uri_get_path(uri)) > 1 ||
        (strcmp(g_uri_get_scheme(uri), "http") != 0 &&
         strcmp(g_uri_get_scheme(uri), "https") != 0)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the endpoint '%s' is no address like https://host or http://host:9000", text);
        return FALSE;
    }
    const char *host = g_uri_get_host(uri);
    int port = g_uri_get_port(uri);
    gboolean is_own = port <= 0 || port == (strcmp(g_uri_get_scheme(uri), "http") == 0 ? 80 : 443);
    gboolean is_v6 = strchr(host, ':') != NULL;

    out->scheme = g_strdup(g_uri_get_scheme(uri));
    out->host = is_own ? g_strdup_printf(is_v6 ? "[%s]" : "%s", host)
                       : g_strdup_printf(is_v6 ? "[%s]:%d" : "%s:%d", host, port);
    out->is_number = g_hostname_is_ip_address(host);
    return TRUE;
}

/* The regions of a partition begin alike, and their hosts end alike. */
static const struct {
    const char *region;
    const char *suffix;
} partitions[] = {
    {"cn-", "amazonaws.com.cn"},    {"us-isob-", "sc2s.sgov.gov"},  {"us-iso-", "c2s.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk"}, {"us-isof-", "csp.hci.ic.gov"}, {"eusc-", "amazonaws.eu"},
};

char *tg_aws_endpoint_own_host(const char *service, const char *region)
{
    const char *suffix = "amazonaws.com";

    for (gsize i = 0; i < G_N_ELEMENTS(partitions); i++) {
        if (g_str_has_prefix(region, partitions[i].region)) {
            suffix = partitions[i].suffix;
        }
    }
    return g_strdup_printf("%s.%s.%s", service, region, suffix);
}

/* A variable that is set and not empty. */
static const char *variable_of(const char *name)
{
    const char *value = g_getenv(name);

    return value == NULL || *value == '\0' ? NULL : value;
}

char *tg_aws_endpoint_find(const char *service, const char *profile)
{
    g_autofree char *upper = g_ascii_strup(service, -1);
    g_autofree char *own = g_strconcat("AWS_ENDPOINT_URL_", upper, NULL);
    const char *ignore = variable_of("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    const char *variable =
        variable_of(own) != NULL ? variable_of(own) : variable_of("AWS_ENDPOINT_URL");
    char *found = NULL;

    if (ignore != NULL && g_ascii_strcasecmp(ignore, "true") == 0) {
        return NULL;
    }
    if (variable != NULL) {
        return g_strdup(variable);
    }
    found = tg_aws_config_file_get_of_service(profile, service, "endpoint_url");
    return found != NULL ? found : tg_aws_config_file_get(profile, "endpoint_url");
}

char *tg_aws_region_find(const char *profile)
{
    const char *variable = variable_of("AWS_REGION");
    char *of_profile = profile == NULL ? NULL : tg_aws_config_file_get(profile, "region");

    if (variable == NULL) {
        variable = variable_of("AWS_DEFAULT_REGION");
    }
    if (of_profile != NULL) {
        return of_profile;
    }
    return variable != NULL  ? g_strdup(variable)
           : profile == NULL ? tg_aws_config_file_get(NULL, "region")
                             : NULL;
}
