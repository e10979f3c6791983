/* The progress line of a load. */
#include "cli/load_progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define STEP_US ((gint64)200 * 1000)
#define FIRST_US ((gint64)500 * 1000) /* a short load shows nothing */
#define MEBIBYTE 1048576.0
#define CLEAR_LINE "\r\033[K"

struct TgLoadProgress {
    GMutex mutex; /* over all below */
    gint64 started_us;
    gint64 shown_us;
    gboolean is_shown;
};

TgLoadProgress *tg_load_progress_new(void)
{
    if (isatty(STDERR_FILENO) != 1) {
        return NULL;
    }
    TgLoadProgress *progress = g_new0(TgLoadProgress, 1);

    g_mutex_init(&progress->mutex);
    progress->started_us = tg_clock_monotonic_us();
    return progress;
}

/* Resident memory in bytes (proc(5), statm); 0: not known. */
static double memory_bytes(void)
{
    g_autofree char *text = NULL;
    const char *resident = NULL;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL)) {
        return 0;
    }
    resident = strchr(text, ' ');
    return resident == NULL
               ? 0
               : (double)g_ascii_strtoll(resident, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static void print_line(const TgLoaderProgress *now, double seconds)
{
    g_autoptr(GString) line = g_string_new(CLEAR_LINE);

    g_string_append_printf(line, "%" G_GINT64_FORMAT " rows, %.1f MiB", now->rows,
                           (double)now->bytes / MEBIBYTE);
    if (now->bytes_expected > 0) {
        g_string_append_printf(line, " of %.1f", (double)now->bytes_expected / MEBIBYTE);
    }
    g_string_append_printf(line, ", %.0f rows/s, %.0f MiB of memory", (double)now->rows / seconds,
                           memory_bytes() / MEBIBYTE);
    if (now->bytes_expected > now->bytes && now->bytes > 0) {
        double left = seconds * (double)(now->bytes_expected - now->bytes) / (double)now->bytes;

        g_string_append_printf(line, ", %.0f s left", left);
    }
    (void)fputs(line->str, stderr);
    (void)fflush(stderr);
}

void tg_load_progress_show(TgLoadProgress *progress, const TgLoaderProgress *now)
{
    gint64 now_us = tg_clock_monotonic_us();

    if (progress == NULL || !g_mutex_trylock(&progress->mutex)) {
        return; /* another thread shows it */
    }
    gboolean is_due =
        now_us - progress->shown_us >= STEP_US && now_us - progress->started_us >= FIRST_US;

    if (is_due) {
        progress->shown_us = now_us;
        progress->is_shown = TRUE;
        print_line(now, (double)(now_us - progress->started_us) / G_TIME_SPAN_SECOND);
    }
    g_mutex_unlock(&progress->mutex);
}

void tg_load_progress_free(TgLoadProgress *progress)
{
    if (progress == NULL) {
        return;
    }
    if (progress->is_shown) {
        (void)fputs(CLEAR_LINE, stderr);
    }
    g_mutex_clear(&progress->mutex);
    g_free(progress);
}
