/* The table of all operators. */
#pragma once

#include "workflow/operator.h"

/* NULL-terminated, by name of their files. Static. */
const TgOperator *const *tg_cli_operators(void);
