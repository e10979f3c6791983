/* Wall clock and monotonic clock. */
#include "base/clock.h"

#include <time.h>

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
