/* Running COPY and UNLOAD. Digdag's BaseRedshiftLoadOperator.java. */
#include "operators/support_redshift.h"

#include <string.h>

#include "aws/s3.h"
#include "aws/sts.h"
#include "operators/support_pg.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define DURATION_S 10800
#define MANIFEST_BYTES_MAX ((gsize)16 * 1024 * 1024)
#define OLD_FILES_MAX 100000

/* One task. */
typedef struct {
    TgTurn *turn;
    gboolean is_unload;
    const TgPgKind *kind;
    const json_t *params;
    TgAwsKeys base;    /* of the secrets */
    TgAwsKeys session; /* what Redshift gets */
} Task;

static void task_clear(Task *task)
{
    tg_aws_keys_clear(&task->base);
    tg_aws_keys_clear(&task->session);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Task, task_clear)

/* aws.redshift_load.KEY, else aws.redshift.KEY, else aws.KEY; *out is NULL when there is none. */
static gboolean read_secret(const Task *task, const char *key, char **out, GError **error)
{
    const char *const scopes[] = {task->kind->type, "redshift", NULL};

    for (guint i = 0; i < G_N_ELEMENTS(scopes) && *out == NULL; i++) {
        g_autofree char *full = scopes[i] == NULL ? g_strconcat("aws.", key, NULL)
                                                  : g_strconcat("aws.", scopes[i], ".", key, NULL);

        if (!tg_operator_secret_or_null(task->turn, full, out, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_required(const Task *task, const char *key, char **out, GError **error)
{
    if (!read_secret(task, key, out, error)) {
        return FALSE;
    }
    if (*out == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Secret not found for key: 'aws.%s'", key);
    }
    return *out != NULL;
}

static TgS3 *open_s3(const Task *task, GError **error)
{
    g_autoptr(TgAwsCredentials) credentials =
        tg_aws_credentials_new_static(task->base.access_key_id, task->base.secret_access_key, NULL);
    const json_t *s3 = json_object_get(json_object_get(task->params, "aws"), "s3");
    TgS3Options options = {.endpoint = json_string_value(json_object_get(s3, "endpoint")),
                           .path_style = json_is_true(json_object_get(s3, "path_style_access")),
                           .credentials = credentials,
                           .is_cancelled = task->turn->services->is_cancelled};

    return tg_s3_new(&options, error);
}

/* What the session's keys may do. */

static void allow(json_t *statements, const char *action, const char *resource)
{
    g_autofree char *arn = g_strconcat("arn:aws:s3:::", resource, NULL);

    json_array_append_new(statements, json_pack("{s:s, s:[s], s:[s]}", "Effect", "Allow", "Action",
                                                action, "Resource", arn));
}

static gboolean allow_url(json_t *statements, const char *url, const char *action, GError **error)
{
    const char *rest = url + strlen("s3://");
    g_autofree char *bucket = NULL;
    g_autofree char *below = NULL;

    if (g_str_has_prefix(url, "dynamodb://") || g_str_has_prefix(url, "emr://")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s': temporary credentials are for S3 alone here; set temp_credentials: "
                    "false",
                    url);
        return FALSE;
    }
    if (!g_str_has_prefix(url, "s3://")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Unexpected `uri`. uri=%s", url);
        return FALSE;
    }
    bucket = g_strndup(rest, strcspn(rest, "/"));
    below = g_strconcat(rest, "*", NULL);
    allow(statements, "s3:ListBucket", bucket);
    allow(statements, action, below);
    return TRUE;
}

/* The files that a manifest names. */
static gboolean allow_manifest(const Task *task, json_t *statements, const char *url,
                               GError **error)
{
    g_autofree char *bucket = g_strndup(url + strlen("s3://"), strcspn(url + strlen("s3://"), "/"));
    const char *key = url + strlen("s3://") + strlen(bucket);
    TgS3Place place = {.bucket = bucket, .key = *key == '/' ? key + 1 : key};
    g_autoptr(TgS3) s3 = NULL;
    g_autoptr(GByteArray) bytes = NULL;
    g_autoptr(json_t) manifest = NULL;
    json_t *entry = NULL;
    gsize i = 0;

    if (*place.key == '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid manifest file uri: %s", url);
        return FALSE;
    }
    s3 = open_s3(task, error);
    bytes = s3 == NULL ? NULL : tg_s3_get(s3, &place, 0, -1, MANIFEST_BYTES_MAX, error);
    if (bytes == NULL) {
        g_prefix_error(error, "Failed to fetch a manifest file: ");
        return FALSE;
    }
    manifest = json_loadb((const char *)bytes->data, bytes->len, 0, NULL);
    json_array_foreach (json_object_get(manifest, "entries"), i, entry) {
        const char *file = json_string_value(json_object_get(entry, "url"));

        if (file == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: an entry without 'url'", url);
            return FALSE;
        }
        if (!allow_url(statements, file, "s3:GetObject", error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* `json` and `avro` may name a file that tells the columns. */
static gboolean allow_paths(const Task *task, json_t *statements, GError **error)
{
    static const char *const keys[] = {"json", "avro"};

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *path = NULL;

        if (!tg_params_dup_text_or(task->params, keys[i], NULL, &path, error)) {
            return FALSE;
        }
        if (path != NULL && g_ascii_strcasecmp(path, "auto") != 0 &&
            !allow_url(statements, path, "s3:GetObject", error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *policy_of(const Task *task, GError **error)
{
    g_autoptr(json_t) statements = json_array();
    g_autofree char *url = tg_params_dup_text(task->params, task->is_unload ? "to" : "from", error);
    gboolean has_manifest = FALSE;

    if (url == NULL ||
        !allow_url(statements, url, task->is_unload ? "s3:PutObject" : "s3:GetObject", error) ||
        !tg_params_get_boolean(task->params, "manifest", FALSE, &has_manifest, error) ||
        (!task->is_unload && !allow_paths(task, statements, error)) ||
        (!task->is_unload && has_manifest && !allow_manifest(task, statements, url, error))) {
        return NULL;
    }
    g_autoptr(json_t) policy =
        json_pack("{s:s, s:O}", "Version", "2012-10-17", "Statement", statements);

    return tg_params_to_json(policy);
}

static void hide(const Task *task, const char *value)
{
    if (value != NULL && task->turn->services->hide != NULL) {
        task->turn->services->hide(task->turn->services, value);
    }
}

static gboolean fetch_session(Task *task, GError **error)
{
    g_autofree char *policy = policy_of(task, error);
    g_autofree char *role = NULL;
    g_autofree char *name = NULL;
    gint64 duration_s = DURATION_S;

    if (policy == NULL || !read_secret(task, "role_arn", &role, error) ||
        !tg_operator_secret_or_null(task->turn, "role_session_name", &name, error) ||
        !tg_params_get_int64(task->params, "session_duration", DURATION_S, &duration_s, error)) {
        return FALSE;
    }
    TgStsRequest request = {.role_arn = role,
                            .session_name =
                                name == NULL || role == NULL ? "digdag-operator-session" : name,
                            .duration_s = duration_s,
                            .policy = policy,
                            .is_cancelled = task->turn->services->is_cancelled};

    if (!tg_sts_get_keys(&task->base, &request, &task->session, error)) {
        return FALSE;
    }
    hide(task, task->session.secret_access_key);
    hide(task, task->session.session_token);
    return TRUE;
}

static gboolean read_keys(Task *task, GError **error)
{
    gboolean is_temporary = TRUE;

    if (!read_required(task, "access_key_id", &task->base.access_key_id, error) ||
        !read_required(task, "secret_access_key", &task->base.secret_access_key, error) ||
        !tg_params_get_boolean(task->params, "temp_credentials", TRUE, &is_temporary, error)) {
        return FALSE;
    }
    if (is_temporary) {
        return fetch_session(task, error);
    }
    task->session.access_key_id = g_strdup(task->base.access_key_id);
    task->session.secret_access_key = g_strdup(task->base.secret_access_key);
    return TRUE;
}

/* Files of an earlier turn of this task would be read as rows twice. */
static gboolean remove_old_files(const Task *task, const char *query_id, GError **error)
{
    g_autofree char *to = tg_params_dup_text(task->params, "to", error);
    g_autoptr(TgS3) s3 = to == NULL ? NULL : open_s3(task, error);
    g_autofree char *full = NULL;
    g_autofree char *bucket = NULL;
    g_autoptr(GPtrArray) objects = NULL;

    if (s3 == NULL) {
        return FALSE;
    }
    full = g_strconcat(to + strlen("s3://"), g_str_has_suffix(to, "/") ? "" : "/", query_id, "_",
                       NULL);
    bucket = g_strndup(full, strcspn(full, "/"));
    objects = tg_s3_list(s3, bucket, full + strlen(bucket) + 1, OLD_FILES_MAX, error);
    for (guint i = 0; objects != NULL && i < objects->len; i++) {
        const TgS3Object *object = g_ptr_array_index(objects, i);
        TgS3Place place = {.bucket = bucket, .key = object->key};

        if (!tg_s3_delete(s3, &place, error)) {
            return FALSE;
        }
    }
    return objects != NULL;
}

static gboolean run_statement(Task *task, const char *sql, const char *query_id, TgOutcome *out,
                              GError **error)
{
    g_auto(TgPgStatus) status = {FALSE, NULL, NULL, 0};
    TgPgStatement statement = {.sql = sql, .query_id = query_id};
    g_autoptr(TgPostgresql) postgresql =
        tg_pg_status_read(task->params, &status, error)
            ? tg_pg_connect(task->turn, task->kind, task->params, error)
            : NULL;

    if (postgresql == NULL || !tg_pg_run(postgresql, task->kind, &status, &statement, error)) {
        return FALSE;
    }
    if (statement.is_locked) {
        tg_pg_poll_lock(task->turn);
        *out = TG_OUTCOME_POLL;
        return TRUE;
    }
    task->turn->receipt =
        json_pack("{s:s, s:I, s:b}", "query_id", query_id, "rows", (json_int_t)statement.rows,
                  "was_done_before", statement.was_done);
    return TRUE;
}

gboolean tg_redshift_run(TgTurn *turn, gboolean is_unload, TgOutcome *out, GError **error)
{
    static const char *const load_nested[] = {"redshift_load", "redshift", NULL};
    static const char *const unload_nested[] = {"redshift_unload", "redshift", NULL};
    const TgPgKind kind = {.type = is_unload ? "redshift_unload" : "redshift_load",
                           .nested = is_unload ? unload_nested : load_nested,
                           .secrets = "aws.redshift",
                           .default_port = 5439,
                           .is_redshift = TRUE};
    g_autoptr(json_t) params = tg_pg_params(turn, &kind);
    g_auto(Task) task = {.turn = turn, .is_unload = is_unload, .kind = &kind, .params = params};
    g_autofree char *sql = NULL;
    gboolean is_first = FALSE;
    const char *query_id = tg_pg_query_id(turn, &is_first);

    *out = is_first ? TG_OUTCOME_POLL : TG_OUTCOME_DONE;
    if (is_first) {
        return TRUE; /* the id is saved before it is used */
    }
    if (!read_keys(&task, error)) {
        return FALSE;
    }
    sql = is_unload ? tg_redshift_unload_statement(params, query_id, &task.session, error)
                    : tg_redshift_copy_statement(params, &task.session, error);
    return sql != NULL && (!is_unload || remove_old_files(&task, query_id, error)) &&
           run_statement(&task, sql, query_id, out, error);
}
