/* tegaru load copy: the tables of a database to Parquet, each as one load of the ordinary kind. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/load_actions.h"
#include "cli/prompt.h"
#include "object/store.h"
#include "params/params.h"
#include "params/yaml_write.h"

#define TABLES_MAX 10000
#define JOBS_DEFAULT 2
#define JOBS_MAX 16
#define PASSWORD_PLACE "{{ password }}"

/* A kind of server. */
typedef struct {
    const char *scheme;
    const char *plugin;
    const char *variable; /* of the environment: the password */
    const char *list_sql; /* names of all tables; %s: the database or schema as a text */
} Server;

static const Server servers[] = {
    {"mysql", "mysql", "MYSQL_PWD",
     "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = %s AND "
     "table_type = 'BASE TABLE' ORDER BY 1"},
    {"mariadb", "mysql", "MYSQL_PWD",
     "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = %s AND "
     "table_type = 'BASE TABLE' ORDER BY 1"},
    {"postgresql", "postgresql", "PGPASSWORD",
     "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = %s AND "
     "table_type = 'BASE TABLE' ORDER BY 1"},
    {"postgres", "postgresql", "PGPASSWORD",
     "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = %s AND "
     "table_type = 'BASE TABLE' ORDER BY 1"},
};

/* What the two arguments say. */
typedef struct {
    const Server *server;
    json_t *in;        /* config of the input, without table */
    char *password;    /* NULL: none */
    char *schema;      /* where the tables are */
    GPtrArray *tables; /* of names */
    char *bucket;
    char *prefix; /* "" or ends in '/' */
} Copy;

static void copy_clear(Copy *copy)
{
    json_decref(copy->in);
    g_free(copy->password);
    g_free(copy->schema);
    g_clear_pointer(&copy->tables, g_ptr_array_unref);
    g_free(copy->bucket);
    g_free(copy->prefix);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copy, copy_clear)

/* --- the arguments --- */

static gboolean fail_source(const char *source, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'%s' is no database; write mysql://user@host:port/database?tables=a,b or "
                "postgresql://user@host/database?schema=public&tables=a,b",
                source);
    return FALSE;
}

/* The password of the URL, of the environment, or what is typed; none when nobody can be asked. */
static char *find_password(const GUri *uri, const Server *server)
{
    const char *written = g_uri_get_password((GUri *)uri);
    const char *variable = g_getenv(server->variable);

    if (written != NULL || variable != NULL) {
        return g_strdup(written != NULL ? written : variable);
    }
    if (!tg_cli_prompt_is_possible()) {
        return NULL;
    }
    g_autofree char *what = g_strdup_printf("Password of %s", g_uri_get_user((GUri *)uri));

    return tg_cli_prompt(what);
}

static void add_tables(Copy *copy, const char *list)
{
    g_auto(GStrv) names = g_strsplit(list, ",", -1);

    for (char **name = names; *name != NULL; name++) {
        if (*g_strstrip(*name) != '\0') {
            g_ptr_array_add(copy->tables, g_strdup(*name));
        }
    }
}

/* ?tables=a,b&schema=s; what remains are options of the input. */
static gboolean read_query(Copy *copy, const GUri *uri, GError **error)
{
    const char *query = g_uri_get_query((GUri *)uri);
    g_autoptr(GHashTable) params =
        g_uri_parse_params(query == NULL ? "" : query, -1, "&", G_URI_PARAMS_NONE, error);
    GHashTableIter iter;
    gpointer key = NULL;
    gpointer value = NULL;

    if (params == NULL) {
        return FALSE;
    }
    g_hash_table_iter_init(&iter, params);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (strcmp(key, "tables") == 0) {
            add_tables(copy, value);
            continue;
        }
        if (strcmp(key, "schema") == 0) {
            g_free(copy->schema);
            copy->schema = g_strdup(value);
        }
        json_object_set_new(copy->in, key, json_string(value));
    }
    return TRUE;
}

static gboolean read_source(Copy *copy, const char *source, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(source, G_URI_FLAGS_HAS_PASSWORD, NULL);
    const char *path = uri == NULL ? "" : g_uri_get_path(uri);

    for (gsize i = 0; uri != NULL && i < G_N_ELEMENTS(servers); i++) {
        if (strcmp(servers[i].scheme, g_uri_get_scheme(uri)) == 0) {
            copy->server = &servers[i];
        }
    }
    if (copy->server == NULL || strlen(path) < 2 || g_uri_get_user(uri) == NULL) {
        return fail_source(source, error);
    }
    gboolean is_mysql = strcmp(copy->server->plugin, "mysql") == 0;

    copy->tables = g_ptr_array_new_with_free_func(g_free);
    copy->schema = g_strdup(is_mysql ? path + 1 : "public");
    copy->in = json_pack("{s:s, s:s, s:s, s:s}", "type", copy->server->plugin, "host",
                         g_uri_get_host(uri), "user", g_uri_get_user(uri), "database", path + 1);
    if (g_uri_get_port(uri) > 0) {
        json_object_set_new(copy->in, "port", json_integer(g_uri_get_port(uri)));
    }
    if (!read_query(copy, uri, error)) {
        return FALSE;
    }
    copy->password = find_password(uri, copy->server);
    if (copy->password != NULL) {
        json_object_set_new(copy->in, "password", json_string(copy->password));
    }
    return TRUE;
}

static gboolean read_target(Copy *copy, const char *target, GError **error)
{
    g_auto(TgObjectUrl) url = {NULL};

    if (!tg_object_url_parse(target, &url, error)) {
        return FALSE;
    }
    copy->bucket = g_steal_pointer(&url.bucket);
    copy->prefix = *url.key == '\0' || g_str_has_suffix(url.key, "/")
                       ? g_strdup(url.key)
                       : g_strconcat(url.key, "/", NULL);
    return TRUE;
}

/* --- the tables --- */

/* A text of SQL. The caller frees. */
static char *quote_text(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    g_autofree char *doubled = g_strjoinv("''", parts);

    return g_strconcat("'", doubled, "'", NULL);
}

/* All tables, asked for by a preview of a query. */
static gboolean list_tables(const TgCli *cli, Copy *copy, GError **error)
{
    g_autofree char *schema = quote_text(copy->schema);
    g_autoptr(GString) sql = g_string_new(copy->server->list_sql);
    g_auto(TgLoaderSample) sample = {0};
    json_t *in = json_copy(copy->in);

    (void)g_string_replace(sql, "%s", schema, 1);
    json_object_set_new(in, "query", json_string(sql->str));
    json_t *config = json_pack("{s:o, s:{s:s}, s:{s:i}}", "in", in, "out", "type", "null", "exec",
                               "preview_sample_rows", TABLES_MAX + 1);
    g_autoptr(TgCliLoad) load =
        tg_cli_load_new_config(cli, config, "the list of tables", TRUE, error);

    if (load == NULL || !tg_loader_preview(&load->job, &sample, error)) {
        return FALSE;
    }
    for (guint i = 0; i < sample.rows->len; i++) {
        GPtrArray *row = g_ptr_array_index(sample.rows, i);

        g_ptr_array_add(copy->tables, g_strdup(g_ptr_array_index(row, 0)));
    }
    if (copy->tables->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "there is no table in '%s'", copy->schema);
        return FALSE;
    }
    return TRUE;
}

/* Glue's names are lower case letters, digits and _. The caller frees. */
static char *catalog_name(const char *table)
{
    char *name = g_utf8_strdown(table, -1);

    return g_strcanon(name, "abcdefghijklmnopqrstuvwxyz0123456789_", '_');
}

/* Two tables whose names become one would replace each other. */
static gboolean check_names(const Copy *copy, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (copy->tables->len > TABLES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "more than %d tables: name some of them with ?tables=a,b", TABLES_MAX);
        return FALSE;
    }
    for (guint i = 0; i < copy->tables->len; i++) {
        const char *table = g_ptr_array_index(copy->tables, i);
        char *name = catalog_name(table);
        const char *other = g_hash_table_lookup(seen, name);

        if (other != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the tables '%s' and '%s' would both become '%s': copy one of them with "
                        "?tables=, and load the other by a config of its own",
                        other, table, name);
            g_free(name);
            return FALSE;
        }
        (void)g_hash_table_insert(seen, name, (gpointer)table);
    }
    return TRUE;
}

/* The config of one table's load. */
static json_t *config_of(const Copy *copy, const char *table, const char *database)
{
    g_autofree char *name = catalog_name(table);
    g_autofree char *prefix = g_strconcat(copy->prefix, name, "/", NULL);
    json_t *in = json_copy(copy->in);
    json_t *out = json_pack("{s:s, s:s, s:s}", "type", "s3_parquet", "bucket", copy->bucket,
                            "path_prefix", prefix);

    json_object_set_new(in, "table", json_string(table));
    if (database != NULL) {
        json_object_set_new(out, "catalog",
                            json_pack("{s:s, s:s}", "database", database, "table", name));
    }
    return json_pack("{s:s, s:o, s:o}", "types", "exact", "in", in, "out", out);
}

/* The config as a file to go on with; the password stays in the environment. */
static gboolean write_config(const Copy *copy, const json_t *config, const char *table,
                             const char *folder, GError **error)
{
    g_autofree char *name = catalog_name(table);
    g_autofree char *file = g_strconcat(name, ".yml.liquid", NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autoptr(json_t) shown = json_deep_copy(config);

    if (copy->password != NULL) {
        json_object_set_new(json_object_get(shown, "in"), "password", json_string(PASSWORD_PLACE));
    }
    g_autofree char *yaml = tg_yaml_write(shown);
    g_autoptr(GString) text = g_string_new(yaml);

    if (copy->password != NULL) { /* between single quotes nothing but a quote means anything */
        g_autofree char *variable =
            g_strdup_printf("'{{ env.%s | replace: \"'\", \"''\" }}'", copy->server->variable);

        (void)g_string_replace(text, "\"" PASSWORD_PLACE "\"", variable, 1);
    }
    return tg_file_make_folder(folder, error) &&
           tg_file_write_unflushed(path, text->str, text->len, error);
}

/* --- the loads --- */

/* All loads; tables are taken one by one. */
typedef struct {
    const TgCli *cli;
    const Copy *copy;
    const TgLoadOptions *options;
    GMutex mutex; /* over what follows and the output */
    guint next;
    json_t *receipts; /* {table: receipt or {"error"}} */
    guint failed;
} Loads;

static gboolean load_table(const Loads *loads, const char *table, TgLoaderReport *report,
                           GError **error)
{
    json_t *config = config_of(loads->copy, table, loads->options->catalog);
    const char *folder = loads->options->write_config;

    if (folder != NULL && !write_config(loads->copy, config, table, folder, error)) {
        json_decref(config);
        return FALSE;
    }
    g_autoptr(TgCliLoad) load = tg_cli_load_new_config(loads->cli, config, table, TRUE, error);

    if (load == NULL) {
        return FALSE;
    }
    load->job.threads = (guint)CLAMP(loads->options->threads, 0, 64);
    return tg_loader_run(&load->job, report, error);
}

static void tell(Loads *loads, const char *table, const TgLoaderReport *report, GError *take_error)
{
    g_autoptr(GError) problem = take_error;

    g_mutex_lock(&loads->mutex);
    if (problem != NULL) {
        loads->failed++;
        (void)fprintf(stderr, "%s: %s\n", table, problem->message);
        json_object_set_new(loads->receipts, table, json_pack("{s:s}", "error", problem->message));
    } else {
        gint64 rows = json_integer_value(json_object_get(report->receipt, "rows_written"));
        gint64 took = json_integer_value(json_object_get(report->receipt, "duration_ms"));

        (void)fprintf(stderr, "%s: %" G_GINT64_FORMAT " rows in %.1f s\n", table, rows,
                      (double)took / 1000);
        json_object_set(loads->receipts, table, report->receipt);
    }
    g_mutex_unlock(&loads->mutex);
}

static gpointer work(gpointer data)
{
    Loads *loads = data;

    for (;;) {
        g_mutex_lock(&loads->mutex);
        guint index = loads->next++;
        g_mutex_unlock(&loads->mutex);
        if (index >= loads->copy->tables->len) {
            return NULL;
        }
        const char *table = g_ptr_array_index(loads->copy->tables, index);
        g_auto(TgLoaderReport) report = {0};
        GError *problem = NULL;

        (void)load_table(loads, table, &report, &problem); /* told below */
        tell(loads, table, &report, problem);
    }
}

static void run_loads(Loads *loads)
{
    guint jobs =
        (guint)CLAMP(loads->options->jobs == 0 ? JOBS_DEFAULT : loads->options->jobs, 1, JOBS_MAX);
    GThread *threads[JOBS_MAX] = {NULL};

    for (guint i = 1; i < jobs; i++) {
        threads[i] = g_thread_new("load-table", work, loads);
    }
    (void)work(loads);
    for (guint i = 1; i < jobs; i++) {
        (void)g_thread_join(threads[i]); /* results stand in loads */
    }
}

static gboolean prepare(const TgCli *cli, Copy *copy, const char *source, const char *target,
                        GError **error)
{
    return read_source(copy, source, error) && read_target(copy, target, error) &&
           (copy->tables->len > 0 || list_tables(cli, copy, error)) && check_names(copy, error);
}

int tg_load_action_copy(const TgCli *cli, const char *source, const char *target,
                        const TgLoadOptions *options)
{
    g_auto(Copy) copy = {NULL};
    GError *error = NULL;

    if (!prepare(cli, &copy, source, target, &error)) {
        return tg_cli_fail(cli, error);
    }
    Loads loads = {.cli = cli, .copy = &copy, .options = options, .receipts = json_object()};

    g_mutex_init(&loads.mutex);
    run_loads(&loads);
    g_mutex_clear(&loads.mutex);
    g_autofree char *text =
        options->json ? tg_params_to_json(loads.receipts) : tg_yaml_write(loads.receipts);

    (void)puts(text);
    json_decref(loads.receipts);
    if (loads.failed > 0) {
        g_set_error(&error, TG_ERROR, TG_ERROR_TASK, "%u of %u tables were not loaded",
                    loads.failed, copy.tables->len);
        return tg_cli_fail(cli, error);
    }
    return 0;
}
