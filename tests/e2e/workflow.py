"""Workflows end to end on the local engine: load, SQL, publish, tests, resume, history."""
import json
import os

from support import Project, Skip, check_run, contains, equal, main, test

LOAD = """
+load:
  load>:
  in: {type: file, path_prefix: people.csv}
  out:
    type: s3_parquet
    bucket: lake
    path_prefix: people/
    catalog: {database: lake, table: people}
"""
PEOPLE = "id,name,team\n1,Aya,red\n2,Ben,blue\n3,Chie,red\n"


def rows(project, sql):
    done = check_run(project.run("query", "--format", "csv", sql))
    return [line for line in done.stdout.strip().split("\n")[1:]]


@test
def a_csv_file_becomes_a_table():
    with Project({"main.dig": LOAD, "people.csv": PEOPLE}) as project:
        done = check_run(project.run("run", "main.dig", "--json"))
        receipt = next(t["receipt"] for t in json.loads(done.stdout)["tasks"] if "receipt" in t)
        equal(receipt["rows_written"], 3)
        equal(rows(project, "SELECT sum(id), count(*) FROM lake.people"), ["6,3"])


@test
def ctas_keeps_the_old_table_when_a_test_fails():
    dig = LOAD + """
+teams:
  athena.ctas>: SELECT team, count(*) AS n FROM people GROUP BY team
  database: lake
  table: teams
  test: {few: "SELECT * FROM staged WHERE n > ${max}"}
"""
    with Project({"main.dig": dig, "people.csv": PEOPLE}) as project:
        check_run(project.run("run", "main.dig", "-p", "max=5"))
        before = rows(project, "SELECT * FROM lake.teams ORDER BY team")
        project.write("people.csv", PEOPLE + "4,Dan,red\n")
        done = check_run(project.run("run", "main.dig", "--rerun", "-p", "max=2"), 1)
        contains(done.stderr, "few")
        equal(rows(project, "SELECT * FROM lake.teams ORDER BY team"), before)
        equal(rows(project, "SELECT count(*) FROM lake.people"), ["4"])


@test
def a_load_is_published_only_when_its_tests_hold():
    dig = LOAD + """  test: {not_null: [id, name], unique: id, small: "SELECT * FROM staged WHERE id > ${max}"}
"""
    with Project({"main.dig": dig, "people.csv": PEOPLE}) as project:
        check_run(project.run("run", "main.dig", "-p", "max=5"))
        project.write("people.csv", PEOPLE + "4,Dan,red\n")
        done = check_run(project.run("run", "main.dig", "--rerun", "-p", "max=3"), 1)
        contains(done.stderr, "test 'small' failed: 1 row")
        contains(done.stderr, "Dan")
        equal(rows(project, "SELECT count(*) FROM lake.people"), ["3"])
        project.write("load.yml", LOAD[LOAD.index("  in:"):].replace("\n  ", "\n")[2:] + "  tests: {min_rows: 9}\n")
        done = check_run(project.run("load", "run", "load.yml"), 1)
        contains(done.stderr, "min_rows")
        equal(rows(project, "SELECT count(*) FROM lake.people"), ["3"])


@test
def apas_publishes_one_partition_and_refuses_other_columns():
    dig = """
+table:
  athena.query>: CREATE EXTERNAL TABLE IF NOT EXISTS lake.days (id bigint) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://lake/days/'
+day:
  athena.apas>: ${select}
  database: lake
  table: days
  partition_kv: {day: "2020-01-01"}
"""
    with Project({"main.dig": dig, "make.dig": "+db:\n  athena.query>: CREATE DATABASE IF NOT EXISTS lake\n"}) as project:
        check_run(project.run("run", "make.dig"))
        check_run(project.run("run", "main.dig", "-p", "select=SELECT CAST(1 AS bigint) AS id"))
        equal(rows(project, "SELECT id, day FROM lake.days"), ["1,2020-01-01"])
        done = check_run(project.run("run", "main.dig", "--rerun", "-p", "select=SELECT CAST(2 AS bigint) AS nr"), 1)
        contains(done.stderr, "nr")
        equal(rows(project, "SELECT id, day FROM lake.days"), ["1,2020-01-01"])
        check_run(project.run("run", "main.dig", "--rerun", "-p", "select=SELECT CAST(3 AS bigint) AS id"))
        equal(rows(project, "SELECT id, day FROM lake.days"), ["3,2020-01-01"])
        check_run(project.run("catalog", "rollback", "lake.days", "--partition", "day=2020-01-01"))
        equal(rows(project, "SELECT id, day FROM lake.days"), ["1,2020-01-01"])


@test
def a_run_continues_where_it_failed():
    dig = "+a:\n  sh>: echo a >> out\n+b:\n  sh>: test -f fixed && echo b >> out\n+c:\n  sh>: echo c >> out\n"
    with Project({"main.dig": dig}) as project:
        check_run(project.run("run", "main.dig", "--session", "2020-01-01"), 1)
        project.write("fixed", "")
        check_run(project.run("run", "main.dig", "--session", "2020-01-01"))
        equal(project.read("out"), "a\nb\nc\n")


@test
def history_and_rollback_of_a_table():
    with Project({"main.dig": LOAD, "people.csv": PEOPLE}) as project:
        check_run(project.run("run", "main.dig"))
        project.write("people.csv", PEOPLE + "4,Dan,red\n")
        check_run(project.run("run", "main.dig", "--rerun"))
        history = json.loads(check_run(project.run("catalog", "history", "lake.people", "--json")).stdout)
        equal([e["rows"] for e in history], [4, 3])
        equal([e["is_current"] for e in history], [True, False])
        check_run(project.run("catalog", "rollback", "lake.people"))
        equal(rows(project, "SELECT count(*) FROM lake.people"), ["3"])
        check_run(project.run("catalog", "gc", "--grace", "0"))
        equal(rows(project, "SELECT count(*) FROM lake.people"), ["3"])
        history = json.loads(check_run(project.run("catalog", "history", "lake.people", "--json")).stdout)
        equal(history[1]["state"], "collected")


@test
def a_wrong_value_deep_in_a_file_is_found_by_line_and_column():
    lines = "".join(f"{i},{i * 2}\n" for i in range(1, 300000))
    with Project({"main.dig": LOAD.replace("{type: file, path_prefix: people.csv}", """
    type: file
    path_prefix: numbers.csv
    parser: {type: csv, skip_header_lines: 1, columns: [{name: id, type: long}, {name: n, type: long}]}"""),
                  "numbers.csv": "id,n\n" + lines + "300000,many\n300001,5\n"}) as project:
        done = check_run(project.run("run", "main.dig"), 1)
        contains(done.stderr, "numbers.csv")
        contains(done.stderr, "300001")
        contains(done.stderr, "many")
        done = check_run(project.run("query", "SELECT * FROM lake.people"), 1)


@test
def an_output_folder_without_rights_is_a_clear_error():
    if os.getuid() == 0:
        raise Skip("root may write everywhere")
    with Project({"main.dig": LOAD, "people.csv": PEOPLE}) as project:
        os.mkdir(os.path.join(project.folder, ".tegaru"), 0o500)
        done = check_run(project.run("run", "main.dig"), 1)
        contains(done.stderr, "permission")


main()
