/* Liquid's expressions and conditions. */
#include <string.h>

#include "loader/liquid_internal.h"
#include "loader/number_text.h"
#include "params/params.h"

typedef struct {
    const LiquidScope *scope;
    const char *at;
} Expression;

gboolean tg_liquid_is_true(const json_t *value)
{
    return value != NULL && !json_is_null(value) && !json_is_false(value);
}

char *tg_liquid_to_text(const json_t *value)
{
    json_t *member = NULL;
    size_t index = 0;

    if (value == NULL || json_is_null(value)) {
        return g_strdup("");
    }
    if (json_is_array(value)) {
        GString *out = g_string_new(NULL);

        json_array_foreach (value, index, member) {
            g_autofree char *text = tg_liquid_to_text(member);

            g_string_append(out, text);
        }
        return g_string_free(out, FALSE);
    }
    return tg_params_to_text(value);
}

static void skip_blanks(Expression *self)
{
    while (g_ascii_isspace(*self->at)) {
        self->at++;
    }
}

static json_t *take_quoted(Expression *self)
{
    const char *start = self->at + 1;
    const char *end = strchr(start, *self->at);

    if (end == NULL) {
        return NULL;
    }
    self->at = end + 1;
    return json_stringn(start, (gsize)(end - start));
}

static json_t *take_number(Expression *self)
{
    const char *start = self->at;

    self->at += *self->at == '-' ? 1 : 0;
    self->at += strspn(self->at, "0123456789");
    if (*self->at != '.' || !g_ascii_isdigit(self->at[1])) {
        return json_integer(g_ascii_strtoll(start, NULL, 10));
    }
    self->at++;
    self->at += strspn(self->at, "0123456789");
    return json_real(g_ascii_strtod(start, NULL));
}

static char *take_name(Expression *self)
{
    const char *start = self->at;

    while (g_ascii_isalnum(*self->at) || *self->at == '_' || *self->at == '-') {
        self->at++;
    }
    return g_strndup(start, (gsize)(self->at - start));
}

static json_t *take_value(Expression *self);

/* A member of a value: of a map by name, of a list by number, or its size. */
static json_t *member_of(const json_t *value, const json_t *key)
{
    json_t *found = NULL;
    const char *name = json_string_value(key);

    if (json_is_array(value) && name != NULL && strcmp(name, "size") == 0) {
        return json_integer((json_int_t)json_array_size(value));
    }
    if (json_is_array(value) && json_is_integer(key)) {
        found = json_array_get(value, (size_t)MAX(json_integer_value(key), 0));
    } else if (name != NULL) {
        found = json_object_get(value, name);
    }
    return found == NULL ? json_null() : json_incref(found);
}

/* ".name" and "[index]" behind a variable. */
static json_t *take_path(Expression *self, json_t *take_base)
{
    g_autoptr(json_t) value = take_base;

    while (*self->at == '.' || *self->at == '[') {
        g_autoptr(json_t) key = NULL;

        if (*self->at++ == '.') {
            g_autofree char *name = take_name(self);

            key = json_string(name);
        } else {
            key = take_value(self);
            skip_blanks(self);
            self->at += *self->at == ']' ? 1 : 0;
        }
        json_t *next = member_of(value, key);

        json_decref(value);
        value = next;
    }
    return g_steal_pointer(&value);
}

static json_t *take_value(Expression *self)
{
    skip_blanks(self);
    if (*self->at == '"' || *self->at == '\'') {
        return take_quoted(self);
    }
    if (g_ascii_isdigit(*self->at) || (*self->at == '-' && g_ascii_isdigit(self->at[1]))) {
        return take_number(self);
    }
    g_autofree char *name = take_name(self);

    if (strcmp(name, "true") == 0 || strcmp(name, "false") == 0) {
        return json_boolean(*name == 't');
    }
    if (*name == '\0' || strcmp(name, "nil") == 0 || strcmp(name, "null") == 0) {
        return *name == '\0' ? NULL : json_null();
    }
    if (strcmp(name, "empty") == 0 || strcmp(name, "blank") == 0) {
        return json_string("");
    }
    json_t *base = json_object_get(self->scope->scope, name);

    return take_path(self, base == NULL ? json_null() : json_incref(base));
}

static json_t *fail_syntax(const Expression *self, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Liquid: this cannot be read: '%.40s'", self->at);
    return NULL;
}

/* ": x, y" behind a filter's name. */
static json_t *take_arguments(Expression *self, GError **error)
{
    g_autoptr(json_t) arguments = json_array();

    skip_blanks(self);
    while (*self->at == ':' || *self->at == ',') {
        self->at++;
        json_t *value = take_value(self);

        if (value == NULL) {
            return fail_syntax(self, error);
        }
        json_array_append_new(arguments, value);
        skip_blanks(self);
    }
    return g_steal_pointer(&arguments);
}

json_t *tg_liquid_evaluate(const LiquidScope *scope, const char *text, GError **error)
{
    Expression self = {.scope = scope, .at = text};
    g_autoptr(json_t) value = take_value(&self);

    if (value == NULL) {
        return fail_syntax(&self, error);
    }
    for (skip_blanks(&self); *self.at == '|'; skip_blanks(&self)) {
        self.at++;
        skip_blanks(&self);
        g_autofree char *name = take_name(&self);
        g_autoptr(json_t) arguments = take_arguments(&self, error);
        json_t *next =
            arguments == NULL ? NULL : tg_liquid_filter(scope, name, value, arguments, error);

        if (next == NULL) {
            return NULL;
        }
        json_decref(value);
        value = next;
    }
    return *self.at == '\0' ? g_steal_pointer(&value) : fail_syntax(&self, error);
}

static gboolean compare(const json_t *a, const char *operator, const json_t * b)
{
    g_autofree char *a_text = tg_liquid_to_text(a);
    g_autofree char *b_text = tg_liquid_to_text(b);
    gboolean numbers = json_is_number(a) && json_is_number(b);
    int order = strcmp(a_text, b_text);

    if (strcmp(operator, "contains") == 0) {
        return strstr(a_text, b_text) != NULL;
    }
    if (numbers) {
        double difference = json_number_value(a) - json_number_value(b);

        order = difference < 0 ? -1 : (difference > 0 ? 1 : 0);
    }
    switch (*operator) {
    case '=':
        return order == 0;
    case '!':
        return order != 0;
    case '<':
        return operator[1] == '=' ? order <= 0 : order<0;
    default:
        return operator[1] == '=' ? order >= 0 : order> 0;
    }
}

/* "a", or "a == b". */
static gboolean take_comparison(Expression *self, gboolean *out, GError **error)
{
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">", "contains"};
    g_autoptr(json_t) left = take_value(self);

    if (left == NULL) {
        (void)fail_syntax(self, error);
        return FALSE;
    }
    skip_blanks(self);
    *out = tg_liquid_is_true(left);
    for (gsize i = 0; i < G_N_ELEMENTS(operators); i++) {
        if (!g_str_has_prefix(self->at, operators[i])) {
            continue;
        }
        self->at += strlen(operators[i]);
        g_autoptr(json_t) right = take_value(self);

        if (right == NULL) {
            (void)fail_syntax(self, error);
            return FALSE;
        }
        *out = compare(left, operators[i], right);
        break;
    }
    skip_blanks(self);
    return TRUE;
}

gboolean tg_liquid_test(const LiquidScope *scope, const char *text, gboolean *out, GError **error)
{
    Expression self = {.scope = scope, .at = text};
    gboolean rest = FALSE;

    if (!take_comparison(&self, out, error)) {
        return FALSE;
    }
    if (*self.at == '\0') {
        return TRUE;
    }
    gboolean is_and = g_str_has_prefix(self.at, "and ");

    if (!is_and && !g_str_has_prefix(self.at, "or ")) {
        (void)fail_syntax(&self, error);
        return FALSE;
    }
    /* Liquid reads conditions from the right */
    if (!tg_liquid_test(scope, self.at + (is_and ? 4 : 3), &rest, error)) {
        return FALSE;
    }
    *out = is_and ? *out && rest : *out || rest;
    return TRUE;
}
