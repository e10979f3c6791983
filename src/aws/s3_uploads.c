/* Uploads in parts that somebody began: listing them, giving them up. */
#include <string.h>

#include "aws/s3_internal.h"

/* The next page; the markers of `answer`, which it replaces, say where it begins. */
static gboolean list_page(TgS3 *s3, const char *bucket, const char *prefix, TgS3Answer *answer,
                          GError **error)
{
    g_autofree char *escaped = tg_s3_escape(prefix, "");
    /* without encoding-type=url, which not every server heeds here */
    g_autoptr(GString) query = g_string_new(NULL);
    TgS3Call call = {.method = "GET", .bucket = bucket, .verb = "list uploads in"};

    if (answer->key_marker != NULL) {
        g_autofree char *key = tg_s3_escape(answer->key_marker, "");

        g_string_append_printf(query, "key-marker=%s&", key);
    }
    g_string_append_printf(query, "prefix=%s", escaped);
    if (answer->key_marker != NULL && answer->upload_marker != NULL) {
        g_autofree char *upload = tg_s3_escape(answer->upload_marker, "");

        g_string_append_printf(query, "&upload-id-marker=%s", upload);
    }
    g_string_append(query, "&uploads=");
    call.query = query->str;
    tg_s3_answer_clear(answer);
    return tg_s3_call_xml(s3, &call, answer, error);
}

/* Those of a page that have an id, and begin with the prefix: not every server looks at it. */
static void take_uploads(TgS3Answer *answer, const char *prefix, GPtrArray *uploads)
{
    for (guint i = 0; i < answer->take_objects->len; i++) {
        const TgS3Object *upload = g_ptr_array_index(answer->take_objects, i);

        if (upload->upload_id != NULL && g_str_has_prefix(upload->key, prefix)) {
            g_ptr_array_add(uploads, g_steal_pointer(&answer->take_objects->pdata[i]));
        }
    }
}

GPtrArray *tg_s3_list_uploads(TgS3 *s3, const char *bucket, const char *prefix, guint uploads_max,
                              GError **error)
{
    g_autoptr(GPtrArray) uploads =
        g_ptr_array_new_with_free_func((GDestroyNotify)tg_s3_object_free);
    g_auto(TgS3Answer) answer = {NULL};
    gboolean goes_on = TRUE;

    while (goes_on) {
        g_autofree char *key = g_strdup(answer.key_marker);
        g_autofree char *upload = g_strdup(answer.upload_marker);

        if (!list_page(s3, bucket, prefix, &answer, error)) {
            return NULL;
        }
        take_uploads(&answer, prefix, uploads);
        if (uploads->len > uploads_max) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "s3://%s/%s has more than %u unfinished uploads; name a longer prefix",
                        bucket, prefix, uploads_max);
            return NULL;
        }
        /* a server that says the same again would never end */
        goes_on = answer.is_truncated && answer.key_marker != NULL &&
                  (g_strcmp0(key, answer.key_marker) != 0 ||
                   g_strcmp0(upload, answer.upload_marker) != 0);
    }
    return g_steal_pointer(&uploads);
}

gboolean tg_s3_abort_upload(TgS3 *s3, const char *bucket, const TgS3Object *upload, GError **error)
{
    g_autofree char *id = tg_s3_escape(upload->upload_id, "");
    g_autofree char *query = g_strconcat("uploadId=", id, NULL);
    TgS3Call call = {.method = "DELETE",
                     .bucket = bucket,
                     .key = upload->key,
                     .query = query,
                     .verb = "give up the upload to"};
    g_autoptr(GError) problem = NULL;
    g_autoptr(TgHttpAnswer) answer = tg_s3_call(s3, &call, &problem);

    if (answer != NULL || g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}
