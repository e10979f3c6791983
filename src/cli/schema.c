/* tegaru schema: a JSON Schema of .dig files, from the tables that the program itself uses. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/operators.h"
#include "params/params.h"
#include "project/project.h"
#include "schedule/schedule.h"
#include "workflow/graph.h"

#define DESCRIPTION                                                                                \
    "For editors: completion, help on hover, and marks at keys that no workflow has.\n\n"          \
    "Examples:\n"                                                                                  \
    "  tegaru schema -o dig.schema.json\n"                                                         \
    "  # first line of a .dig file, for the YAML language server:\n"                               \
    "  # yaml-language-server: $schema=dig.schema.json\n"                                          \
    "  # or in VS Code's settings.json:\n"                                                         \
    "  \"files.associations\": {\"*.dig\": \"yaml\"},\n"                                           \
    "  \"yaml.schemas\": {\"dig.schema.json\": \"*.dig\"}\n"

/* What a key with a meaning of its own holds; any value may also be a template. */
typedef struct {
    const char *key;
    const char *schema; /* JSON */
    const char *help;
} KeyHelp;

#define TASK "{\"anyOf\": [{\"$ref\": \"#/$defs/task\"}, {\"type\": \"null\"}]}"
#define FLAG "{\"type\": [\"boolean\", \"string\", \"null\"]}"

static const KeyHelp keys[] = {
    {"timezone", "{\"type\": \"string\"}", "Zone of sessions and schedules, as Asia/Tokyo"},
    {"schedule", "{\"$ref\": \"#/$defs/schedule\"}", "When sessions start"},
    {"sla", "{\"type\": \"object\"}", "What to do when the workflow is late"},
    {"_parallel",
     "{\"anyOf\": [{\"type\": [\"boolean\", \"string\", \"null\"]}, {\"type\": \"object\", "
     "\"required\": [\"limit\"], \"properties\": {\"limit\": {\"type\": [\"integer\", "
     "\"string\"]}}}]}",
     "Run the tasks of this group at the same time; {limit: N}: N at a time"},
    {"_background", FLAG, "Start together with the task before"},
    {"_after", "{\"type\": \"array\", \"items\": {\"type\": \"string\"}}",
     "Tasks of the same parallel group to wait for"},
    {"_error", TASK, "What runs when this fails"},
    {"_check", TASK, "What runs after this succeeded, and must succeed, too"},
    {"_retry",
     "{\"anyOf\": [{\"type\": [\"integer\", \"string\", \"boolean\", \"null\"]}, {\"type\": "
     "\"object\", \"properties\": {\"limit\": {\"type\": [\"integer\", \"string\"]}, "
     "\"interval\": {\"type\": [\"number\", \"string\"]}, \"max_interval\": {\"type\": "
     "[\"number\", \"string\"]}, \"interval_type\": {\"type\": \"string\"}}}]}",
     "How often this runs again after a failure"},
    {"_export", "{\"type\": [\"object\", \"null\"]}", "Parameters for this and all below"},
    {"_secrets", "{}", "Secrets that this may use"},
    {"_disable", FLAG, "Leave this out"},
    {"_do", TASK, "The tasks that a loop or a condition runs"},
    {"_else_do", TASK, "The tasks that run when the condition is false"},
    {"_type", "{\"type\": \"string\"}", "The operator, where no key ends with >"},
};

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    g_assert(value != NULL); /* the table above is ours */
    return value;
}

static json_t *key_schema(const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (strcmp(keys[i].key, key) == 0) {
            json_t *schema = parse(keys[i].schema);

            json_object_set_new(schema, "description", json_string(keys[i].help));
            return schema;
        }
    }
    return json_object();
}

static json_t *operator_schema(const TgOperator *operator)
{
    json_t *schema = json_object();

    json_object_set_new(schema, "description",
                        json_string(operator->help == NULL ? operator->name : operator->help));
    return schema;
}

/* The options of an operator, where it is used. NULL: it takes any key. */
static json_t *options_of(const TgOperator *operator, const char * key)
{
    json_t *options = json_object();
    g_autofree char *help = g_strdup_printf("An option of %s", key);

    if (operator->options == NULL) {
        json_decref(options);
        return NULL;
    }
    for (guint i = 0; operator->options[i] != NULL; i++) {
        if (operator->options[i][0] != '_') {
            json_object_set_new(options, operator->options[i],
                                json_pack("{s:s}", "description", help));
        }
    }
    return json_pack("{s:{s:[s]}, s:{s:o}}", "if", "required", key, "then", "properties", options);
}

/* A map without an operator is a group: its keys are known. */
static json_t *group_rule(void)
{
    const char *const *names = tg_graph_group_keys();
    json_t *known = json_pack("[s, s]", "_disable", "" /* the key of `!include :` */);

    for (guint i = 0; names[i] != NULL; i++) {
        json_array_append_new(known, json_string(names[i]));
    }
    return json_pack("{s:{s:{s:{s:s}}}, s:{s:{s:[{s:s}, {s:o}]}}}", "if", "propertyNames", "not",
                     "pattern", "(.>|^_type|^_disable)$", "then", "propertyNames", "anyOf",
                     "pattern", "^\\+", "enum", known);
}

static json_t *task_schema(void)
{
    const TgOperator *const *operators = tg_cli_operators();
    json_t *properties = json_object();
    json_t *rules = json_pack("[o]", group_rule());

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        json_object_set_new(properties, keys[i].key, key_schema(keys[i].key));
    }
    for (guint i = 0; operators[i] != NULL; i++) {
        g_autofree char *key = g_strconcat(operators[i]->name, ">", NULL);
        json_t *options = options_of(operators[i], key);

        json_object_set_new(properties, key, operator_schema(operators[i]));
        if (options != NULL) {
            json_array_append_new(rules, options);
        }
    }
    return json_pack("{s:s, s:o, s:{s:{s:s}}, s:o}", "type", "object", "properties", properties,
                     "patternProperties", "^\\+", "$ref", "#/$defs/task", "allOf", rules);
}

static json_t *schedule_schema(void)
{
    json_t *properties = json_object();
    json_t *kinds = json_array();

    for (guint i = 0; tg_schedule_kind_name(i) != NULL; i++) {
        g_autofree char *key = g_strconcat(tg_schedule_kind_name(i), ">", NULL);

        json_object_set_new(properties, key, json_object());
        json_array_append_new(kinds, json_pack("{s:[s]}", "required", key));
    }
    json_array_append_new(kinds, json_pack("{s:[s]}", "required", "_type"));
    json_object_update_new(
        properties,
        parse("{\"_type\": {}, \"at\": {\"description\": \"The time, when _type names the kind\"},"
              "\"delay\": {\"type\": [\"integer\", \"string\"], \"description\": \"Seconds after "
              "the session's time\"},"
              "\"start\": {\"description\": \"First day: 2020-01-31\"},"
              "\"end\": {\"description\": \"Last day: 2020-12-31\"},"
              "\"skip_on_overtime\": {\"type\": [\"boolean\", \"string\"], \"description\": "
              "\"Leave a session out while the last one runs\"},"
              "\"skip_delayed_by\": {\"description\": \"Leave a session out that would start "
              "later than this: 10m\"}}"));
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "anyOf", kinds);
}

static json_t *schema_new(void)
{
    const char *const *top = tg_project_top_keys();
    json_t *properties = json_pack("{s:o, s:o}", "timezone", key_schema("timezone"), "",
                                   json_object() /* the key of `!include :` */);

    for (guint i = 0; top[i] != NULL; i++) {
        json_object_set_new(properties, top[i], key_schema(top[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:{s:s}}, s:b, s:{s:o, s:o}}", "$schema",
                     "https://json-schema.org/draft/2020-12/schema", "title", "Workflow",
                     "description", "A .dig file, as tegaru " TG_VERSION " reads it", "type",
                     "object", "properties", properties, "patternProperties", "^\\+", "$ref",
                     "#/$defs/task", "additionalProperties", FALSE, "$defs", "task", task_schema(),
                     "schedule", schedule_schema());
}

static int schema_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *output = NULL;
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Write to a file", "FILE"},
        G_OPTION_ENTRY_NULL};
    const TgCliHelp help = {NULL, DESCRIPTION};
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc > 1) {
        return tg_cli_usage(cli, "schema takes no argument: tegaru schema -o dig.schema.json");
    }
    g_autoptr(json_t) schema = schema_new();
    g_autofree char *text = json_dumps(schema, JSON_INDENT(2));
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    if (output == NULL) {
        (void)fputs(line, stdout);
        return 0;
    }
    return tg_file_write(output, line, strlen(line), &error)
               ? 0
               : tg_cli_fail(cli, g_steal_pointer(&error));
}

const TgCommand tg_command_schema = {
    .name = "schema", .summary = "Print a JSON Schema of .dig files", .run = schema_run};
