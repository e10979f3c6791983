/* The independent checker. */
#include "checker.h"

#include <string.h>

/* ---- what should happen: a recursion without time ---- */

typedef struct {
    const TgSimModel *model;
    GHashTable *runs;    /* full name -> how often its operator ran */
    GHashTable *configs; /* full name -> its map; lent by `kept` */
    GPtrArray *kept;
} Expected;

static gboolean is_operator(const json_t *config)
{
    return json_object_get(config, "do>") != NULL || json_object_get(config, "_type") != NULL;
}

static gboolean expect_task(Expected *e, const char *full_name, const json_t *config);

/* Names that the i-th child waits for; `_parallel: {limit: N}` cuts the children into chunks. */
static GPtrArray *waits_for(const json_t *group, const char *wanted)
{
    GPtrArray *result = g_ptr_array_new();
    g_autoptr(GPtrArray) chunk = g_ptr_array_new();
    g_autoptr(GPtrArray) before = g_ptr_array_new();
    const json_t *parallel = json_object_get(group, "_parallel");
    json_int_t limit = json_integer_value(json_object_get(parallel, "limit"));
    const char *key = NULL;
    json_t *task = NULL;
    json_int_t position = 0;

    json_object_foreach ((json_t *)group, key, task) {
        gboolean is_background = json_is_true(json_object_get(task, "_background"));
        const char *after = json_string_value(json_array_get(json_object_get(task, "_after"), 0));
        gboolean opens = parallel == NULL ? !is_background : limit > 0 && position % limit == 0;

        if (key[0] != '+') {
            continue;
        }
        if (opens) {
            g_ptr_array_set_size(before, 0);
            g_ptr_array_extend(before, chunk, NULL, NULL);
            g_ptr_array_set_size(chunk, 0);
        }
        if (strcmp(key, wanted) == 0) {
            if (parallel != NULL || !is_background) {
                g_ptr_array_extend(result, before, NULL, NULL);
            }
            if (after != NULL) {
                g_ptr_array_add(result, (gpointer)after);
            }
            return result;
        }
        g_ptr_array_add(chunk, (gpointer)key);
        position++;
    }
    return result;
}

static gboolean expect_children(Expected *e, const char *full_name, const json_t *group)
{
    g_autoptr(GHashTable) good = g_hash_table_new(g_str_hash, g_str_equal);
    const char *key = NULL;
    json_t *task = NULL;
    gboolean all = TRUE;

    json_object_foreach ((json_t *)group, key, task) {
        if (key[0] != '+') {
            continue;
        }
        g_autoptr(GPtrArray) needs = waits_for(group, key);
        g_autofree char *name = g_strconcat(full_name, key, NULL);
        gboolean free_to_go = TRUE;

        for (guint i = 0; i < needs->len; i++) {
            free_to_go = free_to_go && g_hash_table_contains(good, needs->pdata[i]);
        }
        if (free_to_go && expect_task(e, name, task)) {
            g_hash_table_add(good, (gpointer)key);
        } else {
            all = FALSE;
        }
    }
    return all;
}

static void note_config(Expected *e, const char *full_name, const json_t *config)
{
    g_ptr_array_add(e->kept, json_incref((json_t *)config));
    g_hash_table_replace(e->configs, g_strdup(full_name), (gpointer)config);
}

static void expect_hook(Expected *e, const char *full_name, const char *suffix,
                        const json_t *config, gboolean *ok)
{
    if (json_object_size(config) > 0) {
        g_autofree char *name = g_strconcat(full_name, suffix, NULL);
        gboolean good = expect_task(e, name, config);

        *ok = *ok && good;
    }
}

/* The operator's run and what follows it; *retryable: a child failed, not the operator. */
static gboolean expect_run(Expected *e, const char *full_name, const json_t *config,
                           gboolean *retryable)
{
    guint turn = GPOINTER_TO_UINT(g_hash_table_lookup(e->runs, full_name));
    gboolean ok = TRUE;

    g_hash_table_replace(e->runs, g_strdup(full_name), GUINT_TO_POINTER(turn + 1));
    if (tg_sim_model_fails(e->model, full_name, turn)) {
        *retryable = FALSE;
        return FALSE;
    }
    json_t *subtasks = tg_sim_model_subtasks(e->model, full_name);

    if (subtasks != NULL) {
        expect_hook(e, full_name, "^sub", subtasks, &ok);
        json_decref(subtasks);
    }
    if (ok) {
        expect_hook(e, full_name, "^check", json_object_get(config, "_check"), &ok);
    }
    *retryable = TRUE;
    return ok;
}

static gboolean expect_task(Expected *e, const char *full_name, const json_t *config)
{
    json_int_t retries = json_integer_value(json_object_get(config, "_retry"));
    gboolean retryable = TRUE;
    gboolean ignored = TRUE;
    gboolean ok = FALSE;

    note_config(e, full_name, config);
    for (json_int_t i = 0; i <= retries && retryable && !ok; i++) {
        ok = is_operator(config) ? expect_run(e, full_name, config, &retryable)
                                 : expect_children(e, full_name, config);
    }
    if (!ok) {
        expect_hook(e, full_name, "^error", json_object_get(config, "_error"), &ignored);
    }
    return ok;
}

/* ---- what did happen ---- */

typedef struct {
    const Expected *expected;
    GHashTable *running; /* full names */
    GHashTable *good;    /* full names done */
    GHashTable *ended;   /* ids */
    GHashTable *runs;    /* full name -> starts */
    GHashTable *ever;    /* full names that were done at any time: their states are saved */
    GHashTable *saved;   /* what the present program found saved and has to reuse */
    gboolean crashed;
    gboolean killed;
} Reader;

static gboolean drop_below(gpointer key, gpointer value G_GNUC_UNUSED, gpointer group)
{
    return g_str_has_prefix(key, group) && strlen(key) > strlen(group);
}

/* The full name of the parent: all up to the last '+' or '^'. */
static char *parent_of(const char *full_name, const char **out_own)
{
    const char *at = full_name + strlen(full_name);

    while (at > full_name && *at != '+' && *at != '^') {
        at--;
    }
    *out_own = at;
    return g_strndup(full_name, (gsize)(at - full_name));
}

/* Whether everything that the task or one of its groups waits for is done. */
static char *check_order(const Reader *r, const char *full_name)
{
    g_autofree char *at = g_strdup(full_name);

    for (const char *own = NULL; *at != '\0';) {
        g_autofree char *parent = parent_of(at, &own);
        const json_t *group = g_hash_table_lookup(r->expected->configs, parent);

        if (group != NULL && *own == '+' && !is_operator(group)) {
            g_autoptr(GPtrArray) needs = waits_for(group, own);

            for (guint i = 0; i < needs->len; i++) {
                g_autofree char *need = g_strconcat(parent, needs->pdata[i], NULL);

                if (!g_hash_table_contains(r->good, need)) {
                    return g_strdup_printf("%s started before %s was done", full_name, need);
                }
            }
        }
        g_free(at);
        at = g_steal_pointer(&parent);
    }
    return NULL;
}

static char *read_start(Reader *r, const TgSimLine *line)
{
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(r->runs, line->name));

    if (r->killed) {
        return g_strdup_printf("%s started after the kill", line->name);
    }
    if (!g_hash_table_add(r->running, line->name)) {
        return g_strdup_printf("%s runs twice at a time", line->name);
    }
    if (g_hash_table_contains(r->saved, line->name)) {
        return g_strdup_printf("%s was done before the crash and runs again", line->name);
    }
    g_hash_table_replace(r->runs, line->name, GUINT_TO_POINTER(count + 1));
    return check_order(r, line->name);
}

static char *read_end(Reader *r, const TgSimLine *line)
{
    (void)g_hash_table_remove(r->running, line->name);
    if (!g_hash_table_add(r->ended, GUINT_TO_POINTER(line->id))) {
        return g_strdup_printf("%s (%u) completed twice", line->name, line->id);
    }
    if (line->event == TG_SIM_SUCCESS) {
        (void)g_hash_table_add(r->good, line->name);
        (void)g_hash_table_add(r->ever, line->name);
    }
    return NULL;
}

static void read_crash(Reader *r)
{
    GHashTableIter iter;
    gpointer name = NULL;

    r->crashed = TRUE;
    g_hash_table_iter_init(&iter, r->ever);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (!tg_sim_is_about_failure(name)) {
            g_hash_table_add(r->saved, name);
        }
    }
    g_hash_table_remove_all(r->good);
    g_hash_table_remove_all(r->running);
    g_hash_table_remove_all(r->ended);
}

static char *read_line(Reader *r, const TgSimLine *line)
{
    switch (line->event) {
    case TG_SIM_STARTS:
        return read_start(r, line);
    case TG_SIM_REUSED:
        return g_hash_table_contains(r->saved, line->name)
                   ? NULL
                   : g_strdup_printf("%s was never done and is reused", line->name);
    case TG_SIM_SUCCESS:
    case TG_SIM_FAILED:
    case TG_SIM_CANCELED:
        return read_end(r, line);
    case TG_SIM_ANEW:
        g_hash_table_foreach_remove(r->good, drop_below, line->name);
        g_hash_table_foreach_remove(r->saved, drop_below, line->name);
        return NULL;
    case TG_SIM_CRASH:
        read_crash(r);
        return NULL;
    case TG_SIM_KILL:
        r->killed = TRUE;
        return NULL;
    }
    return g_strdup("an unknown event");
}

static char *compare_runs(const Reader *r)
{
    GHashTableIter iter;
    gpointer name = NULL;
    gpointer count = NULL;

    g_hash_table_iter_init(&iter, r->expected->runs);
    while (g_hash_table_iter_next(&iter, &name, &count)) {
        if (g_hash_table_lookup(r->runs, name) != count) {
            return g_strdup_printf("%s ran %u times and should %u times", (char *)name,
                                   GPOINTER_TO_UINT(g_hash_table_lookup(r->runs, name)),
                                   GPOINTER_TO_UINT(count));
        }
    }
    g_hash_table_iter_init(&iter, r->runs);
    while (g_hash_table_iter_next(&iter, &name, &count)) {
        if (!g_hash_table_contains(r->expected->runs, name)) {
            return g_strdup_printf("%s ran and should not", (char *)name);
        }
    }
    return NULL;
}

static char *read_journal(Reader *r, const GPtrArray *journal, gboolean expected_success,
                          gboolean success)
{
    for (guint i = 0; i < journal->len; i++) {
        char *wrong = read_line(r, journal->pdata[i]);

        if (wrong != NULL) {
            return wrong;
        }
    }
    if (r->killed) {
        return success ? g_strdup("it succeeded although it was killed") : NULL;
    }
    if (g_hash_table_size(r->running) > 0) {
        return g_strdup("the attempt ended while a task ran");
    }
    if (r->crashed) { /* what failed before the crash runs again: another history */
        return NULL;
    }
    if (expected_success != success) {
        return g_strdup_printf("it should %s", expected_success ? "succeed" : "fail");
    }
    return compare_runs(r);
}

char *tg_sim_check(const TgSimModel *model, const json_t *workflow, const GPtrArray *journal,
                   gboolean success)
{
    Expected e = {.model = model,
                  .runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                  .configs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                  .kept = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref)};
    Reader r = {.expected = &e,
                .running = g_hash_table_new(g_str_hash, g_str_equal),
                .good = g_hash_table_new(g_str_hash, g_str_equal),
                .ended = g_hash_table_new(NULL, NULL),
                .runs = g_hash_table_new(g_str_hash, g_str_equal),
                .ever = g_hash_table_new(g_str_hash, g_str_equal),
                .saved = g_hash_table_new(g_str_hash, g_str_equal)};
    gboolean expected_success = expect_task(&e, "+sim", workflow);

    if (!expected_success) { /* someone is told of it */
        g_hash_table_replace(e.runs, g_strdup("+sim^failure-alert"), GUINT_TO_POINTER(1));
    }
    char *wrong = read_journal(&r, journal, expected_success, success);

    g_hash_table_unref(e.runs);
    g_hash_table_unref(e.configs);
    g_ptr_array_unref(e.kept);
    g_hash_table_unref(r.running);
    g_hash_table_unref(r.good);
    g_hash_table_unref(r.ended);
    g_hash_table_unref(r.runs);
    g_hash_table_unref(r.ever);
    g_hash_table_unref(r.saved);
    return wrong;
}
