#!/usr/bin/env python3
"""The loader's rows of the bench table for files, one JSON object a line. Usage: loader.py BUILD

Each figure is measured in turns with what it is compared to; medians count. --rows-large N sets the
rows of the large files (10,000,000; 0 leaves them out).
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
ROWS = 1_000_000
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
    for result in (".tegaru/objects", "out"):
        shutil.rmtree(os.path.join(folder, result), ignore_errors=True)
    if os.path.exists(os.path.join(folder, "copy.parquet")):
        os.remove(os.path.join(folder, "copy.parquet"))
    os.makedirs(os.path.join(folder, "out"))
    os.sync()  # what the run before has written is not this one's load
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


def duckdb_csv(csv, select, target):
    return [DUCKDB, "SET threads = 2", "SET memory_limit = '200MB'", "SET preserve_insertion_order = false",
            f"COPY (SELECT {select} FROM read_csv('{csv}', columns = {{'id': 'BIGINT', 'account': 'BIGINT', 'time': 'TIMESTAMP', "
            f"'amount': 'DOUBLE', 'name': 'VARCHAR', 'comment': 'VARCHAR'}}, header = true)) TO {target}"]


def bench_csv(folder):
    csv = os.path.join(folder, "big.csv")
    write_csv(csv, ROWS)
    load_config(folder, "load.yml", csv)
    load = [TEGARU, "load", "run", "--threads", "2", "load.yml"]
    _, small_rss = measure(load, folder)
    if ROWS_LARGE > 0:
        write_csv(csv, ROWS_LARGE)
    size = os.path.getsize(csv) / 1e6
    ours, theirs, rss = interleaved(load, duckdb_csv(csv, "*", f"'{folder}/copy.parquet' (FORMAT parquet, COMPRESSION zstd)"), folder, 3)
    rows = ROWS_LARGE or ROWS
    report(f"CSV → Parquet zstd, {rows:,} rows ({size:.0f} MB), 2 threads",
           f"{theirs / ours:.2f} × DuckDB's COPY ({rows / ours / 1e6:.1f} M rows/s, COPY {rows / theirs / 1e6:.1f})",
           "≥ 1.2 ×", theirs / ours >= 1.2)
    report("the same: peak memory", f"{rss:.0f} MB", f"≤ {RSS_MAX_MB} MB", rss <= RSS_MAX_MB)
    report(f"the same: memory beside that of {ROWS:,} rows", f"{rss / small_rss:.2f} × ({small_rss:.0f} MB)", "≤ 1.1 ×", rss <= small_rss * 1.1)
    os.remove(csv)


def bench_csv_to_csv(folder):
    """With a rename and a column less; the real Embulk beside it when ORACLE names its folder."""
    csv = os.path.join(folder, "big.csv")
    with open(os.path.join(folder, "csv.yml"), "w") as out:
        out.write(f"in:\n type: file\n path_prefix: {csv}\n parser:\n  type: csv\n  skip_header_lines: 1\n  columns:{COLUMNS}"
                  "filters:\n- {type: rename, columns: {name: who}}\n- {type: remove_columns, remove: [comment]}\n"
                  f"out: {{type: file, path_prefix: '{folder}/out/t', file_ext: csv, formatter: {{type: csv}}}}\n")
    load = [TEGARU, "load", "run", "--threads", "2", "csv.yml"]
    embulk = os.path.join(os.environ.get("ORACLE", ""), "bin/embulk")
    if os.path.exists(embulk):
        write_csv(csv, ROWS)
        ours, theirs, _ = interleaved(load, [embulk, "run", "csv.yml"], folder, 3)
        report(f"CSV → CSV, {ROWS:,} rows, renamed and without a column", f"{theirs / ours:.1f} × the real Embulk ({ours:.2f} s, {theirs:.2f} s)",
               "≥ 15 ×", theirs / ours >= 15)
    rows = ROWS_LARGE or ROWS
    write_csv(csv, rows)
    ours, theirs, rss = interleaved(load, duckdb_csv(csv, "id, account, time, amount, name AS who", f"'{folder}/out/copy.csv' (FORMAT csv)"), folder, 3)
    report(f"CSV → CSV, {rows:,} rows, the same", f"{theirs / ours:.2f} × DuckDB's COPY without order ({rows / ours / 1e6:.1f} M rows/s, {rss:.0f} MB)",
           "≥ 2.0 ×", theirs / ours >= 2.0)
    os.remove(csv)
    shutil.rmtree(os.path.join(folder, "out"))


def bench_json(folder):
    path = os.path.join(folder, "rows.jsonl")
    with open(path, "w") as out:
        for i in range(ROWS):
            out.write(f'{{"id":{i},"account":{(i * 2654435761) % 1000000007},"time":"2015-{1 + i % 12:02}-{1 + i % 28:02} {i % 24:02}:00:00",'
                      f'"amount":{(i * 40503 % 9999991) / 100},"name":"user{i % 100000}@example.com","ok":{"true" if i % 2 else "false"}}}\n')
    with open(os.path.join(folder, "json.yml"), "w") as out:
        out.write(f"in:\n type: file\n path_prefix: {path}\n parser:\n  type: jsonl\n  columns:{COLUMNS.replace('{name: comment, type: string}', '{name: ok, type: boolean}')}"
                  "out: {type: s3_parquet, bucket: bench, path_prefix: j/, compression_codec: zstd}\n")
    copy = [DUCKDB, "SET threads = 2", "SET memory_limit = '200MB'", "SET preserve_insertion_order = false",
            f"COPY (SELECT * FROM read_json('{path}', format = 'newline_delimited', columns = {{id: 'BIGINT', account: 'BIGINT', time: 'TIMESTAMP', "
            f"amount: 'DOUBLE', name: 'VARCHAR', ok: 'BOOLEAN'}})) TO '{folder}/copy.parquet' (FORMAT parquet, COMPRESSION zstd)"]
    ours, theirs, rss = interleaved([TEGARU, "load", "run", "--threads", "2", "json.yml"], copy, folder)
    report(f"JSON lines → Parquet zstd, {ROWS:,} rows", f"{theirs / ours:.2f} × DuckDB's read_json ({ROWS / ours / 1e6:.1f} M rows/s, {rss:.0f} MB)",
           "≥ 1.0 ×", theirs / ours >= 1.0)
    os.remove(path)


def bench_start(folder):
    with open(os.path.join(folder, "one.csv"), "w") as out:
        out.write("a\n1\n")
    with open(os.path.join(folder, "one.yml"), "w") as out:
        out.write(f"in: {{type: file, path_prefix: '{folder}/one.csv', parser: {{type: csv, skip_header_lines: 1, columns: [{{name: a, type: long}}]}}}}\n"
                  "out: {type: stdout}\n")
    ours = statistics.median(measure([TEGARU, "load", "run", "one.yml"], folder)[0] for _ in range(21)) * 1000
    report("a load of one row to stdout, from start to end", f"{ours:.1f} ms", "≤ 30 ms", ours <= 30)


def main():
    folder = tempfile.mkdtemp(prefix="tegaru-bench-")
    try:
        os.mkdir(os.path.join(folder, ".tegaru"))
        bench_start(folder)
        bench_json(folder)
        bench_csv(folder)
        bench_csv_to_csv(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
