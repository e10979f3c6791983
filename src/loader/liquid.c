/* Liquid templates: text, {{ output }} and {% tags %}. */
#include "loader/liquid.h"

#include <string.h>

#include "loader/liquid_internal.h"
#include "params/params.h"

static void clear_token(gpointer data)
{
    g_free(((LiquidToken *)data)->text);
}

gboolean tg_liquid_fail_at(const Liquid *self, gsize offset, const char *message, GError **error)
{
    tg_source_error(error, self->source, tg_source_place(self->source, offset), "%s", message);
    return FALSE;
}

gboolean tg_liquid_fail_here(const Liquid *self, const LiquidToken *token, GError *take_problem,
                             GError **error)
{
    g_autoptr(GError) problem = take_problem;
    const char *message = problem == NULL ? "Liquid: no value" : problem->message;

    return tg_liquid_fail_at(self, token->offset, message, error);
}

static void add_text(Liquid *self, const char *start, const char *end, gboolean trim)
{
    while (trim && end > start && g_ascii_isspace(end[-1])) {
        end--;
    }
    if (end > start) {
        LiquidToken token = {.kind = TOKEN_TEXT,
                             .text = g_strndup(start, (gsize)(end - start)),
                             .offset = (gsize)(start - self->source->text)};

        g_array_append_val(self->tokens, token);
    }
}

static void add_token(Liquid *self, LiquidTokenKind kind, const char *start, const char *end)
{
    LiquidToken token = {.kind = kind,
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
    const LiquidToken *token = &g_array_index(self->tokens, LiquidToken, self->tokens->len - 1);

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
        (void)tg_liquid_fail_at(self, (gsize)(open - self->source->text),
                                "Liquid: this is never closed", error);
        return NULL;
    }
    gboolean trims = close > start && close[-1] == '-';

    add_token(self, is_tag ? TOKEN_TAG : TOKEN_OUTPUT, start, close - (trims ? 1 : 0));
    after = close + 2;
    if (last_is_raw(self)) {
        const char *end = find_endraw(after, &close);

        g_array_set_size(self->tokens, self->tokens->len - 1);
        if (end == NULL) {
            (void)tg_liquid_fail_at(self, (gsize)(open - self->source->text),
                                    "Liquid: raw has no endraw", error);
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

LiquidToken *tg_liquid_current(Liquid *self)
{
    return self->at < self->tokens->len ? &g_array_index(self->tokens, LiquidToken, self->at)
                                        : NULL;
}

gboolean tg_liquid_is_tag(const LiquidToken *token, const char *name)
{
    return token != NULL && token->kind == TOKEN_TAG && strcmp(token->text, name) == 0;
}

gboolean tg_liquid_take_end(Liquid *self, const LiquidToken *start, const char *name,
                            GError **error)
{
    if (!tg_liquid_is_tag(tg_liquid_current(self), name)) {
        g_autofree char *message = g_strdup_printf("Liquid: '%s' has no '%s'", start->text, name);

        return tg_liquid_fail_at(self, start->offset, message, error);
    }
    self->at++;
    return TRUE;
}

static gboolean render_assign(Liquid *self, const LiquidToken *tag, gboolean is_active,
                              GError **error)
{
    g_auto(GStrv) parts = g_strsplit(tag->arguments, "=", 2);
    GError *problem = NULL;

    self->at++;
    if (!is_active) {
        return TRUE;
    }
    if (parts[0] == NULL || parts[1] == NULL) {
        return tg_liquid_fail_at(self, tag->offset, "Liquid: write 'assign name = value'", error);
    }
    json_t *value = tg_liquid_evaluate(&self->scope, parts[1], &problem);

    if (value == NULL) {
        return tg_liquid_fail_here(self, tag, problem, error);
    }
    json_object_set_new(self->scope.scope, g_strstrip(parts[0]), value);
    return TRUE;
}

static gboolean render_capture(Liquid *self, const LiquidToken *tag, gboolean is_active,
                               GError **error)
{
    gsize start = self->out->len;
    g_autofree char *name = g_strdup(tag->arguments);

    self->at++;
    if (!tg_liquid_render_block(self, is_active, error) ||
        !tg_liquid_take_end(self, tag, "endcapture", error)) {
        return FALSE;
    }
    if (is_active) {
        json_object_set_new(self->scope.scope, name, json_string(self->out->str + start));
        g_string_truncate(self->out, start);
    }
    return TRUE;
}

static gboolean render_comment(Liquid *self, const LiquidToken *tag,
                               gboolean is_active G_GNUC_UNUSED, GError **error)
{
    self->at++;
    while (tg_liquid_current(self) != NULL &&
           !tg_liquid_is_tag(tg_liquid_current(self), "endcomment")) {
        self->at++;
    }
    return tg_liquid_take_end(self, tag, "endcomment", error);
}

/* Whether a branch of an if is the one that is taken. */
static gboolean test_branch(const Liquid *self, const LiquidToken *branch, gboolean *out,
                            GError **error)
{
    GError *problem = NULL;

    if (strcmp(branch->text, "else") == 0) {
        *out = TRUE;
        return TRUE;
    }
    if (!tg_liquid_test(&self->scope, branch->arguments, out, &problem)) {
        return tg_liquid_fail_here(self, branch, problem, error);
    }
    if (strcmp(branch->text, "unless") == 0) {
        *out = !*out;
    }
    return TRUE;
}

/* if and unless, with their branches. */
static gboolean render_if(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error)
{
    gboolean is_unless = strcmp(tag->text, "unless") == 0;
    gboolean is_done = !is_active; /* a branch was taken, or none shall be */
    const LiquidToken *branch = tag;

    while (branch != NULL) {
        gboolean holds = FALSE;

        if (!is_done && !test_branch(self, branch, &holds, error)) {
            return FALSE;
        }
        self->at++;
        if (!tg_liquid_render_block(self, holds, error)) {
            return FALSE;
        }
        is_done = is_done || holds;
        branch = tg_liquid_is_tag(tg_liquid_current(self), "elsif") ||
                         tg_liquid_is_tag(tg_liquid_current(self), "else")
                     ? tg_liquid_current(self)
                     : NULL;
    }
    return tg_liquid_take_end(self, tag, is_unless ? "endunless" : "endif", error);
}

/* Whether one of the values of a `when` is that of the case: when 1, 'a' or b. */
static gboolean matches(const Liquid *self, const json_t *value, const char *values)
{
    const char *at = values;

    for (;;) {
        g_autoptr(json_t) other = tg_liquid_take_value(&self->scope, &at, NULL);

        if (other == NULL) {
            return FALSE;
        }
        if (tg_liquid_equals(value, other)) {
            return TRUE;
        }
        at += *at == ',' ? 1 : (g_str_has_prefix(at, "or ") ? 3 : 0);
    }
}

static gboolean render_case(Liquid *self, const LiquidToken *tag, gboolean is_active,
                            GError **error)
{
    GError *problem = NULL;
    g_autoptr(json_t) value =
        is_active ? tg_liquid_evaluate(&self->scope, tag->arguments, &problem) : json_null();
    gboolean is_done = FALSE;

    if (value == NULL) {
        return tg_liquid_fail_here(self, tag, problem, error);
    }
    self->at++;
    if (!tg_liquid_render_block(self, FALSE, error)) {
        return FALSE;
    }
    while (tg_liquid_is_tag(tg_liquid_current(self), "when") ||
           tg_liquid_is_tag(tg_liquid_current(self), "else")) {
        const LiquidToken *branch = tg_liquid_current(self);
        gboolean holds =
            tg_liquid_is_tag(branch, "else") || matches(self, value, branch->arguments);

        self->at++;
        if (!tg_liquid_render_block(self, is_active && !is_done && holds, error)) {
            return FALSE;
        }
        is_done = is_done || holds;
    }
    return tg_liquid_take_end(self, tag, "endcase", error);
}

static gboolean render_tag(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error)
{
    static const struct {
        const char *name;
        LiquidTag render;
    } tags[] = {
        {"assign", render_assign},
        {"break", tg_liquid_break},
        {"capture", render_capture},
        {"case", render_case},
        {"comment", render_comment},
        {"continue", tg_liquid_break},
        {"cycle", tg_liquid_cycle},
        {"decrement", tg_liquid_count},
        {"for", tg_liquid_for},
        {"if", render_if},
        {"ifchanged", tg_liquid_ifchanged},
        {"include", tg_liquid_include},
        {"increment", tg_liquid_count},
        {"tablerow", tg_liquid_tablerow},
        {"unless", render_if},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (strcmp(tags[i].name, tag->text) == 0) {
            return tags[i].render(self, tag, is_active, error);
        }
    }
    g_autofree char *message = g_strdup_printf("Liquid: there is no tag '%s' here", tag->text);

    return tg_liquid_fail_at(self, tag->offset, message, error);
}

static gboolean render_output(Liquid *self, const LiquidToken *token, GError **error)
{
    GError *problem = NULL;
    g_autoptr(json_t) value = tg_liquid_evaluate(&self->scope, token->text, &problem);

    if (value == NULL) {
        return tg_liquid_fail_here(self, token, problem, error);
    }
    g_autofree char *text = tg_liquid_to_text(value);

    g_string_append(self->out, text);
    return TRUE;
}

/* A tag that ends a block or a branch of it. */
static gboolean is_end(const LiquidToken *token)
{
    static const char *const names[] = {"elsif",        "else",        "when",       "endif",
                                        "endunless",    "endcase",     "endcapture", "endcomment",
                                        "endifchanged", "endtablerow", "endfor",     NULL};

    return token->kind == TOKEN_TAG && g_strv_contains(names, token->text);
}

static gboolean render_token(Liquid *self, const LiquidToken *token, gboolean is_active,
                             GError **error)
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

gboolean tg_liquid_render_block(Liquid *self, gboolean is_active, GError **error)
{
    gboolean ok = TRUE;

    if (++self->depth > TG_LIQUID_DEPTH_MAX) {
        return tg_liquid_fail_at(self, 0, "Liquid: blocks are nested too deeply", error);
    }
    while (ok && tg_liquid_current(self) != NULL && !is_end(tg_liquid_current(self))) {
        ok = render_token(self, tg_liquid_current(self),
                          is_active && self->interrupt == LIQUID_GOES_ON, error);
        if (ok && self->out->len > TG_LIQUID_OUTPUT_BYTES_MAX) {
            ok = tg_liquid_fail_at(self, 0, "Liquid: the result is larger than 16 MiB", error);
        }
    }
    self->depth--;
    return ok;
}

gboolean tg_liquid_render_inner(Liquid *self, const TgSource *source, GError **error)
{
    g_autofree char *text = g_strndup(source->text, source->size_bytes);
    TgSource copy = {.name = source->name, .text = text, .size_bytes = strlen(text)};
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(LiquidToken));
    Liquid inner = *self;

    inner.source = &copy;
    inner.tokens = tokens;
    inner.at = 0;
    g_array_set_clear_func(tokens, clear_token);
    if (!tokenize(&inner, error) || !tg_liquid_render_block(&inner, TRUE, error)) {
        return FALSE;
    }
    if (tg_liquid_current(&inner) != NULL) {
        return tg_liquid_fail_at(&inner, tg_liquid_current(&inner)->offset,
                                 "Liquid: this ends a block that was not begun", error);
    }
    self->rounds = inner.rounds;
    self->interrupt = inner.interrupt;
    return TRUE;
}

char *tg_liquid_render(const TgSource *source, const TgLiquidOptions *options, GError **error)
{
    g_autoptr(json_t) scope = json_deep_copy(options->variables);
    g_autoptr(json_t) registers = json_object();
    g_autoptr(GString) out = g_string_new(NULL);
    Liquid self = {.include_folder = options->include_folder,
                   .scope = {.scope = scope, .now_ms = options->now_ms},
                   .registers = registers,
                   .out = out};

    return tg_liquid_render_inner(&self, source, error)
               ? g_string_free(g_steal_pointer(&out), FALSE)
               : NULL;
}
