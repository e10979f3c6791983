/* filter join_file: columns of a small file, found by a key (embulk-filter-join_file). */
#include <string.h>

#include "loader/text_value.h"
#include "loader/time_literal.h"
#include "loader/utf8.h"
#include "loader/value_text.h"
#include "params/params.h"
#include "params/yaml.h"

#define FILE_BYTES_MAX ((gsize)256 * 1024 * 1024)

typedef struct {
    TgFilter filter;
    guint base;    /* column of the input */
    guint first;   /* joined column of the result */
    gint *sources; /* one a column of the result; -1: joined */
    TgBatch *table;
    GHashTable *rows; /* text of the key → row of the table + 1 */
} JoinFilter;

/* A record of the file, and what it is called in messages. */
typedef struct {
    const json_t *record;
    gsize number; /* from 1 */
} FileRecord;

static guint find_row(const JoinFilter *self, const TgVector *base, guint row, GString *key)
{
    if (!tg_vector_is_valid(base, row)) {
        return 0;
    }
    g_string_truncate(key, 0);
    if (tg_value_is_instant(base->type)) {
        tg_time_literal_append(key, tg_vector_get_nanos(base, row));
    } else {
        tg_value_append(key, base, row);
    }
    return GPOINTER_TO_UINT(g_hash_table_lookup(self->rows, key->str));
}

/* Puts the columns of a row of the file into a row. @found its number + 1; 0: there is none */
static void set_joined(const JoinFilter *self, guint found, TgBatch *out, guint row)
{
    for (guint i = 0; i < self->table->count; i++) {
        TgVector *into = out->vectors[self->first + i];

        if (found == 0) {
            tg_vector_set_null(into, row);
        } else {
            tg_vector_copy(into, row, self->table->vectors[i], found - 1);
        }
    }
}

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error G_GNUC_UNUSED)
{
    const JoinFilter *self = (const JoinFilter *)filter;
    g_autoptr(GString) key = g_string_new(NULL);

    tg_batch_share(out, in, self->sources);
    for (guint row = 0; row < in->rows; row++) {
        set_joined(self, find_row(self, in->vectors[self->base], row, key), out, row);
    }
    return TRUE;
}

static void filter_free(TgFilter *filter)
{
    JoinFilter *self = (JoinFilter *)filter;

    tg_batch_free(self->table);
    g_clear_pointer(&self->rows, g_hash_table_unref);
    g_free(self->sources);
    g_free(self);
}

/* --- the file --- */

/* One field of a CSV line at *at, which moves behind the separator. */
static gboolean read_field(const char **at, char delimiter, GString *into, gboolean *out_ends_line)
{
    const char *from = *at;

    g_string_truncate(into, 0);
    if (*from == '"') {
        for (from++; *from != '\0' && (*from != '"' || from[1] == '"'); from++) {
            from += *from == '"' ? 1 : 0;
            g_string_append_c(into, *from);
        }
        if (*from != '"') {
            return FALSE;
        }
        from++;
    }
    for (; *from != '\0' && *from != delimiter && *from != '\n' && *from != '\r'; from++) {
        g_string_append_c(into, *from);
    }
    *out_ends_line = *from != delimiter;
    from += *from == '\r' && from[1] == '\n' ? 1 : 0;
    *at = *from == '\0' ? from : from + 1;
    return TRUE;
}

/* One line as an array of texts; NULL: a quote is not closed. */
static json_t *read_line(const char **at, char delimiter)
{
    g_autoptr(json_t) fields = json_array();
    g_autoptr(GString) field = g_string_new(NULL);
    gboolean ends = FALSE;

    while (!ends) {
        if (!read_field(at, delimiter, field, &ends)) {
            return NULL;
        }
        json_array_append_new(fields, json_stringn(field->str, field->len));
    }
    return g_steal_pointer(&fields);
}

/* CSV with a header line as a list of maps; an empty field is no value. */
static json_t *read_csv(const char *text, char delimiter, GError **error)
{
    g_autoptr(json_t) records = json_array();
    g_autoptr(json_t) header = NULL;
    const char *at = text;

    while (*at != '\0') {
        g_autoptr(json_t) fields = read_line(&at, delimiter);
        gsize count = json_array_size(fields);

        if (fields == NULL || (header != NULL && count > json_array_size(header))) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "record %zu: %s",
                        json_array_size(records) + 1,
                        fields == NULL ? "a quote is not closed" : "more fields than the header");
            return NULL;
        }
        if (header == NULL) {
            header = g_steal_pointer(&fields);
            continue;
        }
        if (count == 1 && *json_string_value(json_array_get(fields, 0)) == '\0') {
            continue; /* an empty line */
        }
        json_t *record = json_object();

        for (gsize i = 0; i < count; i++) {
            json_t *field = json_array_get(fields, i);

            json_object_set(record, json_string_value(json_array_get(header, i)),
                            *json_string_value(field) == '\0' ? json_null() : field);
        }
        json_array_append_new(records, record);
    }
    return g_steal_pointer(&records);
}

/* Documents are maps here, so the list becomes the value of a key. */
static json_t *read_yaml(const char *text, GError **error)
{
    const TgYamlOptions flavour = {.flavour = TG_YAML_EMBULK};
    const char *list = g_str_has_prefix(text, "---\n") ? text + 4 : text;
    g_autofree char *map = g_strconcat("records:\n", list, NULL);
    TgSource source = {.name = "<below records:>", .text = map, .size_bytes = strlen(map)};
    g_autoptr(TgYaml) yaml = tg_yaml_parse(&source, &flavour, error);

    return yaml == NULL ? NULL : json_incref(json_object_get(tg_yaml_root(yaml), "records"));
}

static json_t *parse_file(const char *format, const char *text, gsize size, GError **error)
{
    json_error_t problem = {0};
    json_t *records = NULL;

    if (!tg_utf8_is_valid(text, size) || memchr(text, '\0', size) != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "it is not written in UTF-8");
        return NULL;
    }
    if (strcmp(format, "json") == 0) {
        records = json_loadb(text, size, 0, &problem);
        if (records == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "line %d: %s", problem.line,
                        problem.text);
        }
    } else if (strcmp(format, "yaml") == 0) {
        records = read_yaml(text, error);
    } else if (strcmp(format, "csv") == 0 || strcmp(format, "tsv") == 0) {
        records = read_csv(text, *format == 'c' ? ',' : '\t', error);
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "file_format is json, yaml, csv or tsv, not '%s'", format);
    }
    if (records != NULL && !json_is_array(records)) {
        json_decref(records);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "it is no list of maps");
        return NULL;
    }
    return records;
}

static json_t *read_file(const TgLoaderContext *context, const json_t *config, GError **error)
{
    g_autofree char *name = tg_params_dup_text(config, "file_path", error);
    g_autofree char *format =
        name == NULL ? NULL : tg_params_dup_text(config, "file_format", error);
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    gsize size = 0;
    GError *problem = NULL;
    json_t *records = NULL;

    if (format == NULL) {
        return NULL;
    }
    path = tg_loader_context_path(context, name);
    if (!g_file_get_contents(path, &text, &size, &problem)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "file_path: %s", problem->message);
        g_error_free(problem);
        return NULL;
    }
    if (size > FILE_BYTES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "file_path: '%s' is larger than 256 MiB; join it in a query instead", name);
        return NULL;
    }
    records = parse_file(format, text, size, error);
    if (records == NULL) {
        g_prefix_error(error, "file_path: '%s': ", name);
    }
    return records;
}

/* --- the table --- */

static const char *set_value(const TgColumnConfig *columns, guint column, gboolean exact,
                             const json_t *value, TgBatch *table)
{
    TgTextRules rules = {
        .exact = exact, .strict_booleans = exact, .reader = &columns->readers[column]};
    TgVector *into = table->vectors[column];

    if (value == NULL || json_is_null(value)) {
        tg_vector_set_null(into, table->rows);
        return NULL;
    }
    g_autofree char *text = tg_params_to_text(value);

    return tg_text_value_set(&rules, text, strlen(text), into, table->rows);
}

static gboolean add_record(JoinFilter *self, const TgColumnConfig *columns, const FileRecord *from,
                           const char *counter, gboolean exact, GError **error)
{
    const json_t *value = json_object_get(from->record, counter);

    if (!json_is_object(from->record)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "record %zu is no map", from->number);
        return FALSE;
    }
    if (value == NULL || json_is_null(value)) {
        return TRUE; /* nothing is equal to null */
    }
    g_autofree char *key = tg_params_to_text(value);

    tg_batch_begin_row(self->table);
    for (guint i = 0; i < columns->schema->count; i++) {
        const char *name = columns->schema->columns[i].name;
        const char *reason =
            set_value(columns, i, exact, json_object_get(from->record, name), self->table);

        if (reason != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "record %zu: '%s' %s", from->number, name,
                        reason);
            return FALSE;
        }
    }
    tg_batch_commit_row(self->table);
    if (exact && g_hash_table_contains(self->rows, key)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "record %zu: the key '%s' is there twice; only one record can be joined",
                    from->number, key);
        return FALSE;
    }
    g_hash_table_replace(self->rows, g_steal_pointer(&key), GUINT_TO_POINTER(self->table->rows));
    return TRUE;
}

static gboolean fill_table(JoinFilter *self, const TgLoaderContext *context, const json_t *config,
                           const TgColumnConfig *columns, GError **error)
{
    g_autoptr(json_t) records = read_file(context, config, error);
    g_autofree char *counter = NULL;
    gboolean exact = tg_loader_context_job(context)->exact_types;
    json_t *record = NULL;
    size_t index = 0;

    if (records == NULL || !tg_params_dup_text_or(json_object_get(config, "counter_column"), "name",
                                                  "id", &counter, error)) {
        return FALSE;
    }
    self->table = tg_batch_new(columns->schema);
    self->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_array_foreach (records, index, record) {
        FileRecord from = {record, index + 1};

        if (!add_record(self, columns, &from, counter, exact, error)) {
            g_prefix_error(error, "file_path: ");
            return FALSE;
        }
    }
    return TRUE;
}

/* --- opening --- */

static gboolean find_base(const json_t *config, const TgSchema *input, guint *out, GError **error)
{
    const json_t *column = json_object_get(config, "base_column");
    g_autofree char *name = json_is_object(column)
                                ? tg_params_dup_text(column, "name", error)
                                : tg_params_dup_text(config, "base_column", error);
    int index = name == NULL ? -1 : tg_schema_find(input, name);

    if (name == NULL) {
        return FALSE;
    }
    if (index < 0 || input->columns[index].type.id == TG_TYPE_BINARY) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "base_column: %s '%s'",
                    index < 0 ? "there is no column" : "binary values are no keys:", name);
        return FALSE;
    }
    *out = (guint)index;
    return TRUE;
}

static gboolean build_schema(JoinFilter *self, const TgSchema *input, const TgSchema *joined,
                             const char *prefix, GError **error)
{
    TgSchema *schema = self->filter.schema;

    self->sources = g_new0(gint, input->count + joined->count + 1);
    for (guint i = 0; i < input->count; i++) {
        self->sources[i] = (gint)i;
        tg_schema_append_copy(schema, &input->columns[i]);
    }
    self->first = input->count;
    for (guint i = 0; i < joined->count; i++) {
        g_autofree char *name = g_strconcat(prefix, joined->columns[i].name, NULL);

        if (tg_schema_find(schema, name) >= 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the column '%s' would be there twice; set joined_column_prefix", name);
            return FALSE;
        }
        self->sources[self->first + i] = -1;
        (void)tg_schema_append(schema, name, joined->columns[i].type);
    }
    return TRUE;
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    g_autoptr(TgColumnConfig) columns = NULL;
    g_autoptr(json_t) readable = json_copy((json_t *)config);
    g_autofree char *prefix = NULL;
    g_autofree char *zone = NULL;
    guint base = 0;

    if (!find_base(config, input, &base, error) ||
        !tg_params_dup_text_or(config, "joined_column_prefix", "_joined_by_embulk_", &prefix,
                               error) ||
        !tg_params_dup_text_or(config, "time_zone", "UTC", &zone, error)) {
        return NULL;
    }
    json_object_set_new(readable, "default_timezone", json_string(zone));
    columns = tg_column_config_new(context, readable, error);
    if (columns == NULL) {
        return NULL;
    }
    JoinFilter *self = g_new0(JoinFilter, 1);

    self->filter.class = &class;
    self->filter.schema = tg_schema_new();
    self->base = base;
    if (!build_schema(self, input, columns->schema, prefix, error) ||
        !fill_table(self, context, config, columns, error)) {
        tg_schema_free(self->filter.schema);
        filter_free(&self->filter);
        return NULL;
    }
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"base_column", "map", NULL, "The column of the stream that holds the key, as {name}."},
    {"counter_column", "map", "{name: id, type: long}",
     "The member of the file's records that is the key."},
    {"joined_column_prefix", "text", "_joined_by_embulk_", "Put in front of the joined columns."},
    {"file_path", "text", NULL, "The file; it is held in memory."},
    {"file_format", "text", NULL,
     "json or yaml (a list of maps), csv or tsv (with a header line)."},
    {"columns", "list", NULL,
     "What is joined, as {name, type, format}: members of the file's records."},
    {"time_zone", "text", "UTC", "Zone of times whose text names none."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z",
     "Format of timestamp columns without a format of their own."},
    {"default_date", "text", "1970-01-01", "Date of times without one."},
    {0}};

const TgFilterPlugin tg_filter_join_file = {.name = "join_file",
                                            .help = "Joins columns of a small file by a key.",
                                            .options = options,
                                            .open = filter_open};
