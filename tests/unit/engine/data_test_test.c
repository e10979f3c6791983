/* Checks on staged data. */
#include "engine/data_test.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/file.h"
#include "params/params.h"

/* A staged Parquet table of (id bigint, name string, d date by path) in a folder store. */
typedef struct {
    char *folder;
    TgCatalog *catalog;
    TgObjectStore *objects;
    TgEngine *engine;
    GPtrArray *list;
    json_t *columns;
    json_t *keys;
    TgStagedData staged;
} World;

static void write_object(World *world, const char *key, const char *sql)
{
    g_autofree char *url = g_strconcat("s3://b/t.tegaru/1/", key, NULL);
    TgEngineRequest request = {.sql = sql};
    TgObjectDraft draft = {NULL, NULL};
    TgObjectInfo *info = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(TgEnginePlan) plan = tg_engine_plan(world->engine, &request, &error);
    gint64 rows = 0;

    g_assert_no_error(error);
    g_assert_true(tg_object_begin(world->objects, url, &draft, &error));
    TgEngineCopy copy = {.format = TG_FORMAT_PARQUET, .path = draft.path};

    g_assert_true(tg_engine_plan_copy(plan, &copy, &rows, &error));
    g_assert_true(tg_object_commit(world->objects, &draft, &info, &error));
    g_ptr_array_add(world->list, info);
}

static void set_up(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *file = NULL;
    g_autofree char *objects = NULL;

    world->folder = g_dir_make_tmp("tegaru-test-XXXXXX", NULL);
    file = g_build_filename(world->folder, "catalog.sqlite", NULL);
    objects = g_build_filename(world->folder, "objects", NULL);
    world->catalog = tg_catalog_open(file, NULL);
    world->objects = tg_object_store_new_folder(objects);
    world->engine = tg_engine_new(world->catalog, world->objects, NULL);
    world->list = g_ptr_array_new_with_free_func((GDestroyNotify)tg_object_info_free);
    world->columns = json_pack("[{s:s,s:s},{s:s,s:s}]", "Name", "id", "Type", "bigint", "Name",
                               "name", "Type", "string");
    world->keys = json_pack("[{s:s,s:s}]", "Name", "d", "Type", "date");
    write_object(world, "d=2024-01-01/a.parquet",
                 "select bigint '1' as id, 'x' as name union all select 2, null");
    write_object(world, "d=2024-01-02/a.parquet", "select bigint '2' as id, 'y' as name");
    world->staged = (TgStagedData){.format = TG_FORMAT_PARQUET,
                                   .columns = world->columns,
                                   .partition_keys = world->keys,
                                   .prefix = "s3://b/t.tegaru/1/",
                                   .objects = world->list};
}

static void tear_down(World *world, gconstpointer data G_GNUC_UNUSED)
{
    json_decref(world->columns);
    json_decref(world->keys);
    g_ptr_array_unref(world->list);
    tg_engine_free(world->engine);
    tg_object_store_free(world->objects);
    tg_catalog_free(world->catalog);
    g_assert_true(tg_file_remove_folder(world->folder, NULL));
    g_free(world->folder);
}

static void assert_fails(World *world, const char *tests, const char *message)
{
    g_autoptr(GError) error = NULL;
    json_t *parsed = json_loads(tests, 0, NULL);

    g_assert_nonnull(parsed);
    g_assert_null(tg_data_tests_run(world->engine, parsed, &world->staged, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    if (strstr(error->message, message) == NULL) {
        g_error("%s gives: %s", tests, error->message);
    }
    json_decref(parsed);
}

static void test_good_data_passes(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    json_t *tests = json_loads("{\"not_null\": [\"id\", \"d\"], \"unique\": [\"id\", \"d\"], "
                               "\"min_rows\": 3, \"days\": \"SELECT d FROM staged WHERE d < date "
                               "'2024-01-01'\"}",
                               0, NULL);
    json_t *results = tg_data_tests_run(world->engine, tests, &world->staged, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = tg_params_to_json(results);
    g_assert_cmpstr(text, ==,
                    "[{\"name\":\"not_null\",\"ok\":true,\"rows\":0},{\"name\":\"unique\",\"ok\":"
                    "true,\"rows\":0},{\"name\":\"min_rows\",\"ok\":true,\"rows\":0},{\"name\":"
                    "\"days\",\"ok\":true,\"rows\":0}]");
    json_decref(results);
    json_decref(tests);
}

static void test_failures_show_the_rows(World *world, gconstpointer data G_GNUC_UNUSED)
{
    assert_fails(world, "{\"no twos\": \"select id, name from staged where id = 2 order by name\"}",
                 "test 'no twos' failed: 2 rows should not be there; nothing was published\n"
                 "  id | name\n  2 | y\n  2 | NULL");
    assert_fails(world, "{\"not_null\": \"name\"}", "test 'not_null: name' failed: 1 row should");
    assert_fails(world, "{\"unique\": [\"id\"]}",
                 "test 'unique: id' failed: 1 row should not be "
                 "there; nothing was published\n  id | rows\n  2 "
                 "| 2");
    assert_fails(world, "{\"min_rows\": 4}",
                 "test 'min_rows' failed: 3 rows, but at least 4 are expected");
}

static void test_wrong_blocks_are_named(World *world, gconstpointer data G_GNUC_UNUSED)
{
    assert_fails(world, "{\"a\": 1}", "test: 'a': a SELECT that must return no rows");
    assert_fails(world, "{\"a\": \"drop table x\"}", "only a SELECT");
    assert_fails(world, "{\"a\": \"selct 1\"}", "test 'a':1:1:");
    assert_fails(world, "{\"a\": \"select nope from staged\"}", "there is no column 'nope'");
    assert_fails(world, "{\"not_null\": []}", "the name of a column");
    assert_fails(world, "{\"unique\": [1]}", "the name of a column");
    assert_fails(world, "{\"min_rows\": -1}", "a number of rows");
    assert_fails(world, "[]", "a map of at most 100 tests");
}

static void test_only_five_rows_are_shown(World *world, gconstpointer data G_GNUC_UNUSED)
{
    assert_fails(world,
                 "{\"many\": \"select x from staged cross join unnest(sequence(1, 3)) u(x)\"}",
                 "9 rows should not be there");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/engine/data-test/good-data-passes", World, NULL, set_up, test_good_data_passes,
               tear_down);
    g_test_add("/engine/data-test/failures-show-the-rows", World, NULL, set_up,
               test_failures_show_the_rows, tear_down);
    g_test_add("/engine/data-test/wrong-blocks-are-named", World, NULL, set_up,
               test_wrong_blocks_are_named, tear_down);
    g_test_add("/engine/data-test/only-five-rows-are-shown", World, NULL, set_up,
               test_only_five_rows_are_shown, tear_down);
    return g_test_run();
}
