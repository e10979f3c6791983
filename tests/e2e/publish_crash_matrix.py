"""kill -9 at the n-th call of the system of athena.ctas>, athena.apas> and a load, while four readers poll the table: they see what it was
or what it becomes, and nothing else. KILLS_PER_CALL sets at how many calls of each kind (default 2, spread over all of them; `make check-long`:
at each call)."""
import os
import signal
import threading

from support import TEGARU, Project, Skip, check_run, equal, main, test

EACH = os.environ.get("KILLS_PER_CALL", "2")
LIBRARY = os.environ.get("TG_FAIL_NTH", os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(TEGARU))), "tests/support/libfail_nth.so"))
CALLS = ("write", "sync", "rename", "open", "create")
READERS = 4
ROWS = 2000
SOURCE_SQL = "SELECT CAST(n AS bigint) AS n, CAST({k} AS bigint) AS k FROM UNNEST(sequence(1, %d)) AS t (n)" % ROWS
WRITERS = {
    "ctas": "+w:\n  athena.ctas>: " + SOURCE_SQL + "\n  database: lake\n  table: t\n",
    "ctas of partitions": "+w:\n  athena.ctas>: " + SOURCE_SQL.replace(" FROM", ", CAST(n % 3 AS varchar) AS p FROM") + "\n  database: lake\n  table: t\n  partitioned_by: [p]\n",
    "apas": "+w:\n  athena.apas>: " + SOURCE_SQL + "\n  database: lake\n  table: t\n  partition_kv: {p: x}\n",
    "load": "+w:\n  load>:\n  in: {type: file, path_prefix: t.csv, parser: {type: csv, skip_header_lines: 1, columns: [{name: n, type: long}, {name: k, type: long}]}}\n"
            "  out: {type: s3_parquet, bucket: lake, path_prefix: t/, catalog: {database: lake, table: t}}\n",
}
QUERY = "SELECT count(*), min(k), max(k), sum(n) FROM lake.t"


def state(k):
    return f"{ROWS},{k},{k},{ROWS * (ROWS + 1) // 2}"


class Table:
    """A table that is written over and over, each time with the next number, and read all the time."""

    def __init__(self, project, writer):
        self.project, self.writer, self.k, self.shown = project, writer, 0, 0
        if writer == "apas":
            check_run(project.run("query", "CREATE DATABASE lake"))
            check_run(project.run("query", "CREATE EXTERNAL TABLE lake.t (n bigint, k bigint) PARTITIONED BY (p string) STORED AS PARQUET LOCATION 's3://lake/t/'"))
        check_run(self.write())
        self.shown = self.k
        equal(self.sees(), state(self.k))

    def write(self, **env):
        self.k += 1
        self.project.write("w.dig", WRITERS[self.writer].replace("{k}", str(self.k)))
        self.project.write("t.csv", "n,k\n" + "".join(f"{n},{self.k}\n" for n in range(1, ROWS + 1)))
        return self.project.run("run", "w.dig", "--rerun", "-q", env=env)

    def sees(self):
        done = self.project.run("query", "--format", "csv", QUERY)
        return done.stdout.strip().split("\n")[-1].replace('"', "") if done.returncode == 0 else f"{done.returncode}: {done.stderr.strip()}"

    def count(self, call):
        told = os.path.join(self.project.folder, "told")
        check_run(self.write(LD_PRELOAD=LIBRARY, TG_FAIL_CALL=call, TG_FAIL_AT="0", TG_FAIL_TOLD=told))
        self.shown = self.k
        return int(self.project.read("told"))

    def kill_at(self, call, number):
        """One write that is killed, before the eyes of the readers. Whether it got that far."""
        allowed, seen, stop = {state(self.shown), state(self.k + 1)}, set(), threading.Event()

        def read():
            while not stop.is_set():
                seen.add(self.sees())

        readers = [threading.Thread(target=read) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        done = self.write(LD_PRELOAD=LIBRARY, TG_FAIL_CALL=call, TG_FAIL_AT=str(number), TG_FAIL_KILL="1")
        stop.set()
        for reader in readers:
            reader.join()
        what = f"{self.writer}, killed at {call} {number}"
        assert done.returncode in (0, -signal.SIGKILL), f"{what}: {done.returncode} {done.stderr}"
        assert seen <= allowed, f"{what}: readers saw {sorted(seen - allowed)}"
        now = self.sees()
        assert now in allowed, f"{what}: afterwards there is {now}"
        self.shown = self.k if now == state(self.k) else self.shown
        return done.returncode != 0


def check(writer):
    if not os.path.exists(LIBRARY):
        raise Skip("no library that lets calls fail was built")
    with Project() as project:
        table = Table(project, writer)
        kills = 0
        for call in CALLS:
            count = table.count(call)
            step = 1 if EACH == "all" else max(1, count // int(EACH))
            for number in range(1, count + 1, step):
                kills += table.kill_at(call, number)
        check_run(table.write())
        equal(table.sees(), state(table.k), "a write without a kill")
        check_run(project.run("catalog", "gc", "--grace", "0"))
        equal(table.sees(), state(table.k), "after gc")
        print(f"# {writer}: {kills} kills", flush=True)
        assert kills > 0


@test
def ctas_shows_the_old_or_the_new_table():
    check("ctas")


@test
def ctas_of_partitions_shows_the_old_or_the_new_table():
    check("ctas of partitions")


@test
def apas_shows_the_old_or_the_new_partition():
    check("apas")


@test
def a_load_shows_the_old_or_the_new_table():
    check("load")


if __name__ == "__main__":
    main()
