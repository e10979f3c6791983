/* The time format of a text: what embulk-util-guess's TimeFormatGuess recognises. */
#include <string.h>

#include "loader/guess/csv.h"

#define TIME_LENGTH_MIN 8u /* 1/1/2015, 20150127 */

typedef struct {
    const char *at;
    GString *format;
} TimeText;

/* Takes `low` to `high` digits; 0: there are fewer. */
static guint take_digits(TimeText *self, guint low, guint high, guint *out_value)
{
    guint count = 0;
    guint value = 0;

    while (count < high && g_ascii_isdigit(self->at[count])) {
        value = value * 10 + (guint)(self->at[count] - '0');
        count++;
    }
    if (count < low) {
        return 0;
    }
    self->at += count;
    *out_value = value;
    return count;
}

static gboolean take_name(TimeText *self, const char *const *names, const char *format)
{
    for (; *names != NULL; names++) {
        if (g_ascii_strncasecmp(self->at, *names, 3) == 0 && !g_ascii_isalpha(self->at[3])) {
            self->at += 3;
            g_string_append(self->format, format);
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean take_month_name(TimeText *self)
{
    static const char *const names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                        "aug", "sep", "oct", "nov", "dec", NULL};

    return take_name(self, names, "%b");
}

/* "2015-01-27", "2015/1/7" */
static gboolean take_year_first(TimeText *self)
{
    guint year = 0;
    guint month = 0;
    guint day = 0;

    if (take_digits(self, 4, 4, &year) == 0 || strchr("-/. ", *self->at) == NULL ||
        *self->at == '\0') {
        return FALSE;
    }
    char delimiter = *self->at++;

    if (take_digits(self, 1, 2, &month) == 0 || *self->at++ != delimiter ||
        take_digits(self, 1, 2, &day) == 0) {
        return FALSE;
    }
    g_string_append_printf(self->format, "%%Y%c%%m%c%%d", delimiter, delimiter);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* "27/01/2015" or, when the first cannot be a day of another order, "01/27/2015". */
static gboolean take_year_last(TimeText *self)
{
    guint first = 0;
    guint second = 0;
    guint year = 0;

    if (take_digits(self, 1, 2, &first) == 0 || strchr("-/.", *self->at) == NULL ||
        *self->at == '\0') {
        return FALSE;
    }
    char delimiter = *self->at++;

    if (take_digits(self, 1, 2, &second) == 0 || *self->at++ != delimiter ||
        take_digits(self, 4, 4, &year) == 0) {
        return FALSE;
    }
    gboolean is_day_first = first > 12;

    g_string_append_printf(self->format, is_day_first ? "%%d%c%%m%c%%Y" : "%%m%c%%d%c%%Y",
                           delimiter, delimiter);
    return first >= 1 && second >= 1 && MIN(first, second) <= 12 && MAX(first, second) <= 31;
}

/* "20150127", then perhaps the time without anything between. */
static gboolean take_compact(TimeText *self)
{
    guint value = 0;
    gsize digits = strspn(self->at, "0123456789");

    if (digits != 8 && digits != 12 && digits != 14) {
        return FALSE;
    }
    (void)take_digits(self, 4, 4, &value);
    if (value < 1900 || value > 2100 || take_digits(self, 2, 2, &value) == 0 || value < 1 ||
        value > 12 || take_digits(self, 2, 2, &value) == 0 || value < 1 || value > 31) {
        return FALSE;
    }
    g_string_append(self->format, "%Y%m%d");
    if (digits > 8) {
        (void)take_digits(self, 2, 2, &value);
        gboolean ok = value <= 24;

        (void)take_digits(self, 2, 2, &value);
        ok = ok && value <= 59;
        g_string_append(self->format, digits == 14 ? "%H%M%S" : "%H%M");
        self->at += digits == 14 ? 2 : 0;
        return ok;
    }
    return TRUE;
}

/* "19:23", "19:23:49", "19:23:49.5" */
static gboolean take_time(TimeText *self)
{
    guint value = 0;

    if (take_digits(self, 1, 2, &value) == 0 || value > 24 || *self->at++ != ':' ||
        take_digits(self, 2, 2, &value) == 0 || value > 59) {
        return FALSE;
    }
    g_string_append(self->format, "%H:%M");
    if (*self->at != ':') {
        return TRUE;
    }
    self->at++;
    if (take_digits(self, 2, 2, &value) == 0 || value > 60) {
        return FALSE;
    }
    g_string_append(self->format, ":%S");
    if ((*self->at == '.' || *self->at == ',') && g_ascii_isdigit(self->at[1])) {
        char point = *self->at++;
        guint digits = take_digits(self, 1, 9, &value);

        g_string_append_printf(self->format, "%c%s", point, digits <= 3 ? "%L" : "%N");
    }
    return TRUE;
}

static void take_zone(TimeText *self)
{
    const char *at = self->at;
    gboolean has_blank = *at == ' ';
    const char *format = NULL;

    at += has_blank ? 1 : 0;
    if (*at == 'Z' && at[1] == '\0') {
        at++;
        format = "%z";
    } else if ((*at == '+' || *at == '-') && g_ascii_isdigit(at[1])) {
        gsize digits = strspn(at + 1, "0123456789:");

        format = digits >= 2 && digits <= 8 ? "%z" : NULL;
        at += digits + 1;
    } else if (g_ascii_isupper(*at)) {
        gsize letters = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

        format = letters >= 3 && letters <= 4 ? "%Z" : NULL;
        at += letters;
    }
    if (format != NULL) {
        g_string_append_printf(self->format, "%s%s", has_blank ? " " : "", format);
        self->at = at;
    }
}

/* "27/Jan/2015:19:23:49 +0000" */
static gboolean take_apache(TimeText *self)
{
    guint value = 0;

    if (take_digits(self, 1, 2, &value) == 0 || *self->at++ != '/') {
        return FALSE;
    }
    g_string_append(self->format, "%d/");
    if (!take_month_name(self) || *self->at++ != '/' || take_digits(self, 4, 4, &value) == 0 ||
        *self->at++ != ':') {
        return FALSE;
    }
    g_string_append(self->format, "/%Y:");
    return take_time(self);
}

/* "Tue, 27 Jan 2015 19:23:49 +0900" */
static gboolean take_rfc2822(TimeText *self)
{
    static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};
    guint value = 0;

    if (take_name(self, days, "%a")) {
        gsize comma = *self->at == ',' ? 1 : 0;

        if (self->at[comma] != ' ') {
            return FALSE;
        }
        self->at += comma + 1;
        g_string_append(self->format, comma > 0 ? ", " : " ");
    }
    if (take_digits(self, 1, 2, &value) == 0 || *self->at++ != ' ') {
        return FALSE;
    }
    g_string_append(self->format, "%d ");
    if (!take_month_name(self) || *self->at++ != ' ' || take_digits(self, 4, 4, &value) == 0 ||
        *self->at++ != ' ') {
        return FALSE;
    }
    g_string_append(self->format, " %Y ");
    return take_time(self);
}

static gboolean take_date_and_time(TimeText *self, gboolean (*take_date)(TimeText *self))
{
    if (!take_date(self)) {
        return FALSE;
    }
    if ((*self->at == ' ' || *self->at == 'T' || *self->at == ':') &&
        g_ascii_isdigit(self->at[1])) {
        g_string_append_c(self->format, *self->at++);
        if (!take_time(self)) {
            return FALSE;
        }
    } else if (*self->at != '\0') {
        return FALSE;
    }
    return TRUE;
}

static gboolean take_year_first_all(TimeText *self)
{
    return take_date_and_time(self, take_year_first);
}

static gboolean take_year_last_all(TimeText *self)
{
    return take_date_and_time(self, take_year_last);
}

/* Whether one way of writing takes the whole text; the format then stands in *format. */
static gboolean fits(const char *text, gboolean (*take)(TimeText *self), GString *format)
{
    TimeText self = {.at = text, .format = format};

    g_string_truncate(format, 0);
    if (!take(&self)) {
        return FALSE;
    }
    if (*self.at != '\0') {
        take_zone(&self);
    }
    return *self.at == '\0';
}

char *csv_guess_time_format(const char *text, gboolean compact_too)
{
    gboolean (*const takers[])(TimeText * self) = {take_year_first_all, take_year_last_all,
                                                   take_apache, take_rfc2822, take_compact};
    gsize count = G_N_ELEMENTS(takers) - (compact_too ? 0 : 1);

    if (!g_ascii_isalnum(*text) || strlen(text) < TIME_LENGTH_MIN ||
        (!compact_too && strpbrk(text, "/:-. ") == NULL)) {
        return NULL;
    }
    g_autoptr(GString) format = g_string_new(NULL);

    for (gsize i = 0; i < count; i++) {
        if (fits(text, takers[i], format)) {
            return g_string_free(g_steal_pointer(&format), FALSE);
        }
    }
    return NULL;
}
