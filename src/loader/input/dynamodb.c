/* in dynamodb: the items of a table, by Scan or Query (embulk-input-dynamodb). A scan is read in
 * segments, several at a time. */
#include "loader/input/dynamodb.h"

#include <string.h>

#include "aws/auth_method.h"
#include "aws/http_proxy.h"
#include "params/params.h"

#define SAMPLE_ITEMS_DEFAULT 1000
#define SAMPLE_ITEMS_MAX 1000000
#define SAMPLE_PAGES_MAX 1000u /* a filter may leave nothing of a page */
#define RETRIES_DEFAULT 20
#define RETRY_SECONDS_DEFAULT 300

/* --- pages --- */

static void cursor_clear(DynamodbCursor *cursor)
{
    g_clear_pointer(&cursor->start_key, json_decref);
    g_clear_pointer(&cursor->items, json_decref);
    *cursor = (DynamodbCursor){.segment = -1};
}

static void cursor_start(DynamodbCursor *cursor, const DynamodbInput *self, guint split)
{
    cursor_clear(cursor);
    cursor->segment = self->request.segment_only >= 0 ? self->request.segment_only : (gint64)split;
}

/* Items of all segments together that may still come; -1: any number. */
static gint64 items_left(DynamodbInput *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    return self->request.items_max < 0 ? -1 : self->items_left;
}

/* The request of the next page. */
static json_t *request_of(DynamodbInput *self, const DynamodbCursor *cursor)
{
    json_t *request = json_copy(self->request.base);
    gint64 left = items_left(self);
    gint64 limit = self->request.page_items;

    if (left >= 0 && !json_object_get(request, "FilterExpression") &&
        !json_object_get(request, "ScanFilter")) {
        limit = limit == 0 ? left : MIN(limit, left); /* more would be read for nothing */
    }
    if (limit > 0) {
        json_object_set_new(request, "Limit", json_integer(MIN(limit, G_MAXINT32)));
    }
    if (self->request.segments > 1) {
        json_object_set_new(request, "TotalSegments", json_integer(self->request.segments));
        json_object_set_new(request, "Segment", json_integer(cursor->segment));
    }
    if (cursor->start_key != NULL) {
        json_object_set(request, "ExclusiveStartKey", cursor->start_key);
    }
    return request;
}

/* Asks for the next page; has_ended behind the last. */
static gboolean fetch_page(DynamodbInput *self, DynamodbCursor *cursor, GError **error)
{
    g_autoptr(json_t) request = request_of(self, cursor);
    g_autoptr(json_t) answer = NULL;
    TgAwsCall call = {.action = self->request.action, .request = request};
    g_auto(TgAwsReply) reply = {0};

    if (!tg_loader_check_cancelled(self->context, error)) {
        return FALSE;
    }
    answer = tg_aws_client_call(self->dynamodb, &call, &reply, error);
    if (answer == NULL) {
        g_prefix_error(error, "table '%s': ", self->table);
        return FALSE;
    }
    tg_loader_count_bytes(self->context, (gint64)reply.answer_bytes);
    json_t *items = json_object_get(answer, "Items");
    json_t *last = json_object_get(answer, "LastEvaluatedKey");

    if (!json_is_array(items) || (last != NULL && json_equal(last, cursor->start_key))) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "table '%s': the server answers %s; check the endpoint", self->table,
                    json_is_array(items) ? "with the same page again and again" : "without Items");
        return FALSE;
    }
    cursor->items = json_incref(items);
    cursor->at = 0;
    g_clear_pointer(&cursor->start_key, json_decref);
    cursor->start_key = last == NULL ? NULL : json_incref(last);
    return TRUE;
}

/* Takes one item off those that may come; FALSE when there are no more. */
static gboolean take_item(DynamodbInput *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    if (self->request.items_max < 0) {
        return TRUE;
    }
    if (self->items_left == 0) {
        return FALSE;
    }
    self->items_left--;
    return TRUE;
}

/* Adds items of the page to the batch. */
static gboolean add_items(DynamodbInput *self, DynamodbCursor *cursor, TgBatch *batch,
                          GError **error)
{
    while (batch->rows < TG_READER_ROWS && cursor->at < json_array_size(cursor->items)) {
        const json_t *item = json_array_get(cursor->items, cursor->at);

        if (!take_item(self)) {
            cursor->has_ended = TRUE;
            return TRUE;
        }
        if (!dynamodb_value_add_item(&self->plan, item, batch, error)) {
            g_prefix_error(error,
                           "table '%s', segment %" G_GINT64_FORMAT ", item %" G_GINT64_FORMAT ": ",
                           self->table, cursor->segment, cursor->items_read + 1);
            return FALSE;
        }
        cursor->at++;
        cursor->items_read++;
    }
    if (cursor->at < json_array_size(cursor->items)) {
        return TRUE;
    }
    g_clear_pointer(&cursor->items, json_decref);
    cursor->has_ended = cursor->start_key == NULL;
    return TRUE;
}

/* Fills the batch; it stays empty at the end of the segment. */
static gboolean read_cursor(DynamodbInput *self, DynamodbCursor *cursor, TgBatch *batch,
                            GError **error)
{
    while (batch->rows == 0 && !cursor->has_ended) {
        if (items_left(self) == 0) {
            cursor->has_ended = TRUE;
            return TRUE;
        }
        if ((cursor->items == NULL && !fetch_page(self, cursor, error)) ||
            !add_items(self, cursor, batch, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- exact loads: one task of all segments --- */

static gboolean lane_start(TgInput *input, guint lane, guint split, GError **error G_GNUC_UNUSED)
{
    DynamodbInput *self = (DynamodbInput *)input;

    cursor_start(&self->lanes[lane], self, split);
    return TRUE;
}

static gboolean lane_read(TgInput *input, guint lane, TgBatch *batch, gboolean *out_has_ended,
                          GError **error)
{
    DynamodbInput *self = (DynamodbInput *)input;

    if (!read_cursor(self, &self->lanes[lane], batch, error)) {
        return FALSE;
    }
    *out_has_ended = self->lanes[lane].has_ended;
    return TRUE;
}

static void lane_end(TgInput *input, guint lane)
{
    cursor_clear(&((DynamodbInput *)input)->lanes[lane]);
}

/* --- Embulk's loads: a task for each segment --- */

typedef struct {
    TgReader reader;
    DynamodbInput *input;
    GMutex mutex; /* one thread at a time: a page says where the next one is */
    DynamodbCursor cursor;
} SegmentReader;

static gboolean segment_next(TgReader *reader, TgBatch *batch, GError **error)
{
    SegmentReader *self = (SegmentReader *)reader;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    return read_cursor(self->input, &self->cursor, batch, error);
}

static void segment_free(TgReader *reader)
{
    SegmentReader *self = (SegmentReader *)reader;

    cursor_clear(&self->cursor);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static TgReader *input_open_task(TgInput *input, guint task, GError **error G_GNUC_UNUSED)
{
    static const TgLanesReaderClass lanes = {
        .start = lane_start, .read = lane_read, .end = lane_end};
    static const TgReaderClass segments = {.next = segment_next, .free = segment_free};
    DynamodbInput *self = (DynamodbInput *)input;
    SegmentReader *reader = NULL;

    if (self->plan.exact) {
        return tg_lanes_reader_new(&self->turns, &lanes, input, self->context);
    }
    reader = g_new0(SegmentReader, 1);
    reader->reader.class = &segments;
    reader->input = self;
    g_mutex_init(&reader->mutex);
    cursor_start(&reader->cursor, self, task);
    return &reader->reader;
}

static json_t *input_finish(TgInput *input G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return json_object();
}

static void input_free(TgInput *input)
{
    DynamodbInput *self = (DynamodbInput *)input;

    for (guint i = 0; i < TG_LANES_MAX; i++) {
        cursor_clear(&self->lanes[i]);
    }
    dynamodb_plan_clear(&self->plan);
    dynamodb_request_clear(&self->request);
    tg_aws_client_free(self->dynamodb);
    tg_lanes_clear(&self->turns);
    g_mutex_clear(&self->mutex);
    g_free(self->table);
    g_free(self);
}

/* --- a sample --- */

static void drop_item(gpointer item)
{
    json_decref(item);
}

/* The first items that the request gives, page after page. */
static GPtrArray *read_sample(DynamodbInput *self, gint64 wanted, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(drop_item);
    DynamodbCursor cursor = {.segment = MAX(self->request.segment_only, 0)};
    gboolean ok = TRUE;

    for (guint page = 0; ok && !cursor.has_ended && page < SAMPLE_PAGES_MAX; page++) {
        ok = fetch_page(self, &cursor, error);
        for (size_t i = 0; ok && i < json_array_size(cursor.items); i++) {
            g_ptr_array_add(items, json_incref(json_array_get(cursor.items, i)));
        }
        g_clear_pointer(&cursor.items, json_decref);
        cursor.has_ended = cursor.start_key == NULL || (gint64)items->len >= wanted;
    }
    cursor_clear(&cursor);
    return ok ? g_steal_pointer(&items) : NULL;
}

/* Columns from a sample; a new reference. */
static json_t *sample_columns(DynamodbInput *self, const json_t *config, GError **error)
{
    gint64 wanted = 0;
    gint64 segments = self->request.segments;
    g_autoptr(GPtrArray) items = NULL;

    if (!tg_params_get_int64(config, "sample_items", SAMPLE_ITEMS_DEFAULT, &wanted, error) ||
        !tg_params_check_range("sample_items", wanted, 1, SAMPLE_ITEMS_MAX, error)) {
        return NULL;
    }
    if (self->request.segment_only < 0) {
        self->request.segments = 1; /* the sample may come from anywhere */
    }
    items = read_sample(self, wanted, error);
    self->request.segments = segments;
    return items == NULL ? NULL : dynamodb_plan_sample(items, error);
}

/* --- options --- */

/* The names before 0.3 mean what the new ones do. A new reference. */
static json_t *rename_options(const json_t *config, GError **error)
{
    static const char *const names[][2] = {{"access_key", "access_key_id"},
                                           {"secret_key", "secret_access_key"},
                                           {"end_point", "endpoint"}};
    g_autoptr(json_t) copy = json_copy((json_t *)config);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        json_t *value = json_object_get(config, names[i][0]);

        if (value == NULL || json_is_null(value)) {
            continue;
        }
        if (tg_params_has(config, names[i][1])) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "write '%s' alone, without '%s'",
                        names[i][1], names[i][0]);
            return NULL;
        }
        json_object_set(copy, names[i][1], value);
    }
    return g_steal_pointer(&copy);
}

static gboolean check_cancelled(gpointer data, GError **error)
{
    return tg_loader_check_cancelled(data, error);
}

static void tell_retry(gpointer data, const char *message)
{
    tg_loader_log(data, TG_LOADER_DEBUG, "%s; trying again", message);
}

static gboolean open_client(DynamodbInput *self, const json_t *config, GError **error)
{
    g_autoptr(TgAwsCredentials) credentials = tg_aws_auth_read(config, error);
    g_autofree char *region = NULL;
    g_autofree char *endpoint = NULL;
    g_autofree char *profile = NULL;
    g_autofree char *proxy = NULL;
    gint64 retries = 0;
    gint64 seconds = 0;

    if (credentials == NULL || !tg_params_dup_text_or(config, "region", NULL, &region, error) ||
        !tg_params_dup_text_or(config, "endpoint", NULL, &endpoint, error) ||
        !tg_params_dup_text_or(config, "profile_name", NULL, &profile, error) ||
        !tg_params_get_int64(config, "maximum_retries", RETRIES_DEFAULT, &retries, error) ||
        !tg_params_get_int64(config, "retry_seconds", RETRY_SECONDS_DEFAULT, &seconds, error) ||
        !tg_params_check_range("maximum_retries", retries, 0, 1000, error) ||
        !tg_params_check_range("retry_seconds", seconds, 1, 86400, error) ||
        !tg_aws_proxy_read(config, &proxy, error)) {
        return FALSE;
    }
    TgAwsClientOptions options = {.endpoint = endpoint,
                                  .region = region,
                                  .profile = profile,
                                  .credentials = credentials,
                                  .proxy = proxy,
                                  .tries_max = (guint)retries + 1,
                                  .retry_ms = seconds * 1000,
                                  .check = check_cancelled,
                                  .tell_retry = tell_retry,
                                  .data = self->context};

    self->dynamodb = tg_dynamodb_new(&options, error);
    return self->dynamodb != NULL;
}

static gboolean read_extra(DynamodbInput *self, const json_t *config, gboolean is_sampled,
                           GError **error)
{
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, "extra_attributes", is_sampled ? "refuse" : "ignore", &text,
                               error)) {
        return FALSE;
    }
    self->plan.refuses_extra = strcmp(text, "refuse") == 0;
    if (!self->plan.refuses_extra && strcmp(text, "ignore") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'extra_attributes' must be refuse or ignore, not '%s'", text);
        return FALSE;
    }
    return TRUE;
}

/* Client and request: what a sample needs. */
static gboolean open_request(DynamodbInput *self, const json_t *config, GError **error)
{
    if (!dynamodb_request_read(&self->request, self->context, config, error) ||
        !open_client(self, config, error)) {
        return FALSE;
    }
    self->table = tg_params_dup_text(config, "table", error);
    self->items_left = self->request.items_max;
    self->plan.exact = tg_loader_context_job(self->context)->exact_types;
    self->plan.fills_missing = tg_params_has(config, "operation");
    return self->table != NULL;
}

static gboolean open_with(DynamodbInput *self, const json_t *config, GError **error)
{
    const json_t *columns = json_object_get(config, "columns");
    gboolean samples = FALSE;
    g_autoptr(json_t) sampled = NULL;

    if (!open_request(self, config, error)) {
        return FALSE;
    }
    samples = self->plan.exact && json_array_size(columns) == 0 &&
              !tg_params_has(config, "json_column_name");
    if (samples) {
        sampled = sample_columns(self, config, error);
        if (sampled == NULL) {
            return FALSE;
        }
    }
    gint64 segments = self->request.segment_only >= 0 ? 1 : self->request.segments;

    self->input.task_count = self->plan.exact ? 1 : (guint)segments;
    tg_lanes_clear(&self->turns);
    tg_lanes_init(&self->turns, MIN(tg_loader_readers_max(self->context), (guint)segments),
                  (guint)segments);
    return read_extra(self, config, samples, error) &&
           dynamodb_plan_read(&self->plan, config, samples ? sampled : columns, self->input.schema,
                              error);
}

static DynamodbInput *input_new(TgLoaderContext *context)
{
    static const TgInputClass class = {
        .open_task = input_open_task, .finish = input_finish, .free = input_free};
    DynamodbInput *self = g_new0(DynamodbInput, 1);

    self->input.class = &class;
    self->input.schema = tg_schema_new();
    self->input.bytes_expected = -1;
    self->context = context;
    self->plan.schema = self->input.schema;
    g_mutex_init(&self->mutex);
    tg_lanes_init(&self->turns, 1, 1);
    return self;
}

static TgInput *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    DynamodbInput *self = input_new(context);
    g_autoptr(TgInput) input = &self->input;
    g_autoptr(json_t) renamed = rename_options(config, error);

    return renamed != NULL && open_with(self, renamed, error) ? g_steal_pointer(&input) : NULL;
}

/* `load guess`: the columns of a sample. */
static json_t *input_guess(TgLoaderContext *context, const json_t *config, GError **error)
{
    DynamodbInput *self = input_new(context);
    g_autoptr(TgInput) input = &self->input;
    g_autoptr(json_t) renamed = rename_options(config, error);
    json_t *columns = renamed != NULL && open_request(self, renamed, error)
                          ? sample_columns(self, renamed, error)
                          : NULL;
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (columns, index, column) {
        json_object_del(column, "sampled");
    }
    return columns == NULL ? NULL : json_pack("{s:o}", "columns", columns);
}

static const TgLoaderOption options[] = {
    {"table", "text", NULL, "The table."},
    {"scan", "map", "{}",
     "Reads all items: filter_expression, projection_expression, expression_attribute_names and "
     "_values, index_name, consistent_read, select, exclusive_start_key, batch_size (items of one "
     "request), limit (items in all), total_segment, segment (this one alone)."},
    {"query", "map", "null",
     "Reads the items of a key: key_condition_expression, scan_index_forward (true), and what "
     "scan has but segments. Values are {S: text}, {N: 1} and so on; a scalar stands for itself."},
    {"segments", "integer", "1", "Parts of a scan that are read at a time, up to 4096."},
    {"columns", "list", "from a sample; types: embulk: one json column",
     "Columns as {name, type, attribute_type, format, timezone, date}; with attribute_type (S, N, "
     "B, BOOL, NULL, M, L, SS, NS, BS) other values are null. Exact types also binary, date, "
     "decimal(p,s). Documents and sets are JSON, binary in them is base64."},
    {"json_column_name", "text", "record", "Without columns: one json column of whole items."},
    {"sample_items", "integer", "1000",
     "Items that columns are taken from: S string, N long, else decimal, else string, BOOL "
     "boolean, B binary, all else json; S, N and BOOL mixed string, others mixed json."},
    {"extra_attributes", "text", "refuse (ignore when columns are written)",
     "An attribute without a column stops the load, or is left out."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z", "Format of timestamps."},
    {"default_timezone", "text", "UTC", "Zone of times whose text names none."},
    {"default_date", "text", "1970-01-01", "Date of times without one."},
    {"maximum_retries", "integer", "20",
     "How often a request is tried again when the table is throttled or the server fails."},
    {"retry_seconds", "integer", "300", "For how long at most."},
    {"operation", "text", "null", "Old: scan or query, with filters, limit, scan_limit."},
    {"filters", "list", "[]", "Old: conditions as {name, type, condition, value, value2}."},
    {"limit", "integer", "0", "Old: items that one query looks at."},
    {"scan_limit", "integer", "0", "Old: items that one request looks at."},
    {"record_limit", "integer", "0", "Old: items in all."},
    {"access_key", "text", "null", "Old: access_key_id."},
    {"secret_key", "text", "null", "Old: secret_access_key."},
    {"end_point", "text", "null", "Old: endpoint."},
    {"enable_endpoint_discovery", "boolean", "false", "Accepted; the endpoint is not asked for."},
    TG_AWS_AUTH_OPTIONS,
    {"region", "text", "us-east-1 (AWS_REGION)", "Where the table lies."},
    {"endpoint", "text", "null (AWS_ENDPOINT_URL_DYNAMODB)",
     "Another server than AWS: http://host:8000."},
    TG_AWS_PROXY_OPTION,
    {0}};

const TgInputPlugin tg_input_dynamodb = {.name = "dynamodb",
                                         .help = "The items of a table of Amazon DynamoDB.",
                                         .options = options,
                                         .open = input_open,
                                         .guess = input_guess};
