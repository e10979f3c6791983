/* Keeping, adding and dropping members of json values, as embulk-filter-column's JsonVisitor. */
#include "loader/filter/column_json.h"

#include <string.h>

#include "loader/plugin.h"

struct TgColumnPlace {
    TgJsonStep step;
    TgJsonStep source;     /* where its value comes from, in the same container */
    gboolean actions[3];   /* by TgPlaceAction */
    char *fallback;        /* compact JSON */
    GPtrArray *places;     /* of TgColumnPlace: what stands in this container */
    gboolean has_inner[3]; /* whether one of them has the action */
};

static void place_free(gpointer data)
{
    tg_column_place_free(data);
}

TgColumnPlace *tg_column_place_new(void)
{
    TgColumnPlace *place = g_new0(TgColumnPlace, 1);

    place->places = g_ptr_array_new_with_free_func(place_free);
    return place;
}

void tg_column_place_free(TgColumnPlace *place)
{
    if (place != NULL) {
        g_ptr_array_unref(place->places);
        g_free(place->step.key);
        g_free(place->source.key);
        g_free(place->fallback);
        g_free(place);
    }
}

static gboolean steps_are_equal(const TgJsonStep *a, const TgJsonStep *b)
{
    return g_strcmp0(a->key, b->key) == 0 && (a->key != NULL || a->index == b->index);
}

static TgColumnPlace *get_place(TgColumnPlace *parent, const TgJsonStep *step)
{
    TgColumnPlace *place = NULL;

    for (guint i = 0; i < parent->places->len; i++) {
        place = parent->places->pdata[i];
        if (steps_are_equal(&place->step, step)) {
            return place;
        }
    }
    place = tg_column_place_new();
    place->step = (TgJsonStep){g_strdup(step->key), step->index};
    place->source = (TgJsonStep){g_strdup(step->key), step->index};
    g_ptr_array_add(parent->places, place);
    return place;
}

static gboolean read_source(const TgJsonPath *path, const char *text, TgColumnPlace *place,
                            GError **error)
{
    g_autoptr(TgJsonPath) source = tg_json_path_new(text, error);
    gboolean is_sibling = source != NULL && source->count == path->count;

    if (source == NULL) {
        return FALSE;
    }
    for (guint i = 0; is_sibling && i + 1 < path->count; i++) {
        is_sibling = steps_are_equal(&source->steps[i], &path->steps[i]);
    }
    const TgJsonStep *last = &source->steps[MAX(source->count, 1) - 1];

    if (!is_sibling || (last->key == NULL) != (place->step.key == NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "src: '%s' does not stand beside the new name; only such values can be copied",
                    text);
        return FALSE;
    }
    g_free(place->source.key);
    place->source = (TgJsonStep){g_strdup(last->key), last->index};
    return TRUE;
}

/* A container that is only named as part of a longer path. */
static void note_ancestor(TgColumnPlace *parent, TgColumnPlace *place, TgPlaceAction action,
                          const TgJsonStep *next)
{
    if (action == TG_PLACE_DROP || place->actions[action]) {
        return;
    }
    place->actions[action] = TRUE;
    parent->has_inner[action] = TRUE;
    place->fallback = g_strdup(next->key == NULL ? "[]" : "{}");
}

gboolean tg_column_place_add(TgColumnPlace *root, const TgPlaceChange *change, GError **error)
{
    g_autoptr(TgJsonPath) path = tg_json_path_new(change->path, error);
    TgColumnPlace *parent = root;
    TgColumnPlace *place = NULL;

    if (path == NULL) {
        return FALSE;
    }
    if (path->count == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a path names a place inside of a json column; write the column itself "
                    "without $");
        return FALSE;
    }
    const TgJsonStep *last = &path->steps[path->count - 1];

    if (last->key == NULL && last->index == TG_JSON_PATH_ANY && change->action != TG_PLACE_DROP) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a path cannot end in [*] here");
        return FALSE;
    }
    for (guint i = 0; i < path->count; i++) {
        parent = place == NULL ? root : place;
        place = get_place(parent, &path->steps[i]);
        if (i + 1 < path->count) {
            note_ancestor(parent, place, change->action, &path->steps[i + 1]);
        }
    }
    place->actions[change->action] = TRUE;
    parent->has_inner[change->action] = TRUE;
    if (change->fallback != NULL) {
        g_free(place->fallback);
        place->fallback = g_strdup(change->fallback);
    }
    return change->source == NULL || read_source(path, change->source, place, error);
}

/* --- applying --- */

/* A container being written. */
typedef struct {
    const TgColumnPlace *place;
    TgJsonSlice value;
    gboolean is_object;
    GString *out;
    gboolean has_begun;
} Writer;

static void append_member(Writer *self, TgJsonSlice key, const TgColumnPlace *place,
                          TgJsonSlice value)
{
    g_string_append(self->out, self->has_begun ? "," : "");
    self->has_begun = TRUE;
    if (self->is_object && key.bytes != NULL) {
        g_string_append_len(self->out, key.bytes - 1, (gssize)key.size_bytes + 2);
        g_string_append_c(self->out, ':');
    } else if (self->is_object) {
        tg_json_quote_append(self->out, place->step.key, strlen(place->step.key));
        g_string_append_c(self->out, ':');
    }
    if (value.bytes == NULL) {
        const char *fallback = place->fallback == NULL ? "null" : place->fallback;

        value = (TgJsonSlice){fallback, strlen(fallback)};
    }
    if (place == NULL) {
        g_string_append_len(self->out, value.bytes, (gssize)value.size_bytes);
    } else {
        tg_column_place_apply(place, value, self->out);
    }
}

/* The place that a member is: its own, else that of all elements. */
static const TgColumnPlace *find_place(const Writer *self, TgJsonSlice key, gint64 index)
{
    const TgColumnPlace *any = NULL;

    for (guint i = 0; i < self->place->places->len; i++) {
        const TgColumnPlace *place = self->place->places->pdata[i];

        if (place->step.key != NULL ? self->is_object && tg_json_key_equals(key, place->step.key)
                                    : !self->is_object && place->step.index == index) {
            return place;
        }
        if (!self->is_object && place->step.key == NULL && place->step.index == TG_JSON_PATH_ANY) {
            any = place;
        }
    }
    return any;
}

/* The value of a member; no bytes: there is none. */
static TgJsonSlice find_value(const Writer *self, const TgJsonStep *step)
{
    TgJsonPath path = {.count = 1, .steps = (TgJsonStep *)step};

    return tg_json_path_find(&path, self->value);
}

static void append_all(Writer *self, gboolean drops)
{
    TgJsonWalk walk = {0};
    TgJsonSlice key = {0};
    TgJsonSlice value = {0};

    (void)tg_json_walk_init(&walk, self->value); /* it is a container */
    for (gint64 i = 0; tg_json_walk_next(&walk, &key, &value); i++) {
        const TgColumnPlace *place = find_place(self, key, i);

        if (!drops || place == NULL || !place->actions[TG_PLACE_DROP]) {
            append_member(self, key, place, value);
        }
    }
}

/* Only what is named, in the order of the config. */
static void append_kept(Writer *self)
{
    TgJsonSlice none = {0};

    for (guint i = 0; i < self->place->places->len; i++) {
        const TgColumnPlace *place = self->place->places->pdata[i];
        gboolean is_any = place->step.key == NULL && place->step.index == TG_JSON_PATH_ANY;

        if (!place->actions[TG_PLACE_KEEP] || (place->step.key != NULL) != self->is_object) {
            continue;
        }
        if (!is_any) {
            append_member(self, none, place, find_value(self, &place->source));
            continue;
        }
        TgJsonWalk walk = {0};
        TgJsonSlice value = {0};

        (void)tg_json_walk_init(&walk, self->value); /* it is a container */
        while (tg_json_walk_next(&walk, NULL, &value)) {
            append_member(self, none, place, value);
        }
    }
}

/* What is not there yet; an element must be behind the last. */
static void append_added(Writer *self)
{
    TgJsonSlice none = {0};

    for (guint i = 0; i < self->place->places->len; i++) {
        const TgColumnPlace *place = self->place->places->pdata[i];

        if (!place->actions[TG_PLACE_ADD] || (place->step.key != NULL) != self->is_object ||
            (place->step.key == NULL && place->step.index == TG_JSON_PATH_ANY) ||
            find_value(self, &place->step).bytes != NULL) {
            continue;
        }
        append_member(self, none, place, find_value(self, &place->source));
    }
}

void tg_column_place_apply(const TgColumnPlace *place, TgJsonSlice value, GString *out)
{
    Writer writer = {.place = place, .value = value, .out = out};
    TgJsonWalk walk = {0};

    if (place->places->len == 0 || !tg_json_walk_init(&walk, value)) {
        g_string_append_len(out, value.bytes, (gssize)value.size_bytes);
        return;
    }
    writer.is_object = walk.is_object;
    g_string_append_c(out, *value.bytes);
    if (place->has_inner[TG_PLACE_DROP]) {
        append_all(&writer, TRUE);
    } else if (place->has_inner[TG_PLACE_KEEP]) {
        append_kept(&writer);
    } else {
        append_all(&writer, FALSE);
    }
    if (place->has_inner[TG_PLACE_ADD]) {
        append_added(&writer);
    }
    g_string_append_c(out, writer.is_object ? '}' : ']');
}
