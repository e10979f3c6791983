/* What the parts of Liquid share. */
#pragma once

#include "loader/liquid.h"

/* Values of expressions are JSON; the scope holds the variables. */
typedef struct {
    json_t *scope;
    gint64 now_ms;
} LiquidScope;

/* The value of "a.b | filter: x"; NULL with the error set (without a place). A new reference. */
json_t *tg_liquid_evaluate(const LiquidScope *scope, const char *text, GError **error);

/* Whether "a == b and c" holds. */
gboolean tg_liquid_test(const LiquidScope *scope, const char *text, gboolean *out, GError **error);

gboolean tg_liquid_is_true(const json_t *value);

/* A value as {{ }} prints it. The caller frees. */
char *tg_liquid_to_text(const json_t *value);

/* liquid_filter.c: applies one filter. `arguments` is an array. A new reference. */
json_t *tg_liquid_filter(const LiquidScope *scope, const char *name, const json_t *input,
                         const json_t *arguments, GError **error);
