/* Batches of typed columns. */
#include "columns/batch.h"

static TgSchema *schema_of_two(void)
{
    TgSchema *schema = tg_schema_new();

    (void)tg_schema_append(schema, "id", (TgType){.id = TG_TYPE_INT64});
    (void)tg_schema_append(schema, "name", (TgType){.id = TG_TYPE_STRING});
    return schema;
}

static void test_holds_more_rows_than_it_began_with(void)
{
    g_autoptr(TgSchema) schema = schema_of_two();
    g_autoptr(TgBatch) batch = tg_batch_new(schema);
    gsize size = 0;

    for (guint i = 0; i < 5000; i++) {
        tg_batch_begin_row(batch);
        tg_vector_set_int64(batch->vectors[0], i, (gint64)i * 3);
        tg_vector_set_bytes(batch->vectors[1], i, "abcdefghij", i % 11);
        tg_batch_commit_row(batch);
    }
    g_assert_cmpuint(batch->rows, ==, 5000);
    g_assert_cmpint(tg_vector_get_int64(batch->vectors[0], 4999), ==, 14997);
    const char *bytes = tg_vector_get_bytes(batch->vectors[1], 4999, &size);
    g_assert_cmpmem(bytes, size, "abcde", 5);
}

static void test_forgets_a_row_that_is_not_committed(void)
{
    g_autoptr(TgSchema) schema = schema_of_two();
    g_autoptr(TgBatch) batch = tg_batch_new(schema);
    gsize size = 0;

    tg_batch_begin_row(batch);
    tg_vector_set_int64(batch->vectors[0], 0, 1);
    tg_vector_set_bytes(batch->vectors[1], 0, "wrong", 5);
    tg_batch_begin_row(batch);
    tg_vector_set_null(batch->vectors[0], 0);
    tg_vector_set_bytes(batch->vectors[1], 0, "ok", 2);
    tg_batch_commit_row(batch);

    g_assert_cmpuint(batch->rows, ==, 1);
    g_assert_false(tg_vector_is_valid(batch->vectors[0], 0));
    const char *bytes = tg_vector_get_bytes(batch->vectors[1], 0, &size);
    g_assert_cmpmem(bytes, size, "ok", 2);
}

static void test_a_view_outlives_its_batch(void)
{
    g_autoptr(TgSchema) schema = schema_of_two();
    TgBatch *batch = tg_batch_new(schema);
    g_autoptr(TgBatch) view = tg_batch_new_view();
    guint columns[] = {1};
    gsize size = 0;

    tg_batch_begin_row(batch);
    tg_vector_set_int64(batch->vectors[0], 0, 1);
    tg_vector_set_bytes(batch->vectors[1], 0, "x", 1);
    tg_batch_commit_row(batch);
    tg_batch_lend(view, batch, columns, 1);
    tg_batch_free(batch);

    g_assert_cmpuint(view->rows, ==, 1);
    g_assert_cmpmem(tg_vector_get_bytes(view->vectors[0], 0, &size), size, "x", 1);
}

static void test_instants_of_every_unit_become_nanoseconds(void)
{
    g_autoptr(TgSchema) schema = tg_schema_new();
    gint32 days = -1;
    gint64 micros = -1;

    (void)tg_schema_append(schema, "d", (TgType){.id = TG_TYPE_DATE});
    (void)tg_schema_append(schema, "t", (TgType){.id = TG_TYPE_TIMESTAMP});
    (void)tg_schema_append(schema, "w",
                           (TgType){.id = TG_TYPE_TIMESTAMP, .unit = TG_UNIT_WIDE, .is_utc = TRUE});
    g_autoptr(TgBatch) batch = tg_batch_new(schema);
    tg_vector_set_fixed(batch->vectors[0], 0, &days);
    tg_vector_set_fixed(batch->vectors[1], 0, &micros);
    tg_vector_set_int128(batch->vectors[2], 0, (TgInt128)G_MAXINT64 * 4);

    g_assert_true(tg_vector_get_nanos(batch->vectors[0], 0) == (TgInt128)-86400 * 1000000000);
    g_assert_true(tg_vector_get_nanos(batch->vectors[1], 0) == -1000);
    g_assert_true(tg_vector_get_nanos(batch->vectors[2], 0) == (TgInt128)G_MAXINT64 * 4);
}

/* A batch of (boolean, text) rows; a NULL text makes both null. */
static TgBatch *fill_pairs(const TgSchema *schema, guint count, const char *const *texts)
{
    TgBatch *batch = tg_batch_new(schema);

    for (guint i = 0; i < count; i++) {
        tg_batch_begin_row(batch);
        if (texts[i] == NULL) {
            tg_vector_set_null(batch->vectors[0], i);
            tg_vector_set_null(batch->vectors[1], i);
        } else {
            tg_vector_set_boolean(batch->vectors[0], i, *texts[i] == 'y');
            tg_vector_set_bytes(batch->vectors[1], i, texts[i], strlen(texts[i]));
        }
        tg_batch_commit_row(batch);
    }
    return batch;
}

static guint64 hash_of_pairs(guint count, const char *const *texts)
{
    g_autoptr(TgSchema) schema = tg_schema_new();

    (void)tg_schema_append(schema, "b", (TgType){.id = TG_TYPE_BOOLEAN});
    (void)tg_schema_append(schema, "t", (TgType){.id = TG_TYPE_STRING});
    g_autoptr(TgBatch) batch = fill_pairs(schema, count, texts);

    return tg_batch_hash(batch, 7);
}

static void test_checksums_tell_rows_apart(void)
{
    const char *const rows[] = {"yes", NULL, "no", "", "a text that is longer than four words are"};
    const char *const moved[] = {"no", NULL, "yes", "",
                                 "a text that is longer than four words are"};
    const char *const cut[] = {"yes", NULL, "n", "o", "a text that is longer than four words are"};
    const char *const empty[] = {"yes", "", "no", "", "a text that is longer than four words are"};
    guint64 hash = hash_of_pairs(G_N_ELEMENTS(rows), rows);

    g_assert_cmpuint(hash_of_pairs(G_N_ELEMENTS(rows), rows), ==, hash);
    g_assert_cmpuint(hash_of_pairs(G_N_ELEMENTS(moved), moved), !=, hash);
    g_assert_cmpuint(hash_of_pairs(G_N_ELEMENTS(cut), cut), !=, hash);
    g_assert_cmpuint(hash_of_pairs(G_N_ELEMENTS(empty), empty), !=, hash);
    g_assert_cmpuint(hash_of_pairs(G_N_ELEMENTS(rows) - 1, rows), !=, hash);
}

/* A batch that is used again keeps bits of rows that are gone. */
static void test_checksums_see_the_rows_alone(void)
{
    const char *const first[] = {"yes", "yes", "yes", "yes"};
    g_autoptr(TgSchema) schema = tg_schema_new();

    (void)tg_schema_append(schema, "b", (TgType){.id = TG_TYPE_BOOLEAN});
    (void)tg_schema_append(schema, "t", (TgType){.id = TG_TYPE_STRING});
    g_autoptr(TgBatch) used = fill_pairs(schema, 4, first);
    g_autoptr(TgBatch) fresh = fill_pairs(schema, 1, first);

    used->rows = 1;
    g_assert_cmpuint(tg_batch_hash(used, 0), ==, tg_batch_hash(fresh, 0));
}

static void test_types_have_names(void)
{
    g_autofree char *decimal =
        tg_type_to_text((TgType){.id = TG_TYPE_DECIMAL, .precision = 10, .scale = 2});
    g_autofree char *timestamp = tg_type_to_text((TgType){.id = TG_TYPE_TIMESTAMP, .is_utc = TRUE});

    g_assert_cmpstr(decimal, ==, "decimal(10,2)");
    g_assert_cmpstr(timestamp, ==, "timestamp(us, utc)");
    g_assert_cmpstr(tg_type_embulk_name((TgType){.id = TG_TYPE_UINT8}), ==, "long");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/columns/batch/a-view-outlives-its-batch", test_a_view_outlives_its_batch);
    g_test_add_func("/columns/batch/checksums-see-the-rows-alone",
                    test_checksums_see_the_rows_alone);
    g_test_add_func("/columns/batch/checksums-tell-rows-apart", test_checksums_tell_rows_apart);
    g_test_add_func("/columns/batch/forgets-a-row-that-is-not-committed",
                    test_forgets_a_row_that_is_not_committed);
    g_test_add_func("/columns/batch/holds-more-rows-than-it-began-with",
                    test_holds_more_rows_than_it_began_with);
    g_test_add_func("/columns/batch/instants-of-every-unit-become-nanoseconds",
                    test_instants_of_every_unit_become_nanoseconds);
    g_test_add_func("/columns/type/types-have-names", test_types_have_names);
    return g_test_run();
}
