"""tegaru query: formats, exit statuses, messages."""
import json
import os

from support import Project, check_run, contains, equal, main, test


@test
def a_table_is_printed_with_rows_and_time_on_stderr():
    with Project() as project:
        done = check_run(project.run("query", "SELECT 1 AS id, 'x' AS name UNION ALL SELECT 20, NULL ORDER BY 1"))
        equal(done.stdout, " id | name\n----+------\n  1 | x\n 20 | NULL\n")
        contains(done.stderr, "2 rows (")


@test
def csv_tells_null_from_an_empty_text():
    with Project() as project:
        done = check_run(project.run("query", "--format", "csv",
                                     "SELECT * FROM (VALUES (1, ''), (2, NULL), (3, 'a,\"b')) t(id, s) ORDER BY id"))
        equal(done.stdout, 'id,s\n1,""\n2,\n3,"a,""b"\n')


@test
def json_is_one_object_a_row():
    with Project() as project:
        done = check_run(project.run("query", "--json", "SELECT 1 AS i, 1.5e0 AS d, true AS b, NULL AS n, DATE '2024-01-02' AS t"))
        equal(json.loads(done.stdout), {"i": 1, "d": 1.5, "b": True, "n": None, "t": "2024-01-02"})


@test
def parquet_goes_to_a_file_that_a_table_can_read():
    with Project() as project:
        path = os.path.join(project.folder, "out.parquet")
        check_run(project.run("query", "--format", "parquet", "-o", path, "SELECT 5 AS id"))
        with open(path, "rb") as file:
            equal(file.read(4), b"PAR1")


@test
def a_mistake_in_a_file_is_shown_with_its_place():
    with Project({"bad.sql": "SELECT id\nFROM (VALUES 1) t(idd)\n"}) as project:
        done = check_run(project.run("query", "-f", "bad.sql"), 1)
        contains(done.stderr, "bad.sql:1:8: there is no column 'id' (did you mean 'idd'?)")
        contains(done.stderr, "SELECT id\n       |        ^")
        equal(done.stdout, "")


@test
def wrong_command_lines_exit_with_2():
    with Project() as project:
        check_run(project.run("query"), 2)
        check_run(project.run("query", "SELECT 1", "SELECT 2"), 2)
        contains(check_run(project.run("query", "--format", "xml", "SELECT 1"), 2).stderr, "--format: 'xml'")
        contains(check_run(project.run("query", "--format", "parquet", "SELECT 1"), 2).stderr, "-o FILE")
        check_run(project.run("query", "-f", "missing.sql"), 1)


@test
def tables_live_in_the_project():
    with Project() as project:
        done = check_run(project.run("query", "CREATE TABLE t AS SELECT 1 AS id"))
        contains(done.stderr, "1 row written")
        equal(check_run(project.run("query", "--format", "csv", "SELECT id + 1 AS n FROM t")).stdout, "n\n2\n")
        contains(check_run(project.run("query", "SELECT * FROM tt"), 1).stderr, "<query>:1:15:")


main()
