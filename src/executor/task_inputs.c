/* Hashes of what a task depends on. */
#include "executor/task_inputs.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/file.h"
#include "params/params.h"

#define HASH_CHARS 16
#define NAME_BYTES_MAX 255
#define SCANNED_BYTES_MAX ((gsize)1024 * 1024) /* of a file, for names of parameters */

/* Under construction. */
typedef struct {
    const TgTaskInputsRequest *request;
    json_t *files;
    json_t *params;
    GHashTable *words; /* all words of the task's texts */
} Inputs;

static char *hash_of(const char *text, gsize size_bytes)
{
    char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, size_bytes);

    hash[HASH_CHARS] = '\0';
    return hash;
}

static void set_hash(json_t *into, const char *key, const char *text, gsize size_bytes)
{
    g_autofree char *hash = hash_of(text, size_bytes);

    json_object_set_new(into, key, json_string(hash));
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static void add_words(Inputs *inputs, const char *text, gsize size_bytes)
{
    const char *end = text + MIN(size_bytes, SCANNED_BYTES_MAX);

    for (const char *at = text; at < end;) {
        const char *start = at;

        while (at < end && is_word(*at)) {
            at++;
        }
        if (at > start && !g_ascii_isdigit(*start) && at - start <= NAME_BYTES_MAX) {
            (void)g_hash_table_add(inputs->words, g_strndup(start, (gsize)(at - start)));
        }
        at += at == start ? 1 : 0;
    }
}

/* Whether a file says what to do: programs, SQL, configurations. Data is what tasks work on, and
 * often what they write. */
static gboolean is_code(const char *name, const GStatBuf *status)
{
    static const char *const suffixes[] = {".sh", ".bash", ".py", ".rb", ".sql",    ".yml", ".yaml",
                                           ".js", ".pl",   ".r",  ".R",  ".liquid", ".dig", NULL};
    const char *dot = strrchr(name, '.');
    gboolean has_suffix = dot != NULL && strchr(dot, '/') == NULL;

    return (has_suffix && g_strv_contains(suffixes, dot)) || (status->st_mode & S_IXUSR) != 0;
}

/* A file that is named exactly so; FALSE: there is none, or the name leaves the folder. */
static gboolean add_file(Inputs *inputs, const char *name)
{
    g_autofree char *path = tg_file_resolve_below(inputs->request->work_folder, name, NULL);
    g_autofree char *text = NULL;
    GStatBuf status;
    gsize size = 0;

    if (path == NULL || g_stat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
        !is_code(name, &status)) {
        return FALSE;
    }
    if (json_object_get(inputs->files, name) != NULL) {
        return TRUE;
    }
    if (!tg_file_read(path, TG_TASK_INPUTS_FILE_BYTES_MAX, &text, &size, NULL)) {
        g_autofree char *stamp = g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                                                 (gint64)status.st_size, (gint64)status.st_mtime);

        set_hash(inputs->files, name, stamp, strlen(stamp));
        return TRUE;
    }
    set_hash(inputs->files, name, text, size);
    add_words(inputs, text, size);
    return TRUE;
}

/* "tasks.load" of py> is tasks.py, "a.b.C.load" a/b.py or a/b/C.py. */
static void add_module(Inputs *inputs, const char *name)
{
    g_autofree char *path = g_strdelimit(g_strdup(name), ".", '/');

    for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/')) {
        *slash = '\0';
        g_autofree char *file = g_strconcat(path, ".py", NULL);

        if (add_file(inputs, file)) {
            return;
        }
    }
}

/* A word of a value may be a file of the project. */
static void add_named_file(Inputs *inputs, const char *name)
{
    static const char *const suffixes[] = {"", ".dig", ".rb"};

    if (*name == '\0' || strlen(name) > NAME_BYTES_MAX) {
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = g_strconcat(name, suffixes[i], NULL);

        if (add_file(inputs, file)) {
            return;
        }
    }
    if (strchr(name, '.') != NULL && strchr(name, '/') == NULL) {
        add_module(inputs, name);
    }
}

static void add_files_of_text(Inputs *inputs, const char *text)
{
    g_auto(GStrv) names = g_strsplit_set(text, " \t\n'\"=;|&<>()", -1);

    for (guint i = 0; names[i] != NULL; i++) {
        add_named_file(inputs, names[i]);
    }
}

static void add_files(Inputs *inputs, const json_t *value)
{
    const char *key = NULL;
    json_t *inner = NULL;
    gsize index = 0;

    /* `_do` and its like become tasks with inputs of their own */
    json_object_foreach ((json_t *)value, key, inner) {
        if (key[0] != '_' || strcmp(key, "_command") == 0) {
            add_files(inputs, inner);
        }
    }
    json_array_foreach (value, index, inner) {
        add_files(inputs, inner);
    }
    if (json_is_string(value)) {
        add_files_of_text(inputs, json_string_value(value));
    }
}

/* Parameters that the words mention so far; FALSE: none is new. */
static gboolean add_mentioned_params(Inputs *inputs)
{
    gboolean any = FALSE;
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)inputs->request->params, key, value) {
        if (json_object_get(inputs->params, key) == NULL &&
            g_hash_table_contains(inputs->words, key)) {
            g_autofree char *text = tg_params_to_json(value);

            set_hash(inputs->params, key, text, strlen(text));
            add_words(inputs, text, strlen(text));
            any = TRUE;
        }
    }
    return any;
}

/* Values may mention other parameters. */
static void add_params(Inputs *inputs)
{
    while (add_mentioned_params(inputs)) {
    }
}

/* What does not change a success: `_check` and `_error` are tasks with inputs of their own. */
static const char *const apart[] = {"_check", "_error", "_retry"};

json_t *tg_task_inputs_new(const TgTaskInputsRequest *request)
{
    Inputs inputs = {.request = request, .files = json_object(), .params = json_object()};
    g_autoptr(json_t) own = json_copy(request->task->local);
    json_t *all = json_object();

    for (gsize i = 0; i < G_N_ELEMENTS(apart); i++) {
        (void)json_object_del(own, apart[i]);
    }
    g_autofree char *config = tg_params_to_json(own);

    inputs.words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    set_hash(all, "config", config, strlen(config));
    add_words(&inputs, config, strlen(config));
    add_files(&inputs, request->task->local);
    add_params(&inputs);
    json_object_set_new(all, "files", inputs.files);
    json_object_set_new(all, "params", inputs.params);
    json_object_set(all, "upstreams", (json_t *)request->upstreams);
    g_hash_table_unref(inputs.words);
    return all;
}

/* The first key whose value differs or is only in one of the maps; NULL: none. Lent. */
static const char *first_difference(const json_t *then, const json_t *now)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)now, key, value) {
        if (!json_equal(value, json_object_get(then, key))) {
            return key;
        }
    }
    json_object_foreach ((json_t *)then, key, value) {
        if (json_object_get(now, key) == NULL) {
            return key;
        }
    }
    return NULL;
}

char *tg_task_inputs_difference(const json_t *then, const json_t *now)
{
    static const struct {
        const char *part;
        const char *format;
    } parts[] = {{"files", "the file '%s' changed"},
                 {"params", "the parameter '%s' changed"},
                 {"upstreams", "%s, which it waits for, changed"}};

    if (!json_equal(json_object_get(then, "config"), json_object_get(now, "config"))) {
        return g_strdup("its own keys changed");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *key = first_difference(json_object_get(then, parts[i].part),
                                           json_object_get(now, parts[i].part));

        if (key != NULL) {
            g_auto(GStrv) halves = g_strsplit(parts[i].format, "%s", 2);

            return g_strconcat(halves[0], key, halves[1], NULL);
        }
    }
    return NULL;
}

char *tg_task_inputs_hash(const json_t *inputs, const json_t *receipt, const GPtrArray *children)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_autofree char *own = inputs == NULL ? g_strdup("") : tg_params_to_json(inputs);
    g_autofree char *proof = receipt == NULL ? g_strdup("") : tg_params_to_json(receipt);

    g_string_append_printf(all, "%s\n%s\n", own, proof);
    for (guint i = 0; i < children->len; i++) {
        g_string_append_printf(all, "%s\n", (const char *)children->pdata[i]);
    }
    return hash_of(all->str, all->len);
}
