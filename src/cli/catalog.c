/* tegaru catalog: what tables there are, what was published, going back, collecting. */
#include <stdio.h>
#include <string.h>

#include "aws/glue.h"
#include "base/clock.h"
#include "catalog/publish.h"
#include "catalog/table.h"
#include "cli/aws_access.h"
#include "cli/catalog_export.h"
#include "cli/catalog_gc.h"
#include "cli/command.h"
#include "cli/state.h"
#include "object/s3.h"
#include "params/params.h"
#include "schedule/zone.h"

#define HELP                                                                                        \
    "Commands:\n"                                                                                   \
    "  list [DATABASE]             databases and tables\n"                                          \
    "  show DB.TABLE               columns, location, partitions\n"                                 \
    "  export [DB[.TABLE]] [--as sql|json|terraform]   definitions, for a repository\n"             \
    "  diff FILE, apply FILE       what a file of `export --as json` would change; change it\n"     \
    "  history DB.TABLE            what was published, newest first\n"                              \
    "  rollback DB.TABLE           show what was there before the newest publish\n"                 \
    "           [--to ID] [--partition k=v/k2=v2]\n"                                                \
    "  gc [--grace HOURS] [--dry-run]   remove what crashes and old publishes left\n"               \
    "  gc … s3://BUCKET/PREFIX, gc … LOAD.yml   the same in S3: uploads in parts that nobody\n" \
    "           ended, below a prefix or where the config's `out` writes\n"

typedef struct {
    char *project;
    char *to;
    char *partition;
    char *format;
    gboolean as_json;
    gboolean dry_run;
    double grace_hours;
    gboolean in_glue;
    char *aws_profile;
} Options;

static void options_clear(Options *options)
{
    g_free(options->project);
    g_free(options->to);
    g_free(options->partition);
    g_free(options->format);
    g_free(options->aws_profile);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* What a subcommand works on. */
typedef struct {
    const TgCli *cli;
    const Options *options;
    TgCatalog *catalog;
    TgObjectStore *objects;
    char *database; /* of the argument "db.table" or "db" */
    char *table;
    const char *argument; /* as it was given; NULL: none */
} Work;

static void print_json_value(const json_t *value)
{
    g_autofree char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);

    (void)puts(text);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static char *size_text(const json_t *bytes)
{
    return json_is_integer(bytes) ? g_format_size((guint64)json_integer_value(bytes))
                                  : g_strdup("");
}

static void print_table_line(const json_t *table)
{
    const char *rows = tg_table_parameter(table, "numRows");

    (void)printf("  %-32s %12s rows  version %s%s\n", tg_table_name(table),
                 rows == NULL ? "?" : rows, text_of(table, "VersionId"),
                 json_array_size(tg_table_partition_keys(table)) > 0 ? "  partitioned" : "");
}

static gboolean list_one(const Work *work, const char *database, json_t *into, GError **error)
{
    g_autoptr(json_t) tables = tg_catalog_list_tables(work->catalog, database, error);
    json_t *table = NULL;
    gsize i = 0;

    if (tables == NULL) {
        return FALSE;
    }
    if (work->options->as_json) {
        json_array_append_new(into,
                              json_pack("{s:s, s:O}", "database", database, "tables", tables));
        return TRUE;
    }
    (void)printf("%s\n", database);
    json_array_foreach (tables, i, table) {
        print_table_line(table);
    }
    return TRUE;
}

/* The database that was asked for, or all. */
static json_t *databases_of(const Work *work, GError **error)
{
    return work->database == NULL ? tg_catalog_list_databases(work->catalog, error)
                                  : json_pack("[{s:s}]", "Name", work->database);
}

static gboolean run_list(const Work *work, GError **error)
{
    g_autoptr(json_t) databases = databases_of(work, error);
    g_autoptr(json_t) all = json_array();
    json_t *database = NULL;
    gsize i = 0;

    json_array_foreach (databases, i, database) {
        if (!list_one(work, tg_table_name(database), all, error)) {
            return FALSE;
        }
    }
    if (databases != NULL && work->options->as_json) {
        print_json_value(all);
    } else if (databases != NULL && json_array_size(databases) == 0) {
        (void)puts("No tables yet. A load with 'catalog:' or athena.ctas> makes the first one.");
    }
    return databases != NULL;
}

static void print_columns(const json_t *columns, const char *mark)
{
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)columns, i, column) {
        (void)printf("  %-32s %-20s %s%s\n", text_of(column, "Name"), text_of(column, "Type"), mark,
                     text_of(column, "Comment"));
    }
}

static void print_partitions(const json_t *table, const json_t *partitions)
{
    json_t *partition = NULL;
    gsize i = 0;

    if (json_array_size(tg_table_partition_keys(table)) == 0) {
        return;
    }
    (void)printf("\n%zu partitions\n", json_array_size(partitions));
    json_array_foreach ((json_t *)partitions, i, partition) {
        g_autofree char *values = tg_params_to_json(json_object_get(partition, "Values"));

        (void)printf("  %-32s %s\n", values, tg_table_location(partition));
    }
}

static gboolean run_show(const Work *work, GError **error)
{
    g_autoptr(json_t) table =
        tg_catalog_get_table(work->catalog, work->database, work->table, error);
    g_autoptr(json_t) partitions =
        table == NULL
            ? NULL
            : tg_catalog_list_partitions(work->catalog, work->database, work->table, error);

    if (partitions == NULL) {
        return FALSE;
    }
    if (work->options->as_json) {
        json_object_set(table, "Partitions", partitions);
        print_json_value(table);
        return TRUE;
    }
    const char *location = tg_table_location(table);

    (void)printf("%s.%s  version %s\n%s\n\n", work->database, work->table,
                 text_of(table, "VersionId"), location == NULL ? "(no location)" : location);
    print_columns(tg_table_columns(table), "");
    print_columns(tg_table_partition_keys(table), "partition key ");
    print_partitions(table, partitions);
    return TRUE;
}

static void print_entry(const json_t *entry)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    g_autofree char *at = tg_zone_format(zone, json_integer_value(json_object_get(entry, "at_ms")),
                                         TG_ZONE_LOCAL_TIME);
    g_autofree char *size = size_text(json_object_get(entry, "bytes"));
    const json_t *rows = json_object_get(entry, "rows");
    g_autofree char *count = json_is_integer(rows) ? tg_params_to_text(rows) : g_strdup("");
    const char *state = text_of(entry, "state");
    const char *mark = json_is_true(json_object_get(entry, "is_current")) ? "shown"
                       : strcmp(state, "published") == 0                  ? "kept"
                                                                          : state;

    (void)printf("%-26s %s  %-10s %12s rows %10s  %s %s\n", text_of(entry, "publish_id"), at, mark,
                 count, size, text_of(entry, "task"), text_of(entry, "partition"));
}

static gboolean run_history(const Work *work, GError **error)
{
    g_autoptr(json_t) table =
        tg_catalog_get_table(work->catalog, work->database, work->table, NULL);
    g_autoptr(json_t) history =
        tg_publish_history(work->catalog, work->objects, work->database, work->table, error);
    json_t *entry = NULL;
    gsize i = 0;

    if (history == NULL) {
        return FALSE;
    }
    if (table == NULL && json_array_size(history) == 0) {
        /* Asked again for the message with a likely name. */
        g_autoptr(json_t) none =
            tg_catalog_get_table(work->catalog, work->database, work->table, error);

        return none != NULL;
    }
    if (work->options->as_json) {
        print_json_value(history);
        return TRUE;
    }
    json_array_foreach (history, i, entry) {
        print_entry(entry);
    }
    return TRUE;
}

/* "k=v/k2=v2" as the values of the table's keys. */
static char **partition_values(const Work *work, GError **error)
{
    g_autoptr(json_t) table =
        tg_catalog_get_table(work->catalog, work->database, work->table, error);
    g_autoptr(json_t) pairs = json_object();
    g_auto(GStrv) parts = g_strsplit(work->options->partition, "/", -1);

    if (table == NULL) {
        return NULL;
    }
    for (guint i = 0; parts[i] != NULL && *parts[i] != '\0'; i++) {
        char *equals = strchr(parts[i], '=');

        if (equals == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "--partition %s: write it as key=value/key2=value2",
                        work->options->partition);
            return NULL;
        }
        *equals = '\0';
        json_object_set_new(pairs, parts[i], json_string(equals + 1));
    }
    return tg_table_partition_values(table, pairs, error);
}

static gboolean run_rollback(const Work *work, GError **error)
{
    g_auto(GStrv) values = NULL;

    if (work->options->partition != NULL) {
        values = partition_values(work, error);
        if (values == NULL) {
            return FALSE;
        }
    }
    TgPublishRollback to = {.database = work->database,
                            .table = work->table,
                            .values = (TgPartitionValues)values,
                            .to_id = work->options->to,
                            .now_ms = tg_clock_now_ms()};
    g_autoptr(json_t) now = tg_publish_rollback(work->catalog, work->objects, &to, error);

    if (now == NULL) {
        return FALSE;
    }
    if (work->options->as_json) {
        print_json_value(now);
    } else {
        (void)printf("%s.%s shows again:\n", work->database, work->table);
        print_entry(now);
    }
    return TRUE;
}

static gboolean run_gc(const Work *work, GError **error)
{
    gint64 grace_ms = (gint64)(work->options->grace_hours * 3600 * 1000);
    TgCliUploadsGc uploads = {.begun_before_ms = tg_clock_now_ms() - grace_ms,
                              .dry_run = work->options->dry_run,
                              .as_json = work->options->as_json};
    TgPublishCollected collected;
    TgPublishCollect options = {
        .now_ms = tg_clock_now_ms(), .grace_ms = grace_ms, .dry_run = work->options->dry_run};

    if (work->argument != NULL) {
        return tg_cli_uploads_gc(work->cli, work->argument, &uploads, error);
    }
    if (!tg_publish_collect(work->catalog, work->objects, &options, &collected, error)) {
        return FALSE;
    }
    if (work->options->as_json) {
        g_autoptr(json_t) result =
            json_pack("{s:i, s:i, s:I, s:b}", "publishes", (int)collected.publishes, "objects",
                      (int)collected.objects, "bytes", (json_int_t)collected.bytes, "dry_run",
                      (int)work->options->dry_run);

        print_json_value(result);
        return TRUE;
    }
    g_autofree char *size = g_format_size((guint64)collected.bytes);

    (void)printf("%s %u objects (%s) of %u publishes\n",
                 work->options->dry_run ? "would remove" : "removed", collected.objects, size,
                 collected.publishes);
    return TRUE;
}

static gboolean run_export(const Work *work, GError **error)
{
    const char *format = work->options->format;

    return tg_cli_catalog_export(work->catalog, work->database, work->table,
                                 format == NULL ? "sql" : format, error);
}

static gboolean run_diff(const Work *work, GError **error)
{
    return tg_cli_catalog_apply(work->catalog, work->argument, TRUE, error);
}

static gboolean run_apply(const Work *work, GError **error)
{
    return tg_cli_catalog_apply(work->catalog, work->argument, work->options->dry_run, error);
}

typedef struct {
    const char *name;
    int arguments_min; /* beside the subcommand */
    gboolean needs_table;
    gboolean (*run)(const Work *work, GError **error);
} Subcommand;

static const Subcommand subcommands[] = {
    {"list", 0, FALSE, run_list},      {"show", 1, TRUE, run_show},
    {"history", 1, TRUE, run_history}, {"rollback", 1, TRUE, run_rollback},
    {"gc", 0, FALSE, run_gc},          {"export", 0, FALSE, run_export},
    {"diff", 1, FALSE, run_diff},      {"apply", 1, FALSE, run_apply},
};

static const Subcommand *find_subcommand(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(subcommands); i++) {
        if (strcmp(subcommands[i].name, name) == 0) {
            return &subcommands[i];
        }
    }
    return NULL;
}

/* "db.table"; without a database it is "default", without a table the whole is a database. */
static void split_name(Work *work, const char *argument, gboolean is_table)
{
    const char *dot = strchr(argument, '.');

    if (dot != NULL) {
        work->database = g_strndup(argument, (gsize)(dot - argument));
        work->table = g_strdup(dot + 1);
    } else if (is_table) {
        work->database = g_strdup("default");
        work->table = g_strdup(argument);
    } else {
        work->database = g_strdup(argument);
    }
}

/* What --glue opens, freed together. */
typedef struct {
    TgAwsSettings who;
    TgCatalog *catalog;
    TgObjectStore *objects;
} Aws;

static void aws_clear(Aws *aws)
{
    tg_catalog_free(aws->catalog);
    tg_object_store_free(aws->objects);
    tg_aws_settings_clear(&aws->who);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Aws, aws_clear)

static gboolean open_aws(const Options *options, Aws *out, GError **error)
{
    const TgCliAwsAccess access = {.profile = options->aws_profile};
    const TgObjectS3As s3 = {NULL};
    g_autofree char *source = NULL;
    TgGlue *glue = NULL;

    if (!tg_cli_aws_access(&access, &out->who, &source, error)) {
        return FALSE;
    }
    const TgAwsClientOptions client = {.region = out->who.region,
                                       .profile = out->who.profile,
                                       .credentials = out->who.credentials};

    glue = tg_glue_new(&client, out->who.catalog_id, error);
    out->catalog = glue == NULL ? NULL : tg_catalog_new_glue(glue);
    out->objects = out->catalog == NULL ? NULL : tg_object_store_new_s3_as(&out->who, &s3, error);
    return out->objects != NULL;
}

static int execute(const TgCli *cli, const Options *options, const Subcommand *command,
                   const char *argument)
{
    g_autoptr(TgCliState) state = tg_cli_state_new(options->project);
    g_autoptr(GError) error = NULL;
    g_auto(Aws) aws = {.catalog = NULL};
    Work work = {.cli = cli, .options = options, .argument = argument};

    if (options->in_glue && !open_aws(options, &aws, &error)) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    work.catalog = options->in_glue ? aws.catalog : tg_cli_state_catalog(state, &error);
    if (work.catalog == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    work.objects = options->in_glue ? aws.objects : tg_cli_state_objects(state);
    if (argument != NULL) {
        split_name(&work, argument, command->needs_table);
    }
    gboolean ok = command->run(&work, &error);

    g_free(work.database);
    g_free(work.table);
    return ok ? 0 : tg_cli_fail(cli, g_steal_pointer(&error));
}

static int catalog_run(const TgCli *cli, int argc, char **argv)
{
    g_auto(Options) options = {.grace_hours = (double)TG_PUBLISH_GRACE_MS_DEFAULT / 3600 / 1000};
    const GOptionEntry entries[] = {
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &options.project, "The project's folder", "DIR"},
        {"glue", 0, 0, G_OPTION_ARG_NONE, &options.in_glue, "The catalog in AWS's Glue", NULL},
        {"profile", 0, 0, G_OPTION_ARG_STRING, &options.aws_profile, "Of AWS's files, for --glue",
         "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.as_json, "Print JSON", NULL},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options.to, "rollback: the publish to show", "ID"},
        {"partition", 0, 0, G_OPTION_ARG_STRING, &options.partition,
         "rollback: of this partition alone", "K=V"},
        {"grace", 0, 0, G_OPTION_ARG_DOUBLE, &options.grace_hours,
         "gc: keep what was superseded, or begun, less than this ago (24)", "HOURS"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run, "gc: only count, or list", NULL},
        {"as", 0, 0, G_OPTION_ARG_STRING, &options.format, "export: sql, json or terraform (sql)",
         "FORMAT"},
        G_OPTION_ENTRY_NULL};
    int status = 0;

    const TgCliHelp help = {"COMMAND [DB.TABLE]", HELP};

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    const Subcommand *command = argc < 2 ? NULL : find_subcommand(argv[1]);

    if (command == NULL) {
        return tg_cli_usage(
            cli, "catalog needs one of list, show, export, diff, apply, history, rollback, gc");
    }
    if (argc < 2 + command->arguments_min) {
        return tg_cli_usage(cli, "catalog %s needs a %s", command->name,
                            command->needs_table ? "table: DB.TABLE" : "file");
    }
    return execute(cli, &options, command, argc > 2 ? argv[2] : NULL);
}

const TgCommand tg_command_catalog = {.name = "catalog",
                                      .summary = "Show tables, their history, roll back, collect",
                                      .words = "list show export diff apply history rollback gc",
                                      .run = catalog_run};
