/* Scalar functions in C: what DuckDB has no like of. */
#include <math.h>
#include <string.h>

#include "engine/engine_internal.h"
#include "engine/native.h"

static const TgDuckdbApi *functions_api; /* set before the first registration; never changes */

static void set_null(duckdb_vector output, guint64 row)
{
    functions_api->duckdb_vector_ensure_validity_writable(output);
    functions_api->duckdb_validity_set_row_invalid(
        functions_api->duckdb_vector_get_validity(output), row);
}

static void number_text(duckdb_data_chunk input, duckdb_vector output, gboolean is_real)
{
    const TgDuckdbApi *api = functions_api;
    duckdb_vector vector = api->duckdb_data_chunk_get_vector(input, 0);
    const void *data = api->duckdb_vector_get_data(vector);
    uint64_t *validity = api->duckdb_vector_get_validity(vector);
    guint64 rows = api->duckdb_data_chunk_get_size(input);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint64 i = 0; i < rows; i++) {
        if (validity != NULL && !api->duckdb_validity_row_is_valid(validity, i)) {
            set_null(output, i);
            continue;
        }
        double value = is_real ? (double)((const float *)data)[i] : ((const double *)data)[i];

        g_string_truncate(text, 0);
        tg_engine_append_double_cast(text, value, is_real);
        api->duckdb_vector_assign_string_element_len(output, i, text->str, text->len);
    }
}

static void double_text(duckdb_function_info info G_GNUC_UNUSED, duckdb_data_chunk input,
                        duckdb_vector output)
{
    number_text(input, output, FALSE);
}

static void real_text(duckdb_function_info info G_GNUC_UNUSED, duckdb_data_chunk input,
                      duckdb_vector output)
{
    number_text(input, output, TRUE);
}

/* ---- json_parse: members by name, no blanks, as Trino keeps JSON -------------------------------
 */

#define JSON_DEPTH_MAX 500

typedef struct {
    const char *p;
    const char *end;
    guint depth;
} JsonReader;

static gboolean read_json(JsonReader *reader, GString *out);

static void skip_json_blank(JsonReader *reader)
{
    while (reader->p < reader->end && g_ascii_isspace(*reader->p)) {
        reader->p++;
    }
}

static gboolean accept_json(JsonReader *reader, char c)
{
    skip_json_blank(reader);
    if (reader->p == reader->end || *reader->p != c) {
        return FALSE;
    }
    reader->p++;
    return TRUE;
}

/* A text, or what is neither text nor container, as it is written. */
static gboolean read_json_scalar(JsonReader *reader, GString *out)
{
    const char *start = reader->p;

    if (accept_json(reader, '"')) {
        while (reader->p < reader->end && *reader->p != '"') {
            reader->p += *reader->p == '\\' ? 2 : 1;
        }
        if (reader->p >= reader->end) {
            return FALSE;
        }
        reader->p++;
    } else {
        while (reader->p < reader->end && strchr(",]} \t\r\n", *reader->p) == NULL) {
            reader->p++;
        }
    }
    g_string_append_len(out, start, reader->p - start);
    return reader->p > start &&
           (*start == '"' || memchr(start, 'E', (gsize)(reader->p - start)) == NULL ||
            isfinite(g_ascii_strtod(start, NULL)));
}

static gboolean read_json_array(JsonReader *reader, GString *out)
{
    gboolean is_first = TRUE;

    g_string_append_c(out, '[');
    if (accept_json(reader, ']')) {
        g_string_append_c(out, ']');
        return TRUE;
    }
    do {
        g_string_append(out, is_first ? "" : ",");
        is_first = FALSE;
        if (!read_json(reader, out)) {
            return FALSE;
        }
    } while (accept_json(reader, ','));
    g_string_append_c(out, ']');
    return accept_json(reader, ']');
}

/* "name":value as one text; texts sort by name, as a quote sorts before letters. */
static gboolean read_json_members(JsonReader *reader, GPtrArray *members)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    do {
        GString *member = g_string_new(NULL);
        GString *before = NULL;

        skip_json_blank(reader);
        if (!read_json_scalar(reader, member) || !accept_json(reader, ':')) {
            g_string_free(member, TRUE);
            return FALSE;
        }
        before = g_hash_table_lookup(names, member->str);
        if (before != NULL) { /* the last of a name counts */
            g_string_assign(before, member->str);
            g_string_free(member, TRUE);
            member = before;
        } else {
            (void)g_hash_table_insert(names, g_strdup(member->str), member);
            g_ptr_array_add(members, member);
        }
        g_string_append_c(member, ':');
        if (!read_json(reader, member)) {
            return FALSE;
        }
    } while (accept_json(reader, ','));
    return TRUE;
}

static gint compare_members(gconstpointer a, gconstpointer b)
{
    return strcmp((*(GString *const *)a)->str, (*(GString *const *)b)->str);
}

static void free_member(gpointer member)
{
    g_string_free(member, TRUE);
}

static gboolean read_json_object(JsonReader *reader, GString *out)
{
    g_autoptr(GPtrArray) members = g_ptr_array_new_with_free_func(free_member);

    if (!accept_json(reader, '}') &&
        (!read_json_members(reader, members) || !accept_json(reader, '}'))) {
        return FALSE;
    }
    g_ptr_array_sort(members, compare_members);
    g_string_append_c(out, '{');
    for (guint i = 0; i < members->len; i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ",",
                               ((const GString *)members->pdata[i])->str);
    }
    g_string_append_c(out, '}');
    return TRUE;
}

static gboolean read_json(JsonReader *reader, GString *out)
{
    gboolean ok = FALSE;

    if (reader->depth >= JSON_DEPTH_MAX) {
        return FALSE;
    }
    reader->depth++;
    if (accept_json(reader, '{')) {
        ok = read_json_object(reader, out);
    } else if (accept_json(reader, '[')) {
        ok = read_json_array(reader, out);
    } else {
        skip_json_blank(reader);
        ok = read_json_scalar(reader, out);
    }
    reader->depth--;
    return ok;
}

/* Of a text that DuckDB's json() took already. */
static void json_sorted(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const TgDuckdbApi *api = functions_api;
    duckdb_vector vector = api->duckdb_data_chunk_get_vector(input, 0);
    const duckdb_string_t *texts = api->duckdb_vector_get_data(vector);
    uint64_t *validity = api->duckdb_vector_get_validity(vector);
    guint64 rows = api->duckdb_data_chunk_get_size(input);

    for (guint64 i = 0; i < rows; i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        gsize size = 0;

        if (validity != NULL && !api->duckdb_validity_row_is_valid(validity, i)) {
            set_null(output, i);
            continue;
        }
        const char *text = tg_engine_string_bytes(&texts[i], &size);
        JsonReader reader = {text, text + size, 0};

        if (!read_json(&reader, out)) {
            api->duckdb_scalar_function_set_error(
                info, "the text is no JSON, holds a number beyond double, or is nested too deeply");
            return;
        }
        api->duckdb_vector_assign_string_element_len(output, i, out->str, out->len);
    }
}

static gboolean register_one(duckdb_connection connection, const char *name, duckdb_type argument,
                             duckdb_scalar_function_t function)
{
    const TgDuckdbApi *api = functions_api;
    duckdb_scalar_function made = api->duckdb_create_scalar_function();
    duckdb_logical_type from = api->duckdb_create_logical_type(argument);
    duckdb_logical_type to = api->duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_state state = DuckDBError;

    api->duckdb_scalar_function_set_name(made, name);
    api->duckdb_scalar_function_add_parameter(made, from);
    api->duckdb_scalar_function_set_return_type(made, to);
    api->duckdb_scalar_function_set_function(made, function);
    state = api->duckdb_register_scalar_function(connection, made);
    api->duckdb_destroy_logical_type(&from);
    api->duckdb_destroy_logical_type(&to);
    api->duckdb_destroy_scalar_function(&made);
    return state == DuckDBSuccess;
}

gboolean tg_engine_register_functions(const TgDuckdbApi *api, duckdb_connection connection,
                                      GError **error)
{
    functions_api = api;
    if (!register_one(connection, "tg_double_text", DUCKDB_TYPE_DOUBLE, double_text) ||
        !register_one(connection, "tg_real_text", DUCKDB_TYPE_FLOAT, real_text) ||
        !register_one(connection, "tg_json_sorted", DUCKDB_TYPE_VARCHAR, json_sorted)) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "cannot add functions to DuckDB");
        return FALSE;
    }
    return tg_native_register(api, connection, error);
}
