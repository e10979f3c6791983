#!/usr/bin/env python3
"""The loader's rows of the bench table, one JSON object a line. Usage: loader.py BUILD

Each figure is measured in turns with what it is compared to; medians count. --rows-large N sets the
rows of the memory check (10,000,000; 0 leaves it out).
"""
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, sys.argv[1] if len(sys.argv) > 1 else "build")
TEGARU = os.path.join(BUILD, "src/cli/tegaru")
DUCKDB = os.path.join(BUILD, "tests/bench/duckdb_sql")
NOWHERE = os.path.join(BUILD, "tests/bench/mysql_nowhere")
ROWS = 1_000_000
ROWS_DATABASE = int(sys.argv[sys.argv.index("--rows-database") + 1]) if "--rows-database" in sys.argv else 5_000_000
ROWS_LARGE = int(sys.argv[sys.argv.index("--rows-large") + 1]) if "--rows-large" in sys.argv else 10_000_000
RUNS = 7
os.environ.setdefault("TEGARU_DUCKDB", os.path.join(BUILD, "src/cli/libduckdb.so"))
RSS_MAX_MB = 256

COLUMNS = """
  - {name: id, type: long}
  - {name: account, type: long}
  - {name: time, type: timestamp, format: '%Y-%m-%d %H:%M:%S'}
  - {name: amount, type: double}
  - {name: name, type: string}
  - {name: comment, type: string}
"""


def write_csv(path, rows):
    """Six columns, some 117 bytes a row; the same each time."""
    chance = random.Random(1)
    texts = [f"user{chance.randrange(100000)}@example.com,{'%040x' % chance.getrandbits(160)} {'x' * chance.randrange(8)}"
             for _ in range(9973)]
    times = [f"2015-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02} {chance.randrange(24):02}:"
             f"{chance.randrange(60):02}:{chance.randrange(60):02}" for _ in range(9967)]
    with open(path, "w") as out:
        out.write("id,account,time,amount,name,comment\n")
        for start in range(0, rows, 10000):
            out.write("".join(
                f"{i},{(i * 2654435761) % 1000000007},{times[i % 9967]},{(i * 40503 % 9999991) / 100},{texts[i % 9973]}{i}\n"
                for i in range(start, min(start + 10000, rows))))


def measure(command, folder):
    """Seconds and peak memory (MB) of one run into an empty store: removing an older result is not a load's work."""
    shutil.rmtree(os.path.join(folder, ".tegaru/objects"), ignore_errors=True)
    if os.path.exists(os.path.join(folder, "copy.parquet")):
        os.remove(os.path.join(folder, "copy.parquet"))
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{command[0]} failed: {error.decode()}")
    return seconds, usage.ru_maxrss / 1024


def interleaved(first, second, folder, runs=RUNS):
    pairs = [(measure(first, folder), measure(second, folder)) for _ in range(runs)]
    return (statistics.median(a[0] for a, _ in pairs), statistics.median(b[0] for _, b in pairs),
            max(a[1] for a, _ in pairs))


def report(what, measured, bar, ok):
    print(json.dumps({"what": what, "measured": measured, "bar": bar, "ok": bool(ok)}, ensure_ascii=False), flush=True)


def load_config(folder, name, csv):
    with open(os.path.join(folder, name), "w") as out:
        out.write(f"in:\n type: file\n path_prefix: {csv}\n parser:\n  type: csv\n  skip_header_lines: 1\n  columns:{COLUMNS}"
                  f"out: {{type: s3_parquet, bucket: bench, path_prefix: t/, compression_codec: zstd}}\n")


def bench_csv(folder):
    csv = os.path.join(folder, "big.csv")
    write_csv(csv, ROWS)
    load_config(folder, "load.yml", csv)
    copy = [DUCKDB, "SET threads = 2", "SET memory_limit = '200MB'", "SET preserve_insertion_order = false",
            f"COPY (SELECT * FROM read_csv('{csv}', columns = {{'id': 'BIGINT', 'account': 'BIGINT', 'time': 'TIMESTAMP', "
            f"'amount': 'DOUBLE', 'name': 'VARCHAR', 'comment': 'VARCHAR'}}, header = true)) TO "
            f"'{folder}/copy.parquet' (FORMAT parquet, COMPRESSION zstd)"]
    ours, theirs, rss = interleaved([TEGARU, "load", "run", "--threads", "2", "load.yml"], copy, folder)
    size = os.path.getsize(csv) / 1e6
    report(f"CSV → Parquet zstd, {ROWS:,} rows ({size:.0f} MB), 2 threads",
           f"{theirs / ours:.2f} × DuckDB's COPY ({ROWS / ours / 1e6:.1f} M rows/s, COPY {ROWS / theirs / 1e6:.1f})",
           "≥ 1.0 ×", theirs / ours >= 1.0)
    report("the same: peak memory", f"{rss:.0f} MB", f"≤ {RSS_MAX_MB} MB", rss <= RSS_MAX_MB)
    if ROWS_LARGE > 0:
        write_csv(csv, ROWS_LARGE)
        seconds, rss = measure([TEGARU, "load", "run", "--threads", "2", "load.yml"], folder)
        report(f"the same with {ROWS_LARGE:,} rows: peak memory", f"{rss:.0f} MB ({ROWS_LARGE / seconds / 1e6:.1f} M rows/s)",
               f"≤ {RSS_MAX_MB} MB", rss <= RSS_MAX_MB)
    os.remove(csv)


def start_mariadb(folder):
    data, socket = os.path.join(folder, "data"), os.path.join(folder, "s.sock")
    subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
                    "--auth-root-authentication-method=normal"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    command = [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}",
               "--skip-networking", "--innodb-buffer-pool-size=512M"]
    if os.getuid() == 0:
        command.append("--user=root")
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        if subprocess.run([NOWHERE, socket, "mysql", "SELECT 1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            return server, socket
        time.sleep(0.05)
    server.kill()
    sys.exit("MariaDB does not start")


def bench_mysql(folder):
    if not (shutil.which("mariadb-install-db") and os.path.exists(shutil.which("mariadbd") or "/usr/sbin/mariadbd")):
        print("no MariaDB here: its row is left out", file=sys.stderr)
        return
    server, socket = start_mariadb(folder)
    try:
        csv = os.path.join(folder, "rows.csv")
        write_csv(csv, ROWS_DATABASE)
        subprocess.run(["mysql", "--no-defaults", "-S", socket, "-uroot", "-e",
                        "CREATE DATABASE b CHARACTER SET utf8mb4; USE b; CREATE TABLE big (id BIGINT PRIMARY KEY, account BIGINT, "
                        "time DATETIME, amount DECIMAL(12,2), name VARCHAR(60), comment VARCHAR(80)); "
                        f"LOAD DATA LOCAL INFILE '{csv}' INTO TABLE big FIELDS TERMINATED BY ',' IGNORE 1 LINES"], check=True)
        with open(os.path.join(folder, "mysql.yml"), "w") as out:
            out.write(f"in: {{type: mysql, socket: '{socket}', user: root, database: b, table: big}}\n"
                      "out: {type: s3_parquet, bucket: bench, path_prefix: m/, compression_codec: snappy}\n")
        ours, theirs, rss = interleaved([TEGARU, "load", "run", "mysql.yml"],
                                        [NOWHERE, socket, "b", "SELECT * FROM big"], folder, 5)
        report(f"MySQL → Parquet snappy, {ROWS_DATABASE:,} rows",
               f"{ours / theirs:.2f} × fetching to nowhere ({ours:.2f} s, {theirs:.2f} s, {rss:.0f} MB)",
               "≤ 1.3 ×", ours / theirs <= 1.3)
    finally:
        server.terminate()
        server.wait()


def bench_postgresql(folder):
    """Against psql, which copies the same rows to nowhere."""
    sys.path.insert(0, os.path.join(ROOT, "tests/e2e"))
    import servers
    try:
        server = servers.Postgresql()
    except servers.Skip as reason:
        print(f"{reason}: its row is left out", file=sys.stderr)
        return
    with server:
        csv = os.path.join(folder, "rows.csv")
        write_csv(csv, ROWS_DATABASE)
        server.ask("CREATE TABLE big (id BIGINT PRIMARY KEY, account BIGINT, time TIMESTAMP, amount DECIMAL(12,2), name VARCHAR(60), comment VARCHAR(80))")
        server.ask(f"\\copy big FROM '{csv}' CSV HEADER")
        server.ask("VACUUM ANALYZE big")
        os.remove(csv)
        with open(os.path.join(folder, "postgresql.yml"), "w") as out:
            out.write(f"in: {{type: postgresql, host: '{server.folder}', port: {server.port}, user: postgres, password: sekret, database: postgres, table: big}}\n"
                      "out: {type: s3_parquet, bucket: bench, path_prefix: p/, compression_codec: snappy}\n")
        os.environ["PGPASSWORD"] = "sekret"
        nowhere = [server.psql, "-X", "-h", server.folder, "-p", str(server.port), "-U", "postgres", "-c", "COPY big TO STDOUT"]
        ours, theirs, rss = interleaved([TEGARU, "load", "run", "postgresql.yml"], nowhere, folder, 5)
        report(f"PostgreSQL → Parquet snappy, {ROWS_DATABASE:,} rows",
               f"{ours / theirs:.2f} × fetching to nowhere ({ours:.2f} s, {theirs:.2f} s, {rss:.0f} MB)",
               "≤ 1.3 ×", ours / theirs <= 1.3)


def main():
    folder = tempfile.mkdtemp(prefix="tegaru-bench-")
    try:
        os.mkdir(os.path.join(folder, ".tegaru"))
        bench_csv(folder)
        bench_mysql(folder)
        bench_postgresql(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
