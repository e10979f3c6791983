/* The Glue client against moto, whose requests botocore's model has checked, and against answers
 * that moto does not give. */
#include "aws/glue.h"

#include <string.h>

#include "params/params.h"
#include "support/http_server.h"
#include "support/moto.h"

static TgTestMoto *moto;

static TgGlue *open_glue(const char *endpoint, const char *catalog_id)
{
    g_autoptr(TgAwsCredentials) credentials =
        tg_aws_credentials_new_static("AKIDTEST", "secret", NULL);
    TgAwsClientOptions options = {
        .endpoint = endpoint, .region = "eu-west-1", .credentials = credentials, .tries_max = 2};
    g_autoptr(GError) error = NULL;
    TgGlue *glue = tg_glue_new(&options, catalog_id, &error);

    g_assert_no_error(error);
    return glue;
}

/* NULL, and the test is skipped, without moto. */
static TgGlue *open_moto(void)
{
    if (moto == NULL) {
        g_test_skip("no moto is installed: run 'make deps'");
        return NULL;
    }
    return open_glue(tg_test_moto_endpoint(moto), NULL);
}

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    g_assert_nonnull(value);
    return value;
}

static json_t *table_input(const char *name, const char *column)
{
    return json_pack("{s:s, s:s, s:[{s:s, s:s}], s:{s:[{s:s, s:s}], s:s}}", "Name", name,
                     "TableType", "EXTERNAL_TABLE", "PartitionKeys", "Name", "dt", "Type", "string",
                     "StorageDescriptor", "Columns", "Name", column, "Type", "bigint", "Location",
                     "s3://b/t/");
}

static json_t *partition_input(guint number)
{
    g_autofree char *value = g_strdup_printf("d%04u", number);
    g_autofree char *location = g_strdup_printf("s3://b/t/dt=%s/", value);

    return json_pack("{s:[s], s:{s:s, s:[{s:s, s:s}]}}", "Values", value, "StorageDescriptor",
                     "Location", location, "Columns", "Name", "a", "Type", "bigint");
}

static void make_table(TgGlue *glue, const char *database)
{
    g_autoptr(json_t) of_database = json_pack("{s:s}", "Name", database);
    g_autoptr(json_t) table = table_input("t", "a");
    g_autoptr(GError) error = NULL;

    (void)tg_glue_create_database(glue, of_database, &error);
    g_assert_no_error(error);
    (void)tg_glue_create_table(glue, database, table, &error);
    g_assert_no_error(error);
}

static void test_databases(void)
{
    g_autoptr(TgGlue) glue = open_moto();
    g_autoptr(json_t) input = parse("{\"Name\": \"one\", \"Description\": \"d\"}");
    g_autoptr(json_t) other = parse("{\"Name\": \"one\", \"Description\": \"other\"}");
    g_autoptr(GError) error = NULL;

    if (glue == NULL) {
        return;
    }
    g_assert_null(tg_glue_get_database(glue, "one", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_assert_true(g_str_has_prefix(error->message, "database one: Glue GetDatabase at "));
    g_clear_error(&error);
    (void)tg_glue_create_database(glue, input, &error);
    g_assert_no_error(error);
    g_assert_false(tg_glue_create_database(glue, input, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT);
    g_clear_error(&error);
    (void)tg_glue_update_database(glue, "one", other, &error);
    g_assert_no_error(error);
    g_autoptr(json_t) got = tg_glue_get_database(glue, "one", &error);
    g_autoptr(json_t) all = tg_glue_list_databases(glue, &error);

    g_assert_cmpstr(json_string_value(json_object_get(got, "Description")), ==, "other");
    g_assert_cmpuint(json_array_size(all), ==, 1);
    (void)tg_glue_delete_database(glue, "one", &error);
    g_assert_no_error(error);
    g_assert_false(tg_glue_delete_database(glue, "one", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
}

static void test_tables_and_their_versions(void)
{
    g_autoptr(TgGlue) glue = open_moto();
    g_autoptr(json_t) input = table_input("t", "b");
    TgGlueUpdate update = {.version_id = "1", .skip_archive = FALSE};
    g_autoptr(GError) error = NULL;

    if (glue == NULL) {
        return;
    }
    make_table(glue, "tables");
    g_assert_false(tg_glue_create_table(glue, "tables", input, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT);
    g_assert_true(g_str_has_prefix(error->message, "tables.t: Glue CreateTable at "));
    g_clear_error(&error);
    (void)tg_glue_update_table(glue, "tables", input, &update, &error);
    g_assert_no_error(error);
    g_autoptr(json_t) got = tg_glue_get_table(glue, "tables", "t", &error);
    g_autoptr(json_t) versions = tg_glue_list_table_versions(glue, "tables", "t", &error);
    g_autoptr(json_t) first = tg_glue_get_table_version(glue, "tables", "t", "1", &error);
    g_autofree char *column = NULL;

    g_assert_no_error(error);
    column = g_strdup(json_string_value(json_object_get(
        json_array_get(json_object_get(json_object_get(got, "StorageDescriptor"), "Columns"), 0),
        "Name")));
    g_assert_cmpstr(column, ==, "b");
    g_assert_cmpuint(json_array_size(versions), ==, 2);
    g_assert_nonnull(json_object_get(first, "Table"));
    (void)tg_glue_delete_table(glue, "tables", "t", &error);
    g_assert_no_error(error);
    g_assert_null(tg_glue_get_table(glue, "tables", "t", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
}

static void test_many_tables(void)
{
    g_autoptr(TgGlue) glue = open_moto();
    g_autoptr(json_t) names = json_array();
    g_autoptr(json_t) errors = NULL;
    g_autoptr(GError) error = NULL;

    if (glue == NULL) {
        return;
    }
    make_table(glue, "many");
    for (guint i = 0; i < 120; i++) {
        g_autofree char *name = g_strdup_printf("t%03u", i);
        g_autoptr(json_t) input = table_input(name, "a");

        (void)tg_glue_create_table(glue, "many", input, &error);
        g_assert_no_error(error);
        json_array_append_new(names, json_string(name));
    }
    g_autoptr(json_t) some = tg_glue_list_tables(glue, "many", "t0.*", &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(some), ==, 100);
    json_array_append_new(names, json_string("absent"));
    (void)tg_glue_delete_tables(glue, "many", names, &errors, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(errors), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(errors, 0), "TableName")), ==,
                    "absent");
    g_autoptr(json_t) left = tg_glue_list_tables(glue, "many", NULL, &error);

    g_assert_cmpuint(json_array_size(left), ==, 1);
}

static gboolean count_pages(gpointer data, const json_t *items, GError **error)
{
    guint *counts = data;

    (void)error;
    counts[0]++;
    counts[1] += (guint)json_array_size(items);
    return TRUE;
}

static void test_partitions_in_batches(void)
{
    g_autoptr(TgGlue) glue = open_moto();
    g_autoptr(json_t) inputs = json_array();
    g_autoptr(json_t) values = json_array();
    g_autoptr(json_t) errors = NULL;
    TgGluePartitions all = {.database = "batches", .table = "t", .excludes_columns = TRUE};
    TgGluePartitions some = {
        .database = "batches", .table = "t", .expression = "dt >= 'd0230' AND dt < 'd0240'"};
    guint counts[2] = {0};
    g_autoptr(GError) error = NULL;

    if (glue == NULL) {
        return;
    }
    make_table(glue, "batches");
    for (guint i = 0; i < 250; i++) {
        json_array_append_new(inputs, partition_input(i));
        json_array_append_new(values,
                              json_incref(json_object_get(json_array_get(inputs, i), "Values")));
    }
    (void)tg_glue_create_partitions(glue, "batches", "t", inputs, &errors, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(errors), ==, 0);
    (void)tg_glue_each_partitions(glue, &all, count_pages, counts, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(counts[1], ==, 250);
    g_autoptr(json_t) few = tg_glue_list_partitions(glue, &some, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(few), ==, 10);
    json_array_append_new(values, json_pack("[s]", "absent"));
    g_autoptr(json_t) found = tg_glue_get_partitions(glue, "batches", "t", values, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(found), ==, 250);
    json_decref(errors);
    errors = NULL;
    (void)tg_glue_delete_partitions(glue, "batches", "t", values, &errors, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(errors), ==, 1);
    g_autoptr(json_t) left = tg_glue_list_partitions(glue, &all, &error);

    g_assert_cmpuint(json_array_size(left), ==, 0);
}

static const char *code_of(const json_t *errors, gsize i)
{
    return json_string_value(
        json_object_get(json_object_get(json_array_get(errors, i), "ErrorDetail"), "ErrorCode"));
}

static void test_single_partitions_and_entries_that_fail(void)
{
    g_autoptr(TgGlue) glue = open_moto();
    g_autoptr(json_t) inputs = json_pack("[o, o]", partition_input(1), partition_input(2));
    g_autoptr(json_t) one = json_pack("[s]", "d0001");
    g_autoptr(json_t) three = json_pack("[s]", "d0003");
    g_autoptr(json_t) entries = NULL;
    g_autoptr(json_t) none = NULL;
    g_autoptr(json_t) twice = NULL;
    g_autoptr(json_t) missing = NULL;
    g_autoptr(GError) error = NULL;

    if (glue == NULL) {
        return;
    }
    make_table(glue, "single");
    (void)tg_glue_create_partitions(glue, "single", "t", inputs, &none, &error);
    g_assert_no_error(error);
    json_array_append_new(inputs, partition_input(4));
    (void)tg_glue_create_partitions(glue, "single", "t", inputs, &twice, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(twice), ==, 2);
    g_assert_cmpstr(code_of(twice, 0), ==, "AlreadyExistsException");
    g_autoptr(json_t) got = tg_glue_get_partition(glue, "single", "t", one, &error);

    g_assert_true(json_equal(json_object_get(got, "Values"), one));
    g_assert_null(tg_glue_get_partition(glue, "single", "t", three, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_clear_error(&error);
    (void)tg_glue_update_partition(glue, "single", "t", one, json_array_get(inputs, 0), &error);
    g_assert_no_error(error);
    g_assert_false(
        tg_glue_update_partition(glue, "single", "t", three, json_array_get(inputs, 0), &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_clear_error(&error);
    entries = json_pack("[{s:O, s:O}]", "PartitionValueList", three, "PartitionInput",
                        json_array_get(inputs, 0));
    (void)tg_glue_update_partitions(glue, "single", "t", entries, &missing, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(code_of(missing, 0), ==, "EntityNotFoundException");
    (void)tg_glue_delete_partition(glue, "single", "t", one, &error);
    g_assert_no_error(error);
    g_assert_false(tg_glue_delete_partition(glue, "single", "t", one, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
}

/* --- answers that moto does not give --- */

#define OK(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body
#define REFUSED(body) "HTTP/1.1 400 x\r\nConnection: close\r\n\r\n" body

static TgGlue *open_fake(TgTestServer *server)
{
    g_autofree char *endpoint = g_strdup_printf("http://127.0.0.1:%u", tg_test_server_port(server));

    return open_glue(endpoint, "123456789012");
}

static void test_an_update_of_a_version_that_is_gone(void)
{
    static const char *const answers[] = {
        REFUSED("{\"__type\": \"ConcurrentModificationException\", \"Message\": \"m\"}"), NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgGlue) glue = open_fake(server);
    g_autoptr(json_t) input = parse("{\"Name\": \"t\"}");
    TgGlueUpdate update = {.version_id = "7", .skip_archive = TRUE};
    g_autoptr(GError) error = NULL;
    g_autofree char *received = NULL;

    g_assert_false(tg_glue_update_table(glue, "d", input, &update, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT);
    g_assert_true(g_str_has_prefix(error->message, "d.t: Glue UpdateTable at "));
    received = tg_test_server_received(server);
    g_assert_nonnull(strstr(received, "\"VersionId\":\"7\",\"SkipArchive\":true,\"TableInput\":{"));
    g_assert_nonnull(strstr(received, "{\"CatalogId\":\"123456789012\","));
}

static void test_versions_are_deleted_in_batches(void)
{
    static const char *const answers[] = {
        OK("{\"Errors\": [{\"TableName\": \"t\", \"VersionId\": \"77\", \"ErrorDetail\": "
           "{\"ErrorCode\": \"EntityNotFoundException\"}}]}"),
        NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgGlue) glue = open_fake(server);
    g_autoptr(json_t) ids = parse("[\"1\", \"77\"]");
    g_autoptr(json_t) errors = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *received = NULL;

    (void)tg_glue_delete_table_versions(glue, "d", "t", ids, &errors, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(code_of(errors, 0), ==, "EntityNotFoundException");
    received = tg_test_server_received(server);
    g_assert_nonnull(strstr(received, "\"TableName\":\"t\",\"VersionIds\":[\"1\",\"77\"]}"));
}

/* Only what Glue says is not there is not there. */
static void test_no_other_failure_is_not_found(void)
{
    static const char *const failures[] = {REFUSED("{\"__type\": \"AccessDeniedException\"}"),
                                           "HTTP/1.1 404 x\r\nConnection: close\r\n\r\n<html>",
                                           OK("{}"), OK("{\"Table\": []}"),
                                           "HTTP/1.1 500 x\r\nConnection: close\r\n\r\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
        const char *const answers[] = {failures[i], NULL};
        g_autoptr(TgTestServer) server = tg_test_server_new(answers);
        g_autoptr(TgGlue) glue = open_fake(server);
        g_autoptr(GError) error = NULL;

        g_assert_null(tg_glue_get_table(glue, "d", "t", &error));
        g_assert_cmpint(error->code, !=, TG_ERROR_NOT_FOUND);
    }
}

static void test_what_is_left_undone_is_asked_for_again(void)
{
    static const char *const answers[] = {
        OK("{\"Partitions\": [{\"Values\": [\"a\"]}], \"UnprocessedKeys\": [{\"Values\": "
           "[\"b\"]}]}"),
        OK("{\"UnprocessedKeys\": [{\"Values\": [\"b\"]}]}"),
        OK("{\"Partitions\": [{\"Values\": [\"b\"]}], \"UnprocessedKeys\": []}"),
        OK("{\"UnprocessedKeys\": [{\"Values\": [\"b\"]}, {\"Values\": [\"a\"]}]}"), NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgGlue) glue = open_fake(server);
    g_autoptr(json_t) values = parse("[[\"a\"], [\"b\"]]");
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) found = tg_glue_get_partitions(glue, "d", "t", values, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(found), ==, 2);
    g_assert_null(tg_glue_get_partitions(glue, "d", "t", values, &error)); /* never an end */
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
}

static void test_a_batch_that_fails_says_how_far_it_came(void)
{
    static const char *const answers[] = {
        OK("{\"Errors\": [{\"PartitionValues\": [\"x\"], \"ErrorDetail\": {}}]}"),
        REFUSED("{\"__type\": \"AccessDeniedException\"}"), NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgGlue) glue = open_fake(server);
    g_autoptr(json_t) inputs = json_array();
    json_t *errors = NULL;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 150; i++) {
        json_array_append_new(inputs, partition_input(i));
    }
    g_assert_false(tg_glue_create_partitions(glue, "d", "t", inputs, &errors, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_DENIED);
    g_assert_true(g_str_has_prefix(error->message, "100 of 150 done, then d.t: Glue Batch"));
    g_assert_null(errors);
}

int main(int argc, char **argv)
{
    int status = 0;

    g_test_init(&argc, &argv, NULL);
    moto = tg_test_moto_new();
    g_test_add_func("/aws/glue/databases", test_databases);
    g_test_add_func("/aws/glue/tables-and-their-versions", test_tables_and_their_versions);
    g_test_add_func("/aws/glue/many-tables", test_many_tables);
    g_test_add_func("/aws/glue/partitions-in-batches", test_partitions_in_batches);
    g_test_add_func("/aws/glue/entries-fail-one-by-one",
                    test_single_partitions_and_entries_that_fail);
    g_test_add_func("/aws/glue/an-update-of-a-version-that-is-gone-is-a-conflict",
                    test_an_update_of_a_version_that_is_gone);
    g_test_add_func("/aws/glue/versions-are-deleted-in-batches",
                    test_versions_are_deleted_in_batches);
    g_test_add_func("/aws/glue/no-other-failure-is-not-found", test_no_other_failure_is_not_found);
    g_test_add_func("/aws/glue/what-is-left-undone-is-asked-for-again",
                    test_what_is_left_undone_is_asked_for_again);
    g_test_add_func("/aws/glue/a-batch-that-fails-says-how-far-it-came",
                    test_a_batch_that_fails_says_how_far_it_came);
    status = g_test_run();
    tg_test_moto_free(moto);
    return status;
}
