/* The columns of the table that a load writes into, and statements about it. */
#include <string.h>

#include "loader/database_output.h"
#include "params/params.h"

#define FORMAT_PLAIN "%Y-%m-%d %H:%M:%S.%6N"

char *tg_database_quote(const TgDatabaseServerClass *server, const char *name)
{
    char mark[2] = {server->quote, '\0'};
    char pair[3] = {server->quote, server->quote, '\0'};
    g_auto(GStrv) parts = g_strsplit(name, mark, -1);
    g_autofree char *doubled = g_strjoinv(pair, parts);

    return g_strconcat(mark, doubled, mark, NULL);
}

char *tg_database_list_columns(const TgDatabaseTable *table, const char *prefix)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < table->count; i++) {
        g_string_append_printf(out, "%s%s%s", i == 0 ? "" : ", ", prefix, table->columns[i].quoted);
    }
    return g_string_free(out, FALSE);
}

char *tg_database_create_sql(const TgDatabaseTable *table, const char *words, const char *name,
                             gboolean has_constraint)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "CREATE %s %s (", words, name);
    for (guint i = 0; i < table->count; i++) {
        g_string_append_printf(out, "%s%s %s", i == 0 ? "" : ", ", table->columns[i].quoted,
                               table->columns[i].type);
    }
    if (has_constraint && table->constraint != NULL) {
        g_string_append_printf(out, ", %s", table->constraint);
    }
    g_string_append_c(out, ')');
    if (has_constraint && table->option != NULL) {
        g_string_append_printf(out, " %s", table->option);
    }
    return g_string_free(out, FALSE);
}

void tg_database_table_clear(TgDatabaseTable *table)
{
    for (guint i = 0; i < table->count; i++) {
        TgDatabaseTarget *column = &table->columns[i];

        g_free(column->name);
        g_free(column->quoted);
        g_free(column->type);
        tg_time_format_free(column->format);
        tg_time_zone_free(column->zone);
    }
    g_free(table->columns);
    g_strfreev(table->keys);
    g_strfreev(table->rules);
    g_free(table->name);
    g_free(table->bare_name);
    g_free(table->stage);
    g_free(table->constraint);
    g_free(table->option);
    g_free(table->before_load);
    g_free(table->after_load);
}

/* The entry of a table's column: by its very name, else without regard to case. */
static char **find_existing(const GPtrArray *existing, const char *name)
{
    char **folded = NULL;

    for (guint i = 0; i < existing->len; i++) {
        char **entry = g_ptr_array_index(existing, i);

        if (strcmp(entry[0], name) == 0) {
            return entry;
        }
        if (folded == NULL && g_ascii_strcasecmp(entry[0], name) == 0) {
            folded = entry;
        }
    }
    return folded;
}

static const json_t *find_options(const json_t *config, const char *name)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach (json_object_get(config, "column_options"), key, value) {
        if (g_ascii_strcasecmp(key, name) == 0) {
            return value;
        }
    }
    return NULL;
}

static gboolean is_text_type(const char *type)
{
    return strstr(type, "char") != NULL || strstr(type, "text") != NULL;
}

/* How timestamps are written for a type of the server. */
static const char *usual_format(const char *type, const char *value_type)
{
    if (g_str_has_prefix(value_type, "date") || strcmp(type, "date") == 0) {
        return "%Y-%m-%d";
    }
    if (strcmp(value_type, "time") == 0 ||
        (g_str_has_prefix(type, "time") && !g_str_has_prefix(type, "timestamp"))) {
        return "%H:%M:%S.%6N";
    }
    return FORMAT_PLAIN;
}

static gboolean read_value_options(TgDatabaseTarget *column, const TgDatabaseServerClass *server,
                                   const json_t *config, const json_t *options, TgType type,
                                   GError **error)
{
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;
    g_autofree char *zone_default = NULL;
    g_autofree char *value_type = NULL;
    g_autofree char *folded = g_ascii_strdown(column->type, -1);

    if (!tg_params_dup_text_or(config, "default_timezone", "UTC", &zone_default, error) ||
        !tg_params_dup_text_or(options, "timezone", zone_default, &zone, error) ||
        !tg_params_dup_text_or(options, "timestamp_format", NULL, &format, error) ||
        !tg_params_dup_text_or(options, "value_type", "", &value_type, error)) {
        return FALSE;
    }
    gboolean is_text = is_text_type(folded) || g_str_has_suffix(value_type, "string");

    column->is_null = strcmp(value_type, "null") == 0;
    column->is_binary = type.id == TG_TYPE_BINARY;
    column->has_digits = !is_text && (!server->has_booleans || strncmp(folded, "bool", 4) != 0);
    if (type.id != TG_TYPE_TIMESTAMP) {
        return TRUE;
    }
    if (!is_text || format == NULL) {
        g_free(format);
        format = g_strdup(usual_format(is_text ? "text" : folded, value_type));
    }
    /* PostgreSQL ignores the offset for a type without zone: what is left is the local time. */
    if (server->has_offsets && type.is_utc && g_str_has_prefix(folded, "timestamp")) {
        g_autofree char *plain = g_steal_pointer(&format);

        format = g_strconcat(plain, " %z", NULL);
    }
    column->format = tg_time_format_new(format, error);
    column->zone = tg_time_zone_new(type.is_utc ? zone : "UTC", error);
    return column->format != NULL && column->zone != NULL;
}

/* Fills the next column of the table; a load's column that the table lacks is left out, which
 * Embulk does, or refused. */
static gboolean add_column(TgDatabaseTable *table, const json_t *config, const TgColumn *from,
                           char **existing, GError **error)
{
    const TgDatabaseServerClass *server = table->server;
    TgDatabaseTarget *column = &table->columns[table->count++];
    const json_t *options = find_options(config, from->name);

    column->name = g_strdup(existing == NULL ? from->name : existing[0]);
    column->quoted = tg_database_quote(server, column->name);
    if (existing != NULL) {
        column->type = g_strdup(existing[1]);
    } else if (!tg_params_dup_text_or(options, "type", NULL, &column->type, error)) {
        return FALSE;
    }
    if (column->type == NULL) {
        column->type = server->type_for(from->type, table->exact);
    }
    if (!read_value_options(column, server, config, options, from->type, error)) {
        g_prefix_error(error, "column_options: %s: ", from->name);
        return FALSE;
    }
    return TRUE;
}

static gboolean fail_lacking(const TgDatabaseTable *table, const char *name, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "the table %s has no column '%s'; add it, or drop it from the load with the filter "
                "remove_columns",
                table->name, name);
    return FALSE;
}

gboolean tg_database_table_read_columns(TgDatabaseTable *table, const TgLoaderContext *context,
                                        const json_t *config, const TgSchema *schema,
                                        const GPtrArray *existing, GError **error)
{
    gboolean exact = tg_loader_context_job(context)->exact_types;
    gboolean is_there = existing->len > 0 && table->mode != TG_DATABASE_REPLACE;

    table->exact = exact;
    table->columns = g_new0(TgDatabaseTarget, schema->count + 1);
    for (guint i = 0; i < schema->count; i++) {
        const TgColumn *from = &schema->columns[i];
        char **entry = is_there ? find_existing(existing, from->name) : NULL;

        if (is_there && entry == NULL && exact) {
            return fail_lacking(table, from->name, error);
        }
        if (is_there && entry == NULL) {
            tg_loader_log(context, TG_LOADER_WARN, "the table %s has no column '%s': left out",
                          table->name, from->name);
            continue;
        }
        table->columns[table->count].source = i;
        if (!add_column(table, config, from, entry, error)) {
            return FALSE;
        }
    }
    if (table->count == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the table %s has none of the columns of the load", table->name);
        return FALSE;
    }
    return TRUE;
}

json_t *tg_database_output_describe(const TgLoaderContext *context, const json_t *config,
                                    const TgSchema *schema, const TgDatabaseServerClass *server)
{
    gboolean exact = tg_loader_context_job(context)->exact_types;
    json_t *list = json_array();

    for (guint i = 0; i < schema->count; i++) {
        const json_t *options = find_options(config, schema->columns[i].name);
        const char *wanted = json_string_value(json_object_get(options, "type"));
        g_autofree char *usual = server->type_for(schema->columns[i].type, exact);

        json_array_append_new(list, json_pack("{s:s}", "stored", wanted == NULL ? usual : wanted));
    }
    return list;
}
