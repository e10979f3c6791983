#!/usr/bin/env python3
"""Measures the SQL layer: parsing and translating a query of 100 lines, and TPC-H SF1 against plain DuckDB.

Usage: sql.py [BUILD_DIR]; without, $BUILD of run.py. Prints one JSON object a line: {"what", "measured", "bar", "ok"}.
TPC-H needs its tables in the folder $TEGARU_TPCH, made by `tests/cases/athena/tables.py WAREHOUSE FOLDER` from Trino's;
without it that row is left out. Both run in one process, in turns, the best of five of each query.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "../cases/athena/tpch.txt")
TRANSLATE_BAR_US = 200
TPCH_BAR = 1.02


def run(build, *arguments):
    env = dict(os.environ)
    env.setdefault("TEGARU_DUCKDB", os.path.join(build, "src/cli/libduckdb.so"))
    return subprocess.run([os.path.join(build, "tests/bench/sql_speed"), *arguments], env=env, check=True,
                          capture_output=True, text=True).stdout


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ["BUILD"])
    took = min(int(run(build, "translate", os.path.join(HERE, "hundred_lines.sql"))) for _ in range(3))
    print(json.dumps({"what": "parse and translate a query of 100 lines", "measured": f"{took} µs",
                      "bar": f"≤ {TRANSLATE_BAR_US} µs", "ok": took <= TRANSLATE_BAR_US}))
    if "TEGARU_TPCH" not in os.environ:
        print("TEGARU_TPCH is not set: no TPC-H", file=sys.stderr)
        return
    rows = [line.split() for line in run(build, "tpch", os.environ["TEGARU_TPCH"], CASES).splitlines()]
    ours, theirs = map(float, rows[-1][1:])
    worst = max(rows[:-1], key=lambda row: float(row[1]) - float(row[2]))
    print(json.dumps({"what": f"TPC-H SF1, 22 queries: {ours:.2f} s, plain DuckDB {theirs:.2f} s (most is lost in "
                              f"{worst[0]}: {worst[1]} against {worst[2]} s)",
                      "measured": f"{ours / theirs:.3f} ×", "bar": f"≤ {TPCH_BAR} ×", "ok": ours <= TPCH_BAR * theirs}))


if __name__ == "__main__":
    main()
