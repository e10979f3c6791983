/* A parsed document: its value, and errors that point at its keys. */
#include <string.h>

#include "params/yaml_internal.h"

void tg_yaml_text_free(gpointer data)
{
    YamlText *text = data;

    g_free(text->name);
    g_free(text->text);
    g_free(text);
}

void tg_yaml_free(TgYaml *yaml)
{
    if (yaml == NULL) {
        return;
    }
    json_decref(yaml->root);
    g_ptr_array_unref(yaml->texts);
    g_hash_table_unref(yaml->places);
    g_free(yaml);
}

json_t *tg_yaml_root(const TgYaml *yaml)
{
    return yaml->root;
}

gboolean tg_yaml_has_place(const TgYaml *yaml, const char *path)
{
    return g_hash_table_contains(yaml->places, path);
}

void tg_yaml_error(const TgYaml *yaml, const char *path, GError **error, const char *format, ...)
{
    g_autofree char *known = g_strdup(path);
    g_autofree char *message = NULL;
    const KeyPlace *place = g_hash_table_lookup(yaml->places, known);
    va_list arguments;

    while (place == NULL && strrchr(known, '/') != NULL) {
        *strrchr(known, '/') = '\0';
        place = g_hash_table_lookup(yaml->places, known);
    }
    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    TgSource source = tg_yaml_source_of(place == NULL ? yaml->texts->pdata[0] : place->text);

    tg_source_error(error, &source, place == NULL ? (TgPlace){0, 0} : place->place, "%s", message);
}
