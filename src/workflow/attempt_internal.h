/* What attempt.c and attempt_params.c share. */
#pragma once

#include "workflow/attempt.h"

struct TgAttempt {
    GPtrArray *tasks; /* of TgTask by id */
    json_t *params;
    guint tasks_max;
    GQueue ready;       /* ids as pointers */
    GQueue changed;     /* ids as pointers */
    GSequence *waiting; /* of Waiting, earliest first */
    GQueue groups;      /* ids of groups whose children may all be done */
    gboolean cancelled;
};
