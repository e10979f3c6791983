/* param_get>: values of the parameter server as parameters. Digdag's ParamGetOperatorFactory.java.
 */
#include "operators/support_param_server.h"
#include "params/params.h"

static gboolean param_get_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autoptr(TgParamServer) server = tg_param_server_open(turn, error);
    g_autoptr(json_t) keys = server == NULL ? NULL : tg_param_server_keys(turn, error);
    g_autoptr(json_t) store = json_object();
    const char *key = NULL;
    json_t *variable = NULL;

    if (keys == NULL) {
        return FALSE;
    }
    json_object_foreach (keys, key, variable) {
        g_autofree char *value = NULL;

        if (!tg_param_server_get(server, key, &value, error)) {
            return FALSE;
        }
        /* one that is not there gives an empty text */
        json_object_set_new(store, json_string_value(variable),
                            json_string(value == NULL ? "" : value));
    }
    turn->store = g_steal_pointer(&store);
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

const TgOperator tg_operator_param_get = {.name = "param_get",
                                          .help = "Reads values that param_set> kept",
                                          .honours_retry = TRUE,
                                          .run = param_get_run};
