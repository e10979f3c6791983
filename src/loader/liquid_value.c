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

static json_t *size_of(const json_t *value)
{
    if (json_is_string(value)) {
        return json_integer((json_int_t)g_utf8_strlen(json_string_value(value), -1));
    }
    if (json_is_array(value)) {
        return json_integer((json_int_t)json_array_size(value));
    }
    return json_is_object(value) ? json_integer((json_int_t)json_object_size(value)) : json_null();
}

/* A member of a value: of a map by name, of a list by number, or its size. */
static json_t *member_of(const json_t *value, const json_t *key)
{
    json_t *found = NULL;
    const char *name = json_string_value(key);

    gint64 count = (gint64)json_array_size(value);

    if (name != NULL && strcmp(name, "size") == 0 && !json_object_get(value, name)) {
        return size_of(value);
    }
    if (json_is_array(value) && json_is_integer(key)) {
        gint64 at = json_integer_value(key);

        found = json_array_get(value, (size_t)(at < 0 ? at + count : at));
    } else if (json_is_array(value) && name != NULL && count > 0 && strcmp(name, "first") == 0) {
        found = json_array_get(value, 0);
    } else if (json_is_array(value) && name != NULL && count > 0 && strcmp(name, "last") == 0) {
        found = json_array_get(value, (size_t)count - 1);
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

/* (1..5) is a list of integers. */
static json_t *take_range(Expression *self)
{
    g_autoptr(json_t) list = json_array();

    self->at++;
    g_autoptr(json_t) first = take_value(self);

    skip_blanks(self);
    if (first == NULL || !g_str_has_prefix(self->at, "..")) {
        return NULL;
    }
    self->at += 2;
    g_autoptr(json_t) last = take_value(self);

    skip_blanks(self);
    if (last == NULL || *self->at != ')') {
        return NULL;
    }
    self->at++;
    g_autofree char *from = tg_liquid_to_text(first);
    g_autofree char *to = tg_liquid_to_text(last);
    gint64 end = g_ascii_strtoll(to, NULL, 10);

    for (gint64 i = g_ascii_strtoll(from, NULL, 10); i <= end; i++) {
        if (json_array_size(list) == TG_LIQUID_ROUNDS_MAX) {
            return NULL;
        }
        json_array_append_new(list, json_integer((json_int_t)i));
    }
    return g_steal_pointer(&list);
}

static json_t *take_value(Expression *self)
{
    skip_blanks(self);
    if (*self->at == '(') {
        return take_range(self);
    }
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

json_t *tg_liquid_take_value(const LiquidScope *scope, const char **at, GError **error)
{
    Expression self = {.scope = scope, .at = *at};
    json_t *value = take_value(&self);

    if (value == NULL) {
        return fail_syntax(&self, error);
    }
    skip_blanks(&self);
    *at = self.at;
    return value;
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

gboolean tg_liquid_equals(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        return json_number_value(a) == json_number_value(b);
    }
    return json_equal((json_t *)a, (json_t *)b) != 0;
}

static gboolean contains(const json_t *list, const json_t *wanted)
{
    json_t *value = NULL;
    size_t index = 0;

    if (json_is_string(list) && !json_is_null(wanted)) {
        g_autofree char *text = tg_liquid_to_text(wanted);

        return strstr(json_string_value(list), text) != NULL;
    }
    if (json_is_object(list) && json_is_string(wanted)) {
        return json_object_get(list, json_string_value(wanted)) != NULL;
    }
    json_array_foreach (list, index, value) {
        if (tg_liquid_equals(value, wanted)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean compare(const json_t *a, const char *operator, const json_t * b)
{
    double difference = 0.0;

    if (strcmp(operator, "contains") == 0) {
        return contains(a, b);
    }
    if (*operator== '=' || * operator== '!') {
        return tg_liquid_equals(a, b) == (*operator== '=');
    }
    if (json_is_number(a) && json_is_number(b)) {
        difference = json_number_value(a) - json_number_value(b);
    } else if (json_is_string(a) && json_is_string(b)) {
        difference = (double)g_strcmp0(json_string_value(a), json_string_value(b));
    } else {
        return FALSE;
    }
    if (operator[1] == '=' && difference == 0.0) {
        return TRUE;
    }
    return *operator== '<' ? difference < 0.0 : difference> 0.0;
}

/* Whether the value that follows is the word `empty` (or `blank`), which stands for "" and for
 * lists and maps without members. */
static gboolean take_empty(Expression *self)
{
    static const char *const words[] = {"empty", "blank"};

    skip_blanks(self);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *after = self->at + strnlen(self->at, strlen(words[i]));

        if (g_str_has_prefix(self->at, words[i]) && !g_ascii_isalnum(*after) && *after != '_') {
            self->at = after;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_empty(const json_t *value)
{
    return (json_is_string(value) && *json_string_value(value) == '\0') ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
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
        if (take_empty(self)) {
            *out = is_empty(left) == (*operators[i] == '=');
            break;
        }
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
