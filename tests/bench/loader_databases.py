#!/usr/bin/env python3
"""The loader's rows of the bench table for databases. Usage: loader_databases.py BUILD [--rows-database N]

Beside the loads run clients that fetch the same rows to nowhere, and ConnectorX with pyarrow when
CONNECTORX_PYTHON names a Python that has both.
"""
import os
import shutil
import socket as socketlib
import subprocess
import sys
import tempfile
import time

from loader import BUILD, ROOT, TEGARU, interleaved, measure, report, write_csv

NOWHERE = os.path.join(BUILD, "tests/bench/mysql_nowhere")
ROWS_DATABASE = int(sys.argv[sys.argv.index("--rows-database") + 1]) if "--rows-database" in sys.argv else 5_000_000
CONNECTORX = os.environ.get("CONNECTORX_PYTHON")
CONNECTORX_LOAD = """
import sys
import connectorx
import pyarrow.parquet
url, split, path = sys.argv[1:]
table = connectorx.read_sql(url, "SELECT * FROM big", return_type="arrow", partition_on=split, partition_num=2)
pyarrow.parquet.write_table(table, path, compression="snappy")
"""


def bench_connectorx(folder, name, url, ours, rss):
    if not CONNECTORX:
        return
    theirs, their_rss = measure([CONNECTORX, "-c", CONNECTORX_LOAD, url, "id", os.path.join(folder, "copy.parquet")], folder)
    report(f"{name} → Parquet, beside ConnectorX + pyarrow", f"{theirs / ours:.2f} × as fast ({theirs:.2f} s), {rss / their_rss:.2f} × of its memory ({their_rss:.0f} MB)",
           "≥ 1.0 ×, a fraction", theirs / ours >= 1.0 and rss < their_rss / 2)


def bench_ten_times(folder, name, config, rss, rows_small):
    """The memory of a load of a tenth of the rows."""
    path = os.path.join(folder, "small.yml")
    with open(path, "w") as out:
        out.write(config.replace("table: big", f"query: 'SELECT * FROM big WHERE id < {rows_small}'"))
    _, small = measure([TEGARU, "load", "run", "small.yml"], folder)
    report(f"{name} → Parquet: memory beside that of a tenth of the rows", f"{rss / small:.2f} × ({rss:.0f} MB, {small:.0f} MB)", "≤ 1.1 ×", rss <= small * 1.1)


def free_port():
    with socketlib.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_mariadb(folder, port):
    data, socket = os.path.join(folder, "data"), os.path.join(folder, "s.sock")
    subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
                    "--auth-root-authentication-method=normal"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    command = [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}",
               f"--port={port}", "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=512M"]
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
    port = free_port()
    server, socket = start_mariadb(folder, port)
    try:
        csv = os.path.join(folder, "rows.csv")
        write_csv(csv, ROWS_DATABASE)
        subprocess.run(["mysql", "--no-defaults", "-S", socket, "-uroot", "-e",
                        "CREATE DATABASE b CHARACTER SET utf8mb4; USE b; CREATE TABLE big (id BIGINT PRIMARY KEY, account BIGINT, "
                        "time DATETIME, amount DECIMAL(12,2), name VARCHAR(60), comment VARCHAR(80)); "
                        f"LOAD DATA LOCAL INFILE '{csv}' INTO TABLE big FIELDS TERMINATED BY ',' IGNORE 1 LINES"], check=True)
        config = (f"in: {{type: mysql, socket: '{socket}', user: root, database: b, table: big}}\n"
                  "out: {type: s3_parquet, bucket: bench, path_prefix: m/, compression_codec: snappy}\n")
        with open(os.path.join(folder, "mysql.yml"), "w") as out:
            out.write(config)
        ours, theirs, rss = interleaved([TEGARU, "load", "run", "mysql.yml"],
                                        [NOWHERE, socket, "b", "SELECT * FROM big"], folder, 5)
        report(f"MySQL → Parquet snappy, {ROWS_DATABASE:,} rows",
               f"{ours / theirs:.2f} × fetching to nowhere ({ours:.2f} s, {theirs:.2f} s, {rss:.0f} MB)",
               "≤ 1.3 ×", ours / theirs <= 1.3)
        bench_connectorx(folder, "MySQL", f"mysql://root@127.0.0.1:{port}/b", ours, rss)
        bench_ten_times(folder, "MySQL", config, rss, ROWS_DATABASE // 10)
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
        config = (f"in: {{type: postgresql, host: '{server.folder}', port: {server.port}, user: postgres, password: sekret, database: postgres, table: big}}\n"
                  "out: {type: s3_parquet, bucket: bench, path_prefix: p/, compression_codec: snappy}\n")
        with open(os.path.join(folder, "postgresql.yml"), "w") as out:
            out.write(config)
        os.environ["PGPASSWORD"] = "sekret"
        nowhere = [server.psql, "-X", "-h", server.folder, "-p", str(server.port), "-U", "postgres", "-c", "COPY big TO STDOUT"]
        ours, theirs, rss = interleaved([TEGARU, "load", "run", "postgresql.yml"], nowhere, folder, 5)
        report(f"PostgreSQL → Parquet snappy, {ROWS_DATABASE:,} rows",
               f"{ours / theirs:.2f} × fetching to nowhere ({ours:.2f} s, {theirs:.2f} s, {rss:.0f} MB)",
               "≤ 1.3 ×", ours / theirs <= 1.3)
        bench_connectorx(folder, "PostgreSQL", f"postgresql://postgres:sekret@127.0.0.1:{server.port}/postgres", ours, rss)
        bench_ten_times(folder, "PostgreSQL", config, rss, ROWS_DATABASE // 10)


def main():
    folder = tempfile.mkdtemp(prefix="tegaru-bench-")
    try:
        os.mkdir(os.path.join(folder, ".tegaru"))
        bench_mysql(folder)
        bench_postgresql(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
