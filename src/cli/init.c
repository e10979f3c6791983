/* tegaru init: a new project that runs. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"

#define FILES_MAX 4

/* One file of a template; %s in `path` is the project's name. */
typedef struct {
    const char *path;
    const char *text;
} InitFile;

typedef struct {
    const char *name;
    InitFile files[FILES_MAX];
} InitTemplate;

#define GITIGNORE                                                                                  \
    {                                                                                              \
        ".gitignore", ".tegaru/\n.digdag/\n"                                                       \
    }

static const InitTemplate templates[] = {
    {"echo",
     {GITIGNORE,
      {"%s.dig", "timezone: UTC\n\n"
                 "+setup:\n  echo>: start ${session_time}\n\n"
                 "+disp_current_date:\n"
                 "  echo>: ${moment(session_time).utc().format('YYYY-MM-DD HH:mm:ss Z')}\n\n"
                 "+repeat:\n  for_each>:\n    order: [first, second, third]\n"
                 "    animal: [dog, cat]\n  _do:\n    echo>: ${order} ${animal}\n"
                 "  _parallel: true\n\n"
                 "+teardown:\n  echo>: finish ${session_time}\n"}}},
    {"sh",
     {GITIGNORE,
      {"%s.dig", "timezone: UTC\n\n"
                 "+setup:\n  sh>: echo start ${session_time}\n\n"
                 "+step1:\n  sh>: scripts/myscript.sh ${session_date}\n\n"
                 "+teardown:\n  sh>: echo finish ${session_time}\n"},
      {"scripts/myscript.sh", "#!/bin/sh\necho \"this is my script for $1\"\n"}}},
    {"ruby",
     {GITIGNORE,
      {"%s.dig", "timezone: UTC\n\n"
                 "+count:\n  rb>: Numbers.sum\n  require: scripts/numbers\n"
                 "  upto: 10\n\n"
                 "+show:\n  echo>: the sum is ${sum}\n"},
      {"scripts/numbers.rb", "class Numbers\n"
                             "  def sum(upto)\n"
                             "    Digdag.env.store(sum: (1..upto).sum)\n"
                             "  end\n"
                             "end\n"}}},
    {"python",
     {GITIGNORE,
      {"%s.dig", "timezone: UTC\n\n"
                 "+count:\n  py>: scripts.numbers_of_day.Numbers.sum\n"
                 "  upto: 10\n\n"
                 "+show:\n  echo>: the sum is ${sum}\n"},
      {"scripts/__init__.py", ""},
      {"scripts/numbers_of_day.py",
       "import digdag\n\n\n"
       "class Numbers:\n"
       "    def sum(self, upto):\n"
       "        digdag.env.store({\"sum\": sum(range(1, upto + 1))})\n"}}},
    {"postgresql",
     {GITIGNORE,
      {"%s.dig", "timezone: UTC\n\n"
                 "# The password is a secret: secrets --local --set pg.password\n"
                 "_export:\n  pg:\n    host: localhost\n    port: 5432\n"
                 "    user: postgres\n    database: postgres\n\n"
                 "+fill:\n  pg>: queries/fill.sql\n\n"
                 "+by_day:\n  pg>: queries/by_day.sql\n  create_table: visits_by_day\n"},
      {"queries/fill.sql", "CREATE TABLE IF NOT EXISTS visits (day date, page text);\n"
                           "DELETE FROM visits WHERE day = '${session_date}';\n"
                           "INSERT INTO visits VALUES ('${session_date}', '/'), "
                           "('${session_date}', '/about');\n"},
      {"queries/by_day.sql", "SELECT day, count(*) AS pages FROM visits GROUP BY day\n"}}},
    {"load",
     {GITIGNORE,
      {"%s.dig", "timezone: UTC\n\n"
                 "_export:\n  database: example\n\n"
                 "# CSV to a Parquet table; the types are guessed.\n"
                 "+load:\n"
                 "  load>:\n"
                 "  in: {type: file, path_prefix: data/people}\n"
                 "  out:\n"
                 "    type: s3_parquet\n"
                 "    bucket: example\n"
                 "    path_prefix: people/\n"
                 "    catalog: {database: \"${database}\", table: people}\n\n"
                 "# SQL to a new table, shown only when the test holds.\n"
                 "+by_team:\n"
                 "  athena.ctas>: queries/by_team.sql\n"
                 "  table: by_team\n"
                 "  test: {min_rows: 1}\n\n"
                 "+show:\n"
                 "  athena.query>: SELECT * FROM by_team\n"
                 "  preview: true\n"},
      {"data/people.csv", "name,team,joined\nAya,red,2019-04-01\nBen,blue,2020-10-01\n"
                          "Chie,red,2021-04-01\n"},
      {"queries/by_team.sql", "SELECT team, count(*) AS people, min(joined) AS first_joined\n"
                              "FROM people\nGROUP BY team\n"}}},
};

static const InitTemplate *find_template(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(templates); i++) {
        if (strcmp(templates[i].name, name) == 0) {
            return &templates[i];
        }
    }
    return NULL;
}

static char *name_of(const char *folder)
{
    g_autofree char *full = g_canonicalize_filename(folder, NULL);

    return g_path_get_basename(full);
}

static gboolean write_file(const char *folder, const char *name, const InitFile *file,
                           GError **error)
{
    g_auto(GStrv) parts = g_strsplit(file->path, "%s", 2);
    g_autofree char *relative =
        parts[1] == NULL ? g_strdup(file->path) : g_strconcat(parts[0], name, parts[1], NULL);
    g_autofree char *path = g_build_filename(folder, relative, NULL);

    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        if (strcmp(file->path, ".gitignore") == 0) {
            return TRUE;
        }
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "'%s' exists already; nothing was overwritten", path);
        return FALSE;
    }
    if (!tg_file_write(path, file->text, strlen(file->text), error)) {
        return FALSE;
    }
    if (g_str_has_suffix(path, ".sh")) {
        (void)g_chmod(path, 0755); /* a script that is not executable still tells what it is */
    }
    (void)printf("  Creating %s\n", relative);
    return TRUE;
}

static int init_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *type = NULL;
    const GOptionEntry entries[] = {
        {"type", 't', 0, G_OPTION_ARG_STRING, &type, "echo, sh, ruby, python, postgresql, load",
         "TYPE"},
        {"template", 0, 0, G_OPTION_ARG_STRING, &type, "The same", "TYPE"},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GError) error = NULL;
    int status = 0;

    const TgCliHelp help = {"DIR", NULL};

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    /* tegaru's own default shows what Digdag cannot do alone: a table made of a file. */
    const char *usual = cli->program == TG_PROGRAM_DIGDAG ? "echo" : "load";
    const InitTemplate *template = find_template(type == NULL ? usual : type);

    if (argc != 2) {
        return tg_cli_usage(cli, "init needs the folder of the new project");
    }
    if (g_strcmp0(type, "td") == 0) {
        return tg_cli_usage(cli, "the template 'td' needs Treasure Data's operators, which are not "
                                 "here; try postgresql or load");
    }
    if (template == NULL) {
        return tg_cli_usage(cli,
                            "unknown template '%s'; there are echo, sh, ruby, python, postgresql "
                            "and load",
                            type);
    }
    g_autofree char *name = name_of(argv[1]);

    for (gsize i = 0; i < FILES_MAX && template->files[i].path != NULL; i++) {
        if (!write_file(argv[1], name, &template->files[i], &error)) {
            return tg_cli_fail(cli, g_steal_pointer(&error));
        }
    }
    (void)printf("Done. Type `cd %s` and then `%s run %s.dig` to run it.\n", argv[1],
                 cli->program_name, name);
    return 0;
}

const TgCommand tg_command_init = {
    .name = "init", .summary = "Make a new project", .run = init_run};
