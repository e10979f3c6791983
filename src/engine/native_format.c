/* One verb of java.util.Formatter: "%-10s", "%,.2f". Numbers come as texts, so that decimals keep
 * all digits. */
#include <string.h>

#include "engine/native.h"

#define WIDTH_MAX 100000

typedef struct {
    gboolean left;
    gboolean plus;
    gboolean blank;
    gboolean zero;
    gboolean comma;
    gboolean parentheses;
    guint width;
    int precision; /* -1: none */
    char letter;
} Verb;

static gboolean read_flags(const char **p, const char *end, Verb *out)
{
    for (; *p < end; (*p)++) {
        switch (**p) {
        case '-':
            out->left = TRUE;
            break;
        case '+':
            out->plus = TRUE;
            break;
        case ' ':
            out->blank = TRUE;
            break;
        case '0':
            out->zero = TRUE;
            break;
        case ',':
            out->comma = TRUE;
            break;
        case '(':
            out->parentheses = TRUE;
            break;
        default:
            return **p != '#';
        }
    }
    return FALSE;
}

static guint read_number(const char **p, const char *end)
{
    guint value = 0;

    while (*p < end && g_ascii_isdigit(**p)) {
        value = value * 10 + (guint)(**p - '0');
        value = MIN(value, WIDTH_MAX);
        (*p)++;
    }
    return value;
}

/* "10.2f", without the per cent sign. */
static gboolean read_verb(TgNativeCall *call, Verb *out)
{
    TgNativeText text = tg_native_text(call, 0);
    const char *p = text.bytes;
    const char *end = p + text.size;
    gboolean ok = FALSE;

    *out = (Verb){.precision = -1};
    ok = read_flags(&p, end, out);
    out->width = read_number(&p, end);
    if (p < end && *p == '.') {
        p++;
        ok = ok && p < end && g_ascii_isdigit(*p);
        out->precision = (int)read_number(&p, end);
    }
    ok = ok && p + 1 == end && !((out->left || out->zero) && out->width == 0);
    if (!ok) {
        return tg_native_fail(call, "format(): '%%%.*s' is no verb that can be used here",
                              (int)text.size, text.bytes);
    }
    out->letter = *p;
    return TRUE;
}

/* The text in its width; zeros stand behind the sign. */
static gboolean return_padded(TgNativeCall *call, const Verb *verb, const char *text)
{
    gsize length = (gsize)g_utf8_strlen(text, -1);
    gsize missing = verb->width > length ? verb->width - length : 0;
    gsize sign =
        verb->zero && (*text == '-' || *text == '+' || *text == '(' || *text == ' ') ? 1 : 0;

    g_string_truncate(call->scratch, 0);
    if (!verb->left && !verb->zero) {
        g_string_append_printf(call->scratch, "%*s", (int)missing, "");
    }
    g_string_append_len(call->scratch, text, (gssize)sign);
    for (gsize i = 0; verb->zero && i < missing; i++) {
        g_string_append_c(call->scratch, '0');
    }
    g_string_append(call->scratch, text + sign);
    if (verb->left) {
        g_string_append_printf(call->scratch, "%*s", (int)missing, "");
    }
    return tg_native_return_scratch(call);
}

static gboolean format_text(TgNativeCall *call)
{
    TgNativeText value = tg_native_text(call, 1);
    g_autofree char *text = g_strndup(value.bytes, value.size);
    Verb verb;

    if (!read_verb(call, &verb)) {
        return FALSE;
    }
    verb.zero = FALSE;
    if (verb.precision >= 0 && verb.precision < g_utf8_strlen(text, -1)) {
        *g_utf8_offset_to_pointer(text, verb.precision) = '\0';
    }
    if (g_ascii_isupper(verb.letter)) {
        g_autofree char *upper = g_utf8_strup(text, -1);

        return return_padded(call, &verb, upper);
    }
    return return_padded(call, &verb, text);
}

/* Digits before the point with a comma at each third. */
static void append_grouped(GString *out, const char *digits, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            g_string_append_c(out, ',');
        }
        g_string_append_c(out, digits[i]);
    }
}

/* Sign, grouping and padding of an unsigned number as text. */
static gboolean return_signed(TgNativeCall *call, const Verb *verb, gboolean is_negative,
                              const char *number)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gsize whole = strspn(number, "0123456789");

    if (is_negative) {
        g_string_append_c(out, verb->parentheses ? '(' : '-');
    } else if (verb->plus || verb->blank) {
        g_string_append_c(out, verb->plus ? '+' : ' ');
    }
    if (verb->comma) {
        append_grouped(out, number, whole);
    } else {
        g_string_append_len(out, number, (gssize)whole);
    }
    g_string_append(out, number + whole);
    if (is_negative && verb->parentheses) {
        g_string_append_c(out, ')');
    }
    return return_padded(call, verb, out->str);
}

static gboolean format_whole(TgNativeCall *call)
{
    TgNativeText value = tg_native_text(call, 1);
    g_autofree char *text = g_strndup(value.bytes, value.size);
    gint64 number = g_ascii_strtoll(text, NULL, 10);
    char digits[32] = "";
    Verb verb;

    if (!read_verb(call, &verb)) {
        return FALSE;
    }
    if (verb.precision >= 0) {
        return tg_native_fail(call, "format(): a whole number has no precision");
    }
    switch (verb.letter) {
    case 'd':
        return return_signed(call, &verb, *text == '-', *text == '-' ? text + 1 : text);
    case 'x':
        (void)g_snprintf(digits, sizeof digits, "%" G_GINT64_MODIFIER "x", (guint64)number);
        return return_padded(call, &verb, digits);
    case 'X':
        (void)g_snprintf(digits, sizeof digits, "%" G_GINT64_MODIFIER "X", (guint64)number);
        return return_padded(call, &verb, digits);
    default:
        (void)g_snprintf(digits, sizeof digits, "%" G_GINT64_MODIFIER "o", (guint64)number);
        return return_padded(call, &verb, digits);
    }
}

/* ---- digits --------------------------------------------------------------------------------- */

/* 0.d1d2d3… × 10^exponent; digits without leading zeros. */
typedef struct {
    GString *digits;
    gint64 exponent;
} Number;

/* "-12.50", "1.5E10" */
static void read_digits(const char *text, Number *out)
{
    gboolean is_behind = FALSE;

    for (; *text != '\0' && *text != 'E'; text++) {
        if (*text == '.') {
            is_behind = TRUE;
        } else if (g_ascii_isdigit(*text) && (out->digits->len > 0 || *text != '0')) {
            g_string_append_c(out->digits, *text);
            out->exponent += is_behind ? 0 : 1;
        } else if (g_ascii_isdigit(*text) && is_behind) {
            out->exponent--;
        }
    }
    if (*text == 'E') {
        out->exponent += g_ascii_strtoll(text + 1, NULL, 10);
    }
    if (out->digits->len == 0) {
        out->exponent = 0;
    }
}

/* Keeps `count` digits, rounded half up; count may be 0 or less. */
static void round_digits(Number *number, gint64 count)
{
    if (count >= (gint64)number->digits->len) {
        return;
    }
    gboolean is_up = count >= 0 && number->digits->str[count] >= '5';
    gint64 i = count - 1;

    g_string_truncate(number->digits, (gsize)MAX(count, 0));
    if (!is_up) {
        return;
    }
    for (; i >= 0 && number->digits->str[i] == '9'; i--) {
        number->digits->str[i] = '0';
    }
    if (i >= 0) {
        number->digits->str[i]++;
    } else {
        g_string_prepend_c(number->digits, '1');
        number->exponent++;
    }
}

static char digit_at(const Number *number, gint64 place)
{
    if (place < 0 || place >= (gint64)number->digits->len) {
        return '0';
    }
    return number->digits->str[place];
}

static void append_fixed(GString *out, Number *number, gint64 precision)
{
    round_digits(number, number->exponent + precision);
    if (number->exponent <= 0) {
        g_string_append_c(out, '0');
    }
    for (gint64 i = 0; i < number->exponent; i++) {
        g_string_append_c(out, digit_at(number, i));
    }
    g_string_append(out, precision > 0 ? "." : "");
    for (gint64 i = 0; i < precision; i++) {
        g_string_append_c(out, digit_at(number, number->exponent + i));
    }
}

static void append_scientific(GString *out, Number *number, gint64 precision)
{
    round_digits(number, precision + 1);
    g_string_append_c(out, digit_at(number, 0));
    g_string_append(out, precision > 0 ? "." : "");
    for (gint64 i = 1; i <= precision; i++) {
        g_string_append_c(out, digit_at(number, i));
    }
    gint64 exponent = number->digits->len == 0 ? 0 : number->exponent - 1;

    g_string_append_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', (int)ABS(exponent));
}

/* %g: fixed from 0.0001 to 10^precision, with so many digits in all. */
static void append_general(GString *out, Number *number, gint64 precision)
{
    precision = precision == 0 ? 1 : precision;
    round_digits(number, precision);
    if (number->digits->len == 0) {
        append_fixed(out, number, precision - 1);
    } else if (number->exponent > -4 && number->exponent <= precision) {
        append_fixed(out, number, precision - number->exponent);
    } else {
        append_scientific(out, number, precision - 1);
    }
}

static gboolean format_number(TgNativeCall *call)
{
    TgNativeText value = tg_native_text(call, 1);
    g_autofree char *text = g_strndup(value.bytes, value.size);
    g_autoptr(GString) digits = g_string_new(NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    Number number = {digits, 0};
    Verb verb;
    int precision = 6;

    if (!read_verb(call, &verb)) {
        return FALSE;
    }
    precision = verb.precision < 0 ? 6 : verb.precision;
    if (g_ascii_isalpha(text[*text == '-' ? 1 : 0])) { /* NaN, Infinity */
        verb.zero = FALSE;
        return return_padded(call, &verb, text);
    }
    read_digits(text, &number);
    if (verb.letter == 'f') {
        append_fixed(out, &number, precision);
    } else if (verb.letter == 'g') {
        append_general(out, &number, precision);
    } else {
        append_scientific(out, &number, precision);
    }
    return return_signed(call, &verb, *text == '-', out->str);
}

/* Double.toString, where CAST AS varchar gives another form. */
static gboolean java_double(TgNativeCall *call)
{
    tg_engine_append_double(call->scratch, tg_native_double(call, 0), FALSE);
    return tg_native_return_scratch(call);
}

static gboolean java_real(TgNativeCall *call)
{
    tg_engine_append_double(call->scratch, (double)((const float *)call->data[0])[call->row], TRUE);
    return tg_native_return_scratch(call);
}

const TgNative tg_natives_format[] = {
    {"tg_format_text", "vv", 'v', format_text},     {"tg_format_whole", "vv", 'v', format_whole},
    {"tg_format_number", "vv", 'v', format_number}, {"tg_java_double", "d", 'v', java_double},
    {"tg_java_real", "f", 'v', java_real},          {NULL, NULL, 0, NULL},
};
