#!/usr/bin/env python3
"""Cases of our own, recorded from the real Embulk 0.11.4 and run against the link `embulk`.

tests/cases/embulk/*.json: lists of {name, input: {path: text}, cmd, expected: {rc, stdout, files}}; bytes
are texts in latin-1. A case without `expected` is new: embulk_recorded.py --record EMBULK [FILE...] fills
it in from the real program. Log lines are left out, as in the shared runner; a failure is compared by its
status alone. known_differences.txt lists cases that differ with a reason; the list may only shrink.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("TG_SOURCE_DIR", os.path.dirname(os.path.dirname(HERE)))
CASES = os.path.join(SOURCE, "tests/cases/embulk")
LOG = re.compile(rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4} \[[A-Z]+\]|^\s+at |^Caused by: |^\s*Suppressed: |^\s*\.\.\. \d+ more")


def as_yaml(text):
    try:
        import yaml
        return yaml.safe_load(text.encode("latin-1").decode())
    except Exception:  # then the bytes count
        return text


def run(embulk, case):
    work = tempfile.mkdtemp(prefix="tegaru-embulk-")
    try:
        for path, text in case["input"].items():
            full = os.path.join(work, "w", path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as out:
                out.write(text.encode("latin-1"))
        env = dict(os.environ, EMBULK=embulk, TZ="UTC", LC_ALL="C.UTF-8", LANG="C.UTF-8", TMPDIR=work)
        done = subprocess.run(["sh", "-c", case["cmd"]], cwd=os.path.join(work, "w"), env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=180)
        if done.returncode:
            return {"rc": done.returncode}
        got = {"rc": 0, "files": {}}
        got["stdout"] = b"\n".join(line for line in done.stdout.split(b"\n") if not LOG.match(line)).decode("latin-1")
        for where, _, names in sorted(os.walk(os.path.join(work, "w"))):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(where, name), os.path.join(work, "w"))
                if path not in case["input"]:
                    got["files"][path] = open(os.path.join(where, name), "rb").read().decode("latin-1")
        return got
    finally:
        shutil.rmtree(work, ignore_errors=True)


def differs(want, got):
    """What is not the same; YAML files by value."""
    if want["rc"] != got["rc"] or want["rc"]:
        return "" if (want["rc"] != 0) == (got["rc"] != 0) else f"status {got['rc']}, not {want['rc']}"
    if want["stdout"] != got["stdout"]:
        return f"stdout {got['stdout']!r}, not {want['stdout']!r}"
    for path in sorted(set(want["files"]) | set(got["files"])):
        a, b = want["files"].get(path), got["files"].get(path)
        if a != b and not (path.endswith(".yml") and a and b and as_yaml(a) == as_yaml(b)):
            return f"{path} {b!r}, not {a!r}"
    return ""


def record(embulk, paths):
    for path in paths or sorted(glob.glob(CASES + "/*.json")):
        cases = json.load(open(path))
        new = [c for c in cases if "expected" not in c]
        with ThreadPoolExecutor(2) as pool:
            for case, got in zip(new, pool.map(lambda c: run(embulk, c), new)):
                case["expected"] = got
        with open(path, "w") as out:
            json.dump(cases, out, indent=1, ensure_ascii=True)
            out.write("\n")
        print(f"{os.path.basename(path)}: {len(new)} recorded")


def main():
    if sys.argv[1:2] == ["--record"]:
        return record(os.path.abspath(sys.argv[2]), sys.argv[3:])
    embulk = os.path.join(os.path.dirname(os.path.abspath(os.environ["TEGARU"])), "embulk")
    with open(CASES + "/known_differences.txt") as lines:
        known = {line.split("#")[0].strip() for line in lines} - {""}
    cases = [c for path in sorted(glob.glob(CASES + "/*.json")) for c in json.load(open(path))]
    print(f"1..{len(cases)}", flush=True)
    with ThreadPoolExecutor(2) as pool:
        for number, (case, got) in enumerate(zip(cases, pool.map(lambda c: run(embulk, c), cases)), 1):
            what = differs(case["expected"], got)
            good = bool(what) == (case["name"] in known)
            note = "" if not what else f" # {what[:400]}" if not good else " # known difference"
            print(f"{'ok' if good else 'not ok'} {number} - {case['name']}{note}")
            if not what and not good:
                print("# it is as the real one now: take it off known_differences.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
