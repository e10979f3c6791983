/* The table of all operators. */
#pragma once

#include "workflow/operator.h"

/* NULL-terminated, by name of their files. Static. */
const TgOperator *const *tg_cli_operators(void);

/* Runs the types that are not in the table: executables named tegaru-operator-NAME. */
const TgOperator *tg_cli_external_operator(void);
