"""Recorded behaviour of the real Digdag, when the shared cases are there.

Cases that do not pass yet stand in digdag_known_failures.txt, which may only shrink: a listed case that
passes fails the test.
"""
import os
import subprocess
import tempfile

import support

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("TEGARU_SHARED", os.path.join(support.SOURCE, "..", "shared"))
RUNNER = os.path.join(SHARED, "conformance/digdag/run.sh")


def known_failures():
    with open(os.path.join(HERE, "digdag_known_failures.txt")) as lines:
        return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def run_cases():
    """The runner's output, line by line: a verdict, then what differed."""
    with tempfile.TemporaryDirectory() as place:
        link = os.path.join(place, "digdag")
        os.symlink(support.TEGARU, link)
        done = subprocess.run(["bash", RUNNER, link, "-j", "2"], capture_output=True, text=True,
                              env=dict(os.environ, VERBOSE="1"), stdin=subprocess.DEVNULL)
    return done.stdout.split("\n")


def main():
    if not os.path.exists(RUNNER):
        print("1..1\nok 1 digdag cases # SKIP the shared folder is not here")
        return
    known = known_failures()
    out = []
    number = 0
    for line in run_cases():
        verdict, _, case = line.partition(" ")
        if verdict not in ("PASS", "FAIL"):
            out.append("# " + line)
            continue
        number += 1
        if case not in known:
            out.append(f"{'ok' if verdict == 'PASS' else 'not ok'} {number} {case}")
        elif verdict == "FAIL":
            out.append(f"ok {number} {case} # SKIP known failure")
        else:
            out.append(f"not ok {number} {case} passes: take it off the list of known failures")
    print(f"1..{number}")
    print("\n".join(out))


main()
