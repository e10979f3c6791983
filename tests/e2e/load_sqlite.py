"""The sqlite input: values of any type in columns of any type, going on, files that are none."""
import datetime
import decimal
import glob
import json
import os
import sqlite3

from support import Project, check_run, contains, equal, main, test

import pyarrow.parquet as pq

OUT = "{type: s3_parquet, bucket: b, path_prefix: t, catalog: {database: d, table: t}}"


def load(project, source, status=0, arguments=(), out="{type: s3_parquet, bucket: b, path_prefix: t}", top=""):
    project.write("load.yml", f"{top}in:\n  type: sqlite\n  database: data.sqlite\n  {source}\nout: {out}\n")
    return check_run(project.run("load", "run", "load.yml", "--json", *arguments), status)


def ask(project, sql):
    database = sqlite3.connect(os.path.join(project.folder, "data.sqlite"))
    database.executescript(sql)
    database.commit()
    database.close()


def table(project):
    return pq.read_table(sorted(glob.glob(project.folder + "/.tegaru/objects/b/**/*.parquet", recursive=True))[-1])


D = decimal.Decimal
# declared type, literals, what pyarrow reads
TYPES = [
    ("INTEGER", ["-9223372036854775808", "9223372036854775807", "NULL"], [-2**63, 2**63 - 1, None]),
    ("unsigned big int", ["0", "1", "NULL"], [0, 1, None]),
    ("REAL", ["1e308", "5", "NULL"], [1e308, 5.0, None]),
    ("double precision", ["0.1", "-1e999", "NULL"], [0.1, float("-inf"), None]),
    ("TEXT", ["''", "'a\u00e9\U0001F600'", "NULL"], ["", "aé\U0001F600", None]),
    ("varchar(2)", ["'longer'", "5", "NULL"], ["longer", "5", None]),
    ("BLOB", ["x'00ff'", "x''", "NULL"], [b"\x00\xff", b"", None]),
    ("BOOLEAN", ["0", "1", "NULL"], [False, True, None]),
    ("DECIMAL(10,2)", ["1.10", "-99999999", "NULL"], [D("1.10"), D("-99999999.00"), None]),
    ("DATE", ["'2024-02-29'", "'0001-01-01'", "NULL"], [datetime.date(2024, 2, 29), datetime.date(1, 1, 1), None]),
    ("DATETIME", ["'2024-02-29 23:59:59.25'", "'1969-12-31T00:00:00'", "NULL"],
     [datetime.datetime(2024, 2, 29, 23, 59, 59, 250000), datetime.datetime(1969, 12, 31), None]),
    ("JSON", ["'{\"a\": 1}'", "'null'", "NULL"], ['{"a": 1}', "null", None]),
    ("", ["7", "8", "NULL"], [7, 8, None]),
]


@test
def every_declared_type_reads_back_equal():
    with Project() as project:
        ask(project, "CREATE TABLE t (n INTEGER PRIMARY KEY, " + ", ".join(f'c{i} {kind}' for i, (kind, _, _) in enumerate(TYPES)) + ");"
            + "".join(f"INSERT INTO t VALUES ({row}, " + ", ".join(v[row] for _, v, _ in TYPES) + ");" for row in range(3)))
        load(project, "table: t\n  order_by: n", out=OUT)
        got = table(project)
        for i, (kind, _, wanted) in enumerate(TYPES):
            equal(got[f"c{i}"].to_pylist(), wanted, kind)
        contains(check_run(project.run("query", "--format", "csv", "SELECT c0, c8, c10 FROM d.t ORDER BY n")).stdout,
                 "9223372036854775807,-99999999.00,1969-12-31 00:00:00.000")
        rows = {r["name"]: r for r in json.loads(check_run(project.run("load", "types", "load.yml", "--json")).stdout)}
        equal((rows["c8"]["source"], rows["c8"]["glue"]), ("DECIMAL(10,2)", "decimal(10,2)"))


@test
def a_value_of_another_type_stops_the_load_unless_allowed():
    for kind, literal, message in [("INTEGER", "'abc'", "a value of type TEXT does not fit"), ("INTEGER", "1.5", "type REAL"),
                                   ("TEXT", "x'ff'", "type BLOB"), ("BOOLEAN", "2", "type INTEGER"),
                                   ("DATE", "'0000-00-00'", "type TEXT"), ("DATETIME", "20240229", "type INTEGER"),
                                   ("DECIMAL(5,2)", "1.234", "type REAL"), ("DECIMAL(5,2)", "'NaN'", "type TEXT"), ("BLOB", "5", "type INTEGER")]:
        with Project() as project:
            ask(project, f"CREATE TABLE t (c {kind}); INSERT INTO t VALUES ({literal});")
            done = load(project, "table: t", 1)
            contains(done.stderr, "row 1: column 'c': a value of type")
            contains(done.stderr, message)
            assert not glob.glob(project.folder + "/.tegaru/objects/b/*"), "nothing is left"
            load(project, "table: t\n  lossy: allow")
            equal(table(project).to_pylist(), [{"c": None}])


@test
def column_options_choose_other_types():
    with Project() as project:
        ask(project, "CREATE TABLE t (a INTEGER, b DATETIME, c NUMERIC); INSERT INTO t VALUES (1, '2024-01-02 03:04:05', 1), ('x', NULL, 2.5);")
        load(project, "table: t\n  column_options: {a: {type: string}, b: {type: string, timestamp_format: '%d.%m.%Y'}, C: {type: double}}")
        equal(table(project).to_pylist(), [{"a": "1", "b": "02.01.2024", "c": 1.0}, {"a": "x", "b": None, "c": 2.5}])


@test
def types_embulk_are_its_six():
    with Project() as project:
        ask(project, "CREATE TABLE t (a INTEGER, b DATETIME, c DECIMAL(5,1), d BOOLEAN); INSERT INTO t VALUES (1, '2024-01-02 03:04:05', 1.5, 1);")
        contains(load(project, "table: t", top="types: embulk\n", out="{type: stdout}").stdout, "1,2024-01-02 03:04:05.000000 +0000,1.5,true")
        contains(load(project, "query: SELECT x'00' AS x", 1, top="types: embulk\n", out="{type: stdout}").stderr, "value_type: string")


@test
def an_incremental_load_goes_on_behind_the_last_record():
    with Project() as project:
        ask(project, "CREATE TABLE log (id INTEGER, at TEXT, PRIMARY KEY (at, id)); INSERT INTO log VALUES (1, '2024-01-01'), (2, '2024-01-02');")
        first = load(project, "table: log\n  incremental: true", 0, ("-c", "diff.yml"), out="{type: stdout}")
        equal(json.loads(first.stdout.splitlines()[-1])["rows_read"], 2)
        ask(project, "INSERT INTO log VALUES (1, '2024-01-02'), (3, '2024-01-02'), (1, '2024-01-03');")
        again = load(project, "table: log\n  incremental: true", 0, ("-c", "diff.yml"), out="{type: stdout}")
        equal(json.loads(again.stdout.splitlines()[-1])["rows_read"], 2)


@test
def the_file_is_only_read_and_told_when_it_is_none():
    with Project() as project:
        contains(load(project, "table: t", 1).stderr, "data.sqlite: unable to open")
        assert not os.path.exists(project.folder + "/data.sqlite")
        project.write("data.sqlite", "no database at all, but long enough for a header of one hundred bytes, is it not? " * 3)
        contains(load(project, "table: t", 1).stderr, "file is not a database")
        os.remove(project.folder + "/data.sqlite")
        ask(project, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1);")
        for query, message in [("DELETE FROM t", "returns no rows"), ("DELETE FROM t RETURNING a", "returns no rows"), ("SELECT 1; DELETE FROM t", "only one statement"),
                               ("SELEC 1", "syntax error"), ("SELECT a FROM u", "no such table"), ("ATTACH 'x' AS y", "returns no rows")]:
            contains(load(project, f"query: \"{query}\"", 1).stderr, message)
        load(project, "query: SELECT a FROM t;", out="{type: stdout}")
        half = open(project.folder + "/data.sqlite", "rb").read()
        open(project.folder + "/data.sqlite", "wb").write(half[:4096] + b"\xff" * (len(half) - 4096))
        contains(load(project, "table: t", 1).stderr, "data.sqlite: ")


main()
