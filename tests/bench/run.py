#!/usr/bin/env python3
"""make bench: measures what the bars name, in one run, and writes results.md. Usage: run.py BUILD

Each row is measured several times, interleaved with what it is compared to; the median counts. The
other scripts in this folder print their rows as JSON lines: {"what", "measured", "bar", "ok"}.
"""
import json
import os
import platform
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


def median_ms(command, runs, folder):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def row(what, measured_ms, bar_ms):
    return {"what": what, "measured": f"{measured_ms:.1f} ms", "bar": f"≤ {bar_ms} ms", "ok": measured_ms <= bar_ms}


def workflows():
    folder = tempfile.mkdtemp(prefix="tegaru-bench-")
    try:
        with open(os.path.join(folder, "one.dig"), "w") as out:
            out.write("+a:\n  sh>: echo hi\n")
        with open(os.path.join(folder, "many.dig"), "w") as out:
            out.write("".join(f"+t{i}:\n  echo>: task {i}\n" for i in range(500)))
        yield row("`tegaru --version`", median_ms([TEGARU, "--version"], 41, folder), 5)
        yield row("one-task `sh>` run", median_ms([TEGARU, "run", "one.dig", "--rerun"], 21, folder), 20)
        yield row("500 `echo>` in sequence", median_ms([TEGARU, "run", "many.dig", "--rerun"], 11, folder), 100)
    finally:
        shutil.rmtree(folder)


def script(name):
    env = dict(os.environ, TEGARU=TEGARU, BUILD=BUILD, ROOT=ROOT,
               TEGARU_DUCKDB=os.path.join(ROOT, ".deps/duckdb/libduckdb.so"))
    done = subprocess.run([sys.executable, os.path.join(HERE, name)], stdout=subprocess.PIPE, text=True, env=env)
    for line in done.stdout.split("\n"):
        if line.startswith("{"):
            yield json.loads(line)
    if done.returncode != 0:
        yield {"what": name, "measured": "failed", "bar": "", "ok": False}


def main():
    rows = list(workflows())
    for name in ("digdag.py", "loader.py", "loader_databases.py", "query.py", "sql.py"):
        rows += script(name)
    lines = ["# Measured", "",
             f"By `make bench` on {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.machine()}; medians of",
             "interleaved runs on one machine. Ratios, not seconds, are what carries over to another one.", "",
             "| what | measured | bar | |", "|---|---|---|---|"]
    lines += [f"| {r['what']} | {r['measured']} | {r['bar']} | {'met' if r['ok'] else '**missed**'} |" for r in rows]
    text = "\n".join(lines) + "\n"
    notes = os.path.join(HERE, "notes.md")
    if os.path.exists(notes):
        text += "\n" + open(notes).read()
    with open(os.path.join(HERE, "results.md"), "w") as out:
        out.write(text)
    print(text)


if __name__ == "__main__":
    main()
