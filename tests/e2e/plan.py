"""tegaru plan: what a run would do, without running."""
import json
import os

from support import Project, check_run, contains, equal, main, test

DIG = """
_export:
  day: 2020-01-02
  athena: {database: lake}
+load:
  load>:
  in: {type: file, path_prefix: sales.csv}
  out:
    type: s3_parquet
    bucket: lake
    path_prefix: sales/
    catalog: {database: lake, table: sales}
+parts:
  athena.query>: |
    CREATE EXTERNAL TABLE IF NOT EXISTS lake.parts (id bigint) PARTITIONED BY (day string)
    STORED AS PARQUET LOCATION 's3://lake/parts/'
+each:
  for_each>: {d: ["2020-01-01", "2020-01-02", "2020-01-03"]}
  _do:
    +day:
      athena.apas>: SELECT id FROM sales
      table: parts
      partition_kv: {day: "${d}"}
+report:
  athena.ctas>: report.sql
  table: report
+later:
  sh>: touch ran; echo ${stored.by_another}
+pick:
  if>: ${unheard_of}
  _do: {sh>: touch ran}
  _else_do: {echo>: no}
"""
SQL = "WITH s AS (SELECT * FROM sales)\nSELECT p.id FROM parts p WHERE p.day = '${day}' UNION ALL SELECT id FROM s\n"
FILES = {"main.dig": DIG, "report.sql": SQL, "sales.csv": "id,item\n1,a\n2,b\n"}


def tree(folder):
    """All files with their content; but SQLite's, which moves pages between its own files on opening."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in (n for n in names if not n.startswith("catalog.sqlite")):
            path = os.path.join(where, name)
            with open(path, "rb") as data:
                found[os.path.relpath(path, folder)] = data.read()
    return found


def plan(project, *options):
    done = check_run(project.run("plan", "main.dig", "--json", *options))
    return {task["name"]: task for task in json.loads(done.stdout)["tasks"]}


@test
def nothing_is_run_and_nothing_written():
    with Project(FILES) as project:
        before = tree(project.folder)
        text = check_run(project.run("plan", "main.dig")).stdout
        equal(tree(project.folder), before)
        contains(text, "+main")
        contains(text, "│ SELECT p.id FROM parts p WHERE p.day = '2020-01-02' UNION ALL")
        contains(text, "reads lake.sales: unknown (there is no such table yet)")
        contains(text, "to run, 0 to reuse")


@test
def loops_are_expanded_and_templates_filled_in_as_far_as_known():
    with Project(FILES) as project:
        tasks = plan(project)
        days = [n for n in tasks if n.startswith("+main+each^sub+for") and n.endswith("+day")]
        equal(len(days), 3)
        equal(tasks[days[1]]["options"]["partition_kv"], {"day": "2020-01-02"})
        equal(tasks["+main+later"]["command"], "touch ran; echo ${stored.by_another}")
        contains(tasks["+main+later"]["unknown"], "stored")
        assert {"+main+pick^sub+then", "+main+pick^sub+else"} <= set(tasks), list(tasks)
        equal(tasks["+main+report"]["sql_file"], "report.sql")


@test
def it_says_what_would_be_reused_and_why_not():
    with Project(dict(FILES, **{"main.dig": DIG[:DIG.index("+later")]})) as project:
        check_run(project.run("run", "main.dig"))
        before = tree(project.folder)
        tasks = plan(project)
        equal({t["plan"] for t in tasks.values() if "why" in t}, {"reuse"})
        reads = {t["table"]: t for t in tasks["+main+report"]["tables"]}
        equal(set(reads), {"lake.sales", "lake.parts"})
        equal((reads["lake.parts"]["partitions"], reads["lake.parts"]["partitions_total"]), (1, 3))
        equal(reads["lake.parts"]["objects"], 1)
        assert reads["lake.sales"]["bytes"] > 0
        equal(tree(project.folder), before)
        project.write("report.sql", SQL + "LIMIT 1\n")
        tasks = plan(project)
        equal((tasks["+main+load"]["plan"], tasks["+main+report"]["plan"]), ("reuse", "run"))
        contains(tasks["+main+report"]["why"], "report.sql")
        equal(plan(project, "--rerun")["+main+load"]["why"], "--rerun")
        equal(plan(project, "--goal", "+load")["+main+report"]["plan"], "skip")
        text = check_run(project.run("plan", "main.dig", "--start", "+report")).stdout
        contains(text, "it comes at or after --start")
        contains(text, "(1 of 3 partitions)")
        # and the run does as it was told
        done = check_run(project.run("run", "main.dig"))
        contains(done.stderr, "report.sql")


@test
def a_saved_result_gives_its_parameters_to_what_follows():
    files = {"main.dig": "+get: {py>: tasks.get}\n+use: {echo>: 'got ${found}'}\n",
             "tasks.py": "import digdag\ndef get():\n    digdag.env.store({'found': 7})\n"}
    with Project(files) as project:
        contains(plan(project)["+main+use"]["unknown"], "found")
        check_run(project.run("run", "main.dig"))
        equal(plan(project)["+main+use"]["command"], "got 7")


@test
def a_long_loop_is_folded_and_mistakes_have_a_place():
    files = {"main.dig": "+many:\n  for_range>: {from: 0, to: 500, step: 1}\n  _do: {echo>: '${range.from}'}\n",
             "sub/bad.dig": "+a: {sh>: x, echo>: y}\n"}
    with Project(files) as project:
        contains(check_run(project.run("plan", "main.dig")).stdout, "… and 480 more (--json lists all)")
        equal(sum("type" in t and t["type"] == "echo" for t in plan(project).values()), 500)
        contains(check_run(project.run("plan", "sub/bad.dig"), 1).stderr, "bad.dig:1")
        contains(check_run(project.run("plan"), 2).stderr, "tegaru plan main.dig")
        contains(check_run(project.run("plan", "--help")).stdout, "tegaru plan main.dig --rerun")


main()
