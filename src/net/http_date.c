/* Reading and writing the dates of HTTP. */
#include "net/http_date.h"

#include <string.h>

#define TEXT_BYTES_MAX 64

/* A number that stands alone; -1 for anything else. */
static int number_of(const char *text)
{
    guint64 value = 0;

    return g_ascii_string_to_unsigned(text, 10, 0, 9999, &value, NULL) ? (int)value : -1;
}

gboolean tg_http_date_parse(const char *text, gint64 *out_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_autoptr(GDateTime) time = NULL;

    if (strlen(text) > TEXT_BYTES_MAX) {
        return FALSE;
    }
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    if (g_strv_length(words) < 5 || strlen(words[2]) != 3) {
        return FALSE;
    }
    const char *month = strstr(months, words[2]);
    g_auto(GStrv) clock = g_strsplit(words[4], ":", -1);

    if (month == NULL || (month - months) % 3 != 0 || g_strv_length(clock) != 3) {
        return FALSE;
    }
    time = g_date_time_new_utc(number_of(words[3]), (int)((month - months) / 3) + 1,
                               number_of(words[1]), number_of(clock[0]), number_of(clock[1]),
                               (double)MIN(number_of(clock[2]), 59)); /* 60 is a leap second */
    if (time == NULL) {
        return FALSE;
    }
    *out_ms = g_date_time_to_unix(time) * 1000;
    return TRUE;
}

char *tg_http_date_format(gint64 ms)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(ms / 1000);

    return g_strdup_printf("%s, %02d %s %04d %02d:%02d:%02d GMT",
                           days[g_date_time_get_day_of_week(at) - 1],
                           g_date_time_get_day_of_month(at), months[g_date_time_get_month(at) - 1],
                           g_date_time_get_year(at), g_date_time_get_hour(at),
                           g_date_time_get_minute(at), g_date_time_get_second(at));
}
