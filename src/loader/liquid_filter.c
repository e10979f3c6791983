/* Liquid's filters. */
#include <math.h>
#include <string.h>

#include "loader/liquid_internal.h"
#include "loader/time_format.h"

typedef struct {
    const LiquidScope *scope;
    const json_t *input;
    char *text;              /* of the input */
    const json_t *arguments; /* array */
    char *first;             /* text of the first argument; "" without */
    char *second;
} Call;

static json_t *text_value(char *take_text)
{
    g_autofree char *text = take_text;

    return json_string(text);
}

static json_t *filter_downcase(const Call *call)
{
    return text_value(g_utf8_strdown(call->text, -1));
}

static json_t *filter_upcase(const Call *call)
{
    return text_value(g_utf8_strup(call->text, -1));
}

static json_t *filter_capitalize(const Call *call)
{
    g_autofree char *lower = g_utf8_strdown(call->text, -1);
    g_autofree char *first =
        g_utf8_strup(lower, *lower == '\0' ? 0 : g_utf8_next_char(lower) - lower);

    return text_value(g_strconcat(first, *lower == '\0' ? "" : g_utf8_next_char(lower), NULL));
}

static json_t *filter_append(const Call *call)
{
    return text_value(g_strconcat(call->text, call->first, NULL));
}

static json_t *filter_prepend(const Call *call)
{
    return text_value(g_strconcat(call->first, call->text, NULL));
}

static json_t *filter_strip(const Call *call)
{
    return text_value(g_strstrip(g_strdup(call->text)));
}

static json_t *filter_replace(const Call *call)
{
    g_auto(GStrv) parts = g_strsplit(call->text, call->first, -1);

    return *call->first == '\0' ? json_string(call->text)
                                : text_value(g_strjoinv(call->second, parts));
}

static json_t *filter_remove(const Call *call)
{
    g_auto(GStrv) parts = g_strsplit(call->text, call->first, -1);

    return *call->first == '\0' ? json_string(call->text) : text_value(g_strjoinv("", parts));
}

static json_t *filter_split(const Call *call)
{
    g_auto(GStrv) parts = g_strsplit(call->text, call->first, -1);
    json_t *list = json_array();

    for (char **part = parts; *part != NULL; part++) {
        json_array_append_new(list, json_string(*part));
    }
    return list;
}

static json_t *filter_join(const Call *call)
{
    g_autoptr(GString) out = g_string_new(NULL);
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (call->input, index, value) {
        g_autofree char *text = tg_liquid_to_text(value);

        g_string_append(out, index == 0 ? "" : (*call->first == '\0' ? " " : call->first));
        g_string_append(out, text);
    }
    return json_string(out->str);
}

static json_t *filter_size(const Call *call)
{
    return json_integer(json_is_array(call->input) ? (json_int_t)json_array_size(call->input)
                                                   : (json_int_t)g_utf8_strlen(call->text, -1));
}

static json_t *filter_first(const Call *call)
{
    json_t *value = json_array_get(call->input, 0);

    return value == NULL ? json_null() : json_incref(value);
}

static json_t *filter_last(const Call *call)
{
    gsize size = json_array_size(call->input);
    json_t *value = size == 0 ? NULL : json_array_get(call->input, size - 1);

    return value == NULL ? json_null() : json_incref(value);
}

static json_t *filter_default(const Call *call)
{
    gboolean is_empty = !tg_liquid_is_true(call->input) || *call->text == '\0';

    return is_empty ? json_string(call->first) : json_incref((json_t *)call->input);
}

static json_t *filter_slice(const Call *call)
{
    glong length = g_utf8_strlen(call->text, -1);
    gint64 start = g_ascii_strtoll(call->first, NULL, 10);
    gint64 wanted = *call->second == '\0' ? 1 : g_ascii_strtoll(call->second, NULL, 10);

    start = start < 0 ? start + length : start;
    if (start < 0 || start >= length || wanted <= 0) {
        return json_string("");
    }
    return text_value(g_utf8_substring(call->text, start, MIN(start + wanted, length)));
}

static gboolean is_whole(const char *text)
{
    text += *text == '-' ? 1 : 0;
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* plus, minus, times, divided_by, modulo; whole numbers stay whole. */
static json_t *calculate(const Call *call, char operator)
{
    double a = g_ascii_strtod(call->text, NULL);
    double b = g_ascii_strtod(call->first, NULL);
    gboolean whole = is_whole(call->text) && is_whole(call->first);
    double result = 0.0;

    if ((operator== '/' || operator== '%') && b == 0.0) {
        return json_string("Liquid error: divided by 0");
    }
    switch (operator) {
    case '+':
        result = a + b;
        break;
    case '-':
        result = a - b;
        break;
    case '*':
        result = a * b;
        break;
    case '/':
        result = whole ? floor(a / b) : a / b;
        break;
    default:
        result = a - b * floor(a / b);
        break;
    }
    return whole && fabs(result) < 9e15 ? json_integer((json_int_t)result) : json_real(result);
}

static json_t *filter_plus(const Call *call)
{
    return calculate(call, '+');
}

static json_t *filter_minus(const Call *call)
{
    return calculate(call, '-');
}

static json_t *filter_times(const Call *call)
{
    return calculate(call, '*');
}

static json_t *filter_divided_by(const Call *call)
{
    return calculate(call, '/');
}

static json_t *filter_modulo(const Call *call)
{
    return calculate(call, '%');
}

/* Reads a time as people write it in configs. */
static gboolean parse_time(const Call *call, TgInt128 *out)
{
    static const char *const formats[] = {"%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S",
                                          "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"};
    g_autoptr(TgTimeZone) zone = tg_time_zone_new("UTC", NULL);
    TgTimeDefaults defaults = {.zone = zone, .year = 1970, .month = 1, .day = 1};

    if (strcmp(call->text, "now") == 0 || strcmp(call->text, "today") == 0) {
        *out = (TgInt128)call->scope->now_ms * 1000000;
        return TRUE;
    }
    if (is_whole(call->text)) {
        *out = (TgInt128)g_ascii_strtoll(call->text, NULL, 10) * TG_NANOS_PER_SECOND;
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autoptr(TgTimeFormat) format = tg_time_format_new(formats[i], NULL);

        if (tg_time_format_parse(format, &defaults, call->text, strlen(call->text), out)) {
            return TRUE;
        }
    }
    return FALSE;
}

static json_t *filter_date(const Call *call)
{
    g_autoptr(TgTimeFormat) format = tg_time_format_new(call->first, NULL);
    g_autoptr(TgTimeZone) zone = tg_time_zone_new("UTC", NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    TgInt128 nanos = 0;

    if (format == NULL || *call->first == '\0' || !parse_time(call, &nanos)) {
        return json_string(call->text);
    }
    tg_time_format_write(format, zone, nanos, out);
    return json_string(out->str);
}

json_t *tg_liquid_filter(const LiquidScope *scope, const char *name, const json_t *input,
                         const json_t *arguments, GError **error)
{
    static const struct {
        const char *name;
        json_t *(*apply)(const Call *call);
    } filters[] = {
        {"append", filter_append},
        {"capitalize", filter_capitalize},
        {"date", filter_date},
        {"default", filter_default},
        {"divided_by", filter_divided_by},
        {"downcase", filter_downcase},
        {"first", filter_first},
        {"join", filter_join},
        {"last", filter_last},
        {"minus", filter_minus},
        {"modulo", filter_modulo},
        {"plus", filter_plus},
        {"prepend", filter_prepend},
        {"remove", filter_remove},
        {"replace", filter_replace},
        {"size", filter_size},
        {"slice", filter_slice},
        {"split", filter_split},
        {"strip", filter_strip},
        {"times", filter_times},
        {"upcase", filter_upcase},
    };
    g_autofree char *text = tg_liquid_to_text(input);
    g_autofree char *first = tg_liquid_to_text(json_array_get(arguments, 0));
    g_autofree char *second = tg_liquid_to_text(json_array_get(arguments, 1));
    Call call = {.scope = scope,
                 .input = input,
                 .text = text,
                 .arguments = arguments,
                 .first = first,
                 .second = second};

    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
        if (strcmp(filters[i].name, name) == 0) {
            return filters[i].apply(&call);
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Liquid: there is no filter '%s' here", name);
    return NULL;
}
