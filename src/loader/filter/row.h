/* Conditions of the row filter as a tree. */
#pragma once

#include "columns/batch.h"
#include "loader/time_format.h"

#define ROW_DEPTH_MAX 100u

typedef enum {
    ROW_EQ,
    ROW_NE,
    ROW_GT,
    ROW_GE,
    ROW_LT,
    ROW_LE,
    ROW_START_WITH,
    ROW_END_WITH,
    ROW_INCLUDE,
    ROW_REGEXP
} RowOperator;

typedef enum { ROW_BOOLEAN, ROW_NUMBER, ROW_TEXT, ROW_TIME } RowKind;

/* What a column is compared with. */
typedef struct {
    RowKind kind;
    char *text; /* as written */
    gboolean truth;
    TgInt128 time; /* nanoseconds */
} RowLiteral;

typedef struct RowNode RowNode;
struct RowNode {
    enum { ROW_AND, ROW_OR, ROW_NOT, ROW_IS_NULL, ROW_COMPARE } what;
    GPtrArray *children; /* of RowNode; AND, OR, NOT */
    guint column;
    RowOperator operator;
    gboolean is_swapped; /* the literal stands on the left */
    RowLiteral literal;
    gboolean is_exact; /* numbers: the literal as an integer of the column's scale */
    TgInt128 integer;
    double real;
    GRegex *regex;
};

void row_node_free(RowNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowNode, row_node_free)

RowNode *row_node_new_logical(gboolean is_or);
RowNode *row_node_new_not(RowNode *take_child);
RowNode *row_node_new_is_null(guint column);

/* A comparison that fits the column's type, else CONFIG. Takes the literal's text, also then. */
RowNode *row_node_new_compare(const TgSchema *schema, guint column, RowOperator operator,
                              RowLiteral * take_literal, GError **error);

gboolean row_node_holds(const RowNode *node, const TgBatch *batch, guint row);

/* row_where.c: the SQL-like text of `where`. */
RowNode *row_where_parse(const char *text, const TgSchema *schema, GError **error);
