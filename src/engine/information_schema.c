/* What is no table but reads like one: information_schema, and the partitions of a table as
 * "t$partitions". */
#include <string.h>

#include "engine/engine_internal.h"

#define CATALOG "awsdatacatalog"
#define NULL_PARTITION "__HIVE_DEFAULT_PARTITION__"

/* Columns "name type" of a relation, and its rows as they are collected: "(a, b), (c, d)". */
typedef struct {
    const char *const *columns;
    GString *rows;
    TgEnginePlan *plan;
} Listing;

static void begin_row(const Listing *listing)
{
    g_string_append(listing->rows, listing->rows->len == 0 ? "(" : ", (");
}

/* A text, or NULL; `is_last` closes the row. */
static void add_text(const Listing *listing, const char *text, gboolean is_last)
{
    if (text == NULL) {
        g_string_append(listing->rows, "NULL");
    } else {
        tg_engine_append_text(listing->rows, text);
    }
    g_string_append(listing->rows, is_last ? ")" : ", ");
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void add_schemata(const Listing *listing, const char *database)
{
    begin_row(listing);
    add_text(listing, CATALOG, FALSE);
    add_text(listing, database, TRUE);
}

static void add_table(const Listing *listing, const char *database, const json_t *table)
{
    begin_row(listing);
    add_text(listing, CATALOG, FALSE);
    add_text(listing, database, FALSE);
    add_text(listing, tg_table_name(table), FALSE);
    add_text(listing, tg_table_is_view(table) ? "VIEW" : "BASE TABLE", TRUE);
}

static void add_view(const Listing *listing, const char *database, const json_t *table)
{
    g_autofree char *sql = tg_table_is_view(table) ? tg_table_view_sql(table) : NULL;

    if (sql != NULL) {
        begin_row(listing);
        add_text(listing, CATALOG, FALSE);
        add_text(listing, database, FALSE);
        add_text(listing, tg_table_name(table), FALSE);
        add_text(listing, sql, TRUE);
    }
}

/* A column whose type cannot be read shows the type as it stands in the catalog. */
static void add_columns(const Listing *listing, const char *database, const json_t *table)
{
    const json_t *lists[] = {tg_table_columns(table), tg_table_partition_keys(table)};
    guint place = 0;

    for (gsize i = 0; i < json_array_size(lists[0]) + json_array_size(lists[1]); i++) {
        gboolean is_key = i >= json_array_size(lists[0]);
        const json_t *column =
            json_array_get(lists[is_key ? 1 : 0], is_key ? i - json_array_size(lists[0]) : i);
        g_autoptr(TgSqlArena) arena = tg_sql_arena_new();
        const TgSqlType *type = tg_sql_type_parse(arena, text_of(column, "Type"), NULL);

        begin_row(listing);
        add_text(listing, CATALOG, FALSE);
        add_text(listing, database, FALSE);
        add_text(listing, tg_table_name(table), FALSE);
        add_text(listing, text_of(column, "Name"), FALSE);
        g_string_append_printf(listing->rows, "%u, NULL, 'YES', ", ++place);
        add_text(listing, type == NULL ? text_of(column, "Type") : tg_sql_type_trino(arena, type),
                 FALSE);
        add_text(listing, text_of(column, "Comment"), FALSE);
        add_text(listing, is_key ? "partition key" : NULL, TRUE);
    }
}

/* ---- the relations -------------------------------------------------------------------------- */

typedef void (*AddTable)(const Listing *listing, const char *database, const json_t *table);

static const char *const schemata_columns[] = {"catalog_name", "schema_name", NULL};
static const char *const table_columns[] = {"table_catalog", "table_schema", "table_name",
                                            "table_type", NULL};
static const char *const view_columns[] = {"table_catalog", "table_schema", "table_name",
                                           "view_definition", NULL};
static const char *const column_columns[] = {
    "table_catalog",    "table_schema",   "table_name",  "column_name",
    "ordinal_position", "column_default", "is_nullable", "data_type",
    "comment",          "extra_info",     NULL};

static const struct {
    const char *name;
    const char *const *columns;
    AddTable add; /* NULL: a row a database */
} relations[] = {{"schemata", schemata_columns, NULL},
                 {"tables", table_columns, add_table},
                 {"views", view_columns, add_view},
                 {"columns", column_columns, add_columns}};

static gboolean add_database(const Listing *listing, const char *database, AddTable add,
                             GError **error)
{
    json_t *tables = NULL;

    if (add == NULL) {
        add_schemata(listing, database);
        return TRUE;
    }
    tables = tg_catalog_list_tables(listing->plan->engine->catalog, database, error);
    for (gsize i = 0; i < json_array_size(tables); i++) {
        add(listing, database, json_array_get(tables, i));
    }
    json_decref(tables);
    return tables != NULL;
}

static gboolean add_all(const Listing *listing, AddTable add, GError **error)
{
    json_t *databases = tg_catalog_list_databases(listing->plan->engine->catalog, error);
    gboolean ok = databases != NULL;

    for (gsize i = 0; ok && i < json_array_size(databases); i++) {
        ok = add_database(listing, text_of(json_array_get(databases, i), "Name"), add, error);
    }
    if (ok && add == NULL) {
        add_schemata(listing, "information_schema");
    }
    json_decref(databases);
    return ok;
}

static void finish(const Listing *listing, TgSqlArena *arena, TgSqlTable *out)
{
    guint count = g_strv_length((char **)listing->columns);
    g_autoptr(GString) sql = g_string_new("SELECT ");

    out->count = count;
    out->names = tg_sql_arena_alloc(arena, count * sizeof(gpointer));
    out->types = tg_sql_arena_alloc(arena, count * sizeof(gpointer));
    for (guint i = 0; i < count; i++) {
        gboolean is_number = strcmp(listing->columns[i], "ordinal_position") == 0;

        out->names[i] = listing->columns[i];
        out->types[i] = is_number ? &tg_sql_type_bigint : &tg_sql_type_varchar;
        g_string_append_printf(sql, "%sCAST(%s AS %s)", i == 0 ? "" : ", ",
                               listing->rows->len > 0 ? listing->columns[i] : "NULL",
                               is_number ? "BIGINT" : "VARCHAR");
    }
    if (listing->rows->len > 0) {
        g_autofree char *names = g_strjoinv(", ", (char **)listing->columns);

        g_string_append_printf(sql, " FROM (VALUES %s) AS listing(%s)", listing->rows->str, names);
    } else {
        g_string_append(sql, " WHERE false");
    }
    out->from_sql = tg_sql_arena_copy(arena, sql->str, sql->len);
}

gboolean tg_engine_resolve_information(TgEnginePlan *plan, TgSqlArena *arena, const char *table,
                                       TgSqlTable *out, GError **error)
{
    g_autoptr(GString) rows = g_string_new(NULL);
    gsize i = 0;

    while (i < G_N_ELEMENTS(relations) && strcmp(relations[i].name, table) != 0) {
        i++;
    }
    if (i == G_N_ELEMENTS(relations)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "information_schema has schemata, tables, columns and views here, but no '%s'",
                    table);
        return FALSE;
    }
    Listing listing = {relations[i].columns, rows, plan};

    if (!add_all(&listing, relations[i].add, error)) {
        return FALSE;
    }
    finish(&listing, arena, out);
    return TRUE;
}

/* ---- "t$partitions" ------------------------------------------------------------------------- */

static void append_values(GString *sql, const json_t *partition, gsize count)
{
    const json_t *values = json_object_get(partition, "Values");

    g_string_append(sql, "(");
    for (gsize i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(values, i));

        g_string_append(sql, i == 0 ? "" : ", ");
        if (text == NULL || strcmp(text, NULL_PARTITION) == 0) {
            g_string_append(sql, "CAST(NULL AS VARCHAR)");
        } else {
            tg_engine_append_text(sql, text);
        }
    }
    g_string_append_c(sql, ')');
}

/* "CAST(k0 AS INTEGER), …" with the names and types of the keys. */
static gboolean append_keys(GString *sql, TgSqlArena *arena, const json_t *keys, TgSqlTable *out,
                            GError **error)
{
    gsize count = json_array_size(keys);

    out->count = (guint)count;
    out->names = tg_sql_arena_alloc(arena, count * sizeof(gpointer));
    out->types = tg_sql_arena_alloc(arena, count * sizeof(gpointer));
    for (gsize i = 0; i < count; i++) {
        const json_t *key = json_array_get(keys, i);
        const char *name = text_of(key, "Name");

        out->names[i] = tg_sql_arena_copy(arena, name, strlen(name));
        out->types[i] = tg_sql_type_parse(arena, text_of(key, "Type"), error);
        if (out->types[i] == NULL) {
            return FALSE;
        }
        g_string_append_printf(sql, "%sCAST(k%u AS %s)", i == 0 ? "" : ", ", (guint)i,
                               tg_sql_type_duckdb(arena, out->types[i]));
    }
    return TRUE;
}

static gboolean fill_partitions(const json_t *table, const json_t *partitions, TgSqlArena *arena,
                                TgSqlTable *out, GError **error)
{
    const json_t *keys = tg_table_partition_keys(table);
    gsize count = json_array_size(keys);
    g_autoptr(GString) sql = g_string_new("SELECT ");
    json_t *nothing = json_object();

    if (!append_keys(sql, arena, keys, out, error)) {
        json_decref(nothing);
        return FALSE;
    }
    g_string_append(sql, " FROM (VALUES ");
    for (gsize i = 0; i < json_array_size(partitions); i++) {
        g_string_append(sql, i == 0 ? "" : ", ");
        append_values(sql, json_array_get(partitions, i), count);
    }
    if (json_array_size(partitions) == 0) {
        append_values(sql, nothing, count);
    }
    json_decref(nothing);
    g_string_append(sql, ") AS listing(");
    for (gsize i = 0; i < count; i++) {
        g_string_append_printf(sql, "%sk%u", i == 0 ? "" : ", ", (guint)i);
    }
    g_string_append(sql, json_array_size(partitions) == 0 ? ") WHERE false" : ")");
    out->from_sql = tg_sql_arena_copy(arena, sql->str, sql->len);
    return TRUE;
}

gboolean tg_engine_resolve_partitions(TgEnginePlan *plan, TgSqlArena *arena, const json_t *table,
                                      TgSqlTable *out, GError **error)
{
    json_t *partitions = NULL;
    gboolean ok = FALSE;

    if (json_array_size(tg_table_partition_keys(table)) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s is not partitioned",
                    tg_table_database(table), tg_table_name(table));
        return FALSE;
    }
    partitions = tg_catalog_list_partitions(plan->engine->catalog, tg_table_database(table),
                                            tg_table_name(table), error);
    ok = partitions != NULL && fill_partitions(table, partitions, arena, out, error);
    json_decref(partitions);
    return ok;
}
