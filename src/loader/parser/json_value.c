/* Members of JSON objects to values of columns. */
#include <string.h>

#include "loader/number_text.h"
#include "loader/parser/json.h"
#include "params/params.h"

static void append_json(GString *out, const json_t *value);

static void append_members(GString *out, const json_t *value)
{
    const char *key = NULL;
    json_t *member = NULL;
    gboolean is_first = TRUE;

    g_string_append_c(out, '{');
    json_object_foreach ((json_t *)value, key, member) {
        g_autoptr(json_t) name = json_string(key);

        g_string_append(out, is_first ? "" : ",");
        is_first = FALSE;
        append_json(out, name);
        g_string_append_c(out, ':');
        append_json(out, member);
    }
    g_string_append_c(out, '}');
}

/* Compact, doubles as Java prints them. */
static void append_json(GString *out, const json_t *value)
{
    char text[TG_DOUBLE_TEXT_BYTES];
    json_t *member = NULL;
    size_t index = 0;

    if (json_is_object(value)) {
        append_members(out, value);
    } else if (json_is_array(value)) {
        g_string_append_c(out, '[');
        json_array_foreach (value, index, member) {
            g_string_append(out, index == 0 ? "" : ",");
            append_json(out, member);
        }
        g_string_append_c(out, ']');
    } else if (json_is_real(value)) {
        (void)tg_double_format(json_real_value(value), text);
        g_string_append(out, text);
    } else {
        g_autofree char *plain = tg_params_to_json(value);

        g_string_append(out, plain);
    }
}

static const char *set_long(const json_t *value, TgVector *vector, guint row)
{
    gint64 integer = 0;
    const char *text = json_string_value(value);

    if (json_is_integer(value)) {
        integer = json_integer_value(value);
    } else if (text == NULL || !tg_int64_parse(text, strlen(text), &integer)) {
        return "is not an integer";
    }
    tg_vector_set_int64(vector, row, integer);
    return NULL;
}

static const char *set_double(const json_t *value, TgVector *vector, guint row)
{
    double real = json_number_value(value);
    const char *text = json_string_value(value);

    if (!json_is_number(value) && (text == NULL || !tg_double_parse(text, strlen(text), &real))) {
        return "is not a number";
    }
    tg_vector_set_double(vector, row, real);
    return NULL;
}

static const char *set_boolean(const json_t *value, TgVector *vector, guint row)
{
    const char *text = json_string_value(value);

    if (!json_is_boolean(value) && text == NULL) {
        return "is neither true nor false";
    }
    tg_vector_set_boolean(vector, row,
                          json_is_true(value) ||
                              (text != NULL && g_ascii_strcasecmp(text, "true") == 0));
    return NULL;
}

static const char *set_text(const json_t *value, TgVector *vector, guint row)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (json_is_string(value) && vector->type.id == TG_TYPE_STRING) {
        tg_vector_set_bytes(vector, row, json_string_value(value), json_string_length(value));
        return NULL;
    }
    append_json(text, value);
    tg_vector_set_bytes(vector, row, text->str, text->len);
    return NULL;
}

const char *json_value_set(const TgColumnConfig *columns, guint column, const json_t *value,
                           TgVector *vector, guint row, gboolean *out_stops)
{
    const char *reason = NULL;

    *out_stops = TRUE;
    switch ((int)vector->type.id) {
    case TG_TYPE_INT64:
        return set_long(value, vector, row);
    case TG_TYPE_DOUBLE:
        return set_double(value, vector, row);
    case TG_TYPE_BOOLEAN:
        return set_boolean(value, vector, row);
    case TG_TYPE_STRING:
    case TG_TYPE_JSON:
        return set_text(value, vector, row);
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        *out_stops = FALSE;
        if (!json_is_string(value)) {
            return "is no text with a time";
        }
        return tg_timestamp_reader_set(&columns->readers[column], json_string_value(value),
                                       json_string_length(value), vector, row, &reason)
                   ? NULL
                   : reason;
    default:
        return "cannot be read from JSON";
    }
}
