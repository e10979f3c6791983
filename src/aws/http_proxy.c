/* The map `http_proxy` of a config. */
#include "aws/http_proxy.h"

#include "params/params.h"

gboolean tg_aws_proxy_read(const json_t *config, char **out, GError **error)
{
    const json_t *proxy = json_object_get(config, "http_proxy");
    g_autofree char *host = NULL;
    g_autofree char *protocol = NULL;
    g_autofree char *user = NULL;
    g_autofree char *password = NULL;
    gboolean is_https = TRUE;
    gint64 port = 0;

    if (proxy == NULL || json_is_null(proxy)) {
        return TRUE;
    }
    if (!tg_params_dup_text_or(proxy, "host", NULL, &host, error) ||
        !tg_params_get_boolean(proxy, "https", TRUE, &is_https, error) ||
        !tg_params_dup_text_or(proxy, "protocol", is_https ? "https" : "http", &protocol, error) ||
        !tg_params_dup_text_or(proxy, "user", NULL, &user, error) ||
        !tg_params_dup_text_or(proxy, "password", "", &password, error) ||
        !tg_params_get_int64(proxy, "port", 0, &port, error)) {
        g_prefix_error(error, "http_proxy: ");
        return FALSE;
    }
    if (host == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "http_proxy: 'host' is missing");
        return FALSE;
    }
    g_autofree char *name = user == NULL ? NULL : g_uri_escape_string(user, NULL, FALSE);
    g_autofree char *secret = g_uri_escape_string(password, NULL, FALSE);

    *out = g_strdup_printf("%s://%s%s%s%s%s", protocol, name == NULL ? "" : name,
                           name == NULL ? "" : ":", name == NULL ? "" : secret,
                           name == NULL ? "" : "@", host);
    if (port > 0) {
        g_autofree char *without = *out;

        *out = g_strdup_printf("%s:%" G_GINT64_FORMAT, without, port);
    }
    return TRUE;
}
