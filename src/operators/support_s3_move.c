/* Copying, moving and deleting objects. */
#include "operators/support_s3_move.h"

#include <string.h>

#include "object/store.h"
#include "params/params.h"

#define LISTED_MAX 1000 /* objects that a receipt names */

/* A task. */
typedef struct {
    TgS3Action action;
    TgObjectUrl from;
    TgObjectUrl to;
    gboolean overwrites;
    gboolean skips_missing;
    gboolean is_dry;
    gint64 objects_max;
} Job;

static void job_clear(Job *job)
{
    tg_object_url_clear(&job->from);
    tg_object_url_clear(&job->to);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static gboolean is_prefix(const TgObjectUrl *url)
{
    return g_str_has_suffix(url->key, "/");
}

static gboolean read_url(const json_t *params, const char *key, TgObjectUrl *out, GError **error)
{
    g_autofree char *text = tg_params_dup_text(params, key, error);

    if (text == NULL || !tg_object_url_parse(text, out, error)) {
        return FALSE;
    }
    if (*out->key == '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' names a whole bucket; name an object, or a prefix that ends in '/'",
                    text);
        return FALSE;
    }
    return TRUE;
}

static gboolean fail_target(const char *what, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'to': %s", what);
    return FALSE;
}

static gboolean check_target(Job *job, GError **error)
{
    if (is_prefix(&job->from) && !is_prefix(&job->to)) {
        return fail_target("a prefix is copied to a prefix: end it with '/'", error);
    }
    if (!is_prefix(&job->from) && is_prefix(&job->to)) {
        const char *slash = strrchr(job->from.key, '/');
        char *key = g_strconcat(job->to.key, slash == NULL ? job->from.key : slash + 1, NULL);

        g_free(job->to.key);
        job->to.key = key; /* into the folder, under its own name */
    }
    if (strcmp(job->from.bucket, job->to.bucket) != 0) {
        return TRUE;
    }
    if (strcmp(job->from.key, job->to.key) == 0) {
        return fail_target("it is the source itself", error);
    }
    if (is_prefix(&job->from) && (g_str_has_prefix(job->from.key, job->to.key) ||
                                  g_str_has_prefix(job->to.key, job->from.key))) {
        return fail_target("one of the two prefixes lies in the other", error);
    }
    return TRUE;
}

static gboolean read_job(const TgTurn *turn, TgS3Action action, Job *job, GError **error)
{
    const json_t *params = turn->params;
    g_autofree char *if_missing = NULL;

    job->action = action;
    if (!read_url(params, "_command", &job->from, error) ||
        !tg_params_get_boolean(params, "overwrite", TRUE, &job->overwrites, error) ||
        !tg_params_get_boolean(params, "dry_run", FALSE, &job->is_dry, error) ||
        !tg_params_get_int64(params, "max_objects", TG_OPERATOR_S3_OBJECTS_MAX, &job->objects_max,
                             error) ||
        !tg_params_dup_text_or(params, "if_missing", action == TG_S3_DELETE ? "skip" : "fail",
                               &if_missing, error)) {
        return FALSE;
    }
    job->skips_missing = strcmp(if_missing, "skip") == 0;
    if (!job->skips_missing && strcmp(if_missing, "fail") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'if_missing' must be either 'fail' or 'skip' but is '%s'", if_missing);
        return FALSE;
    }
    return action == TG_S3_DELETE ||
           (read_url(params, "to", &job->to, error) && check_target(job, error));
}

/* The source's object as a list of one; empty when it is not there. */
static GPtrArray *look_at_one(TgBuckets *buckets, const Job *job, GError **error)
{
    g_autoptr(GPtrArray) objects =
        g_ptr_array_new_with_free_func((GDestroyNotify)tg_s3_object_free);
    TgS3Place place = {.bucket = job->from.bucket, .key = job->from.key};
    g_auto(TgS3Info) info = {0};
    g_autoptr(GError) problem = NULL;

    if (tg_buckets_head(buckets, &place, &info, &problem)) {
        TgS3Object *object = g_new0(TgS3Object, 1);

        object->key = g_strdup(job->from.key);
        object->etag = g_strdup(info.etag);
        object->size_bytes = info.size_bytes;
        g_ptr_array_add(objects, object);
    } else if (problem->code != TG_ERROR_NOT_FOUND) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&objects);
}

static GPtrArray *find_objects(TgBuckets *buckets, const Job *job, GError **error)
{
    g_autoptr(GPtrArray) objects =
        is_prefix(&job->from) ? tg_buckets_list(buckets, job->from.bucket, job->from.key, error)
                              : look_at_one(buckets, job, error);

    if (objects != NULL && objects->len > job->objects_max) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "s3://%s/%s holds %u objects, more than 'max_objects' (%" G_GINT64_FORMAT
                    "); nothing was done",
                    job->from.bucket, job->from.key, objects->len, job->objects_max);
        return NULL;
    }
    return g_steal_pointer(&objects);
}

/* Where an object goes. The caller frees. */
static char *target_key(const Job *job, const TgS3Object *object)
{
    return is_prefix(&job->from)
               ? g_strconcat(job->to.key, object->key + strlen(job->from.key), NULL)
               : g_strdup(job->to.key);
}

/* Refuses to replace an object when that is not wanted. */
static gboolean check_free(TgBuckets *buckets, const Job *job, const TgS3Place *to, GError **error)
{
    g_auto(TgS3Info) info = {0};
    g_autoptr(GError) problem = NULL;

    if (job->overwrites) {
        return TRUE;
    }
    if (tg_buckets_head(buckets, to, &info, &problem)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "s3://%s/%s is there already, and 'overwrite' is false", to->bucket, to->key);
        return FALSE;
    }
    if (problem->code != TG_ERROR_NOT_FOUND) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    return TRUE;
}

/* What is told of the objects. */
typedef struct {
    json_t *list;
    gint64 count;
    gint64 bytes;
} Report;

static void report_add(Report *report, const char *bucket, const char *key, gint64 size_bytes,
                       const char *etag)
{
    g_autofree char *url = g_strdup_printf("s3://%s/%s", bucket, key);

    report->count++;
    report->bytes += size_bytes;
    if (json_array_size(report->list) < LISTED_MAX) {
        json_array_append_new(report->list, json_pack("{s:s, s:I, s:s*}", "object", url, "bytes",
                                                      (json_int_t)size_bytes, "etag", etag));
    }
}

static gboolean copy_one(TgBuckets *buckets, const Job *job, const TgS3Object *object,
                         Report *report, GError **error)
{
    g_autofree char *key = target_key(job, object);
    g_autofree char *etag = NULL;
    TgS3Place from = {.bucket = job->from.bucket, .key = object->key};
    TgS3Place to = {.bucket = job->to.bucket, .key = key};

    if (!job->is_dry && (!check_free(buckets, job, &to, error) ||
                         !tg_buckets_copy(buckets, &from, &to, object, &etag, error))) {
        return FALSE;
    }
    report_add(report, to.bucket, to.key, object->size_bytes, job->is_dry ? object->etag : etag);
    return TRUE;
}

static gboolean is_stopped(const TgTurn *turn, GError **error)
{
    if (turn->services->is_cancelled == NULL ||
        g_atomic_int_get(turn->services->is_cancelled) == 0) {
        return FALSE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "stopped");
    return TRUE;
}

static gboolean copy_all(const TgTurn *turn, TgBuckets *buckets, const Job *job,
                         const GPtrArray *objects, Report *report, GError **error)
{
    for (guint i = 0; i < objects->len; i++) {
        if (is_stopped(turn, error) ||
            !copy_one(buckets, job, g_ptr_array_index(objects, i), report, error)) {
            g_prefix_error(error, "after %u of %u objects: ", i, objects->len);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean delete_all(const TgTurn *turn, TgBuckets *buckets, const Job *job,
                           const GPtrArray *objects, Report *report, GError **error)
{
    for (guint i = 0; i < objects->len; i++) {
        const TgS3Object *object = g_ptr_array_index(objects, i);
        TgS3Place place = {.bucket = job->from.bucket, .key = object->key};

        if (is_stopped(turn, error) ||
            (!job->is_dry && !tg_buckets_delete(buckets, &place, error))) {
            g_prefix_error(error, "after %u of %u objects: ", i, objects->len);
            return FALSE;
        }
        if (report != NULL) {
            report_add(report, job->from.bucket, object->key, object->size_bytes, object->etag);
        }
    }
    return TRUE;
}

static gboolean act(const TgTurn *turn, TgBuckets *buckets, const Job *job,
                    const GPtrArray *objects, Report *report, GError **error)
{
    if (job->action == TG_S3_DELETE) {
        return delete_all(turn, buckets, job, objects, report, error);
    }
    return copy_all(turn, buckets, job, objects, report, error) &&
           (job->action == TG_S3_COPY || delete_all(turn, buckets, job, objects, NULL, error));
}

static json_t *receipt_of(const Job *job, Report *report)
{
    static const char *const done[] = {"copied", "moved", "deleted"};
    static const char *const planned[] = {"would_be_copied", "would_be_moved", "would_be_deleted"};
    const char *name = job->is_dry ? planned[job->action] : done[job->action];

    return json_pack("{s:I, s:I, s:o}", name, (json_int_t)report->count, "bytes",
                     (json_int_t)report->bytes, "objects", g_steal_pointer(&report->list));
}

/* No object: all moved by an earlier turn, fine, or a mistake. */
static gboolean end_without_objects(TgTurn *turn, const Job *job, GError **error)
{
    gboolean was_there = json_is_true(json_object_get(turn->state, "was_there"));
    Report report = {.list = NULL};

    if (!was_there && !job->skips_missing) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "s3://%s/%s does not exist; with 'if_missing: skip' the task goes on",
                    job->from.bucket, job->from.key);
        return FALSE;
    }
    report.list = json_array();
    turn->receipt = receipt_of(job, &report);
    return TRUE;
}

gboolean tg_s3_action_run(TgTurn *turn, TgS3Action action, TgOutcome *out, GError **error)
{
    g_auto(Job) job = {.action = action};
    g_autoptr(TgBuckets) buckets =
        read_job(turn, action, &job, error) ? tg_buckets_open(turn, error) : NULL;
    g_autoptr(GPtrArray) objects = buckets == NULL ? NULL : find_objects(buckets, &job, error);
    Report report = {.list = NULL};

    *out = TG_OUTCOME_DONE;
    if (objects == NULL) {
        return FALSE;
    }
    if (objects->len == 0) {
        return end_without_objects(turn, &job, error);
    }
    if (action == TG_S3_MOVE && !tg_params_has(turn->state, "was_there")) {
        /* Saved before anything moves, so that a repeated turn knows why nothing is there. */
        json_object_set_new(turn->state, "was_there", json_true());
        turn->poll_at_ms = turn->now_ms;
        *out = TG_OUTCOME_POLL;
        return TRUE;
    }
    report.list = json_array();
    gboolean ok = act(turn, buckets, &job, objects, &report, error);

    if (ok) {
        turn->receipt = receipt_of(&job, &report);
    }
    json_decref(report.list);
    return ok;
}
