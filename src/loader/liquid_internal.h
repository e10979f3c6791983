/* What the parts of Liquid share. */
#pragma once

#include "loader/liquid.h"

/* Values of expressions are JSON; the scope holds the variables. */
typedef struct {
    json_t *scope;
    gint64 now_ms;
} LiquidScope;

/* --- liquid.c: the template --- */

typedef enum { TOKEN_TEXT, TOKEN_OUTPUT, TOKEN_TAG } LiquidTokenKind;

typedef struct {
    LiquidTokenKind kind;
    char *text;      /* what is inside, without blanks around */
    char *arguments; /* of a tag: behind its name; lent from text */
    gsize offset;    /* in the source */
} LiquidToken;

typedef enum { LIQUID_GOES_ON, LIQUID_BREAKS, LIQUID_CONTINUES } LiquidInterrupt;

typedef struct {
    const TgSource *source;
    const char *include_folder; /* NULL: none */
    LiquidScope scope;
    json_t *registers; /* counters, cycles and places of loops */
    GArray *tokens;
    guint at;
    guint depth;
    guint includes; /* templates in templates */
    guint rounds;   /* of all loops */
    LiquidInterrupt interrupt;
    GString *out;
} Liquid;

typedef gboolean (*LiquidTag)(Liquid *self, const LiquidToken *tag, gboolean is_active,
                              GError **error);

LiquidToken *tg_liquid_current(Liquid *self);
gboolean tg_liquid_is_tag(const LiquidToken *token, const char *name);
gboolean tg_liquid_fail_at(const Liquid *self, gsize offset, const char *message, GError **error);

/* Gives an error of an expression its place. */
gboolean tg_liquid_fail_here(const Liquid *self, const LiquidToken *token, GError *take_problem,
                             GError **error);

/* Takes the tag that must end a block. */
gboolean tg_liquid_take_end(Liquid *self, const LiquidToken *start, const char *name,
                            GError **error);

/* Renders up to the tag that ends the block, which stays current. */
gboolean tg_liquid_render_block(Liquid *self, gboolean is_active, GError **error);

/* Renders a text at the place of the current template, with its variables. */
gboolean tg_liquid_render_inner(Liquid *self, const TgSource *source, GError **error);

/* --- liquid_loop.c, liquid_include.c: tags --- */

gboolean tg_liquid_for(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error);
gboolean tg_liquid_tablerow(Liquid *self, const LiquidToken *tag, gboolean is_active,
                            GError **error);
gboolean tg_liquid_break(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error);
gboolean tg_liquid_cycle(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error);
gboolean tg_liquid_count(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error);
gboolean tg_liquid_ifchanged(Liquid *self, const LiquidToken *tag, gboolean is_active,
                             GError **error);
gboolean tg_liquid_include(Liquid *self, const LiquidToken *tag, gboolean is_active,
                           GError **error);

/* --- liquid_value.c --- */

/* The value of "a.b | filter: x"; NULL with the error set (without a place). A new reference. */
json_t *tg_liquid_evaluate(const LiquidScope *scope, const char *text, GError **error);

/* One value without filters at *at, which moves behind it and blanks. */
json_t *tg_liquid_take_value(const LiquidScope *scope, const char **at, GError **error);

/* Whether "a == b and c" holds. */
gboolean tg_liquid_test(const LiquidScope *scope, const char *text, gboolean *out, GError **error);

gboolean tg_liquid_is_true(const json_t *value);

/* As == does. */
gboolean tg_liquid_equals(const json_t *a, const json_t *b);

/* A value as {{ }} prints it. The caller frees. */
char *tg_liquid_to_text(const json_t *value);

/* --- filters --- */

typedef struct {
    const LiquidScope *scope;
    const json_t *input;
    char *text;              /* of the input */
    const json_t *arguments; /* array */
    char *first;             /* text of the first argument; "" without */
    char *second;
} LiquidCall;

typedef struct {
    const char *name; /* NULL ends a table */
    json_t *(*apply)(const LiquidCall *call);
} LiquidFilter;

extern const LiquidFilter tg_liquid_text_filters[];
extern const LiquidFilter tg_liquid_list_filters[];

/* liquid_filter.c: applies one filter. `arguments` is an array. A new reference. */
json_t *tg_liquid_filter(const LiquidScope *scope, const char *name, const json_t *input,
                         const json_t *arguments, GError **error);
