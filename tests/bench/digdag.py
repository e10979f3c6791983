"""Rows of the workflow core: big graphs, templates, and the real Digdag beside it when ORACLE names its folder."""
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

TEGARU = os.environ["TEGARU"]
ORACLE = os.environ.get("ORACLE")


def measure(command, folder, runs=3):
    """Median seconds and the largest RSS in MB."""
    times, memory = [], 0
    for _ in range(runs):
        shutil.rmtree(os.path.join(folder, ".tegaru"), ignore_errors=True)
        shutil.rmtree(os.path.join(folder, ".digdag"), ignore_errors=True)
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        times.append(time.perf_counter() - start)
        assert status == 0, command
        memory = max(memory, usage.ru_maxrss / 1024)
    return statistics.median(times), memory


def project(text):
    folder = tempfile.mkdtemp(prefix="tegaru-bench-")
    with open(os.path.join(folder, "main.dig"), "w") as out:
        out.write(text)
    return folder


def say(what, measured, bar, ok):
    print(json.dumps({"what": what, "measured": measured, "bar": bar, "ok": ok}), flush=True)


def run(text, *options, runs=3):
    folder = project(text)
    try:
        return measure([TEGARU, "run", "main.dig", "-q", *options], folder, runs)
    finally:
        shutil.rmtree(folder)


def flat(count):
    return "_parallel: true\n" + "".join(f"+t{i}:\n  echo>: x\n" for i in range(count))


def check_seconds(text):
    folder = project(text)
    try:
        return measure([TEGARU, "check", "main.dig"], folder)[0]
    finally:
        shutil.rmtree(folder)


def main():
    curve = []
    for count in (1000, 10000, 100000):
        seconds = run(flat(count), "--no-save")[0]
        curve.append((count, (seconds - 0.002) * 1e6 / count))
    reading = check_seconds(flat(100000))
    seconds, _ = run(flat(100000), "--no-save")
    rate = 100000 / max(seconds - reading, 0.001)
    say("100,000 flat `_parallel` tasks, without reading the file", f"{rate:,.0f} tasks/s", "≥ 50,000 tasks/s", rate >= 50000)
    text = ", ".join(f"{count:,}: {cost:.0f} µs" for count, cost in curve)
    say("cost of a task, with reading", text, "flat (±50 %)", curve[-1][1] <= curve[0][1] * 1.5)
    loop = "+l:\n  for_range>: {from: 0, to: 100000, step: 1}\n  _do: {echo>: 'n ${range.index}'}\n"
    seconds, memory = run(loop, runs=1)
    say("100,000 iterations of `for_range>`, states saved", f"{seconds:.1f} s, {memory:.0f} MB", "≤ 300 MB", memory <= 300)
    many = "+l:\n  loop>: 10000\n  _do: {echo>: '${i + 1}'}\n"
    none = many.replace("${i + 1}", "x")
    seconds = run(many, "--no-save")[0] - run(none, "--no-save")[0]
    say("10,000 template evaluations", f"{seconds:.2f} s", "≤ 1 s", seconds <= 1)
    moments = many.replace("'${i + 1}'", '"${moment(session_time).add(i, \'days\').format()}"')
    seconds = run(moments, "--no-save", runs=1)[0]
    say("10,000 template evaluations with moment, with their tasks", f"{seconds:.2f} s", "", True)
    chain = "".join(f"+t{i}:\n  sh>: 'true'\n" for i in range(40))
    seconds = run(chain)[0]
    say("40 `sh>` in a chain", f"{seconds * 1000:.0f} ms", "≤ 200 ms", seconds <= 0.2)
    if not ORACLE:
        return
    folder = project("+a:\n  echo>: hi\n")
    real = measure([os.path.join(ORACLE, "bin/digdag"), "run", "main.dig"], folder)[0]
    ours = measure([TEGARU, "run", "main.dig"], folder, 21)[0]
    say("one task beside the real Digdag", f"{ours * 1000:.1f} ms against {real * 1000:.0f} ms: {real / ours:.0f} ×", "≥ 50 ×", real >= 50 * ours)
    shutil.rmtree(folder)


main()
