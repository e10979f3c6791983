/* Random names from the operating system's generator. */
#include "base/random.h"

#include <sys/random.h>

char *tg_random_uuid(void)
{
    return g_uuid_string_random();
}

char *tg_random_id(guint count)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345"; /* 32: no bias */
    char *id = g_malloc0(count + 1);

    if (getrandom(id, count, 0) != (gssize)count) {
        for (guint i = 0; i < count; i++) { /* before the kernel's pool is ready */
            id[i] = (char)(g_random_int() & 0x7f);
        }
    }
    for (guint i = 0; i < count; i++) {
        id[i] = letters[(guchar)id[i] & 31u];
    }
    return id;
}

guint32 tg_random_below(guint32 limit)
{
    return (guint32)g_random_int_range(0, (gint32)MIN(limit, (guint32)G_MAXINT32));
}
