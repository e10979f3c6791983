/* Random workflows and fates. */
#include "model.h"

#include <string.h>

#define DEPTH_MAX 3
#define FAIL_PERCENT 12
#define TASKS_WANTED 60 /* about the most of one workflow */

/* splitmix64: Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014). */
static guint64 mix(guint64 *state)
{
    guint64 z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void tg_sim_model_init(TgSimModel *model, guint64 seed)
{
    *model = (TgSimModel){.seed = seed, .state = seed * 2654435761u + 1};
}

guint tg_sim_random(TgSimModel *model, guint limit)
{
    return (guint)(mix(&model->state) % limit);
}

guint tg_sim_fate(const TgSimModel *model, const char *what, const char *name, guint turn,
                  guint limit)
{
    guint64 state = model->seed ^ ((guint64)g_str_hash(what) << 32) ^ g_str_hash(name);

    (void)mix(&state);
    state += turn;
    return (guint)(mix(&state) % limit);
}

static gboolean chance(TgSimModel *model, guint percent)
{
    return tg_sim_random(model, 100) < percent;
}

static json_t *make_body(TgSimModel *model, guint depth);

static void add_hooks(TgSimModel *model, json_t *task, guint depth)
{
    if (chance(model, 12)) {
        json_object_set_new(task, "_error", make_body(model, depth + 2));
    }
    if (chance(model, 8)) {
        json_object_set_new(task, "_check", make_body(model, depth + 2));
    }
}

static void add_dependencies(TgSimModel *model, json_t *group, gboolean is_parallel)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *key = NULL;
    json_t *task = NULL;

    json_object_foreach (group, key, task) {
        if (key[0] != '+') {
            continue;
        }
        if (is_parallel && names->len > 0 && chance(model, 30)) {
            const char *other = names->pdata[tg_sim_random(model, names->len)];

            json_object_set_new(task, "_after", json_pack("[s]", other));
        } else if (!is_parallel && names->len > 0 && chance(model, 15)) {
            json_object_set_new(task, "_background", json_true());
        }
        g_ptr_array_add(names, (gpointer)key);
    }
}

static json_t *make_group(TgSimModel *model, guint depth)
{
    json_t *group = json_object();
    guint count = 1 + tg_sim_random(model, 5);
    gboolean is_parallel = chance(model, 40);

    if (is_parallel) {
        json_object_set_new(group, "_parallel",
                            chance(model, 40)
                                ? json_pack("{s:i}", "limit", 1 + (int)tg_sim_random(model, 3))
                                : json_true());
    }
    if (chance(model, 15)) {
        json_object_set_new(group, "_retry", json_integer(1 + (json_int_t)tg_sim_random(model, 2)));
    }
    for (guint i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("+t%u", i);

        json_object_set_new(group, name, make_body(model, depth + 1));
    }
    add_dependencies(model, group, is_parallel);
    return group;
}

static json_t *make_body(TgSimModel *model, guint depth)
{
    gboolean is_group = depth < DEPTH_MAX && model->tasks < TASKS_WANTED && chance(model, 35);
    json_t *body = is_group ? make_group(model, depth) : json_pack("{s:s}", "do>", "x");

    model->tasks++;
    if (depth < DEPTH_MAX) {
        add_hooks(model, body, depth);
    }
    return body;
}

json_t *tg_sim_model_workflow(TgSimModel *model)
{
    json_t *workflow = make_group(model, 0);

    add_hooks(model, workflow, 0);
    return workflow;
}

gboolean tg_sim_model_fails(const TgSimModel *model, const char *full_name, guint turn)
{
    return !g_str_has_suffix(full_name, "^failure-alert") &&
           tg_sim_fate(model, "fails", full_name, turn, 100) < FAIL_PERCENT;
}

json_t *tg_sim_model_subtasks(const TgSimModel *model, const char *full_name)
{
    TgSimModel other = {.tasks = TASKS_WANTED - 6};
    guint depth = 0;

    for (const char *c = full_name; (c = strstr(c, "^")) != NULL; c++) {
        depth++;
    }
    if (depth > 1 || g_str_has_suffix(full_name, "^failure-alert") ||
        tg_sim_fate(model, "subtasks", full_name, 0, 100) >= 15) {
        return NULL;
    }
    tg_sim_model_init(&other, model->seed ^ g_str_hash(full_name));
    other.tasks = TASKS_WANTED - 6;
    return make_group(&other, DEPTH_MAX - 1);
}

gboolean tg_sim_model_crashes(const TgSimModel *model)
{
    return tg_sim_fate(model, "crashes", "", 0, 100) < 25;
}

gboolean tg_sim_model_is_killed(const TgSimModel *model)
{
    return tg_sim_fate(model, "killed", "", 0, 100) < 10;
}

gboolean tg_sim_is_about_failure(const char *full_name)
{
    return strstr(full_name, "^error") != NULL || strstr(full_name, "^failure-alert") != NULL;
}
