/* Texts by code points, as Trino counts: case, distance, soundex, check digits, forms of Unicode.
 */
#include <math.h>
#include <string.h>

#include "engine/native.h"

/* The code points of a text that DuckDB holds, which is valid UTF-8. The caller frees. */
static gunichar *code_points(TgNativeText text, glong *out_count)
{
    return g_utf8_to_ucs4_fast(text.bytes, (glong)text.size, out_count);
}

static gboolean map_case(TgNativeCall *call, gunichar (*map)(gunichar))
{
    TgNativeText text = tg_native_text(call, 0);
    const char *end = text.bytes + text.size;

    for (const char *p = text.bytes; p < end; p = g_utf8_next_char(p)) {
        g_string_append_unichar(call->scratch, map(g_utf8_get_char(p)));
    }
    return tg_native_return_scratch(call);
}

/* A code point at a time, as Java's Character does: ß stays. */
static gboolean upper(TgNativeCall *call)
{
    return map_case(call, g_unichar_toupper);
}

static gboolean lower(TgNativeCall *call)
{
    return map_case(call, g_unichar_tolower);
}

static gboolean levenshtein(TgNativeCall *call)
{
    glong left_count = 0;
    glong right_count = 0;
    g_autofree gunichar *left = code_points(tg_native_text(call, 0), &left_count);
    g_autofree gunichar *right = code_points(tg_native_text(call, 1), &right_count);
    g_autofree gint64 *row = g_new0(gint64, (gsize)right_count + 1);

    for (glong j = 0; j <= right_count; j++) {
        row[j] = j;
    }
    for (glong i = 0; i < left_count; i++) {
        gint64 diagonal = row[0];

        row[0] = i + 1;
        for (glong j = 0; j < right_count; j++) {
            gint64 change = diagonal + (left[i] == right[j] ? 0 : 1);

            diagonal = row[j + 1];
            row[j + 1] = MIN(change, MIN(row[j], row[j + 1]) + 1);
        }
    }
    return tg_native_return_int64(call, row[right_count]);
}

static gboolean hamming(TgNativeCall *call)
{
    glong left_count = 0;
    glong right_count = 0;
    g_autofree gunichar *left = code_points(tg_native_text(call, 0), &left_count);
    g_autofree gunichar *right = code_points(tg_native_text(call, 1), &right_count);
    gint64 distance = 0;

    if (left_count != right_count) {
        return tg_native_fail(call, "hamming_distance() needs two texts of the same length");
    }
    for (glong i = 0; i < left_count; i++) {
        distance += left[i] != right[i] ? 1 : 0;
    }
    return tg_native_return_int64(call, distance);
}

/* An empty text to search for stands before each code point and at the end. */
static gboolean replace_empty(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    TgNativeText by = tg_native_text(call, 1);
    const char *end = text.bytes + text.size;

    g_string_append_len(call->scratch, by.bytes, (gssize)by.size);
    for (const char *p = text.bytes; p < end; p = g_utf8_next_char(p)) {
        g_string_append_len(call->scratch, p, g_utf8_next_char(p) - p);
        g_string_append_len(call->scratch, by.bytes, (gssize)by.size);
    }
    return tg_native_return_scratch(call);
}

/* Commons Codec's Soundex: H and W do not part letters of one code. */
static gboolean soundex(TgNativeCall *call)
{
    static const char codes[] = "01230120022455012623010202";
    TgNativeText text = tg_native_text(call, 0);
    char last = 0;

    for (gsize i = 0; i < text.size && call->scratch->len < 4; i++) {
        char letter = g_ascii_toupper(text.bytes[i]);

        if ((guchar)letter >= 128) {
            return tg_native_fail(call, "soundex(): a letter beyond A to Z");
        }
        if (!g_ascii_isalpha(letter)) {
            continue;
        }
        char code = codes[letter - 'A'];

        if (call->scratch->len == 0) {
            g_string_append_c(call->scratch, letter);
        } else if (letter == 'H' || letter == 'W') {
            continue;
        } else if (code != '0' && code != last) {
            g_string_append_c(call->scratch, code);
        }
        last = code;
    }
    while (call->scratch->len > 0 && call->scratch->len < 4) {
        g_string_append_c(call->scratch, '0');
    }
    return tg_native_return_scratch(call);
}

static gboolean luhn_check(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    guint sum = 0;

    for (gsize i = 0; i < text.size; i++) {
        char c = text.bytes[text.size - 1 - i];

        if (!g_ascii_isdigit(c)) {
            return tg_native_fail(call, "luhn_check(): '%c' is no digit", c);
        }
        guint digit = (guint)(c - '0') * (i % 2 == 1 ? 2 : 1);

        sum += digit / 10 + digit % 10;
    }
    return tg_native_return_boolean(call, text.size > 0 && sum % 10 == 0);
}

static gboolean normalize(TgNativeCall *call)
{
    static const struct {
        const char *name;
        GNormalizeMode mode;
    } forms[] = {{"NFC", G_NORMALIZE_NFC},
                 {"NFD", G_NORMALIZE_NFD},
                 {"NFKC", G_NORMALIZE_NFKC},
                 {"NFKD", G_NORMALIZE_NFKD}};
    TgNativeText text = tg_native_text(call, 0);
    TgNativeText form = tg_native_text(call, 1);

    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (strlen(forms[i].name) == form.size &&
            strncmp(forms[i].name, form.bytes, form.size) == 0) {
            g_autofree char *made = g_utf8_normalize(text.bytes, (gssize)text.size, forms[i].mode);

            return made == NULL ? tg_native_return_null(call)
                                : tg_native_return_text(call, made, strlen(made));
        }
    }
    return tg_native_fail(call, "normalize(): the form is one of NFC, NFD, NFKC, NFKD");
}

/* Behind a byte that begins no whole character, and behind those that belong to it. */
static const char *skip_cut(const char *p, const char *end)
{
    guchar lead = (guchar)*p++;
    int more = 0;

    if (lead >= 0xf5) {
        return p;
    }
    if (lead >= 0xf0) {
        more = 3;
    } else if (lead >= 0xe0) {
        more = 2;
    } else if (lead >= 0xc2) {
        more = 1;
    }
    while (more-- > 0 && p < end && ((guchar)*p & 0xc0U) == 0x80) {
        p++;
    }
    return p;
}

/* What is no UTF-8 becomes the second argument. */
static gboolean from_utf8(TgNativeCall *call)
{
    TgNativeText bytes = tg_native_text(call, 0);
    TgNativeText by = tg_native_text(call, 1);
    const char *p = bytes.bytes;
    const char *end = p + bytes.size;

    if (g_utf8_strlen(by.bytes, (gssize)by.size) > 1) {
        return tg_native_fail(call, "from_utf8(): the replacement is one character or none");
    }
    while (p < end) {
        const char *bad = NULL;

        (void)g_utf8_validate_len(p, (gsize)(end - p), &bad);
        g_string_append_len(call->scratch, p, bad - p);
        p = bad;
        if (p < end && *p == '\0') { /* valid, but GLib stops there */
            g_string_append_c(call->scratch, '\0');
            p++;
        } else if (p < end) { /* one for the whole of a character that is cut */
            g_string_append_len(call->scratch, by.bytes, (gssize)by.size);
            p = skip_cut(p, end);
        }
    }
    return tg_native_return_scratch(call);
}

static gboolean human_readable_seconds(TgNativeCall *call)
{
    static const struct {
        const char *name;
        gint64 seconds;
    } units[] = {{"week", 604800}, {"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
    double value = tg_native_double(call, 0);
    gint64 left = 0;

    if (!isfinite(value)) {
        return tg_native_fail(call, "human_readable_seconds() needs a finite number");
    }
    left = (gint64)round(fabs(value));
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        gint64 count = left / units[i].seconds;

        left %= units[i].seconds;
        if (count > 0 || (units[i].seconds == 1 && call->scratch->len == 0)) {
            g_string_append_printf(call->scratch, "%s%" G_GINT64_FORMAT " %s%s",
                                   call->scratch->len == 0 ? "" : ", ", count, units[i].name,
                                   count == 1 ? "" : "s");
        }
    }
    return tg_native_return_scratch(call);
}

/* 1.50 to 1.5, 2.00 to 2; what has no point stays. */
static void cut_zeros(char *text)
{
    char *end = text + strlen(text);

    if (strchr(text, '.') == NULL) {
        return;
    }
    while (end[-1] == '0') {
        end--;
    }
    end -= end[-1] == '.' ? 1 : 0;
    *end = '\0';
}

/* 1.23M */
static gboolean format_number(TgNativeCall *call)
{
    static const char units[] = " KMBTQ";
    double given = tg_native_double(call, 0);
    /* as a bigint, where NaN is 0 */
    double value =
        isnan(given) ? 0 : CLAMP(trunc(given), -9223372036854775808.0, 9223372036854775807.0);
    double left = fabs(value);
    guint unit = 0;
    char text[64] = "";

    while (left >= 1000 && unit < 5) {
        left /= 1000;
        unit++;
    }
    (void)g_snprintf(text, sizeof text, left < 10 ? "%.2f" : (left < 100 ? "%.1f" : "%.0f"), left);
    cut_zeros(text);
    g_string_append_printf(call->scratch, "%s%s", value < 0 ? "-" : "", text);
    if (unit > 0) {
        g_string_append_c(call->scratch, units[unit]);
    }
    return tg_native_return_scratch(call);
}

const TgNative tg_natives_text[] = {
    {"tg_upper", "v", 'v', upper},
    {"tg_lower", "v", 'v', lower},
    {"tg_levenshtein", "vv", 'b', levenshtein},
    {"tg_hamming", "vv", 'b', hamming},
    {"tg_replace_empty", "vv", 'v', replace_empty},
    {"tg_soundex", "v", 'v', soundex},
    {"tg_luhn_check", "v", 'B', luhn_check},
    {"tg_normalize", "vv", 'v', normalize},
    {"tg_from_utf8", "xv", 'v', from_utf8},
    {"tg_human_readable_seconds", "d", 'v', human_readable_seconds},
    {"tg_short_number", "d", 'v', format_number},
    {NULL, NULL, 0, NULL},
};
