"""Incremental loads: the position is published with the rows; rows that come late are read in an overlap."""
import glob
import json
import os
import sqlite3

from servers import Mariadb, Postgresql
from support import Project, check_run, contains, equal, main, test

shared = {}


def server(kind):
    if kind not in shared:
        shared[kind] = kind()
    return shared[kind]


OUT = "{type: s3_parquet, bucket: b, path_prefix: t/, catalog: {database: d, table: t, operation_if_exists: append}}"


def load(project, source, status=0, arguments=(), out=OUT):
    project.write("load.yml", f"in:\n  {source}\nout: {out}\n")
    return check_run(project.run("load", "run", "load.yml", "--json", *arguments), status)


def sqlite(project, sql):
    database = sqlite3.connect(os.path.join(project.folder, "data.sqlite"))
    database.executescript(sql)
    database.commit()
    database.close()


def rows(project, sql="SELECT id, v FROM d.t ORDER BY id, v"):
    return check_run(project.run("query", "--format", "csv", sql)).stdout.split()[1:]


SQLITE = "type: sqlite\n  database: data.sqlite\n  table: t\n  incremental: true"


@test
def the_table_itself_tells_where_the_next_load_goes_on():
    with Project() as project:
        sqlite(project, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b');")
        load(project, SQLITE)
        sqlite(project, "INSERT INTO t VALUES (3, 'c'), (0, 'behind');")
        contains(load(project, SQLITE).stderr, "Goes on behind the last record published: [2]")
        load(project, SQLITE)  # nothing new
        equal(rows(project), ["1,a", "2,b", "3,c"])


@test
def a_load_that_fails_or_is_rolled_back_leaves_the_position():
    with Project() as project:
        sqlite(project, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a');")
        load(project, SQLITE)
        sqlite(project, "INSERT INTO t VALUES (2, x'ff');")
        load(project, SQLITE, 1)
        failing = OUT[:-1] + ", tests: [{unique: v}]}"
        sqlite(project, "UPDATE t SET v = 'a' WHERE id = 2;")
        load(project, SQLITE, 1, out=failing)
        equal(rows(project), ["1,a"])
        load(project, SQLITE)
        equal(rows(project), ["1,a", "2,a"])


@test
def two_sources_of_one_table_have_a_position_each():
    with Project() as project:
        sqlite(project, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE u (id INTEGER PRIMARY KEY, v TEXT);"
                        "INSERT INTO t VALUES (1, 'a'); INSERT INTO u VALUES (10, 'u');")
        other = SQLITE.replace("table: t", "table: u")
        for source in (SQLITE, other, SQLITE, other):
            load(project, source)
        sqlite(project, "INSERT INTO t VALUES (2, 'b'); INSERT INTO u VALUES (11, 'v');")
        for source in (SQLITE, other):
            load(project, source)
        equal(rows(project), ["1,a", "2,b", "10,u", "11,v"])


@test
def late_rows_within_the_overlap_come_once():
    for kind, head in [(None, "type: sqlite\n  database: data.sqlite"),
                       (Mariadb, "type: mysql\n  host: 127.0.0.1\n  user: u\n  password: sekret\n  database: test"),
                       (Postgresql, "type: postgresql\n  host: 127.0.0.1\n  user: postgres\n  password: sekret\n  database: postgres")]:
        with Project() as project:
            db = server(kind) if kind else None
            ask = db.ask if db else lambda sql: sqlite(project, sql)
            source = head + (f"\n  port: {db.port}" if db else "") + \
                "\n  table: late\n  incremental: true\n  incremental_columns: [at]\n  incremental_key: [id]\n  incremental_overlap: 10m"
            ask("CREATE TABLE late (id INTEGER PRIMARY KEY, v VARCHAR(9), at TIMESTAMP);"
                "INSERT INTO late VALUES (1, 'a', '2024-01-01 00:00:00'), (2, 'b', '2024-01-01 00:55:00'), (3, 'c', '2024-01-01 01:00:00');")
            load(project, source)
            # late: 4 within the window, 5 before it; 2 is changed; 6 is at the same time as the last
            ask("INSERT INTO late VALUES (4, 'd', '2024-01-01 00:50:00'), (5, 'e', '2024-01-01 00:49:59'), (6, 'f', '2024-01-01 01:00:00');"
                "UPDATE late SET v = 'B', at = '2024-01-01 01:00:01' WHERE id = 2;")
            load(project, source)
            equal(rows(project), ["1,a", "2,B", "2,b", "3,c", "4,d", "6,f"], head)
            load(project, source)
            load(project, source)
            equal(rows(project), ["1,a", "2,B", "2,b", "3,c", "4,d", "6,f"], head)


@test
def an_overlap_of_numbers_goes_with_the_config_diff_too():
    with Project() as project:
        sqlite(project, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (5, 'a'), (9, 'b');")
        source = SQLITE + "\n  incremental_overlap: 3"
        counts = []
        for more in ("", "INSERT INTO t VALUES (7, 'late'), (5000, 'x')", "", "INSERT INTO t VALUES (4998, 'late')"):
            sqlite(project, more)
            done = load(project, source, 0, ("-c", "diff.yml"), out="{type: stdout}")
            counts.append(json.loads(done.stdout.splitlines()[-1])["rows_written"])
        equal(counts, [2, 2, 0, 1])


@test
def an_overlap_that_cannot_work_is_told():
    with Project() as project:
        sqlite(project, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a');"
                        "CREATE TABLE many (id INTEGER PRIMARY KEY); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO many SELECT i FROM n;")
        for more, message in [("incremental_overlap: soon", "must be a number, or a time as 30s"), ("incremental_overlap: -1", "must be a number"),
                              ("incremental_overlap: 5\n  incremental_columns: [v]", "needs 'incremental_key'"),
                              ("incremental_overlap: 5\n  incremental_columns: [v]\n  incremental_key: [id]", "needs an integer or a time"),
                              ("incremental_overlap: 5\n  incremental_columns: [v]\n  incremental_key: [nothing]", "'nothing' is not among"),
                              ("incremental_overlap: 5\n  overlap_rows: abcd", "'overlap_rows' is not what a load wrote")]:
            contains(load(project, SQLITE + "\n  " + more, 1).stderr, message)
        contains(load(project, SQLITE.replace("table: t", "table: many") + "\n  incremental_overlap: 100000", 1).stderr, "choose a smaller one")
        assert not glob.glob(project.folder + "/.tegaru/objects/b/**/*.parquet", recursive=True), "nothing was published"


try:
    main()
finally:
    for one in shared.values():
        one.__exit__()
