#!/usr/bin/env python3
"""Runs the recorded cases of Embulk 0.11.4 against the link `embulk`. The program is the
link `embulk` beside the one that TEGARU names.

The cases lie in conformance/embulk of the folder that TEGARU_SHARED names, or of ../shared beside the
checkout; without them the test is skipped. A case that fails must stand in embulk_known_failures.txt,
and a case that stands there must fail: the list only shrinks. Prints TAP.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("TG_SOURCE_DIR", os.path.dirname(os.path.dirname(HERE)))
EMBULK = os.path.join(os.path.dirname(os.path.abspath(os.environ["TEGARU"])), "embulk")
SHARED = os.environ.get("TEGARU_SHARED", os.path.join(SOURCE, "..", "shared"))


def known_failures():
    with open(os.path.join(HERE, "embulk_known_failures.txt")) as lines:
        return {line.split("#")[0].strip() for line in lines} - {""}


def main():
    runner = os.path.join(SHARED, "conformance", "embulk", "runner.py")
    if not os.path.exists(runner):
        print("1..0 # SKIP the recorded cases are not here (TEGARU_SHARED)")
        return 0
    known = known_failures()
    done = subprocess.run([sys.executable, runner, EMBULK], capture_output=True, text=True)
    results = re.findall(r"^(ok  |FAIL) (\S+)(.*)$", done.stdout, re.M)
    print(f"1..{len(results) + 1}")
    passed = 0
    for number, (outcome, name, what) in enumerate(results, 1):
        ok = outcome.startswith("ok")
        passed += ok
        good = ok != (name in known)
        note = "" if ok else f" # known failure:{what}" if good else f" # differs:{what}"
        if ok and not good:
            note = " # passes now: take it off embulk_known_failures.txt"
        print(f"{'ok' if good else 'not ok'} {number} - {name}{note}")
    stale = known - {name for _, name, _ in results}
    print(f"{'not ok' if stale or not results else 'ok'} {len(results) + 1} - the list names cases that are there"
          + "".join(f" # unknown: {name}" for name in sorted(stale)))
    print(f"# {passed} of {len(results)} cases as the real Embulk")
    return 0


if __name__ == "__main__":
    sys.exit(main())
