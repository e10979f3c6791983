/* Cuts a text at its `${…}`. */
#pragma once

#include <glib.h>

/* A piece of a template. */
typedef struct {
    gboolean is_expression;
    char *text; /* literal text with `$$` made `$`, or the expression between the braces */
} TgTemplatePart;

/**
 * The parts in order, by the rules of Digdag's digdag.js with its extended syntax: an expression
 * ends at the brace that balances the first by count; quotes are not understood; an unclosed one is
 * literal. Cases t09, b4–b6 of shared/spec/digdag.md.
 *
 * @return GPtrArray of TgTemplatePart; unref it
 */
GPtrArray *tg_template_split(const char *text);
