/* Wall clock and monotonic clock. */
#include "base/clock.h"

gint64 tg_clock_now_ms(void)
{
    return g_get_real_time() / 1000;
}

gint64 tg_clock_monotonic_us(void)
{
    return g_get_monotonic_time();
}
