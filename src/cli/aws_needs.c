/* From operators and plug-ins to permissions. */
#include "cli/aws_needs.h"

#include <string.h>

#include "aws/named.h"
#include "params/params.h"
#include "params/yaml.h"

#define DEPTH_MAX 64

/* What an operator or plug-in needs; the actions are separated by blanks. */
typedef struct {
    const char *name;
    const char *bucket;      /* s3 actions on the bucket of its place */
    const char *object;      /* and on the objects there */
    const char *to_object;   /* and on those of `to` */
    const char *catalog;     /* glue actions on database and table */
    const char *athena;      /* athena actions on the workgroup */
    gboolean has_any_object; /* and it reads and writes objects wherever tables lie */
} Row;

#define QUERY                                                                                      \
    "athena:StartQueryExecution athena:GetQueryExecution athena:GetQueryResults "                  \
    "athena:StopQueryExecution athena:GetWorkGroup"
#define LOOK "glue:GetDatabase glue:GetTable"
#define READ LOOK " glue:GetPartition glue:GetPartitions glue:BatchGetPartition"
#define PARTS "s3:PutObject s3:AbortMultipartUpload"

static const Row rows[] = {
    {"s3_wait>", NULL, "s3:GetObject", NULL, NULL, NULL, FALSE},
    {"s3_copy>", "s3:ListBucket", "s3:GetObject", PARTS, NULL, NULL, FALSE},
    {"s3_move>", "s3:ListBucket", "s3:GetObject s3:DeleteObject", PARTS, NULL, NULL, FALSE},
    {"s3_delete>", "s3:ListBucket", "s3:DeleteObject", NULL, NULL, NULL, FALSE},
    {"athena.query>", NULL, NULL, NULL, READ, QUERY, TRUE},
    {"athena.preview>", NULL, NULL, NULL, NULL, "athena:GetQueryExecution athena:GetQueryResults",
     FALSE},
    {"athena.ctas>", NULL, NULL, NULL, READ " glue:CreateTable glue:UpdateTable glue:DeleteTable",
     QUERY, TRUE},
    {"athena.apas>", NULL, NULL, NULL,
     READ " glue:CreateTable glue:DeleteTable glue:CreatePartition glue:UpdatePartition", QUERY,
     TRUE},
    {"athena.add_partition>", NULL, NULL, NULL, READ " glue:CreatePartition glue:UpdatePartition",
     NULL, TRUE},
    {"athena.drop_partition>", NULL, NULL, NULL, READ " glue:DeletePartition", NULL, FALSE},
    {"athena.drop_table>", NULL, NULL, NULL, LOOK " glue:DeleteTable", NULL, FALSE},
    {"athena.drop_table_multi>", NULL, NULL, NULL, "glue:GetTables glue:DeleteTable", NULL, FALSE},
    {"athena.partition_exists?>", NULL, NULL, NULL, "glue:GetTable glue:GetPartition", NULL, FALSE},
    {"athena.table_exists?>", NULL, NULL, NULL, "glue:GetTable", NULL, FALSE},
    {"athena.each_database>", NULL, NULL, NULL, "glue:GetDatabases", NULL, FALSE},
    {"athena.diff_schema_internal>", NULL, NULL, NULL, "glue:GetTable", NULL, FALSE},
    {"in s3", "s3:ListBucket", "s3:GetObject", NULL, NULL, NULL, FALSE},
    {"out s3", "s3:ListBucketMultipartUploads", PARTS, NULL, NULL, NULL, FALSE},
    {"out s3_parquet", "s3:ListBucket s3:ListBucketMultipartUploads", PARTS " s3:DeleteObject",
     NULL, NULL, NULL, FALSE},
};

/* What is gathered, and from where. */
typedef struct {
    GPtrArray *needs;
    const char *folder;
    const json_t *profiles; /* the workflow's; NULL: none */
    guint depth;
} Gathering;

void tg_cli_aws_need_free(TgCliAwsNeed *need)
{
    g_free(need->action);
    g_free(need->a);
    g_free(need->b);
    g_free(need->place);
    g_free(need);
}

/* A name up to its first template, and '*' for the rest; nothing is anything. */
static char *pattern_of(const char *text)
{
    const char *template = text == NULL ? NULL : strstr(text, "${");

    if (text == NULL || template == text) {
        return g_strdup("*");
    }
    return template == NULL ? g_strdup(text)
                            : g_strdup_printf("%.*s*", (int)(template - text), text);
}

static gboolean is_there(const Gathering *g, const char *action, const char *a, const char *b)
{
    for (guint i = 0; i < g->needs->len; i++) {
        const TgCliAwsNeed *need = g->needs->pdata[i];

        if (strcmp(need->action, action) == 0 && strcmp(need->a, a) == 0 &&
            g_strcmp0(need->b, b) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What the actions are on. */
typedef struct {
    const char *a;
    const char *b;
    const char *place;
} Target;

static void add(Gathering *g, const char *actions, const Target *target)
{
    g_auto(GStrv) words = g_strsplit(actions == NULL ? "" : actions, " ", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        g_autofree char *a = pattern_of(target->a);
        g_autofree char *b = target->b == NULL ? NULL : pattern_of(target->b);

        if (!is_there(g, words[i], a, b)) {
            TgCliAwsNeed *need = g_new0(TgCliAwsNeed, 1);

            need->action = g_strdup(words[i]);
            need->a = g_steal_pointer(&a);
            need->b = g_steal_pointer(&b);
            need->place = g_strdup(target->place);
            g_ptr_array_add(g->needs, need);
        }
    }
}

static const char *text_in(const json_t *map, const char *key)
{
    return json_string_value(json_object_get(map, key));
}

/* "s3://bucket/key" or "bucket/key": a bucket, and a key that ends with '*' below a prefix. */
static void add_objects(Gathering *g, const Row *row, const char *objects, const char *url,
                        const char *place)
{
    const char *path = url != NULL && g_str_has_prefix(url, "s3://") ? url + strlen("s3://") : url;
    const char *slash = path == NULL ? NULL : strchr(path, '/');
    g_autofree char *bucket =
        slash == NULL ? g_strdup(path) : g_strndup(path, (gsize)(slash - path));
    g_autofree char *key =
        slash == NULL ? g_strdup("*")
                      : g_strconcat(slash + 1, g_str_has_suffix(path, "/") ? "*" : NULL, NULL);
    Target of_objects = {bucket, key, place};
    Target of_bucket = {bucket, NULL, place};

    add(g, objects, &of_objects);
    if (objects == row->object) {
        add(g, row->bucket, &of_bucket);
    }
}

/* An option of a task: its own, else below `athena`. */
static const char *option(const json_t *task, const json_t *athena, const char *key)
{
    const char *own = text_in(task, key);

    return own != NULL ? own : text_in(athena, key);
}

/* A task with one of the operators. */
static void add_task(Gathering *g, const Row *row, const json_t *task, const json_t *athena,
                     const char *place)
{
    const char *command = text_in(task, row->name);
    const char *bucket = text_in(task, "bucket");
    const char *table = option(task, athena, "table");
    g_autofree char *place_of_key =
        bucket == NULL ? g_strdup(command) : g_strconcat(bucket, "/", text_in(task, "key"), NULL);
    Target of_catalog = {option(task, athena, "database"), table == NULL ? "*" : table, place};
    Target of_group = {option(task, athena, "workgroup"), NULL, place};
    Target anywhere = {"*", "*", place};
    Target any_bucket = {"*", NULL, place};

    if (row->object != NULL) {
        add_objects(g, row, row->object, place_of_key, place);
    }
    if (row->to_object != NULL) {
        add_objects(g, row, row->to_object, text_in(task, "to"), place);
    }
    add(g, row->catalog, &of_catalog);
    of_group.a = of_group.a == NULL ? "primary" : of_group.a;
    add(g, row->athena, &of_group);
    if (row->has_any_object) {
        add(g, "s3:GetObject s3:PutObject s3:DeleteObject s3:AbortMultipartUpload", &anywhere);
        add(g, "s3:ListBucket s3:GetBucketLocation", &any_bucket);
    }
}

static const Row *row_of(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Roles that options name, one behind the other. */
static void add_roles(Gathering *g, const json_t *options, const char *place)
{
    for (; options != NULL; options = json_object_get(options, "role_source")) {
        Target role = {text_in(options, "role_arn"), NULL, place};

        if (role.a != NULL) {
            add(g, "sts:AssumeRole", &role);
        }
    }
}

static void add_plugin(Gathering *g, const char *role, const json_t *plugin, const char *place)
{
    const char *type = text_in(plugin, "type");
    g_autofree char *name = g_strconcat(role, " ", type == NULL ? "" : type, NULL);
    const Row *row = row_of(name);
    const char *path = text_in(plugin, "path");

    if (row != NULL) {
        const char *prefix = path != NULL ? path : text_in(plugin, "path_prefix");
        g_autofree char *url =
            g_strconcat(text_in(plugin, "bucket") == NULL ? "*" : text_in(plugin, "bucket"), "/",
                        prefix == NULL ? "" : prefix, path == NULL ? "*" : "", NULL);

        add_objects(g, row, row->object, url, place);
        add_roles(g, plugin, place);
    }
    if (strcmp(name, "in dynamodb") == 0) {
        Target table = {text_in(plugin, "table"), text_in(plugin, "index_name"), place};
        const char *operation = text_in(plugin, "operation");

        add(g,
            g_strcmp0(operation, "query") == 0 || tg_params_has(plugin, "query") ? "dynamodb:Query"
                                                                                 : "dynamodb:Scan",
            &table);
        add_roles(g, plugin, place);
    }
}

/* A load's map; its profiles are written out first. */
static gboolean add_load(Gathering *g, const json_t *load, const char *name, const char *place,
                         GError **error)
{
    g_autoptr(json_t) config = json_deep_copy(load);
    g_autofree char *in = place == NULL ? g_strdup("in") : g_strconcat(place, " in", NULL);
    g_autofree char *out = place == NULL ? g_strdup("out") : g_strconcat(place, " out", NULL);

    if (!tg_aws_named_expand_load(config, g->profiles, name, error)) {
        return FALSE;
    }
    add_plugin(g, "in", json_object_get(config, "in"), in);
    add_plugin(g, "out", json_object_get(config, "out"), out);
    return TRUE;
}

/* The load of a task: a file, or the map below it. */
static gboolean add_load_task(Gathering *g, const json_t *task, const char *command,
                              const char *name, const char *place, GError **error)
{
    const json_t *config = json_object_get(task, "config");

    if (command == NULL || *command == '\0') {
        return add_load(g, json_is_object(config) ? config : task, name, place, error);
    }
    if (strstr(command, "${") != NULL) {
        return TRUE; /* which file it is, only a run knows */
    }
    g_autofree char *path = g_build_filename(g->folder, command, NULL);
    g_autoptr(TgYaml) yaml = tg_yaml_load(path, command, TG_YAML_EMBULK, error);

    return yaml != NULL && add_load(g, tg_yaml_root(yaml), name, place, error);
}

/* The profile that a map chooses; the one of the maps around it when it says nothing. */
static const char *chosen_in(const json_t *map, const char *around)
{
    const json_t *aws = json_object_get(map, "aws");
    const char *use = text_in(json_object_get(json_object_get(map, "_export"), "aws"), "use");

    return json_is_string(aws) ? json_string_value(aws) : use != NULL ? use : around;
}

/* What holds for a map from those around it. */
typedef struct {
    const char *name; /* the profile; NULL: none */
    const json_t *athena;
    const char *place;
} Around;

static gboolean walk(Gathering *g, const json_t *map, const Around *around, GError **error);

/* A task with an operator of the table, and the roles of the profile that it chooses. */
static gboolean add_operator(Gathering *g, const Row *row, const json_t *task, const Around *around,
                             GError **error)
{
    if (around->name != NULL) {
        g_autoptr(json_t) options = tg_aws_named_find(g->profiles, around->name, error);

        if (options == NULL) {
            return FALSE;
        }
        add_roles(g, options, around->place);
    }
    add_task(g, row, task, around->athena, around->place);
    return TRUE;
}

/* One key of a map. */
static gboolean add_key(Gathering *g, const json_t *map, const char *key, const Around *around,
                        GError **error)
{
    const json_t *value = json_object_get(map, key);
    const Row *row = row_of(key);
    gboolean is_load = strcmp(key, "load>") == 0 || strcmp(key, "embulk>") == 0;
    gboolean is_inner = json_is_object(value) && (key[0] == '+' || key[0] == '_');

    if (row != NULL) {
        return add_operator(g, row, map, around, error);
    }
    if (is_load) {
        return add_load_task(g, map, json_string_value(value), around->name, around->place, error);
    }
    if (is_inner && strcmp(key, "_export") != 0) {
        Around inside = *around;

        inside.place = key[0] == '+' ? key : around->place;
        return walk(g, value, &inside, error);
    }
    return TRUE;
}

static gboolean walk(Gathering *g, const json_t *map, const Around *around, GError **error)
{
    Around inside = *around;
    const json_t *athena = json_object_get(json_object_get(map, "_export"), "athena");
    const char *key = NULL;
    json_t *value = NULL;
    gboolean ok = g->depth < DEPTH_MAX;

    inside.name = chosen_in(map, around->name);
    inside.athena = athena == NULL ? around->athena : athena;
    g->depth++;
    json_object_foreach ((json_t *)map, key, value) {
        if (ok && !add_key(g, map, key, &inside, error)) {
            g_prefix_error(error, "%s: ", inside.place == NULL ? key : inside.place);
            return FALSE;
        }
    }
    g->depth--;
    return TRUE;
}

GPtrArray *tg_cli_aws_needs(const char *path, const json_t *file, GError **error)
{
    g_autoptr(GPtrArray) needs =
        g_ptr_array_new_with_free_func((GDestroyNotify)tg_cli_aws_need_free);
    g_autofree char *folder = g_path_get_dirname(path);
    Gathering g = {.needs = needs,
                   .folder = folder,
                   .profiles = json_object_get(json_object_get(file, "_export"), "aws")};
    Around around = {NULL, NULL, NULL};
    gboolean ok = g_str_has_suffix(path, ".dig") ? walk(&g, file, &around, error)
                                                 : add_load(&g, file, NULL, NULL, error);

    return ok ? g_steal_pointer(&needs) : NULL;
}
