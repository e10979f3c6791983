/* Liquid's loops, and the tags that live from their rounds. */
#include <string.h>

#include "loader/liquid_internal.h"
#include "params/params.h"

/* for NAME in LIST reversed limit: 2 offset: 1 */
typedef struct {
    char *name;
    char *list_name; /* how the list is written: the key of `offset: continue` */
    json_t *list;    /* the rounds */
    gint64 columns;  /* of tablerow; 0: all */
} Loop;

static void loop_clear(Loop *loop)
{
    g_free(loop->name);
    g_free(loop->list_name);
    json_decref(loop->list);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Loop, loop_clear)

typedef struct {
    gint64 limit; /* negative: none */
    gint64 offset;
    gboolean continues;
    gboolean is_reversed;
    gint64 columns;
} LoopOptions;

static gboolean set_option(const Liquid *self, const char *name, const char **at,
                           LoopOptions *options, GError **error)
{
    if (strcmp(name, "offset") == 0 && g_str_has_prefix(*at, "continue")) {
        options->continues = TRUE;
        *at += strlen("continue");
        return TRUE;
    }
    g_autoptr(json_t) value = tg_liquid_take_value(&self->scope, at, error);

    if (value == NULL) {
        return FALSE;
    }
    g_autofree char *text = tg_liquid_to_text(value);
    gint64 number = g_ascii_strtoll(text, NULL, 10);

    if (json_is_null(value)) {
        return TRUE;
    }
    if (strcmp(name, "limit") == 0) {
        options->limit = MAX(number, 0);
    } else if (strcmp(name, "offset") == 0) {
        options->offset = MAX(number, 0);
    } else if (strcmp(name, "cols") == 0) {
        options->columns = MAX(number, 0);
    }
    return TRUE;
}

static gboolean read_options(const Liquid *self, const char *at, LoopOptions *options,
                             GError **error)
{
    while (*at != '\0') {
        at += strspn(at, ", \t\r\n");
        gsize length = strcspn(at, ": ,");
        g_autofree char *name = g_strndup(at, length);

        if (length == 0) {
            return *at == '\0' ? TRUE
                               : (g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                                              "Liquid: this cannot be read: '%.40s'", at),
                                  FALSE);
        }
        at += length;
        at += strspn(at, " ");
        if (*at != ':') {
            options->is_reversed = options->is_reversed || strcmp(name, "reversed") == 0;
            continue;
        }
        at++;
        at += strspn(at, " ");
        if (!set_option(self, name, &at, options, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What a loop runs over: of a map pairs, of a text the text, of nothing nothing. */
static json_t *to_list(json_t *take_value)
{
    g_autoptr(json_t) value = take_value;
    json_t *list = json_array();
    const char *key = NULL;
    json_t *member = NULL;

    if (json_is_array(value)) {
        json_decref(list);
        return g_steal_pointer(&value);
    }
    json_object_foreach (value, key, member) {
        json_array_append_new(list, json_pack("[s, O]", key, member));
    }
    if (json_is_string(value) && *json_string_value(value) != '\0') {
        json_array_append(list, value);
    }
    return list;
}

static json_t *cut_list(Liquid *self, const Loop *loop, const LoopOptions *options,
                        json_t *take_list)
{
    g_autoptr(json_t) all = take_list;
    g_autofree char *key = g_strdup_printf("for %s-%s", loop->name, loop->list_name);
    json_t *list = json_array();
    gint64 count = (gint64)json_array_size(all);
    gint64 from = options->continues ? json_integer_value(json_object_get(self->registers, key))
                                     : options->offset;
    gint64 to = options->limit < 0 ? count : MIN(count, from + options->limit);

    for (gint64 i = from; i < to; i++) {
        gint64 at = options->is_reversed ? from + to - 1 - i : i;

        json_array_append(list, json_array_get(all, (size_t)at));
    }
    json_object_set_new(self->registers, key, json_integer((json_int_t)MAX(from, to)));
    return list;
}

static gboolean read_loop(Liquid *self, const LiquidToken *tag, Loop *loop, GError **error)
{
    LoopOptions options = {.limit = -1};
    const char *at = tag->arguments;
    gsize length = strcspn(at, " \t\r\n");

    loop->name = g_strndup(at, length);
    at += length;
    at += strspn(at, " \t\r\n");
    if (length == 0 || !g_str_has_prefix(at, "in") || !g_ascii_isspace(at[2])) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Liquid: write '%s name in list'", tag->text);
        return FALSE;
    }
    at += 3;
    const char *start = at;
    json_t *value = tg_liquid_take_value(&self->scope, &at, error);

    if (value == NULL) {
        return FALSE;
    }
    loop->list_name = g_strchomp(g_strndup(start, (gsize)(at - start)));
    if (!read_options(self, at, &options, error)) {
        json_decref(value);
        return FALSE;
    }
    loop->columns = options.columns;
    loop->list = cut_list(self, loop, &options, to_list(value));
    return TRUE;
}

static json_t *describe_round(size_t index, size_t count, json_t *parent)
{
    json_t *round = json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "index", (json_int_t)index + 1,
                              "index0", (json_int_t)index, "rindex", (json_int_t)(count - index),
                              "rindex0", (json_int_t)(count - index - 1), "length",
                              (json_int_t)count, "first", index == 0, "last", index + 1 == count);

    if (parent != NULL) {
        json_object_set(round, "parentloop", parent);
    }
    return round;
}

/* One round; *out_stops after `break`. */
static gboolean render_round(Liquid *self, guint body, gboolean *out_stops, GError **error)
{
    if (++self->rounds > TG_LIQUID_ROUNDS_MAX) {
        return tg_liquid_fail_at(self, 0, "Liquid: loops go round more than a million times",
                                 error);
    }
    self->at = body;
    if (!tg_liquid_render_block(self, TRUE, error)) {
        return FALSE;
    }
    *out_stops = self->interrupt == LIQUID_BREAKS;
    self->interrupt = LIQUID_GOES_ON;
    return TRUE;
}

/* Puts back what a loop's own variables hid. */
static void restore(Liquid *self, const char *name, json_t *take_old)
{
    if (take_old == NULL) {
        json_object_del(self->scope.scope, name); /* it may be gone already */
    } else {
        json_object_set_new(self->scope.scope, name, take_old);
    }
}

static json_t *get_old(const Liquid *self, const char *name)
{
    json_t *old = json_object_get(self->scope.scope, name);

    return old == NULL ? NULL : json_incref(old);
}

static gboolean render_rounds(Liquid *self, const Loop *loop, guint body, GError **error)
{
    json_t *parent = json_object_get(self->scope.scope, "forloop");
    gsize count = json_array_size(loop->list);
    json_t *old_value = get_old(self, loop->name);
    json_t *old_loop = get_old(self, "forloop");
    json_t *value = NULL;
    size_t index = 0;
    gboolean stops = FALSE;
    gboolean ok = TRUE;

    json_array_foreach (loop->list, index, value) {
        json_object_set(self->scope.scope, loop->name, value);
        json_object_set_new(self->scope.scope, "forloop",
                            describe_round(index, count, index == 0 ? parent : old_loop));
        ok = render_round(self, body, &stops, error);
        if (!ok || stops) {
            break;
        }
    }
    restore(self, loop->name, old_value);
    restore(self, "forloop", old_loop);
    return ok;
}

gboolean tg_liquid_for(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error)
{
    g_auto(Loop) loop = {0};
    guint body = self->at + 1;
    GError *problem = NULL;
    gboolean has_rounds = FALSE;

    if (is_active && !read_loop(self, tag, &loop, &problem)) {
        return tg_liquid_fail_here(self, tag, problem, error);
    }
    has_rounds = json_array_size(loop.list) > 0;
    if (has_rounds && !render_rounds(self, &loop, body, error)) {
        return FALSE;
    }
    if (!has_rounds) {
        self->at = body;
        if (!tg_liquid_render_block(self, FALSE, error)) {
            return FALSE;
        }
    }
    if (tg_liquid_is_tag(tg_liquid_current(self), "else")) {
        self->at++;
        if (!tg_liquid_render_block(self, is_active && !has_rounds, error)) {
            return FALSE;
        }
    }
    return tg_liquid_take_end(self, tag, "endfor", error);
}

static gboolean render_cell(Liquid *self, const Loop *loop, size_t index, guint body,
                            gboolean *out_stops, GError **error)
{
    gsize count = json_array_size(loop->list);
    gsize columns = loop->columns == 0 ? count : (gsize)loop->columns;
    gsize column = index % columns;
    json_t *round = describe_round(index, count, NULL);

    json_object_set_new(round, "col", json_integer((json_int_t)column + 1));
    json_object_set_new(round, "col0", json_integer((json_int_t)column));
    json_object_set_new(round, "row", json_integer((json_int_t)(index / columns) + 1));
    json_object_set_new(round, "col_first", json_boolean(column == 0));
    json_object_set_new(round, "col_last", json_boolean(column + 1 == columns));
    json_object_set(self->scope.scope, loop->name, json_array_get(loop->list, index));
    json_object_set_new(self->scope.scope, "tablerowloop", round);
    g_string_append_printf(self->out, "<td class=\"col%zu\">", column + 1);
    if (!render_round(self, body, out_stops, error)) {
        return FALSE;
    }
    g_string_append(self->out, "</td>");
    if (column + 1 == columns && index + 1 < count && !*out_stops) {
        g_string_append_printf(self->out, "</tr>\n<tr class=\"row%zu\">", index / columns + 2);
    }
    return TRUE;
}

gboolean tg_liquid_tablerow(Liquid *self, const LiquidToken *tag, gboolean is_active,
                            GError **error)
{
    g_auto(Loop) loop = {0};
    guint body = self->at + 1;
    GError *problem = NULL;
    gboolean stops = FALSE;
    gboolean ok = TRUE;

    if (is_active && !read_loop(self, tag, &loop, &problem)) {
        return tg_liquid_fail_here(self, tag, problem, error);
    }
    gsize count = json_array_size(loop.list);

    if (is_active) {
        g_string_append(self->out, "<tr class=\"row1\">\n");
    }
    if (count == 0) {
        self->at = body;
        ok = tg_liquid_render_block(self, FALSE, error);
    } else {
        json_t *old = get_old(self, loop.name);

        for (gsize i = 0; ok && !stops && i < count; i++) {
            ok = render_cell(self, &loop, i, body, &stops, error);
        }
        restore(self, loop.name, old);
    }
    if (is_active) {
        g_string_append(self->out, "</tr>\n");
    }
    return ok && tg_liquid_take_end(self, tag, "endtablerow", error);
}

/* break and continue */
gboolean tg_liquid_break(Liquid *self, const LiquidToken *tag, gboolean is_active,
                         GError **error G_GNUC_UNUSED)
{
    self->at++;
    if (is_active) {
        self->interrupt = *tag->text == 'b' ? LIQUID_BREAKS : LIQUID_CONTINUES;
    }
    return TRUE;
}

/* The values of cycle 'a', 'b' or cycle 'group': 'a', 'b'; *out_key names the cycle. */
static json_t *read_cycle(const Liquid *self, const LiquidToken *tag, char **out_key,
                          GError **error)
{
    const char *at = tag->arguments;
    g_autoptr(json_t) values = json_array();

    *out_key = g_strconcat("cycle ", tag->arguments, NULL);
    json_t *value = tg_liquid_take_value(&self->scope, &at, error);

    if (value != NULL && *at == ':') {
        g_autofree char *group = tg_liquid_to_text(value);

        g_free(*out_key);
        *out_key = g_strconcat("cycle ", group, NULL);
        json_decref(value);
        at++;
        value = tg_liquid_take_value(&self->scope, &at, error);
    }
    while (value != NULL && *at == ',') {
        json_array_append_new(values, value);
        at++;
        value = tg_liquid_take_value(&self->scope, &at, error);
    }
    if (value == NULL) {
        return NULL;
    }
    json_array_append_new(values, value);
    return g_steal_pointer(&values);
}

gboolean tg_liquid_cycle(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error)
{
    g_autofree char *key = NULL;
    g_autoptr(json_t) values = NULL;
    GError *problem = NULL;

    self->at++;
    if (!is_active) {
        return TRUE;
    }
    values = read_cycle(self, tag, &key, &problem);
    if (values == NULL) {
        return tg_liquid_fail_here(self, tag, problem, error);
    }
    json_int_t turn = json_integer_value(json_object_get(self->registers, key));
    g_autofree char *text =
        tg_liquid_to_text(json_array_get(values, (size_t)turn % json_array_size(values)));

    g_string_append(self->out, text);
    json_object_set_new(self->registers, key, json_integer(turn + 1));
    return TRUE;
}

/* increment prints 0, 1, 2 …; decrement -1, -2 … The counters are no variables. */
gboolean tg_liquid_count(Liquid *self, const LiquidToken *tag, gboolean is_active,
                         GError **error G_GNUC_UNUSED)
{
    g_autofree char *key = g_strconcat("count ", tag->arguments, NULL);
    json_int_t value = json_integer_value(json_object_get(self->registers, key));
    gboolean is_up = *tag->text == 'i';

    self->at++;
    if (is_active) {
        g_string_append_printf(self->out, "%" JSON_INTEGER_FORMAT, is_up ? value : value - 1);
        json_object_set_new(self->registers, key, json_integer(value + (is_up ? 1 : -1)));
    }
    return TRUE;
}

gboolean tg_liquid_ifchanged(Liquid *self, const LiquidToken *tag, gboolean is_active,
                             GError **error)
{
    gsize start = self->out->len;

    self->at++;
    if (!tg_liquid_render_block(self, is_active, error) ||
        !tg_liquid_take_end(self, tag, "endifchanged", error)) {
        return FALSE;
    }
    const char *last = json_string_value(json_object_get(self->registers, "ifchanged"));

    if (!is_active || g_strcmp0(last, self->out->str + start) == 0) {
        g_string_truncate(self->out, start);
        return TRUE;
    }
    json_object_set_new(self->registers, "ifchanged", json_string(self->out->str + start));
    return TRUE;
}
