/* Templates over scopes: the plain cases natively, all others in JavaScript. */
#include "script/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "params/params.h"
#include "script/engine_js.h"
#include "script/es5.h"
#include "script/stateless.h"
#include "script/template.h"

#define SAFE_INTEGER_MAX ((gint64)1 << 53)
#define SHOWN_CHARS 200

struct TgScript {
    GTimeZone *zone;
    TgJs *js; /* NULL until an expression needs it */
};

/* What a template sees: names before `lower` hide those in it. */
typedef struct {
    const json_t *upper; /* siblings that are filled in already; may be NULL */
    const json_t *lower;
} Scope;

TgScript *tg_script_new(GTimeZone *zone)
{
    TgScript *script = g_new0(TgScript, 1);

    script->zone = g_time_zone_ref(zone);
    return script;
}

void tg_script_free(TgScript *script)
{
    if (script == NULL) {
        return;
    }
    tg_js_free(script->js);
    g_time_zone_unref(script->zone);
    g_free(script);
}

/* ---- plain names, without JavaScript ---- */

static gboolean is_reserved(const char *name)
{
    static const char *const words[] = {
        "this",   "null",   "true", "false", "undefined", "typeof", "new",  "void", "delete",
        "return", "var",    "if",   "else",  "for",       "while",  "with", "do",   "function",
        "in",     "switch", "case", "break", "continue",  "throw",  "try",  NULL};

    return g_strv_contains(words, name) || g_str_has_prefix(name, "__");
}

/* The parts of `a.b.c`, or NULL when the expression is anything else. */
static char **plain_path(const char *expression)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(expression));
    g_auto(GStrv) parts = NULL;

    if (trimmed[strspn(trimmed, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."
                                "$")] != '\0') {
        return NULL;
    }
    parts = g_strsplit(trimmed, ".", -1);
    for (char **part = parts; *part != NULL; part++) {
        if (**part == '\0' || g_ascii_isdigit(**part) || is_reserved(*part)) {
            return NULL;
        }
    }
    return parts[0] == NULL ? NULL : g_steal_pointer(&parts);
}

/* Appends what JavaScript would give for a plain value; FALSE: ask JavaScript. */
static gboolean append_value(GString *out, const json_t *value)
{
    if (value == NULL || json_is_null(value)) {
        return TRUE;
    }
    if (json_is_string(value)) {
        g_string_append_len(out, json_string_value(value), (gssize)json_string_length(value));
        return TRUE;
    }
    if (json_is_boolean(value)) {
        g_string_append(out, json_is_true(value) ? "true" : "false");
        return TRUE;
    }
    if (json_is_integer(value) && ABS(json_integer_value(value)) < SAFE_INTEGER_MAX) {
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return TRUE;
    }
    return FALSE;
}

static gboolean append_plain(GString *out, const char *expression, Scope scope)
{
    g_auto(GStrv) path = plain_path(expression);
    const json_t *value = NULL;

    if (path == NULL) {
        return FALSE;
    }
    value = scope.upper == NULL ? NULL : json_object_get(scope.upper, path[0]);
    value = value != NULL ? value : json_object_get(scope.lower, path[0]);
    if (value == NULL) {
        return FALSE; /* a global, or an error with JavaScript's text */
    }
    for (char **part = path + 1; *part != NULL; part++) {
        if (!json_is_object(value)) {
            return FALSE;
        }
        value = json_object_get(value, *part);
        if (value == NULL && part[1] != NULL) {
            return FALSE;
        }
    }
    return append_value(out, value);
}

static char *fill_plain(const GPtrArray *parts, Scope scope)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < parts->len; i++) {
        const TgTemplatePart *part = parts->pdata[i];

        if (!part->is_expression) {
            g_string_append(out, part->text);
        } else if (!append_plain(out, part->text, scope)) {
            return NULL;
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- all else ---- */

static void append_js_string(GString *body, const char *text)
{
    g_string_append_c(body, '\'');
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '\'' || c == '\\') {
            g_string_append_printf(body, "\\%c", (char)c);
        } else if (c < 0x20 || c == 0x2028 || c == 0x2029) {
            g_string_append_printf(body, "\\u%04x", c);
        } else {
            g_string_append_unichar(body, c);
        }
    }
    g_string_append_c(body, '\'');
}

/* The function that digdag.js builds, so that every odd expression means what it means there. */
static char *function_body(const GPtrArray *parts)
{
    GString *body = g_string_new("with(this){\nvar __t,__p='',__j=Array.prototype.join,"
                                 "print=function(){__p+=__j.call(arguments,'');};\n__p+=''");

    for (guint i = 0; i < parts->len; i++) {
        const TgTemplatePart *part = parts->pdata[i];

        g_string_append(body, "+\n");
        if (part->is_expression) {
            g_string_append_printf(body,
                                   "((__t=(%s))==null?'':(typeof __t==\"string\"?__t:"
                                   "JSON.stringify(__t)))",
                                   part->text);
        } else {
            append_js_string(body, part->text);
        }
    }
    g_string_append(body, ";\nreturn __p;\n}\n");
    return g_string_free(body, FALSE);
}

static json_t *merged_scope(Scope scope)
{
    json_t *merged = json_copy((json_t *)scope.lower);

    if (scope.upper != NULL) {
        json_object_update(merged, (json_t *)scope.upper);
    }
    return merged;
}

/* " (did you mean 'x'?)" for "ReferenceError: y is not defined". */
static char *name_hint(const char *message, json_t *variables)
{
    static const char prefix[] = "ReferenceError: ";
    const char *end = strstr(message, " is not defined");
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *key = NULL;
    json_t *value = NULL;

    if (!g_str_has_prefix(message, prefix) || end == NULL) {
        return g_strdup("");
    }
    g_autofree char *name =
        g_strndup(message + strlen(prefix), (gsize)(end - message) - strlen(prefix));

    json_object_foreach (variables, key, value) {
        g_ptr_array_add(names, (gpointer)key);
    }
    g_ptr_array_add(names, NULL);
    return tg_suggest_phrase(name, (const char *const *)names->pdata);
}

static void set_evaluation_error(GError **error, const char *text, const char *why,
                                 json_t *variables)
{
    g_autofree char *hint = name_hint(why, variables);
    g_autofree char *shown = g_utf8_strlen(text, -1) > SHOWN_CHARS
                                 ? g_utf8_substring(text, 0, SHOWN_CHARS)
                                 : g_strdup(text);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Failed to evaluate a variable %s%s (%s)%s",
                shown, strlen(shown) < strlen(text) ? "…" : "", why, hint);
}

static gboolean is_stateless(const GPtrArray *parts)
{
    for (guint i = 0; i < parts->len; i++) {
        const TgTemplatePart *part = parts->pdata[i];

        if (part->is_expression && !tg_script_is_stateless(part->text)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The variables whose names stand in the text; an expression that is stateless can reach no
 * others. */
static json_t *mentioned(const json_t *variables, const char *text)
{
    json_t *some = json_object();
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)variables, key, value) {
        if (strstr(text, key) != NULL) {
            json_object_set(some, key, value);
        }
    }
    return some;
}

/* Runs the body in the engine that all share, or in one that this task alone has. */
static char *run_js(TgScript *script, const char *text, const GPtrArray *parts,
                    const json_t *variables, GError **error)
{
    g_autofree char *body = function_body(parts);
    gboolean is_shared = is_stateless(parts);
    g_autoptr(json_t) some = is_shared ? mentioned(variables, text) : NULL;
    char *json = json_dumps(is_shared ? some : variables, JSON_COMPACT);

    if (!is_shared && script->js == NULL) {
        script->js = tg_js_new(script->zone);
    }
    char *result = tg_js_call(is_shared ? tg_js_shared(script->zone) : script->js, body,
                              json == NULL ? "{}" : json, error);

    free(json);
    return result;
}

static char *fill_js(TgScript *script, const char *text, const GPtrArray *parts, Scope scope,
                     GError **error)
{
    json_t *variables = merged_scope(scope);
    g_autoptr(GError) cause = NULL;
    char *result = NULL;

    for (guint i = 0; i < parts->len && cause == NULL; i++) {
        const TgTemplatePart *part = parts->pdata[i];
        const char *newer = part->is_expression ? tg_es5_find_newer(part->text) : NULL;

        if (newer != NULL) {
            g_set_error(&cause, TG_ERROR, TG_ERROR_CONFIG,
                        "SyntaxError: %s is not ECMAScript 5, which templates are written in",
                        newer);
        }
    }
    if (cause == NULL) {
        result = run_js(script, text, parts, variables, &cause);
    }
    if (result == NULL) {
        set_evaluation_error(error, text, cause->message, variables);
    }
    json_decref(variables);
    return result;
}

static char *fill(TgScript *script, const char *text, Scope scope, GError **error)
{
    g_autoptr(GPtrArray) parts = NULL;
    char *result = NULL;

    if (strchr(text, '$') == NULL) {
        return g_strdup(text);
    }
    if (strlen(text) > TG_SCRIPT_TEXT_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a text with ${…} is larger than %zu MiB",
                    TG_SCRIPT_TEXT_MAX / 1024 / 1024);
        return NULL;
    }
    parts = tg_template_split(text);
    result = fill_plain(parts, scope);
    return result != NULL ? result : fill_js(script, text, parts, scope, error);
}

char *tg_script_fill(TgScript *script, const char *text, const json_t *scope, GError **error)
{
    return fill(script, text, (Scope){.lower = scope}, error);
}

/* ---- whole configurations ---- */

static json_t *fill_map(TgScript *script, const json_t *map, const json_t *scope, GError **error);
static json_t *fill_list(TgScript *script, const json_t *list, Scope scope, GError **error);

static json_t *fill_value(TgScript *script, const json_t *value, Scope scope, GError **error)
{
    g_autofree char *text = NULL;

    if (json_is_object(value)) {
        return fill_map(script, value, scope.lower, error);
    }
    if (json_is_array(value)) {
        return fill_list(script, value, scope, error);
    }
    if (!json_is_string(value) || strchr(json_string_value(value), '$') == NULL) {
        return json_incref((json_t *)value);
    }
    text = fill(script, json_string_value(value), scope, error);
    return text == NULL ? NULL : json_string(text);
}

static json_t *fill_list(TgScript *script, const json_t *list, Scope scope, GError **error)
{
    json_t *built = json_array();
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (list, index, value) {
        json_t *filled = fill_value(script, value, scope, error);

        if (filled == NULL) {
            json_decref(built);
            return NULL;
        }
        json_array_append_new(built, filled);
    }
    return built;
}

static json_t *fill_map(TgScript *script, const json_t *map, const json_t *scope, GError **error)
{
    json_t *built = json_object();
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)map, key, value) {
        gboolean is_raw = strcmp(key, "_do") == 0 || strcmp(key, "_else_do") == 0;
        Scope seen = {.upper = built, .lower = scope};
        json_t *filled = is_raw ? json_incref(value) : fill_value(script, value, seen, error);

        if (filled == NULL) {
            json_decref(built);
            return NULL;
        }
        json_object_set_new(built, key, filled);
    }
    return built;
}

json_t *tg_script_fill_params(TgScript *script, const json_t *config, const json_t *scope,
                              GError **error)
{
    return fill_map(script, config, scope, error);
}
