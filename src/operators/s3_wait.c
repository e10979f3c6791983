/* s3_wait>: done when an object is there. Digdag's S3WaitOperatorFactory.java, PollingWaiter.java.
 */
#include <string.h>

#include "operators/support_duration.h"
#include "operators/support_s3.h"
#include "params/params.h"

#define INTERVAL_S 5
#define INTERVAL_S_MAX 300
#define USER_HEADER "x-amz-meta-"

/* What is waited for. */
typedef struct {
    char *bucket;
    char *key;
    char *version_id;
    gint64 timeout_s; /* -1: none */
    gboolean continues;
} Wait;

static void wait_clear(Wait *wait)
{
    g_free(wait->bucket);
    g_free(wait->key);
    g_free(wait->version_id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wait, wait_clear)

static gboolean read_place(const json_t *params, Wait *wait, GError **error)
{
    g_autofree char *command = NULL;
    const char *slash = NULL;

    if (!tg_params_dup_text_or(params, "_command", NULL, &command, error) ||
        !tg_params_dup_text_or(params, "bucket", NULL, &wait->bucket, error) ||
        !tg_params_dup_text_or(params, "key", NULL, &wait->key, error)) {
        return FALSE;
    }
    gboolean is_complete = command != NULL ? wait->bucket == NULL && wait->key == NULL
                                           : wait->bucket != NULL && wait->key != NULL;

    if (!is_complete) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Either the s3_wait operator command or both 'bucket' and 'key' parameters "
                    "must be set");
        return FALSE;
    }
    if (command == NULL) {
        return TRUE;
    }
    slash = strchr(command, '/');
    if (slash == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Illegal s3 path: %s", command);
        return FALSE;
    }
    wait->bucket = g_strndup(command, (gsize)(slash - command));
    wait->key = g_strdup(slash + 1);
    return TRUE;
}

static gboolean read_wait(const TgTurn *turn, Wait *wait, GError **error)
{
    g_autoptr(json_t) params = tg_buckets_params(turn);

    if (!read_place(params, wait, error) ||
        !tg_params_dup_text_or(params, "version_id", NULL, &wait->version_id, error) ||
        !tg_operator_duration_get(params, "timeout", -1, &wait->timeout_s, error) ||
        !tg_params_get_boolean(params, "continue_on_timeout", FALSE, &wait->continues, error)) {
        return FALSE;
    }
    if (*wait->bucket == '\0' || *wait->key == '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Illegal s3 path: %s/%s", wait->bucket,
                    wait->key);
        return FALSE;
    }
    return TRUE;
}

/* "Content-Length"; AWS's own headers stay in lower case, as S3 sends them. */
static char *shown_name(const char *name)
{
    char *shown = NULL;

    if (strcmp(name, "etag") == 0) {
        return g_strdup("ETag");
    }
    shown = g_strdup(name);
    if (g_str_has_prefix(name, "x-amz-")) {
        return shown;
    }
    for (char *c = shown; *c != '\0'; c++) {
        if (c == shown || c[-1] == '-') {
            *c = g_ascii_toupper(*c);
        }
    }
    return shown;
}

/* Headers of the connection, not of the object. */
static gboolean is_ignored(const char *name)
{
    static const char *const ignored[] = {
        "date",       "server",     "connection",        "x-amz-request-id",
        "x-amz-id-2", "keep-alive", "transfer-encoding", NULL};

    return g_strv_contains(ignored, name);
}

static json_t *value_of(const char *name, const char *value, const TgS3Info *info)
{
    if (strcmp(name, "content-length") == 0) {
        return json_integer(info->size_bytes);
    }
    if (strcmp(name, "last-modified") == 0) {
        return json_integer(info->modified_at_ms / 1000 * 1000);
    }
    return json_string(strcmp(name, "etag") == 0 && info->etag != NULL ? info->etag : value);
}

/* {s3: {last_object: {metadata, user_metadata}}} */
static json_t *results_of(const TgS3Info *info)
{
    json_t *metadata = json_object();
    json_t *user = json_object();

    for (guint i = 0; i < info->header_names->len; i++) {
        const char *name = g_ptr_array_index(info->header_names, i);
        const char *value = g_ptr_array_index(info->header_values, i);
        g_autofree char *shown = shown_name(name);

        if (g_str_has_prefix(name, USER_HEADER)) {
            json_object_set_new(user, name + strlen(USER_HEADER), json_string(value));
        } else if (!is_ignored(name)) {
            json_object_set_new(metadata, shown, value_of(name, value, info));
        }
    }
    return json_pack("{s:{s:{s:o, s:o}}}", "s3", "last_object", "metadata", metadata,
                     "user_metadata", user);
}

static void finish(TgTurn *turn, const Wait *wait, const TgS3Info *info)
{
    turn->reset_store = json_pack("[s]", "s3.last_object");
    turn->store = info == NULL ? json_pack("{s:{}}", "s3") : results_of(info);
    if (info != NULL) {
        g_autofree char *url = g_strdup_printf("s3://%s/%s", wait->bucket, wait->key);

        turn->receipt = json_pack("{s:s, s:I, s:s*}", "object", url, "bytes",
                                  (json_int_t)info->size_bytes, "etag", info->etag);
    }
}

/* When to look again; FALSE when the time is over. */
static gboolean next_look(TgTurn *turn, const Wait *wait)
{
    gint64 started_ms = turn->now_ms;
    gint64 interval_s = json_integer_value(json_object_get(turn->state, "interval_s"));
    gint64 left_s = G_MAXINT64;

    if (tg_params_has(turn->state, "started_ms")) {
        started_ms = json_integer_value(json_object_get(turn->state, "started_ms"));
    }
    if (wait->timeout_s >= 0) {
        gint64 left_ms = wait->timeout_s * 1000 - (turn->now_ms - started_ms);

        if (left_ms <= 0) {
            return FALSE;
        }
        left_s = (left_ms + 999) / 1000;
    }
    interval_s = CLAMP(interval_s, INTERVAL_S, INTERVAL_S_MAX);
    json_object_set_new(turn->state, "started_ms", json_integer(started_ms));
    json_object_set_new(turn->state, "interval_s", json_integer(interval_s * 2));
    turn->poll_at_ms = turn->now_ms + MAX(MIN(interval_s, left_s), INTERVAL_S) * 1000;
    return TRUE;
}

static gboolean s3_wait_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(Wait) wait = {NULL};
    g_autoptr(TgBuckets) buckets =
        read_wait(turn, &wait, error) ? tg_buckets_open(turn, error) : NULL;
    g_auto(TgS3Info) info = {0};
    g_autoptr(GError) problem = NULL;

    if (buckets == NULL) {
        return FALSE;
    }
    TgS3Place place = {.bucket = wait.bucket, .key = wait.key, .version_id = wait.version_id};

    *out = TG_OUTCOME_DONE;
    if (tg_buckets_head(buckets, &place, &info, &problem)) {
        finish(turn, &wait, &info);
        return TRUE;
    }
    if (problem->code != TG_ERROR_NOT_FOUND && problem->code != TG_ERROR_RETRY) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (next_look(turn, &wait)) {
        *out = TG_OUTCOME_POLL;
        return TRUE;
    }
    if (wait.continues) {
        finish(turn, &wait, NULL);
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "Timeout happened: object '%s/%s' does not exist after %" G_GINT64_FORMAT " s (%s)",
                wait.bucket, wait.key, wait.timeout_s, problem->message);
    return FALSE;
}

static const char *const options[] = {
    "bucket", "key", "version_id", "timeout", "continue_on_timeout", TG_BUCKETS_OPTIONS, NULL};

const TgOperator tg_operator_s3_wait = {.name = "s3_wait",
                                        .help = "Waits until an object is in a bucket",
                                        .options = options,
                                        .run = s3_wait_run};
