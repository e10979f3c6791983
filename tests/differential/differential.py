#!/usr/bin/env python3
"""Runs random workflows with the real Digdag and with Tegaru, and compares what they did.

differential.py ORACLE_FOLDER TEGARU [--from SEED] [--count N] [--keep FOLDER]
ORACLE_FOLDER holds digdag/digdag.jar and digdag/lib. Differences go to stdout; exit 1 when there are some.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from generate import make

HERE = os.path.dirname(os.path.abspath(__file__))


# docs/compat/digdag.md says why: an integer beyond 64 bits becomes a double.
KNOWN = [("12345678901234567890", "1.2345678901234567E19")]


def write_project(folder, seed):
    files, args, maker = make(seed)
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    with open(os.path.join(folder, "args"), "w", encoding="utf-8") as f:
        f.write("\n".join(args) + "\n")
    return args, maker


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def failures(err):
    """The list of failed tasks: {name: message}."""
    found = {}
    for match in re.finditer(r"^  \* (\+.*?):\n((?:    .*\n|\n)*)", err, re.M):
        message = re.sub(r"\s+", " ", match.group(2)).strip()
        found.setdefault(match.group(1), []).append(message)
    return found


def states(folder):
    """The saved states without what differs by nature: {file: text}."""
    found = {}
    root = os.path.join(folder, ".digdag", "status")
    for base, _, names in os.walk(root):
        for name in names:
            text = read(os.path.join(base, name))
            text = re.sub(r"^  (hash|receipt|inputs|started|reason):.*\n(?:    .*\n|  - .*\n)*", "", text, flags=re.M)
            text = re.sub(r"\\\n\s*(\\ )?", lambda m: " " if m.group(1) else "", text)  # long lines folded
            text = "\n".join(line for line in text.split("\n") if not re.search(r"Id:|[Aa]t:", line))
            found[name] = text
    return found


def observe(folder, code, err, maker):
    text = re.sub(r',"stacktrace":".*?"(?=[},])', "", read(os.path.join(folder, "out")))  # of Java
    text = text.replace(folder, "PROJECT").replace("(long) type", "(int) type")
    for wanted, found in KNOWN:
        text = text.replace(wanted, found)
    lines = text.split("\n")
    if maker.is_racy:
        return {"exit": code, "out": [], "failures": {name: [] for name in failures(err)}, "states": {}}
    return {"exit": code, "out": lines if maker.is_ordered else sorted(lines), "failures": failures(err), "states": states(folder)}


def run_tegaru(binary, folder, args):
    try:
        done = subprocess.run([binary] + args, cwd=folder, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stderr
    except subprocess.TimeoutExpired:
        return 124, "timeout"


def run_real(oracle, folder, threads):
    jar = f"{oracle}/digdag/digdag.jar:{oracle}/digdag/lib/*"
    classes = os.path.join(folder, "..", "classes")
    os.makedirs(classes, exist_ok=True)
    subprocess.run(["javac", "-cp", jar, "-d", classes, os.path.join(HERE, "Driver.java")], check=True)
    with open(os.path.join(folder, "..", "real.log"), "w", encoding="utf-8") as log:
        subprocess.run(["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--add-opens", "java.base/java.lang=ALL-UNNAMED",
                        "-cp", f"{classes}:{jar}", "Driver", str(threads), "90", folder], check=True, stdout=log, stderr=log)


def shape(message):
    """What must agree of a message: its first line's words, not positions or hints."""
    message = re.sub(r"\(config\)|\(\w+ ?\w*\)$", "", message).strip()
    return message


def differences(real, ours, with_messages):
    found = []
    if real["exit"] != ours["exit"]:
        found.append(f"exit {real['exit']} <> {ours['exit']}")
    if real["out"] != ours["out"]:
        a, b = real["out"], ours["out"]
        at = next((i for i in range(max(len(a), len(b))) if i >= len(a) or i >= len(b) or a[i] != b[i]), 0)
        found.append(f"out line {at}: {a[at:at + 1]} <> {b[at:at + 1]}")
    if sorted(real["failures"]) != sorted(ours["failures"]):
        found.append(f"failed {sorted(real['failures'])} <> {sorted(ours['failures'])}")
    elif with_messages:
        for name, messages in real["failures"].items():
            if [shape(m) for m in messages] != [shape(m) for m in ours["failures"][name]]:
                found.append(f"message of {name}:\n      {messages}\n      {ours['failures'][name]}")
    for name in sorted(set(real["states"]) | set(ours["states"])):
        a, b = real["states"].get(name), ours["states"].get(name)
        if a != b:
            found.append(f"state {name}: " + ("only in Tegaru" if a is None else "only in Digdag" if b is None else f"\n{a}<>\n{b}"))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("oracle")
    parser.add_argument("tegaru")
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--keep")
    parser.add_argument("--reuse", action="store_true", help="take what the real program did from --keep")
    parser.add_argument("--messages", action="store_true")
    options = parser.parse_args()
    base = options.keep or tempfile.mkdtemp(prefix="tegaru-diff-")
    real_folder, our_folder = os.path.join(base, "real"), os.path.join(base, "ours")
    seeds = range(options.first, options.first + options.count)
    shutil.rmtree(our_folder, ignore_errors=True)
    if not options.reuse:
        shutil.rmtree(real_folder, ignore_errors=True)
    made = {}
    for seed in seeds:
        if not options.reuse:
            write_project(os.path.join(real_folder, f"{seed:06d}"), seed)
        made[seed] = write_project(os.path.join(our_folder, f"{seed:06d}"), seed)
    if not options.reuse:
        run_real(options.oracle, real_folder, options.threads)
    binary = os.path.join(base, "digdag")
    if os.path.lexists(binary):
        os.remove(binary)
    os.symlink(os.path.abspath(options.tegaru), binary)
    bad = 0
    with ThreadPoolExecutor(2) as pool:
        results = dict(zip(seeds, pool.map(lambda s: run_tegaru(binary, os.path.join(our_folder, f"{s:06d}"), made[s][0]), seeds)))
    for seed in seeds:
        folder = os.path.join(real_folder, f"{seed:06d}")
        ours = os.path.join(our_folder, f"{seed:06d}")
        with open(os.path.join(ours, "ours.err"), "w", encoding="utf-8") as f:
            f.write(results[seed][1])
        real = observe(folder, int(read(os.path.join(folder, "real.exit")) or 125), read(os.path.join(folder, "real.err")), made[seed][1])
        mine = observe(ours, results[seed][0], results[seed][1], made[seed][1])
        found = differences(real, mine, options.messages)
        if found:
            bad += 1
            print(f"seed {seed}:")
            for line in found:
                print("   ", line)
    print(f"{len(seeds) - bad} of {len(seeds)} agree")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
