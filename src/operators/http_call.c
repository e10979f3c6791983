/* http_call>: runs the tasks that an HTTP server answers with. Digdag's
 * HttpCallOperatorFactory.java.
 */
#include <string.h>

#include "operators/support_http.h"
#include "params/params.h"
#include "params/yaml.h"

#define CONTENT_MAX 65536 /* unless config.http_call.max_response_content_size says another */

/* "application/json" of "Application/JSON; charset=x". */
static char *media_type_of(const char *content_type)
{
    g_autofree char *type = g_strndup(content_type, strcspn(content_type, ";"));

    return g_ascii_strdown(g_strstrip(type), -1);
}

static json_t *parse_json(const char *text, GError **error)
{
    json_error_t place = {0};
    json_t *config = json_loads(text, 0, &place);

    if (!json_is_object(config)) {
        json_decref(config);
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "Failed to parse response as JSON: %s (runtime)",
                    config == NULL ? place.text : "not a map");
        return NULL;
    }
    return config;
}

static json_t *parse_yaml(const char *text, GError **error)
{
    TgSource source = {.name = "http_call.dig", .text = text, .size_bytes = strlen(text)};
    TgYamlOptions options = {.flavour = TG_YAML_DIGDAG};
    g_autoptr(TgYaml) yaml = tg_yaml_parse(&source, &options, error);

    return yaml == NULL ? NULL : json_incref(tg_yaml_root(yaml));
}

static json_t *parse(const char *text, const char *content_type, const char *shown_type,
                     GError **error)
{
    g_autofree char *type = media_type_of(content_type);

    if (strcmp(type, "application/json") == 0) {
        return parse_json(text, error);
    }
    if (strcmp(type, "application/x-yaml") == 0) {
        return parse_yaml(text, error);
    }
    g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                "Unsupported Content-Type (expected application/json or application/x-yaml): %s",
                shown_type == NULL ? "null" : shown_type);
    return NULL;
}

static gboolean http_call_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgOperatorHttpAnswer) answer = {0};
    g_autofree char *override = NULL;
    gint64 max =
        tg_operator_system_int64(turn, "config.http_call.max_response_content_size", CONTENT_MAX);

    if (!tg_params_dup_text_or(turn->params, "content_type_override", NULL, &override, error) ||
        !tg_operator_http_run(turn, (gsize)max * 4 + 1, FALSE, &answer, out, error)) {
        return FALSE;
    }
    if (*out != TG_OUTCOME_DONE) {
        return TRUE;
    }
    if (answer.characters > (gsize)max) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "Response content too large: %" G_GSIZE_FORMAT " > %" G_GINT64_FORMAT,
                    answer.characters, max);
        return FALSE;
    }
    const char *type = override != NULL && *override != '\0' ? override : answer.content_type;

    if (type == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "Content-Type must be set in the HTTP response but not set");
        return FALSE;
    }
    turn->subtasks = parse(answer.text, type, answer.content_type, error);
    return turn->subtasks != NULL;
}

static const char *const options[] = {
    "method",  "content", "content_format",   "content_type", "query", "headers",
    "timeout", "retry",   "follow_redirects", "insecure",     "proxy", "content_type_override",
    "http",    NULL};

const TgOperator tg_operator_http_call = {.name = "http_call",
                                          .help = "Runs the tasks that a server answers with",
                                          .options = options,
                                          .honours_retry = TRUE,
                                          .run = http_call_run};
