/* filter row: keeps the rows that a condition holds for (embulk-filter-row). */
#include "loader/filter/row.h"

#include <string.h>

#include "loader/column_config.h"
#include "loader/plugin.h"
#include "params/params.h"

typedef struct {
    TgFilter filter;
    RowNode *condition;
} RowFilter;

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error G_GNUC_UNUSED)
{
    const RowNode *condition = ((const RowFilter *)filter)->condition;
    g_autofree guint *rows = g_new(guint, in->rows + 1);
    guint count = 0;

    for (guint row = 0; row < in->rows; row++) {
        rows[count] = row;
        count += row_node_holds(condition, in, row) ? 1 : 0;
    }
    tg_batch_select(out, in, rows, count);
    return TRUE;
}

static void filter_free(TgFilter *filter)
{
    RowFilter *self = (RowFilter *)filter;

    row_node_free(self->condition);
    g_free(self);
}

static gboolean find_operator(const char *name, RowOperator *out, GError **error)
{
    static const struct {
        const char *name;
        RowOperator operator;
    } operators[] = {{"==", ROW_EQ},
                     {"!=", ROW_NE},
                     {">", ROW_GT},
                     {">=", ROW_GE},
                     {"<", ROW_LT},
                     {"<=", ROW_LE},
                     {"start_with", ROW_START_WITH},
                     {"startsWith", ROW_START_WITH},
                     {"end_with", ROW_END_WITH},
                     {"endsWith", ROW_END_WITH},
                     {"include", ROW_INCLUDE},
                     {"contains", ROW_INCLUDE}};

    for (gsize i = 0; i < G_N_ELEMENTS(operators); i++) {
        if (g_ascii_strcasecmp(operators[i].name, name) == 0) {
            *out = operators[i].operator;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "there is no operator '%s'; there are ==, !=, >, >=, <, <=, start_with, end_with, "
                "include, IS NULL and IS NOT NULL",
                name);
    return FALSE;
}

/* The argument as a literal of the column's kind. */
static gboolean read_argument(const json_t *block, TgType type, RowLiteral *out, GError **error)
{
    const json_t *argument = json_object_get(block, "argument");
    g_autofree char *format = NULL;
    g_autofree char *timezone = NULL;
    TgTimestampReader reader = {0};

    if (argument == NULL || json_is_null(argument)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'argument' is missing");
        return FALSE;
    }
    g_autofree char *text = tg_params_to_text(argument);
    char *end = NULL;

    out->kind = json_is_boolean(argument) ? ROW_BOOLEAN : ROW_TEXT;
    out->truth = json_is_true(argument);
    if (type.id == TG_TYPE_TIMESTAMP || type.id == TG_TYPE_DATE) {
        if (!tg_params_dup_text_or(block, "format", "%Y-%m-%d %H:%M:%S.%N %z", &format, error) ||
            !tg_params_dup_text_or(block, "timezone", "UTC", &timezone, error) ||
            !tg_timestamp_reader_init(&reader, format, timezone, NULL, error)) {
            return FALSE;
        }
        gboolean ok =
            tg_time_format_parse(reader.format, &reader.defaults, text, strlen(text), &out->time);

        tg_timestamp_reader_clear(&reader);
        if (!ok) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' does not fit the format '%s'", text,
                        format);
            return FALSE;
        }
        out->kind = ROW_TIME;
    } else if (json_is_number(argument) ||
               (json_is_string(argument) && type.id != TG_TYPE_STRING)) {
        (void)g_ascii_strtod(text, &end);
        out->kind = *text != '\0' && *end == '\0' ? ROW_NUMBER : ROW_TEXT;
    }
    out->text = g_steal_pointer(&text);
    return TRUE;
}

static RowNode *read_compare(const json_t *block, const TgSchema *input, guint column,
                             const char *name, GError **error)
{
    RowLiteral literal = {0};
    RowOperator operator= ROW_EQ;

    if (g_ascii_strcasecmp(name, "IS NULL") == 0) {
        return row_node_new_is_null(column);
    }
    if (g_ascii_strcasecmp(name, "IS NOT NULL") == 0) {
        return row_node_new_not(row_node_new_is_null(column));
    }
    if (!find_operator(name, &operator, error) ||
        !read_argument(block, input->columns[column].type, &literal, error)) {
        return NULL;
    }
    return row_node_new_compare(input, column, operator, & literal, error);
}

static RowNode *read_condition(const json_t *block, const TgSchema *input, GError **error)
{
    g_autofree char *name = tg_params_dup_text(block, "column", error);
    g_autofree char *operator= NULL;
    gboolean is_negated = FALSE;
    int index = name == NULL ? -1 : tg_schema_find(input, name);

    if (name == NULL) {
        return NULL;
    }
    if (index < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no column '%s'", name);
        return NULL;
    }
    if (!tg_params_dup_text_or(block, "operator", "==", &operator, error) ||
        !tg_params_get_boolean(block, "not", FALSE, &is_negated, error)) {
        return NULL;
    }
    RowNode *node = read_compare(block, input, (guint)index, operator, error);

    return node != NULL && is_negated ? row_node_new_not(node) : node;
}

static RowNode *read_conditions(const json_t *config, const TgSchema *input, GError **error)
{
    const json_t *conditions = json_object_get(config, "conditions");
    g_autofree char *condition = NULL;
    json_t *block = NULL;
    size_t index = 0;

    if (!tg_params_dup_text_or(config, "condition", "AND", &condition, error)) {
        return NULL;
    }
    gboolean is_or = g_ascii_strcasecmp(condition, "OR") == 0;

    if (!is_or && g_ascii_strcasecmp(condition, "AND") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'condition' is AND or OR, not '%s'",
                    condition);
        return NULL;
    }
    g_autoptr(RowNode) list = row_node_new_logical(is_or);

    json_array_foreach (conditions, index, block) {
        RowNode *node = read_condition(block, input, error);

        if (node == NULL) {
            g_prefix_error(error, "conditions[%zu]: ", index);
            return NULL;
        }
        g_ptr_array_add(list->children, node);
    }
    return g_steal_pointer(&list);
}

static TgFilter *filter_open(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                             const TgSchema *input, GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    g_autofree char *where = NULL;
    RowNode *condition = NULL;

    if (!tg_params_dup_text_or(config, "where", NULL, &where, error)) {
        return NULL;
    }
    if ((where != NULL) == json_is_array(json_object_get(config, "conditions"))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "give either 'where', a text, or 'conditions', a list");
        return NULL;
    }
    condition = where != NULL ? row_where_parse(where, input, error)
                              : read_conditions(config, input, error);
    if (condition == NULL) {
        return NULL;
    }
    RowFilter *self = g_new0(RowFilter, 1);

    self->filter.class = &class;
    self->filter.schema = tg_schema_copy(input);
    self->condition = condition;
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"where", "text", "null",
     "The condition as in SQL: column1 = 'str' AND (n > 1.0 OR t IS NOT NULL)."},
    {"condition", "text", "AND", "Whether all of 'conditions' must hold (AND), or one (OR)."},
    {"conditions", "list", "null",
     "Conditions as {column, operator, argument, not, format, timezone}."},
    {0}};

const TgFilterPlugin tg_filter_row = {.name = "row",
                                      .help = "Keeps the rows that a condition holds for.",
                                      .options = options,
                                      .open = filter_open};
