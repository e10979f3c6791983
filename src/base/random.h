/* The only source of randomness. */
#pragma once

#include <glib.h>

/* A random UUID (version 4) in lower case. The caller frees. */
char *tg_random_uuid(void);

/* `count` random lower-case letters and digits. The caller frees. */
char *tg_random_id(guint count);
