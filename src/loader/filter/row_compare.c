/* Nodes of conditions: checked when made, asked for each row. */
#include <string.h>

#include "loader/filter/row.h"
#include "loader/number_text.h"
#include "loader/time_literal.h"

void row_node_free(RowNode *node)
{
    if (node == NULL) {
        return;
    }
    g_clear_pointer(&node->children, g_ptr_array_unref);
    g_clear_pointer(&node->regex, g_regex_unref);
    g_free(node->literal.text);
    g_free(node);
}

static void free_child(gpointer node)
{
    row_node_free(node);
}

RowNode *row_node_new_logical(gboolean is_or)
{
    RowNode *node = g_new0(RowNode, 1);

    node->what = is_or ? ROW_OR : ROW_AND;
    node->children = g_ptr_array_new_with_free_func(free_child);
    return node;
}

RowNode *row_node_new_not(RowNode *take_child)
{
    RowNode *node = row_node_new_logical(FALSE);

    node->what = ROW_NOT;
    g_ptr_array_add(node->children, take_child);
    return node;
}

RowNode *row_node_new_is_null(guint column)
{
    RowNode *node = g_new0(RowNode, 1);

    node->what = ROW_IS_NULL;
    node->column = column;
    return node;
}

/* What a column can be compared as; FALSE: not at all. */
static gboolean kind_of(TgType type, RowKind *out)
{
    switch (type.id) {
    case TG_TYPE_BOOLEAN:
        *out = ROW_BOOLEAN;
        return TRUE;
    case TG_TYPE_STRING:
        *out = ROW_TEXT;
        return TRUE;
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        *out = ROW_TIME;
        return TRUE;
    case TG_TYPE_TIME:
    case TG_TYPE_BINARY:
    case TG_TYPE_JSON:
        return FALSE;
    case TG_TYPE_INT8:
    case TG_TYPE_INT16:
    case TG_TYPE_INT32:
    case TG_TYPE_INT64:
    case TG_TYPE_UINT8:
    case TG_TYPE_UINT16:
    case TG_TYPE_UINT32:
    case TG_TYPE_UINT64:
    case TG_TYPE_FLOAT:
    case TG_TYPE_DOUBLE:
    case TG_TYPE_DECIMAL:
    default:
        *out = ROW_NUMBER;
        return TRUE;
    }
}

static gboolean is_real(TgType type)
{
    return type.id == TG_TYPE_FLOAT || type.id == TG_TYPE_DOUBLE;
}

/* Numbers become the column's kind of number, texts and numbers become times for a time column. */
static gboolean fit_literal(RowNode *node, const TgColumn *column, RowKind kind, GError **error)
{
    RowLiteral *literal = &node->literal;

    if (kind == ROW_TIME && literal->kind == ROW_TEXT) {
        if (!tg_time_literal_parse(literal->text, strlen(literal->text), &literal->time)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'%s' is no time such as 2016-08-06 06:38:07 +0900", literal->text);
            return FALSE;
        }
        literal->kind = ROW_TIME;
    }
    if (kind == ROW_TIME && literal->kind == ROW_NUMBER) {
        if (!tg_decimal_parse(literal->text, strlen(literal->text), 38, 9, &literal->time)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is no time in seconds",
                        literal->text);
            return FALSE;
        }
        literal->kind = ROW_TIME;
    }
    if (kind != literal->kind) {
        static const char *const names[] = {"boolean", "number", "string", "timestamp"};
        g_autofree char *type = tg_type_to_text(column->type);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' is %s, it cannot be compared with a %s", column->name, type,
                    names[literal->kind]);
        return FALSE;
    }
    if (kind == ROW_NUMBER) {
        guint scale = column->type.id == TG_TYPE_DECIMAL ? column->type.scale : 0;

        node->real = g_ascii_strtod(literal->text, NULL);
        node->is_exact =
            !is_real(column->type) &&
            tg_decimal_parse(literal->text, strlen(literal->text), 38, scale, &node->integer);
    }
    return TRUE;
}

static gboolean operator_fits(RowOperator operator, RowKind kind)
{
    if (kind == ROW_BOOLEAN) {
        return operator== ROW_EQ || operator== ROW_NE;
    }
    return kind == ROW_TEXT || operator<ROW_START_WITH;
}

RowNode *row_node_new_compare(const TgSchema *schema, guint column, RowOperator operator,
                              RowLiteral * take_literal, GError **error)
{
    g_autoptr(RowNode) node = g_new0(RowNode, 1);
    const TgColumn *compared = &schema->columns[column];
    RowKind kind = ROW_TEXT;

    node->what = ROW_COMPARE;
    node->column = column;
    node->operator= operator;
    node->literal = *take_literal;
    *take_literal = (RowLiteral){0};
    if (!kind_of(compared->type, &kind)) {
        g_autofree char *type = tg_type_to_text(compared->type);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' is %s, which only IS NULL and IS NOT NULL can ask for",
                    compared->name, type);
        return NULL;
    }
    if (!fit_literal(node, compared, kind, error)) {
        return NULL;
    }
    if (!operator_fits(operator, kind)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "that operator is not for columns as '%s'",
                    compared->name);
        return NULL;
    }
    if (operator== ROW_REGEXP) {
        node->regex = g_regex_new(node->literal.text, G_REGEX_OPTIMIZE, 0, NULL);
        if (node->regex == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is no regular expression",
                        node->literal.text);
            return NULL;
        }
    }
    return g_steal_pointer(&node);
}

static gboolean order_holds(RowOperator operator, int order)
{
    switch ((int)operator) {
    case ROW_EQ:
        return order == 0;
    case ROW_NE:
        return order != 0;
    case ROW_GT:
        return order > 0;
    case ROW_GE:
        return order >= 0;
    case ROW_LT:
        return order < 0;
    default:
        return order <= 0;
    }
}

static gboolean reals_hold(RowOperator operator, double left, double right)
{
    switch ((int)operator) {
    case ROW_EQ:
        return left == right;
    case ROW_NE:
        return left != right;
    case ROW_GT:
        return left > right;
    case ROW_GE:
        return left >= right;
    case ROW_LT:
        return left < right;
    default:
        return left <= right;
    }
}

static double real_of(const TgVector *vector, guint row)
{
    float narrow = 0.0F;

    if (vector->type.id == TG_TYPE_DOUBLE) {
        return tg_vector_get_double(vector, row);
    }
    if (vector->type.id == TG_TYPE_FLOAT) {
        memcpy(&narrow, vector->data + (gsize)row * sizeof narrow, sizeof narrow);
        return (double)narrow;
    }
    if (vector->type.id == TG_TYPE_DECIMAL) {
        char text[TG_DECIMAL_TEXT_BYTES + 1];
        gsize size = tg_decimal_format(tg_vector_get_int128(vector, row), vector->type.scale, text);

        text[size] = '\0';
        return g_ascii_strtod(text, NULL);
    }
    return (double)tg_vector_get_integer(vector, row);
}

static int order_of(TgInt128 left, TgInt128 right)
{
    return (left > right) - (left < right);
}

static gboolean number_holds(const RowNode *node, const TgVector *vector, guint row)
{
    if (node->is_exact) {
        TgInt128 value = vector->type.id == TG_TYPE_DECIMAL ? tg_vector_get_int128(vector, row)
                                                            : tg_vector_get_integer(vector, row);
        int order = order_of(value, node->integer);

        return order_holds(node->operator, node->is_swapped ? -order : order);
    }
    double value = real_of(vector, row);

    return node->is_swapped ? reals_hold(node->operator, node->real, value)
                            : reals_hold(node->operator, value, node->real);
}

static int order_of_bytes(const char *left, gsize left_size, const char *right, gsize right_size)
{
    int order = memcmp(left, right, MIN(left_size, right_size));

    return order != 0 ? order : (left_size > right_size) - (left_size < right_size);
}

static gboolean text_holds(const RowNode *node, const TgVector *vector, guint row)
{
    gsize size = 0;
    const char *value = tg_vector_get_bytes(vector, row, &size);
    const char *left = node->is_swapped ? node->literal.text : value;
    const char *right = node->is_swapped ? value : node->literal.text;
    gsize left_size = node->is_swapped ? strlen(left) : size;
    gsize right_size = node->is_swapped ? size : strlen(right);

    switch ((int)node->operator) {
    case ROW_START_WITH:
        return left_size >= right_size && memcmp(left, right, right_size) == 0;
    case ROW_END_WITH:
        return left_size >= right_size &&
               memcmp(left + left_size - right_size, right, right_size) == 0;
    case ROW_INCLUDE:
        return memmem(left, left_size, right, right_size) != NULL;
    case ROW_REGEXP:
        return g_regex_match_full(node->regex, value, (gssize)size, 0, 0, NULL, NULL);
    default:
        return order_holds(node->operator, order_of_bytes(left, left_size, right, right_size));
    }
}

static gboolean compare_holds(const RowNode *node, const TgVector *vector, guint row)
{
    int order = 0;

    if (!tg_vector_is_valid(vector, row)) {
        return node->operator== ROW_NE;
    }
    switch (node->literal.kind) {
    case ROW_NUMBER:
        return number_holds(node, vector, row);
    case ROW_TEXT:
        return text_holds(node, vector, row);
    case ROW_TIME:
        order = order_of(tg_vector_get_nanos(vector, row), node->literal.time);
        return order_holds(node->operator, node->is_swapped ? -order : order);
    case ROW_BOOLEAN:
    default:
        return (tg_vector_get_boolean(vector, row) == node->literal.truth) ==
               (node->operator== ROW_EQ);
    }
}

static gboolean list_holds(const RowNode *node, const TgBatch *batch, guint row)
{
    gboolean wanted = node->what == ROW_OR;

    for (guint i = 0; i < node->children->len; i++) {
        if (row_node_holds(g_ptr_array_index(node->children, i), batch, row) == wanted) {
            return wanted;
        }
    }
    return !wanted;
}

gboolean row_node_holds(const RowNode *node, const TgBatch *batch, guint row)
{
    switch ((int)node->what) {
    case ROW_COMPARE:
        return compare_holds(node, batch->vectors[node->column], row);
    case ROW_IS_NULL:
        return !tg_vector_is_valid(batch->vectors[node->column], row);
    case ROW_NOT:
        return !row_node_holds(g_ptr_array_index(node->children, 0), batch, row);
    default:
        return list_holds(node, batch, row);
    }
}
