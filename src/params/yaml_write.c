/* A block-style YAML writer: what Jackson's YAMLGenerator makes of JSON. */
#include "params/yaml_write.h"

#include <stdlib.h>
#include <string.h>

#include "params/params.h"

static void write_value(GString *out, const json_t *value, guint indent);

static void write_text(GString *out, const char *text)
{
    g_autoptr(json_t) string = json_string(text);
    g_autofree char *quoted = tg_params_to_json(string); /* JSON's quotes are YAML's */

    g_string_append(out, quoted);
}

static void write_key(GString *out, const char *key)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_+^=&%.->";
    gboolean is_safe = *key != '\0' && key[strspn(key, plain)] == '\0' &&
                       strchr("-&%>=", *key) == NULL && !g_ascii_isdigit(*key) && *key != '.' &&
                       strcmp(key, "true") != 0 && strcmp(key, "false") != 0 &&
                       strcmp(key, "null") != 0;

    if (is_safe) {
        g_string_append(out, key);
    } else {
        write_text(out, key);
    }
}

static void indent_line(GString *out, guint indent)
{
    g_string_append_printf(out, "\n%*s", (int)indent, "");
}

static void write_map(GString *out, const json_t *map, guint indent)
{
    const char *key = NULL;
    json_t *value = NULL;
    gboolean first = TRUE;

    json_object_foreach ((json_t *)map, key, value) {
        if (!first) {
            indent_line(out, indent);
        }
        first = FALSE;
        write_key(out, key);
        g_string_append_c(out, ':');
        if ((json_is_object(value) && json_object_size(value) > 0)) {
            indent_line(out, indent + 2);
            write_map(out, value, indent + 2);
        } else if (json_is_array(value) && json_array_size(value) > 0) {
            indent_line(out, indent);
            write_value(out, value, indent);
        } else {
            g_string_append_c(out, ' ');
            write_value(out, value, indent);
        }
    }
}

static void write_list(GString *out, const json_t *list, guint indent)
{
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (list, index, value) {
        if (index > 0) {
            indent_line(out, indent);
        }
        g_string_append(out, "- ");
        write_value(out, value, indent + 2);
    }
}

static void write_value(GString *out, const json_t *value, guint indent)
{
    if (json_is_object(value)) {
        if (json_object_size(value) == 0) {
            g_string_append(out, "{}");
        } else {
            write_map(out, value, indent);
        }
    } else if (json_is_array(value)) {
        if (json_array_size(value) == 0) {
            g_string_append(out, "[]");
        } else {
            write_list(out, value, indent);
        }
    } else if (json_is_string(value)) {
        write_text(out, json_string_value(value));
    } else {
        g_autofree char *text = tg_params_to_json(value);

        g_string_append(out, text);
    }
}

char *tg_yaml_write(const json_t *value)
{
    GString *out = g_string_new(NULL);

    write_value(out, value, 0);
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}
