/* param_set>: keeps values for other sessions and workflows, 90 days long. Digdag's
 * ParamSetOperatorFactory.java. */
#include "operators/support_param_server.h"
#include "params/params.h"

static json_t *receipt_of(const json_t *values)
{
    json_t *keys = json_array();
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)values, key, value) {
        json_array_append_new(keys, json_string(key));
    }
    return json_pack("{s:o}", "keys", keys);
}

static gboolean param_set_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autoptr(TgParamServer) server = tg_param_server_open(turn, error);
    g_autoptr(json_t) values = server == NULL ? NULL : tg_param_server_keys(turn, error);

    if (values == NULL || !tg_param_server_set(server, values, error)) {
        return FALSE;
    }
    turn->receipt = receipt_of(values);
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

const TgOperator tg_operator_param_set = {.name = "param_set",
                                          .help = "Keeps values for other sessions and workflows",
                                          .honours_retry = TRUE,
                                          .run = param_set_run};
