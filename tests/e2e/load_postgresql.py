"""The postgresql input against a real server: every type, splits in one snapshot, going on, mistakes."""
import datetime
import decimal
import glob
import json
import os
import shutil
import subprocess
import threading

from servers import Postgresql
from support import Project, check_run, contains, equal, main, test

import pyarrow.parquet as pq

shared = {}


def server():
    if "db" not in shared:
        shared["db"] = Postgresql()
    return shared["db"]


def config(db, source, out="{type: s3_parquet, bucket: b, path_prefix: t}", more="", top=""):
    return (f"{top}in:\n  type: postgresql\n  host: 127.0.0.1\n  port: {db.port}\n  user: postgres\n  password: sekret\n"
            f"  database: postgres\n  {source}\n{more}out: {out}\n")


def load(project, db, source, status=0, arguments=(), **more):
    project.write("load.yml", config(db, source, **more))
    return check_run(project.run("load", "run", "load.yml", "--json", *arguments), status)


def table(project):
    return pq.read_table(sorted(glob.glob(project.folder + "/.tegaru/objects/b/*.parquet"))[-1])


D = decimal.Decimal
UTC = datetime.timezone.utc
# type, its literals, what pyarrow reads, type in the ledger's Parquet column
TYPES = [
    ("boolean", ["true", "false", "NULL"], [True, False, None]),
    ("smallint", ["-32768", "32767", "NULL"], [-32768, 32767, None]),
    ("integer", ["-2147483648", "2147483647", "NULL"], [-2147483648, 2147483647, None]),
    ("bigint", ["-9223372036854775808", "9223372036854775807", "NULL"], [-2**63, 2**63 - 1, None]),
    ("oid", ["0", "4294967295", "NULL"], [0, 4294967295, None]),
    ("real", ["-3.4028235e38", "1.1", "NULL"], [-3.4028234663852886e38, 1.100000023841858, None]),
    ("double precision", ["5e-324", "1.7976931348623157e308", "'-Infinity'"], [5e-324, 1.7976931348623157e308, float("-inf")]),
    ("numeric(38,10)", ["-9999999999999999999999999999.9999999999", "0.0000000001", "NULL"],
     [D("-9999999999999999999999999999.9999999999"), D("0.0000000001"), None]),
    ("numeric(5,0)", ["-99999", "7", "NULL"], [D(-99999), D(7), None]),
    ("numeric", ["12345678901234567890123456789012345678901234567890.5", "'NaN'", "NULL"],
     ["12345678901234567890123456789012345678901234567890.5", "NaN", None]),
    ("text", ["''", "E'tab\\tline\\nback\\\\slash \\u00e9\\U0001F600'", "NULL"], ["", "tab\tline\nback\\slash é\U0001F600", None]),
    ("real", ["'NaN'", "'Infinity'", "1e-45"], ["nan", float("inf"), 1.401298464324817e-45]),
    ("date", ["'0044-03-15 BC'", "'5874897-12-31'", "NULL"], [-735160, 2145042905, None]),
    ("timestamp", ["'4713-01-01 00:00:00 BC'", "'294246-12-31 23:59:59.999999'", "NULL"], [-210863520000000000, 9223371244799999999, None]),
    ("timestamptz", ["'4713-01-01 00:00:00+00 BC'", "'2024-03-31 02:30:00.000001 Europe/Berlin'", "NULL"], [-210863520000000000, 1711848600000001, None]),
    ("mood[]", ["ARRAY['ok', 'so so']::mood[]", "'{}'", "NULL"], ['["ok","so so"]', "[]", None]),
    ("bytea[]", ["ARRAY['\\x00ff'::bytea]", "'{}'", "NULL"], ['["\\\\x00ff"]', "[]", None]),
    ("percent[]", ["ARRAY[5, 100]", "'{}'", "NULL"], ["[5,100]", "[]", None]),
    ("hstore", ["'a=>1, b=>NULL'", "''", "NULL"], ['"a"=>"1", "b"=>NULL', "", None]),
    ("xml", ["'<a>é</a>'", "'<b/>'", "NULL"], ["<a>é</a>", "<b/>", None]),
    ("point", ["'(1.5,-2)'", "'(0,0)'", "NULL"], ["(1.5,-2)", "(0,0)", None]),
    ("macaddr", ["'08:00:2b:01:02:03'", "'ff:ff:ff:ff:ff:ff'", "NULL"], ["08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff", None]),
    ("tsvector", ["'a fat cat'", "''", "NULL"], ["'a' 'cat' 'fat'", "", None]),
    ("varbit", ["B'10101'", "B''", "NULL"], ["10101", "", None]),
    ("name", ["'n'", "''", "NULL"], ["n", "", None]),
    ("text", ["'\\N'", "'\\.'", "E'\\r\\n'"], ["\\N", "\\.", "\r\n"]),
    ("varchar(5)", ["'abcde'", "' x '", "NULL"], ["abcde", " x ", None]),
    ("char(4)", ["'ab'", "''", "NULL"], ["ab  ", "    ", None]),
    ("bytea", ["'\\x00ff5c0a'", "''", "NULL"], [b"\x00\xff\\\n", b"", None]),
    ("date", ["'0001-01-01'", "'9999-12-31'", "NULL"], [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None]),
    ("time", ["'00:00:00'", "'23:59:59.999999'", "NULL"], ["00:00:00", "23:59:59.999999", None]),
    ("timetz", ["'00:00:00+14'", "'23:59:59.5-03:30'", "NULL"], ["00:00:00+14", "23:59:59.5-03:30", None]),
    ("timestamp", ["'1583-01-01 00:00:00.000001'", "'2024-02-29 23:59:59.999999'", "NULL"],
     [datetime.datetime(1583, 1, 1, 0, 0, 0, 1), datetime.datetime(2024, 2, 29, 23, 59, 59, 999999), None]),
    ("timestamptz", ["'2024-07-01 12:00:00.5+09'", "'1900-01-01 00:00:00+00'", "NULL"],
     [datetime.datetime(2024, 7, 1, 3, 0, 0, 500000, UTC), datetime.datetime(1900, 1, 1, tzinfo=UTC), None]),
    ("interval", ["'1 year 2 mons 3 days 04:05:06.7'", "'-1 day'", "NULL"], ["1 year 2 mons 3 days 04:05:06.7", "-1 days", None]),
    ("uuid", ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'", "NULL"],
     ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000", None]),
    ("json", ["'{\"a\": [1, 2.50]}'", "'null'", "NULL"], ['{"a": [1, 2.50]}', "null", None]),
    ("jsonb", ["'{\"b\":1,\"a\":\"x\\ty\"}'", "'1e2'", "NULL"], ['{"a": "x\\ty", "b": 1}', "100", None]),
    ("integer[]", ["'{1,NULL,3}'", "'{}'", "NULL"], ["[1,null,3]", "[]", None]),
    ("text[]", ["ARRAY['a,b', E'q\"\\n']", "'{{a},{b}}'", "NULL"], ['["a,b","q\\"\\n"]', '[["a"],["b"]]', None]),
    ("money", ["1.5", "-2", "NULL"], ["$1.50", "-$2.00", None]),
    ("inet", ["'192.168.0.1/24'", "'::1'", "NULL"], ["192.168.0.1/24", "::1", None]),
    ("bit(3)", ["B'101'", "B'000'", "NULL"], ["101", "000", None]),
    ("int4range", ["'[1,5)'", "'empty'", "NULL"], ["[1,5)", "empty", None]),
    ("mood", ["'ok'", "'so so'", "NULL"], ["ok", "so so", None]),
    ("percent", ["5", "100", "NULL"], [5, 100, None]),
    ("pair", ["ROW(1,'x')", "NULL", "NULL"], ['{"a":1,"b":"x"}', None, None]),
]


def plain(column):
    """Days or microseconds since 1970: Python's dates end with the year 9999."""
    return column.cast("int32" if str(column.type) == "date32[day]" else "int64").to_pylist()


@test
def every_type_reads_back_equal():
    db = server()
    db.ask("CREATE EXTENSION hstore")
    db.ask("CREATE TYPE mood AS ENUM ('ok', 'so so'); CREATE DOMAIN percent AS int CHECK (value <= 100); CREATE TYPE pair AS (a int, b text)")
    db.ask("CREATE TABLE torture (n int, " + ", ".join(f"c{i} {kind}" for i, (kind, _, _) in enumerate(TYPES)) + ")")
    for row in range(3):
        db.ask(f"INSERT INTO torture VALUES ({row}, " + ", ".join(literals[row] for _, literals, _ in TYPES) + ")")
    with Project() as project:
        load(project, db, "table: torture\n  order_by: n", out="{type: s3_parquet, bucket: b, path_prefix: t, catalog: {database: d, table: t}}")
        check = pq.read_table(glob.glob(project.folder + "/.tegaru/objects/**/*.parquet", recursive=True)[0]).sort_by("n")
        for i, (kind, _, wanted) in enumerate(TYPES):
            equal(plain(check[f"c{i}"]) if isinstance(wanted[0], int) and kind[0] in "td" else ["nan" if x != x else x for x in check[f"c{i}"].to_pylist()], wanted, kind)
        text, instant = (next(i for i, (kind, literals, _) in enumerate(TYPES) if literals[0] == x) for x in ("''", "'2024-07-01 12:00:00.5+09'"))
        rows = check_run(project.run("query", "--format", "csv", f"SELECT c3, c7, c{text}, c{instant} FROM d.t ORDER BY n")).stdout
        contains(rows, "-9223372036854775808,-9999999999999999999999999999.9999999999,\"\",2024-07-01 03:00:00.500")


@test
def the_ledger_names_types_and_losses():
    db = server()
    with Project() as project:
        project.write("load.yml", config(db, "table: torture"))
        rows = {r["name"]: r for r in json.loads(check_run(project.run("load", "types", "load.yml", "--json")).stdout)}
        name = lambda kind: f"c{[k for k, _, _ in TYPES].index(kind)}"  # noqa: E731
        equal((rows["c7"]["source"], rows["c7"]["glue"]), ("numeric(38,10)", "decimal(38,10)"))
        equal(rows[name("timestamptz")]["stored"], "INT64 (TIMESTAMP(MICROS, UTC))")
        contains(rows[name("numeric")]["loss"], "digits as a text")
        assert "loss" not in rows["c3"], rows["c3"]


@test
def what_no_type_holds_is_refused_unless_allowed():
    db = server()
    for kind, literal, message in [("date", "'infinity'", "is no date that can be stored"),
                                   ("timestamp", "'-infinity'", "is no time that can be stored"),
                                   ("numeric(5,2)", "'NaN'", "is no number that a decimal holds")]:
        with Project() as project:
            done = load(project, db, f"query: \"SELECT {literal}::{kind} AS c, 1 AS n\"", 1)
            contains(done.stderr, f"column 'c': {literal} {message}")
            assert not glob.glob(project.folder + "/.tegaru/objects/b/*"), "nothing is left"
            load(project, db, f"query: \"SELECT {literal}::{kind} AS c, 1 AS n\"\n  lossy: allow")
            equal(table(project).to_pylist(), [{"c": None, "n": 1}])


@test
def types_embulk_are_those_of_its_plug_in():
    db = server()
    with Project() as project:
        query = "SELECT 1::smallint a, 1.5::numeric(5,2) b, date '2020-01-02' c, true d, '{\\\"x\\\":1}'::json e, array[1,2] f, time '10:11:12' g"
        done = load(project, db, f"query: \"{query}\"", top="types: embulk\n", out="{type: stdout}")
        contains(done.stdout, '1,1.5,2020-01-02 00:00:00.000000 +0000,true,{"x":1},{1,2},1970-01-01 10:11:12.000000 +0000')
        contains(load(project, db, "query: \"SELECT 'a'::bytea AS x\"", 1, top="types: embulk\n", out="{type: stdout}").stderr, "value_type: string")


@test
def splits_read_one_snapshot_while_rows_change():
    db = server()
    db.ask("CREATE TABLE big AS SELECT i AS id, i % 97 AS v, repeat('x', 50) AS t FROM generate_series(1, 300000) i; ALTER TABLE big ADD PRIMARY KEY (id)")
    stop = threading.Event()

    def change():
        while not stop.is_set():
            db.ask("UPDATE big SET v = v + 1 WHERE id % 50 = 0; DELETE FROM big WHERE id > 299900; "
                   "INSERT INTO big SELECT i, 0, 'new' FROM generate_series(299901, 300000) i ON CONFLICT DO NOTHING")
    thread = threading.Thread(target=change)
    thread.start()
    try:
        with Project() as project:
            for splits in ("auto", "1", "7", "100"):
                load(project, db, f"table: big\n  splits: {splits}")
                got = table(project)
                ids = got["id"].to_pylist()
                equal((len(ids), len(set(ids))), (300000, 300000), splits)
            contains(load(project, db, "table: big\n  splits: many", 1).stderr, "'splits' must be auto or a number")
    finally:
        stop.set()
        thread.join()


@test
def an_incremental_load_goes_on_behind_the_last_record():
    db = server()
    db.ask("CREATE TABLE log (id bigint, at timestamp, PRIMARY KEY (at, id)); INSERT INTO log SELECT i, timestamp '2024-01-01' + i * interval '1 s' FROM generate_series(1, 5) i")
    with Project() as project:
        source = "table: log\n  incremental: true"
        first = load(project, db, source, 0, ("-c", "diff.yml"), out="{type: stdout}")
        equal(json.loads(first.stdout.splitlines()[-1])["rows_read"], 5)
        contains(project.read("diff.yml"), "2024-01-01 00:00:05")
        db.ask("INSERT INTO log VALUES (9, '2024-01-01 00:00:05'), (3, '2024-01-01 00:00:06'), (1, '2023-01-01')")
        again = load(project, db, source, 0, ("-c", "diff.yml"), out="{type: stdout}")
        equal(json.loads(again.stdout.splitlines()[-1])["rows_read"], 2)
        raw = "query: SELECT id, at FROM log WHERE id > :id ORDER BY id\n  use_raw_query_with_incremental: true\n  incremental: true\n  incremental_columns: [id]\n  last_record: [4]"
        equal(json.loads(load(project, db, raw, out="{type: stdout}").stdout.splitlines()[-1])["rows_read"], 2)
        contains(load(project, db, "table: big_none\n  incremental: true", 1).stderr, "big_none")
        contains(load(project, db, "query: SELECT 1\n  incremental: true", 1).stderr, "needs 'incremental_columns'")
        contains(load(project, db, "query: SELECT 1\n  table: x", 1).stderr, "give either 'table'")


@test
def hooks_run_and_column_options_change_types():
    db = server()
    db.ask("CREATE TABLE done (n int)")
    with Project() as project:
        load(project, db, "query: SELECT 1.5 AS a, timestamp '2024-01-02 03:04:05' AS b;\n  before_select: INSERT INTO done VALUES (1)\n"
             "  after_select: INSERT INTO done VALUES (2)\n  column_options: {A: {type: string}, b: {type: string, timestamp_format: '%d.%m.%Y %H', timezone: Asia/Tokyo}}")
        equal(table(project).to_pylist(), [{"a": "1.5", "b": "02.01.2024 12"}])
        equal(db.ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM done"), "1,2")


@test
def a_killed_connection_stops_the_load_and_publishes_nothing():
    db = server()
    with Project() as project:
        done = load(project, db, "query: SELECT i, CASE WHEN i = 200000 THEN pg_terminate_backend(pg_backend_pid()) END AS k FROM generate_series(1, 400000) i", 1)
        assert "lost the connection" in done.stderr or "terminating connection" in done.stderr, done.stderr
        assert not glob.glob(project.folder + "/.tegaru/objects/b/*")


@test
def tls_is_used_when_the_server_offers_it():
    db = server()
    query = "query: SELECT s.ssl, a.application_name AS n FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE pid = pg_backend_pid()"
    with Project() as project:
        load(project, db, query)
        equal(table(project).to_pylist(), [{"ssl": False, "n": "tegaru"}])
        contains(load(project, db, query + "\n  ssl: true", 1).stderr, "SSL")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", f"{db.folder}/key.pem", "-out", f"{db.folder}/cert.pem"], check=True, capture_output=True)
        for name in ("key.pem", "cert.pem"):
            os.chmod(f"{db.folder}/{name}", 0o600)
            if db.user:
                shutil.chown(f"{db.folder}/{name}", db.user, db.user)
        db.stop()
        db.up("-c", "ssl=on", "-c", f"ssl_cert_file={db.folder}/cert.pem", "-c", f"ssl_key_file={db.folder}/key.pem")
        for more in ("", "\n  ssl: true\n  application_name: nightly"):
            load(project, db, query + more)
            equal(table(project).to_pylist(), [{"ssl": True, "n": "nightly" if more else "tegaru"}])


@test
def wrong_servers_and_names_are_told():
    db = server()
    with Project() as project:
        contains(load(project, db, "table: nowhere", 1).stderr, "nowhere")
        contains(load(project, db, "query: SELEC 1", 1).stderr, "syntax error")
        text = config(db, "table: big")
        project.write("load.yml", text.replace("sekret", "no-such-word"))
        done = check_run(project.run("load", "run", "load.yml"), 1)
        contains(done.stderr, "password authentication failed")
        assert "no-such-word" not in done.stderr


try:
    main()
finally:
    if "db" in shared:
        shared["db"].__exit__()
