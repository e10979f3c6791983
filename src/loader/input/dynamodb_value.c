/* DynamoDB's attribute values to values of columns. */
#include <string.h>

#include "loader/input/dynamodb.h"
#include "loader/json_path.h"
#include "loader/json_text.h"
#include "loader/number_text.h"
#include "loader/text_value.h"
#include "loader/utf8.h"

#define DEPTH_MAX 64u        /* of a document; DynamoDB's own limit is 32 */
#define EXPONENT_MAX 1000    /* DynamoDB's own limit is 125 */
#define NUMBER_BYTES_MAX 400 /* digits of a number; DynamoDB's own limit is 38 */
#define SHOWN_BYTES_MAX 100

/* --- numbers --- */

/* Digits [first, end) with the point behind `whole` of them, which may lie outside. */
static void append_shifted(GString *out, const char *digits, gint64 count, gint64 whole)
{
    if (whole <= 0) {
        g_string_append(out, "0.");
        for (gint64 i = whole; i < 0; i++) {
            g_string_append_c(out, '0');
        }
        g_string_append_len(out, digits, (gssize)count);
        return;
    }
    g_string_append_len(out, digits, (gssize)MIN(count, whole));
    for (gint64 i = count; i < whole; i++) {
        g_string_append_c(out, '0');
    }
    if (count > whole) {
        g_string_append_c(out, '.');
        g_string_append_len(out, digits + whole, (gssize)(count - whole));
    }
}

/* Collects the digits of "12.5" and where the point is; returns the first other character. */
static const char *read_digits(const char *at, GString *digits, gint64 *out_whole)
{
    gboolean has_point = FALSE;

    for (; g_ascii_isdigit(*at) || (*at == '.' && !has_point); at++) {
        if (*at == '.') {
            has_point = TRUE;
            *out_whole = (gint64)digits->len;
        } else {
            g_string_append_c(digits, *at);
        }
    }
    if (!has_point) {
        *out_whole = (gint64)digits->len;
    }
    return at;
}

gboolean dynamodb_number_append(GString *out, const char *text)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    const char *at = text + (*text == '-' || *text == '+' ? 1 : 0);
    gint64 whole = 0;
    gint64 exponent = 0;
    gint64 zeros = 0;

    at = read_digits(at, digits, &whole);
    if (digits->len == 0 || digits->len > NUMBER_BYTES_MAX) {
        return FALSE;
    }
    if (*at == 'e' || *at == 'E') {
        char *end = NULL;

        exponent = g_ascii_strtoll(at + 1, &end, 10);
        at = end == at + 1 ? at : end;
    }
    if (*at != '\0' || ABS(exponent) > EXPONENT_MAX) {
        return FALSE;
    }
    whole += exponent;
    /* Zeros at the end of a fraction say nothing, and DynamoDB itself drops them. */
    gint64 count = (gint64)digits->len;

    while (count > 1 && count > whole && digits->str[count - 1] == '0') {
        count--;
    }
    /* JSON knows no zeros in front, but one before the point. */
    while (zeros < count - 1 && zeros < whole - 1 && digits->str[zeros] == '0') {
        zeros++;
    }
    if (*text == '-') {
        g_string_append_c(out, '-');
    }
    append_shifted(out, digits->str + zeros, count - zeros, whole - zeros);
    return TRUE;
}

/* --- documents --- */

static const char *append_document(const DynamodbPlan *plan, const json_t *attribute, guint depth,
                                   GString *out);

static const char *append_binary(const DynamodbPlan *plan, const char *base64, gsize size,
                                 GString *out)
{
    gsize bytes_size = 0;
    g_autofree guchar *bytes = NULL;
    g_autoptr(GString) text = NULL;

    if (plan->exact) {
        tg_json_quote_append(out, base64, size);
        return NULL;
    }
    bytes = g_base64_decode(base64, &bytes_size);
    text = g_string_new(NULL);
    tg_utf8_append_repaired(text, (const char *)bytes, bytes_size);
    tg_json_quote_append(out, text->str, text->len);
    return NULL;
}

/* One element of S, N, B or of their sets. */
static const char *append_scalar(const DynamodbPlan *plan, DynamodbKind kind, const json_t *value,
                                 GString *out)
{
    const char *text = json_string_value(value);

    if (text == NULL) {
        return "is no value as DynamoDB has them";
    }
    if (kind == DYNAMODB_N) {
        return dynamodb_number_append(out, text) ? NULL : "holds a number that is none";
    }
    if (kind == DYNAMODB_B) {
        return append_binary(plan, text, json_string_length(value), out);
    }
    tg_json_quote_append(out, text, json_string_length(value));
    return NULL;
}

static const char *append_list(const DynamodbPlan *plan, DynamodbKind kind, const json_t *list,
                               guint depth, GString *out)
{
    DynamodbKind of = kind == DYNAMODB_SS   ? DYNAMODB_S
                      : kind == DYNAMODB_NS ? DYNAMODB_N
                                            : DYNAMODB_B;

    g_string_append_c(out, '[');
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);

        g_string_append(out, i == 0 ? "" : ",");
        const char *reason = kind == DYNAMODB_L ? append_document(plan, value, depth + 1, out)
                                                : append_scalar(plan, of, value, out);

        if (reason != NULL) {
            return reason;
        }
    }
    g_string_append_c(out, ']');
    return NULL;
}

static const char *append_map(const DynamodbPlan *plan, const json_t *map, guint depth,
                              GString *out)
{
    char separator = '{';

    for (void *member = json_object_iter((json_t *)map); member != NULL;
         member = json_object_iter_next((json_t *)map, member)) {
        const char *key = json_object_iter_key(member);

        g_string_append_c(out, separator);
        tg_json_quote_append(out, key, strlen(key));
        g_string_append_c(out, ':');
        separator = ',';
        const char *reason = append_document(plan, json_object_iter_value(member), depth + 1, out);

        if (reason != NULL) {
            return reason;
        }
    }
    g_string_append(out, separator == '{' ? "{}" : "}");
    return NULL;
}

/* Appends a value as plain JSON: sets are arrays. NULL, or why it cannot be (lent). */
static const char *append_document(const DynamodbPlan *plan, const json_t *attribute, guint depth,
                                   GString *out)
{
    const json_t *value = NULL;
    DynamodbKind kind = dynamodb_kind_of(attribute, &value);

    if (depth > DEPTH_MAX) {
        return "is nested deeper than DynamoDB allows";
    }
    switch (kind) {
    case DYNAMODB_S:
    case DYNAMODB_N:
    case DYNAMODB_B:
        return append_scalar(plan, kind, value, out);
    case DYNAMODB_BOOL:
        g_string_append(out, json_is_true(value) ? "true" : "false");
        return NULL;
    case DYNAMODB_NULL:
        g_string_append(out, "null");
        return NULL;
    case DYNAMODB_M:
        return append_map(plan, value, depth, out);
    case DYNAMODB_L:
    case DYNAMODB_SS:
    case DYNAMODB_NS:
    case DYNAMODB_BS:
        return append_list(plan, kind, value, depth, out);
    case DYNAMODB_KINDS:
    default:
        return "is no value as DynamoDB has them";
    }
}

/* The document as a json column's text. */
static const char *set_json(const DynamodbPlan *plan, GString *document, TgVector *vector,
                            guint row)
{
    g_autoptr(GString) java = NULL;
    gsize used = 0;

    if (plan->exact) {
        tg_vector_set_bytes(vector, row, document->str, document->len);
        return NULL;
    }
    java = g_string_sized_new(document->len);
    const char *reason =
        tg_json_text_append(java, document->str, document->len, TG_JSON_EMBULK_NUMBERS, &used);

    if (reason == NULL) {
        tg_vector_set_bytes(vector, row, java->str, java->len);
    }
    return reason;
}

/* --- one attribute --- */

/* A value on its way into a column. */
typedef struct {
    const DynamodbPlan *plan;
    const DynamodbColumn *column;
    DynamodbKind kind;
    const json_t *attribute;
    GString *text; /* of a scalar; a document as JSON */
} Value;

static gboolean is_document(DynamodbKind kind)
{
    return kind >= DYNAMODB_M;
}

/* Fills in the text. NULL, or why there is none (lent). */
static const char *read_text(Value *self, const json_t *value)
{
    gsize size = 0;
    g_autofree guchar *bytes = NULL;
    const char *text = json_string_value(value);

    if (is_document(self->kind)) {
        return append_document(self->plan, self->attribute, 0, self->text);
    }
    if (self->kind == DYNAMODB_BOOL) {
        g_string_append(self->text, json_is_true(value) ? "true" : "false");
        return NULL;
    }
    if (text == NULL) {
        return "is no value as DynamoDB has them";
    }
    switch ((int)self->kind) {
    case DYNAMODB_N:
        return dynamodb_number_append(self->text, text) ? NULL : "is no number";
    case DYNAMODB_B:
        bytes = g_base64_decode(text, &size);
        g_string_append_len(self->text, (const char *)bytes, (gssize)size);
        return NULL;
    default:
        g_string_append_len(self->text, text, (gssize)json_string_length(value));
        return NULL;
    }
}

/* As the plug-in: true for numbers over zero, null for texts that say neither. */
static const char *set_embulk_boolean(const Value *self, TgVector *vector, guint row)
{
    TgTextRules rules = {.strict_booleans = TRUE};
    double number = 0.0;

    if (self->kind == DYNAMODB_N) {
        (void)tg_double_parse(self->text->str, self->text->len, &number); /* 0 for none */
        tg_vector_set_boolean(vector, row, number > 0);
    } else if (tg_text_value_set(&rules, self->text->str, self->text->len, vector, row) != NULL) {
        tg_vector_set_null(vector, row);
    }
    return NULL;
}

/* As the plug-in: what is no integer is cut, as Java casts doubles. */
static const char *set_embulk_long(const Value *self, TgVector *vector, guint row)
{
    gint64 integer = strcmp(self->text->str, "true") == 0 ? 1 : 0;
    double number = 0.0;

    if (self->kind != DYNAMODB_BOOL &&
        !tg_int64_parse(self->text->str, self->text->len, &integer)) {
        if (!tg_double_parse(self->text->str, self->text->len, &number)) {
            return "is no number";
        }
        integer = number >= 0x1p63   ? G_MAXINT64
                  : number < -0x1p63 ? G_MININT64
                  : number != number ? 0
                                     : (gint64)number;
    }
    tg_vector_set_int64(vector, row, integer);
    return NULL;
}

static const char *set_embulk_double(const Value *self, TgVector *vector, guint row)
{
    double number = strcmp(self->text->str, "true") == 0 ? 1.0 : 0.0;

    if (self->kind != DYNAMODB_BOOL &&
        !tg_double_parse(self->text->str, self->text->len, &number)) {
        tg_vector_set_null(vector, row);
    } else {
        tg_vector_set_double(vector, row, number);
    }
    return NULL;
}

/* The types of embulk-input-dynamodb; a document is no boolean and no number. */
static const char *set_embulk(const Value *self, TgVector *vector, guint row)
{
    TgTextRules rules = {.reader = &self->column->reader};
    gboolean is_text = vector->type.id == TG_TYPE_STRING || vector->type.id == TG_TYPE_TIMESTAMP;

    if (is_document(self->kind) && !is_text) {
        tg_vector_set_null(vector, row);
        return NULL;
    }
    switch ((int)vector->type.id) {
    case TG_TYPE_BOOLEAN:
        return set_embulk_boolean(self, vector, row);
    case TG_TYPE_INT64:
        return set_embulk_long(self, vector, row);
    case TG_TYPE_DOUBLE:
        return set_embulk_double(self, vector, row);
    default:
        return tg_text_value_set(&rules, self->text->str, self->text->len, vector, row);
    }
}

static const char *set_exact(const Value *self, TgVector *vector, guint row)
{
    TgTextRules rules = {.exact = TRUE, .strict_booleans = TRUE, .reader = &self->column->reader};

    if (vector->type.id == TG_TYPE_BINARY) {
        if (self->kind != DYNAMODB_B && self->kind != DYNAMODB_S) {
            return "is not binary";
        }
        tg_vector_set_bytes(vector, row, self->text->str, self->text->len);
        return NULL;
    }
    if (self->kind == DYNAMODB_B && vector->type.id == TG_TYPE_STRING &&
        !tg_utf8_is_valid(self->text->str, self->text->len)) {
        return "is binary and no UTF-8; make the column binary";
    }
    return tg_text_value_set(&rules, self->text->str, self->text->len, vector, row);
}

static const char *set_value(Value *self, const json_t *value, TgVector *vector, guint row)
{
    const char *reason = NULL;

    if (vector->type.id == TG_TYPE_JSON) {
        reason = append_document(self->plan, self->attribute, 0, self->text);
        return reason == NULL ? set_json(self->plan, self->text, vector, row) : reason;
    }
    reason = read_text(self, value);
    if (reason != NULL) {
        return reason;
    }
    return self->plan->exact ? set_exact(self, vector, row) : set_embulk(self, vector, row);
}

/* --- an item --- */

static gboolean fail_value(const char *name, const Value *value, const char *reason, GError **error)
{
    g_autofree char *json = json_dumps(value->attribute, JSON_COMPACT | JSON_ENCODE_ANY);
    g_autofree char *shown =
        json == NULL ? NULL : g_utf8_make_valid(json, (gssize)MIN(strlen(json), SHOWN_BYTES_MAX));

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "attribute '%s': %s%s %s; name a type in 'columns' that holds it (string and json "
                "hold all)",
                name, shown == NULL ? "" : shown,
                json != NULL && strlen(json) > SHOWN_BYTES_MAX ? "…" : "", reason);
    return FALSE;
}

/* `operation` knows no nulls. */
static void set_missing(const DynamodbPlan *plan, TgVector *vector, guint row)
{
    if (!plan->fills_missing || plan->exact) {
        tg_vector_set_null(vector, row);
        return;
    }
    switch ((int)vector->type.id) {
    case TG_TYPE_STRING:
        tg_vector_set_bytes(vector, row, "", 0);
        break;
    case TG_TYPE_INT64:
        tg_vector_set_int64(vector, row, 0);
        break;
    case TG_TYPE_DOUBLE:
        tg_vector_set_double(vector, row, 0.0);
        break;
    case TG_TYPE_BOOLEAN:
        tg_vector_set_boolean(vector, row, FALSE);
        break;
    default:
        tg_vector_set_null(vector, row);
    }
}

static gboolean set_attribute(const DynamodbPlan *plan, guint index, const json_t *attribute,
                              TgBatch *batch, GError **error)
{
    const json_t *inner = NULL;
    TgVector *vector = batch->vectors[index];
    const DynamodbColumn *column = &plan->columns[index];
    DynamodbKind kind = attribute == NULL ? DYNAMODB_NULL : dynamodb_kind_of(attribute, &inner);
    g_autoptr(GString) text = NULL;

    if (attribute == NULL) {
        set_missing(plan, vector, batch->rows);
        return TRUE;
    }
    if (kind == DYNAMODB_NULL || (column->only != DYNAMODB_KINDS && column->only != kind)) {
        tg_vector_set_null(vector, batch->rows);
        return TRUE;
    }
    text = g_string_new(NULL);
    Value value = {
        .plan = plan, .column = column, .kind = kind, .attribute = attribute, .text = text};
    const char *reason = kind == DYNAMODB_KINDS ? "is no value as DynamoDB has them"
                                                : set_value(&value, inner, vector, batch->rows);

    return reason == NULL || fail_value(plan->schema->columns[index].name, &value, reason, error);
}

/* Names the attribute that has no column. */
static gboolean fail_extra(const DynamodbPlan *plan, const json_t *item, GError **error)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)item, name, value) {
        if (tg_schema_find(plan->schema, name) < 0) {
            break;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "attribute '%s' is not among the columns, which were taken from a sample of the "
                "items; write 'columns', raise 'sample_items', or write 'extra_attributes: ignore'",
                name);
    return FALSE;
}

static gboolean add_record(const DynamodbPlan *plan, const json_t *item, TgBatch *batch,
                           GError **error)
{
    g_autoptr(GString) document = g_string_new(NULL);
    const char *reason = append_map(plan, item, 0, document);

    if (reason == NULL) {
        reason = set_json(plan, document, batch->vectors[0], batch->rows);
    }
    if (reason != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "an item %s; check that the endpoint is DynamoDB", reason);
    }
    return reason == NULL;
}

gboolean dynamodb_value_add_item(const DynamodbPlan *plan, const json_t *item, TgBatch *batch,
                                 GError **error)
{
    size_t found = 0;

    if (!json_is_object(item)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "an item is no map; check that the endpoint is DynamoDB");
        return FALSE;
    }
    tg_batch_begin_row(batch);
    if (plan->is_record) {
        if (!add_record(plan, item, batch, error)) {
            return FALSE;
        }
        tg_batch_commit_row(batch);
        return TRUE;
    }
    for (guint i = 0; i < batch->count; i++) {
        const json_t *attribute = json_object_get(item, plan->schema->columns[i].name);

        found += attribute != NULL ? 1 : 0;
        if (!set_attribute(plan, i, attribute, batch, error)) {
            return FALSE;
        }
    }
    if (plan->refuses_extra && found < json_object_size(item)) {
        return fail_extra(plan, item, error);
    }
    tg_batch_commit_row(batch);
    return TRUE;
}
