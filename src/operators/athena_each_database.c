/* athena.each_database>: runs `_do` for every database of the catalog. Spec: shared/spec/athena.md
 * 1.6. */
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "params/params.h"

#define OP "each_database"

/* The database as the original exports it, and at `athena.each_database` as its example reads it.
 */
static json_t *variables_of(const json_t *database)
{
    const json_t *time = json_object_get(database, "CreateTime");
    const json_t *description = json_object_get(database, "Description");
    const json_t *parameters = json_object_get(database, "Parameters");
    json_t *about = json_object();

    json_object_set(about, "name", json_object_get(database, "Name"));
    json_object_set_new(about, "created_at",
                        json_is_number(time)
                            ? json_integer((json_int_t)(json_number_value(time) * 1000))
                            : json_null());
    json_object_set_new(about, "description",
                        description == NULL ? json_null() : json_deep_copy(description));
    json_object_set_new(about, "parameters",
                        parameters == NULL ? json_object() : json_deep_copy(parameters));
    json_t *both = json_deep_copy(about);

    json_object_set_new(both, "export", about);
    return json_pack("{s:{s:o}}", "athena", "each_database", both);
}

/* "+p0": as many databases as run at a time. */
static json_t *slice_new(json_t *subtasks, gsize number)
{
    g_autofree char *name = g_strdup_printf("+p%" G_GSIZE_FORMAT, number);
    json_t *slice = json_pack("{s:b}", "_parallel", 1);

    json_object_set_new(subtasks, name, slice);
    return slice;
}

static json_t *subtasks_of(const json_t *databases, const json_t *do_map, gsize slice_size)
{
    json_t *subtasks = json_object();
    json_t *slice = NULL;
    json_t *database = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)databases, i, database) {
        g_autofree char *name =
            g_strconcat("+", json_string_value(json_object_get(database, "Name")), NULL);

        if (i % slice_size == 0) {
            slice = slice_new(subtasks, i / slice_size);
        }
        tg_operator_add_subtask(slice, name, do_map, variables_of(database));
    }
    return subtasks;
}

static gboolean read_slice_size(const TgTurn *turn, gint64 *out, GError **error)
{
    g_autofree char *text = NULL;

    if (!tg_operator_athena_text(turn, OP, "parallel_slice", "1", &text, error)) {
        return FALSE;
    }
    if (!g_ascii_string_to_signed(text, 10, 1, G_MAXINT32, out, NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "parallel_slice: '%s' is no number of databases from 1 on", text);
        return FALSE;
    }
    return TRUE;
}

static gboolean athena_each_database_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    const json_t *do_map = tg_operator_do(turn, error);
    g_auto(TgAthenaPlace) place = {NULL};
    gint64 slice_size = 1;

    *out = TG_OUTCOME_DONE;
    if (do_map == NULL || !read_slice_size(turn, &slice_size, error) ||
        !tg_athena_place_open_catalog(turn, OP, &place, error)) {
        return FALSE;
    }
    g_autoptr(json_t) databases = tg_catalog_list_databases(place.catalog, error);

    if (databases == NULL ||
        !tg_operator_check_limit(turn, OP, (gint64)json_array_size(databases), error)) {
        return FALSE;
    }
    turn->subtasks = subtasks_of(databases, do_map, (gsize)slice_size);
    return TRUE;
}

static const char *const options[] = {"_do", "parallel_slice", TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_each_database = {
    .name = "athena.each_database",
    .help = "Runs _do for every database of the catalog",
    .options = options,
    .honours_retry = TRUE,
    .run = athena_each_database_run};
