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

    for (guint i = 0; i < count; i++) {
        guint8 byte = 0;

        if (getrandom(&byte, sizeof byte, 0) != (gssize)sizeof byte) {
            byte = (guint8)g_random_int(); /* before the kernel's pool is ready */
        }
        id[i] = letters[byte & 31];
    }
    return id;
}
