/* What http_server.c and http_server_call.c share. */
#pragma once

#include "net/http_server.h"
#include "net/http_server_api.h"

struct TgHttpServer {
    const TgHttpServerApi *api;
    struct MHD_Daemon *daemon;
    void (*begin)(gpointer data, TgHttpCall *call);
    void (*answer)(gpointer data, TgHttpCall *call);
    gpointer data;
    guint16 port;
    GMutex mutex; /* over the count */
    GCond idle;
    guint running; /* calls between begin() and their end */
};

struct TgHttpCall {
    TgHttpServer *server;
    struct MHD_Connection *connection;
    char *path;
    char *query;
    const char *method;
    gboolean is_begun;
    gsize body_max;
    gboolean is_too_large;
    TgHttpBodyWrite write;
    GByteArray *body;
    GError *body_error;
    gpointer data;
    GDestroyNotify free_data;
    GPtrArray *headers; /* of the answer: name and value in turn */
    struct MHD_Response *response;
    guint status;
};

/* `uri` as it stands in the request's first line. */
TgHttpCall *tg_http_call_new(TgHttpServer *server, const char *uri);
void tg_http_call_free(TgHttpCall *call);

/* Hands the answer to the library, 500 when there is none. */
enum MHD_Result tg_http_call_send(TgHttpCall *call);
