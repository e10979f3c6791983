/* in s3: objects whose key begins with a prefix (embulk-input-s3). */
#include "object/s3.h"

#include <string.h>

#include "loader/plugin.h"
#include "params/params.h"

#define PART_BYTES ((gsize)8 * 1024 * 1024) /* of one call */
#define TIME_FORMAT "%Y-%m-%dT%H:%M:%S"     /* of last_modified_time, before milliseconds */

typedef struct {
    TgFiles files;
    TgLoaderContext *context;
    TgObjectStore *objects; /* lent, or the next */
    TgObjectStore *own_objects;
    char *bucket;
    char *prefix;    /* path, or path_prefix */
    gboolean is_one; /* path: this object alone */
    gboolean is_incremental;
    gboolean by_time;
    char *last_path;
    gint64 last_modified_ms; /* -1: none */
    GRegex *pattern;
    gint64 count_max;
    gint64 task_bytes_min;
    gboolean skips_archived;
    GPtrArray *objects_found; /* of TgObjectInfo, in the order of the keys */
    GPtrArray *tasks;         /* of GPtrArray of TgObjectInfo, lent from the above */
} S3Files;

/* --- one object --- */

typedef struct {
    TgStream stream;
    S3Files *files;
    const TgObjectInfo *object;
    GByteArray *part;
    gsize part_at;
    gint64 at; /* of the next part */
} S3Stream;

/* Fetches the next part; nothing is left of it at the end. */
static gboolean fetch_part(S3Stream *self, GError **error)
{
    g_byte_array_set_size(self->part, 0);
    self->part_at = 0;
    if (self->at >= self->object->size_bytes) {
        return TRUE;
    }
    if (!tg_object_read_range(self->files->objects, self->object, self->at, PART_BYTES, self->part,
                              error)) {
        return FALSE;
    }
    self->at += self->part->len;
    tg_loader_count_bytes(self->files->context, self->part->len);
    return TRUE;
}

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    S3Stream *self = (S3Stream *)stream;

    if (self->part_at == self->part->len && !fetch_part(self, error)) {
        return -1;
    }
    gsize size = MIN(size_bytes, self->part->len - self->part_at);

    if (size > 0) {
        memcpy(into, self->part->data + self->part_at, size);
        self->part_at += size;
    }
    return (gssize)size;
}

static void stream_free(TgStream *stream)
{
    S3Stream *self = (S3Stream *)stream;

    g_byte_array_unref(self->part);
    g_free(self);
}

static gboolean files_open_file(TgFiles *files, guint task, guint index, TgStream **out,
                                GError **error G_GNUC_UNUSED)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};
    S3Files *self = (S3Files *)files;
    const GPtrArray *objects = g_ptr_array_index(self->tasks, task);

    if (index >= objects->len) {
        *out = NULL;
        return TRUE;
    }
    S3Stream *stream = g_new0(S3Stream, 1);

    stream->stream.class = &class;
    stream->files = self;
    stream->object = g_ptr_array_index(objects, index);
    stream->stream.name = g_strdup(stream->object->url);
    stream->part = g_byte_array_new();
    *out = &stream->stream;
    return TRUE;
}

/* --- which objects --- */

static const char *key_of(const S3Files *self, const TgObjectInfo *object)
{
    return object->url + strlen("s3://") + strlen(self->bucket) + 1;
}

static gboolean is_wanted(const S3Files *self, const TgObjectInfo *object)
{
    const char *key = key_of(self, object);

    if (object->size_bytes == 0 || (self->is_one && strcmp(key, self->prefix) != 0)) {
        return FALSE;
    }
    if (self->by_time ? object->modified_at_ms <= self->last_modified_ms
                      : self->last_path != NULL && strcmp(key, self->last_path) <= 0) {
        return FALSE;
    }
    return self->pattern == NULL || g_regex_match(self->pattern, key, 0, NULL);
}

static gboolean check_archived(const S3Files *self, const TgObjectInfo *object, GError **error)
{
    if (object->is_archived && !self->skips_archived) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s is archived in Glacier; restore it, or write 'skip_glacier_objects: true'",
                    object->url);
        return FALSE;
    }
    return TRUE;
}

static void free_info(gpointer info)
{
    tg_object_info_free(info);
}

static gint compare_times(gconstpointer a, gconstpointer b)
{
    const TgObjectInfo *left = *(const TgObjectInfo *const *)a;
    const TgObjectInfo *right = *(const TgObjectInfo *const *)b;

    return left->modified_at_ms < right->modified_at_ms   ? -1
           : left->modified_at_ms > right->modified_at_ms ? 1
                                                          : strcmp(left->url, right->url);
}

static gboolean find_objects(S3Files *self, GError **error)
{
    g_autofree char *url = g_strconcat("s3://", self->bucket, "/", self->prefix, NULL);
    g_autoptr(GPtrArray) all = tg_object_list(self->objects, url, error);

    if (all == NULL) {
        return FALSE;
    }
    if (self->by_time) {
        g_ptr_array_sort(all, compare_times); /* the oldest first when the count is limited */
    }
    for (guint i = 0; i < all->len && (gint64)self->objects_found->len < self->count_max; i++) {
        TgObjectInfo *object = g_ptr_array_index(all, i);

        if (!is_wanted(self, object) || (object->is_archived && self->skips_archived)) {
            continue;
        }
        if (!check_archived(self, object, error)) {
            return FALSE;
        }
        g_ptr_array_add(self->objects_found, g_steal_pointer(&g_ptr_array_index(all, i)));
        self->files.bytes_expected += object->size_bytes;
    }
    if (all->len == 0 && tg_loader_context_job(self->context)->exact_types) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "no object begins with '%s'; check bucket and %s", url,
                    self->is_one ? "path" : "path_prefix");
        return FALSE;
    }
    return TRUE;
}

/* Small objects share a task until it has min_task_size bytes. */
static void make_tasks(S3Files *self)
{
    GPtrArray *task = NULL;
    gint64 bytes = 0;

    for (guint i = 0; i < self->objects_found->len; i++) {
        TgObjectInfo *object = g_ptr_array_index(self->objects_found, i);

        if (task == NULL || bytes >= self->task_bytes_min) {
            task = g_ptr_array_new();
            g_ptr_array_add(self->tasks, task);
            bytes = 0;
        }
        g_ptr_array_add(task, object);
        bytes += object->size_bytes;
    }
    self->files.task_count = self->tasks->len;
}

/* --- where to go on --- */

static json_t *files_finish(TgFiles *files, GError **error G_GNUC_UNUSED)
{
    S3Files *self = (S3Files *)files;
    gint64 latest_ms = self->last_modified_ms;
    const char *last = self->last_path;

    for (guint i = 0; i < self->objects_found->len; i++) {
        const TgObjectInfo *object = g_ptr_array_index(self->objects_found, i);
        const char *key = key_of(self, object);

        latest_ms = MAX(latest_ms, object->modified_at_ms);
        last = last == NULL || strcmp(key, last) > 0 ? key : last;
    }
    if (!self->is_incremental) {
        return json_object();
    }
    if (!self->by_time) {
        return json_pack("{s:s?}", "last_path", last);
    }
    if (latest_ms < 0) {
        return json_object();
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(latest_ms / 1000);
    g_autofree char *seconds = g_date_time_format(time, TIME_FORMAT);
    g_autofree char *text = g_strdup_printf("%s.%03dZ", seconds, (int)(latest_ms % 1000));

    return json_pack("{s:s}", "last_modified_time", text);
}

static void free_task(gpointer task)
{
    g_ptr_array_unref(task);
}

static void files_free(TgFiles *files)
{
    S3Files *self = (S3Files *)files;

    g_ptr_array_unref(self->tasks);
    g_ptr_array_unref(self->objects_found);
    g_clear_pointer(&self->pattern, g_regex_unref);
    tg_object_store_free(self->own_objects);
    g_free(self->bucket);
    g_free(self->prefix);
    g_free(self->last_path);
    g_free(self);
}

/* --- options --- */

static gboolean read_time(S3Files *self, const json_t *config, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = NULL;

    self->last_modified_ms = -1;
    if (!tg_params_dup_text_or(config, "last_modified_time", NULL, &text, error)) {
        return FALSE;
    }
    if (text == NULL) {
        return TRUE;
    }
    time = g_date_time_new_from_iso8601(text, utc);
    if (time == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'last_modified_time' must look like 2024-01-02T03:04:05.000Z, not '%s'", text);
        return FALSE;
    }
    self->last_modified_ms =
        g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
    return TRUE;
}

static gboolean read_pattern(S3Files *self, const json_t *config, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) problem = NULL;

    if (!tg_params_dup_text_or(config, "path_match_pattern", NULL, &text, error)) {
        return FALSE;
    }
    if (text == NULL) {
        return TRUE;
    }
    self->pattern = g_regex_new(text, G_REGEX_OPTIMIZE, 0, &problem);
    if (self->pattern == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "path_match_pattern: %s", problem->message);
    }
    return self->pattern != NULL;
}

static gboolean read_options(S3Files *self, const json_t *config, GError **error)
{
    g_autofree char *path = NULL;

    self->bucket = tg_params_dup_text(config, "bucket", error);
    if (self->bucket == NULL || !tg_params_dup_text_or(config, "path", NULL, &path, error) ||
        !tg_params_dup_text_or(config, "path_prefix", NULL, &self->prefix, error)) {
        return FALSE;
    }
    if (path == NULL && self->prefix == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "either 'path' or 'path_prefix' is required");
        return FALSE;
    }
    self->is_one = path != NULL;
    if (path != NULL) {
        g_free(self->prefix);
        self->prefix = g_steal_pointer(&path);
    }
    return tg_params_dup_text_or(config, "last_path", NULL, &self->last_path, error) &&
           tg_params_get_boolean(config, "incremental", TRUE, &self->is_incremental, error) &&
           tg_params_get_boolean(config, "use_modified_time", FALSE, &self->by_time, error) &&
           tg_params_get_boolean(config, "skip_glacier_objects", FALSE, &self->skips_archived,
                                 error) &&
           tg_params_get_int64(config, "total_file_count_limit", G_MAXINT64, &self->count_max,
                               error) &&
           tg_params_get_int64(config, "min_task_size", 0, &self->task_bytes_min, error) &&
           read_time(self, config, error) && read_pattern(self, config, error);
}

static gboolean open_with(S3Files *self, const json_t *config, GError **error)
{
    if (!read_options(self, config, error)) {
        return FALSE;
    }
    self->objects = tg_object_store_choose_s3(
        tg_loader_context_job(self->context)->services->objects, config, &self->own_objects, error);
    if (self->objects == NULL || !find_objects(self, error)) {
        return FALSE;
    }
    make_tasks(self);
    return TRUE;
}

static TgFiles *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgFilesClass class = {
        .open_file = files_open_file, .finish = files_finish, .free = files_free};
    S3Files *self = g_new0(S3Files, 1);

    self->files.class = &class;
    self->context = context;
    self->objects_found = g_ptr_array_new_with_free_func(free_info);
    self->tasks = g_ptr_array_new_with_free_func(free_task);
    if (!open_with(self, config, error)) {
        files_free(&self->files);
        return NULL;
    }
    return &self->files;
}

static const TgLoaderOption options[] = {
    {"bucket", "text", NULL, "The bucket."},
    {"path_prefix", "text", "null", "How the keys begin; this or `path` is required."},
    {"path", "text", "null", "The key of one object."},
    {"path_match_pattern", "text", ".*", "A regular expression that is found in the keys."},
    {"last_path", "text", "null", "Objects up to this key are left out."},
    {"incremental", "boolean", "true", "The config diff says where to go on."},
    {"use_modified_time", "boolean", "false", "Go on by time of change instead of key."},
    {"last_modified_time", "text", "null", "Objects changed up to this time are left out."},
    {"total_file_count_limit", "integer", "none", "At most so many objects."},
    {"min_task_size", "integer", "0", "Objects share a task until it has so many bytes."},
    {"skip_glacier_objects", "boolean", "false", "Leave archived objects out instead of stopping."},
    {"initial_retry_interval_millis", "integer", "2000", "Accepted; pauses double from 200 ms."},
    {"maximum_retry_interval_millis", "integer", "480000", "Accepted."},
    TG_OBJECT_S3_OPTIONS,
    {0}};

const TgFileInputPlugin tg_file_input_s3 = {
    .name = "s3",
    .help = "Objects of S3 (of the project's own store when nothing says who asks).",
    .options = options,
    .open = input_open};
