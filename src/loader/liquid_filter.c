/* Liquid's filters, those of numbers and times here. */
#include <math.h>
#include <string.h>

#include "loader/liquid_internal.h"
#include "loader/time_format.h"

static json_t *filter_default(const LiquidCall *call)
{
    gboolean is_empty = !tg_liquid_is_true(call->input) || *call->text == '\0';

    json_t *other = json_array_get(call->arguments, 0);

    if (is_empty) {
        return other == NULL ? json_string("") : json_incref(other);
    }
    return json_incref((json_t *)call->input);
}

static gboolean is_whole(const char *text)
{
    text += *text == '-' ? 1 : 0;
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* plus, minus, times, divided_by, modulo; whole numbers stay whole. */
static json_t *calculate(const LiquidCall *call, char operator)
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

static json_t *filter_plus(const LiquidCall *call)
{
    return calculate(call, '+');
}

static json_t *filter_minus(const LiquidCall *call)
{
    return calculate(call, '-');
}

static json_t *filter_times(const LiquidCall *call)
{
    return calculate(call, '*');
}

static json_t *filter_divided_by(const LiquidCall *call)
{
    return calculate(call, '/');
}

static json_t *filter_modulo(const LiquidCall *call)
{
    return calculate(call, '%');
}

/* Reads a time as people write it in configs. */
static gboolean parse_time(const LiquidCall *call, TgInt128 *out)
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

static json_t *filter_date(const LiquidCall *call)
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

/* A number of a text or a number; what is neither is 0. */
static double number_of(const char *text)
{
    return g_ascii_strtod(text, NULL);
}

static json_t *whole_or_real(double value, gboolean is_integer)
{
    return is_integer && fabs(value) < 9e15 ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *filter_abs(const LiquidCall *call)
{
    return whole_or_real(fabs(number_of(call->text)), is_whole(call->text));
}

static json_t *filter_at_least(const LiquidCall *call)
{
    gboolean is_enough = number_of(call->text) >= number_of(call->first);
    const char *text = is_enough ? call->text : call->first;

    return whole_or_real(number_of(text), is_whole(text));
}

static json_t *filter_at_most(const LiquidCall *call)
{
    gboolean is_enough = number_of(call->text) <= number_of(call->first);
    const char *text = is_enough ? call->text : call->first;

    return whole_or_real(number_of(text), is_whole(text));
}

static json_t *filter_ceil(const LiquidCall *call)
{
    return whole_or_real(ceil(number_of(call->text)), TRUE);
}

static json_t *filter_floor(const LiquidCall *call)
{
    return whole_or_real(floor(number_of(call->text)), TRUE);
}

static json_t *filter_round(const LiquidCall *call)
{
    gint64 digits = CLAMP(g_ascii_strtoll(call->first, NULL, 10), -15, 15);
    double scale = pow(10.0, (double)digits);

    return whole_or_real(round(number_of(call->text) * scale) / scale, digits <= 0);
}

static const LiquidFilter number_filters[] = {{"abs", filter_abs},
                                              {"at_least", filter_at_least},
                                              {"at_most", filter_at_most},
                                              {"ceil", filter_ceil},
                                              {"date", filter_date},
                                              {"default", filter_default},
                                              {"divided_by", filter_divided_by},
                                              {"floor", filter_floor},
                                              {"minus", filter_minus},
                                              {"modulo", filter_modulo},
                                              {"plus", filter_plus},
                                              {"round", filter_round},
                                              {"times", filter_times},
                                              {NULL, NULL}};

/* NULL: there is none of that name. */
static const LiquidFilter *find_filter(const LiquidFilter *filter, const char *name)
{
    while (filter->name != NULL && strcmp(filter->name, name) != 0) {
        filter++;
    }
    return filter->name == NULL ? NULL : filter;
}

json_t *tg_liquid_filter(const LiquidScope *scope, const char *name, const json_t *input,
                         const json_t *arguments, GError **error)
{
    const LiquidFilter *const tables[] = {number_filters, tg_liquid_text_filters,
                                          tg_liquid_list_filters};
    g_autofree char *text = tg_liquid_to_text(input);
    g_autofree char *first = tg_liquid_to_text(json_array_get(arguments, 0));
    g_autofree char *second = tg_liquid_to_text(json_array_get(arguments, 1));
    LiquidCall call = {.scope = scope,
                       .input = input,
                       .text = text,
                       .arguments = arguments,
                       .first = first,
                       .second = second};

    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        const LiquidFilter *filter = find_filter(tables[i], name);

        if (filter != NULL) {
            return filter->apply(&call);
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Liquid: there is no filter '%s' here", name);
    return NULL;
}
