/* Liquid templates: text, {{ output }} and {% tags %}. */
#include "loader/liquid.h"

#include <string.h>

#include "loader/liquid_internal.h"
#include "params/params.h"

typedef enum { TOKEN_TEXT, TOKEN_OUTPUT, TOKEN_TAG } TokenKind;

typedef struct {
    TokenKind kind;
    char *text;      /* what is inside, without blanks around */
    char *arguments; /* of a tag: behind its name; lent from text */
    gsize offset;    /* in the source */
} Token;

#define RANGE_MAX 100000 /* values of (a..b) */

typedef struct {
    const TgSource *source;
    LiquidScope scope;
    GArray *tokens;
    guint at;
    guint depth;
    GString *out;
} Liquid;

static void clear_token(gpointer data)
{
    g_free(((Token *)data)->text);
}

static gboolean fail_at(const Liquid *self, gsize offset, const char *message, GError **error)
{
    tg_source_error(error, self->source, tg_source_place(self->source, offset), "%s", message);
    return FALSE;
}

/* Gives an error of an expression its place. */
static gboolean fail_here(const Liquid *self, const Token *token, GError *take_problem,
                          GError **error)
{
    g_autoptr(GError) problem = take_problem;

    return fail_at(self, token->offset, problem->message, error);
}

static void add_text(Liquid *self, const char *start, const char *end, gboolean trim)
{
    while (trim && end > start && g_ascii_isspace(end[-1])) {
        end--;
    }
    if (end > start) {
        Token token = {.kind = TOKEN_TEXT,
                       .text = g_strndup(start, (gsize)(end - start)),
                       .offset = (gsize)(start - self->source->text)};

        g_array_append_val(self->tokens, token);
    }
}

static void add_token(Liquid *self, TokenKind kind, const char *start, const char *end)
{
    Token token = {.kind = kind,
                   .text = g_strstrip(g_strndup(start, (gsize)(end - start))),
                   .offset = (gsize)(start - self->source->text)};

    token.arguments = token.text;
    if (kind == TOKEN_TAG) {
        token.arguments += strcspn(token.text, " \t\r\n");
        if (*token.arguments != '\0') {
            *token.arguments++ = '\0';
            g_strstrip(token.arguments);
        }
    }
    g_array_append_val(self->tokens, token);
}

/* The end of {% raw %} text; NULL: there is none. */
static const char *find_endraw(const char *at, const char **out_after)
{
    for (at = strstr(at, "{%"); at != NULL; at = strstr(at + 2, "{%")) {
        const char *name = at + 2 + (at[2] == '-' ? 1 : 0);

        name += strspn(name, " \t\r\n");
        if (g_str_has_prefix(name, "endraw")) {
            const char *close = strstr(name, "%}");

            *out_after = close == NULL ? NULL : close + 2;
            return close == NULL ? NULL : at;
        }
    }
    return NULL;
}

static gboolean last_is_raw(const Liquid *self)
{
    const Token *token = &g_array_index(self->tokens, Token, self->tokens->len - 1);

    return token->kind == TOKEN_TAG && strcmp(token->text, "raw") == 0;
}

static const char *find_open(const char *at)
{
    for (at = strchr(at, '{'); at != NULL; at = strchr(at + 1, '{')) {
        if (at[1] == '{' || at[1] == '%') {
            return at;
        }
    }
    return NULL;
}

/* Reads one {{ }} or {% %} at `open`; the place behind it, or NULL with the error set. */
static const char *read_markup(Liquid *self, const char *open, GError **error)
{
    gboolean is_tag = open[1] == '%';
    const char *start = open + 2 + (open[2] == '-' ? 1 : 0);
    const char *close = strstr(start, is_tag ? "%}" : "}}");
    const char *after = NULL;

    if (close == NULL) {
        (void)fail_at(self, (gsize)(open - self->source->text), "Liquid: this is never closed",
                      error);
        return NULL;
    }
    gboolean trims = close > start && close[-1] == '-';

    add_token(self, is_tag ? TOKEN_TAG : TOKEN_OUTPUT, start, close - (trims ? 1 : 0));
    after = close + 2;
    if (last_is_raw(self)) {
        const char *end = find_endraw(after, &close);

        g_array_set_size(self->tokens, self->tokens->len - 1);
        if (end == NULL) {
            (void)fail_at(self, (gsize)(open - self->source->text), "Liquid: raw has no endraw",
                          error);
            return NULL;
        }
        add_text(self, after, end, FALSE);
        after = close;
    }
    return after + (trims ? strspn(after, " \t\r\n") : 0);
}

static gboolean tokenize(Liquid *self, GError **error)
{
    const char *at = self->source->text;

    while (at != NULL && *at != '\0') {
        const char *open = find_open(at);

        add_text(self, at, open == NULL ? at + strlen(at) : open, open != NULL && open[2] == '-');
        if (open == NULL) {
            return TRUE;
        }
        at = read_markup(self, open, error);
    }
    return at != NULL;
}

static gboolean render_block(Liquid *self, gboolean is_active, GError **error);

static Token *current(Liquid *self)
{
    return self->at < self->tokens->len ? &g_array_index(self->tokens, Token, self->at) : NULL;
}

static gboolean is_tag(const Token *token, const char *name)
{
    return token != NULL && token->kind == TOKEN_TAG && strcmp(token->text, name) == 0;
}

/* Takes the tag that must end a block. */
static gboolean take_end(Liquid *self, const Token *start, const char *name, GError **error)
{
    if (!is_tag(current(self), name)) {
        g_autofree char *message = g_strdup_printf("Liquid: '%s' has no '%s'", start->text, name);

        return fail_at(self, start->offset, message, error);
    }
    self->at++;
    return TRUE;
}

static gboolean render_assign(Liquid *self, const Token *tag, gboolean is_active, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(tag->arguments, "=", 2);
    GError *problem = NULL;

    self->at++;
    if (!is_active) {
        return TRUE;
    }
    if (parts[0] == NULL || parts[1] == NULL) {
        return fail_at(self, tag->offset, "Liquid: write 'assign name = value'", error);
    }
    json_t *value = tg_liquid_evaluate(&self->scope, parts[1], &problem);

    if (value == NULL) {
        return fail_here(self, tag, problem, error);
    }
    json_object_set_new(self->scope.scope, g_strstrip(parts[0]), value);
    return TRUE;
}

static gboolean render_capture(Liquid *self, const Token *tag, gboolean is_active, GError **error)
{
    gsize start = self->out->len;
    g_autofree char *name = g_strdup(tag->arguments);

    self->at++;
    if (!render_block(self, is_active, error) || !take_end(self, tag, "endcapture", error)) {
        return FALSE;
    }
    if (is_active) {
        json_object_set_new(self->scope.scope, name, json_string(self->out->str + start));
        g_string_truncate(self->out, start);
    }
    return TRUE;
}

static gboolean render_comment(Liquid *self, const Token *tag, gboolean is_active G_GNUC_UNUSED,
                               GError **error)
{
    self->at++;
    while (current(self) != NULL && !is_tag(current(self), "endcomment")) {
        self->at++;
    }
    return take_end(self, tag, "endcomment", error);
}

/* Whether a branch of an if is the one that is taken. */
static gboolean test_branch(const Liquid *self, const Token *branch, gboolean *out, GError **error)
{
    GError *problem = NULL;

    if (strcmp(branch->text, "else") == 0) {
        *out = TRUE;
        return TRUE;
    }
    if (!tg_liquid_test(&self->scope, branch->arguments, out, &problem)) {
        return fail_here(self, branch, problem, error);
    }
    if (strcmp(branch->text, "unless") == 0) {
        *out = !*out;
    }
    return TRUE;
}

/* if and unless, with their branches. */
static gboolean render_if(Liquid *self, const Token *tag, gboolean is_active, GError **error)
{
    gboolean is_unless = strcmp(tag->text, "unless") == 0;
    gboolean is_done = !is_active; /* a branch was taken, or none shall be */
    const Token *branch = tag;

    while (branch != NULL) {
        gboolean holds = FALSE;

        if (!is_done && !test_branch(self, branch, &holds, error)) {
            return FALSE;
        }
        self->at++;
        if (!render_block(self, holds, error)) {
            return FALSE;
        }
        is_done = is_done || holds;
        branch =
            is_tag(current(self), "elsif") || is_tag(current(self), "else") ? current(self) : NULL;
    }
    return take_end(self, tag, is_unless ? "endunless" : "endif", error);
}

/* Whether one of the values of a `when` is that of the case. */
static gboolean matches(const Liquid *self, const json_t *value, const char *values)
{
    g_auto(GStrv) parts = g_strsplit(values, ",", -1);
    g_autofree char *text = tg_liquid_to_text(value);

    for (char **part = parts; *part != NULL; part++) {
        g_autoptr(json_t) other = tg_liquid_evaluate(&self->scope, *part, NULL);
        g_autofree char *other_text = tg_liquid_to_text(other);

        if (strcmp(text, other_text) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean render_case(Liquid *self, const Token *tag, gboolean is_active, GError **error)
{
    GError *problem = NULL;
    g_autoptr(json_t) value =
        is_active ? tg_liquid_evaluate(&self->scope, tag->arguments, &problem) : json_null();
    gboolean is_done = FALSE;

    if (value == NULL) {
        return fail_here(self, tag, problem, error);
    }
    self->at++;
    if (!render_block(self, FALSE, error)) {
        return FALSE;
    }
    while (is_tag(current(self), "when") || is_tag(current(self), "else")) {
        const Token *branch = current(self);
        gboolean holds = is_tag(branch, "else") || matches(self, value, branch->arguments);

        self->at++;
        if (!render_block(self, is_active && !is_done && holds, error)) {
            return FALSE;
        }
        is_done = is_done || holds;
    }
    return take_end(self, tag, "endcase", error);
}

/* "(1..n)" as a list; NULL when the text is no range. */
static json_t *range_of(Liquid *self, const char *text, GError **error)
{
    const char *dots = strstr(text, "..");
    gsize size = strlen(text);

    if (*text != '(' || dots == NULL || text[size - 1] != ')') {
        return NULL;
    }
    g_autofree char *first_text = g_strndup(text + 1, (gsize)(dots - text) - 1);
    g_autofree char *last_text = g_strndup(dots + 2, size - (gsize)(dots - text) - 3);
    g_autoptr(json_t) first = tg_liquid_evaluate(&self->scope, g_strstrip(first_text), error);
    g_autoptr(json_t) last =
        first == NULL ? NULL : tg_liquid_evaluate(&self->scope, g_strstrip(last_text), error);

    if (last == NULL) {
        return NULL;
    }
    g_autofree char *from_text = tg_liquid_to_text(first);
    g_autofree char *to_text = tg_liquid_to_text(last);
    gint64 from = g_ascii_strtoll(from_text, NULL, 10);
    gint64 to = MIN(g_ascii_strtoll(to_text, NULL, 10), from + RANGE_MAX);
    json_t *list = json_array();

    for (gint64 i = from; i <= to; i++) {
        json_array_append_new(list, json_integer(i));
    }
    return list;
}

/* "limit:3", "offset: n"; FALSE when the key is not there. */
static gboolean take_number(Liquid *self, const char *text, const char *key, gsize *out)
{
    const char *at = strstr(text, key);
    g_autoptr(json_t) value = NULL;

    if (at == NULL) {
        return FALSE;
    }
    at += strlen(key);
    at += strspn(at, " ");
    g_autofree char *word = g_strndup(at, strcspn(at, " "));

    value = tg_liquid_evaluate(&self->scope, word, NULL);
    g_autofree char *number = value == NULL ? NULL : tg_liquid_to_text(value);

    *out = number == NULL ? 0 : (gsize)MAX(g_ascii_strtoll(number, NULL, 10), 0);
    return TRUE;
}

/* What `for` goes through: LIST or (a..b), then reversed, limit:N, offset:N. */
static json_t *for_list(Liquid *self, const char *arguments, GError **error)
{
    gsize end = *arguments == '(' && strchr(arguments, ')') != NULL
                    ? (gsize)(strchr(arguments, ')') - arguments) + 1
                    : strcspn(arguments, " ");
    g_autofree char *source = g_strndup(arguments, end);
    GError *problem = NULL;
    g_autoptr(json_t) all = range_of(self, source, &problem);
    json_t *list = json_array();
    gsize offset = 0;
    gsize limit = G_MAXSIZE;

    if (all == NULL && problem == NULL) {
        all = tg_liquid_evaluate(&self->scope, source, &problem);
    }
    if (problem != NULL) {
        json_decref(list);
        g_propagate_error(error, problem);
        return NULL;
    }
    (void)take_number(self, arguments + end, "offset:", &offset);
    (void)take_number(self, arguments + end, "limit:", &limit);
    gboolean is_reversed = strstr(arguments + end, "reversed") != NULL;

    for (gsize i = offset; i < json_array_size(all) && i - offset < limit; i++) {
        json_array_insert(list, is_reversed ? 0 : json_array_size(list), json_array_get(all, i));
    }
    return list;
}

static void set_loop(Liquid *self, const char *name, json_t *list, size_t index)
{
    size_t count = json_array_size(list);

    json_object_set(self->scope.scope, name, json_array_get(list, index));
    json_object_set_new(self->scope.scope, "forloop",
                        json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "index",
                                  (json_int_t)index + 1, "index0", (json_int_t)index, "rindex",
                                  (json_int_t)(count - index), "rindex0",
                                  (json_int_t)(count - index - 1), "length", (json_int_t)count,
                                  "first", index == 0, "last", index + 1 == count));
}

/* for NAME in LIST … else … endfor */
static gboolean render_for(Liquid *self, const Token *tag, gboolean is_active, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(tag->arguments, " ", 3);
    guint body = self->at + 1;
    GError *problem = NULL;

    if (g_strv_length(words) < 3 || strcmp(words[1], "in") != 0) {
        return fail_at(self, tag->offset, "Liquid: write 'for name in list'", error);
    }
    g_autoptr(json_t) list = is_active ? for_list(self, g_strstrip(words[2]), &problem) : NULL;

    if (problem != NULL) {
        return fail_here(self, tag, problem, error);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        self->at = body;
        set_loop(self, words[0], list, i);
        if (!render_block(self, TRUE, error)) {
            return FALSE;
        }
    }
    gboolean is_empty = json_array_size(list) == 0;

    if (is_empty) {
        self->at = body;
        if (!render_block(self, FALSE, error)) {
            return FALSE;
        }
    }
    if (is_tag(current(self), "else")) {
        self->at++;
        if (!render_block(self, is_active && is_empty, error)) {
            return FALSE;
        }
    }
    return take_end(self, tag, "endfor", error);
}

static gboolean render_tag(Liquid *self, const Token *tag, gboolean is_active, GError **error)
{
    static const struct {
        const char *name;
        gboolean (*render)(Liquid *self, const Token *tag, gboolean is_active, GError **error);
    } tags[] = {
        {"assign", render_assign},   {"capture", render_capture}, {"case", render_case},
        {"comment", render_comment}, {"for", render_for},         {"if", render_if},
        {"unless", render_if},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (strcmp(tags[i].name, tag->text) == 0) {
            return tags[i].render(self, tag, is_active, error);
        }
    }
    g_autofree char *message = g_strdup_printf("Liquid: there is no tag '%s' here", tag->text);

    return fail_at(self, tag->offset, message, error);
}

static gboolean render_output(Liquid *self, const Token *token, GError **error)
{
    GError *problem = NULL;
    g_autoptr(json_t) value = tg_liquid_evaluate(&self->scope, token->text, &problem);

    if (value == NULL) {
        return fail_here(self, token, problem, error);
    }
    g_autofree char *text = tg_liquid_to_text(value);

    g_string_append(self->out, text);
    return TRUE;
}

/* A tag that ends a block or a branch of it. */
static gboolean is_end(const Token *token)
{
    static const char *const names[] = {"elsif",     "else",    "when",       "endif",
                                        "endunless", "endcase", "endcapture", "endcomment",
                                        "endfor",    NULL};

    return token->kind == TOKEN_TAG && g_strv_contains(names, token->text);
}

static gboolean render_token(Liquid *self, const Token *token, gboolean is_active, GError **error)
{
    if (token->kind == TOKEN_TAG) {
        return render_tag(self, token, is_active, error);
    }
    self->at++;
    if (!is_active) {
        return TRUE;
    }
    if (token->kind == TOKEN_OUTPUT) {
        return render_output(self, token, error);
    }
    g_string_append(self->out, token->text);
    return TRUE;
}

/* Renders up to the tag that ends the block, which stays current. */
static gboolean render_block(Liquid *self, gboolean is_active, GError **error)
{
    gboolean ok = TRUE;

    if (++self->depth > TG_LIQUID_DEPTH_MAX) {
        return fail_at(self, 0, "Liquid: blocks are nested too deeply", error);
    }
    while (ok && current(self) != NULL && !is_end(current(self))) {
        ok = render_token(self, current(self), is_active, error);
        if (ok && self->out->len > TG_LIQUID_OUTPUT_BYTES_MAX) {
            ok = fail_at(self, 0, "Liquid: the result is larger than 16 MiB", error);
        }
    }
    self->depth--;
    return ok;
}

char *tg_liquid_render(const TgSource *source, const json_t *variables, gint64 now_ms,
                       GError **error)
{
    g_autofree char *text = g_strndup(source->text, source->size_bytes);
    TgSource copy = {.name = source->name, .text = text, .size_bytes = strlen(text)};
    g_autoptr(json_t) scope = json_deep_copy(variables);
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
    g_autoptr(GString) out = g_string_new(NULL);
    Liquid self = {
        .source = &copy, .scope = {.scope = scope, .now_ms = now_ms}, .tokens = tokens, .out = out};

    g_array_set_clear_func(tokens, clear_token);
    if (!tokenize(&self, error) || !render_block(&self, TRUE, error)) {
        return NULL;
    }
    if (current(&self) != NULL) {
        (void)fail_at(&self, current(&self)->offset, "Liquid: this ends a block that was not begun",
                      error);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
