/* What killed processes left in S3. */
#include "cli/catalog_gc.h"

#include <stdio.h>
#include <string.h>

#include "cli/load_job.h"
#include "object/s3.h"
#include "params/params.h"

/* Where to look. */
typedef struct {
    json_t *access; /* the options of S3 */
    char *url;
    char *suffix; /* NULL: any */
} Place;

static void place_clear(Place *place)
{
    json_decref(place->access);
    g_free(place->url);
    g_free(place->suffix);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static gboolean is_output_of_s3(const json_t *out)
{
    const char *type = json_string_value(json_object_get(out, "type"));

    return type != NULL && (strcmp(type, "s3") == 0 || strcmp(type, "s3_parquet") == 0) &&
           !tg_params_has(out, "catalog");
}

/* The place that a load writes to. */
static gboolean read_config(const TgCli *cli, const char *path, Place *out, GError **error)
{
    g_autoptr(TgCliLoad) load = tg_cli_load_new(cli, path, TRUE, error);
    json_t *block = load == NULL ? NULL : json_object_get(load->config, "out");
    g_autofree char *bucket = NULL;
    g_autofree char *prefix = NULL;

    if (load == NULL) {
        return FALSE;
    }
    if (!is_output_of_s3(block) || !tg_aws_auth_is_configured(block)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: `out` does not write to S3 itself; 'tegaru catalog gc' without a file "
                    "cleans the project's own store",
                    path);
        return FALSE;
    }
    bucket = tg_params_dup_text(block, "bucket", error);
    if (bucket == NULL || !tg_params_dup_text_or(block, "path_prefix", "", &prefix, error) ||
        !tg_params_dup_text_or(block, "file_ext", NULL, &out->suffix, error)) {
        g_prefix_error(error, "%s: out: ", path);
        return FALSE;
    }
    out->url = g_strdup_printf("s3://%s/%s", bucket, prefix);
    out->access = json_incref(block);
    return TRUE;
}

/* What was found, on its way to the terminal. */
typedef struct {
    const TgCliUploadsGc *options;
    json_t *list;
} Print;

static void tell(gpointer data, const char *url, gint64 begun_at_ms)
{
    const Print *print = data;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(begun_at_ms / 1000);
    g_autofree char *text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");

    if (!print->options->as_json) {
        (void)printf("%s  begun %s\n", url, text);
    }
    json_array_append_new(print->list, json_pack("{s:s, s:s}", "url", url, "begun_at", text));
}

static void print_end(const TgCliUploadsGc *options, guint count, json_t *list)
{
    g_autoptr(json_t) result = NULL;
    g_autofree char *text = NULL;

    if (!options->as_json) {
        (void)printf("%s %u unfinished uploads\n", options->dry_run ? "would remove" : "removed",
                     count);
        return;
    }
    result = json_pack("{s:O, s:b}", "uploads", list, "dry_run", (int)options->dry_run);
    text = json_dumps(result, JSON_INDENT(2));
    (void)puts(text);
}

gboolean tg_cli_uploads_gc(const TgCli *cli, const char *place, const TgCliUploadsGc *options,
                           GError **error)
{
    g_auto(Place) where = {NULL};
    g_autoptr(json_t) list = json_array();
    Print print = {.options = options, .list = list};
    g_autoptr(TgObjectStore) store = NULL;
    guint count = 0;

    if (g_str_has_prefix(place, "s3://")) {
        where.access = json_object();
        where.url = g_strdup(place);
    } else if (!read_config(cli, place, &where, error)) {
        return FALSE;
    }
    TgObjectS3Collect collect = {.begun_before_ms = options->begun_before_ms,
                                 .suffix = where.suffix,
                                 .dry_run = options->dry_run,
                                 .tell = tell,
                                 .data = &print};

    store = tg_object_store_new_s3(where.access, error);
    if (store == NULL || !tg_object_s3_collect(store, where.url, &collect, &count, error)) {
        return FALSE;
    }
    print_end(options, count, list);
    return TRUE;
}
