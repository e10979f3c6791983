/* The parameter server of param_get> and param_set>: values that outlive a session, in PostgreSQL
 * or Redis. Digdag's ParamServerClient.java, with its table and its keys. */
#pragma once

#include "operators/services.h"

/* Values are forgotten so long after they were set. */
#define TG_PARAM_SERVER_TTL_S 7776000 /* 90 days */

typedef struct TgParamServer TgParamServer;

/* Opens what `param_server.type` of the system configuration says; CONFIG when it says nothing. */
TgParamServer *tg_param_server_open(const TgTurn *turn, GError **error);
void tg_param_server_free(TgParamServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgParamServer, tg_param_server_free)

/* The value of a key, NULL when there is none or it is too old. */
gboolean tg_param_server_get(TgParamServer *server, const char *key, char **out, GError **error);

/* Sets all keys of an object of texts, or none. */
gboolean tg_param_server_set(TgParamServer *server, const json_t *values, GError **error);

/* The keys that the task itself has, without those of the language (`_export`, `param_set>`). The
 * values are those of the parameters. A new reference; CONFIG "no key is set." */
json_t *tg_param_server_keys(const TgTurn *turn, GError **error);
