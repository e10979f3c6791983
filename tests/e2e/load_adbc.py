"""The adbc input with drivers of the registry as they come, SQLite's and PostgreSQL's, and with one of our own that
has partitions and makes mistakes."""
import os
import shutil
import sqlite3
import subprocess
import tempfile

from servers import Postgresql
from support import SOURCE, Project, check_run, contains, equal, main, test

DRIVERS = os.path.join(SOURCE, ".deps/adbc")
SQLITE = os.path.join(DRIVERS, "libadbc_driver_sqlite.so")
built = tempfile.mkdtemp(prefix="tegaru-adbc-")
shared = {}


def own_driver():
    path = os.path.join(built, "driver.so")
    if not os.path.exists(path):
        subprocess.run(["cc", "-shared", "-fPIC", "-I", os.path.join(SOURCE, "include"), "-o", path, os.path.join(SOURCE, "tests/e2e/test_adbc_driver.c")], check=True)
    return path


def load(project, source, status=0, action="run", filters="", **more):
    project.write("load.yml", f"in: {{{source}}}\n{filters}exec: {{max_threads: 1}}\nout: {{type: stdout}}\n")
    return check_run(project.run("load", action, "load.yml", **more), status)


def rows_of(done):
    return done.stdout.split("rows_read")[0]


class Sqlite(Project):
    def __init__(self):
        super().__init__()
        db = sqlite3.connect(os.path.join(self.folder, "t.db"))
        db.execute('CREATE TABLE t (i INTEGER, r REAL, t TEXT, "a ""name" INTEGER)')
        db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [
            (n, n / 7, f"text é {n}" if n % 3 else None, None if n % 5 == 0 else -n) for n in range(5000)] +
            [(2**63 - 1, 1e308, "", -2**63), (None, None, None, None)])
        db.commit()
        db.close()


def adbc(more, driver=SQLITE):
    return f"type: adbc, driver: {driver}, options: {{uri: t.db}}, {more}"


@test
def a_table_reads_as_by_the_own_input():
    with Sqlite() as project:
        for source in ("table: t, order_by: i", "table: t, select: 'i, t', where: i < 10, order_by: i desc", 'query: "SELECT count(*) AS n, max(r) AS m FROM t"'):
            ours = load(project, f"type: sqlite, database: t.db, {source}")
            theirs = load(project, adbc(source))
            equal(rows_of(theirs), rows_of(ours), source)
            equal(theirs.stdout.split("columns:")[1].split("duration")[0], ours.stdout.split("columns:")[1].split("duration")[0])
        contains(theirs.stderr, f"ADBC driver: {SQLITE}\nSQL: SELECT count(*)")


@test
def a_driver_is_found_by_its_name():
    with Sqlite() as project:
        os.mkdir(os.path.join(project.folder, "plugins"))
        shutil.copy(SQLITE, os.path.join(project.folder, "plugins"))
        contains(rows_of(load(project, adbc("table: t", "sqlite"))), "text é 1")
        contains(rows_of(load(project, adbc("table: t", "sqlite"), env={"TEGARU_PLUGIN_PATH": DRIVERS})), "text é 1")
        os.chmod(os.path.join(project.folder, "plugins"), 0o777)
        contains(load(project, adbc("table: t", "sqlite"), 1).stderr, "is not used, for anybody may change it")


@test
def preview_types_and_embulks_types_work():
    with Sqlite() as project:
        contains(load(project, adbc("table: t"), action="preview").stdout, "| i:long |")
        contains(load(project, adbc("table: t"), action="types").stdout, "int64")
        project.write("embulk.yml", f"in: {{{adbc('table: t')}}}\nexec: {{max_threads: 1}}\nout: {{type: stdout}}\ntypes: embulk\n")
        contains(check_run(project.run("load", "run", "embulk.yml")).stdout, "\n9223372036854775807,1.0E308,")


@test
def options_reach_database_connection_and_statement():
    with Sqlite() as project:
        contains(load(project, adbc("table: t, statement_options: {adbc.sqlite.query.batch_rows: 7}")).stdout, "rows_read: 5002")
        for which, more in [("statement_options", "statement_options: {no.such: 1}"), ("connection_options", "connection_options: {no.such: 1}")]:
            contains(load(project, adbc(f"table: t, {more}"), 1).stderr, f"cannot set {which}.no.such: ")
        contains(load(project, adbc("table: t, statement_options: [1]"), 1).stderr, "'statement_options' must be a map of options")


@test
def mistakes_are_told():
    with Sqlite() as project:
        wanted = [
            (adbc("table: nosuch"), "cannot run the query: "), (adbc('query: "SELEC"'), "syntax error"),
            (adbc("table: t", "/no/such.so"), "cannot load the driver: /no/such.so: "),
            (adbc("table: t", "nosuch"), "cannot load the driver: libadbc_driver_nosuch.so: "),
            (adbc("table: t, entrypoint: NoSuchInit"), "is no ADBC driver: it has no function NoSuchInit; name it with 'entrypoint'"),
            (adbc("table: t, incremental: true, incremental_columns: [i]"), "cannot be incremental"),
            (f"type: adbc, driver: {SQLITE}", "table"), ("type: adbc, table: t", "driver"),
        ]
        for source, message in wanted:
            contains(load(project, source, 1).stderr, message)


@test
def a_value_of_another_type_stops_the_load_in_the_drivers_words():
    with Sqlite() as project:
        db = sqlite3.connect(os.path.join(project.folder, "t.db"))
        db.execute("CREATE TABLE mixed (a)")
        db.executemany("INSERT INTO mixed VALUES (?)", [(i,) for i in range(2000)] + [("text",)])
        db.commit()
        db.close()
        contains(load(project, adbc("table: mixed"), 1).stderr, "cannot read on: ")


PARTITIONS = ["0,", "1,abc", "10,", "11,abc", "20,", "21,abc"]


@test
def partitions_are_read_by_connections_of_their_own():
    with Project() as project:
        source = f"type: adbc, driver: {own_driver()}, table: t"
        equal(sorted(rows_of(load(project, source)).replace('""', "").split()), PARTITIONS)
        equal(sorted(rows_of(load(project, source + ", partitions: false")).replace('""', "").split()), PARTITIONS[:2])


@test
def errors_of_a_driver_keep_their_meaning_and_no_secret():
    with Project() as project:
        def fails(mode, more="table: t"):
            return load(project, f"type: adbc, driver: {own_driver()}, {more}, options: {{mode: {mode}}}", 1).stderr
        contains(fails("no_access"), "in (adbc): cannot connect: you may not (ADBC status 14)")
        contains(fails("offline"), "in (adbc): cannot connect: nobody answers (ADBC status 10)")
        contains(fails("fails_read"), "partition 1: cannot read a partition: the partition is gone")
        contains(fails("fails_next"), "cannot read on: the source went away")
        contains(fails("other_schema"), "partition 1: its columns differ from those of the first part")
        contains(fails("bad_offsets"), "has offsets that do not grow")
        contains(fails("x", 'query: "bad"'), "cannot set the query: bad query")
        contains(fails("x", "table: t, entrypoint: Incomplete"), "the driver cannot run queries: take a complete one")
        done = load(project, f"type: adbc, driver: {own_driver()}, table: t, options: {{password: hunter2222}}", 1)
        contains(done.stderr, "cannot set options.password: no option password, so no '***'")
        done = load(project, f'type: adbc, driver: {own_driver()}, table: t, options: {{uri: "x://me:hunter2222@host/"}}', 1)
        contains(done.stderr, "so no 'x://me:***@host/'")


@test
def postgresql_reads_as_by_the_own_input():
    server = shared.setdefault("db", Postgresql())
    server.ask("CREATE SCHEMA s; CREATE TABLE s.t (b boolean, i smallint, l bigint, f real, d double precision, t text, day date, at timestamp, z timestamptz, "
               "y bytea, n integer); INSERT INTO s.t SELECT n % 2 = 0, n, n::bigint * 1000000007, n / 8.0, n / 3.0, 'é' || n, date '2024-01-01' + n, "
               "timestamp '2024-01-01 00:00:00.000001' + n * interval '1 hour', '2024-01-01 00:00:00+09', '\\x41', nullif(n % 7, 0) FROM generate_series(1, 3000) n")
    with Project() as project:
        query = 'query: "SELECT * FROM s.t ORDER BY l"'
        ours = load(project, f"type: postgresql, host: 127.0.0.1, port: {server.port}, user: postgres, password: sekret, database: postgres, {query}")
        driver = f'type: adbc, driver: {DRIVERS}/libadbc_driver_postgresql.so, options: {{uri: "postgresql://postgres:sekret@127.0.0.1:{server.port}/postgres"}}'
        theirs = load(project, f"{driver}, {query}")
        equal(rows_of(theirs), rows_of(ours))
        equal(theirs.stdout.split("columns:")[1].split("duration")[0], ours.stdout.split("columns:")[1].split("duration")[0])
        equal(rows_of(load(project, f"{driver}, table: s.t, order_by: l")), rows_of(ours))
        contains(load(project, f'{driver}, query: "SELECT interval \'1 day\' AS gap"', 1).stderr, "column 'gap': the Arrow type 'tin' is an interval, which no column can hold; cast it")
        wrong = driver.replace(f":{server.port}", ":1")
        done = load(project, f"{wrong}, table: s.t", 1)
        contains(done.stderr, "in (adbc): cannot ")
        assert "sekret" not in done.stderr, done.stderr


try:
    main()
finally:
    shutil.rmtree(built, ignore_errors=True)
    if "db" in shared:
        shared["db"].stop()
