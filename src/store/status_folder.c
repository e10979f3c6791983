/* Digdag's ResumeStateManager. */
#include "store/status_folder.h"

#include <string.h>

#include "base/file.h"
#include "params/params.h"
#include "params/yaml.h"
#include "params/yaml_write.h"
#include "schedule/zone.h"

#define FILE_SIZE_MAX ((gsize)16 * 1024 * 1024)

TgStatusFolder *tg_status_folder_new(const char *root, const char *session_folder,
                                     const char *journal_of)
{
    TgStatusFolder *status = g_new0(TgStatusFolder, 1);

    status->folder = g_build_filename(root, session_folder, NULL);
    if (journal_of != NULL) {
        g_autofree char *name = g_strconcat("+", journal_of, ".jsonl", NULL);
        g_autofree char *path = g_build_filename(status->folder, name, NULL);

        status->journal = tg_journal_new(path);
    }
    return status;
}

void tg_status_folder_free(TgStatusFolder *status)
{
    if (status != NULL) {
        g_free(status->folder);
        tg_journal_free(status->journal);
        g_free(status);
    }
}

/* A workflow in a sub-folder has '/' in its name: escaped as in a URL. */
static char *file_of(const TgStatusFolder *status, const char *full_name)
{
    g_auto(GStrv) parts = g_strsplit(full_name, "/", -1);
    g_autofree char *flat = g_strjoinv("%2F", parts);
    g_autofree char *name = g_strconcat(flat, ".yml", NULL);

    return g_build_filename(status->folder, name, NULL);
}

static json_t *or_empty(const json_t *value, json_t *empty)
{
    if (value == NULL) {
        return empty;
    }
    json_decref(empty);
    return json_incref((json_t *)value);
}

gboolean tg_status_folder_save(const TgStatusFolder *status, const TgTask *task,
                               const json_t *subtasks, const json_t *inputs, GError **error)
{
    g_autofree char *path = file_of(status, task->full_name);
    g_autoptr(json_t) result = json_object();
    g_autoptr(json_t) document = json_object();
    g_autofree char *text = NULL;

    json_object_set_new(result, "subtaskConfig", or_empty(subtasks, json_object()));
    json_object_set_new(result, "exportParams", or_empty(task->runtime_export, json_object()));
    json_object_set_new(result, "resetStoreParams", or_empty(task->reset_store, json_array()));
    json_object_set_new(result, "storeParams", or_empty(task->store, json_object()));
    json_object_set_new(result, "report", json_pack("{s:[], s:[]}", "inputs", "outputs"));
    if (task->receipt != NULL) {
        json_object_set(result, "receipt", task->receipt);
    }
    if (inputs != NULL) {
        json_object_set(result, "inputs", (json_t *)inputs);
    }
    json_object_set_new(document, "fullName", json_string(task->full_name));
    json_object_set_new(document, "state", json_string("success"));
    json_object_set(document, "result", result);
    /* A receipt is a proof and survives a crash of the machine; the rest can be made again. */
    if (status->journal != NULL) {
        return tg_journal_append(status->journal, document, task->receipt != NULL, error);
    }
    text = tg_yaml_write(document);
    return task->receipt != NULL ? tg_file_write(path, text, strlen(text), error)
                                 : tg_file_write_unflushed(path, text, strlen(text), error);
}

gboolean tg_status_folder_save_waiting(const TgStatusFolder *status, const char *full_name,
                                       const json_t *state, const json_t *inputs, GError **error)
{
    g_autoptr(json_t) document = json_pack("{s:s, s:s, s:O*, s:O*}", "fullName", full_name, "state",
                                           state == NULL ? "stopped" : "waiting", "waiting", state,
                                           "inputs", state == NULL ? NULL : inputs);

    return status->journal == NULL || tg_journal_append(status->journal, document, TRUE, error);
}

json_t *tg_status_folder_load_waiting(const TgStatusFolder *status, const char *full_name)
{
    g_autoptr(json_t) noted =
        status->journal == NULL ? NULL : tg_journal_get(status->journal, full_name);

    return json_is_object(json_object_get(noted, "waiting")) ? g_steal_pointer(&noted) : NULL;
}

json_t *tg_status_folder_load(const TgStatusFolder *status, const char *full_name)
{
    g_autofree char *path = file_of(status, full_name);
    g_autoptr(TgYaml) yaml = NULL;
    g_autoptr(json_t) noted = NULL;
    const json_t *root = NULL;

    if (status->journal != NULL) {
        noted = tg_journal_get(status->journal, full_name);
        if (json_is_object(json_object_get(noted, "result"))) {
            return g_steal_pointer(&noted);
        }
    }
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        return NULL;
    }
    yaml = tg_yaml_load(path, full_name, TG_YAML_DIGDAG, NULL);
    root = yaml == NULL ? NULL : tg_yaml_root(yaml);
    if (root == NULL || !json_is_object(json_object_get(root, "result"))) {
        return NULL;
    }
    return json_incref((json_t *)root);
}

static gboolean has_state_of(const char *folder, const char *workflow)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autofree char *prefix = g_strconcat("+", workflow, NULL);
    gsize size = strlen(prefix);
    const char *name = NULL;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_prefix(name, prefix) &&
            (g_str_has_suffix(name, ".yml") || g_str_has_suffix(name, ".jsonl")) &&
            (name[size] == '+' || name[size] == '^' || name[size] == '.')) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean tg_status_folder_find_last(const char *root, const char *workflow, gint64 *out_session_ms)
{
    g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
    gboolean found = FALSE;
    const char *name = NULL;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *folder = g_build_filename(root, name, NULL);
        gint64 at_ms = 0;

        if (tg_zone_parse_folder(name, &at_ms) && (!found || at_ms > *out_session_ms) &&
            has_state_of(folder, workflow)) {
            *out_session_ms = at_ms;
            found = TRUE;
        }
    }
    return found;
}
