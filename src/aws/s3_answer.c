/* XML of S3 by GMarkup. */
#include "aws/s3_answer.h"

#include <string.h>

#define DEPTH_MAX 16
#define VALUE_BYTES_MAX 8192

typedef struct {
    TgS3Answer *answer;
    TgS3Object *object; /* of the open <Contents> or <Upload> */
    gboolean is_upload; /* its key stands as it is */
    GString *text;      /* of the innermost element */
    guint depth;
} Reader;

void tg_s3_object_free(TgS3Object *object)
{
    if (object != NULL) {
        g_free(object->key);
        g_free(object->etag);
        g_free(object->upload_id);
        g_free(object);
    }
}

void tg_s3_answer_clear(TgS3Answer *answer)
{
    g_clear_pointer(&answer->code, g_free);
    g_clear_pointer(&answer->message, g_free);
    g_clear_pointer(&answer->region, g_free);
    g_clear_pointer(&answer->etag, g_free);
    g_clear_pointer(&answer->upload_id, g_free);
    g_clear_pointer(&answer->continuation, g_free);
    g_clear_pointer(&answer->key_marker, g_free);
    g_clear_pointer(&answer->upload_marker, g_free);
    g_clear_pointer(&answer->take_objects, g_ptr_array_unref);
}

/* What lists are made of: objects, or uploads. */
static gboolean is_entry(const char *name)
{
    return strcmp(name, "Contents") == 0 || strcmp(name, "Upload") == 0;
}

static void on_start(GMarkupParseContext *context G_GNUC_UNUSED, const char *name,
                     const char **names G_GNUC_UNUSED, const char **values G_GNUC_UNUSED,
                     gpointer data, GError **error)
{
    Reader *reader = data;

    if (++reader->depth > DEPTH_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "an answer with too many levels");
        return;
    }
    (void)g_string_truncate(reader->text, 0);
    if (is_entry(name) && reader->object == NULL) {
        reader->object = g_new0(TgS3Object, 1);
        reader->is_upload = strcmp(name, "Upload") == 0;
    }
    if (strcmp(name, "Error") == 0 && reader->depth <= 2) {
        reader->answer->is_error = TRUE;
    }
}

/* "a%20b" or "a+b", as encoding-type=url asks for; as it is when it cannot be that. */
static char *decode_key(const char *text)
{
    g_autofree char *plain = g_strdelimit(g_strdup(text), "+", ' ');
    char *decoded = g_uri_unescape_string(plain, NULL);

    return decoded != NULL ? decoded : g_strdup(text);
}

static char *strip_quotes(const char *text)
{
    gsize size = strlen(text);

    return size >= 2 && text[0] == '"' && text[size - 1] == '"' ? g_strndup(text + 1, size - 2)
                                                                : g_strdup(text);
}

static gint64 parse_time(const char *text)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);

    return time == NULL
               ? 0
               : g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
}

static void set_once(char **into, char *take_text)
{
    if (*into == NULL) {
        *into = take_text;
    } else {
        g_free(take_text);
    }
}

static void take_object_value(const Reader *reader, const char *name, const char *text)
{
    TgS3Object *object = reader->object;

    if (strcmp(name, "Key") == 0) {
        set_once(&object->key, reader->is_upload ? g_strdup(text) : decode_key(text));
    } else if (strcmp(name, "ETag") == 0) {
        set_once(&object->etag, strip_quotes(text));
    } else if (strcmp(name, "Size") == 0) {
        object->size_bytes = MAX(g_ascii_strtoll(text, NULL, 10), 0);
    } else if (strcmp(name, "UploadId") == 0) {
        set_once(&object->upload_id, g_strdup(text));
    } else if (strcmp(name, "LastModified") == 0 || strcmp(name, "Initiated") == 0) {
        object->modified_at_ms = parse_time(text);
    } else if (strcmp(name, "StorageClass") == 0) {
        object->is_archived = strcmp(text, "GLACIER") == 0 || strcmp(text, "DEEP_ARCHIVE") == 0;
    }
}

static void take_value(TgS3Answer *answer, const char *name, const char *text)
{
    const struct {
        const char *name;
        char **into;
    } texts[] = {{"Code", &answer->code},
                 {"Message", &answer->message},
                 {"Region", &answer->region},
                 {"UploadId", &answer->upload_id},
                 {"NextContinuationToken", &answer->continuation},
                 {"NextUploadIdMarker", &answer->upload_marker}};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (strcmp(texts[i].name, name) == 0) {
            set_once(texts[i].into, g_strdup(text));
        }
    }
    if (strcmp(name, "ETag") == 0) {
        set_once(&answer->etag, strip_quotes(text));
    } else if (strcmp(name, "NextKeyMarker") == 0) {
        set_once(&answer->key_marker, g_strdup(text));
    } else if (strcmp(name, "IsTruncated") == 0) {
        answer->is_truncated = strcmp(text, "true") == 0;
    }
}

static void end_object(Reader *reader)
{
    if (reader->object->key == NULL) {
        g_clear_pointer(&reader->object, tg_s3_object_free);
        return;
    }
    g_ptr_array_add(reader->answer->take_objects, g_steal_pointer(&reader->object));
}

static void on_end(GMarkupParseContext *context G_GNUC_UNUSED, const char *name, gpointer data,
                   GError **error G_GNUC_UNUSED)
{
    Reader *reader = data;

    reader->depth--;
    if (reader->object != NULL && is_entry(name)) {
        end_object(reader);
    } else if (reader->object != NULL) {
        take_object_value(reader, name, reader->text->str);
    } else {
        take_value(reader->answer, name, reader->text->str);
    }
    (void)g_string_truncate(reader->text, 0);
}

static void on_text(GMarkupParseContext *context G_GNUC_UNUSED, const char *text, gsize size_bytes,
                    gpointer data, GError **error)
{
    Reader *reader = data;

    if (reader->text->len + size_bytes > VALUE_BYTES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "an answer with too long a value");
        return;
    }
    g_string_append_len(reader->text, text, (gssize)size_bytes);
}

gboolean tg_s3_answer_parse(const char *text, gsize size_bytes, TgS3Answer *out, GError **error)
{
    static const GMarkupParser parser = {
        .start_element = on_start, .end_element = on_end, .text = on_text};
    g_auto(TgS3Answer) answer = {
        .take_objects = g_ptr_array_new_with_free_func((GDestroyNotify)tg_s3_object_free)};
    Reader reader = {.answer = &answer, .text = g_string_new(NULL)};
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &reader, NULL);
    g_autoptr(GError) problem = NULL;
    gboolean ok = g_markup_parse_context_parse(context, text, (gssize)size_bytes, &problem) &&
                  g_markup_parse_context_end_parse(context, &problem);

    (void)g_string_free(reader.text, TRUE);
    tg_s3_object_free(reader.object);
    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "the server does not answer as S3 does (%s); check the endpoint",
                    problem->message);
        return FALSE;
    }
    *out = answer;
    answer = (TgS3Answer){NULL};
    return TRUE;
}
