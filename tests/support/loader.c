/* Loads for tests. */
#include "support/loader.h"

#include <string.h>

#include "base/file.h"
#include "cli/loader_plugins.h"
#include "params/params.h"
#include "params/yaml.h"

static void take_log(gpointer data, TgLoaderLevel level, const char *message)
{
    static const char *const names[] = {"DEBUG", "INFO", "WARN", "ERROR"};
    TgTestLoad *load = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&load->mutex);

    (void)locker;
    g_string_append_printf(load->log, "%s %s\n", names[level], message);
}

static void take_print(gpointer data, const char *bytes, gsize size_bytes)
{
    TgTestLoad *load = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&load->mutex);

    (void)locker;
    g_string_append_len(load->printed, bytes, (gssize)size_bytes);
}

static gboolean is_cancelled(gpointer data)
{
    TgTestLoad *load = data;
    guint asked = (guint)g_atomic_int_add((gint *)&load->asked, 1) + 1;

    return load->cancel_after > 0 && asked >= load->cancel_after;
}

static gboolean run_tests(gpointer data, const json_t *tests, const TgLoaderStaged *staged,
                          json_t **out_results, GError **error)
{
    const TgTestLoad *load = data;

    g_assert_nonnull(tests);
    g_assert_cmpuint(json_array_size(staged->columns), >, 0);
    g_assert_cmpuint(staged->objects->len, >, 0);
    *out_results = json_pack("[{s:s}]", "test", "seen");
    if (load->fails_tests) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a data test failed");
        return FALSE;
    }
    return TRUE;
}

TgTestLoad *tg_test_load_new(void)
{
    TgTestLoad *load = g_new0(TgTestLoad, 1);
    g_autofree char *catalog = NULL;
    g_autofree char *objects = NULL;
    g_autoptr(GError) error = NULL;

    load->folder = g_dir_make_tmp("tegaru-loader-XXXXXX", NULL);
    catalog = g_build_filename(load->folder, "catalog.sqlite", NULL);
    objects = g_build_filename(load->folder, "objects", NULL);
    load->catalog = tg_catalog_open(catalog, &error);
    g_assert_no_error(error);
    load->objects = tg_object_store_new_folder(objects);
    load->log = g_string_new(NULL);
    load->printed = g_string_new(NULL);
    load->threads = 2;
    g_mutex_init(&load->mutex);
    load->services = (TgLoaderServices){.objects = load->objects,
                                        .catalog = load->catalog,
                                        .run_tests = run_tests,
                                        .is_cancelled = is_cancelled,
                                        .log = take_log,
                                        .print = take_print,
                                        .data = load};
    return load;
}

void tg_test_load_free(TgTestLoad *load)
{
    tg_loader_report_clear(&load->report);
    tg_catalog_free(load->catalog);
    tg_object_store_free(load->objects);
    g_assert_true(tg_file_remove_folder(load->folder, NULL));
    g_mutex_clear(&load->mutex);
    (void)g_string_free(load->log, TRUE);
    (void)g_string_free(load->printed, TRUE);
    g_free(load->folder);
    g_free(load);
}

void tg_test_load_write(const TgTestLoad *load, const char *name, const void *bytes, gsize size)
{
    g_autofree char *path = g_build_filename(load->folder, name, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_file_write_unflushed(path, bytes, size, &error));
}

void tg_test_load_write_text(const TgTestLoad *load, const char *name, const char *text)
{
    tg_test_load_write(load, name, text, strlen(text));
}

char *tg_test_load_read(const TgTestLoad *load, const char *name)
{
    g_autofree char *path = g_build_filename(load->folder, name, NULL);
    char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_file_read(path, 1u << 30u, &text, NULL, &error));
    return text;
}

json_t *tg_test_load_parse(const char *yaml)
{
    TgSource source = {.name = "load.yml", .text = yaml, .size_bytes = strlen(yaml)};
    TgYamlOptions options = {.flavour = TG_YAML_EMBULK};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgYaml) parsed = tg_yaml_parse(&source, &options, &error);

    g_assert_no_error(error);
    return json_incref(tg_yaml_root(parsed));
}

TgLoaderJob tg_test_load_job(TgTestLoad *load, json_t *config, gboolean exact_types)
{
    return (TgLoaderJob){.config = config,
                         .config_name = "load.yml",
                         .base_folder = load->folder,
                         .exact_types = exact_types,
                         .plugins = tg_loader_plugins_get(),
                         .services = &load->services,
                         .task_name = "+load",
                         .now_ms = 1700000000000,
                         .threads = load->threads};
}

static gboolean run(TgTestLoad *load, const char *yaml, gboolean exact_types, GError **error)
{
    g_autoptr(json_t) config = tg_test_load_parse(yaml);
    TgLoaderJob job = tg_test_load_job(load, config, exact_types);

    tg_loader_report_clear(&load->report);
    (void)g_string_truncate(load->printed, 0);
    (void)g_string_truncate(load->log, 0);
    return tg_loader_run(&job, &load->report, error);
}

void tg_test_load_run(TgTestLoad *load, const char *yaml, gboolean exact_types)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = run(load, yaml, exact_types, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

char *tg_test_load_fail(TgTestLoad *load, const char *yaml, gboolean exact_types)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(run(load, yaml, exact_types, &error));
    g_assert_nonnull(error);
    g_assert_null(load->report.receipt);
    return g_strdup(error->message);
}
