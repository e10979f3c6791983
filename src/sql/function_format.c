/* format(): each verb is one call of ours, chosen by the type of its value. */
#include <string.h>

#include "sql/function.h"

/* The value's text as Java's %s shows it. */
static const char *java_text(TgTranslator *translator, const TgCall *call, guint index)
{
    TgValue value = call->values[index];

    switch ((int)value.type->id) {
    case TG_SQL_REAL:
        return tg_value(translator, &tg_sql_type_varchar, "tg_java_real(%s)", value.text).text;
    case TG_SQL_DOUBLE:
        return tg_value(translator, &tg_sql_type_varchar, "tg_java_double(%s)", value.text).text;
    case TG_SQL_TIMESTAMP:
        return tg_value(translator, &tg_sql_type_varchar, "tg_java_timestamp(%s)", value.text).text;
    case TG_SQL_BOOLEAN:
    case TG_SQL_TINYINT:
    case TG_SQL_SMALLINT:
    case TG_SQL_INTEGER:
    case TG_SQL_BIGINT:
    case TG_SQL_DECIMAL:
    case TG_SQL_VARCHAR:
    case TG_SQL_CHAR:
    case TG_SQL_DATE:
    case TG_SQL_UUID:
    case TG_SQL_UNKNOWN:
        return tg_translate_cast(translator, call->nodes[index], value, &tg_sql_type_varchar, FALSE)
            .text;
    default:
        return NULL;
    }
}

/* Which of our functions shows a value by this letter; NULL: none. */
static const char *verb_function(char letter, const TgSqlType *type)
{
    gboolean is_float =
        type->id == TG_SQL_REAL || type->id == TG_SQL_DOUBLE || type->id == TG_SQL_DECIMAL;

    if (strchr("sS", letter) != NULL || type->id == TG_SQL_UNKNOWN ||
        (letter == 'b' && type->id == TG_SQL_BOOLEAN)) {
        return "tg_format_text";
    }
    if (strchr("dxXo", letter) != NULL && tg_sql_type_is_integer(type)) {
        return "tg_format_whole";
    }
    return strchr("feg", letter) != NULL && is_float ? "tg_format_number" : NULL;
}

/* One verb: its number ("2$"), flags, width, precision, letter. `next` counts the verbs without a
 * number. */
static gboolean append_verb(TgTranslator *translator, const TgCall *call, const char **p,
                            guint *next, GString *out)
{
    gsize number = strspn(*p, "0123456789");
    guint index = number > 0 && (*p)[number] == '$' ? (guint)g_ascii_strtoull(*p, NULL, 10) : 0;
    const char *start = index > 0 ? *p + number + 1 : *p;
    gsize length = strspn(start, "-#+ 0,(.123456789");
    const char *spec =
        tg_sql_arena_copy(translator->arena, start, length + (start[length] == '\0' ? 0 : 1));
    const char *text = NULL;
    const char *function = NULL;

    index = index > 0 ? index : (*next)++;
    if (index >= call->count) {
        (void)tg_translate_fail(translator, call->node, "format() has fewer values than verbs");
        return FALSE;
    }
    function =
        start[length] == '\0' ? NULL : verb_function(start[length], call->values[index].type);
    text = function == NULL ? NULL : java_text(translator, call, index);
    if (text == NULL) {
        (void)tg_translate_fail(translator, call->nodes[0],
                                "format(): '%%%s' with %s is not supported", spec,
                                tg_translate_type_name(translator, call->values[index].type));
        return FALSE;
    }
    const char *quoted = tg_translate_text(translator, spec);

    g_string_append_printf(out, "coalesce(%s(%s, %s), tg_format_text(%s, '%s'))", function, quoted,
                           text, quoted, start[length] == 'b' ? "false" : "null");
    *p = start + length + 1;
    return TRUE;
}

TgValue tg_print_format(TgTranslator *translator, const TgCall *call)
{
    const char *p = tg_call_literal(translator, call, 0, "the format");
    g_autoptr(GString) out = g_string_new("concat(''");
    guint next = 1;

    if (call->count < 2) {
        return tg_translate_fail(translator, call->node, "format() needs a value");
    }
    while (p != NULL && *p != '\0') {
        gsize plain = strcspn(p, "%");

        g_string_append(out, ", ");
        if (plain > 0 || p[1] == '%' || p[1] == 'n') {
            const char *text = plain > 0 ? tg_sql_arena_copy(translator->arena, p, plain)
                                         : (p[1] == '%' ? "%" : "\n");

            g_string_append(out, tg_translate_text(translator, text));
            p += plain == 0 ? 2 : plain;
            continue;
        }
        p++;
        if (!append_verb(translator, call, &p, &next, out)) {
            break;
        }
    }
    return tg_value(translator, &tg_sql_type_varchar, "%s)", out->str);
}
