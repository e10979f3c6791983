/* Glue's table objects. */
#include "catalog/table.h"

#include <string.h>

#include "base/suggest.h"
#include "params/params.h"

#define VIEW_START "/* Presto View: "

typedef struct {
    TgTableFormat format;
    const char *classification;
    const char *input_format;
    const char *output_format;
    const char *serde;
} FormatRow;

/* What Athena itself writes for CTAS in these formats. */
static const FormatRow formats[] = {
    {TG_FORMAT_PARQUET, "parquet", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    {TG_FORMAT_CSV, "csv", "org.apache.hadoop.mapred.TextInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
     "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    {TG_FORMAT_JSON, "json", "org.apache.hadoop.mapred.TextInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
     "org.openx.data.jsonserde.JsonSerDe"},
};

static void set_folded(json_t *object, const char *key, const char *name)
{
    g_autofree char *folded = tg_catalog_fold_name(name);

    json_object_set_new(object, key, json_string(folded));
}

char *tg_catalog_fold_name(const char *name)
{
    return g_utf8_strdown(name, -1);
}

json_t *tg_table_new(const char *database, const char *name, TgTableFormat format,
                     const char *location, const char *compression)
{
    json_t *table = json_object();
    json_t *storage = json_pack("{s:[]}", "Columns");
    json_t *parameters = json_pack("{s:s}", "EXTERNAL", "TRUE");

    set_folded(table, "Name", name);
    set_folded(table, "DatabaseName", database);
    json_object_set_new(table, "TableType", json_string("EXTERNAL_TABLE"));
    json_object_set_new(table, "StorageDescriptor", storage);
    json_object_set_new(table, "PartitionKeys", json_array());
    json_object_set_new(table, "Parameters", parameters);
    if (location != NULL) {
        json_object_set_new(storage, "Location", json_string(location));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (formats[i].format != format) {
            continue;
        }
        json_object_set_new(storage, "InputFormat", json_string(formats[i].input_format));
        json_object_set_new(storage, "OutputFormat", json_string(formats[i].output_format));
        json_object_set_new(storage, "SerdeInfo",
                            json_pack("{s:s, s:{s:s}}", "SerializationLibrary", formats[i].serde,
                                      "Parameters", "serialization.format", "1"));
        json_object_set_new(parameters, "classification", json_string(formats[i].classification));
    }
    if (compression != NULL && format == TG_FORMAT_PARQUET) {
        g_autofree char *upper = g_ascii_strup(compression, -1);

        json_object_set_new(parameters, "parquet.compression", json_string(upper));
    }
    return table;
}

static json_t *column_new(const char *name, const char *type, const char *comment)
{
    json_t *column = json_object();

    set_folded(column, "Name", name);
    json_object_set_new(column, "Type", json_string(type));
    if (comment != NULL) {
        json_object_set_new(column, "Comment", json_string(comment));
    }
    return column;
}

void tg_table_add_column(json_t *table, const char *name, const char *type, const char *comment)
{
    json_t *storage = json_object_get(table, "StorageDescriptor");

    json_array_append_new(json_object_get(storage, "Columns"), column_new(name, type, comment));
}

void tg_table_add_partition_key(json_t *table, const char *name, const char *type)
{
    json_array_append_new(json_object_get(table, "PartitionKeys"), column_new(name, type, NULL));
}

const char *tg_table_name(const json_t *table)
{
    return json_string_value(json_object_get(table, "Name"));
}

const char *tg_table_database(const json_t *table)
{
    return json_string_value(json_object_get(table, "DatabaseName"));
}

const char *tg_table_location(const json_t *table)
{
    return json_string_value(
        json_object_get(json_object_get(table, "StorageDescriptor"), "Location"));
}

const char *tg_table_parameter(const json_t *table, const char *key)
{
    return json_string_value(json_object_get(json_object_get(table, "Parameters"), key));
}

/* A lent empty array for what is missing; nobody changes it. */
static const json_t *or_none(const json_t *array)
{
    static json_t *none;

    if (json_is_array(array)) {
        return array;
    }
    if (g_once_init_enter(&none)) {
        g_once_init_leave(&none, json_array());
    }
    return none;
}

const json_t *tg_table_columns(const json_t *table)
{
    return or_none(json_object_get(json_object_get(table, "StorageDescriptor"), "Columns"));
}

const json_t *tg_table_partition_keys(const json_t *table)
{
    return or_none(json_object_get(table, "PartitionKeys"));
}

/* What Glue takes back of what it gives. A new reference. */
static json_t *pick(const json_t *object, const char *const *keys)
{
    json_t *picked = json_object();

    for (guint i = 0; keys[i] != NULL; i++) {
        json_t *value = json_object_get(object, keys[i]);

        if (value != NULL && !json_is_null(value)) {
            json_object_set(picked, keys[i], value);
        }
    }
    return picked;
}

json_t *tg_table_input(const json_t *table)
{
    static const char *const keys[] = {"Name",
                                       "Description",
                                       "Owner",
                                       "LastAccessTime",
                                       "LastAnalyzedTime",
                                       "Retention",
                                       "StorageDescriptor",
                                       "PartitionKeys",
                                       "ViewOriginalText",
                                       "ViewExpandedText",
                                       "TableType",
                                       "Parameters",
                                       "TargetTable",
                                       NULL};

    return pick(table, keys);
}

json_t *tg_table_partition_input(const json_t *partition)
{
    static const char *const keys[] = {"Values",     "LastAccessTime",   "StorageDescriptor",
                                       "Parameters", "LastAnalyzedTime", NULL};

    return pick(partition, keys);
}

json_t *tg_table_database_input(const json_t *database)
{
    static const char *const keys[] = {"Name", "Description", "LocationUri", "Parameters", NULL};

    return pick(database, keys);
}

gboolean tg_table_is_view(const json_t *table)
{
    return g_strcmp0(json_string_value(json_object_get(table, "TableType")), "VIRTUAL_VIEW") == 0;
}

char *tg_table_view_sql(const json_t *table)
{
    const char *text = json_string_value(json_object_get(table, "ViewOriginalText"));
    gsize size = 0;

    if (text == NULL || !g_str_has_prefix(text, VIEW_START)) {
        return NULL;
    }
    g_autofree char *base64 =
        g_strndup(text + strlen(VIEW_START), strcspn(text + strlen(VIEW_START), " "));
    g_autofree guchar *bytes = g_base64_decode(base64, &size);
    json_t *view = json_loadb((const char *)bytes, size, 0, NULL);
    char *sql = g_strdup(json_string_value(json_object_get(view, "originalSql")));

    json_decref(view);
    return sql;
}

TgTableFormat tg_table_format(const json_t *table)
{
    const json_t *storage = json_object_get(table, "StorageDescriptor");
    const char *serde = json_string_value(
        json_object_get(json_object_get(storage, "SerdeInfo"), "SerializationLibrary"));

    if (serde == NULL) {
        return TG_FORMAT_OTHER;
    }
    if (strstr(serde, "ParquetHiveSerDe") != NULL) {
        return TG_FORMAT_PARQUET;
    }
    if (strstr(serde, "LazySimpleSerDe") != NULL || strstr(serde, "OpenCSVSerde") != NULL) {
        return TG_FORMAT_CSV;
    }
    return strstr(serde, "JsonSerDe") != NULL ? TG_FORMAT_JSON : TG_FORMAT_OTHER;
}

gint64 tg_table_version(const json_t *table)
{
    const char *text = json_string_value(json_object_get(table, "VersionId"));

    return text == NULL ? -1 : g_ascii_strtoll(text, NULL, 10);
}

static const char *column_text(const json_t *column, const char *key)
{
    return json_string_value(json_object_get(column, key));
}

/* Value of a key of the map, whatever the case it is written in. */
static const json_t *find_value(const json_t *key_values, const char *name)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)key_values, key, value) {
        g_autofree char *folded = tg_catalog_fold_name(key);

        if (strcmp(folded, name) == 0) {
            return value;
        }
    }
    return NULL;
}

static gboolean check_no_extra(const json_t *table, const json_t *key_values, GError **error)
{
    const json_t *keys = tg_table_partition_keys(table);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *key = NULL;
    json_t *value = NULL;
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)keys, i, column) {
        g_ptr_array_add(names, (char *)column_text(column, "Name"));
    }
    g_ptr_array_add(names, NULL);
    json_object_foreach ((json_t *)key_values, key, value) {
        g_autofree char *folded = tg_catalog_fold_name(key);

        if (!g_strv_contains((const char *const *)names->pdata, folded)) {
            g_autofree char *hint = tg_suggest_phrase(key, (const char *const *)names->pdata);

            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s has no partition key '%s'%s",
                        tg_table_database(table), tg_table_name(table), key, hint);
            return FALSE;
        }
    }
    return TRUE;
}

char **tg_table_partition_values(const json_t *table, const json_t *key_values, GError **error)
{
    const json_t *keys = tg_table_partition_keys(table);
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    json_t *column = NULL;
    gsize i = 0;

    if (json_array_size(keys) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s is not partitioned",
                    tg_table_database(table), tg_table_name(table));
        return NULL;
    }
    json_array_foreach ((json_t *)keys, i, column) {
        const json_t *value = find_value(key_values, column_text(column, "Name"));

        if (value == NULL || json_is_null(value)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "table %s.%s is partitioned by '%s', but no value is given for it",
                        tg_table_database(table), tg_table_name(table),
                        column_text(column, "Name"));
            return NULL;
        }
        g_ptr_array_add(values, tg_params_to_text(value));
    }
    if (!check_no_extra(table, key_values, error)) {
        return NULL;
    }
    g_ptr_array_add(values, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&values), FALSE);
}

/* Hive's FileUtils.escapePathName: control characters and these are written as %XX. */
static void append_escaped(GString *into, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        guchar byte = (guchar)*c;

        if (byte < 0x20 || byte == 0x7f || strchr("\"#%'*/:=?\\{[]^", *c) != NULL) {
            g_string_append_printf(into, "%%%02X", byte);
        } else {
            g_string_append_c(into, *c);
        }
    }
}

char *tg_table_partition_path(const json_t *table, TgPartitionValues values)
{
    GString *path = g_string_new(NULL);
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)tg_table_partition_keys(table), i, column) {
        append_escaped(path, column_text(column, "Name"));
        g_string_append_c(path, '=');
        append_escaped(path, *values[i] == '\0' ? "__HIVE_DEFAULT_PARTITION__" : values[i]);
        g_string_append_c(path, '/');
    }
    return g_string_free(path, FALSE);
}

static const json_t *find_column(const json_t *columns, const char *name)
{
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)columns, i, column) {
        g_autofree char *folded = tg_catalog_fold_name(column_text(column, "Name"));

        if (strcmp(folded, name) == 0) {
            return column;
        }
    }
    return NULL;
}

static void compare_one(GString *problems, const json_t *column, const json_t *other,
                        const char *what)
{
    const char *name = column_text(column, "Name");
    const char *type = column_text(column, "Type");

    if (other == NULL) {
        g_string_append_printf(problems, "\n  %s (%s) is missing in %s", name, type, what);
    } else if (g_ascii_strcasecmp(type, column_text(other, "Type")) != 0) {
        g_string_append_printf(problems, "\n  %s is %s in the table, but %s in %s", name, type,
                               column_text(other, "Type"), what);
    }
}

gboolean tg_table_compare_columns(const json_t *table, const json_t *columns, const char *what,
                                  GError **error)
{
    const json_t *own = tg_table_columns(table);
    g_autoptr(GString) problems = g_string_new(NULL);
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)own, i, column) {
        const char *name = column_text(column, "Name");

        compare_one(problems, column, find_column(columns, name), what);
    }
    json_array_foreach ((json_t *)columns, i, column) {
        g_autofree char *folded = tg_catalog_fold_name(column_text(column, "Name"));

        if (find_column(own, folded) == NULL) {
            g_string_append_printf(problems, "\n  %s (%s) of %s is not in the table", folded,
                                   column_text(column, "Type"), what);
        }
    }
    if (problems->len == 0) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "the columns of %s differ from those of table %s.%s; nothing was changed:%s", what,
                tg_table_database(table), tg_table_name(table), problems->str);
    return FALSE;
}
