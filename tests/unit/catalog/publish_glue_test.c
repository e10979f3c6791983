/* Publishing in Glue and S3 (moto): the switch, conflicts, going back, what gc leaves. And of many
 * publishes of one partition at a time: each round has one winner, in Glue and in the local
 * catalog. */
#include <string.h>

#include "aws/glue.h"
#include "base/file.h"
#include "catalog/publish.h"
#include "catalog/table.h"
#include "net/http.h"
#include "object/s3.h"
#include "params/params.h"
#include "support/moto.h"

#define DAY_MS ((gint64)24 * 3600 * 1000)
#define NOW_MS ((gint64)1700000000000)
#define LOCAL_ROUNDS 500
#define GLUE_ROUNDS 15

static TgTestMoto *moto;

typedef struct {
    char *folder; /* of a local catalog; NULL: Glue */
    const char *database;
    TgCatalog *catalog;
    TgObjectStore *objects;
} World;

static void make_bucket(const char *name)
{
    g_autofree char *url = g_strconcat(tg_test_moto_endpoint(moto), "/", name, NULL);
    const TgHttpHeader host = {
        "authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request"};
    const TgHttpRequest request = {
        .method = "PUT", .url = url, .headers = &host, .headers_count = 1};
    g_autoptr(TgHttpAnswer) answer = tg_http_send(NULL, &request, NULL);

    g_assert_cmpuint(answer->status, ==, 200);
}

/* FALSE, and the test is skipped, without moto. Each world has a database of its own. */
static gboolean open_glue(World *world, const char *database)
{
    g_auto(TgAwsSettings) who = {0};
    g_autoptr(json_t) input = json_pack("{s:s}", "Name", database);
    g_autoptr(GError) error = NULL;

    if (moto == NULL) {
        g_test_skip("no moto is installed: run 'make deps'");
        return FALSE;
    }
    who.credentials = tg_aws_credentials_new_static("AKID", "secret", NULL);
    who.region = g_strdup("us-east-1");
    const TgAwsClientOptions client = {.endpoint = tg_test_moto_endpoint(moto),
                                       .region = who.region,
                                       .credentials = who.credentials};
    const TgObjectS3As s3 = {.endpoint = tg_test_moto_endpoint(moto)};

    world->folder = NULL;
    world->database = database;
    world->catalog = tg_catalog_new_glue(tg_glue_new(&client, NULL, &error));
    world->objects = tg_object_store_new_s3_as(&who, &s3, &error);
    g_assert_no_error(error);
    make_bucket(database);
    g_assert_true(tg_catalog_create_database(world->catalog, input, &error));
    return TRUE;
}

static void open_local(World *world, const char *database)
{
    g_autoptr(json_t) input = json_pack("{s:s}", "Name", database);

    world->database = database;
    world->folder = g_dir_make_tmp("tegaru-publish-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(world->folder, "catalog.sqlite", NULL);
    g_autofree char *objects = g_build_filename(world->folder, "objects", NULL);

    world->catalog = tg_catalog_open(file, NULL);
    world->objects = tg_object_store_new_folder(objects);
    g_assert_true(tg_catalog_create_database(world->catalog, input, NULL));
}

/* gc looks at all databases: the next test must not find this one. */
static void close_world(World *world)
{
    g_assert_true(tg_catalog_drop_database(world->catalog, world->database, TRUE, NULL));
    tg_catalog_free(world->catalog);
    tg_object_store_free(world->objects);
    if (world->folder != NULL) {
        g_assert_true(tg_file_remove_folder(world->folder, NULL));
        g_free(world->folder);
    }
}

static TgPublish *begin(const World *world, const char *database, const char *id, gint64 now_ms)
{
    g_autofree char *location = g_strdup_printf("s3://%s/t/", database);
    const TgPublishTarget target = {
        .database = database, .table = "t", .location = location, .id = id, .now_ms = now_ms};
    g_autoptr(GError) error = NULL;
    TgPublish *publish = tg_publish_begin(world->catalog, world->objects, &target, &error);

    g_assert_no_error(error);
    return publish;
}

static void stage(const World *world, const TgPublish *publish, const char *name)
{
    g_autofree char *url = g_strconcat(tg_publish_prefix(publish), name, NULL);
    TgObjectDraft draft = {NULL, NULL};
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_object_begin(world->objects, url, &draft, &error));
    g_assert_true(g_file_set_contents(draft.path, "x", -1, &error));
    g_assert_true(tg_object_commit(world->objects, &draft, NULL, &error));
    g_assert_no_error(error);
}

static json_t *describe(const char *database, gboolean has_key)
{
    json_t *table = tg_table_new(database, "t", TG_FORMAT_PARQUET, NULL, "zstd");

    tg_table_add_column(table, "id", "bigint", NULL);
    if (has_key) {
        tg_table_add_partition_key(table, "k", "string");
    }
    return table;
}

/* Publishes the table with partitions of the given values, a text of one letter each. */
static char *publish_table(const World *world, const char *database, const char *letters,
                           gint64 now_ms)
{
    g_autoptr(TgPublish) publish = begin(world, database, NULL, now_ms);
    g_autoptr(json_t) table = describe(database, *letters != '\0');
    g_autoptr(json_t) partitions = json_array();
    const TgPublishFacts facts = {.rows = 1};
    g_autoptr(GError) error = NULL;

    for (const char *at = letters; *at != '\0'; at++) {
        g_autofree char *name = g_strdup_printf("k=%c/a", *at);
        const char value[] = {*at, '\0'};

        stage(world, publish, name);
        json_array_append_new(partitions, json_pack("{s:[s]}", "Values", value));
    }
    if (*letters == '\0') {
        stage(world, publish, "a");
    }
    g_autoptr(json_t) receipt = tg_publish_commit_table(
        publish, table, *letters == '\0' ? NULL : partitions, &facts, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(json_string_value(json_object_get(receipt, "publish_id")), ==,
                    tg_publish_id(publish));
    return g_strdup(tg_publish_id(publish));
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "a:<id> b:<id>": what each partition shows. */
static char *read_partitions(const World *world, const char *database)
{
    g_autoptr(json_t) all = tg_catalog_list_partitions(world->catalog, database, "t", NULL);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    json_t *one = NULL;
    gsize i = 0;

    json_array_foreach (all, i, one) {
        const char *location = tg_table_location(one);
        const char *id = strstr(location, ".tegaru/") + strlen(".tegaru/");

        g_ptr_array_add(
            lines,
            g_strdup_printf("%s:%.*s",
                            json_string_value(json_array_get(json_object_get(one, "Values"), 0)),
                            (int)strcspn(id, "/"), id));
    }
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv(" ", (char **)lines->pdata);
}

static guint count_objects(const World *world, const char *url)
{
    g_autoptr(GPtrArray) all = tg_object_list(world->objects, url, NULL);

    return all->len;
}

static void test_a_partitioned_table_is_switched_and_rolled_back(void)
{
    World world = {NULL};
    g_autoptr(GError) error = NULL;

    if (!open_glue(&world, "parts")) {
        return;
    }
    g_autofree char *first = publish_table(&world, "parts", "ab", NOW_MS);
    g_autofree char *second = publish_table(&world, "parts", "bc", NOW_MS + 1000);
    g_autofree char *seen = read_partitions(&world, "parts");
    g_autofree char *wanted = g_strdup_printf("b:%s c:%s", second, second);
    const TgPublishRollback back = {.database = "parts", .table = "t", .now_ms = NOW_MS + 2000};

    g_assert_cmpstr(seen, ==, wanted);
    g_autoptr(json_t) now = tg_publish_rollback(world.catalog, world.objects, &back, &error);

    g_assert_no_error(error);
    g_assert_true(json_is_true(json_object_get(now, "is_current")));
    g_autofree char *seen_again = read_partitions(&world, "parts");
    g_autofree char *wanted_again = g_strdup_printf("a:%s b:%s", first, first);

    g_assert_cmpstr(seen_again, ==, wanted_again);
    g_autoptr(json_t) history =
        tg_publish_history(world.catalog, world.objects, "parts", "t", &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(history), ==, 3);
    close_world(&world);
}

static void test_gc_keeps_what_is_shown_or_young(void)
{
    World world = {NULL};
    TgPublishCollected collected = {0};
    TgPublishCollect options = {.now_ms = NOW_MS + 10 * DAY_MS, .grace_ms = DAY_MS};

    if (!open_glue(&world, "sweep")) {
        return;
    }
    g_autofree char *first = publish_table(&world, "sweep", "", NOW_MS);
    g_autofree char *second = publish_table(&world, "sweep", "", NOW_MS + 9 * DAY_MS + 60000);
    TgPublish *crashed = begin(&world, "sweep", NULL, NOW_MS + 1000);
    TgPublish *running = begin(&world, "sweep", NULL, NOW_MS + 10 * DAY_MS - 1000);

    stage(&world, crashed, "a");
    stage(&world, running, "a");
    tg_publish_leave(crashed);
    tg_publish_leave(running);
    g_assert_true(tg_publish_collect(world.catalog, world.objects, &options, &collected, NULL));
    g_assert_cmpuint(collected.publishes, ==, 1); /* the crashed one; the first is of yesterday */
    g_assert_cmpuint(count_objects(&world, tg_publish_prefix(crashed)), ==, 0);
    options.now_ms += DAY_MS / 2; /* the first was superseded a day and a half ago now */
    options.now_ms += DAY_MS / 4;
    g_assert_true(tg_publish_collect(world.catalog, world.objects, &options, &collected, NULL));
    g_assert_cmpuint(collected.publishes, ==, 1);
    g_assert_cmpuint(count_objects(&world, tg_publish_prefix(running)), ==, 1);
    g_autofree char *kept = g_strdup_printf("s3://sweep/t.tegaru/%s/", second);

    g_assert_cmpuint(count_objects(&world, kept), ==, 1);
    const TgPublishRollback back = {
        .database = "sweep", .table = "t", .now_ms = NOW_MS + 20 * DAY_MS};
    g_autoptr(GError) error = NULL;

    g_assert_null(tg_publish_rollback(world.catalog, world.objects, &back, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT); /* its objects are gone */
    tg_publish_free(crashed);
    tg_publish_free(running);
    close_world(&world);
}

static void test_somebody_elses_change_of_the_table_is_a_conflict(void)
{
    World world = {NULL};
    g_autoptr(GError) error = NULL;
    const TgPublishFacts facts = {.rows = 1};

    if (!open_glue(&world, "clash")) {
        return;
    }
    g_autofree char *first = publish_table(&world, "clash", "", NOW_MS);
    TgPublish *slow = begin(&world, "clash", NULL, NOW_MS + 1000);
    g_autoptr(json_t) table = describe("clash", FALSE);

    stage(&world, slow, "a");
    g_assert_true(tg_publish_build_on_present(slow, &error));
    g_autofree char *second = publish_table(&world, "clash", "", NOW_MS + 2000);

    g_assert_null(tg_publish_commit_table(slow, table, NULL, &facts, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT);
    tg_publish_free(slow);
    close_world(&world);
}

static void test_a_publish_that_was_left_goes_on(void)
{
    World world = {NULL};
    g_autofree char *id = NULL;
    g_autofree char *prefix = NULL;
    g_autoptr(GError) error = NULL;
    const TgPublishFacts facts = {.rows = 1};

    if (!open_glue(&world, "later")) {
        return;
    }
    TgPublish *left = begin(&world, "later", NULL, NOW_MS);

    stage(&world, left, "a");
    id = g_strdup(tg_publish_id(left));
    prefix = g_strdup(tg_publish_prefix(left));
    tg_publish_leave(left);
    tg_publish_free(left);
    g_assert_cmpuint(count_objects(&world, prefix), ==, 1);
    TgPublish *again = begin(&world, "later", id, NOW_MS + 1000);
    g_autoptr(json_t) table = describe("later", FALSE);

    g_assert_cmpstr(tg_publish_prefix(again), ==, prefix);
    g_autoptr(json_t) receipt = tg_publish_commit_table(again, table, NULL, &facts, &error);

    g_assert_no_error(error);
    g_assert_nonnull(receipt);
    tg_publish_free(again);
    close_world(&world);
}

/* --- two workflows, one partition --- */

typedef struct {
    const World *world;
    const char *database;
    guint rounds;
    GMutex mutex; /* over what follows: both wait for each other before each switch */
    GCond cond;
    guint arrived;
    guint wins[2];
    guint conflicts;
    guint others; /* any other error */
} Race;

/* Both have begun: now they switch. */
static void meet(Race *race, guint round)
{
    g_mutex_lock(&race->mutex);
    race->arrived++;
    g_cond_broadcast(&race->cond);
    while (race->arrived < 2 * round) {
        g_cond_wait(&race->cond, &race->mutex);
    }
    g_mutex_unlock(&race->mutex);
}

static gpointer publish_rounds(gpointer data)
{
    Race *race = data;
    const char *const values[] = {"a", NULL};
    const TgPublishFacts facts = {.rows = 1};

    for (guint round = 1; round <= race->rounds; round++) {
        g_autoptr(TgPublish) publish =
            begin(race->world, race->database, NULL, NOW_MS + (gint64)round * 1000);
        g_autoptr(GError) error = NULL;

        stage(race->world, publish, "k=a/x");
        g_assert_true(tg_publish_build_on_partition(publish, values, &error));
        meet(race, 2 * round - 1);
        g_autoptr(json_t) receipt = tg_publish_commit_partition(publish, values, &facts, &error);

        g_mutex_lock(&race->mutex);
        race->wins[0] += receipt != NULL;
        race->conflicts += g_error_matches(error, TG_ERROR, TG_ERROR_CONFLICT);
        race->others += error != NULL && !g_error_matches(error, TG_ERROR, TG_ERROR_CONFLICT);
        g_mutex_unlock(&race->mutex);
        meet(race, 2 * round);
    }
    return NULL;
}

static void run_race(World *world, const char *database, guint rounds)
{
    Race race = {.world = world, .database = database, .rounds = rounds};

    g_free(publish_table(world, database, "ab", NOW_MS));
    g_mutex_init(&race.mutex);
    g_cond_init(&race.cond);
    GThread *one = g_thread_new("one", publish_rounds, &race);
    GThread *two = g_thread_new("two", publish_rounds, &race);

    g_thread_join(one);
    g_thread_join(two);
    g_mutex_clear(&race.mutex);
    g_cond_clear(&race.cond);
    g_assert_cmpuint(race.others, ==, 0);
    g_assert_cmpuint(race.wins[0] + race.conflicts, ==, 2 * rounds);
    g_assert_cmpuint(race.wins[0], <=, rounds); /* never two of one round */
}

static void test_one_of_two_publishes_of_a_local_partition_wins(void)
{
    World world = {NULL};

    open_local(&world, "race");
    run_race(&world, "race", LOCAL_ROUNDS);
    close_world(&world);
}

static void test_one_of_two_publishes_of_a_partition_in_glue_wins(void)
{
    World world = {NULL};

    if (open_glue(&world, "race-in-glue")) {
        run_race(&world, "race-in-glue", GLUE_ROUNDS);
        close_world(&world);
    }
}

static void test_an_object_is_created_once(void)
{
    World world = {NULL};
    gboolean created = FALSE;

    if (!open_glue(&world, "once")) {
        return;
    }
    g_assert_true(tg_object_create(world.objects, "s3://once/a", "me", &created, NULL));
    g_assert_true(created);
    g_assert_true(tg_object_create(world.objects, "s3://once/a", "you", &created, NULL));
    g_assert_false(created);
    g_assert_true(tg_object_create(world.objects, "s3://once/a", "me", &created, NULL));
    g_assert_true(created); /* a try whose answer was lost finds its own */
    close_world(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    moto = tg_test_moto_new();
    g_test_add_func("/publish-glue/a_partitioned_table_is_switched_and_rolled_back",
                    test_a_partitioned_table_is_switched_and_rolled_back);
    g_test_add_func("/publish-glue/gc_keeps_what_is_shown_or_young",
                    test_gc_keeps_what_is_shown_or_young);
    g_test_add_func("/publish-glue/somebody_elses_change_of_the_table_is_a_conflict",
                    test_somebody_elses_change_of_the_table_is_a_conflict);
    g_test_add_func("/publish-glue/a_publish_that_was_left_goes_on",
                    test_a_publish_that_was_left_goes_on);
    g_test_add_func("/publish-glue/one_of_two_publishes_of_a_local_partition_wins",
                    test_one_of_two_publishes_of_a_local_partition_wins);
    g_test_add_func("/publish-glue/one_of_two_publishes_of_a_partition_in_glue_wins",
                    test_one_of_two_publishes_of_a_partition_in_glue_wins);
    g_test_add_func("/publish-glue/an_object_is_created_once", test_an_object_is_created_once);
    int status = g_test_run();

    tg_test_moto_free(moto);
    return status;
}
