/* The only reader of time in the program; all else is handed an instant. */
#pragma once

#include <glib.h>

/* Unix time in milliseconds. */
gint64 tg_clock_now_ms(void);

/* Microseconds from an arbitrary start that never go back: for durations only. */
gint64 tg_clock_monotonic_us(void);

/* CPU time that this thread has used, in microseconds: for limits on untrusted computation. */
gint64 tg_clock_thread_cpu_us(void);

/* Waits; FALSE when *is_cancelled (g_atomic_int_get, seen within 0.1 s; may be NULL) was set. */
gboolean tg_clock_pause(gint64 milliseconds, const gint *is_cancelled);
