/* The only source of randomness. */
#pragma once

#include <glib.h>

/* A random UUID (version 4) in lower case. The caller frees. */
char *tg_random_uuid(void);

/* `count` random lower-case letters and digits. The caller frees. */
char *tg_random_id(guint count);

/* A number from 0 to limit - 1; limit from 1. For pauses that must not agree, not for secrets. */
guint32 tg_random_below(guint32 limit);
