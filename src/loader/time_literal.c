/* Times without a format, and Joda's patterns. */
#include "loader/time_literal.h"

#include <string.h>

gboolean tg_time_literal_parse(const char *text, gsize size_bytes, TgInt128 *out_nanos)
{
    static const char *const formats[] = {
        "%Y-%m-%d %H:%M:%S.%N %z", "%Y-%m-%d %H:%M:%S.%N", "%Y-%m-%d %H:%M:%S %z",
        "%Y-%m-%d %H:%M:%S",       "%Y-%m-%d %z",          "%Y-%m-%d"};
    g_autoptr(TgTimeZone) utc = tg_time_zone_new("UTC", NULL);
    TgTimeDefaults defaults = {.zone = utc, .year = 1970, .month = 1, .day = 1};

    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autoptr(TgTimeFormat) format = tg_time_format_new(formats[i], NULL);

        if (tg_time_format_parse(format, &defaults, text, size_bytes, out_nanos)) {
            return TRUE;
        }
    }
    return FALSE;
}

void tg_time_literal_append(GString *out, TgInt128 nanos)
{
    TgInt128 rest = nanos % TG_NANOS_PER_SECOND;
    TgInt128 seconds = nanos / TG_NANOS_PER_SECOND - (rest < 0 ? 1 : 0);
    gint64 fraction = (gint64)(rest < 0 ? rest + TG_NANOS_PER_SECOND : rest);
    gint64 days = (gint64)(seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0));
    guint in_day = (guint)(seconds - (TgInt128)days * 86400);
    gint64 year = 0;
    guint month = 0;
    guint day = 0;

    tg_days_to_date(days, &year, &month, &day);
    g_string_append_printf(out, "%04" G_GINT64_FORMAT "-%02u-%02u %02u:%02u:%02u", year, month, day,
                           in_day / 3600, in_day / 60 % 60, in_day % 60);
    if (fraction % 1000 != 0) {
        g_string_append_printf(out, ".%09" G_GINT64_FORMAT, fraction);
    } else if (fraction % 1000000 != 0) {
        g_string_append_printf(out, ".%06" G_GINT64_FORMAT, fraction / 1000);
    } else if (fraction != 0) {
        g_string_append_printf(out, ".%03" G_GINT64_FORMAT, fraction / 1000000);
    }
    g_string_append(out, " UTC");
}

/* What a run of one letter is in Ruby; NULL: unknown. */
static const char *find_token(char letter, gsize count)
{
    static const struct {
        char letter;
        gsize count_min;
        const char *ruby;
    } tokens[] = {{'y', 3, "%Y"}, {'y', 2, "%y"}, {'y', 1, "%Y"},  {'Y', 1, "%Y"},  {'M', 4, "%B"},
                  {'M', 3, "%b"}, {'M', 2, "%m"}, {'M', 1, "%-m"}, {'d', 2, "%d"},  {'d', 1, "%-d"},
                  {'D', 1, "%j"}, {'H', 2, "%H"}, {'H', 1, "%-H"}, {'h', 2, "%I"},  {'h', 1, "%-I"},
                  {'m', 1, "%M"}, {'s', 1, "%S"}, {'S', 1, "%3N"}, {'n', 9, "%9N"}, {'n', 6, "%6N"},
                  {'a', 1, "%p"}, {'E', 4, "%A"}, {'E', 1, "%a"},  {'z', 1, "%Z"},  {'Z', 2, "%:z"},
                  {'Z', 1, "%z"}};

    for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++) {
        if (tokens[i].letter == letter && count >= tokens[i].count_min) {
            return tokens[i].ruby;
        }
    }
    return NULL;
}

/* 'text' in quotes, behind the first of them; returns behind the last. */
static const char *append_quoted(GString *out, const char *at)
{
    if (*at == '\'') { /* '' is a quote */
        g_string_append_c(out, '\'');
        return at + 1;
    }
    for (; *at != '\0' && *at != '\''; at++) {
        g_string_append_c(out, *at);
    }
    return at + (*at == '\'' ? 1 : 0);
}

/* A run of one character, a letter of the pattern or text; FALSE with CONFIG: an unknown letter. */
static gboolean append_run(GString *out, const char *pattern, const char *at, gsize count,
                           GError **error)
{
    const char *ruby = NULL;

    if (!g_ascii_isalpha(*at)) {
        g_string_append_len(out, at, (gssize)count);
        return TRUE;
    }
    ruby = find_token(*at, count);
    if (ruby == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is no time format: '%.*s' is not known; write a Java pattern such as "
                    "yyyy-MM-dd HH:mm:ss.SSS Z, or a format with %%",
                    pattern, (int)count, at);
        return FALSE;
    }
    g_string_append(out, ruby);
    return TRUE;
}

char *tg_time_pattern_to_ruby(const char *pattern, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *at = pattern;

    if (strchr(pattern, '%') != NULL) {
        return g_strdup(pattern);
    }
    while (*at != '\0') {
        gsize count = 1;

        if (*at == '\'') {
            at = append_quoted(out, at + 1);
            continue;
        }
        while (at[count] == *at) {
            count++;
        }
        if (!append_run(out, pattern, at, count, error)) {
            return NULL;
        }
        at += count;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
