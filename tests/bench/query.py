#!/usr/bin/env python3
"""Measures CREATE TABLE AS on the local engine against DuckDB's own COPY of the same SELECT.

Usage: query.py [BUILD_DIR [ROWS]]; without, $BUILD of run.py. Prints one JSON object a line: {"what", "measured", "bar", "ok"}.
Times are the best of several runs of whole processes, taken in turns: what else runs on the machine only adds.
Ours flushes the file and the catalog to the device, DuckDB's does not.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

RUNS = 9
BAR_MS = 20.0

SELECT = """SELECT carrier, day, count(*) AS flights, sum(distance) AS distance, avg(delay) AS delay,
max(delay) AS worst FROM {source} GROUP BY carrier, day"""
COPY_ALL = "SELECT id, carrier, day, distance, delay FROM {source}"


def timed(command, env):
    started = time.monotonic()
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    took = (time.monotonic() - started) * 1000
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)[:200]}: {done.stderr}")
    return took


def measure(name, select, places):
    tegaru, duckdb_sql, folder, source, env = places
    ours, theirs = [], []
    for i in range(RUNS):
        out = os.path.join(folder, f"out{i}.parquet")
        theirs.append(timed([duckdb_sql, "SET preserve_insertion_order=false",
                             f"COPY ({select.format(source=f'read_parquet({source!r})')}) TO '{out}' "
                             "(FORMAT parquet, COMPRESSION snappy)"], env))
        ours.append(timed([tegaru, "query", "-d", "bench",
                           f"CREATE TABLE {name}{i} WITH (write_compression='snappy') AS {select.format(source='flights')}"],
                          env))
    over = min(ours) - min(theirs)
    return {"what": f"ctas {name}: ms over DuckDB's own COPY ({min(ours):.0f} to "
                    f"{min(theirs):.0f} ms)",
            "measured": f"{over:.1f} ms", "bar": f"≤ {BAR_MS:.0f} ms", "ok": over <= BAR_MS}


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ["BUILD"])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000
    tegaru = os.path.join(build, "src/cli/tegaru")
    duckdb_sql = os.path.join(build, "tests/bench/duckdb_sql")
    with tempfile.TemporaryDirectory(prefix="tegaru-bench-") as folder:
        env = dict(os.environ, TEGARU_STATE=os.path.join(folder, "state"))
        env.setdefault("TEGARU_DUCKDB", os.path.join(build, "src/cli/libduckdb.so"))
        source = os.path.join(folder, "state/objects/bench/flights/data.parquet")
        os.makedirs(os.path.dirname(source))
        timed([duckdb_sql,
               "COPY (SELECT i AS id, 'C' || (i % 16) AS carrier, DATE '2024-01-01' + CAST(i % 365 AS INTEGER) AS day, "
               f"i % 5000 AS distance, CAST(i % 300 AS DOUBLE) - 20 AS delay FROM range({rows}) t(i)) "
               f"TO '{source}' (FORMAT parquet, COMPRESSION zstd)"], env)
        timed([tegaru, "query", "CREATE DATABASE bench"], env)
        timed([tegaru, "query", "CREATE EXTERNAL TABLE bench.flights (id bigint, carrier string, day date, distance bigint, "
               "delay double) STORED AS PARQUET LOCATION 's3://bench/flights/'"], env)
        places = (tegaru, duckdb_sql, folder, source, env)
        results = [measure("grouped", SELECT, places), measure("copied", COPY_ALL, places)]
    for result in results:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
