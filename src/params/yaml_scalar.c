/* Implicit types of plain scalars: Digdag's YamlTagResolver, and YAML 1.1 as SnakeYAML has it. */
#include "params/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_CHARS_MAX 400

typedef struct {
    const char *text;
    json_t *(*value)(void);
    TgYamlFlavour least; /* EMBULK: only there */
} Word;

static json_t *value_true(void)
{
    return json_true();
}

static json_t *value_false(void)
{
    return json_false();
}

static const Word words[] = {
    {"true", value_true, TG_YAML_DIGDAG},   {"True", value_true, TG_YAML_DIGDAG},
    {"TRUE", value_true, TG_YAML_EMBULK},   {"yes", value_true, TG_YAML_EMBULK},
    {"Yes", value_true, TG_YAML_EMBULK},    {"YES", value_true, TG_YAML_EMBULK},
    {"on", value_true, TG_YAML_EMBULK},     {"On", value_true, TG_YAML_EMBULK},
    {"ON", value_true, TG_YAML_EMBULK},     {"false", value_false, TG_YAML_DIGDAG},
    {"False", value_false, TG_YAML_DIGDAG}, {"FALSE", value_false, TG_YAML_EMBULK},
    {"no", value_false, TG_YAML_EMBULK},    {"No", value_false, TG_YAML_EMBULK},
    {"NO", value_false, TG_YAML_EMBULK},    {"off", value_false, TG_YAML_EMBULK},
    {"Off", value_false, TG_YAML_EMBULK},   {"OFF", value_false, TG_YAML_EMBULK},
};

static json_t *word_value(const char *text, TgYamlFlavour flavour)
{
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (words[i].least <= flavour && strcmp(words[i].text, text) == 0) {
            return words[i].value();
        }
    }
    return NULL;
}

static gboolean all_of(const char *text, const char *allowed)
{
    return *text != '\0' && text[strspn(text, allowed)] == '\0';
}

/* The digits without '_'; NULL when text is none of them. */
static char *without_underscores(const char *text)
{
    GString *out = g_string_new(NULL);

    for (; *text != '\0'; text++) {
        if (*text != '_') {
            g_string_append_c(out, *text);
        }
    }
    return g_string_free(out, FALSE);
}

static json_t *integer_value(gboolean negative, const char *digits, int base)
{
    g_autofree char *plain = without_underscores(digits);
    guint64 magnitude = 0;

    if (*plain == '\0') {
        return json_integer(0);
    }
    errno = 0;
    magnitude = g_ascii_strtoull(plain, NULL, (guint)base);
    if (errno == ERANGE || magnitude > (guint64)G_MAXINT64 + (negative ? 1 : 0)) {
        double large = base == 10 ? g_ascii_strtod(plain, NULL) : (double)magnitude;

        return json_real(negative ? -large : large);
    }
    return json_integer(negative ? (gint64)(0 - magnitude) : (gint64)magnitude);
}

/* 1:30:00 in base 60 (YAML 1.1 only). */
static json_t *sexagesimal_value(gboolean negative, const char *digits)
{
    g_auto(GStrv) parts = g_strsplit(digits, ":", -1);
    gint64 total = 0;

    for (char **part = parts; *part != NULL; part++) {
        g_autofree char *plain = without_underscores(*part);
        guint64 value = g_ascii_strtoull(plain, NULL, 10);

        if (total > G_MAXINT64 / 100 || value > G_MAXINT32) {
            return NULL;
        }
        total = total * 60 + (gint64)value;
    }
    return json_integer(negative ? -total : total);
}

static json_t *integer_of(const char *text, TgYamlFlavour flavour)
{
    gboolean negative = *text == '-';
    const char *digits = *text == '-' || *text == '+' ? text + 1 : text;

    if (g_str_has_prefix(digits, "0b") && all_of(digits + 2, "01_")) {
        return integer_value(negative, digits + 2, 2);
    }
    if (g_str_has_prefix(digits, "0x") && all_of(digits + 2, "0123456789abcdefABCDEF_")) {
        return integer_value(negative, digits + 2, 16);
    }
    if (*digits == '0' && digits[1] != '\0' && all_of(digits + 1, "01234567_")) {
        return integer_value(negative, digits + 1, 8);
    }
    if (strcmp(digits, "0") == 0 || (*digits >= '1' && *digits <= '9' && //
                                     all_of(digits, "0123456789_"))) {
        return integer_value(negative, digits, 10);
    }
    if (flavour >= TG_YAML_EMBULK && *digits >= '1' && *digits <= '9' &&
        strchr(digits, ':') != NULL && all_of(digits, "0123456789_:") &&
        !g_str_has_suffix(digits, ":") && strstr(digits, "::") == NULL) {
        return sexagesimal_value(negative, digits);
    }
    return NULL;
}

static json_t *special_float(const char *text)
{
    gboolean negative = *text == '-';
    const char *rest = *text == '-' || *text == '+' ? text + 1 : text;

    if (strcmp(rest, ".inf") == 0 || strcmp(rest, ".Inf") == 0 || strcmp(rest, ".INF") == 0) {
        return json_string(negative ? "-Infinity" : "Infinity");
    }
    if (strcmp(text, ".nan") == 0 || strcmp(text, ".NaN") == 0 || strcmp(text, ".NAN") == 0) {
        return json_string("NaN");
    }
    return NULL;
}

/* Behind the digits and the point of a float, or NULL when it does not begin like one. YAML 1.1
 * also lets 0 lead. */
static const char *skip_mantissa(const char *p, TgYamlFlavour flavour, gboolean *out_has_point)
{
    static const char digits[] = "0123456789_";

    if (*p == '.') {
        *out_has_point = TRUE;
        return p + 1 + strspn(p + 1, "0123456789");
    }
    if (*p < (flavour >= TG_YAML_EMBULK ? '0' : '1') || *p > '9') {
        return NULL;
    }
    p += strspn(p, digits);
    *out_has_point = *p == '.';
    return *p == '.' ? p + 1 + strspn(p + 1, digits) : p;
}

/* Behind the exponent, p itself when there is none, NULL when it has no digits. */
static const char *skip_exponent(const char *p)
{
    if (*p != 'e' && *p != 'E') {
        return p;
    }
    p++;
    p += *p == '-' || *p == '+' ? 1 : 0;
    gsize count = strspn(p, "0123456789");

    return count == 0 ? NULL : p + count;
}

/* [-+]?(\.[0-9]+|[1-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)? */
static json_t *float_of(const char *text, TgYamlFlavour flavour)
{
    const char *start = *text == '-' || *text == '+' ? text + 1 : text;
    gboolean has_point = FALSE;
    const char *behind = skip_mantissa(start, flavour, &has_point);

    if (*start == '.' && !g_ascii_isdigit(start[1])) {
        return special_float(text);
    }
    const char *end = behind == NULL ? NULL : skip_exponent(behind);

    if (end == NULL || *end != '\0' || (!has_point && end == behind)) {
        return NULL;
    }
    g_autofree char *plain = without_underscores(text);
    double value = g_ascii_strtod(plain, NULL);

    return isfinite(value) ? json_real(value) : json_string(value < 0 ? "-Infinity" : "Infinity");
}

/* "2015-01-01", "2015-1-1 2:03:04.5 +9:00" (yaml.org/type/timestamp) in milliseconds, as
 * SnakeYAML's dates get into JSON; NULL: it is none. */
static json_t *time_of(const char *text)
{
    static GRegex *pattern;

    if (g_once_init_enter(&pattern)) {
        g_once_init_leave(&pattern,
                          g_regex_new("^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \\t]+)"
                                      "([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\\.([0-9]*))?[ \\t]*"
                                      "(?:Z|([-+])([0-9]{1,2})(?::?([0-9]{2}))?)?)?$",
                                      G_REGEX_OPTIMIZE, 0, NULL));
    }
    g_autoptr(GMatchInfo) match = NULL;

    if (!g_ascii_isdigit(*text) || !g_regex_match(pattern, text, 0, &match)) {
        return NULL;
    }
    gint64 parts[11] = {0};

    for (int i = 1; i <= 10; i++) {
        g_autofree char *part = g_match_info_fetch(match, i);

        parts[i] = part == NULL ? 0 : g_ascii_strtoll(part, NULL, 10);
        if (i == 7 && part != NULL) { /* of a second, three digits of it */
            g_autofree char *digits = g_strdup_printf("%s000", part);

            digits[3] = '\0';
            parts[i] = g_ascii_strtoll(digits, NULL, 10);
        } else if (i == 8) {
            parts[i] = part != NULL && *part == '-' ? -1 : 1;
        }
    }
    g_autoptr(GDateTime) time = g_date_time_new_utc((int)parts[1], (int)parts[2], (int)parts[3],
                                                    (int)parts[4], (int)parts[5], (double)parts[6]);

    return time == NULL ? NULL
                        : json_integer((g_date_time_to_unix(time) -
                                        parts[8] * (parts[9] * 3600 + parts[10] * 60)) *
                                           1000 +
                                       parts[7]);
}

json_t *tg_yaml_scalar_value(const char *text, gsize size_bytes, TgYamlFlavour flavour)
{
    json_t *value = NULL;

    if (size_bytes == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
        strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0) {
        return json_null();
    }
    if (size_bytes <= NUMBER_CHARS_MAX && strlen(text) == size_bytes) {
        value = word_value(text, flavour);
        value = value != NULL ? value : integer_of(text, flavour);
        value = value != NULL ? value : float_of(text, flavour);
        value = value != NULL || flavour != TG_YAML_EMBULK_TIMES ? value : time_of(text);
    }
    return value != NULL ? value : json_stringn(text, size_bytes);
}
