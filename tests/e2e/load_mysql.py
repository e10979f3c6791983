"""The mysql input against a real server: every type, splits in one snapshot, TLS, killed connections."""
import datetime
import decimal
import glob
import json
import shutil
import subprocess
import tempfile
import threading
import time

from servers import Mariadb, wait_until
from support import Project, check_run, contains, equal, main, test

import pyarrow.parquet as pq

shared = {}


def server():
    if "db" not in shared:
        shared["db"] = Mariadb("--sql-mode=", "--innodb-stats-auto-recalc=1")
    return shared["db"]


def load(project, db, source, status=0, out="{type: s3_parquet, bucket: b, path_prefix: t/}", top="", user="u", password="sekret", arguments=()):
    project.write("load.yml", f"{top}in:\n  type: mysql\n  host: 127.0.0.1\n  port: {db.port}\n  user: {user}\n  password: {password}\n"
                  f"  database: test\n  {source}\nout: {out}\n")
    return check_run(project.run("load", "run", "load.yml", "--json", *arguments), status)


def table(project):
    return pq.read_table(sorted(glob.glob(project.folder + "/.tegaru/objects/b/t/*.parquet"))[-1])


D = decimal.Decimal
UTC = datetime.timezone.utc
TYPES = [
    ("TINYINT", ["-128", "127", "NULL"], [-128, 127, None]),
    ("TINYINT UNSIGNED", ["0", "255", "NULL"], [0, 255, None]),
    ("TINYINT(1)", ["1", "-5", "NULL"], [1, -5, None]),
    ("SMALLINT", ["-32768", "32767", "NULL"], [-32768, 32767, None]),
    ("SMALLINT UNSIGNED", ["0", "65535", "NULL"], [0, 65535, None]),
    ("MEDIUMINT", ["-8388608", "8388607", "NULL"], [-8388608, 8388607, None]),
    ("MEDIUMINT UNSIGNED", ["0", "16777215", "NULL"], [0, 16777215, None]),
    ("INT", ["-2147483648", "2147483647", "NULL"], [-2147483648, 2147483647, None]),
    ("INT UNSIGNED", ["0", "4294967295", "NULL"], [0, 4294967295, None]),
    ("BIGINT", ["-9223372036854775808", "9223372036854775807", "NULL"], [-2**63, 2**63 - 1, None]),
    ("BIGINT UNSIGNED", ["0", "18446744073709551615", "NULL"], [D(0), D(2**64 - 1), None]),
    ("INT(5) ZEROFILL", ["7", "123456", "NULL"], [7, 123456, None]),
    ("BIT(1)", ["b'0'", "b'1'", "NULL"], [False, True, None]),
    ("BIT(8)", ["b'0'", "b'10000001'", "NULL"], [D(0), D(129), None]),
    ("BIT(64)", ["b'0'", "0xFFFFFFFFFFFFFFFF", "NULL"], [D(0), D(2**64 - 1), None]),
    ("FLOAT", ["-3.4028234e38", "16777215", "NULL"], [-3.4028234663852886e38, 16777215.0, None]),
    ("DOUBLE", ["2.2250738585072014e-308", "-1.7976931348623157e308", "NULL"], [2.2250738585072014e-308, -1.7976931348623157e308, None]),
    ("DECIMAL(38,10)", ["-9999999999999999999999999999.9999999999", "0.0000000001", "NULL"],
     [D("-9999999999999999999999999999.9999999999"), D("0.0000000001"), None]),
    ("DECIMAL(5,0) UNSIGNED", ["0", "99999", "NULL"], [D(0), D(99999), None]),
    ("CHAR(5)", ["'a '", "''", "NULL"], ["a", "", None]),
    ("VARCHAR(20)", ["' x '", "'\\'\\\\\\0'", "NULL"], [" x ", "'\\\0", None]),
    ("TEXT CHARACTER SET utf8mb4", ["'é😀\\n\\t'", "''", "NULL"], ["é😀\n\t", "", None]),
    ("VARCHAR(9) CHARACTER SET latin1", ["'é'", "'ÿ'", "NULL"], ["é", "ÿ", None]),
    ("ENUM('a ','b')", ["'a '", "'b'", "NULL"], ["a", "b", None]),
    ("SET('x','y')", ["'x,y'", "''", "NULL"], ["x,y", "", None]),
    ("BINARY(3)", ["0x00ff", "''", "NULL"], [b"\x00\xff\x00", b"\0\0\0", None]),
    ("VARBINARY(9)", ["0x00ff0a", "''", "NULL"], [b"\x00\xff\n", b"", None]),
    ("BLOB", ["0x00ff5c27", "''", "NULL"], [b"\x00\xff\\'", b"", None]),
    ("DATE", ["'1000-01-01'", "'9999-12-31'", "NULL"], [datetime.date(1000, 1, 1), datetime.date(9999, 12, 31), None]),
    ("DATETIME(6)", ["'1000-01-01 00:00:00.000001'", "'2024-02-29 23:59:59.999999'", "NULL"],
     [datetime.datetime(1000, 1, 1, 0, 0, 0, 1), datetime.datetime(2024, 2, 29, 23, 59, 59, 999999), None]),
    ("DATETIME", ["'1999-12-31 23:59:59'", "'2000-01-01'", "NULL"], [datetime.datetime(1999, 12, 31, 23, 59, 59), datetime.datetime(2000, 1, 1), None]),
    ("TIMESTAMP(6) NULL", ["'1970-01-01 00:00:01.5'", "'2038-01-19 03:14:07.999999'", "NULL"],
     [datetime.datetime(1970, 1, 1, 0, 0, 1, 500000, UTC), datetime.datetime(2038, 1, 19, 3, 14, 7, 999999, UTC), None]),
    ("TIME(3)", ["'-838:59:59.999'", "'838:59:59'", "NULL"], ["-838:59:59.999000", "838:59:59", None]),
    ("YEAR", ["1901", "2155", "NULL"], [1901, 2155, None]),
    ("JSON", ["'{\"a\": [1, 2.50]}'", "'null'", "NULL"], ['{"a": [1, 2.50]}', "null", None]),
    ("UUID", ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000001'", "NULL"],
     ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000001", None]),
    ("INET6", ["'::1'", "'::ffff:1.2.3.4'", "NULL"], ["::1", "::ffff:1.2.3.4", None]),
]


@test
def every_type_reads_back_equal():
    db = server()
    db.ask("SET time_zone = '+00:00'; CREATE TABLE torture (n INT, " + ", ".join(f"c{i} {kind}" for i, (kind, _, _) in enumerate(TYPES)) + ") CHARACTER SET utf8mb4")
    for row in range(3):
        db.ask(f"SET time_zone = '+00:00'; INSERT INTO torture VALUES ({row}, " + ", ".join(literals[row] for _, literals, _ in TYPES) + ")")
    with Project() as project:
        load(project, db, "table: torture\n  order_by: n")
        got = table(project).sort_by("n")
        for i, (kind, _, wanted) in enumerate(TYPES):
            equal(got[f"c{i}"].to_pylist(), wanted, kind)


@test
def a_server_without_room_for_prepared_queries_sends_the_same():
    db = server()
    with Project() as project:
        load(project, db, "table: torture\n  order_by: n")
        usual = table(project)
        db.ask("SET GLOBAL max_prepared_stmt_count = 0")
        try:
            load(project, db, "table: torture\n  order_by: n")
        finally:
            db.ask("SET GLOBAL max_prepared_stmt_count = 16382")
        floats = [f"c{i}" for i, (kind, _, _) in enumerate(TYPES) if kind == "FLOAT"]  # texts have six digits
        equal(table(project).drop(floats).to_pylist(), usual.drop(floats).to_pylist())


@test
def texts_of_any_length_come_whole():
    db = server()
    db.ask("CREATE TABLE long_texts (id INT PRIMARY KEY, a LONGTEXT, b LONGBLOB); INSERT INTO long_texts VALUES (1, 'x', NULL), "
           "(2, repeat('é', 100000), repeat('y', 255)), (3, '', repeat('z', 256)), (4, repeat('w', 257), repeat('v', 3000000)), (5, NULL, '')")
    with Project() as project:
        load(project, db, "table: long_texts")
        equal([(r["a"], r["b"]) for r in table(project).sort_by("id").to_pylist()],
              [("x", None), ("é" * 100000, b"y" * 255), ("", b"z" * 256), ("w" * 257, b"v" * 3000000), (None, b"")])


@test
def the_ledger_names_types_and_losses():
    db = server()
    with Project() as project:
        load(project, db, "table: torture")
        rows = {r["name"]: r for r in json.loads(check_run(project.run("load", "types", "load.yml", "--json")).stdout)}
        equal((rows["c10"]["source"], rows["c10"]["glue"]), ("bigint unsigned", "decimal(20,0)"))
        equal((rows["c31"]["source"], rows["c31"]["stored"]), ("timestamp", "INT64 (TIMESTAMP(MICROS, UTC))"))
        equal([n for n, r in rows.items() if "loss" in r], [])
        project.write("load.yml", "types: embulk\n" + project.read("load.yml").replace("table: torture", "query: SELECT c2, c17, c28, c32 FROM torture"))
        rows = {r["name"]: r.get("loss", "") for r in json.loads(check_run(project.run("load", "types", "load.yml", "--json")).stdout)}
        contains(rows["c17"], "digits beyond the 15th")
        contains(rows["c2"], "all but whether it is 0")
        contains(rows["c28"], "zero dates become null")


@test
def what_no_type_holds_is_refused_unless_allowed():
    db = server()
    db.ask("CREATE TABLE zero (d DATE, t DATETIME); INSERT INTO zero VALUES ('0000-00-00', '2024-00-10 00:00:00')")
    with Project() as project:
        contains(load(project, db, "table: zero", 1).stderr, "column 'd': '0000-00-00' is no date; write 'lossy: allow'")
        load(project, db, "table: zero\n  lossy: allow")
        equal(table(project).to_pylist(), [{"d": None, "t": None}])
        contains(load(project, db, "query: SELECT CAST(1 AS DECIMAL(40,2)) AS d", 1).stderr, "Parquet holds 38 digits")
        contains(load(project, db, "query: SELECT ST_GeomFromText('POINT(1 1)') AS g", 1).stderr, "ST_AsText(g)")


@test
def a_preview_does_not_read_the_rows_that_it_does_not_show():
    db = server()
    with Project() as project:
        started = time.monotonic()
        project.write("load.yml", f"in: {{type: mysql, host: 127.0.0.1, port: {db.port}, user: u, password: sekret, database: test, "
                      "query: \"SELECT seq, sleep(0.0005) AS s FROM seq_1_to_200000\"}\nout: {type: stdout}\n")
        contains(check_run(project.run("load", "preview", "load.yml")).stdout, "seq:long")
        assert time.monotonic() - started < 20, "all of them take more than 100 s"


@test
def a_timeout_of_0_is_none_and_a_port_is_one():
    with Project() as project:
        done = load(project, server(), "query: SELECT SLEEP(1.2) AS s\n  socket_timeout: 0\n  connect_timeout: 0", out="{type: stdout}")
        contains(done.stdout, "0")
        done = load(project, server(), "query: SELECT SLEEP(5) AS s\n  socket_timeout: 1", 1, out="{type: stdout}")
        contains(done.stderr, "Lost connection")
        for kind in ("mysql", "postgresql"):
            project.write("load.yml", f"in: {{type: {kind}, user: u, database: d, port: 70000, table: t}}\nout: {{type: stdout}}\n")
            contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "'port' must be 1 to 65535")
            project.write("load.yml", f"in: {{type: config, columns: [{{name: i, type: long}}], values: [[[1]]]}}\n"
                          f"out: {{type: {kind}, user: u, database: d, port: 0, table: t, mode: insert}}\n")
            contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "'port' must be 1 to 65535")


@test
def splits_read_one_snapshot_while_rows_change():
    db = server()
    db.ask("CREATE TABLE big (id BIGINT PRIMARY KEY, v INT, t VARCHAR(60)); INSERT INTO big SELECT seq, seq % 97, repeat('x', 50) FROM seq_1_to_200000; ANALYZE TABLE big")
    stop = threading.Event()

    def change():
        while not stop.is_set():
            db.ask("BEGIN; DELETE FROM big WHERE id > 199900; INSERT INTO big SELECT seq, 0, 'new' FROM seq_199901_to_200000; COMMIT;"
                   "BEGIN; UPDATE big SET v = v + 1 WHERE id = 1; UPDATE big SET v = v - 1 WHERE id = 199999; COMMIT")
    thread = threading.Thread(target=change)
    thread.start()
    try:
        with Project() as project:
            for splits in ("auto", "1", "5", "64"):
                load(project, db, f"table: big\n  splits: {splits}\n  where: id <> 77")
                ids = table(project)["id"].to_pylist()
                equal((len(ids), len(set(ids))), (199999, 199999), splits)
    finally:
        stop.set()
        thread.join()


@test
def without_the_right_to_lock_one_connection_reads_all():
    db = server()
    db.ask("CREATE USER weak@'%' IDENTIFIED BY 'sekret'; GRANT SELECT ON test.* TO weak@'%'")
    with Project() as project:
        done = load(project, db, "table: big\n  splits: 8", user="weak")
        contains(done.stderr, "GRANT RELOAD makes it faster")
        equal(table(project).num_rows, 200000)
        contains(load(project, db, "table: big\n  splits: 4\n  split_column: t", 1).stderr, "must be a column of 'big' of an integer type")


@test
def odd_keys_are_cut_without_losing_a_row():
    db = server()
    db.ask("CREATE TABLE odd (id BIGINT PRIMARY KEY); INSERT INTO odd VALUES (-9223372036854775807), (-5), (0), (3), (9223372036854775000);"
           "CREATE TABLE uns (id BIGINT UNSIGNED PRIMARY KEY); INSERT INTO uns VALUES (0), (18446744073709551615);"
           "CREATE TABLE none (id INT PRIMARY KEY); CREATE TABLE txt (id VARCHAR(9) PRIMARY KEY); INSERT INTO txt VALUES ('a')")
    with Project() as project:
        for name, count in (("odd", 5), ("uns", 2), ("none", 0), ("txt", 1)):
            load(project, db, f"table: {name}\n  splits: 7")
            equal(table(project).num_rows, count, name)


@test
def tls_is_used_when_the_server_offers_it():
    folder = None
    db = None
    try:
        folder = tempfile.mkdtemp(prefix="tegaru-tls-")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], check=True, capture_output=True)
        db = Mariadb(f"--ssl-key={folder}/key.pem", f"--ssl-cert={folder}/cert.pem")
        with Project() as project:
            query = "query: SELECT variable_value AS v FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'"
            load(project, db, query)
            assert table(project)["v"].to_pylist()[0] != "", "no TLS"
            load(project, db, query + "\n  ssl: disable")
            equal(table(project)["v"].to_pylist(), [""])
            contains(load(project, db, query + "\n  ssl: sometimes", 1).stderr, "'ssl' must be prefer, disable")
        with Project() as project:
            load(project, server(), query)
            contains(load(project, server(), query + "\n  ssl: enable", 1).stderr, "SSL")
    finally:
        if db:
            db.__exit__()
        if folder:
            shutil.rmtree(folder)


@test
def a_killed_connection_stops_the_load_and_publishes_nothing():
    db = server()
    with Project() as project:
        for splits in ("1", "4"):
            started = time.monotonic()
            slow = f"table: big\n  splits: {splits}\n  where: id < 0 OR sleep(0.0005) = 0"
            failed = []
            thread = threading.Thread(target=lambda: failed.append(load(project, db, slow, 1)))
            thread.start()
            ids = []
            wait_until(lambda: ids.extend(db.ask("SELECT id FROM information_schema.processlist WHERE user = 'u' AND info LIKE 'SELECT * FROM%'").split()) or ids, "the query")
            db.ask("; ".join(f"KILL {i}" for i in set(ids[:1])))
            thread.join()
            assert time.monotonic() - started < 10, "the other connections do not read to their ends"
            assert failed and ("Lost connection" in failed[0].stderr or "lost" in failed[0].stderr.lower()), failed and failed[0].stderr
            assert not glob.glob(project.folder + "/.tegaru/objects/b/t/*"), "nothing is left"


try:
    main()
finally:
    if "db" in shared:
        shared["db"].__exit__()
