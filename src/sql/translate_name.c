/* Names of columns, and fields of rows. */
#include <string.h>

#include "base/suggest.h"
#include "sql/translate.h"

#define PARTS_MAX 16

/* "a.b.c" as its parts; 0 when the node is something else. */
static guint split(const TgNode *node, const char **parts)
{
    const TgNode *chain[PARTS_MAX];
    guint count = 0;

    for (; node != NULL && node->kind == TG_NODE_FIELD && count < PARTS_MAX - 1;
         node = node->items[0]) {
        chain[count++] = node;
    }
    if (node == NULL || node->kind != TG_NODE_NAME) {
        return 0;
    }
    parts[0] = node->text;
    for (guint i = 0; i < count; i++) {
        parts[i + 1] = chain[count - 1 - i]->text;
    }
    return count + 1;
}

static gboolean is_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && g_ascii_strcasecmp(a, b) == 0;
}

/* Fields of one scope that match `used` parts; the last match is stored. */
static guint count_matches(const GArray *fields, const char *const *parts, guint used,
                           const TgField **out)
{
    guint found = 0;

    for (guint i = 0; fields != NULL && i < fields->len; i++) {
        const TgField *field = &g_array_index(fields, TgField, i);
        gboolean matches = is_same(field->name, parts[used - 1]);

        if (used == 1) {
            matches = matches && !field->is_merged;
        } else {
            matches = matches && is_same(field->relation, parts[used - 2]);
        }
        if (used == 3) {
            matches = matches && is_same(field->database, parts[0]);
        }
        if (matches) {
            *out = field;
            found++;
        }
    }
    return found;
}

TgValue tg_translate_field(TgTranslator *translator, const TgNode *node, TgValue row,
                           const char *name)
{
    if (row.type->id != TG_SQL_ROW) {
        return tg_translate_fail(translator, node,
                                 "'%s' is not a field: what stands before the "
                                 "point is of type %s, not a row",
                                 name, tg_translate_type_name(translator, row.type));
    }
    for (guint i = 0; i < row.type->count; i++) {
        if (is_same(row.type->names[i], name)) {
            return tg_value(translator, row.type->items[i], "struct_extract_at(%s, %u)", row.text,
                            i + 1);
        }
    }
    return tg_translate_fail(translator, node, "the row has no field '%s': it is %s", name,
                             tg_translate_type_name(translator, row.type));
}

/* The column that the first `used` parts name, in the innermost scope that has it. */
static const TgField *find_column(TgTranslator *translator, const TgNode *node,
                                  const char *const *parts, guint used)
{
    for (const TgScope *scope = translator->scope; scope != NULL; scope = scope->parent) {
        const TgField *field = NULL;
        guint found = used == 1 ? count_matches(scope->aliases, parts, 1, &field) : 0;

        if (found == 0) {
            found = count_matches(scope->fields, parts, used, &field);
        }
        if (found > 1) {
            (void)tg_translate_fail(translator, node,
                                    "the name '%s' is ambiguous: several relations have it; "
                                    "write relation.%s",
                                    parts[used - 1], parts[used - 1]);
            return NULL;
        }
        if (found == 1) {
            return field;
        }
    }
    return NULL;
}

/* Names of a scope's columns, for "did you mean". */
static void add_names(const TgScope *scope, GPtrArray *names)
{
    for (guint i = 0; i < scope->fields->len; i++) {
        const char *name = g_array_index(scope->fields, TgField, i).name;

        if (name != NULL) {
            g_ptr_array_add(names, (gpointer)name);
        }
    }
}

static TgValue fail_unknown(TgTranslator *translator, const TgNode *node, const char *const *parts,
                            guint count)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GString) full = g_string_new(parts[0]);

    for (guint i = 1; i < count; i++) {
        g_string_append_printf(full, ".%s", parts[i]);
    }
    for (const TgScope *scope = translator->scope; scope != NULL; scope = scope->parent) {
        add_names(scope, names);
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *hint = tg_suggest_phrase(parts[count - 1], (const char *const *)names->pdata);

    return tg_translate_fail(translator, node, "there is no column '%s'%s", full->str, hint);
}

/* The fields of a row that the rest of a name means, one within the other. */
static TgValue walk_fields(TgTranslator *translator, const TgNode *node, TgValue value,
                           const char *const *rest)
{
    for (; *rest != NULL; rest++) {
        value = tg_translate_field(translator, node, value, *rest);
    }
    return value;
}

TgValue tg_translate_name(TgTranslator *translator, const TgNode *node)
{
    const char *parts[PARTS_MAX + 1] = {NULL};
    guint count = split(node, parts);

    if (count == 0) { /* a field of an expression */
        return tg_translate_field(translator, node,
                                  tg_translate_expression(translator, node->items[0]), node->text);
    }
    for (guint used = MIN(count, 3); used >= 1; used--) {
        const TgField *field = find_column(translator, node, parts, used);

        if (field != NULL) {
            return walk_fields(translator, node, field->value, parts + used);
        }
    }
    return fail_unknown(translator, node, parts, count);
}

gboolean tg_translate_is_stored(TgTranslator *translator, const TgNode *node)
{
    const char *parts[PARTS_MAX + 1] = {NULL};
    guint count = split(node, parts);

    for (const TgScope *scope = translator->scope; scope != NULL && count > 0 && count <= 3;
         scope = scope->parent) {
        const TgField *field = NULL;

        if (count_matches(scope->fields, parts, count, &field) == 1) {
            return field->is_stored;
        }
    }
    return FALSE;
}
