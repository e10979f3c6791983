/* Buckets: of S3, or of the local store. */
#include "operators/support_s3.h"

#include <string.h>

#include "aws/auth_method.h"
#include "aws/endpoint.h"
#include "object/store.h"
#include "operators/support_aws.h"
#include "operators/support_secret.h"
#include "params/params.h"

struct TgBuckets {
    TgS3 *s3;             /* one of the two */
    TgObjectStore *store; /* lent by the services */
};

json_t *tg_buckets_params(const TgTurn *turn)
{
    json_t *params = json_object();
    const json_t *aws = json_object_get(turn->params, "aws");

    tg_params_merge(params, json_is_object(aws) ? aws : params);
    if (json_is_object(json_object_get(aws, "s3"))) {
        tg_params_merge(params, json_object_get(aws, "s3"));
    }
    tg_params_merge(params, turn->params);
    return params;
}

/* The secrets and parameters that decide. */
typedef struct {
    char *endpoint;
    char *region;
    char *profile;
    char *access_key_id;
    char *secret_access_key;
    char *session_token;
    char *sse_c_key;
    char *sse_c_algorithm;
    char *sse_c_md5;
    gboolean path_style;
} Settings;

static void settings_clear(Settings *settings)
{
    g_free(settings->endpoint);
    g_free(settings->region);
    g_free(settings->profile);
    g_free(settings->access_key_id);
    g_free(settings->secret_access_key);
    g_free(settings->session_token);
    g_free(settings->sse_c_key);
    g_free(settings->sse_c_algorithm);
    g_free(settings->sse_c_md5);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Settings, settings_clear)

/* The secret aws.s3.NAME, else aws.NAME when that counts, too. */
static gboolean read_secret(const TgTurn *turn, const char *name, gboolean is_general, char **out,
                            GError **error)
{
    g_autofree char *own = g_strconcat("aws.s3.", name, NULL);
    g_autofree char *general = g_strconcat("aws.", name, NULL);

    return tg_operator_secret_or_null(turn, own, out, error) &&
           (*out != NULL || !is_general || tg_operator_secret_or_null(turn, general, out, error));
}

static gboolean read_secrets(const TgTurn *turn, Settings *settings, GError **error)
{
    return read_secret(turn, "endpoint", FALSE, &settings->endpoint, error) &&
           read_secret(turn, "region", TRUE, &settings->region, error) &&
           read_secret(turn, "access_key_id", TRUE, &settings->access_key_id, error) &&
           read_secret(turn, "secret_access_key", TRUE, &settings->secret_access_key, error) &&
           read_secret(turn, "session_token", TRUE, &settings->session_token, error) &&
           read_secret(turn, "sse_c_key", FALSE, &settings->sse_c_key, error) &&
           read_secret(turn, "sse_c_key_algorithm", FALSE, &settings->sse_c_algorithm, error) &&
           read_secret(turn, "sse_c_key_md5", FALSE, &settings->sse_c_md5, error);
}

static gboolean read_params(const json_t *params, Settings *settings, GError **error)
{
    return (settings->endpoint != NULL ||
            tg_params_dup_text_or(params, "endpoint", NULL, &settings->endpoint, error)) &&
           (settings->region != NULL ||
            tg_params_dup_text_or(params, "region", NULL, &settings->region, error)) &&
           tg_params_dup_text_or(params, "profile_name", NULL, &settings->profile, error) &&
           tg_params_get_boolean(params, "path_style_access", FALSE, &settings->path_style, error);
}

/* Whether anything says how to reach S3. */
static gboolean is_configured(const Settings *settings)
{
    return tg_aws_environment_is_configured() || settings->access_key_id != NULL ||
           settings->endpoint != NULL || settings->profile != NULL;
}

/* Keys of secrets come in pairs. */
static gboolean check_keys(const Settings *settings, GError **error)
{
    if ((settings->access_key_id == NULL) != (settings->secret_access_key == NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Secret not found for key: 'aws.%s'",
                    settings->access_key_id == NULL ? "access_key_id" : "secret_access_key");
        return FALSE;
    }
    return TRUE;
}

/* The client of a profile that the task has chosen. */
static TgS3 *open_named(const TgTurn *turn, const Settings *settings, GError **error)
{
    g_auto(TgAwsSettings) named = {0};

    if (!tg_operator_aws(turn, "aws.s3", &named, error)) {
        return NULL;
    }
    g_autofree char *endpoint = settings->endpoint != NULL
                                    ? g_strdup(settings->endpoint)
                                    : tg_aws_endpoint_find("s3", named.profile);
    TgS3Options options = {.endpoint = endpoint,
                           .region = named.region,
                           .path_style = settings->path_style,
                           .credentials = named.credentials,
                           .sse_c_key = settings->sse_c_key,
                           .sse_c_algorithm = settings->sse_c_algorithm,
                           .sse_c_md5 = settings->sse_c_md5,
                           .is_cancelled = turn->services->is_cancelled};

    return tg_s3_new(&options, error);
}

static TgS3 *open_s3(const TgTurn *turn, const Settings *settings, GError **error)
{
    const char *region = settings->region != NULL ? settings->region : g_getenv("AWS_REGION");
    g_autoptr(TgAwsCredentials) credentials =
        settings->access_key_id != NULL
            ? tg_aws_credentials_new_static(settings->access_key_id, settings->secret_access_key,
                                            settings->session_token)
            : tg_aws_credentials_new_default(settings->profile, NULL);
    TgS3Options options = {.endpoint = settings->endpoint,
                           .region = region != NULL ? region : g_getenv("AWS_DEFAULT_REGION"),
                           .path_style = settings->path_style,
                           .credentials = credentials,
                           .sse_c_key = settings->sse_c_key,
                           .sse_c_algorithm = settings->sse_c_algorithm,
                           .sse_c_md5 = settings->sse_c_md5,
                           .is_cancelled = turn->services->is_cancelled};

    return tg_s3_new(&options, error);
}

TgBuckets *tg_buckets_open(const TgTurn *turn, GError **error)
{
    g_autoptr(json_t) params = tg_buckets_params(turn);
    g_auto(Settings) settings = {NULL};
    g_autoptr(TgBuckets) buckets = g_new0(TgBuckets, 1);

    if (!read_secrets(turn, &settings, error) || !read_params(params, &settings, error) ||
        !check_keys(&settings, error)) {
        return NULL;
    }
    if (tg_operator_aws_name(turn) != NULL) {
        buckets->s3 = open_named(turn, &settings, error);
        return buckets->s3 == NULL ? NULL : g_steal_pointer(&buckets);
    }
    if (!is_configured(&settings)) {
        buckets->store = turn->services->objects(turn->services);
        return g_steal_pointer(&buckets);
    }
    buckets->s3 = open_s3(turn, &settings, error);
    return buckets->s3 == NULL ? NULL : g_steal_pointer(&buckets);
}

void tg_buckets_free(TgBuckets *buckets)
{
    if (buckets != NULL) {
        tg_s3_free(buckets->s3);
        g_free(buckets);
    }
}

static char *url_of(const TgS3Place *place)
{
    return g_strdup_printf("s3://%s/%s", place->bucket, place->key);
}

static TgS3Object *object_of(const TgObjectInfo *info, const char *bucket)
{
    TgS3Object *object = g_new0(TgS3Object, 1);

    object->key = g_strdup(info->url + strlen("s3://") + strlen(bucket) + 1);
    object->etag = g_strdup(info->etag);
    object->size_bytes = info->size_bytes;
    object->modified_at_ms = info->modified_at_ms;
    return object;
}

static GPtrArray *list_local(TgBuckets *buckets, const char *bucket, const char *prefix,
                             GError **error)
{
    TgS3Place place = {.bucket = bucket, .key = prefix};
    g_autofree char *url = url_of(&place);
    g_autoptr(GPtrArray) found = tg_object_list(buckets->store, url, error);
    GPtrArray *objects = NULL;

    if (found == NULL) {
        return NULL;
    }
    objects = g_ptr_array_new_with_free_func((GDestroyNotify)tg_s3_object_free);
    for (guint i = 0; i < found->len; i++) {
        g_ptr_array_add(objects, object_of(g_ptr_array_index(found, i), bucket));
    }
    return objects;
}

GPtrArray *tg_buckets_list(TgBuckets *buckets, const char *bucket, const char *prefix,
                           GError **error)
{
    return buckets->s3 != NULL
               ? tg_s3_list(buckets->s3, bucket, prefix, TG_OPERATOR_S3_OBJECTS_MAX, error)
               : list_local(buckets, bucket, prefix, error);
}

/* What S3 would say of the file. */
static void fill_info(const TgS3Object *object, TgS3Info *out)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(object->modified_at_ms / 1000);

    *out = (TgS3Info){.size_bytes = object->size_bytes,
                      .modified_at_ms = object->modified_at_ms,
                      .etag = g_strdup(object->etag),
                      .header_names = g_ptr_array_new_with_free_func(g_free),
                      .header_values = g_ptr_array_new_with_free_func(g_free)};
    g_ptr_array_add(out->header_names, g_strdup("content-length"));
    g_ptr_array_add(out->header_values, g_strdup_printf("%" G_GINT64_FORMAT, object->size_bytes));
    g_ptr_array_add(out->header_names, g_strdup("etag"));
    g_ptr_array_add(out->header_values, g_strdup_printf("\"%s\"", object->etag));
    g_ptr_array_add(out->header_names, g_strdup("last-modified"));
    g_ptr_array_add(out->header_values, g_date_time_format(time, "%a, %d %b %Y %H:%M:%S GMT"));
}

static gboolean head_local(TgBuckets *buckets, const TgS3Place *place, TgS3Info *out,
                           GError **error)
{
    g_autoptr(GPtrArray) objects = list_local(buckets, place->bucket, place->key, error);

    for (guint i = 0; objects != NULL && i < objects->len; i++) {
        const TgS3Object *object = g_ptr_array_index(objects, i);

        if (strcmp(object->key, place->key) == 0 && place->version_id == NULL) {
            fill_info(object, out);
            return TRUE;
        }
    }
    if (objects != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "s3://%s/%s does not exist in the local store; to reach S3 itself, set the "
                    "secrets aws.access_key_id and aws.secret_access_key",
                    place->bucket, place->key);
    }
    return FALSE;
}

gboolean tg_buckets_head(TgBuckets *buckets, const TgS3Place *place, TgS3Info *out, GError **error)
{
    return buckets->s3 != NULL ? tg_s3_head(buckets->s3, place, out, error)
                               : head_local(buckets, place, out, error);
}

static gboolean copy_only(TgBuckets *buckets, const TgS3Place *from, const TgS3Place *to,
                          gint64 size_bytes, GError **error)
{
    g_autofree char *source = url_of(from);
    g_autofree char *target = url_of(to);

    return buckets->s3 != NULL ? tg_s3_copy(buckets->s3, from, to, size_bytes, NULL, error)
                               : tg_object_copy(buckets->store, source, target, error);
}

/* Objects written in parts have ETags that depend on the parts. */
static gboolean can_compare(const char *etag)
{
    return etag != NULL && strchr(etag, '-') == NULL && strlen(etag) == 32;
}

gboolean tg_buckets_copy(TgBuckets *buckets, const TgS3Place *from, const TgS3Place *to,
                         const TgS3Object *object, char **out_etag, GError **error)
{
    g_auto(TgS3Info) copy = {0};

    if (!copy_only(buckets, from, to, object->size_bytes, error) ||
        !tg_buckets_head(buckets, to, &copy, error)) {
        return FALSE;
    }
    if (copy.size_bytes != object->size_bytes ||
        (buckets->s3 != NULL && can_compare(object->etag) && can_compare(copy.etag) &&
         strcmp(object->etag, copy.etag) != 0)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "the copy s3://%s/%s differs from s3://%s/%s: somebody changed one of them "
                    "meanwhile; run it again",
                    to->bucket, to->key, from->bucket, from->key);
        return FALSE;
    }
    *out_etag = g_steal_pointer(&copy.etag);
    return TRUE;
}

gboolean tg_buckets_delete(TgBuckets *buckets, const TgS3Place *place, GError **error)
{
    g_autofree char *url = url_of(place);

    return buckets->s3 != NULL ? tg_s3_delete(buckets->s3, place, error)
                               : tg_object_remove(buckets->store, url, error);
}
