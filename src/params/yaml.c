/* Composes libyaml's events into ordered JSON values and remembers where each key stands. */
#include "params/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "params/params.h"
#include "params/yaml_internal.h"
#include "params/yaml_scalar.h"

/* State of reading one text. */
typedef struct {
    TgYaml *yaml;
    const YamlText *text;
    const TgYamlOptions *options;
    yaml_parser_t parser;
    GHashTable *anchors; /* name -> json_t */
    GString *path;
    guint depth;
    guint alias_nodes;
    GError **error;
} Composer;

static TgPlace place_of(const yaml_mark_t *mark)
{
    return (TgPlace){.line = (guint)mark->line + 1, .column = (guint)mark->column + 1};
}

static void fail_at(Composer *c, const yaml_mark_t *mark, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void fail_at(Composer *c, const yaml_mark_t *mark, const char *format, ...)
{
    TgSource source = tg_yaml_source_of(c->text);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    tg_source_error(c->error, &source, place_of(mark), "%s", message);
}

static void fail_parser(Composer *c)
{
    const yaml_parser_t *parser = &c->parser;
    const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
    const YamlText *text = c->text;
    gsize offset = MIN((gsize)parser->problem_mark.index, text->size_bytes);

    if (parser->error == YAML_READER_ERROR) {
        TgSource source = tg_yaml_source_of(text);

        tg_source_error(c->error, &source, tg_source_place(&source, parser->problem_offset),
                        "not YAML: %s; the file must be UTF-8 text", problem);
        return;
    }
    if (offset < text->size_bytes && text->text[offset] == '\t') {
        fail_at(c, &parser->problem_mark, "a tab cannot indent YAML; use spaces");
        return;
    }
    if (parser->context != NULL && parser->context_mark.line != parser->problem_mark.line) {
        fail_at(c, &parser->problem_mark, "%s (%s that begins in line %zu)", problem,
                parser->context, parser->context_mark.line + 1);
        return;
    }
    fail_at(c, &parser->problem_mark, "%s", problem);
}

static gboolean next_event(Composer *c, yaml_event_t *event)
{
    if (!yaml_parser_parse(&c->parser, event)) {
        fail_parser(c);
        return FALSE;
    }
    return TRUE;
}

static json_t *compose_node(Composer *c, yaml_event_t *event);

/* ---- scalars and aliases ---- */

static json_t *tagged_scalar(Composer *c, const yaml_event_t *event, const char *tag)
{
    const char *text = (const char *)event->data.scalar.value;
    gsize size = event->data.scalar.length;

    if (strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, "!") == 0) {
        return json_stringn(text, size);
    }
    if (strcmp(tag, YAML_INT_TAG) == 0 || strcmp(tag, YAML_FLOAT_TAG) == 0 ||
        strcmp(tag, YAML_BOOL_TAG) == 0 || strcmp(tag, YAML_NULL_TAG) == 0) {
        return tg_yaml_scalar_value(text, size, TG_YAML_EMBULK);
    }
    fail_at(c, &event->start_mark, "unknown tag '%s'", tag);
    return NULL;
}

static json_t *compose_scalar(Composer *c, const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    const char *text = (const char *)event->data.scalar.value;
    gsize size = event->data.scalar.length;
    json_t *value = NULL;

    if (tag != NULL && !event->data.scalar.plain_implicit && !event->data.scalar.quoted_implicit) {
        value = tagged_scalar(c, event, tag);
    } else if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        value = tg_yaml_scalar_value(text, size, c->options->flavour);
    } else {
        value = json_stringn(text, size);
    }
    if (value == NULL && (c->error == NULL || *c->error == NULL)) {
        fail_at(c, &event->start_mark, "not UTF-8 text");
    }
    return value;
}

static guint count_nodes(const json_t *value)
{
    guint count = 1;
    const char *key = NULL;
    json_t *child = NULL;
    size_t index = 0;

    if (json_is_object(value)) {
        json_object_foreach ((json_t *)value, key, child) {
            count += count_nodes(child);
        }
    } else if (json_is_array(value)) {
        json_array_foreach (value, index, child) {
            count += count_nodes(child);
        }
    }
    return count;
}

/* A copy, because values are merged in place later; the limit stops "billion laughs". */
static json_t *compose_alias(Composer *c, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    json_t *value = g_hash_table_lookup(c->anchors, name);

    if (value == NULL) {
        fail_at(c, &event->start_mark, "the alias *%s has no anchor &%s that ends before it", name,
                name);
        return NULL;
    }
    c->alias_nodes += count_nodes(value);
    if (c->alias_nodes > TG_YAML_ALIAS_NODES_MAX) {
        fail_at(c, &event->start_mark, "aliases expand to more than %d values",
                TG_YAML_ALIAS_NODES_MAX);
        return NULL;
    }
    return json_deep_copy(value);
}

static void remember_anchor(Composer *c, const yaml_char_t *anchor, json_t *value)
{
    if (anchor != NULL && value != NULL) {
        g_hash_table_replace(c->anchors, g_strdup((const char *)anchor), json_incref(value));
    }
}

/* ---- maps ---- */

static void remember_place(Composer *c, const yaml_mark_t *mark)
{
    KeyPlace *place = g_new(KeyPlace, 1);

    *place = (KeyPlace){.text = c->text, .place = place_of(mark)};
    g_hash_table_replace(c->yaml->places, g_strdup(c->path->str), place);
}

static gsize push_path(Composer *c, const char *key)
{
    gsize before = c->path->len;

    if (before > 0) {
        g_string_append_c(c->path, '/');
    }
    g_string_append(c->path, key);
    return before;
}

/* `<<: *base` or `<<: [*a, *b]`: keys that come first and give way to the map's own. */
static gboolean apply_merge(Composer *c, json_t *merged, json_t *value, const yaml_mark_t *mark)
{
    size_t index = 0;
    json_t *item = NULL;

    if (json_is_object(value)) {
        json_object_update_missing(merged, value);
        return TRUE;
    }
    if (!json_is_array(value)) {
        fail_at(c, mark, "'<<' merges a map or a list of maps");
        return FALSE;
    }
    json_array_foreach (value, index, item) {
        if (!apply_merge(c, merged, item, mark)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void merge_included(json_t *into, json_t *from)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach (from, key, value) {
        json_t *there = json_object_get(into, key);

        if (json_is_object(there) && json_is_object(value)) {
            merge_included(there, value);
        } else {
            json_object_set(into, key, value);
        }
    }
}

static json_t *compose_text(TgYaml *yaml, const YamlText *text, const TgYamlOptions *options,
                            const char *path, GError **error);

static const YamlText *add_text(TgYaml *yaml, const char *name, char *take_text, gsize size)
{
    YamlText *text = g_new0(YamlText, 1);

    text->name = g_strdup(name);
    text->text = take_text;
    text->size_bytes = size;
    g_ptr_array_add(yaml->texts, text);
    return text;
}

static json_t *include(Composer *c, const char *relative, const yaml_mark_t *mark)
{
    g_autofree char *folder_of_name = g_path_get_dirname(c->text->name);
    g_autofree char *path = NULL;
    g_autofree char *name = NULL;
    g_autofree char *folder = NULL;
    g_autoptr(GError) cause = NULL;
    char *text = NULL;
    gsize size = 0;

    if (c->options->include_folder == NULL) {
        fail_at(c, mark, "!include does not work here");
        return NULL;
    }
    if (c->yaml->texts->len >= TG_YAML_INCLUDES_MAX || c->depth >= TG_YAML_DEPTH_MAX) {
        fail_at(c, mark, "too many included files; does '%s' include itself?", relative);
        return NULL;
    }
    path = tg_file_resolve_below(c->options->include_folder, relative, &cause);
    if (path == NULL || !tg_file_read(path, TG_YAML_SIZE_MAX, &text, &size, &cause)) {
        fail_at(c, mark, "!include: %s", cause->message);
        return NULL;
    }
    name = strcmp(folder_of_name, ".") == 0 ? g_strdup(relative)
                                            : g_build_filename(folder_of_name, relative, NULL);
    folder = g_path_get_dirname(path);
    TgYamlOptions options = {.flavour = c->options->flavour, .include_folder = folder};

    return compose_text(c->yaml, add_text(c->yaml, name, text, size), &options, c->path->str,
                        c->error);
}

/* The key's text; a new string, or NULL with the error set. */
static char *key_text(Composer *c, yaml_event_t *event)
{
    json_t *value = NULL;
    char *text = NULL;

    if (event->type == YAML_SCALAR_EVENT) {
        value = compose_scalar(c, event);
    } else if (event->type == YAML_ALIAS_EVENT) {
        value = compose_alias(c, event);
    }
    if (json_is_string(value)) {
        text = g_strdup(json_string_value(value));
    } else if (value != NULL && !json_is_object(value) && !json_is_array(value)) {
        char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));

        text = g_strdup(dumped);
        free(dumped);
    } else if (c->error == NULL || *c->error == NULL) {
        fail_at(c, &event->start_mark, "a key must be a text");
    }
    json_decref(value);
    return text;
}

static gboolean is_include_key(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.tag != NULL &&
           strcmp((const char *)event->data.scalar.tag, "!include") == 0;
}

typedef struct {
    json_t *own;
    json_t *merged;
} MapParts;

static gboolean store_pair(Composer *c, MapParts *parts, yaml_event_t *key_event, const char *key,
                           yaml_event_t *value_event)
{
    gboolean is_include = is_include_key(key_event);
    gboolean is_merge = !is_include && strcmp(key, "<<") == 0 &&
                        key_event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    json_t *value = compose_node(c, value_event);
    gboolean ok = value != NULL;

    if (ok && is_include) {
        const char *relative = json_string_value(value);
        json_t *included = relative == NULL ? NULL : include(c, relative, &key_event->start_mark);

        if (relative == NULL) {
            fail_at(c, &key_event->start_mark, "!include wants a path: `!include : 'file.dig'`");
        }
        ok = included != NULL;
        if (ok) {
            merge_included(parts->own, included);
        }
        json_decref(included);
    } else if (ok && is_merge) {
        ok = apply_merge(c, parts->merged, value, &key_event->start_mark);
    } else if (ok) {
        json_object_set(parts->own, key, value);
    }
    json_decref(value);
    return ok;
}

static gboolean compose_pair(Composer *c, MapParts *parts, yaml_event_t *key_event)
{
    g_autofree char *key =
        is_include_key(key_event) ? g_strdup("!include") : key_text(c, key_event);
    gboolean ok = FALSE;
    yaml_event_t value_event;

    if (key == NULL) {
        return FALSE;
    }
    if (c->options->flavour == TG_YAML_DIGDAG && !is_include_key(key_event) &&
        json_object_get(parts->own, key) != NULL) {
        fail_at(c, &key_event->start_mark, "the key '%s' is there twice; remove one", key);
        return FALSE;
    }
    if (!next_event(c, &value_event)) {
        return FALSE;
    }
    gsize before = c->path->len;

    if (!is_include_key(key_event)) { /* included keys belong to the map itself */
        before = push_path(c, key);
        remember_place(c, &key_event->start_mark);
    }
    ok = store_pair(c, parts, key_event, key, &value_event);
    g_string_truncate(c->path, before);
    yaml_event_delete(&value_event);
    return ok;
}

static json_t *compose_map(Composer *c)
{
    MapParts parts = {.own = json_object(), .merged = json_object()};
    gboolean ok = TRUE;

    while (ok) {
        yaml_event_t event;

        ok = next_event(c, &event);
        if (!ok) {
            break;
        }
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        ok = compose_pair(c, &parts, &event);
        yaml_event_delete(&event);
    }
    if (!ok) {
        json_decref(parts.own);
        json_decref(parts.merged);
        return NULL;
    }
    if (json_object_size(parts.merged) == 0) {
        json_decref(parts.merged);
        return parts.own;
    }
    json_object_update(parts.merged, parts.own);
    json_decref(parts.own);
    return parts.merged;
}

/* ---- lists and nodes ---- */

static json_t *compose_list(Composer *c)
{
    json_t *list = json_array();

    for (;;) {
        yaml_event_t event;
        json_t *item = NULL;
        char number[24];

        if (!next_event(c, &event)) {
            break;
        }
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return list;
        }
        (void)g_snprintf(number, sizeof number, "%zu", json_array_size(list));
        gsize before = push_path(c, number);

        remember_place(c, &event.start_mark);
        item = compose_node(c, &event);
        g_string_truncate(c->path, before);
        yaml_event_delete(&event);
        if (item == NULL) {
            break;
        }
        json_array_append_new(list, item);
    }
    json_decref(list);
    return NULL;
}

static json_t *compose_collection(Composer *c, const yaml_event_t *event)
{
    gboolean is_map = event->type == YAML_MAPPING_START_EVENT;
    json_t *value = NULL;

    if (c->depth >= TG_YAML_DEPTH_MAX) {
        fail_at(c, &event->start_mark, "nested more than %d deep", TG_YAML_DEPTH_MAX);
        return NULL;
    }
    c->depth++;
    value = is_map ? compose_map(c) : compose_list(c);
    c->depth--;
    return value;
}

static json_t *compose_node(Composer *c, yaml_event_t *event)
{
    json_t *value = NULL;

    switch ((int)event->type) {
    case YAML_SCALAR_EVENT:
        value = compose_scalar(c, event);
        remember_anchor(c, event->data.scalar.anchor, value);
        return value;
    case YAML_ALIAS_EVENT:
        return compose_alias(c, event);
    case YAML_MAPPING_START_EVENT:
        value = compose_collection(c, event);
        remember_anchor(c, event->data.mapping_start.anchor, value);
        return value;
    case YAML_SEQUENCE_START_EVENT:
        value = compose_collection(c, event);
        remember_anchor(c, event->data.sequence_start.anchor, value);
        return value;
    default:
        fail_at(c, &event->start_mark, "not a value");
        return NULL;
    }
}

/* One event outside of a value; FALSE: a mistake. */
static gboolean compose_event(Composer *c, yaml_event_t *event, json_t **value, guint *documents)
{
    switch ((int)event->type) {
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return TRUE;
    case YAML_DOCUMENT_START_EVENT:
        if ((*documents)++ > 0) {
            fail_at(c, &event->start_mark, "a second document begins here; a file holds one");
            return FALSE;
        }
        return TRUE;
    default:
        *value = compose_node(c, event);
        return *value != NULL;
    }
}

static json_t *compose_document(Composer *c)
{
    g_autoptr(json_t) value = NULL;
    guint documents = 0;
    gboolean is_end = FALSE;

    while (!is_end) {
        yaml_event_t event;

        if (!next_event(c, &event)) {
            return NULL;
        }
        gboolean ok = compose_event(c, &event, &value, &documents);

        is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (!ok) {
            return NULL;
        }
    }
    return g_steal_pointer(&value);
}

static void json_decref_pointer(gpointer value)
{
    json_decref(value);
}

static json_t *compose_text(TgYaml *yaml, const YamlText *text, const TgYamlOptions *options,
                            const char *path, GError **error)
{
    Composer c = {.yaml = yaml, .text = text, .options = options, .error = error};
    TgSource source = tg_yaml_source_of(text);
    GError *local = NULL;
    json_t *value = NULL;

    c.error = &local;
    c.path = g_string_new(path);
    c.anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_decref_pointer);
    if (!yaml_parser_initialize(&c.parser)) {
        g_error("out of memory");
    }
    yaml_parser_set_input_string(&c.parser, (const unsigned char *)text->text, text->size_bytes);
    value = compose_document(&c);
    yaml_parser_delete(&c.parser);
    g_hash_table_unref(c.anchors);
    g_string_free(c.path, TRUE);
    if (local == NULL && !json_is_object(value)) {
        tg_source_error(&local, &source, (TgPlace){0, 0},
                        value == NULL || json_is_null(value)
                            ? "the file is empty; it must hold a map (`key: value` lines)"
                            : "the top of the file must be a map (`key: value` lines)");
    }
    if (local != NULL) {
        g_propagate_error(error, local);
        json_decref(value);
        return NULL;
    }
    return value;
}

TgYaml *tg_yaml_parse(const TgSource *source, const TgYamlOptions *options, GError **error)
{
    g_autoptr(TgYaml) yaml = g_new0(TgYaml, 1);

    yaml->texts = g_ptr_array_new_with_free_func(tg_yaml_text_free);
    yaml->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (source->size_bytes > TG_YAML_SIZE_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: larger than %zu bytes", source->name,
                    TG_YAML_SIZE_MAX);
        return NULL;
    }
    const YamlText *text = add_text(
        yaml, source->name, g_memdup2(source->text, source->size_bytes + (source->size_bytes == 0)),
        source->size_bytes);

    yaml->root = compose_text(yaml, text, options, "", error);
    return yaml->root == NULL ? NULL : g_steal_pointer(&yaml);
}

TgYaml *tg_yaml_load(const char *path, const char *name, TgYamlFlavour flavour, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *folder = g_path_get_dirname(path);
    gsize size = 0;

    if (!tg_file_read(path, TG_YAML_SIZE_MAX, &text, &size, error)) {
        return NULL;
    }
    TgSource source = {.name = name, .text = text, .size_bytes = size};
    TgYamlOptions options = {.flavour = flavour, .include_folder = folder};

    return tg_yaml_parse(&source, &options, error);
}
