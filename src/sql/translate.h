/* Inside of the translation to DuckDB's SQL: shared by translate_*.c and function_*.c. */
#pragma once

#include "sql/sql.h"

/* An expression in DuckDB's SQL with its type in Trino. */
typedef struct {
    const char *text;
    const TgSqlType *type;
} TgValue;

/* A column that expressions may name. */
typedef struct {
    const char *database; /* of the relation; NULL: none or not known */
    const char *relation; /* alias or table, lower case; NULL: only by its own name */
    const char *name;     /* lower case; NULL: it has none */
    const char *label;    /* the name as written */
    TgValue value;
    gboolean is_merged; /* one of USING's two: found by qualified name alone */
    gboolean
        is_stored; /* a column of a table, whose type is exact: a text without a length has none */
    gboolean is_hidden; /* no part of `*`, nor of t(a, b) */
} TgField;

/* Columns in sight; an inner query sees those of the queries around it. */
typedef struct TgScope TgScope;
struct TgScope {
    TgScope *parent;
    GArray *fields;        /* of TgField */
    const GArray *aliases; /* of TgField: ORDER BY sees the names of the SELECT list first */
    GHashTable *windows;   /* name → TgNode of the WINDOW clause; or NULL */
};

/* What a translated query gives. */
typedef struct {
    const char *sql;
    GArray *fields; /* of TgField: name, label, type; text is not used */
} TgRows;

/* A name of a WITH clause. */
typedef struct TgCte TgCte;
struct TgCte {
    TgCte *outer;
    const char *name;
    const char *sql_name;
    const GArray *fields;
};

typedef struct {
    TgStatement *statement;
    TgSqlArena *arena;
    const TgSqlContext *context;
    TgScope *scope;
    TgCte *ctes;
    GPtrArray *garbage;  /* GArrays and hash tables of the translation */
    GHashTable *aliases; /* in use */
    guint next_name;
    guint depth;
    GError *error; /* the first failure; all goes on with dummies until the end */
} TgTranslator;

/* translate.c */
TgValue tg_value(TgTranslator *translator, const TgSqlType *type, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
TgValue tg_translate_fail(TgTranslator *translator, const TgNode *node, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
const char *tg_translate_quote(TgTranslator *translator, const char *name);
const char *tg_translate_text(TgTranslator *translator, const char *text);
const char *tg_translate_type_name(TgTranslator *translator, const TgSqlType *type);
const char *tg_translate_alias(TgTranslator *translator, const char *wanted);
GArray *tg_translate_fields(TgTranslator *translator);
TgValue tg_translate_coerce(TgTranslator *translator, TgValue value, const TgSqlType *type);
/* A timestamp with a zone of its own as an instant; other values as they are. */
TgValue tg_translate_instant(TgTranslator *translator, TgValue value);
gboolean tg_translate_enter(TgTranslator *translator, const TgNode *node);

/* translate_name.c */
TgValue tg_translate_name(TgTranslator *translator, const TgNode *node);

/* Whether a node is the name of a stored column (TgField). */
gboolean tg_translate_is_stored(TgTranslator *translator, const TgNode *node);
TgValue tg_translate_field(TgTranslator *translator, const TgNode *node, TgValue row,
                           const char *name);

/* translate_expression.c */
TgValue tg_translate_expression(TgTranslator *translator, const TgNode *node);
TgValue tg_translate_boolean(TgTranslator *translator, const TgNode *node, const char *where);
const TgSqlType *tg_translate_unify(TgTranslator *translator, const TgNode *node, TgValue *values,
                                    guint count);

/* translate_compare.c: comparisons with Trino's rules of NaN, of NULL within rows, arrays and maps,
 * of zones. */
void tg_translate_check_comparable(TgTranslator *translator, const TgNode *node, TgValue left,
                                   TgValue right);
void tg_translate_check_orderable(TgTranslator *translator, const TgNode *node,
                                  const TgSqlType *type);
TgValue tg_translate_comparison(TgTranslator *translator, const TgNode *node, TgValue left,
                                TgValue right);
TgValue tg_translate_between(TgTranslator *translator, const TgNode *node, const TgValue values[3]);
const char *tg_translate_equal(TgTranslator *translator, const TgNode *node, TgValue left,
                               TgValue right);
/* Whether DuckDB's = gives another answer for such values. */
gboolean tg_translate_compares_apart(TgValue left, TgValue right);

TgValue tg_translate_interval(TgTranslator *translator, const TgNode *node);

/* translate_literal.c, translate_arithmetic.c, translate_cast.c */
/* The literal of a negative whole number: the smallest integer is one. */
TgValue tg_translate_negative(TgTranslator *translator, const TgNode *node);
TgValue tg_translate_literal(TgTranslator *translator, const TgNode *node);
TgValue tg_translate_arithmetic(TgTranslator *translator, const TgNode *node, TgValue left,
                                TgValue right);
TgValue tg_translate_decimal_divide(TgTranslator *translator, TgValue left, TgValue right,
                                    const TgSqlType *result);
TgValue tg_translate_cast(TgTranslator *translator, const TgNode *node, TgValue value,
                          const TgSqlType *type, gboolean is_try);

/* function_zone.c: values that keep their zone. */
TgValue tg_zone_at(TgTranslator *translator, const TgNode *node, TgValue value, TgValue zone);
TgValue tg_zone_from_local(TgTranslator *translator, TgValue local, TgValue zone, gboolean is_one);
TgValue tg_zone_local(TgTranslator *translator, TgValue value);
TgValue tg_zone_add(TgTranslator *translator, const char *sign, TgValue time, TgValue interval);

/* translate_json.c: casts from and to JSON. */
TgValue tg_json_from(TgTranslator *translator, const TgNode *node, TgValue value);
const char *tg_json_text(TgTranslator *translator, const char *json, gboolean is_try);
TgValue tg_json_to_nested(TgTranslator *translator, const TgNode *node, TgValue json,
                          const TgSqlType *type, gboolean is_try);

/* translate_call.c */
TgValue tg_translate_call(TgTranslator *translator, const TgNode *node);
const char *tg_translate_sort_list(TgTranslator *translator, const TgNode *list);

/* translate_query.c, translate_values.c, translate_relation.c */
TgRows tg_translate_query(TgTranslator *translator, const TgNode *query);
TgRows tg_translate_values(TgTranslator *translator, const TgNode *node);
const char *tg_translate_relation(TgTranslator *translator, const TgNode *node, GArray *fields);
const char *tg_translate_column_list(TgTranslator *translator, GArray *fields, const char *alias,
                                     const TgNode *names);
