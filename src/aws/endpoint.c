/* Splitting addresses. */
#include "aws/endpoint.h"

#include <string.h>

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
