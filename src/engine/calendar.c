/* The calendar by Howard Hinnant's algorithms. */
#include "engine/calendar.h"

#define DAY_MICROS ((gint64)86400000000)

const char *const tg_calendar_months[] = {"January",  "February", "March",  "April",     "May",
                                          "June",     "July",     "August", "September", "October",
                                          "November", "December", NULL};
const char *const tg_calendar_week_days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                             "Friday", "Saturday", "Sunday",    NULL};

gint64 tg_calendar_days(gint64 year, gint64 month, gint64 day)
{
    year -= month <= 2 ? 1 : 0;
    gint64 era = (year >= 0 ? year : year - 399) / 400;
    gint64 year_of_era = year - era * 400;
    gint64 day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void split_date(gint64 days, TgCalendar *out)
{
    gint64 z = days + 719468;
    gint64 era = (z >= 0 ? z : z - 146096) / 146097;
    gint64 day_of_era = z - era * 146097;
    gint64 year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    gint64 month = (5 * day_of_year + 2) / 153;

    out->day = day_of_year - (153 * month + 2) / 5 + 1;
    out->month = month < 10 ? month + 3 : month - 9;
    out->year = year_of_era + era * 400 + (out->month <= 2 ? 1 : 0);
}

gint64 tg_calendar_week_start(gint64 week_year, gint64 week)
{
    gint64 fourth = tg_calendar_days(week_year, 1, 4); /* always in week 1 */
    gint64 week_day = ((fourth + 3) % 7 + 7) % 7;

    return fourth - week_day + (week - 1) * 7;
}

gint64 tg_calendar_month_days(gint64 year, gint64 month)
{
    return (month == 12 ? tg_calendar_days(year + 1, 1, 1) : tg_calendar_days(year, month + 1, 1)) -
           tg_calendar_days(year, month, 1);
}

void tg_calendar_split(gint64 micros, TgCalendar *out)
{
    gint64 days = micros / DAY_MICROS;
    gint64 rest = micros % DAY_MICROS;

    if (rest < 0) {
        rest += DAY_MICROS;
        days--;
    }
    split_date(days, out);
    out->hour = rest / 3600000000;
    out->minute = rest / 60000000 % 60;
    out->second = rest / 1000000 % 60;
    out->micro = rest % 1000000;
    out->day_of_year = days - tg_calendar_days(out->year, 1, 1) + 1;
    out->day_of_week = ((days + 3) % 7 + 7) % 7 + 1;
    out->week_year = out->year;
    if (days < tg_calendar_week_start(out->year, 1)) {
        out->week_year--;
    } else if (days >= tg_calendar_week_start(out->year + 1, 1)) {
        out->week_year++;
    }
    out->week = (days - tg_calendar_week_start(out->week_year, 1)) / 7 + 1;
}
