/* The requests of a scan or a query, from the options of embulk-input-dynamodb, old and new. */
#include <string.h>

#include "base/suggest.h"
#include "loader/input/dynamodb.h"
#include "params/params.h"

#define DEPTH_MAX 32 /* of values, DynamoDB's own limit */

const char *const dynamodb_kind_names[] = {"S", "N",  "B",  "BOOL", "NULL", "M",
                                           "L", "SS", "NS", "BS",   NULL};

DynamodbKind dynamodb_kind_of(const json_t *attribute, const json_t **out_value)
{
    void *member = json_is_object(attribute) && json_object_size(attribute) == 1
                       ? json_object_iter((json_t *)attribute)
                       : NULL;

    for (guint i = 0; member != NULL && i < DYNAMODB_KINDS; i++) {
        if (strcmp(json_object_iter_key(member), dynamodb_kind_names[i]) == 0) {
            *out_value = json_object_iter_value(member);
            return (DynamodbKind)i;
        }
    }
    return DYNAMODB_KINDS;
}

/* --- attribute values of the config --- */

static json_t *value_of_config(const json_t *value, guint depth, GError **error);

/* The text of a scalar as the protocol wants it; binary in base64. */
static json_t *text_of_config(const json_t *value, gboolean is_binary)
{
    g_autofree char *text = tg_params_to_text(value);
    g_autofree char *base64 =
        is_binary ? g_base64_encode((const guchar *)text, strlen(text)) : NULL;

    return json_string(is_binary ? base64 : text);
}

static json_t *list_of_config(const json_t *list, DynamodbKind kind, guint depth, GError **error)
{
    g_autoptr(json_t) out = json_array();
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (list, index, value) {
        json_t *made = kind == DYNAMODB_L ? value_of_config(value, depth + 1, error)
                                          : text_of_config(value, kind == DYNAMODB_BS);

        if (made == NULL) {
            return NULL;
        }
        json_array_append_new(out, made);
    }
    return g_steal_pointer(&out);
}

static json_t *map_of_config(const json_t *map, guint depth, GError **error)
{
    g_autoptr(json_t) out = json_object();
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)map, key, value) {
        json_t *made = value_of_config(value, depth + 1, error);

        if (made == NULL) {
            g_prefix_error(error, "'%s': ", key);
            return NULL;
        }
        json_object_set_new(out, key, made);
    }
    return g_steal_pointer(&out);
}

/* What stands behind the kind; NULL without an error when it is of another form. */
static json_t *inner_of_config(DynamodbKind kind, const json_t *value, guint depth, GError **error)
{
    switch (kind) {
    case DYNAMODB_S:
    case DYNAMODB_N:
    case DYNAMODB_B:
        return json_is_object(value) || json_is_array(value)
                   ? NULL
                   : text_of_config(value, kind == DYNAMODB_B);
    case DYNAMODB_BOOL:
    case DYNAMODB_NULL:
        return json_is_boolean(value) ? json_copy((json_t *)value) : NULL;
    case DYNAMODB_M:
        return json_is_object(value) ? map_of_config(value, depth, error) : NULL;
    case DYNAMODB_L:
    case DYNAMODB_SS:
    case DYNAMODB_NS:
    case DYNAMODB_BS:
        return json_is_array(value) ? list_of_config(value, kind, depth, error) : NULL;
    case DYNAMODB_KINDS:
    default:
        return NULL;
    }
}

/* A scalar stands for itself: a text is S, a number N, true and false BOOL. */
static json_t *value_of_config(const json_t *value, guint depth, GError **error)
{
    const json_t *inner = NULL;
    DynamodbKind kind = dynamodb_kind_of(value, &inner);
    GError *problem = NULL;

    if (json_is_string(value) || json_is_number(value)) {
        return json_pack("{s:o}", json_is_string(value) ? "S" : "N", text_of_config(value, FALSE));
    }
    if (json_is_boolean(value)) {
        return json_pack("{s:O}", "BOOL", value);
    }
    json_t *made = depth > DEPTH_MAX ? NULL : inner_of_config(kind, inner, depth, &problem);

    if (problem != NULL) {
        g_propagate_error(error, problem);
        return NULL;
    }
    if (made == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a value must be one of {S: text}, {N: number}, {B: text}, {BOOL: true}, "
                    "{NULL: true}, {M: map}, {L: list}, {SS: list}, {NS: list}, {BS: list}");
        return NULL;
    }
    return json_pack("{s:o}", dynamodb_kind_names[kind], made);
}

/* --- scan and query --- */

/* An option of `scan` and `query`, and the member of the request that it becomes. */
typedef enum { FORM_TEXT, FORM_BOOLEAN, FORM_MAP, FORM_VALUES } Form;
static const struct {
    const char *option;
    const char *member;
    Form form;
} members[] = {
    {"consistent_read", "ConsistentRead", FORM_BOOLEAN},
    {"exclusive_start_key", "ExclusiveStartKey", FORM_VALUES},
    {"expression_attribute_names", "ExpressionAttributeNames", FORM_MAP},
    {"expression_attribute_values", "ExpressionAttributeValues", FORM_VALUES},
    {"filter_expression", "FilterExpression", FORM_TEXT},
    {"index_name", "IndexName", FORM_TEXT},
    {"key_condition_expression", "KeyConditionExpression", FORM_TEXT},
    {"projection_expression", "ProjectionExpression", FORM_TEXT},
    {"return_consumed_capacity", "ReturnConsumedCapacity", FORM_TEXT},
    {"scan_index_forward", "ScanIndexForward", FORM_BOOLEAN},
    {"select", "Select", FORM_TEXT},
};

/* Sets a member from its option; nothing for an empty map. */
static gboolean set_member(json_t *base, const json_t *options, gsize index, GError **error)
{
    const char *option = members[index].option;
    const char *member = members[index].member;
    g_autoptr(json_t) map = NULL;
    g_autofree char *text = NULL;
    gboolean flag = FALSE;

    switch (members[index].form) {
    case FORM_TEXT:
        text = tg_params_dup_text(options, option, error);
        return text != NULL && json_object_set_new(base, member, json_string(text)) == 0;
    case FORM_BOOLEAN:
        return tg_params_get_boolean(options, option, FALSE, &flag, error) &&
               json_object_set_new(base, member, json_boolean(flag)) == 0;
    case FORM_MAP:
    case FORM_VALUES:
    default:
        map = tg_params_parse_map(options, option, error);
        if (map != NULL && members[index].form == FORM_VALUES) {
            json_t *values = map_of_config(map, 0, error);

            json_decref(map);
            map = values;
        }
        if (map == NULL) {
            g_prefix_error(error, "%s: ", option);
            return FALSE;
        }
        return json_object_size(map) == 0 || json_object_set(base, member, map) == 0;
    }
}

static void warn_unknown(const TgLoaderContext *context, const char *block, const json_t *options)
{
    static const char *const own[] = {"batch_size", "limit", "segment", "total_segment", NULL};
    const char *names[G_N_ELEMENTS(members) + G_N_ELEMENTS(own)] = {NULL};
    const char *key = NULL;
    json_t *value = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
        names[i] = members[i].option;
    }
    memcpy((void *)(names + G_N_ELEMENTS(members)), (const void *)own, sizeof own);
    json_object_foreach ((json_t *)options, key, value) {
        g_autofree char *hint = NULL;

        if (!g_strv_contains(names, key)) {
            hint = tg_suggest_phrase(key, names);
            tg_loader_log(context, TG_LOADER_WARN, "in.%s: unknown option '%s' is ignored%s", block,
                          key, hint);
        }
    }
}

static gboolean fail(GError **error, const char *message)
{
    g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG, message);
    return FALSE;
}

/* Options that one of the two alone has. */
static gboolean check_block(gboolean is_query, const json_t *options, GError **error)
{
    const json_t *select = json_object_get(options, "select");

    if (is_query && !tg_params_has(options, "key_condition_expression")) {
        return fail(error, "query: 'key_condition_expression' is missing, as \"id = :id\"");
    }
    if (is_query &&
        (tg_params_has(options, "segment") || tg_params_has(options, "total_segment"))) {
        return fail(error, "query: only a scan has segments; write 'scan' instead, or leave "
                           "segment and total_segment out");
    }
    if (!is_query && (tg_params_has(options, "key_condition_expression") ||
                      tg_params_has(options, "scan_index_forward"))) {
        return fail(error,
                    "scan: key_condition_expression and scan_index_forward belong to 'query'");
    }
    if (json_is_string(select) && strcmp(json_string_value(select), "COUNT") == 0) {
        return fail(error, "select: COUNT gives no rows; leave it out");
    }
    return TRUE;
}

static gboolean read_numbers(DynamodbRequest *request, const json_t *options, GError **error)
{
    gint64 total = 0;

    if (!tg_params_get_int64(options, "batch_size", 0, &request->page_items, error) ||
        !tg_params_get_int64(options, "limit", -1, &request->items_max, error) ||
        !tg_params_get_int64(options, "total_segment", 0, &total, error) ||
        !tg_params_get_int64(options, "segment", -1, &request->segment_only, error)) {
        return FALSE;
    }
    if (tg_params_has(options, "batch_size") &&
        !tg_params_check_range("batch_size", request->page_items, 1, G_MAXINT32, error)) {
        return FALSE;
    }
    if (request->segment_only >= 0 && total == 0) {
        return fail(error, "scan: 'segment' needs 'total_segment'");
    }
    if (total != 0) {
        request->segments = total;
    }
    return TRUE;
}

static gboolean read_block(DynamodbRequest *request, const TgLoaderContext *context,
                           const char *block, const json_t *options, GError **error)
{
    gboolean is_query = strcmp(block, "query") == 0;

    warn_unknown(context, block, options);
    request->action = is_query ? "Query" : "Scan";
    if (!check_block(is_query, options, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
        if (tg_params_has(options, members[i].option) &&
            !set_member(request->base, options, i, error)) {
            g_prefix_error(error, "%s: ", block);
            return FALSE;
        }
    }
    return read_numbers(request, options, error);
}

/* --- the old options --- */

/* {name, type, condition, value, value2} as a member of ScanFilter or KeyConditions. */
static gboolean add_filter(json_t *conditions, const json_t *filter, GError **error)
{
    g_autofree char *name = tg_params_dup_text(filter, "name", error);
    g_autofree char *type = name == NULL ? NULL : tg_params_dup_text(filter, "type", error);
    g_autofree char *condition =
        type == NULL ? NULL : tg_params_dup_text(filter, "condition", error);
    static const char *const keys[] = {"value", "value2"};
    g_autoptr(json_t) values = json_array();

    if (condition == NULL) {
        return FALSE;
    }
    const char *kind = strcmp(type, "string") == 0                                ? "S"
                       : strcmp(type, "boolean") == 0                             ? "BOOL"
                       : strcmp(type, "long") == 0 || strcmp(type, "double") == 0 ? "N"
                                                                                  : NULL;

    if (kind == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "filters: '%s': type must be string, long, double or boolean, not '%s'", name,
                    type);
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *text = NULL;

        if (!tg_params_dup_text_or(filter, keys[i], NULL, &text, error)) {
            return FALSE;
        }
        if (text != NULL) {
            json_array_append_new(values, strcmp(kind, "BOOL") == 0
                                              ? json_pack("{s:b}", kind, strcmp(text, "true") == 0)
                                              : json_pack("{s:s}", kind, text));
        }
    }
    json_object_set_new(
        conditions, name,
        json_pack("{s:s, s:O}", "ComparisonOperator", condition, "AttributeValueList", values));
    return TRUE;
}

static gboolean read_filters(DynamodbRequest *request, const json_t *config, gboolean is_query,
                             GError **error)
{
    const json_t *filters = json_object_get(config, "filters");
    g_autoptr(json_t) conditions = json_object();
    json_t *filter = NULL;
    size_t index = 0;

    if (filters != NULL && !json_is_null(filters) && !json_is_array(filters)) {
        return fail(error, "'filters' must be a list of {name, type, condition, value}");
    }
    json_array_foreach (filters, index, filter) {
        if (!add_filter(conditions, filter, error)) {
            g_prefix_error(error, "filters[%" G_GSIZE_FORMAT "]: ", (gsize)index);
            return FALSE;
        }
    }
    if (is_query && json_object_size(conditions) == 0) {
        return fail(error, "operation: query needs 'filters' with the key's condition");
    }
    if (json_object_size(conditions) > 0) {
        json_object_set(request->base, is_query ? "KeyConditions" : "ScanFilter", conditions);
    }
    return TRUE;
}

/* limit and scan_limit are of one request, record_limit is of all. */
static gboolean read_limits(DynamodbRequest *request, const json_t *config, gboolean is_query,
                            GError **error)
{
    gint64 limit = 0;
    gint64 scan_limit = 0;
    gint64 record_limit = 0;

    if (!tg_params_get_int64(config, "limit", 0, &limit, error) ||
        !tg_params_get_int64(config, "scan_limit", 0, &scan_limit, error) ||
        !tg_params_get_int64(config, "record_limit", 0, &record_limit, error)) {
        return FALSE;
    }
    limit = is_query ? MAX(limit, scan_limit) : scan_limit;
    request->page_items = CLAMP(limit, 0, G_MAXINT32);
    request->items_max = record_limit > 0 ? record_limit : -1;
    return TRUE;
}

static gboolean read_operation(DynamodbRequest *request, const char *operation,
                               const json_t *config, GError **error)
{
    gboolean is_query = g_ascii_strcasecmp(operation, "query") == 0;
    const json_t *columns = json_object_get(config, "columns");
    json_t *names = json_array();
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (columns, index, column) {
        json_t *name = json_object_get(column, "name");

        if (json_is_string(name)) {
            json_array_append(names, name);
        }
    }
    json_object_set_new(request->base, "AttributesToGet", names);
    request->action = is_query ? "Query" : "Scan";
    if (!is_query && g_ascii_strcasecmp(operation, "scan") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'operation' must be scan or query, not '%s'",
                    operation);
        return FALSE;
    }
    if (json_array_size(names) == 0) {
        return fail(error, "'operation' needs 'columns'; or write 'scan' or 'query' instead of it");
    }
    return read_filters(request, config, is_query, error) &&
           read_limits(request, config, is_query, error);
}

/* --- which of them --- */

static gboolean read_segments(DynamodbRequest *request, const json_t *config, GError **error)
{
    gint64 segments = 0;

    if (!tg_params_get_int64(config, "segments", 0, &segments, error)) {
        return FALSE;
    }
    if (tg_params_has(config, "segments")) {
        if (strcmp(request->action, "Query") == 0) {
            return fail(error, "'segments' are of a scan; leave them out, or 'query'");
        }
        if (request->segments != 1) {
            return fail(error, "write either 'segments' or 'scan.total_segment'");
        }
        request->segments = segments;
    }
    if (!tg_params_check_range("segments", request->segments, 1, TG_LANES_SPLITS_MAX, error)) {
        return FALSE;
    }
    return request->segment_only < 0 ||
           tg_params_check_range("segment", request->segment_only, 0, request->segments - 1, error);
}

gboolean dynamodb_request_read(DynamodbRequest *request, const TgLoaderContext *context,
                               const json_t *config, GError **error)
{
    gboolean has_query = tg_params_has(config, "query");
    gboolean has_scan = tg_params_has(config, "scan");
    g_autofree char *table = tg_params_dup_text(config, "table", error);
    g_autofree char *operation = NULL;
    g_autoptr(json_t) options = NULL;

    *request = (DynamodbRequest){.items_max = -1, .segments = 1, .segment_only = -1};
    if (table == NULL || !tg_params_dup_text_or(config, "operation", NULL, &operation, error)) {
        return FALSE;
    }
    request->base = json_pack("{s:s}", "TableName", table);
    if (operation != NULL && (has_query || has_scan)) {
        return fail(error, "write 'scan' or 'query' without 'operation', which is the old way");
    }
    if (has_query && has_scan) {
        return fail(error, "write either 'scan' or 'query'");
    }
    if (operation != NULL) {
        return read_operation(request, operation, config, error) &&
               read_segments(request, config, error);
    }
    const char *block = has_query ? "query" : "scan";

    options = has_query || has_scan ? tg_params_parse_map(config, block, error) : json_object();
    return options != NULL && read_block(request, context, block, options, error) &&
           read_segments(request, config, error);
}

void dynamodb_request_clear(DynamodbRequest *request)
{
    g_clear_pointer(&request->base, json_decref);
}
