/* Who serves a request, and starting and stopping. */
#include "endpoint/endpoint.h"

#include <string.h>

#include "endpoint/athena_internal.h"
#include "endpoint/s3_internal.h"
#include "endpoint/signer.h"

#define STOP_WAIT_MS 5000

typedef enum { SERVICE_JSON, SERVICE_STS, SERVICE_S3 } Service;

/* The region of the signature says nothing here; the shape of the request does. */
static Service service_of(const TgHttpCall *call)
{
    const char *type = tg_http_call_header(call, "Content-Type");
    gboolean is_root = strcmp(tg_http_call_path(call), "/") == 0;

    if (tg_http_call_header(call, "X-Amz-Target") != NULL) {
        return SERVICE_JSON;
    }
    if (is_root && (tg_http_call_has_parameter(call, "Action") ||
                    (strcmp(tg_http_call_method(call), "POST") == 0 && type != NULL &&
                     g_str_has_prefix(type, "application/x-www-form-urlencoded")))) {
        return SERVICE_STS;
    }
    return SERVICE_S3;
}

static void on_begin(gpointer data, TgHttpCall *call)
{
    if (service_of(call) == SERVICE_S3) {
        tg_endpoint_s3_begin(data, call);
    }
}

static void on_answer(gpointer data, TgHttpCall *call)
{
    switch (service_of(call)) {
    case SERVICE_JSON:
        tg_endpoint_json(data, call);
        break;
    case SERVICE_STS:
        tg_endpoint_sts(data, call);
        break;
    case SERVICE_S3:
    default:
        tg_endpoint_s3(data, call);
    }
}

guint16 tg_endpoint_port(const TgEndpoint *endpoint)
{
    return tg_http_server_port(endpoint->server);
}

TgEndpoint *tg_endpoint_start(const TgEndpointOptions *options, GError **error)
{
    g_autoptr(TgEndpoint) endpoint = g_new0(TgEndpoint, 1);
    g_autofree char *path = g_build_filename(options->folder, "endpoint.sqlite", NULL);
    TgHttpServerOptions server = {.bind = options->bind,
                                  .port = options->port,
                                  .begin = on_begin,
                                  .answer = on_answer,
                                  .data = endpoint};

    endpoint->catalog = options->catalog;
    endpoint->objects = options->objects;
    endpoint->query = options->query;
    endpoint->folder = g_strdup(options->folder);
    endpoint->region = g_strdup(options->region == NULL ? "us-east-1" : options->region);
    if (options->access_key_id != NULL) {
        endpoint->signer = tg_signer_new(options->access_key_id, options->secret_access_key);
    }
    endpoint->kept = tg_kept_open(path, error);
    if (endpoint->kept == NULL || !tg_endpoint_s3_sweep_uploads(endpoint, error) ||
        !tg_catalog_ensure_database(options->catalog, "default", error)) {
        return NULL;
    }
    endpoint->athena = tg_endpoint_athena_new(endpoint, options->running_max, error);
    if (endpoint->athena == NULL) {
        return NULL;
    }
    endpoint->server = tg_http_server_start(&server, error);
    return endpoint->server == NULL ? NULL : g_steal_pointer(&endpoint);
}

void tg_endpoint_stop(TgEndpoint *endpoint)
{
    if (endpoint == NULL) {
        return;
    }
    tg_http_server_stop(endpoint->server, STOP_WAIT_MS);
    tg_endpoint_athena_stop(endpoint->athena);
    tg_kept_free(endpoint->kept);
    tg_signer_free(endpoint->signer);
    g_free(endpoint->folder);
    g_free(endpoint->region);
    g_free(endpoint);
}
