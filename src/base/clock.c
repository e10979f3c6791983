/* Wall clock and monotonic clock. */
#include "base/clock.h"

#include <time.h>

#define PAUSE_STEP_US ((gint64)100 * 1000) /* how soon a cancel is seen */

gint64 tg_clock_now_ms(void)
{
    return g_get_real_time() / 1000;
}

gint64 tg_clock_monotonic_us(void)
{
    return g_get_monotonic_time();
}

gint64 tg_clock_thread_cpu_us(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* cannot fail for this clock */
    return (gint64)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

gboolean tg_clock_pause(gint64 milliseconds, const gint *is_cancelled)
{
    gint64 end_us = tg_clock_monotonic_us() + milliseconds * 1000;
    gint64 now_us = tg_clock_monotonic_us();

    while (now_us < end_us) {
        if (is_cancelled != NULL && g_atomic_int_get(is_cancelled) != 0) {
            return FALSE;
        }
        g_usleep((gulong)MIN(end_us - now_us, PAUSE_STEP_US));
        now_us = tg_clock_monotonic_us();
    }
    return TRUE;
}
