/* What the yaml*.c files share: a document and the places of its keys. */
#pragma once

#include "params/yaml.h"

/* One text that was read: the file itself or an included one. */
typedef struct {
    char *name;
    char *text;
    gsize size_bytes;
} YamlText;

typedef struct {
    const YamlText *text;
    TgPlace place;
} KeyPlace;

struct TgYaml {
    json_t *root;
    GPtrArray *texts;   /* YamlText; [0] is the document */
    GHashTable *places; /* path -> KeyPlace */
};

void tg_yaml_text_free(gpointer data);

static inline TgSource tg_yaml_source_of(const YamlText *text)
{
    return (TgSource){.name = text->name, .text = text->text, .size_bytes = text->size_bytes};
}
