/* Entry, values and failures of the translation. */
#include "sql/translate.h"

#include <string.h>

static const TgValue nothing = {"NULL", &tg_sql_type_unknown};

TgValue tg_value(TgTranslator *translator, const TgSqlType *type, const char *format, ...)
{
    va_list arguments;
    TgValue value = nothing;

    if (tg_sql_arena_used(translator->arena) > TG_SQL_ARENA_BYTES_MAX) {
        return tg_translate_fail(translator, NULL, "the statement is too complex to be translated");
    }
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    value.text = tg_sql_arena_copy(translator->arena, text, strlen(text));
    value.type = type;
    return value;
}

TgValue tg_translate_fail(TgTranslator *translator, const TgNode *node, const char *format, ...)
{
    const TgSource *source = &translator->statement->source;
    TgPlace place = {0, 0};
    va_list arguments;

    if (translator->error != NULL) {
        return nothing;
    }
    if (node != NULL) {
        place = tg_source_place(source, node->offset);
    }
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    tg_source_error(&translator->error, source, place, "%s", message);
    return nothing;
}

static const char *quoted(TgTranslator *translator, const char *text, char mark)
{
    g_autoptr(GString) out = g_string_new(NULL);

    g_string_append_c(out, mark);
    for (; *text != '\0'; text++) {
        if (*text == mark) {
            g_string_append_c(out, mark);
        }
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, mark);
    return tg_sql_arena_copy(translator->arena, out->str, out->len);
}

const char *tg_translate_quote(TgTranslator *translator, const char *name)
{
    return quoted(translator, name, '"');
}

/* The characters 1 to 3 mark aggregates (translate_call.c), so that they are spelled out. */
const char *tg_translate_text(TgTranslator *translator, const char *text)
{
    const char *p = strpbrk(text, "\x01\x02\x03");
    const char *head = NULL;

    if (p == NULL) {
        return quoted(translator, text, '\'');
    }
    head = tg_sql_arena_copy(translator->arena, text, (gsize)(p - text));
    return tg_sql_arena_printf(translator->arena, "concat(%s, chr(%d), %s)",
                               quoted(translator, head, '\''), *p,
                               tg_translate_text(translator, p + 1));
}

const char *tg_translate_type_name(TgTranslator *translator, const TgSqlType *type)
{
    return tg_sql_type_trino(translator->arena, type);
}

/* A name for a relation that no other one of this statement has. */
const char *tg_translate_alias(TgTranslator *translator, const char *wanted)
{
    const char *name = wanted;

    while (name == NULL || g_hash_table_contains(translator->aliases, name)) {
        name = tg_sql_arena_printf(translator->arena, "%s_%u", wanted == NULL ? "r" : wanted,
                                   ++translator->next_name);
    }
    (void)g_hash_table_add(translator->aliases, (gpointer)name);
    return name;
}

GArray *tg_translate_fields(TgTranslator *translator)
{
    GArray *fields = g_array_new(FALSE, TRUE, sizeof(TgField));

    g_ptr_array_add(translator->garbage, fields);
    return fields;
}

TgValue tg_translate_coerce(TgTranslator *translator, TgValue value, const TgSqlType *type)
{
    if (type->id == TG_SQL_UNKNOWN || tg_sql_type_equal(value.type, type)) {
        return (TgValue){value.text, value.type->id == TG_SQL_UNKNOWN ? type : value.type};
    }
    if (tg_sql_type_is_zoned(value.type)) {
        return tg_translate_coerce(translator, tg_translate_instant(translator, value), type);
    }
    if (tg_sql_type_is_zoned(type)) {
        return tg_value(translator, type, "tg_zoned(CAST(%s AS TIMESTAMPTZ), 'UTC')", value.text);
    }
    if (type->id == TG_SQL_CHAR && type->precision > 0) {
        return tg_value(translator, type, "rpad(%s, %u, ' ')", value.text, type->precision);
    }
    return tg_value(translator, type, "CAST(%s AS %s)", value.text,
                    tg_sql_type_duckdb(translator->arena, type));
}

TgValue tg_translate_instant(TgTranslator *translator, TgValue value)
{
    return tg_sql_type_is_zoned(value.type)
               ? tg_value(translator,
                          tg_sql_type_new(translator->arena, TG_SQL_TIMESTAMP_TZ,
                                          value.type->precision, TG_SQL_ZONE_UTC),
                          "struct_extract_at(%s, 1)", value.text)
               : value;
}

gboolean tg_translate_enter(TgTranslator *translator, const TgNode *node)
{
    if (translator->error != NULL) {
        return FALSE;
    }
    if (translator->depth > TG_SQL_DEPTH_MAX * 12) {
        (void)tg_translate_fail(translator, node, "nested too deeply");
        return FALSE;
    }
    translator->depth++;
    return TRUE;
}

static void finish(TgTranslator *translator, const TgRows *rows, TgSqlTranslation *out)
{
    TgSqlColumn *columns =
        tg_sql_arena_alloc(translator->arena, rows->fields->len * sizeof *columns);

    for (guint i = 0; i < rows->fields->len; i++) {
        const TgField *field = &g_array_index(rows->fields, TgField, i);

        columns[i].type = field->value.type;
        columns[i].name = field->label != NULL
                              ? field->label
                              : tg_sql_arena_printf(translator->arena, "_col%u", i);
    }
    out->sql = rows->sql;
    out->count = rows->fields->len;
    out->columns = columns;
}

gboolean tg_sql_translate(TgStatement *statement, const TgSqlContext *context,
                          TgSqlTranslation *out, GError **error)
{
    g_autoptr(GPtrArray) garbage = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autoptr(GHashTable) aliases = g_hash_table_new(g_str_hash, g_str_equal);
    TgTranslator translator = {.statement = statement,
                               .arena = statement->arena,
                               .context = context,
                               .garbage = garbage,
                               .aliases = aliases};
    TgRows rows = tg_translate_query(&translator, statement->query);

    if (translator.error != NULL) {
        g_propagate_error(error, translator.error);
        return FALSE;
    }
    finish(&translator, &rows, out);
    return TRUE;
}
