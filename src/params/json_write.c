/* Values as compact JSON, the way Jackson prints its trees: numbers as Java prints them. */
#include <string.h>

#include "base/double_text.h"
#include "params/params.h"

static void write_value(GString *out, const json_t *value);

static void write_string(GString *out, const char *text, gsize size_bytes)
{
    static const char plain[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";

    g_string_append_c(out, '"');
    for (gsize i = 0; i < size_bytes; i++) {
        const char *found = text[i] == '\0' ? NULL : strchr(plain, text[i]);

        if (found != NULL) {
            g_string_append_c(out, '\\');
            g_string_append_c(out, letters[found - plain]);
        } else if ((guchar)text[i] < 0x20) {
            g_string_append_printf(out, "\\u%04X", (guint)(guchar)text[i]);
        } else {
            g_string_append_c(out, text[i]);
        }
    }
    g_string_append_c(out, '"');
}

static void write_object(GString *out, const json_t *map)
{
    const char *key = NULL;
    const char *separator = "";
    json_t *value = NULL;

    g_string_append_c(out, '{');
    json_object_foreach ((json_t *)map, key, value) {
        g_string_append(out, separator);
        write_string(out, key, strlen(key));
        g_string_append_c(out, ':');
        write_value(out, value);
        separator = ",";
    }
    g_string_append_c(out, '}');
}

static void write_array(GString *out, const json_t *list)
{
    gsize index = 0;
    json_t *value = NULL;

    g_string_append_c(out, '[');
    json_array_foreach (list, index, value) {
        g_string_append(out, index == 0 ? "" : ",");
        write_value(out, value);
    }
    g_string_append_c(out, ']');
}

static void write_value(GString *out, const json_t *value)
{
    char text[TG_DOUBLE_TEXT_BYTES];

    if (json_is_object(value)) {
        write_object(out, value);
    } else if (json_is_array(value)) {
        write_array(out, value);
    } else if (json_is_string(value)) {
        write_string(out, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        (void)tg_double_format(json_real_value(value), text);
        g_string_append(out, text);
    } else {
        g_string_append(out, json_is_true(value)    ? "true"
                             : json_is_false(value) ? "false"
                                                    : "null");
    }
}

char *tg_params_to_json(const json_t *value)
{
    GString *out = g_string_new(NULL);

    write_value(out, value);
    return g_string_free(out, FALSE);
}

char *tg_params_to_text(const json_t *value)
{
    return json_is_string(value) ? g_strdup(json_string_value(value)) : tg_params_to_json(value);
}
