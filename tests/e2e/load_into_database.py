"""The outputs postgresql and mysql against real servers: every mode, every type, failures leave nothing."""
import json
import os
import subprocess

from servers import Mariadb, Postgresql
from support import TEGARU, Project, check_run, contains, equal, main, test

shared = {}


class Target:
    """One of the servers, with what its SQL calls things."""

    def __init__(self, kind):
        self.kind = kind
        self.server = Postgresql() if kind == "postgresql" else Mariadb()
        self.ask = self.server.ask

    def out(self, more):
        user, database = ("postgres", "postgres") if self.kind == "postgresql" else ("u", "test")
        return f"{{type: {self.kind}, host: 127.0.0.1, port: {self.server.port}, user: {user}, password: sekret, database: {database}, {more}}}"

    def tables(self):
        schema = "public" if self.kind == "postgresql" else "test"
        return sorted(self.ask(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'").split())

    def rows(self, sql):
        return [tuple(line.split("|" if self.kind == "postgresql" else "\t")) for line in self.ask(sql).splitlines()]


def targets():
    for kind in ("postgresql", "mysql"):
        if kind not in shared:
            shared[kind] = Target(kind)
        yield shared[kind]


COLUMNS = "[{name: id, type: long}, {name: name, type: string}, {name: n, type: long}]"


def load(project, target, rows, more, status=0, columns=COLUMNS, top="", filters=""):
    text = "\n".join(rows)
    project.write("in.csv", text + "\n")
    project.write("load.yml", f"{top}in: {{type: file, path_prefix: in.csv, parser: {{type: csv, columns: {columns}}}}}\n{filters}out: {target.out(more)}\n")
    return check_run(project.run("load", "run", "load.yml", "--json"), status)


@test
def each_mode_does_what_it_says():
    for target in targets():
        with Project() as project:
            def check(mode, rows, wanted, more=""):
                load(project, target, rows, f"table: t, mode: {mode}{more}")
                equal(target.rows("SELECT id, name, n FROM t ORDER BY id, n"), wanted, f"{target.kind} {mode}")
                equal([t for t in target.tables() if t.startswith("t")], ["t"], mode)
            check("insert", ["1,a,10", "2,b,20"], [("1", "a", "10"), ("2", "b", "20")])
            check("insert_direct", ["3,c,30"], [("1", "a", "10"), ("2", "b", "20"), ("3", "c", "30")])
            check("truncate_insert", ["4,d,40"], [("4", "d", "40")])
            check("replace", ["1,a,10", "2,b,20"], [("1", "a", "10"), ("2", "b", "20")])
            target.ask("ALTER TABLE t ADD PRIMARY KEY (id)")
            check("merge", ["2,B,21", "3,c,30", "3,C,31"], [("1", "a", "10"), ("2", "B", "21"), ("3", "C", "31")])
            check("merge_direct", ["1,A,11"], [("1", "A", "11"), ("2", "B", "21"), ("3", "C", "31")])
            rule = "n = t.n + S.n" if target.kind == "postgresql" else "n = t.n + VALUES(n)"
            check("merge", ["1,zz,100"], [("1", "A", "111"), ("2", "B", "21"), ("3", "C", "31")], f", merge_rule: ['{rule}']")
            check("replace", ["9,new,1"], [("9", "new", "1")])
            load(project, target, ["1,x,1", "1,y,2"], "table: m, mode: merge, merge_keys: [id]")
            equal(target.rows("SELECT id, name, n FROM m"), [("1", "y", "2")])
            load(project, target, ["1,z,3", "2,w,4"], "table: m, mode: merge")
            equal(target.rows("SELECT id, name, n FROM m ORDER BY id"), [("1", "z", "3"), ("2", "w", "4")])
            target.ask("DROP TABLE t")
            target.ask("DROP TABLE m")


@test
def hooks_and_columns_of_the_table_are_heeded():
    for target in targets():
        with Project() as project:
            target.ask("CREATE TABLE h (N bigint, id bigint, extra int DEFAULT 7, name varchar(5))" if target.kind == "mysql" else
                       'CREATE TABLE h ("N" bigint, id bigint, extra int DEFAULT 7, name varchar(5))')
            load(project, target, ["1,a,10"], "table: h, mode: insert, before_load: \"INSERT INTO h (id) VALUES (0)\", after_load: \"UPDATE h SET extra = 8 WHERE id = 0\"")
            n = '"N"' if target.kind == "postgresql" else "N"
            equal(target.rows(f"SELECT id, name, extra, COALESCE({n}, -1) FROM h WHERE id = 1"), [("1", "a", "7", "10")])
            equal(target.rows("SELECT extra FROM h WHERE id = 0"), [("8",)])
            done = load(project, target, ["1,a,10"], "table: h, mode: insert", 1, columns="[{name: id, type: long}, {name: other, type: string}, {name: x, type: long}]")
            contains(done.stderr, "no column 'other'")
            load(project, target, ["2,b,10"], "table: h, mode: insert", columns="[{name: id, type: long}, {name: other, type: string}, {name: x, type: long}]", top="types: embulk\n")
            equal(target.rows("SELECT count(*) FROM h WHERE id = 2 AND name IS NULL"), [("1",)])
            target.ask("DROP TABLE h")


@test
def a_failure_leaves_neither_rows_nor_tables():
    for target in targets():
        with Project() as project:
            target.ask("CREATE TABLE f (id int PRIMARY KEY, name varchar(5), n int)")
            target.ask("INSERT INTO f VALUES (1, 'old', 1)")
            before = target.tables()
            for mode in ("insert", "insert_direct", "truncate_insert", "merge"):
                rows = [f"{i},a,1" for i in range(2, 5000)] + ["7000,too long a name,1"]
                contains(load(project, target, rows, f"table: f, mode: {mode}", 1).stderr, "too long" if target.kind == "postgresql" else "truncated for column 'name'")
                if mode != "merge":
                    rows = ["5,a,1", "1,b,1"] if mode != "truncate_insert" else ["5,a,1", "5,b,1"]
                    contains(load(project, target, rows, f"table: f, mode: {mode}", 1).stderr.lower(), "duplicate")
                contains(load(project, target, ["5,a,1", "x,b,1"], f"table: f, mode: {mode}", 1).stderr, "in.csv")
                equal((target.rows("SELECT * FROM f"), target.tables()), ([("1", "old", "1")], before), mode)
            contains(load(project, target, ["5,a,1", "x,b,1"], "table: gone, mode: replace", 1).stderr, "in.csv")
            contains(load(project, target, ["5,a,1"], "table: f, mode: insert, after_load: \"SELECT nonsense\"", 1).stderr, "nonsense")
            contains(load(project, target, ["5,a,1"], "table: f, mode: upsert", 1).stderr, "'mode' must be")
            contains(load(project, target, ["5,a,1"], "table: f, mode: merge, merge_keys: [zz]", 1 if target.kind == "postgresql" else 0).stderr + "zz", "zz")
            equal(target.tables(), before)
            target.ask("DROP TABLE f")
            contains(load(project, target, ["5,a,1"], "table: nokey, mode: merge", 1).stderr, "no primary key")


@test
def values_arrive_as_they_are():
    columns = ("[{name: s, type: string}, {name: b, type: boolean}, {name: d, type: double}, {name: m, type: 'decimal(38,10)'}, "
               "{name: day, type: date, format: '%Y-%m-%d'}, {name: at, type: timestamp, format: '%Y-%m-%d %H:%M:%S.%N'}, {name: j, type: json}]")
    rows = ['"tab\there, back\\\\slash\r\nand line é😀",true,1.5e300,-9999999999999999999999999999.9999999999,0001-01-01,1583-01-01 00:00:00.000001,"{""a"": [1, ""x\\ty""]}"',
            '\\N,false,-0.1,0.0000000001,9999-12-31,9999-12-31 23:59:59.999999,null', ',,,,,,']
    for target in targets():
        with Project() as project:
            load(project, target, rows, "table: v, mode: insert", columns=columns)
            if target.kind == "postgresql":
                got = json.loads(target.ask("SELECT json_agg(json_build_array(s, b, d, m::text, day, at, j::text) ORDER BY m) FROM v"))
            else:
                got = [json.loads(x) for x in target.ask("SELECT JSON_ARRAY(s, b, d, CAST(m AS char), day, at, CAST(j AS char)) FROM v ORDER BY m IS NULL, m").replace("\\\\", "\\").splitlines()]
            equal(len(got), 3)
            equal(got[0][0].replace("\\\\", "\\"), "tab\there, back\\slash\r\nand line é😀")
            equal((bool(got[0][1]), got[0][2], got[0][3]), (True, 1.5e300, "-9999999999999999999999999999.9999999999"))
            equal((got[0][4], got[0][5].replace("T", " "), got[1][5].replace("T", " ")), ("0001-01-01", "1583-01-01 00:00:00.000001", "9999-12-31 23:59:59.999999"))
            equal((got[1][0], bool(got[1][1]), got[1][2], got[1][3]), ("\\N", False, -0.1, "0.0000000001"))
            target.ask("DROP TABLE v")


@test
def a_table_goes_from_one_server_to_the_other_and_back():
    pg, my = targets()
    pg.ask("CREATE TABLE a AS SELECT i AS id, i::numeric / 7 * 1000 AS x, decode(lpad(to_hex(i), 6, '0'), 'hex') AS b, "
           "timestamptz '2024-01-01' + i * interval '1.5 s' AS at, CASE WHEN i % 3 = 0 THEN NULL ELSE 'text ' || i END AS t, i % 2 = 0 AS f, i::smallint AS w "
           "FROM generate_series(1, 30000) i")
    pg.ask("ALTER TABLE a ALTER x TYPE numeric(20,6)")
    source = f"{{type: postgresql, host: 127.0.0.1, port: {pg.server.port}, user: postgres, password: sekret, database: postgres, table: a}}"
    back = f"{{type: mysql, host: 127.0.0.1, port: {my.server.port}, user: u, password: sekret, database: test, table: a, column_options: {{f: {{type: boolean}}}}}}"
    with Project() as project:
        project.write("there.yml", f"in: {source}\nout: {my.out('table: a, mode: replace')}\n")
        project.write("back.yml", f"in: {back}\nout: {pg.out('table: b, mode: insert, column_options: {at: {type: timestamptz}}')}\n")
        check_run(project.run("load", "run", "there.yml"))
        equal(my.rows("SELECT count(*), count(t), sum(x), sum(length(b)) FROM a")[0][:2], ("30000", "20000"))
        check_run(project.run("load", "run", "back.yml"))
        equal(pg.ask("SELECT count(*) FROM (SELECT id, x, b, at, t, f, w FROM a EXCEPT SELECT id, x, b, at, t, f, w FROM b) d"), "0")
        rows = {r["name"]: r for r in json.loads(check_run(project.run("load", "types", "there.yml", "--json")).stdout)}
        equal((rows["x"]["stored"], rows["b"]["stored"]), ("DECIMAL(20,6)", "LONGBLOB"))


@test
def times_take_the_zone_and_format_of_their_column():
    columns = "[{name: a, type: timestamp}, {name: b, type: timestamp}, {name: c, type: timestamp}, {name: d, type: timestamp}]"
    line = ",".join(["2024-01-01 20:00:00 +0000"] * 4)
    for target in targets():
        with Project() as project:
            load(project, target, [line], "table: z, mode: insert, column_options: {a: {timezone: Asia/Tokyo, type: timestamp}, "
                 "b: {type: varchar(40), value_type: string, timestamp_format: '%d.%m.%Y %H', timezone: Asia/Tokyo}, c: {type: date}, d: {value_type: 'null', type: varchar(9)}}",
                 columns=columns.replace("timestamp}", "timestamp, format: '%Y-%m-%d %H:%M:%S %z'}"), top="types: embulk\n")
            equal(target.rows("SELECT a, b, c, coalesce(d, 'none') FROM z"), [("2024-01-02 05:00:00", "02.01.2024 05", "2024-01-01", "none")], target.kind)
            target.ask("DROP TABLE z")


@test
def a_server_that_stops_is_told_and_passwords_are_not():
    for target in targets():
        with Project() as project:
            project.write("in.csv", "1,a,1\n")
            text = f"in: {{type: file, path_prefix: in.csv, parser: {{type: csv, columns: {COLUMNS}}}}}\nout: {target.out('table: t, mode: insert')}\n"
            project.write("load.yml", text.replace("sekret", "no-such-word"))
            done = check_run(project.run("load", "run", "load.yml"), 1)
            assert "no-such-word" not in done.stderr and "assword" in done.stderr, done.stderr
            os.unlink(os.path.join(project.folder, "in.csv"))
            if target.kind == "postgresql":
                project.write("load.yml", f"in: {{type: postgresql, host: 127.0.0.1, port: {target.server.port}, user: postgres, password: sekret, database: postgres, "
                              "query: \"SELECT i FROM generate_series(1, 100000) i UNION ALL SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'COPY%FROM STDIN%' AND pid <> pg_backend_pid()\"}\n"
                              f"out: {target.out('table: k, mode: insert')}\n")
                check_run(project.run("load", "run", "load.yml"), 1)
                assert not [t for t in target.tables() if t.startswith("k")], target.tables()


@test
def mysql_without_load_data_local_says_what_to_set():
    _, my = targets()
    my.ask("SET GLOBAL local_infile = 0")
    try:
        with Project() as project:
            done = load(project, my, ["1,a,1"], "table: l, mode: insert", 1)
            contains(done.stderr, "SET GLOBAL local_infile = 1")
            assert not [t for t in my.tables() if t.startswith("l")], my.tables()
    finally:
        my.ask("SET GLOBAL local_infile = 1")


@test
def a_commit_that_met_a_lock_is_tried_again():
    _, my = targets()
    my.ask("CREATE TABLE w (id bigint PRIMARY KEY, name varchar(9), n int); INSERT INTO w VALUES (1, 'a', 1); SET GLOBAL innodb_lock_wait_timeout = 1")
    other = subprocess.Popen(["mariadb", "--no-defaults", "-u", "root", "-S", my.server.socket, "-N", "-B", "--unbuffered", "test"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        with Project() as project:
            other.stdin.write("BEGIN; UPDATE w SET n = 5 WHERE id = 1; SELECT 'held';\n")
            other.stdin.flush()
            equal(other.stdout.readline().strip(), "held")
            project.write("in.csv", "1,b,2\n2,c,3\n")
            project.write("load.yml", f"in: {{type: file, path_prefix: in.csv, parser: {{type: csv, columns: {COLUMNS}}}}}\nout: {my.out('table: w, mode: merge, retry_wait: 50')}\n")
            process = subprocess.Popen([TEGARU, "load", "run", "load.yml"], cwd=project.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            seen = next((line for line in process.stderr if "tried again" in line), None)
            other.stdin.write("ROLLBACK; SELECT 'free';\n")
            other.stdin.flush()
            rest = process.stderr.read()
            equal(process.wait(), 0, rest)
            contains(seen or "", "Lock wait timeout")
            equal(my.rows("SELECT * FROM w ORDER BY id"), [("1", "b", "2"), ("2", "c", "3")])
    finally:
        other.stdin.close()
        other.wait()
        other.stdout.close()


try:
    main()
finally:
    for target in shared.values():
        target.server.__exit__()
