/* Publishing: what readers see at each step, going back, and what gc leaves. */
#include "catalog/publish.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "catalog/table.h"
#include "params/params.h"

#define DAY_MS ((gint64)24 * 3600 * 1000)
#define NOW_MS ((gint64)1700000000000)

typedef struct {
    char *folder;
    TgCatalog *catalog;
    TgObjectStore *objects;
} World;

static void world_open(World *world)
{
    g_autofree char *file = g_build_filename(world->folder, "catalog.sqlite", NULL);
    g_autofree char *objects = g_build_filename(world->folder, "objects", NULL);
    g_autoptr(GError) error = NULL;

    world->catalog = tg_catalog_open(file, &error);
    g_assert_no_error(error);
    world->objects = tg_object_store_new_folder(objects);
}

static void world_close(World *world)
{
    tg_catalog_free(world->catalog);
    tg_object_store_free(world->objects);
}

static void set_up(World *world, gconstpointer data G_GNUC_UNUSED)
{
    world->folder = g_dir_make_tmp("tegaru-publish-XXXXXX", NULL);
    world_open(world);
}

static void tear_down(World *world, gconstpointer data G_GNUC_UNUSED)
{
    world_close(world);
    g_assert_true(tg_file_remove_folder(world->folder, NULL));
    g_free(world->folder);
}

static TgPublish *begin(const World *world, const char *table, gint64 now_ms)
{
    g_autoptr(GError) error = NULL;
    TgPublishTarget target = {
        .database = "sales", .table = table, .task_name = "+main+load", .now_ms = now_ms};
    TgPublish *publish = tg_publish_begin(world->catalog, world->objects, &target, &error);

    g_assert_no_error(error);
    return publish;
}

static void stage(const World *world, const TgPublish *publish, const char *name, const char *text)
{
    g_autofree char *url = g_strconcat(tg_publish_prefix(publish), name, NULL);
    TgObjectDraft draft = {NULL, NULL};
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_object_begin(world->objects, url, &draft, &error));
    g_assert_true(g_file_set_contents(draft.path, text, -1, &error));
    g_assert_true(tg_object_commit(world->objects, &draft, NULL, &error));
    g_assert_no_error(error);
}

static json_t *describe(void)
{
    json_t *table = tg_table_new("sales", "Orders", TG_FORMAT_PARQUET, NULL, "zstd");

    tg_table_add_column(table, "Id", "bigint", NULL);
    tg_table_add_column(table, "item", "string", "what was sold");
    return table;
}

/* Publishes one object and gives the receipt. */
static json_t *publish_text(const World *world, const char *text, gint64 now_ms)
{
    g_autoptr(TgPublish) publish = begin(world, "Orders", now_ms);
    g_autoptr(json_t) table = describe();
    g_autoptr(GError) error = NULL;
    TgPublishFacts facts = {.rows = 3};

    stage(world, publish, "a.parquet", text);
    json_t *receipt = tg_publish_commit_table(publish, table, NULL, &facts, &error);

    g_assert_no_error(error);
    return receipt;
}

/* All that a reader of the table sees: its objects' contents. */
static char *read_table(const World *world)
{
    g_autoptr(json_t) table = tg_catalog_get_table(world->catalog, "sales", "orders", NULL);
    GString *seen = g_string_new(NULL);

    if (table == NULL) {
        return g_string_free(seen, FALSE);
    }
    g_autoptr(GPtrArray) all = tg_object_list(world->objects, tg_table_location(table), NULL);

    for (guint i = 0; i < all->len; i++) {
        g_autofree char *text = NULL;

        g_assert_true(tg_object_read(world->objects, ((TgObjectInfo *)all->pdata[i])->url, 1000,
                                     &text, NULL, NULL));
        g_string_append(seen, text);
    }
    return g_string_free(seen, FALSE);
}

#define assert_reads(world, text)                                                                  \
    do {                                                                                           \
        g_autofree char *read_text = read_table(world);                                            \
        g_assert_cmpstr(read_text, ==, text);                                                      \
    } while (0)

static guint count_files(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name = NULL;
    guint count = 0;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        count += g_file_test(path, G_FILE_TEST_IS_DIR) ? count_files(path) : 1;
    }
    return count;
}

static json_t *roll_back(const World *world, TgPartitionValues values, const char *to_id,
                         gint64 now_ms, GError **error)
{
    TgPublishRollback to = {
        .database = "sales", .table = "orders", .values = values, .to_id = to_id, .now_ms = now_ms};

    return tg_publish_rollback(world->catalog, world->objects, &to, error);
}

static void collect(const World *world, gint64 now_ms, gint64 grace_ms, TgPublishCollected *out)
{
    g_autoptr(GError) error = NULL;

    TgPublishCollect options = {.now_ms = now_ms, .grace_ms = grace_ms};

    g_assert_true(tg_publish_collect(world->catalog, world->objects, &options, out, &error));
    g_assert_no_error(error);
}

static void test_shows_nothing_before_the_switch(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(TgPublish) publish = begin(world, "orders", NOW_MS);

    stage(world, publish, "a.parquet", "new");
    g_assert_true(g_str_has_prefix(tg_publish_prefix(publish), "s3://sales/orders.tegaru/"));
    assert_reads(world, "");
}

static void test_the_switch_gives_a_receipt(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(json_t) receipt = publish_text(world, "one", NOW_MS);
    const json_t *object = json_array_get(json_object_get(receipt, "objects"), 0);

    assert_reads(world, "one");
    g_assert_cmpint(json_integer_value(json_object_get(receipt, "rows")), ==, 3);
    g_assert_cmpint(json_integer_value(json_object_get(receipt, "bytes")), ==, 3);
    g_assert_cmpint(json_integer_value(json_object_get(receipt, "version")), ==, 0);
    g_assert_nonnull(json_string_value(json_object_get(object, "etag")));
}

static void test_an_abandoned_publish_leaves_nothing(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(json_t) receipt = publish_text(world, "one", NOW_MS);
    g_autofree char *objects = g_build_filename(world->folder, "objects", NULL);
    TgPublish *publish = begin(world, "orders", NOW_MS);

    stage(world, publish, "a.parquet", "two");
    tg_publish_free(publish);
    assert_reads(world, "one");
    g_assert_cmpuint(count_files(objects), ==, 2); /* the object and this process's draft lock */
}

static void test_rolls_back_step_by_step_and_forward_by_id(World *world,
                                                           gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(json_t) one = publish_text(world, "one", NOW_MS);
    g_autoptr(json_t) two = publish_text(world, "two", NOW_MS + 1);
    g_autoptr(json_t) three = publish_text(world, "three", NOW_MS + 2);
    const char *id = json_string_value(json_object_get(three, "publish_id"));
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 2; i++) {
        g_autoptr(json_t) now = roll_back(world, NULL, NULL, NOW_MS + 3, &error);

        g_assert_no_error(error);
        assert_reads(world, i == 0 ? "two" : "one");
    }
    g_autoptr(json_t) none = roll_back(world, NULL, NULL, NOW_MS + 4, &error);

    g_assert_null(none);
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_autoptr(json_t) again = roll_back(world, NULL, id, NOW_MS + 5, &error);

    g_assert_no_error(error);
    assert_reads(world, "three");
    g_assert_cmpstr(json_string_value(json_object_get(again, "publish_id")), ==, id);
}

static void test_gc_keeps_the_grace_time_and_what_is_shown(World *world,
                                                           gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(json_t) one = publish_text(world, "one", NOW_MS);
    g_autoptr(json_t) two = publish_text(world, "two", NOW_MS + 1);
    TgPublishCollected collected;
    g_autoptr(GError) error = NULL;

    collect(world, NOW_MS + DAY_MS, DAY_MS, &collected);
    g_assert_cmpuint(collected.objects, ==, 0);
    collect(world, NOW_MS + 1 + DAY_MS, DAY_MS, &collected);
    g_assert_cmpuint(collected.objects, ==, 1);
    g_assert_cmpint(collected.bytes, ==, 3);
    assert_reads(world, "two");
    g_autoptr(json_t) back = roll_back(world, NULL, NULL, NOW_MS, &error);

    g_assert_null(back);
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT);
}

static void test_gc_collects_a_dropped_table(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(json_t) one = publish_text(world, "one", NOW_MS);
    g_autofree char *objects = g_build_filename(world->folder, "objects", NULL);
    TgPublishCollected collected;

    g_assert_true(tg_catalog_drop_table(world->catalog, "sales", "orders", NULL));
    collect(world, G_MAXINT64 / 2, 0, &collected);
    g_assert_cmpuint(collected.objects, ==, 1);
    g_assert_cmpuint(count_files(objects), ==, 1); /* the draft lock */
}

/* A process that dies while it stages, with a draft open. */
static void test_gc_removes_what_a_crash_left(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *objects = g_build_filename(world->folder, "objects", NULL);
    g_autofree char *locks = g_build_filename(world->folder, "publishing", NULL);
    TgPublishCollected collected;
    int status = 0;

    world_close(world);
    pid_t child = fork();

    if (child == 0) {
        world_open(world);
        TgPublish *publish = begin(world, "orders", NOW_MS);
        TgObjectDraft draft = {NULL, NULL};

        stage(world, publish, "a.parquet", "half");
        (void)tg_object_begin(world->objects, "s3://sales/x", &draft, NULL);
        (void)g_file_set_contents(draft.path, "open", -1, NULL);
        _exit(9);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    world_open(world);
    collect(world, NOW_MS, DAY_MS, &collected);
    g_assert_cmpuint(collected.objects, ==, 2);
    g_assert_cmpuint(collected.publishes, ==, 1);
    g_assert_cmpuint(count_files(objects), ==, 0);
    g_assert_cmpuint(count_files(locks), ==, 0);
}

static void test_gc_leaves_a_living_publish_alone(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(TgPublish) publish = begin(world, "orders", NOW_MS);
    TgPublishCollected collected;

    stage(world, publish, "a.parquet", "new");
    collect(world, G_MAXINT64 / 2, 0, &collected);
    g_assert_cmpuint(collected.objects, ==, 0);
    g_autoptr(GPtrArray) staged = tg_publish_list(publish, NULL);

    g_assert_cmpuint(staged->len, ==, 1);
}

static void make_partitioned(const World *world)
{
    g_autoptr(json_t) table =
        tg_table_new("sales", "orders", TG_FORMAT_PARQUET, "s3://sales/orders/", NULL);

    tg_table_add_column(table, "id", "bigint", NULL);
    tg_table_add_partition_key(table, "day", "string");
    g_assert_true(tg_catalog_ensure_database(world->catalog, "sales", NULL));
    g_assert_true(tg_catalog_create_table(world->catalog, "sales", table, NULL));
}

static void publish_day(const World *world, const char *day, const char *text)
{
    g_autoptr(TgPublish) publish = begin(world, "orders", NOW_MS);
    const char *values[] = {day, NULL};
    g_autofree char *name = g_strdup_printf("day=%s/a.parquet", day);
    TgPublishFacts facts = {.rows = 1};
    g_autoptr(GError) error = NULL;

    stage(world, publish, name, text);
    g_autoptr(json_t) receipt = tg_publish_commit_partition(publish, values, &facts, &error);

    g_assert_no_error(error);
    g_assert_nonnull(receipt);
}

static char *location_of_day(const World *world, const char *day)
{
    const char *values[] = {day, NULL};
    g_autoptr(json_t) partition =
        tg_catalog_get_partition(world->catalog, "sales", "orders", values, NULL);

    return g_strdup(partition == NULL ? "" : tg_table_location(partition));
}

static void test_a_partition_is_switched_and_rolled_back_alone(World *world,
                                                               gconstpointer data G_GNUC_UNUSED)
{
    const char *values[] = {"2020-01-01", NULL};

    make_partitioned(world);
    publish_day(world, "2020-01-01", "one");
    publish_day(world, "2020-01-02", "other");
    g_autofree char *first = location_of_day(world, "2020-01-01");
    g_autofree char *other = location_of_day(world, "2020-01-02");

    publish_day(world, "2020-01-01", "two");
    g_autofree char *second = location_of_day(world, "2020-01-01");

    g_assert_cmpstr(first, !=, second);
    g_assert_true(g_str_has_suffix(second, "/day=2020-01-01/"));
    g_autoptr(json_t) now = roll_back(world, values, NULL, NOW_MS, NULL);
    g_autofree char *back = location_of_day(world, "2020-01-01");
    g_autofree char *untouched = location_of_day(world, "2020-01-02");

    g_assert_nonnull(now);
    g_assert_cmpstr(back, ==, first);
    g_assert_cmpstr(untouched, ==, other);
}

static void test_a_table_changed_meanwhile_is_a_conflict(World *world,
                                                         gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(json_t) one = publish_text(world, "one", NOW_MS);
    g_autoptr(TgPublish) publish = begin(world, "orders", NOW_MS);
    g_autoptr(json_t) table = describe();
    g_autoptr(json_t) changed = tg_catalog_get_table(world->catalog, "sales", "orders", NULL);
    g_autoptr(GError) error = NULL;
    TgPublishFacts facts = {.rows = 1};

    tg_table_add_column(changed, "price", "double", NULL);
    g_assert_true(tg_catalog_update_table(world->catalog, "sales", changed, NULL));
    stage(world, publish, "a.parquet", "two");
    g_autoptr(json_t) receipt = tg_publish_commit_table(publish, table, NULL, &facts, &error);

    g_assert_null(receipt);
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT);
    assert_reads(world, "one");
}

static void test_a_newer_format_is_refused(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *file = g_build_filename(world->folder, "newer.sqlite", NULL);
    g_autofree char *command =
        g_strdup_printf("python3 -c \"import sqlite3;"
                        "sqlite3.connect('%s').execute('PRAGMA user_version = 99')\"",
                        file);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_assert_null(tg_catalog_open(file, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, "newer Tegaru"));
}

static void add(const char *name, void (*test)(World *, gconstpointer))
{
    g_autofree char *path = g_strconcat("/catalog/publish/", name, NULL);

    g_test_add(path, World, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("shows-nothing-before-the-switch", test_shows_nothing_before_the_switch);
    add("the-switch-gives-a-receipt", test_the_switch_gives_a_receipt);
    add("an-abandoned-publish-leaves-nothing", test_an_abandoned_publish_leaves_nothing);
    add("rolls-back-step-by-step-and-forward-by-id",
        test_rolls_back_step_by_step_and_forward_by_id);
    add("gc-keeps-the-grace-time-and-what-is-shown",
        test_gc_keeps_the_grace_time_and_what_is_shown);
    add("gc-collects-a-dropped-table", test_gc_collects_a_dropped_table);
    add("gc-removes-what-a-crash-left", test_gc_removes_what_a_crash_left);
    add("gc-leaves-a-living-publish-alone", test_gc_leaves_a_living_publish_alone);
    add("a-partition-is-switched-and-rolled-back-alone",
        test_a_partition_is_switched_and_rolled_back_alone);
    add("a-table-changed-meanwhile-is-a-conflict", test_a_table_changed_meanwhile_is_a_conflict);
    add("a-newer-format-is-refused", test_a_newer_format_is_refused);
    return g_test_run();
}
