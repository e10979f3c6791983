/* Calls: which row of the tables fits, and how it is printed. */
#include <string.h>

#include "base/suggest.h"
#include "sql/function.h"

static const TgFunction *const scalar_tables[] = {
    tg_functions_text, tg_functions_regexp,     tg_functions_json,   tg_functions_time,
    tg_functions_math, tg_functions_collection, tg_functions_lambda, tg_functions_statistics,
};

/* Of Trino, but without a faithful form here. */
static const char *const unsupported[] = {"soundex",
                                          "word_stem",
                                          "sha512",
                                          "xxhash64",
                                          "crc32",
                                          "murmur3",
                                          "hmac_sha256",
                                          "format_number",
                                          "human_readable_seconds",
                                          "parse_duration",
                                          "regexp_position",
                                          "split_to_multimap",
                                          "combinations",
                                          "ngrams",
                                          "map_zip_with",
                                          "multimap_from_entries",
                                          "multimap_agg",
                                          "map_union",
                                          "reduce_agg",
                                          "numeric_histogram",
                                          "approx_most_frequent",
                                          "checksum",
                                          "approx_set",
                                          "merge",
                                          "shuffle",
                                          "cosine_similarity",
                                          "great_circle_distance",
                                          "st_point",
                                          "st_astext",
                                          "bing_tile_at",
                                          "bar",
                                          "from_unixtime_nanos",
                                          NULL};

/* ---- which overload ------------------------------------------------------------------------- */

static gboolean fits_number(char letter, TgSqlTypeId id)
{
    gboolean is_integer = id >= TG_SQL_TINYINT && id <= TG_SQL_BIGINT;
    gboolean is_float = id == TG_SQL_REAL || id == TG_SQL_DOUBLE;

    switch (letter) {
    case 'I':
        return is_integer;
    case 'N':
        return id == TG_SQL_DECIMAL;
    case 'f':
        return is_float;
    default:
        return is_integer || is_float || id == TG_SQL_DECIMAL;
    }
}

static gboolean fits_type(char letter, TgSqlTypeId id)
{
    switch (letter) {
    case 'v':
        return id == TG_SQL_VARCHAR || id == TG_SQL_CHAR;
    case 'D':
        return id == TG_SQL_DATE;
    case 'T':
        return id == TG_SQL_TIMESTAMP;
    case 'Z':
        return id == TG_SQL_TIMESTAMP_TZ;
    case 't':
        return id == TG_SQL_DATE || id == TG_SQL_TIMESTAMP || id == TG_SQL_TIMESTAMP_TZ;
    case 'H':
        return id == TG_SQL_TIME;
    case 'x':
        return id == TG_SQL_VARBINARY;
    case 'a':
        return id == TG_SQL_ARRAY;
    case 'm':
        return id == TG_SQL_MAP;
    case 'r':
        return id == TG_SQL_ROW;
    case 'j':
        return id == TG_SQL_JSON;
    case 'J':
        return id == TG_SQL_JSON || id == TG_SQL_VARCHAR;
    case 'B':
        return id == TG_SQL_BOOLEAN;
    case 'i':
        return id == TG_SQL_INTERVAL_DAY || id == TG_SQL_INTERVAL_MONTH;
    default:
        return fits_number(letter, id);
    }
}

static gboolean fits(char letter, const TgNode *node, const TgValue *value)
{
    if (letter == 'F' || node->kind == TG_NODE_LAMBDA) {
        return letter == 'F' && node->kind == TG_NODE_LAMBDA;
    }
    if (letter == 's') {
        return node->kind == TG_NODE_STRING;
    }
    if (letter == '.' || letter == 'c') {
        return TRUE;
    }
    return value->type->id == TG_SQL_UNKNOWN ? strchr("am", letter) == NULL
                                             : fits_type(letter, value->type->id);
}

/* The letter of an argument; '\0' when the row takes fewer. */
static char letter_at(const char *arguments, guint index)
{
    gsize length = strlen(arguments);

    if (length > 0 && arguments[length - 1] == '*') {
        return arguments[MIN(index, length - 2)];
    }
    return arguments[MIN(index, length)]; /* the NUL behind them */
}

static gboolean row_fits(const TgFunction *row, const TgCall *call)
{
    gsize length = strlen(row->arguments);
    gboolean repeats = length > 0 && row->arguments[length - 1] == '*';

    if (repeats ? call->count + 2 < length : call->count != length) {
        return FALSE;
    }
    for (guint i = 0; i < call->count; i++) {
        if (!fits(letter_at(row->arguments, i), call->nodes[i], &call->values[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The row that fits; *out_known tells whether the name is there at all. */
static const TgFunction *find_row(const TgFunction *table, const TgCall *call, gboolean *out_known)
{
    for (; table->name != NULL; table++) {
        gboolean is_it = strcmp(table->name, call->name) == 0;

        *out_known = *out_known || is_it;
        if (is_it && row_fits(table, call)) {
            return table;
        }
    }
    return NULL;
}

static TgValue fail_arguments(TgTranslator *translator, const TgCall *call)
{
    g_autoptr(GString) types = g_string_new(NULL);

    for (guint i = 0; i < call->count; i++) {
        g_string_append_printf(types, "%s%s", i == 0 ? "" : ", ",
                               call->nodes[i]->kind == TG_NODE_LAMBDA
                                   ? "lambda"
                                   : tg_translate_type_name(translator, call->values[i].type));
    }
    return tg_translate_fail(translator, call->node, "%s() does not take (%s)", call->name,
                             types->str);
}

static TgValue fail_name(TgTranslator *translator, const TgCall *call)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (g_strv_contains(unsupported, call->name)) {
        return tg_translate_fail(translator, call->node,
                                 "%s() is not supported by the local engine", call->name);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(scalar_tables); i++) {
        for (const TgFunction *row = scalar_tables[i]; row->name != NULL; row++) {
            g_ptr_array_add(names, (gpointer)row->name);
        }
    }
    for (const TgFunction *row = tg_functions_aggregate; row->name != NULL; row++) {
        g_ptr_array_add(names, (gpointer)row->name);
    }
    for (const TgFunction *row = tg_functions_window; row->name != NULL; row++) {
        g_ptr_array_add(names, (gpointer)row->name);
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *hint = tg_suggest_phrase(call->name, (const char *const *)names->pdata);

    return tg_translate_fail(translator, call->node, "there is no function '%s'%s", call->name,
                             hint);
}

/* ---- result types --------------------------------------------------------------------------- */

static const TgSqlType *item(const TgSqlType *type, guint index)
{
    return index < type->count ? type->items[index] : &tg_sql_type_unknown;
}

static const TgSqlType *read_result(TgTranslator *translator, const char **p, const TgCall *call,
                                    const TgSqlType *common)
{
    static const struct {
        char letter;
        const TgSqlType *type;
    } types[] = {
        {'v', &tg_sql_type_varchar},   {'i', &tg_sql_type_integer},
        {'b', &tg_sql_type_bigint},    {'d', &tg_sql_type_double},
        {'B', &tg_sql_type_boolean},   {'D', &tg_sql_type_date},
        {'T', &tg_sql_type_timestamp}, {'Z', &tg_sql_type_timestamp_tz},
        {'x', &tg_sql_type_varbinary}, {'j', &tg_sql_type_json},
        {'.', &tg_sql_type_unknown},
    };
    static const TgSqlType type_real = {.id = TG_SQL_REAL};
    char letter = *(*p)++;
    const TgSqlType *key = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].letter == letter) {
            return types[i].type;
        }
    }
    switch (letter) {
    case 'f':
        return &type_real;
    case 'c':
        return common;
    case 'e':
    case 'k':
        return item(read_result(translator, p, call, common), 0);
    case 'w':
        return item(read_result(translator, p, call, common), 1);
    case 'a':
        return tg_sql_type_array(translator->arena, read_result(translator, p, call, common));
    case 'm':
        key = read_result(translator, p, call, common);
        return tg_sql_type_map(translator->arena, key, read_result(translator, p, call, common));
    default:
        return call->values[letter - '1'].type;
    }
}

/* ---- printing ------------------------------------------------------------------------------- */

static const TgSqlType *coerce_arguments(TgTranslator *translator, const TgFunction *row,
                                         TgCall *call)
{
    static const TgSqlType type_tinyint = {.id = TG_SQL_TINYINT};
    const TgSqlType *common = &tg_sql_type_unknown;

    if (*row->arguments == 'c') {
        return tg_translate_unify(translator, call->node, call->values, call->count);
    }
    for (guint i = 0; i < call->count; i++) {
        char letter = letter_at(row->arguments, i);
        gboolean is_unknown =
            call->nodes[i]->kind != TG_NODE_LAMBDA && call->values[i].type->id == TG_SQL_UNKNOWN;

        if (letter == 'd') {
            call->values[i] = tg_translate_coerce(translator, call->values[i], &tg_sql_type_double);
        } else if (is_unknown && (letter == 'v' || letter == 'J')) {
            call->values[i] =
                tg_translate_coerce(translator, call->values[i], &tg_sql_type_varchar);
        } else if (is_unknown && (letter == 'I' || letter == 'n') &&
                   strcmp(call->name, "mod") != 0) {
            call->values[i] = tg_translate_coerce(
                translator, call->values[i],
                i == 0 && g_strcmp0(row->result, "1") == 0 ? &type_tinyint : &tg_sql_type_bigint);
        } else if (is_unknown && (letter == 't' || letter == 'T')) {
            call->values[i] =
                tg_translate_coerce(translator, call->values[i], &tg_sql_type_timestamp);
        }
    }
    return common;
}

static void append_all(GString *out, const TgCall *call)
{
    for (guint i = 0; i < call->count; i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", call->values[i].text);
    }
}

static TgValue print_row(TgTranslator *translator, const TgFunction *row, TgCall *call)
{
    const TgSqlType *common = coerce_arguments(translator, row, call);
    g_autoptr(GString) out = g_string_new(NULL);
    const char *result = row->result;

    if (row->print != NULL) {
        return row->print(translator, call);
    }
    for (const char *p = row->text; *p != '\0'; p++) {
        if (*p != '$') {
            g_string_append_c(out, *p);
        } else if (*++p == '*') {
            append_all(out, call);
        } else if (g_ascii_isdigit(*p)) {
            g_string_append(out, call->values[*p - '1'].text);
        } else { /* a '$' of the text, as in a JSON path */
            g_string_append_c(out, '$');
            g_string_append_c(out, *p);
        }
    }
    const TgSqlType *type = read_result(translator, &result, call, common);

    /* sign() and random() of an integer type */
    if (strcmp(row->result, "1") == 0 && tg_sql_type_is_integer(type)) {
        return tg_value(translator, type, "CAST(%s AS %s)", out->str,
                        tg_sql_type_duckdb(translator->arena, type));
    }
    return tg_value(translator, type, "%s", out->str);
}

/* ---- aggregates and windows ----------------------------------------------------------------- */

static const char *bound_text(TgTranslator *translator, const TgNode *bound)
{
    g_autofree char *word = g_ascii_strup(bound->text, -1);

    if (bound->items[0] == NULL) {
        return tg_sql_arena_printf(translator->arena, "%s", word);
    }
    return tg_value(translator, &tg_sql_type_unknown, "%s %s",
                    tg_translate_expression(translator, bound->items[0]).text, word)
        .text;
}

static void append_frame(TgTranslator *translator, const TgNode *frame, GString *out)
{
    g_autofree char *unit = g_ascii_strup(frame->text, -1);

    if (frame->items[1] == NULL) {
        g_string_append_printf(out, " %s BETWEEN %s AND CURRENT ROW", unit,
                               bound_text(translator, frame->items[0]));
        return;
    }
    g_string_append_printf(out, " %s BETWEEN %s AND %s", unit,
                           bound_text(translator, frame->items[0]),
                           bound_text(translator, frame->items[1]));
}

static const TgNode *named_window(TgTranslator *translator, const TgNode *node, const char *name)
{
    const TgScope *scope = translator->scope;
    const TgNode *found =
        scope == NULL || scope->windows == NULL ? NULL : g_hash_table_lookup(scope->windows, name);

    if (found == NULL) {
        (void)tg_translate_fail(translator, node, "there is no window '%s'", name);
    }
    return found;
}

/* The clauses of a window over those of the one it is based on. */
static void append_window(TgTranslator *translator, const TgNode *window, GString *out)
{
    const TgNode *parts[3] = {NULL, NULL, NULL};

    for (guint depth = 0; window != NULL && depth < 16; depth++) {
        const char *base = window->extra;

        for (guint i = 0; i < 3; i++) {
            parts[i] = parts[i] == NULL ? window->items[i] : parts[i];
        }
        window = base == NULL ? NULL : named_window(translator, window, base);
    }
    g_string_append(out, " OVER (");
    for (guint i = 0; parts[0] != NULL && i < parts[0]->count; i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "PARTITION BY " : ", ",
                               tg_translate_expression(translator, parts[0]->items[i]).text);
    }
    if (parts[1] != NULL) {
        g_string_append_printf(out, " ORDER BY %s", tg_translate_sort_list(translator, parts[1]));
    }
    if (parts[2] != NULL) {
        append_frame(translator, parts[2], out);
    }
    g_string_append_c(out, ')');
}

/* What stands inside the parentheses behind the arguments, and behind them. */
static void append_modifiers(TgTranslator *translator, const TgNode *call, GString *inside,
                             GString *behind)
{
    const TgNode *window = call->items[3];

    if (call->items[1] != NULL) {
        g_string_append_printf(inside, " ORDER BY %s",
                               tg_translate_sort_list(translator, call->items[1]));
    }
    if (tg_node_has(call, TG_FLAG_IGNORE_NULLS)) {
        g_string_append(inside, " IGNORE NULLS");
    }
    if (call->items[2] != NULL) {
        g_string_append_printf(behind, " FILTER (WHERE %s)",
                               tg_translate_boolean(translator, call->items[2], "FILTER").text);
    }
    if (window != NULL && window->text != NULL) {
        window = named_window(translator, window, window->text);
    }
    if (window != NULL) {
        append_window(translator, window, behind);
    }
}

/* Writes {name|arguments} as name(DISTINCT arguments ORDER BY …) FILTER … OVER …. */
static TgValue expand_aggregates(TgTranslator *translator, const TgNode *node, TgValue value)
{
    g_autoptr(GString) inside = g_string_new(NULL);
    g_autoptr(GString) behind = g_string_new(NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    const char *p = value.text;

    append_modifiers(translator, node, inside, behind);
    for (const char *open = strchr(p, '\x01'); open != NULL; open = strchr(p, '\x01')) {
        const char *bar = strchr(open, '\x02');
        const char *close = bar == NULL ? NULL : strchr(bar, '\x03');

        if (close == NULL) {
            break;
        }
        g_string_append_len(out, p, open - p);
        g_string_append_printf(out, "%.*s(%s%.*s%s)%s", (int)(bar - open - 1), open + 1,
                               tg_node_has(node, TG_FLAG_DISTINCT) ? "DISTINCT " : "",
                               (int)(close - bar - 1), bar + 1, inside->str, behind->str);
        p = close + 1;
    }
    g_string_append(out, p);
    return tg_value(translator, value.type, "%s", out->str);
}

static TgValue print_aggregate(TgTranslator *translator, const TgFunction *row, TgCall *call)
{
    TgFunction marked = *row;
    g_autofree char *text = g_strdup(row->text == NULL ? "" : row->text);

    for (char *p = text; *p != '\0'; p++) {
        if (*p == '{') {
            *p = '\x01';
        } else if (*p == '|') {
            *p = '\x02';
        } else if (*p == '}') {
            *p = '\x03';
        }
    }
    marked.text = text;
    return expand_aggregates(translator, call->node, print_row(translator, &marked, call));
}

/* ---- the call ------------------------------------------------------------------------------- */

static gboolean has_modifiers(const TgNode *node)
{
    return node->kind == TG_NODE_CALL &&
           (node->items[1] != NULL || node->items[2] != NULL || node->items[3] != NULL ||
            tg_node_has(node, TG_FLAG_DISTINCT) || tg_node_has(node, TG_FLAG_IGNORE_NULLS));
}

static TgValue dispatch(TgTranslator *translator, TgCall *call)
{
    static const char *const ambiguous[] = {"reverse", "substr", "substring", "json_extract_scalar",
                                            NULL};
    gboolean is_known = FALSE;
    const TgFunction *row = find_row(tg_functions_aggregate, call, &is_known);

    if (call->count > 0 && call->nodes[0]->kind == TG_NODE_NULL &&
        g_strv_contains(ambiguous, call->name)) {
        return tg_translate_fail(translator, call->node,
                                 "%s() of a bare NULL is ambiguous; cast it", call->name);
    }

    if (row != NULL) {
        return print_aggregate(translator, row, call);
    }
    row = find_row(tg_functions_window, call, &is_known);
    if (row != NULL && call->node->items[3] == NULL) {
        return tg_translate_fail(translator, call->node, "%s() needs OVER (…)", call->name);
    }
    if (row != NULL) {
        return print_aggregate(translator, row, call);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(scalar_tables); i++) {
        row = find_row(scalar_tables[i], call, &is_known);
        if (row != NULL && has_modifiers(call->node)) {
            return tg_translate_fail(translator, call->node,
                                     "%s() is no aggregate: DISTINCT, ORDER BY, FILTER and OVER "
                                     "cannot be used with it",
                                     call->name);
        }
        if (row != NULL) {
            return print_row(translator, row, call);
        }
    }
    return is_known ? fail_arguments(translator, call) : fail_name(translator, call);
}

/* The arguments of CALL, EXTRACT(field FROM x) and TRIM(…). */
static void collect(const TgNode *node, GPtrArray *out)
{
    const TgNode *list = node->kind == TG_NODE_CALL ? node->items[0] : node;

    for (guint i = 0; i < list->count; i++) {
        if (list->items[i] != NULL && list->items[i]->kind != TG_NODE_STAR) {
            g_ptr_array_add(out, list->items[i]);
        }
    }
}

TgValue tg_translate_call(TgTranslator *translator, const TgNode *node)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    g_autofree TgValue *values = NULL;
    TgCall call = {.node = node, .name = node->kind == TG_NODE_TRIM ? "trim" : node->text};

    collect(node, nodes);
    values = g_new0(TgValue, nodes->len + 1);
    call.count = nodes->len;
    call.nodes = (const TgNode **)nodes->pdata;
    call.values = values;
    for (guint i = 0; i < nodes->len; i++) {
        values[i] = (TgValue){"NULL", &tg_sql_type_unknown};
        if (i == 1 && call.nodes[i]->kind == TG_NODE_NAME && strcmp(call.name, "normalize") == 0) {
            g_autofree char *form = g_ascii_strup(call.nodes[i]->text, -1); /* NFC, a word */

            values[i] = tg_value(translator, &tg_sql_type_varchar, "%s",
                                 tg_translate_text(translator, form));
        } else if (call.nodes[i]->kind != TG_NODE_LAMBDA) {
            values[i] = tg_translate_expression(translator, call.nodes[i]);
        }
    }
    TgValue origin = {NULL, NULL};
    TgZonedCall wrap = tg_zone_prepare(translator, &call, &origin);

    return translator->error != NULL
               ? (TgValue){"NULL", &tg_sql_type_unknown}
               : tg_zone_finish(translator, wrap, dispatch(translator, &call), origin);
}

const char *tg_call_literal(TgTranslator *translator, const TgCall *call, guint index,
                            const char *what)
{
    if (call->nodes[index]->kind != TG_NODE_STRING) {
        (void)tg_translate_fail(translator, call->nodes[index],
                                "%s of %s() must be a text in quotes here", what, call->name);
        return NULL;
    }
    return call->nodes[index]->text;
}

const char *tg_call_lambda_body(TgTranslator *translator, const TgCall *call, guint index,
                                TgField *parameters, guint count, const TgSqlType **out_type)
{
    const TgNode *lambda = call->nodes[index];
    const TgNode *names = lambda->items[0];
    TgScope scope = {.parent = translator->scope, .fields = tg_translate_fields(translator)};
    TgValue body = {NULL, NULL};

    *out_type = &tg_sql_type_unknown;
    if (names->count != count) {
        (void)tg_translate_fail(translator, lambda, "this lambda needs %u parameters", count);
    }
    for (guint i = 0; i < count; i++) {
        const char *written = i < names->count ? names->items[i]->text : "p";
        const char *name = tg_sql_arena_lower(translator->arena, written);

        parameters[i].name = name;
        parameters[i].label = name;
        parameters[i].value.text =
            tg_translate_quote(translator, tg_translate_alias(translator, name));
        g_array_append_val(scope.fields, parameters[i]);
    }
    translator->scope = &scope;
    body = tg_translate_expression(translator, lambda->items[1]);
    translator->scope = scope.parent;
    *out_type = body.type;
    return body.text;
}

const char *tg_call_lambda(TgTranslator *translator, const TgCall *call, guint index,
                           const TgSqlType *const *types, guint count, const TgSqlType **out_type)
{
    TgField parameters[TG_CALL_LAMBDA_MAX] = {{.value = {NULL, NULL}}};
    g_autoptr(GString) list = g_string_new(NULL);
    const char *body = NULL;

    for (guint i = 0; i < count; i++) {
        parameters[i].value.type = types[i];
    }
    body = tg_call_lambda_body(translator, call, index, parameters, count, out_type);
    for (guint i = 0; i < count; i++) {
        g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ", parameters[i].value.text);
    }
    return tg_value(translator, *out_type, "lambda %s: %s", list->str, body).text;
}
