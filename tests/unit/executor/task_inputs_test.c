/* Which changes make a result stale, and which do not. */
#include "executor/task_inputs.h"

#include <glib/gstdio.h>
#include <string.h>

#include "params/params.h"

typedef struct {
    char *folder;
} Place;

static void set_up(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    place->folder = g_dir_make_tmp("tegaru-inputs-XXXXXX", NULL);
}

static void write_file(const Place *place, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(place->folder, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void tear_down(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);

    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(place->folder, name, NULL);

        (void)g_unlink(path);
    }
    (void)g_rmdir(place->folder);
    g_free(place->folder);
}

static json_t *inputs_of(const Place *place, const char *local, const char *params)
{
    g_autoptr(json_t) upstreams = json_object();
    g_autoptr(json_t) seen = json_loads(params, 0, NULL);
    TgTask task = {.full_name = (char *)"+main+a", .local = json_loads(local, 0, NULL)};
    TgTaskInputsRequest request = {
        .task = &task, .params = seen, .work_folder = place->folder, .upstreams = upstreams};
    json_t *inputs = tg_task_inputs_new(&request);

    json_decref(task.local);
    return inputs;
}

/* What the second differs from the first in; "" for nothing. */
static char *difference(json_t *then, json_t *now)
{
    char *text = tg_task_inputs_difference(then, now);

    json_decref(then);
    json_decref(now);
    return text == NULL ? g_strdup("") : text;
}

static void test_only_mentioned_parameters_count(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    static const char local[] = "{\"sh>\": \"echo $x ${y.z}\"}";
    g_autofree char *other = difference(inputs_of(place, local, "{\"x\": 1, \"w\": 1}"),
                                        inputs_of(place, local, "{\"x\": 1, \"w\": 2}"));
    g_autofree char *mentioned = difference(inputs_of(place, local, "{\"y\": {\"z\": 1}}"),
                                            inputs_of(place, local, "{\"y\": {\"z\": 2}}"));
    g_autofree char *through = difference(inputs_of(place, local, "{\"x\": \"${w}\", \"w\": 1}"),
                                          inputs_of(place, local, "{\"x\": \"${w}\", \"w\": 2}"));
    g_autofree char *gone =
        difference(inputs_of(place, local, "{\"x\": 1}"), inputs_of(place, local, "{}"));

    g_assert_cmpstr(other, ==, "");
    g_assert_cmpstr(mentioned, ==, "the parameter 'y' changed");
    g_assert_cmpstr(through, ==, "the parameter 'w' changed");
    g_assert_cmpstr(gone, ==, "the parameter 'x' changed");
}

static void test_code_counts_and_data_does_not(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    static const char local[] =
        "{\"athena.ctas>\": \"q.sql\", \"in\": {\"path_prefix\": \"d.csv\"}}";

    write_file(place, "q.sql", "SELECT 1");
    write_file(place, "d.csv", "a\n");
    json_t *before = inputs_of(place, local, "{}");

    write_file(place, "d.csv", "b\n");
    g_autofree char *data_changed = difference(json_incref(before), inputs_of(place, local, "{}"));

    write_file(place, "q.sql", "SELECT 2");
    g_autofree char *code_changed = difference(before, inputs_of(place, local, "{}"));

    g_assert_cmpstr(data_changed, ==, "");
    g_assert_cmpstr(code_changed, ==, "the file 'q.sql' changed");
}

static void test_a_file_mentions_parameters(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    static const char local[] = "{\"py>\": \"tasks.run\"}";

    write_file(place, "tasks.py", "def run(day):\n    pass\n");
    g_autofree char *changed = difference(inputs_of(place, local, "{\"day\": 1}"),
                                          inputs_of(place, local, "{\"day\": 2}"));

    g_assert_cmpstr(changed, ==, "the parameter 'day' changed");
}

static void test_own_keys_count_but_handlers(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *handler = difference(
        inputs_of(place, "{\"sh>\": \"x\"}", "{}"),
        inputs_of(place, "{\"sh>\": \"x\", \"_error\": {\"echo>\": \"e\"}, \"_retry\": 2}", "{}"));
    g_autofree char *own = difference(inputs_of(place, "{\"sh>\": \"x\"}", "{}"),
                                      inputs_of(place, "{\"sh>\": \"x\", \"shell\": \"y\"}", "{}"));

    g_assert_cmpstr(handler, ==, "");
    g_assert_cmpstr(own, ==, "its own keys changed");
}

static void test_a_file_outside_is_not_read(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(json_t) inputs =
        inputs_of(place, "{\"sh>\": \"/bin/sh ../x.sh ../../etc/profile.sh\"}", "{}");

    g_assert_cmpuint(json_object_size(json_object_get(inputs, "files")), ==, 0);
}

static void test_a_hash_covers_receipt_and_children(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(json_t) inputs = inputs_of(place, "{\"sh>\": \"x\"}", "{}");
    g_autoptr(json_t) receipt = json_pack("{s:i}", "rows", 1);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(GPtrArray) child = g_ptr_array_new();

    g_ptr_array_add(child, (gpointer) "abc");
    g_autofree char *plain = tg_task_inputs_hash(inputs, NULL, none);
    g_autofree char *again = tg_task_inputs_hash(inputs, NULL, none);
    g_autofree char *with_receipt = tg_task_inputs_hash(inputs, receipt, none);
    g_autofree char *with_child = tg_task_inputs_hash(inputs, NULL, child);

    g_assert_cmpstr(plain, ==, again);
    g_assert_cmpstr(plain, !=, with_receipt);
    g_assert_cmpstr(plain, !=, with_child);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Place *place, gconstpointer data);
    } tests[] = {{"only-mentioned-parameters-count", test_only_mentioned_parameters_count},
                 {"code-counts-and-data-does-not", test_code_counts_and_data_does_not},
                 {"a-file-mentions-parameters", test_a_file_mentions_parameters},
                 {"own-keys-count-but-handlers", test_own_keys_count_but_handlers},
                 {"a-file-outside-is-not-read", test_a_file_outside_is_not_read},
                 {"a-hash-covers-receipt-and-children", test_a_hash_covers_receipt_and_children}};

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *name = g_strconcat("/executor/task_inputs/", tests[i].name, NULL);

        g_test_add(name, Place, NULL, set_up, tests[i].run, tear_down);
    }
    return g_test_run();
}
