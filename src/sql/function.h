/* The tables of Trino's functions, and how each is said in DuckDB's SQL. */
#pragma once

#include "sql/translate.h"

/* A call under translation. Arguments that are lambdas have no value, only a node. */
typedef struct {
    const TgNode *node; /* CALL (or EXTRACT, TRIM) */
    const char *name;
    guint count;
    const TgNode **nodes;
    TgValue *values;
} TgCall;

typedef TgValue (*TgFunctionPrint)(TgTranslator *translator, const TgCall *call);

/**
 * One row an overload; the first whose arguments fit is taken.
 *
 * `arguments`, a letter each: v text, I integer, N decimal, f real or double, n any number, d any
 * number (cast to double), D date, T timestamp, Z timestamp with time zone, t date or timestamp, H
 * time, i interval, x binary, a array, m map, j json, J json or text, B boolean, r row, . anything,
 * c anything (all c are cast to their common type), F lambda, s a text in quotes. '*' repeats the
 * letter before it.
 *
 * `result`: v i b d B D T Z x j for types; 1 … 9 the type of an argument; c the common type; e its
 * element, k and w key and value of a map, a and m make an array and a map of what follows:
 * "me1e2".
 *
 * `text`: $1 … $9 the arguments, $* all of them. Aggregates write each aggregate as {name|$1}:
 * DISTINCT, ORDER BY, FILTER and OVER are put there.
 */
typedef struct {
    const char *name;
    const char *arguments;
    const char *result;
    const char *text;      /* or NULL and then */
    TgFunctionPrint print; /* does it */
} TgFunction;

/* Each ends with a row of NULL. */
extern const TgFunction tg_functions_text[];
extern const TgFunction tg_functions_regexp[];
extern const TgFunction tg_functions_json[];
extern const TgFunction tg_functions_time[];
extern const TgFunction tg_functions_math[];
extern const TgFunction tg_functions_statistics[];
extern const TgFunction tg_functions_collection[];
extern const TgFunction tg_functions_lambda[];
extern const TgFunction tg_functions_aggregate[];
extern const TgFunction tg_functions_window[];

/* function_zone.c: how the result of a call of values that keep their zone is made into one. */
typedef enum { TG_ZONED_PLAIN, TG_ZONED_FROM_LOCAL, TG_ZONED_FROM_INSTANT } TgZonedCall;

/* Before the call: such arguments become local times or instants, as the function needs them. */
TgZonedCall tg_zone_prepare(TgTranslator *translator, TgCall *call, TgValue *out_origin);
TgValue tg_zone_finish(TgTranslator *translator, TgZonedCall wrap, TgValue value, TgValue origin);

/* function_format.c */
TgValue tg_print_format(TgTranslator *translator, const TgCall *call);

/* A text in quotes among the arguments; NULL (and a failure) when it is something else. */
const char *tg_call_literal(TgTranslator *translator, const TgCall *call, guint index,
                            const char *what);

#define TG_CALL_LAMBDA_MAX 3 /* parameters of a lambda */

/* The lambda at `index`, whose parameters are of the given types, as DuckDB's "lambda a, b: body".
 * `out_type` gets the type of the body. */
const char *tg_call_lambda(TgTranslator *translator, const TgCall *call, guint index,
                           const TgSqlType *const *types, guint count, const TgSqlType **out_type);

/* function_lambda.c: reduce_agg(), an aggregate. */
TgValue tg_call_reduce_aggregate(TgTranslator *translator, const TgCall *call);

/* The body alone. Of `parameters` the types are given; names and texts are filled in, also after a
 * failure. */
const char *tg_call_lambda_body(TgTranslator *translator, const TgCall *call, guint index,
                                TgField *parameters, guint count, const TgSqlType **out_type);
