"""kill -9 at any moment of load, ctas and apas: a reader sees the old or the new table and nothing
else, and gc leaves no bytes behind. KILLS sets how often (default 12; `make check-long` does 100)."""
import os
import random
import signal
import subprocess
import time

from support import TEGARU, Project, check_run, equal, main, test

KILLS = int(os.environ.get("KILLS", "12"))
ROWS = 200000
DIG = """
+load:
  load>:
  in: {type: file, path_prefix: numbers.csv}
  out:
    type: s3_parquet
    bucket: lake
    path_prefix: numbers/
    catalog: {database: lake, table: numbers}
+sums:
  athena.ctas>: SELECT n % 10 AS digit, count(*) AS c, max(k) AS v FROM numbers GROUP BY 1
  database: lake
  table: sums
+table:
  athena.query>: CREATE EXTERNAL TABLE IF NOT EXISTS lake.days (n bigint) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://lake/days/'
+day:
  athena.apas>: SELECT CAST(k AS bigint) AS n FROM numbers
  database: lake
  table: days
  partition_kv: {day: "2020-01-01"}
"""
STATES = {  # what a reader may see of each table, by the number in the file
    "numbers": lambda k: f"{ROWS},{k * ROWS}",
    "sums": lambda k: f"10,{ROWS},{k},{k}",
    "days": lambda k: f"{ROWS},{k * ROWS}",
}
QUERIES = {
    "numbers": "SELECT count(*), sum(k) FROM lake.numbers",
    "sums": "SELECT count(*), sum(c), min(v), max(v) FROM lake.sums",
    "days": "SELECT count(*), sum(n) FROM lake.days",
}


def write_numbers(project, k):
    project.write("numbers.csv", "k,n\n" + "".join(f"{k},{n}\n" for n in range(ROWS)))


def sees(project, table):
    done = project.run("query", "--format", "csv", QUERIES[table])
    return done.stdout.strip().split("\n")[-1] if done.returncode == 0 else None


def bytes_below(folder):
    return sum(os.path.getsize(os.path.join(where, name)) for where, _, names in os.walk(folder) for name in names
               if name != "lock")


def live_bytes(project):
    """Of the objects that the catalog's tables show, by its own listing."""
    objects = os.path.join(project.folder, ".tegaru/objects")
    shown = set()
    for table in ("numbers", "days", "sums"):
        text = check_run(project.run("catalog", "show", f"lake.{table}")).stdout
        shown |= {word[len("s3://"):].strip("/") for word in text.split() if word.startswith("s3://")}
    total = 0
    for where, _, names in os.walk(objects):
        relative = os.path.relpath(where, objects)
        if any(relative == place or relative.startswith(place + "/") for place in shown):
            total += sum(os.path.getsize(os.path.join(where, name)) for name in names)
    return total


def run_and_kill(project, after_s):
    process = subprocess.Popen([TEGARU, "run", "main.dig", "--rerun", "-q"], cwd=project.folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        process.wait(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


@test
def a_kill_at_any_moment_leaves_the_old_or_the_new_table():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"# SEED={seed}", flush=True)
    chance = random.Random(seed)
    with Project({"main.dig": DIG}) as project:
        write_numbers(project, 1)
        start = time.monotonic()
        check_run(project.run("run", "main.dig", "-q"))
        whole_s = time.monotonic() - start
        allowed = {table: {STATES[table](1)} for table in STATES}
        for k in range(2, KILLS + 2):
            write_numbers(project, k)
            run_and_kill(project, chance.uniform(0.005, whole_s * 1.05))
            for table in STATES:
                allowed[table].add(STATES[table](k))
                now = sees(project, table)
                assert now in allowed[table], f"{table} shows {now} after kill {k - 1} (seed {seed})"
                allowed[table] = {now}
        check_run(project.run("catalog", "gc", "--grace", "0"))
        objects = os.path.join(project.folder, ".tegaru/objects")
        saved = bytes_below(os.path.join(objects, "aws-athena-query-results-local"))  # of athena.query>, kept
        equal(bytes_below(objects) - saved, live_bytes(project), f"seed {seed}")
        for table in STATES:
            assert sees(project, table) in allowed[table]


main()
