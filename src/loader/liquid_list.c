/* Liquid's filters of lists. */
#include <string.h>

#include "loader/liquid_internal.h"
#include "params/params.h"

/* Each character on its own, as Ruby splits by an empty text. */
static json_t *split_characters(const char *text)
{
    json_t *list = json_array();

    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        json_array_append_new(list, json_stringn(text, (gsize)(g_utf8_next_char(text) - text)));
    }
    return list;
}

static json_t *filter_split(const LiquidCall *call)
{
    if (*call->first == '\0') {
        return split_characters(call->text);
    }
    g_auto(GStrv) parts = g_strsplit(call->text, call->first, -1);
    json_t *list = json_array();

    for (char **part = parts; *part != NULL; part++) {
        json_array_append_new(list, json_string(*part));
    }
    return list;
}

static json_t *filter_join(const LiquidCall *call)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *between = json_array_size(call->arguments) == 0 ? " " : call->first;
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (call->input, index, value) {
        g_autofree char *text = tg_liquid_to_text(value);

        g_string_append(out, index == 0 ? "" : between);
        g_string_append(out, text);
    }
    return json_string(out->str);
}

static json_t *filter_size(const LiquidCall *call)
{
    return json_integer(json_is_array(call->input) ? (json_int_t)json_array_size(call->input)
                                                   : (json_int_t)g_utf8_strlen(call->text, -1));
}

static json_t *filter_first(const LiquidCall *call)
{
    json_t *value = json_array_get(call->input, 0);

    return value == NULL ? json_null() : json_incref(value);
}

static json_t *filter_last(const LiquidCall *call)
{
    gsize size = json_array_size(call->input);
    json_t *value = size == 0 ? NULL : json_array_get(call->input, size - 1);

    return value == NULL ? json_null() : json_incref(value);
}

static json_t *filter_concat(const LiquidCall *call)
{
    json_t *list = json_is_array(call->input) ? json_copy((json_t *)call->input) : json_array();

    json_array_extend(list, json_array_get(call->arguments, 0)); /* what is no list adds nothing */
    return list;
}

static json_t *filter_reverse(const LiquidCall *call)
{
    json_t *list = json_array();

    for (gsize i = json_array_size(call->input); i > 0; i--) {
        json_array_append(list, json_array_get(call->input, i - 1));
    }
    return list;
}

/* The value that a list is worked on by: a member, or without an argument the value itself. */
static const json_t *key_of(const LiquidCall *call, const json_t *value)
{
    const json_t *key = *call->first == '\0' ? value : json_object_get(value, call->first);

    return json_is_null(key) ? NULL : key;
}

static json_t *filter_compact(const LiquidCall *call)
{
    json_t *list = json_array();
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (call->input, index, value) {
        if (key_of(call, value) != NULL) {
            json_array_append(list, value);
        }
    }
    return list;
}

static json_t *filter_map(const LiquidCall *call)
{
    json_t *list = json_array();
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (call->input, index, value) {
        json_t *member = json_object_get(value, call->first);

        json_array_append_new(list, member == NULL ? json_null() : json_incref(member));
    }
    return list;
}

static json_t *filter_where(const LiquidCall *call)
{
    const json_t *wanted = json_array_get(call->arguments, 1);
    json_t *list = json_array();
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (call->input, index, value) {
        const json_t *member = json_object_get(value, call->first);

        if (wanted == NULL ? tg_liquid_is_true(member)
                           : member != NULL && tg_liquid_equals(member, wanted)) {
            json_array_append(list, value);
        }
    }
    return list;
}

static json_t *filter_uniq(const LiquidCall *call)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, free, NULL);
    json_t *list = json_array();
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (call->input, index, value) {
        const json_t *key = key_of(call, value);

        if (g_hash_table_add(seen, json_dumps(key == NULL ? json_null() : key,
                                              JSON_ENCODE_ANY | JSON_SORT_KEYS))) {
            json_array_append(list, value);
        }
    }
    return list;
}

/* What qsort sees of a value. */
typedef struct {
    json_t *value;
    const json_t *key; /* NULL: at the end */
    char *folded;      /* NULL: not folded */
    size_t index;      /* keeps the order of equal ones */
} Item;

static int compare_keys(const Item *a, const Item *b)
{
    if (a->folded != NULL && b->folded != NULL) {
        return strcmp(a->folded, b->folded);
    }
    if (json_is_number(a->key) && json_is_number(b->key)) {
        double difference = json_number_value(a->key) - json_number_value(b->key);

        return difference < 0.0 ? -1 : (difference > 0.0 ? 1 : 0);
    }
    if (json_is_string(a->key) && json_is_string(b->key)) {
        return strcmp(json_string_value(a->key), json_string_value(b->key));
    }
    return 0;
}

static int compare_items(const void *left, const void *right)
{
    const Item *a = left;
    const Item *b = right;
    int order = (a->key == NULL) - (b->key == NULL);

    if (order == 0 && a->key != NULL) {
        order = compare_keys(a, b);
    }
    return order != 0 ? order : (a->index < b->index ? -1 : 1);
}

static json_t *sort(const LiquidCall *call, gboolean folds)
{
    gsize count = json_array_size(call->input);
    g_autofree Item *items = g_new0(Item, count + 1);
    json_t *list = json_array();

    for (gsize i = 0; i < count; i++) {
        items[i].value = json_array_get(call->input, i);
        items[i].key = key_of(call, items[i].value);
        items[i].index = i;
        if (folds && items[i].key != NULL) {
            g_autofree char *text = tg_liquid_to_text(items[i].key);

            items[i].folded = g_utf8_casefold(text, -1);
        }
    }
    qsort(items, count, sizeof *items, compare_items);
    for (gsize i = 0; i < count; i++) {
        json_array_append(list, items[i].value);
        g_free(items[i].folded);
    }
    return list;
}

static json_t *filter_sort(const LiquidCall *call)
{
    return sort(call, FALSE);
}

static json_t *filter_sort_natural(const LiquidCall *call)
{
    return sort(call, TRUE);
}

const LiquidFilter tg_liquid_list_filters[] = {
    {"compact", filter_compact}, {"concat", filter_concat},
    {"first", filter_first},     {"join", filter_join},
    {"last", filter_last},       {"map", filter_map},
    {"reverse", filter_reverse}, {"size", filter_size},
    {"sort", filter_sort},       {"sort_natural", filter_sort_natural},
    {"split", filter_split},     {"uniq", filter_uniq},
    {"where", filter_where},     {NULL, NULL}};
