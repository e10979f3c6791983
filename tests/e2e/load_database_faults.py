"""Faults of a source: connections killed at many rows, a server that goes away. What is published is always one whole snapshot."""
import os
import random
import subprocess
import threading

from servers import Mariadb, Postgresql, wait_until
from support import TEGARU, Project, check_run, contains, equal, main, test

ROUNDS = int(os.environ.get("TEGARU_FAULT_ROUNDS", "10"))
ROWS = 60000
shared = {}


class Source:
    """A table "big" whose checksum is known, and a function die() that kills who calls it."""

    def __init__(self, kind):
        self.kind = kind
        self.server = Postgresql() if kind == "postgresql" else Mariadb("--log-bin", "--log-bin-trust-function-creators=1")
        shared[kind] = self  # from here on it is stopped at the end, whatever fails
        self.ask = self.server.ask
        if kind == "postgresql":
            self.ask(f"CREATE TABLE big AS SELECT i AS id, i % 97 AS v, repeat('x', 200) AS t FROM generate_series(1, {ROWS}) i; ALTER TABLE big ADD PRIMARY KEY (id)")
        else:
            self.ask("CREATE TABLE big (id INT PRIMARY KEY, v BIGINT, t VARCHAR(200)) ENGINE = InnoDB; "
                     f"INSERT INTO big SELECT seq, seq % 97, repeat('x', 200) FROM seq_1_to_{ROWS}; ANALYZE TABLE big")
            self.ask("DELIMITER //\nCREATE FUNCTION die() RETURNS INT BEGIN KILL CONNECTION CONNECTION_ID(); RETURN 1; END//\n")
        self.slow = "pg_sleep(0.001) IS NOT NULL" if kind == "postgresql" else "sleep(0.001) = 0"
        self.die = "pg_terminate_backend(pg_backend_pid())" if kind == "postgresql" else "die()"

    def config(self, splits, where="true"):
        user, database = ("postgres", "postgres") if self.kind == "postgresql" else ("u", "test")
        return (f"in: {{type: {self.kind}, host: 127.0.0.1, port: {self.server.port}, user: {user}, password: sekret, database: {database}, "
                f"table: big, splits: {splits}, where: \"{where}\"}}\nout: {{type: s3_parquet, bucket: b, path_prefix: t, catalog: {{database: d, table: t}}}}\n")

    def checksum(self):
        return ",".join(self.ask("SELECT count(*), sum(v), sum(id) FROM big").replace("|", "\t").split("\t"))

    def readers(self):
        """Connections that read now."""
        return self.ask("SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%sleep%' AND state = 'active'" if self.kind == "postgresql" else
                        "SELECT id FROM information_schema.processlist WHERE user = 'u' AND info LIKE 'SELECT * FROM%sleep%'").split()

    def reading(self):
        return len(self.readers())

    def kill(self, connection):
        """It may have ended by itself meanwhile."""
        try:
            self.ask(f"SELECT pg_terminate_backend({connection})" if self.kind == "postgresql" else f"KILL CONNECTION {connection}")
        except AssertionError:
            pass


def sources():
    for kind in ("postgresql", "mysql"):
        if kind not in shared:
            Source(kind)
        yield shared[kind]


def published(project):
    return check_run(project.run("query", "--format", "csv", "SELECT count(*), sum(v), sum(id) FROM d.t")).stdout.splitlines()[-1].replace('"', "")


def objects(project):
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(project.folder + "/.tegaru/objects") for name in names if name.endswith(".parquet"))


@test
def a_connection_killed_at_any_row_leaves_the_last_whole_snapshot():
    chance = random.Random(7)
    for source in sources():
        with Project() as project:
            project.write("load.yml", source.config("4"))
            check_run(project.run("load", "run", "load.yml"))
            before = source.checksum()
            equal(published(project), before)
            files = objects(project)
            source.ask("UPDATE big SET v = v + 1")
            for turn in range(ROUNDS):
                row = chance.randrange(1, ROWS + 1)
                project.write("load.yml", source.config(chance.choice(("1", "3", "auto")), f"id <> {row} OR {source.die} IS NOT NULL"))
                done = check_run(project.run("load", "run", "load.yml"), 1)
                assert "onnection" in done.stderr or "interrupted" in done.stderr or "closed" in done.stderr, done.stderr
                equal((published(project), objects(project)), (before, files), f"{source.kind} killed at row {row} in turn {turn}")
            project.write("load.yml", source.config("4"))
            check_run(project.run("load", "run", "load.yml"))
            equal(published(project), source.checksum())


def kill_readers(source, times, chance, between=lambda: None):
    """A load whose connections are killed a few times while they read: its process, whose errors wait to be read."""
    with open(source.project.folder + "/stderr", "w") as errors:
        process = subprocess.Popen([TEGARU, "load", "run", "load.yml"], cwd=source.project.folder, stderr=errors, stdout=subprocess.DEVNULL)
    killed = set()
    seen = []

    def reads():  # the load may end between a look and the next one
        seen[:] = sorted(set(source.readers()) - killed)
        return seen or process.poll() is not None
    for _ in range(times):
        wait_until(reads, "the reading")
        if seen:
            victim = chance.choice(seen)
            between()
            source.kill(victim)
            killed.add(victim)
    process.wait()
    return process.returncode, source.project.read("stderr"), len(killed)


@test
def a_lost_connection_is_made_anew_and_the_load_goes_on_in_its_snapshot():
    chance = random.Random(11)
    for source in sources():
        with Project() as project:
            source.project = project
            for turn in range(max(2, ROUNDS // 2)):
                splits = chance.choice(("2", "5")) if source.kind == "mysql" else chance.choice(("1", "2", "5"))
                project.write("load.yml", source.config(splits, f"(id % 100 <> 0 OR {source.slow})"))
                status, errors, killed = kill_readers(source, chance.randrange(1, 4), chance)
                equal(status, 0, f"{source.kind}, turn {turn}: {errors}")
                assert killed > 0 and "with a new connection" in errors, errors
                equal(published(project), source.checksum(), f"{source.kind}, turn {turn}, {killed} killed")


@test
def rows_that_change_meanwhile_do_not_get_into_a_load_that_goes_on():
    chance = random.Random(12)
    for source in sources():
        with Project() as project:
            source.project = project
            source.ask("UPDATE big SET v = 5")
            before = source.checksum()
            project.write("load.yml", source.config("3", f"(id % 100 <> 0 OR {source.slow})"))
            status, errors, _ = kill_readers(source, 1, chance, lambda: source.ask("UPDATE big SET v = 6"))
            if source.kind == "postgresql":  # whose snapshot outlives a connection
                equal((status, published(project)), (0, before), errors)
            else:
                equal(status, 1, errors)
                contains(errors, "rows may have changed since the load began")
                contains(errors, "lost the connection")


@test
def a_server_that_restarts_in_mid_read_is_told_and_the_next_load_is_whole():
    for source in sources():
        is_pg = source.kind == "postgresql"
        with Project() as project:
            project.write("load.yml", source.config("2"))
            check_run(project.run("load", "run", "load.yml"))
            before = source.checksum()
            project.write("load.yml", source.config("2", source.slow))
            process = subprocess.Popen([TEGARU, "load", "run", "load.yml"], cwd=project.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            wait_until(lambda: source.reading() > 0, "the reading")
            if is_pg:  # the fast way: it does not wait for clients
                source.server.process.send_signal(2)
            source.server.stop()
            error = process.stderr.read()
            equal(process.wait(), 1, error)
            assert "onnection" in error, error
            project.write("load.yml", source.config("2"))
            contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "is the server up")
            source.server.up()
            equal(published(project), before)
            check_run(project.run("load", "run", "load.yml"))
            equal(published(project), source.checksum())


@test
def no_more_connections_read_at_a_time_than_max_threads():
    for source in sources():
        for threads, top in ((3, ""), (1, "exec: {max_threads: 1}\n")):
            with Project() as project:
                project.write("load.yml", top + source.config("9", source.slow))
                process = subprocess.Popen([TEGARU, "load", "run", "--threads", "3", "load.yml"], cwd=project.folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                try:
                    wait_until(lambda: source.reading() == threads, "the reading")
                    equal(max(source.reading() for _ in range(20)), threads, source.kind)
                finally:
                    process.kill()
                    process.wait()
                wait_until(lambda: source.reading() == 0, "the end of what the killed load had asked for")


@test
def loads_while_rows_change_are_one_snapshot_each():
    """Every transaction keeps the sum of v; a load that mixed two of them would not have it."""
    for source in sources():
        source.ask("UPDATE big SET v = 0")
        stop = threading.Event()

        def change():
            while not stop.is_set():
                source.ask(f"BEGIN; UPDATE big SET v = v + 1 WHERE id BETWEEN 1 AND 1000; UPDATE big SET v = v - 1 WHERE id BETWEEN {ROWS} - 999 AND {ROWS}; COMMIT")
        thread = threading.Thread(target=change)
        thread.start()
        try:
            with Project() as project:
                for splits in ("auto", "1", "8"):
                    project.write("load.yml", source.config(splits))
                    check_run(project.run("load", "run", "load.yml"))
                    equal(published(project).split(",")[:2], [str(ROWS), "0"], f"{source.kind} {splits}")
        finally:
            stop.set()
            thread.join()


try:
    main()
finally:
    for source in shared.values():
        source.server.__exit__()
