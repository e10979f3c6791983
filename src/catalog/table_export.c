/* Tables as DDL and as Terraform. */
#include "catalog/table_export.h"

#include <string.h>

#include "catalog/table.h"

#define PARTITIONS_PER_STATEMENT 100 /* Athena's limit */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/* --- SQL --- */

/* Appends a text between two marks; marks in it are doubled. */
static void append_quoted(GString *out, char mark, const char *text)
{
    g_string_append_c(out, mark);
    for (; *text != '\0'; text++) {
        if (*text == mark) {
            g_string_append_c(out, mark);
        }
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, mark);
}

static void append_columns(GString *out, const json_t *columns)
{
    for (gsize i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        const char *comment = text_of(column, "Comment");

        g_string_append(out, i == 0 ? "  " : ",\n  ");
        append_quoted(out, '`', text_of(column, "Name"));
        g_string_append_printf(out, " %s", text_of(column, "Type"));
        if (*comment != '\0') {
            g_string_append(out, " COMMENT ");
            append_quoted(out, '\'', comment);
        }
    }
}

static void append_properties(GString *out, const json_t *properties)
{
    const char *key = NULL;
    json_t *value = NULL;
    guint count = 0;

    json_object_foreach ((json_t *)properties, key, value) {
        g_string_append(out, count++ == 0 ? "  " : ",\n  ");
        append_quoted(out, '\'', key);
        g_string_append_c(out, '=');
        append_quoted(out, '\'', json_is_string(value) ? json_string_value(value) : "");
    }
}

static void append_line(GString *out, const char *keyword, const char *text)
{
    g_string_append_printf(out, "%s\n  ", keyword);
    append_quoted(out, '\'', text);
    g_string_append_c(out, '\n');
}

static void append_storage(GString *out, const json_t *storage)
{
    const json_t *serde = json_object_get(storage, "SerdeInfo");
    const json_t *parameters = json_object_get(serde, "Parameters");

    append_line(out, "ROW FORMAT SERDE", text_of(serde, "SerializationLibrary"));
    if (json_object_size(parameters) > 0) {
        g_string_append(out, "WITH SERDEPROPERTIES (\n");
        append_properties(out, parameters);
        g_string_append(out, ")\n");
    }
    append_line(out, "STORED AS INPUTFORMAT", text_of(storage, "InputFormat"));
    append_line(out, "OUTPUTFORMAT", text_of(storage, "OutputFormat"));
    append_line(out, "LOCATION", text_of(storage, "Location"));
}

char *tg_table_to_sql(const json_t *table)
{
    const json_t *keys = tg_table_partition_keys(table);
    GString *out = g_string_new(NULL);
    g_autofree char *name =
        g_strdup_printf("%s.%s", text_of(table, "DatabaseName"), tg_table_name(table));

    if (tg_table_is_view(table)) {
        g_autofree char *select = tg_table_view_sql(table);

        g_string_append_printf(out, "CREATE OR REPLACE VIEW %s AS\n%s", name,
                               select == NULL ? text_of(table, "ViewOriginalText") : select);
        return g_string_free(out, FALSE);
    }
    g_string_append(out, "CREATE EXTERNAL TABLE ");
    append_quoted(out, '`', name);
    g_string_append(out, "(\n");
    append_columns(out, tg_table_columns(table));
    g_string_append(out, ")\n");
    if (json_array_size(keys) > 0) {
        g_string_append(out, "PARTITIONED BY (\n");
        append_columns(out, keys);
        g_string_append(out, ")\n");
    }
    append_storage(out, json_object_get(table, "StorageDescriptor"));
    g_string_append(out, "TBLPROPERTIES (\n");
    append_properties(out, json_object_get(table, "Parameters"));
    g_string_append(out, ")");
    return g_string_free(out, FALSE);
}

static void append_partition(GString *out, const json_t *keys, const json_t *partition)
{
    const json_t *values = json_object_get(partition, "Values");

    g_string_append(out, "\n  PARTITION (");
    for (gsize i = 0; i < json_array_size(keys); i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        append_quoted(out, '`', text_of(json_array_get(keys, i), "Name"));
        g_string_append_c(out, '=');
        const char *value = json_string_value(json_array_get(values, i));

        append_quoted(out, '\'', value == NULL ? "" : value);
    }
    g_string_append(out, ") LOCATION ");
    append_quoted(out, '\'',
                  tg_table_location(partition) == NULL ? "" : tg_table_location(partition));
}

char *tg_table_partitions_to_sql(const json_t *table, const json_t *partitions)
{
    GString *out = g_string_new(NULL);
    json_t *partition = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)partitions, i, partition) {
        if (i % PARTITIONS_PER_STATEMENT == 0) {
            g_string_append_printf(out, "%sALTER TABLE ", i == 0 ? "" : ";\n");
            append_quoted(out, '`', text_of(table, "DatabaseName"));
            g_string_append_c(out, '.');
            append_quoted(out, '`', text_of(table, "Name"));
            g_string_append(out, " ADD IF NOT EXISTS");
        }
        append_partition(out, tg_table_partition_keys(table), partition);
    }
    g_string_append(out, out->len == 0 ? "" : ";\n");
    return g_string_free(out, FALSE);
}

/* --- Terraform --- */

/* A string of HCL: JSON's escapes, and "${", "%{" begin templates unless doubled. */
static void append_hcl(GString *out, const char *text)
{
    g_autoptr(GString) doubled = g_string_new(NULL);

    for (; *text != '\0'; text++) {
        if ((*text == '$' || *text == '%') && text[1] == '{') {
            g_string_append_c(doubled, *text);
        }
        g_string_append_c(doubled, *text);
    }
    json_t *value = json_string(doubled->str);
    g_autofree char *shown = json_dumps(value, JSON_ENCODE_ANY);

    g_string_append(out, shown == NULL ? "\"\"" : shown);
    json_decref(value);
}

static void append_attribute(GString *out, guint depth, const char *name, const char *text)
{
    if (*text != '\0') {
        g_string_append_printf(out, "%*s%s = ", (int)depth * 2, "", name);
        append_hcl(out, text);
        g_string_append_c(out, '\n');
    }
}

static void append_map(GString *out, guint depth, const char *name, const json_t *map)
{
    const char *key = NULL;
    json_t *value = NULL;

    if (json_object_size(map) == 0) {
        return;
    }
    g_string_append_printf(out, "%*s%s = {\n", (int)depth * 2, "", name);
    json_object_foreach ((json_t *)map, key, value) {
        g_string_append_printf(out, "%*s", (int)depth * 2 + 2, "");
        append_hcl(out, key);
        g_string_append(out, " = ");
        append_hcl(out, json_is_string(value) ? json_string_value(value) : "");
        g_string_append_c(out, '\n');
    }
    g_string_append_printf(out, "%*s}\n", (int)depth * 2, "");
}

static void append_blocks(GString *out, guint depth, const char *name, const json_t *columns)
{
    for (gsize i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);

        g_string_append_printf(out, "%*s%s {\n", (int)depth * 2, "", name);
        append_attribute(out, depth + 1, "name", text_of(column, "Name"));
        append_attribute(out, depth + 1, "type", text_of(column, "Type"));
        append_attribute(out, depth + 1, "comment", text_of(column, "Comment"));
        g_string_append_printf(out, "%*s}\n", (int)depth * 2, "");
    }
}

/* A resource's label: letters, digits and underscores, not a digit first. */
static void append_label(GString *out, const char *name)
{
    if (g_ascii_isdigit(*name)) {
        g_string_append_c(out, '_');
    }
    for (; *name != '\0'; name++) {
        g_string_append_c(out, (char)(g_ascii_isalnum(*name) ? *name : '_'));
    }
}

char *tg_database_to_terraform(const json_t *database)
{
    GString *out = g_string_new("resource \"aws_glue_catalog_database\" \"");

    append_label(out, text_of(database, "Name"));
    g_string_append(out, "\" {\n");
    append_attribute(out, 1, "name", text_of(database, "Name"));
    append_attribute(out, 1, "description", text_of(database, "Description"));
    append_attribute(out, 1, "location_uri", text_of(database, "LocationUri"));
    append_map(out, 1, "parameters", json_object_get(database, "Parameters"));
    g_string_append(out, "}\n");
    return g_string_free(out, FALSE);
}

static void append_descriptor(GString *out, const json_t *storage)
{
    const json_t *serde = json_object_get(storage, "SerdeInfo");

    g_string_append(out, "  storage_descriptor {\n");
    append_attribute(out, 2, "location", text_of(storage, "Location"));
    append_attribute(out, 2, "input_format", text_of(storage, "InputFormat"));
    append_attribute(out, 2, "output_format", text_of(storage, "OutputFormat"));
    if (json_object_size(serde) > 0) {
        g_string_append(out, "    ser_de_info {\n");
        append_attribute(out, 3, "serialization_library", text_of(serde, "SerializationLibrary"));
        append_map(out, 3, "parameters", json_object_get(serde, "Parameters"));
        g_string_append(out, "    }\n");
    }
    append_blocks(out, 2, "columns", json_object_get(storage, "Columns"));
    g_string_append(out, "  }\n");
}

char *tg_table_to_terraform(const json_t *table)
{
    GString *out = g_string_new("resource \"aws_glue_catalog_table\" \"");
    g_autofree char *label =
        g_strdup_printf("%s_%s", text_of(table, "DatabaseName"), text_of(table, "Name"));

    append_label(out, label);
    g_string_append(out, "\" {\n  database_name = aws_glue_catalog_database.");
    append_label(out, text_of(table, "DatabaseName"));
    g_string_append(out, ".name\n");
    append_attribute(out, 1, "name", text_of(table, "Name"));
    append_attribute(out, 1, "description", text_of(table, "Description"));
    append_attribute(out, 1, "table_type", text_of(table, "TableType"));
    append_attribute(out, 1, "view_original_text", text_of(table, "ViewOriginalText"));
    append_attribute(out, 1, "view_expanded_text", text_of(table, "ViewExpandedText"));
    append_map(out, 1, "parameters", json_object_get(table, "Parameters"));
    append_descriptor(out, json_object_get(table, "StorageDescriptor"));
    append_blocks(out, 1, "partition_keys", tg_table_partition_keys(table));
    if (tg_table_parameter(table, "tegaru.publish_id") != NULL) {
        g_string_append(out, "  lifecycle {\n    ignore_changes = [parameters, "
                             "storage_descriptor[0].location] # each publish sets them\n  }\n");
    }
    g_string_append(out, "}\n");
    return g_string_free(out, FALSE);
}
