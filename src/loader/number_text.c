/* Numbers as Java reads and prints them. */
#include "loader/number_text.h"

#include <stdlib.h>
#include <string.h>

#define SHORT_DECIMAL_BYTES 18u /* whose digits fit 64 bits */
#define EXACT_DIGITS_MAX 15     /* decimal digits that a double always holds */
#define EXACT_POWER_MAX 22      /* the largest power of ten that a double holds exactly */
#define DIGITS_IN_64_BITS ((gsize)19)

static const double powers[EXACT_POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

gboolean tg_int64_parse(const char *text, gsize size_bytes, gint64 *out)
{
    const char *at = text;
    const char *end = text + size_bytes;
    gboolean negative = FALSE;
    guint64 value = 0;

    if (at < end && (*at == '-' || *at == '+')) {
        negative = *at++ == '-';
    }
    const char *digits = at;

    for (; at < end; at++) {
        guint digit = (guint)(guchar)*at - '0';

        if (digit > 9) {
            return FALSE;
        }
        /* 18 digits always fit; beyond, each step is checked */
        if (at - digits >= 18 && value > ((guint64)G_MAXINT64 + 1 - digit) / 10) {
            return FALSE;
        }
        value = value * 10 + digit;
    }
    if (at == digits || value > (guint64)G_MAXINT64 + (negative ? 1 : 0)) {
        return FALSE;
    }
    *out = negative ? (gint64)(0 - value) : (gint64)value;
    return TRUE;
}

/* "123.456" with few digits: exact without strtod. */
static gboolean parse_plain(const char *at, const char *end, double *out)
{
    gboolean negative = at < end && *at == '-';
    guint64 digits = 0;
    int count = 0;
    int fraction = -1;

    for (at += negative ? 1 : 0; at < end; at++) {
        guint digit = (guint)(guchar)*at - '0';

        if (digit <= 9) {
            digits = digits * 10 + digit;
            count++;
            fraction += fraction >= 0 ? 1 : 0;
        } else if (*at == '.' && fraction < 0) {
            fraction = 0;
        } else {
            return FALSE;
        }
        if (count > EXACT_DIGITS_MAX) {
            return FALSE;
        }
    }
    if (count == 0) {
        return FALSE;
    }
    double value = (double)digits / powers[MAX(fraction, 0)];

    *out = negative ? -value : value;
    return TRUE;
}

/* Whether Java's grammar allows the text that strtod would read. */
static gboolean is_java_number(const char *text)
{
    gboolean is_hex = FALSE;
    const char *at = text + (*text == '-' || *text == '+' ? 1 : 0);

    if (strcmp(at, "NaN") == 0 || strcmp(at, "Infinity") == 0) {
        return TRUE;
    }
    is_hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
    if (is_hex && strpbrk(at, "pP") == NULL) {
        return FALSE;
    }
    return at[strspn(at, is_hex ? "0123456789abcdefABCDEFxXpP.+-" : "0123456789eE.+-")] == '\0';
}

gboolean tg_double_parse(const char *text, gsize size_bytes, double *out)
{
    const char *end = text + size_bytes;
    char *stop = NULL;

    if (parse_plain(text, end, out)) {
        return TRUE;
    }
    while (text < end && (guchar)*text <= ' ') {
        text++;
    }
    while (end > text && (guchar)end[-1] <= ' ') {
        end--;
    }
    g_autofree char *copy = g_strndup(text, (gsize)(end - text));
    gsize length = strlen(copy);
    gboolean is_hex = strpbrk(copy, "xX") != NULL;

    if (length > 1 && strchr("dDfF", copy[length - 1]) != NULL &&
        (!is_hex || strpbrk(copy, "pP") != NULL)) {
        copy[--length] = '\0';
    }
    if (length == 0 || length != strlen(copy) || !is_java_number(copy)) {
        return FALSE;
    }
    *out = g_ascii_strtod(copy, &stop);
    return stop == copy + length;
}

/* "12.30" behind a sign: its digits. `places` is how many stand behind the point. */
static gboolean split_decimal(const char *at, const char *end, char digits[TG_DECIMAL_TEXT_BYTES],
                              gsize *out_count, gsize *out_places)
{
    const char *point = memchr(at, '.', (gsize)(end - at));
    const char *whole_end = point == NULL ? end : point;

    while (at < whole_end - 1 && *at == '0') {
        at++;
    }
    while (point != NULL && end > point + 1 && end[-1] == '0') {
        end--;
    }
    *out_count = 0;
    *out_places = point == NULL ? 0 : (gsize)(end - point - 1);
    for (; at < end; at++) {
        if (at == point) {
            continue;
        }
        if (!g_ascii_isdigit(*at) || *out_count == TG_DECIMAL_TEXT_BYTES) {
            return FALSE;
        }
        digits[(*out_count)++] = *at;
    }
    return TRUE;
}

/* Digits and zeros behind them as an integer of at most 38 digits. */
static TgInt128 join_digits(const char *digits, gsize count, gsize zeros)
{
    guint64 head = 0;
    gsize used = MIN(count, DIGITS_IN_64_BITS);

    for (gsize i = 0; i < used; i++) {
        head = head * 10 + (guint64)(digits[i] - '0');
    }
    TgInt128 value = head;

    for (gsize i = used; i < count + zeros; i++) {
        value = value * 10 + (i < count ? digits[i] - '0' : 0);
    }
    return value;
}

/* What servers write for most decimals: few digits, and as many places as the type has. FALSE says
 * nothing about the text. */
static gboolean parse_short_decimal(const char *text, gsize size_bytes, guint scale, gint64 *out)
{
    gsize start = size_bytes > 0 && *text == '-' ? 1 : 0;
    gsize point = scale == 0 ? size_bytes : size_bytes - scale - 1;
    gint64 value = 0;

    if (size_bytes > SHORT_DECIMAL_BYTES || size_bytes < start + scale + 2 ||
        (scale > 0 && text[point] != '.')) {
        return FALSE;
    }
    for (gsize i = start; i < size_bytes; i++) {
        guint digit = (guint)(guchar)text[i] - '0';

        if (digit <= 9) {
            value = value * 10 + digit;
        } else if (i != point) {
            return FALSE;
        }
    }
    *out = start == 1 ? -value : value;
    return TRUE;
}

gboolean tg_decimal_parse(const char *text, gsize size_bytes, guint precision, guint scale,
                          TgInt128 *out)
{
    gint64 few = 0;

    if (size_bytes <= precision && parse_short_decimal(text, size_bytes, scale, &few)) {
        *out = few;
        return TRUE;
    }
    char digits[TG_DECIMAL_TEXT_BYTES];
    const char *end = text + size_bytes;
    const char *at = text + (size_bytes > 0 && (*text == '-' || *text == '+') ? 1 : 0);
    gsize count = 0;
    gsize places = 0;
    gsize first = 0;

    if (at == end || (*at == '.' && end - at == 1) ||
        !split_decimal(at, end, digits, &count, &places) || places > scale) {
        return FALSE;
    }
    while (first < count && digits[first] == '0') {
        first++;
    }
    if (first == count) {
        *out = 0;
        return TRUE;
    }
    /* Counted before anything is added up: 39 digits may not fit 128 bits. */
    if (count - first + scale - places > precision) {
        return FALSE;
    }
    TgInt128 value = join_digits(digits + first, count - first, scale - places);

    *out = *text == '-' ? -value : value;
    return TRUE;
}

gsize tg_int64_format(gint64 value, char text[TG_DECIMAL_TEXT_BYTES])
{
    gsize sign = value < 0 ? 1 : 0;

    text[0] = '-';
    gsize used =
        sign + tg_digits_write(value < 0 ? 0 - (guint64)value : (guint64)value, text + sign);

    text[used] = '\0';
    return used;
}

gsize tg_decimal_format(TgInt128 value, guint scale, char text[TG_DECIMAL_TEXT_BYTES])
{
    char digits[TG_DECIMAL_TEXT_BYTES];
    gsize count = 0;
    gsize used = 0;
    gboolean negative = value < 0;

    if (scale == 0 && value >= G_MININT64 && value <= G_MAXINT64) {
        return tg_int64_format((gint64)value, text);
    }
    do {
        int digit = (int)(value % 10);

        digits[count++] = (char)('0' + ABS(digit));
        value /= 10;
    } while (value != 0 || count <= scale);
    if (negative) {
        text[used++] = '-';
    }
    while (count > 0) {
        if (count == scale) {
            text[used++] = '.';
        }
        text[used++] = digits[--count];
    }
    text[used] = '\0';
    return used;
}
