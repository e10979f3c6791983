/* Athena and Glue: POST / with X-Amz-Target and one JSON object. */
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "endpoint/endpoint_internal.h"
#include "endpoint/signer.h"

typedef struct {
    const char *prefix;    /* of X-Amz-Target */
    const char *not_found; /* error classes by the code of an error */
    const char *conflict;
    const char *invalid;
    const char *internal;
    const TgAction *const *actions;
} Service;

static const TgAction *const glue_actions[] = {
    tg_endpoint_glue_database_actions,   tg_endpoint_glue_table_actions,
    tg_endpoint_glue_version_actions,    tg_endpoint_glue_partition_actions,
    tg_endpoint_glue_statistics_actions, NULL};
static const TgAction *const athena_actions[] = {
    tg_endpoint_athena_execution_actions, tg_endpoint_athena_work_group_actions,
    tg_endpoint_athena_saved_actions, tg_endpoint_athena_metadata_actions, NULL};
static const Service services[] = {
    {"AWSGlue.", "EntityNotFoundException", "AlreadyExistsException", "InvalidInputException",
     "InternalServiceException", glue_actions},
    {"AmazonAthena.", "InvalidRequestException", "InvalidRequestException",
     "InvalidRequestException", "InternalServerException", athena_actions},
};

/* ---- what actions share ---------------------------------------------------------------------- */

const char *tg_action_text(const TgActionCall *call, const char *key, GError **error)
{
    const json_t *value = json_object_get(call->input, key);
    const char *text = json_string_value(value);

    if (text == NULL || *text == '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is missing or no text", key);
        return NULL;
    }
    return text;
}

const char *tg_action_text_or(const TgActionCall *call, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(call->input, key));

    return text == NULL || *text == '\0' ? fallback : text;
}

gint64 tg_action_limit(const TgActionCall *call, const char *key, gint64 max)
{
    const json_t *value = json_object_get(call->input, key);
    gint64 limit = json_is_integer(value) ? json_integer_value(value) : max;

    return limit < 1 || limit > max ? max : limit;
}

json_t *tg_action_page(const TgActionCall *call, const char *key, json_t *take_all, gint64 max)
{
    const char *token = tg_action_text_or(call, "NextToken", "0");
    guint64 from = g_ascii_strtoull(token, NULL, 10);
    guint64 limit = (guint64)tg_action_limit(call, "MaxResults", max);
    json_t *page = json_array();
    json_t *reply = json_pack("{s:o}", key, page);
    gsize size = json_array_size(take_all);

    for (gsize i = from; i < size && i - from < limit; i++) {
        json_array_append(page, json_array_get(take_all, i));
    }
    if (from < size && size - from > limit) {
        g_autofree char *next = g_strdup_printf("%" G_GUINT64_FORMAT, from + limit);

        json_object_set_new(reply, "NextToken", json_string(next));
    }
    json_decref(take_all);
    return reply;
}

void tg_action_fail(TgActionCall *call, GError **error, const char *error_class, const char *format,
                    ...)
{
    va_list arguments;

    call->error_class = error_class;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG, message);
}

json_t *tg_action_now(void)
{
    return json_real((double)tg_clock_now_ms() / 1000.0);
}

void tg_endpoint_add_request_id(TgHttpCall *call)
{
    g_autofree char *id = tg_random_uuid();

    tg_http_call_add_header(call, "x-amzn-RequestId", id);
}

/* ---- answering ------------------------------------------------------------------------------ */

static void answer_json(TgHttpCall *call, guint status, json_t *take_body)
{
    char *text = json_dumps(take_body, JSON_COMPACT);

    json_decref(take_body);
    tg_endpoint_add_request_id(call);
    tg_http_call_add_header(call, "Content-Type", "application/x-amz-json-1.1");
    tg_http_call_answer(call, status, text, strlen(text));
}

static void answer_error(TgHttpCall *call, guint status, const char *error_class,
                         const char *message)
{
    tg_http_call_add_header(call, "x-amzn-ErrorType", error_class);
    answer_json(call, status,
                json_pack("{s:s, s:s, s:s}", "__type", error_class, "message", message, "Message",
                          message));
}

static const char *class_of(const Service *service, const GError *error, guint *out_status)
{
    *out_status = 400;
    switch (error->code) {
    case TG_ERROR_NOT_FOUND:
        return service->not_found;
    case TG_ERROR_CONFLICT:
        return service->conflict;
    case TG_ERROR_CONFIG:
    case TG_ERROR_TASK:
        return service->invalid;
    case TG_ERROR_DENIED:
        return "AccessDeniedException";
    default:
        *out_status = 500;
        return service->internal;
    }
}

static void answer_failure(TgHttpCall *call, const Service *service, const TgActionCall *action,
                           const GError *error)
{
    guint status = 400;
    const char *error_class =
        action->error_class != NULL ? action->error_class : class_of(service, error, &status);
    g_autofree char *message = g_utf8_make_valid(error->message, -1);
    json_t *body =
        json_pack("{s:s, s:s, s:s}", "__type", error_class, "message", message, "Message", message);

    if (action->error_code != NULL) {
        json_object_set_new(body, "AthenaErrorCode", json_string(action->error_code));
    }
    tg_http_call_add_header(call, "x-amzn-ErrorType", error_class);
    answer_json(call, status, body);
}

static const TgAction *find_in_group(const TgAction *action, const char *name)
{
    while (action->name != NULL && strcmp(action->name, name) != 0) {
        action++;
    }
    return action->name == NULL ? NULL : action;
}

static const TgAction *find_action(const Service *service, const char *name)
{
    const TgAction *found = NULL;

    for (guint i = 0; found == NULL && service->actions[i] != NULL; i++) {
        found = find_in_group(service->actions[i], name);
    }
    return found;
}

static void run_action(TgEndpoint *endpoint, TgHttpCall *call, const Service *service,
                       const char *name)
{
    const GByteArray *body = tg_http_call_body(call);
    const TgAction *action = find_action(service, name);
    json_t *input = json_loadb((const char *)body->data, body->len, JSON_REJECT_DUPLICATES, NULL);
    g_autofree char *caller = tg_signer_caller(call);
    TgActionCall request = {.endpoint = endpoint, .input = input, .caller = caller};
    g_autoptr(GError) error = NULL;
    json_t *reply = NULL;

    if (action == NULL) {
        g_autofree char *message = g_strdup_printf("the local endpoint has no action '%s'", name);

        answer_error(call, 400, "UnknownOperationException", message);
    } else if (!json_is_object(input)) {
        answer_error(call, 400, "SerializationException", "the body is no JSON object");
    } else {
        reply = action->run(&request, &error);
        if (reply != NULL) {
            answer_json(call, 200, reply);
        } else {
            answer_failure(call, service, &request, error);
        }
    }
    json_decref(input);
}

void tg_endpoint_json(TgEndpoint *endpoint, TgHttpCall *call)
{
    const char *target = tg_http_call_header(call, "X-Amz-Target");
    TgSignerRefusal refusal = {NULL, NULL, NULL};

    if (!tg_signer_check(endpoint->signer, call, FALSE, &refusal)) {
        answer_error(call, 400, refusal.json_class, refusal.message);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(services); i++) {
        if (g_str_has_prefix(target, services[i].prefix)) {
            run_action(endpoint, call, &services[i], target + strlen(services[i].prefix));
            return;
        }
    }
    answer_error(call, 400, "UnknownOperationException",
                 "the local endpoint serves AmazonAthena and AWSGlue");
}
