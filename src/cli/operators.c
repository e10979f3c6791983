/* All operators, from the names in operators/meson.build. */
#include "cli/operators.h"

#define TG_OPERATOR(name) extern const TgOperator tg_operator_##name;
#include "operator_table.def"
#undef TG_OPERATOR

extern const TgOperator tg_operator_external; /* has no name of its own in the table */

static const TgOperator *const all[] = {
#define TG_OPERATOR(name) &tg_operator_##name,
#include "operator_table.def"
#undef TG_OPERATOR
    NULL};

const TgOperator *const *tg_cli_operators(void)
{
    return all;
}

const TgOperator *tg_cli_external_operator(void)
{
    return &tg_operator_external;
}
