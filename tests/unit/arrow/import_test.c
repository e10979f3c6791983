/* Schemas and arrays of others, made by hand: what they become, and which are refused. */
#include "arrow/import.h"

#include "arrow/export.h"
#include "loader/value_text.h"

static void leave(struct ArrowSchema *schema G_GNUC_UNUSED)
{
}

static void leave_array(struct ArrowArray *array G_GNUC_UNUSED)
{
}

/* A schema of one column. */
typedef struct {
    struct ArrowSchema root, column, child, grandchild[2], values;
    struct ArrowSchema *of_root[1], *of_column[1], *of_child[2];
} Made;

static struct ArrowSchema *make(Made *made, const char *format)
{
    *made = (Made){.of_root = {&made->column}};
    made->root = (struct ArrowSchema){
        .format = "+s", .n_children = 1, .children = made->of_root, .release = leave};
    made->column = (struct ArrowSchema){.format = format, .name = "c", .release = leave};
    return &made->root;
}

static char *type_of(const char *format, gboolean exact)
{
    Made made;
    g_autoptr(TgArrowImport) import = tg_arrow_import_new(make(&made, format), exact, NULL);

    return import == NULL ? NULL : tg_type_to_text(tg_arrow_import_schema(import)->columns[0].type);
}

static void test_knows_the_flat_types(void)
{
    static const char *const rows[][3] = {
        {"n", "string", "string"},
        {"b", "boolean", "boolean"},
        {"c", "int8", "int64"},
        {"L", "uint64", "int64"},
        {"e", "float", "double"},
        {"f", "float", "double"},
        {"g", "double", "double"},
        {"u", "string", "string"},
        {"U", "string", "string"},
        {"vu", "string", "string"},
        {"z", "binary", "string"},
        {"vz", "binary", "string"},
        {"w:16", "binary", "string"},
        {"d:10,2", "decimal(10,2)", "double"},
        {"d:9,9,32", "decimal(9,9)", "double"},
        {"d:38,0,256", "decimal(38,0)", "double"},
        {"tdD", "date", "timestamp(ns, wide, utc)"},
        {"tdm", "date", "timestamp(ns, wide, utc)"},
        {"tts", "time", "string"},
        {"ttn", "time", "string"},
        {"tss:", "timestamp(us)", "timestamp(ns, wide, utc)"},
        {"tsm:UTC", "timestamp(us, utc)", "timestamp(ns, wide, utc)"},
        {"tsu:Asia/Tokyo", "timestamp(us, utc)", "timestamp(ns, wide, utc)"},
        {"tsn:", "timestamp(ns)", "timestamp(ns, wide, utc)"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *exact = type_of(rows[i][0], TRUE);
        g_autofree char *embulk = type_of(rows[i][0], FALSE);

        g_test_message("%s", rows[i][0]);
        g_assert_cmpstr(exact, ==, rows[i][1]);
        g_assert_cmpstr(embulk, ==, rows[i][2]);
    }
}

static void test_refuses_what_no_column_holds(void)
{
    static const char *const rows[][2] = {
        {"tDs", "is a duration"},
        {"tiM", "is an interval of months"},
        {"tin", "is an interval"},
        {"+r", "is run-end encoding"},
        {"+us:0,1", "is a union"},
        {"q", "is nothing that is known"},
        {"", "is nothing that is known"},
        {"d:39,0", "decimal(39,0) has no place"},
        {"d:5,-2", "decimal(5,-2) has no place"},
        {"d:5", "is nothing that is known"},
        {"d:5,2,77", "is nothing that is known"},
        {"w:-1", "is nothing that is known"},
        {"w:99999999999999999999", "is nothing that is known"},
        {"tsq:", "is nothing that is known"},
        {"tsu", "is nothing that is known"},
        {"+l", "has a wrong number of children"},
        {"+m", "has a wrong number of children"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Made made;
        g_autoptr(GError) error = NULL;
        g_autoptr(TgArrowImport) import =
            tg_arrow_import_new(make(&made, rows[i][0]), TRUE, &error);

        g_test_message("%s", rows[i][0]);
        g_assert_null(import);
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, "column 'c'"));
        g_assert_nonnull(strstr(error->message, rows[i][1]));
    }
}

static void test_refuses_schemas_without_a_bottom(void)
{
    struct ArrowSchema self = {.format = "+s", .name = "x", .n_children = 1, .release = leave};
    struct ArrowSchema *children[] = {&self};
    g_autoptr(GError) error = NULL;

    self.children = children;
    g_assert_null(tg_arrow_import_new(&self, TRUE, &error));
    g_assert_nonnull(strstr(error->message, "deeper than 32 levels"));
}

/* A column's array with two buffers, read into texts: "1,null,3", or the error. */
static char *read_column(Made *made, struct ArrowArray *column, gint64 rows)
{
    struct ArrowArray *children[] = {column};
    const void *no_buffers[1] = {NULL};
    struct ArrowArray root = {.length = rows,
                              .n_buffers = 1,
                              .buffers = no_buffers,
                              .n_children = 1,
                              .children = children,
                              .release = leave_array};
    GError *error = NULL;
    g_autoptr(TgArrowImport) import = tg_arrow_import_new(&made->root, TRUE, &error);
    gint64 row = 0;
    g_autoptr(GString) scratch = g_string_new(NULL);
    GString *out = g_string_new(NULL);

    g_assert_no_error(error);
    g_autoptr(TgBatch) batch = tg_batch_new(tg_arrow_import_schema(import));

    column->release = leave_array;
    if (!tg_arrow_import_check(import, &root, &error) ||
        !tg_arrow_import_rows(import, &root, &row, batch, scratch, &error)) {
        g_string_append(out, error->message);
        g_error_free(error);
        return g_string_free(out, FALSE);
    }
    for (guint i = 0; i < batch->rows; i++) {
        g_string_append(out, i == 0 ? "" : ",");
        if (!tg_vector_is_valid(batch->vectors[0], i)) {
            g_string_append(out, "null");
        } else if (batch->vectors[0]->type.id == TG_TYPE_TIMESTAMP) {
            g_string_append_printf(out, "%" G_GINT64_FORMAT,
                                   tg_vector_get_int64(batch->vectors[0], i));
        } else {
            tg_value_append(out, batch->vectors[0], i);
        }
    }
    return g_string_free(out, FALSE);
}

static char *read_values(const char *format, const void *values, gint64 rows)
{
    Made made;
    const void *buffers[] = {NULL, values};
    struct ArrowArray column = {.length = rows, .n_buffers = 2, .buffers = buffers};

    (void)make(&made, format);
    return read_column(&made, &column, rows);
}

typedef struct {
    gint64 words[4];
} Wide;

#define ASSERT_VALUES(format, wanted, type, ...)                                                   \
    {                                                                                              \
        type values[] = {__VA_ARGS__};                                                             \
        g_autofree char *got = read_values(format, values, G_N_ELEMENTS(values));                  \
        g_assert_cmpstr(got, ==, wanted);                                                          \
    }

static void test_reads_values_in_their_units(void)
{
    ASSERT_VALUES("c", "-128,127", gint8, G_MININT8, G_MAXINT8)
    ASSERT_VALUES("C", "0,255", guint8, 0, 255)
    ASSERT_VALUES("s", "-5,7", gint16, -5, 7)
    ASSERT_VALUES("L", "18446744073709551615", guint64, G_MAXUINT64)
    ASSERT_VALUES("b", "true,false,true", guint8, 5, 0, 0)
    ASSERT_VALUES("e", "1.0,-2.0,65504.0,5.9604644775390625E-8", guint16, 0x3c00, 0xc000, 0x7bff, 1)
    ASSERT_VALUES("tdD", "1970-01-01,1969-12-31", gint32, 0, -1)
    ASSERT_VALUES("tdm", "1970-01-02", gint64, 86400000)
    ASSERT_VALUES("tts", "00:01:00", gint32, 60)
    ASSERT_VALUES("ttm", "00:00:00.001000", gint32, 1)
    ASSERT_VALUES("ttn", "00:00:00.000001", gint64, 1000)
    ASSERT_VALUES("tss:", "-1000000", gint64, -1)
    ASSERT_VALUES("tsm:", "2000", gint64, 2)
    ASSERT_VALUES("tsn:", "2", gint64, 2)
    ASSERT_VALUES("d:5,2", "-1.23,999.99", TgInt128, -123, 99999)
    ASSERT_VALUES("d:5,2,32", "-1.23", gint32, -123)
    ASSERT_VALUES("d:5,2,64", "1.23", gint64, 123)
    ASSERT_VALUES("d:5,2,256", "-1.23,9.99", Wide, {{-123, -1, -1, -1}}, {{999, 0, 0, 0}})
}

static void test_refuses_values_that_do_not_fit(void)
{
    ASSERT_VALUES("tdm",
                  "column 'c' ('tdm'): the value is a date with a time; hand it over as a "
                  "timestamp",
                  gint64, 86400001)
    ASSERT_VALUES("tts", "column 'c' ('tts'): the value is no time of a day", gint32, 86400)
    ASSERT_VALUES("ttn",
                  "column 'c' ('ttn'): the value has nanoseconds, and a time only "
                  "microseconds; cut them off in the source",
                  gint64, 1001)
    ASSERT_VALUES("tss:",
                  "column 'c' ('tss:'): the value lies too far from 1970 for microseconds "
                  "of 64 bits",
                  gint64, G_MAXINT64)
    ASSERT_VALUES("d:5,2", "column 'c' ('d:5,2'): the value has more digits than its type says",
                  TgInt128, 100000)
    ASSERT_VALUES("d:38,0,256",
                  "column 'c' ('d:38,0,256'): the value has more digits than its "
                  "type says",
                  Wide, {{0, 0, 1, 0}})
}

static void test_a_view_may_not_lead_out(void)
{
    static const char block[] = "0123456789abcdef";
    const gint64 sizes[] = {sizeof block - 1};
    gint32 views[3][4] = {{3, 0, 0, 0}, {14, 0, 0, 2}, {14, 0, 0, 3}};
    const void *buffers[] = {NULL, views, block, sizes};
    struct ArrowArray column = {.length = 2, .n_buffers = 4, .buffers = buffers};
    Made made;

    memcpy(&views[0][1], "xyz", 3);
    (void)make(&made, "vu");
    g_autofree char *two = read_column(&made, &column, 2);

    g_assert_cmpstr(two, ==, "xyz,23456789abcdef");
    column.length = 3;
    g_autofree char *three = read_column(&made, &column, 3);

    g_assert_nonnull(strstr(three, "has a view that leads out of it"));
}

static void test_a_dictionary_is_looked_up_and_its_ends_are_kept(void)
{
    const gint8 indexes[] = {1, 0, -1, 2};
    const gint32 offsets[] = {0, 1, 3};
    const guint8 valid[] = {0x0b};
    const void *buffers[] = {valid, indexes};
    const void *texts[] = {NULL, offsets, "abb"};
    struct ArrowArray values = {
        .length = 2, .n_buffers = 3, .buffers = texts, .release = leave_array};
    struct ArrowArray column = {
        .length = 3, .n_buffers = 2, .buffers = buffers, .dictionary = &values};
    Made made;

    (void)make(&made, "c");
    made.values = (struct ArrowSchema){.format = "u", .release = leave};
    made.column.dictionary = &made.values;
    g_autofree char *three = read_column(&made, &column, 3);

    g_assert_cmpstr(three, ==, "bb,a,null");
    column.length = 4;
    g_autofree char *four = read_column(&made, &column, 4);

    g_assert_nonnull(strstr(four, "is an index that its dictionary does not have"));
    column.dictionary = NULL;
    g_autofree char *none = read_column(&made, &column, 3);

    g_assert_nonnull(strstr(none, "has no dictionary"));
}

static void test_maps_and_lists_become_json(void)
{
    const gint32 offsets[] = {0, 2, 2};
    const gint32 key_offsets[] = {0, 1, 2};
    const double numbers[] = {1.5, 1e10};
    const void *buffers[] = {NULL, offsets};
    const void *none[] = {NULL};
    const void *texts[] = {NULL, key_offsets, "a\""};
    const void *values[] = {NULL, numbers};
    struct ArrowArray keys = {
        .length = 2, .n_buffers = 3, .buffers = texts, .release = leave_array};
    struct ArrowArray items = {
        .length = 2, .n_buffers = 2, .buffers = values, .release = leave_array};
    struct ArrowArray *both[] = {&keys, &items};
    struct ArrowArray entries = {.length = 2,
                                 .n_buffers = 1,
                                 .buffers = none,
                                 .n_children = 2,
                                 .children = both,
                                 .release = leave_array};
    struct ArrowArray *of_column[] = {&entries};
    struct ArrowArray column = {
        .length = 2, .n_buffers = 2, .buffers = buffers, .n_children = 1, .children = of_column};
    Made made;

    (void)make(&made, "+m");
    made.column.n_children = 1;
    made.column.children = made.of_column;
    made.of_column[0] = &made.child;
    made.child = (struct ArrowSchema){
        .format = "+s", .n_children = 2, .children = made.of_child, .release = leave};
    made.of_child[0] = &made.grandchild[0];
    made.of_child[1] = &made.grandchild[1];
    made.grandchild[0] = (struct ArrowSchema){.format = "u", .name = "key", .release = leave};
    made.grandchild[1] = (struct ArrowSchema){.format = "g", .name = "value", .release = leave};
    g_autofree char *map = read_column(&made, &column, 2);

    g_assert_cmpstr(map, ==, "{\"a\":1.5,\"\\\"\":1.0E10},{}");
    made.column.format = "+l";
    g_autofree char *list = read_column(&made, &column, 1);

    g_assert_cmpstr(list, ==,
                    "[{\"key\":\"a\",\"value\":1.5},{\"key\":\"\\\"\",\"value\":1.0E10}]");
}

static void test_a_bitmap_must_be_there_when_nulls_are_counted(void)
{
    const gint64 values[] = {1};
    const void *buffers[] = {NULL, values};
    struct ArrowArray column = {.length = 1, .null_count = 1, .n_buffers = 2, .buffers = buffers};
    Made made;

    (void)make(&made, "l");
    g_autofree char *got = read_column(&made, &column, 1);

    g_assert_nonnull(strstr(got, "has nulls, but does not say which"));
}

static void test_what_is_exported_comes_back(void)
{
    g_autoptr(TgSchema) schema = tg_schema_new();
    struct ArrowSchema exported = {0};
    struct ArrowArray array = {0};
    g_autoptr(GString) scratch = g_string_new(NULL);
    gint64 row = 0;

    (void)tg_schema_append(schema, "j", (TgType){.id = TG_TYPE_JSON});
    (void)tg_schema_append(schema, "t",
                           (TgType){.id = TG_TYPE_TIMESTAMP, .unit = TG_UNIT_WIDE, .is_utc = TRUE});
    g_autoptr(TgBatch) batch = tg_batch_new(schema);

    tg_vector_set_bytes(batch->vectors[0], 0, "[1, 2]", 6);
    tg_vector_set_int128(batch->vectors[1], 0, -5);
    tg_batch_commit_row(batch);
    tg_arrow_export_schema(schema, &exported);
    g_assert_true(tg_arrow_export_batch(schema, batch, &array, NULL));
    g_autoptr(TgArrowImport) import = tg_arrow_import_new(&exported, TRUE, NULL);
    g_autoptr(TgBatch) back = tg_batch_new(tg_arrow_import_schema(import));
    g_autofree char *type = tg_type_to_text(tg_arrow_import_schema(import)->columns[1].type);
    gsize size = 0;

    g_assert_cmpstr(type, ==, "timestamp(ns, utc)");
    g_assert_true(tg_arrow_import_check(import, &array, NULL));
    g_assert_true(tg_arrow_import_rows(import, &array, &row, back, scratch, NULL));
    const char *json = tg_vector_get_bytes(back->vectors[0], 0, &size);

    g_assert_cmpmem(json, size, "[1,2]", 5);
    g_assert_cmpint(tg_vector_get_int64(back->vectors[1], 0), ==, -5);
    array.release(&array);
    exported.release(&exported);

    tg_vector_set_int128(batch->vectors[1], 0, (TgInt128)G_MAXINT64 + 1);
    g_autoptr(GError) error = NULL;

    g_assert_false(tg_arrow_export_batch(schema, batch, &array, &error));
    g_assert_nonnull(strstr(error->message, "column 't': a value lies before 1677 or after 2262"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arrow/import/knows-the-flat-types", test_knows_the_flat_types);
    g_test_add_func("/arrow/import/refuses-what-no-column-holds",
                    test_refuses_what_no_column_holds);
    g_test_add_func("/arrow/import/refuses-schemas-without-a-bottom",
                    test_refuses_schemas_without_a_bottom);
    g_test_add_func("/arrow/import/reads-values-in-their-units", test_reads_values_in_their_units);
    g_test_add_func("/arrow/import/refuses-values-that-do-not-fit",
                    test_refuses_values_that_do_not_fit);
    g_test_add_func("/arrow/import/a-view-may-not-lead-out", test_a_view_may_not_lead_out);
    g_test_add_func("/arrow/import/a-dictionary-is-looked-up-and-its-ends-are-kept",
                    test_a_dictionary_is_looked_up_and_its_ends_are_kept);
    g_test_add_func("/arrow/import/maps-and-lists-become-json", test_maps_and_lists_become_json);
    g_test_add_func("/arrow/import/a-bitmap-must-be-there-when-nulls-are-counted",
                    test_a_bitmap_must_be_there_when_nulls_are_counted);
    g_test_add_func("/arrow/import/what-is-exported-comes-back", test_what_is_exported_comes_back);
    return g_test_run();
}
