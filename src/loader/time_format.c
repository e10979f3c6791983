/* Compiling formats; the calendar. */
#include <string.h>

#include "loader/time_tokens.h"

#define NEAR_DAYS 10000000 /* since 1970: some 27,000 years */

gint64 tg_days_from_date(gint64 year, guint month, guint day)
{
    /* Years start in March, so that the leap day is the last; eras of 400 years repeat. */
    gint64 shifted = year - (month <= 2 ? 1 : 0);
    gint64 era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    gint64 year_of_era = shifted - era * 400;
    gint64 month_from_march = ((gint64)month + 9) % 12;
    gint64 day_of_year = (153 * month_from_march + 2) / 5 + (gint64)day - 1;
    gint64 day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

/* Days since 0000-03-01, few enough for 32 bits; by C. Neri and L. Schneider, "Euclidean affine
 * functions and their application to calendar algorithms" (2022), figure 12: no slow division. */
static void near_days_to_date(guint32 days, gint64 *out_year, guint *out_month, guint *out_day)
{
    guint32 first = 4 * days + 3;
    guint32 century = first / 146097;
    guint32 second = first % 146097 | 3;
    guint64 product = (guint64)2939745 * second;
    guint32 year_of_century = (guint32)(product >> 32u);
    guint32 day_of_year = (guint32)product / 2939745 / 4;
    guint32 third = 2141 * day_of_year + 197913;
    gboolean is_next_year = day_of_year >= 306; /* January and February */

    *out_year = (gint64)century * 100 + year_of_century + (is_next_year ? 1 : 0);
    *out_month = (third >> 16u) - (is_next_year ? 12 : 0);
    *out_day = (third & 0xffffu) / 2141 + 1;
}

void tg_days_to_date(gint64 days, gint64 *out_year, guint *out_month, guint *out_day)
{
    if (days >= -719468 && days < NEAR_DAYS) {
        near_days_to_date((guint32)(days + 719468), out_year, out_month, out_day);
        return;
    }
    gint64 shifted = days + 719468;
    gint64 era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    gint64 day_of_era = shifted - era * 146097;
    gint64 year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    gint64 month_from_march = (5 * day_of_year + 2) / 153;

    *out_day = (guint)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *out_month = (guint)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *out_year = year_of_era + era * 400 + (*out_month <= 2 ? 1 : 0);
}

static void add_literal(TgTimeFormat *format, const char *text, gsize size)
{
    if (size > 0 && format->count < TG_TIME_TOKENS_MAX) {
        format->tokens[format->count++] = (TgTimeToken){.text = text, .size_bytes = size};
    }
}

/* Reads flags, width and modifier behind '%'; the directive's letter follows. */
static const char *read_options(const char *at, TgTimeToken *token)
{
    for (; *at != '\0' && strchr("-_0^#:", *at) != NULL; at++) {
        if (*at == ':') {
            token->colons++;
        } else if (*at == '^') {
            token->upper = TRUE;
        } else if (*at == '#') {
            token->change = TRUE;
        } else {
            token->padding = *at;
        }
    }
    for (; g_ascii_isdigit(*at); at++) {
        token->width = MIN(token->width * 10 + (*at - '0'), 1024);
    }
    if ((*at == 'E' && at[1] != '\0' && strchr("cCxXyY", at[1]) != NULL) ||
        (*at == 'O' && at[1] != '\0' && strchr("deHkIlmMSuUVwWy", at[1]) != NULL)) {
        at++;
    }
    return at;
}

static void compile_ruby(TgTimeFormat *format)
{
    static const char known[] = "AaBbhCdeFgGHkIljLNMmPpQRrSsTUWuVwYyZzcDxXvnt%";
    const char *at = format->text;

    while (*at != '\0') {
        const char *percent = strchrnul(at, '%');
        TgTimeToken token = {.text = percent};

        add_literal(format, at, (gsize)(percent - at));
        if (*percent == '\0') {
            return;
        }
        at = read_options(percent + 1, &token);
        if (*at == '\0' || strchr(known, *at) == NULL) {
            at = percent + 1;
            add_literal(format, percent, 1); /* an unknown directive stands for itself */
            continue;
        }
        token.directive = *at++;
        token.size_bytes = (gsize)(at - percent);
        token.has_flags = token.padding != 0 || token.upper || token.change || token.colons != 0;
        if (format->count < TG_TIME_TOKENS_MAX) {
            format->tokens[format->count++] = token;
        }
    }
}

/* Ruby's directive for a run of a java.time pattern letter; 0: not known here. */
static char java_directive(char letter, gsize run)
{
    switch (letter) {
    case 'y':
    case 'u':
        return (char)(run == 2 ? 'y' : 'Y');
    case 'M':
        return (char)(run <= 2 ? 'm' : (run == 3 ? 'b' : 'B'));
    case 'd':
        return 'd';
    case 'H':
        return 'H';
    case 'h':
        return 'I';
    case 'm':
        return 'M';
    case 's':
        return 'S';
    case 'S':
    case 'n':
        return 'N';
    case 'a':
        return 'p';
    case 'E':
        return (char)(run <= 3 ? 'a' : 'A');
    case 'D':
        return 'j';
    default:
        return 0;
    }
}

/* A run of one pattern letter; NULL when it is not known. */
static const char *add_java_field(TgTimeFormat *format, const char *at)
{
    gsize run = strspn(at, (const char[]){*at, '\0'});
    char directive = java_directive(*at, run);
    gboolean is_fraction = directive == 'N';
    TgTimeToken token = {.directive = directive, .text = at, .size_bytes = run};

    if (directive == 0) {
        return NULL;
    }
    token.width = is_fraction ? (gint)MIN(run, 9) : 0;
    token.padding = (char)(run == 1 && directive != 'Y' && !is_fraction ? '-' : 0);
    token.has_flags = token.padding != 0;
    format->tokens[format->count++] = token;
    return at + run;
}

static gboolean compile_java(TgTimeFormat *format, GError **error)
{
    const char *at = format->text;

    format->is_strict = TRUE;
    while (*at != '\0' && format->count < TG_TIME_TOKENS_MAX) {
        if (*at == '\'') {
            const char *close = strchrnul(at + 1, '\'');

            add_literal(format, close == at + 1 ? at : at + 1, (gsize)MAX(close - at - 1, 1));
            at = *close == '\0' ? close : close + 1;
            continue;
        }
        if (!g_ascii_isalpha(*at)) {
            add_literal(format, at++, 1);
            continue;
        }
        const char *after = add_java_field(format, at);

        if (after == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "format 'java:%s': the letter '%c' is not supported; write a Ruby format, "
                        "in which %%z is the zone",
                        format->text, *at);
            return FALSE;
        }
        at = after;
    }
    return TRUE;
}

static gboolean begins_with_digits(const TgTimeToken *token)
{
    return token->directive == 0
               ? g_ascii_isdigit(*token->text)
               : strchr("CDdeFGgHIjkLlMmNQRrSsTUuVvWwXxYy", token->directive) != NULL;
}

/* How many bytes a directive without flags always writes; 0: it depends. */
static guint plain_width(const TgTimeToken *token)
{
    guint width = (guint)MAX(token->width, 0);

    if (token->has_flags) {
        return 0;
    }
    switch (token->directive) {
    case 'N':
    case 'L':
        width = width > 0 ? width : (token->directive == 'N' ? 9 : 3);
        return width <= 9 ? width : 0;
    case 'Y':
        return width == 0 ? 4 : 0;
    case 'm':
    case 'd':
    case 'H':
    case 'M':
    case 'S':
        return width == 0 ? 2 : 0;
    case 'z':
        return width == 0 ? 5 : 0;
    default:
        return 0;
    }
}

static void find_plain(const TgTimeFormat *format, TgTimePlain *out)
{
    TgTimePlain plain = {0};

    for (guint i = 0; i < format->count; i++) {
        const TgTimeToken *token = &format->tokens[i];
        gsize width = token->directive == 0 ? token->size_bytes : plain_width(token);

        if (width == 0 || plain.size_bytes + width > TG_TIME_PLAIN_BYTES ||
            plain.count == TG_TIME_PLAIN_FIELDS) {
            return;
        }
        if (token->directive == 0) {
            memcpy(plain.text + plain.size_bytes, token->text, width);
        } else {
            plain.fields[plain.count++] = (TgTimeField){.at = (guint8)plain.size_bytes,
                                                        .width = (guint8)width,
                                                        .directive = token->directive};
        }
        plain.size_bytes += (guint)width;
    }
    *out = plain;
}

/* What parser and writer would otherwise find out for each text. */
static void finish(TgTimeFormat *format)
{
    find_plain(format, &format->plain);
    format->is_usual = strcmp(format->text, "%Y-%m-%d %H:%M:%S") == 0;
    for (guint i = 0; i < format->count; i++) {
        TgTimeToken *token = &format->tokens[i];

        token->is_time =
            token->directive != 0 && strchr("HkIlMSLNPpZzsQ", token->directive) != NULL;
        token->before_number = i + 1 < format->count && begins_with_digits(token + 1);
    }
}

TgTimeFormat *tg_time_format_new(const char *format, GError **error)
{
    g_autoptr(TgTimeFormat) self = g_new0(TgTimeFormat, 1);

    if (g_str_has_prefix(format, "java:")) {
        self->text = g_strdup(format + strlen("java:"));
        if (!compile_java(self, error)) {
            return NULL;
        }
        finish(self);
        return g_steal_pointer(&self);
    }
    self->text = g_strdup(g_str_has_prefix(format, "ruby:") ? format + strlen("ruby:") : format);
    compile_ruby(self);
    finish(self);
    return g_steal_pointer(&self);
}

void tg_time_format_free(TgTimeFormat *format)
{
    if (format != NULL) {
        g_free(format->text);
        g_free(format);
    }
}

gboolean tg_time_defaults_set_date(TgTimeDefaults *defaults, const char *date, GError **error)
{
    static const TgTimeToken tokens[] = {
        {.directive = 'Y'}, {.text = "-", .size_bytes = 1},
        {.directive = 'm'}, {.text = "-", .size_bytes = 1},
        {.directive = 'd'},
    };
    g_autoptr(TgTimeFormat) format = g_new0(TgTimeFormat, 1);
    g_autoptr(TgTimeZone) utc = tg_time_zone_new("UTC", NULL);
    TgTimeDefaults plain = {.zone = utc, .year = 1970, .month = 1, .day = 1};
    TgInt128 nanos = 0;

    memcpy(format->tokens, tokens, sizeof tokens);
    format->count = G_N_ELEMENTS(tokens);
    format->is_strict = TRUE;
    if (!tg_time_format_parse(format, &plain, date, strlen(date), &nanos)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "date '%s' must be written as 2015-01-27",
                    date);
        return FALSE;
    }
    tg_days_to_date((gint64)(nanos / TG_NANOS_PER_SECOND / 86400), &defaults->year,
                    &defaults->month, &defaults->day);
    return TRUE;
}

const char *tg_time_expansion(char directive)
{
    switch (directive) {
    case 'F':
        return "Y-m-d";
    case 'T':
    case 'X':
        return "H:M:S";
    case 'R':
        return "H:M";
    case 'r':
        return "I:M:S p";
    case 'D':
    case 'x':
        return "m/d/y";
    case 'c':
        return "a b e H:M:S Y";
    case 'v':
        return "e-b-Y";
    case 'n':
        return "\n";
    case 't':
        return "\t";
    case '%':
        return "%";
    default:
        return NULL;
    }
}
