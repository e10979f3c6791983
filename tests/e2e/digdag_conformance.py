"""Recorded behaviour of the real Digdag: tests/cases/digdag, and the shared cases when they are there.

A case is a folder: files of a project, `cmd`, `expected`. Lines of cmd: arguments for the program (its exit
status is recorded), `!command` for the shell (its stdout is recorded; $BIN is the program), `?text` (whether
the program's last output says so). At the end every file that is new or changed is recorded. Shared cases
that do not pass yet stand in digdag_known_failures.txt, which may only shrink: a listed case that passes
fails the test.

    digdag_conformance.py --record PROGRAM NAME…    writes `expected` of own cases by a trusted program
"""
import concurrent.futures
import difflib
import os
import shutil
import subprocess
import sys
import tempfile

import support

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = os.path.join(support.SOURCE, "tests/cases/digdag")
SHARED = os.path.join(os.environ.get("TEGARU_SHARED", os.path.join(support.SOURCE, "..", "shared")),
                      "conformance/digdag/cases")
SKIPPED_FOLDERS = {".digdag", "__pycache__"}


def known_failures():
    with open(os.path.join(HERE, "digdag_known_failures.txt")) as lines:
        return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def read(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "surrogateescape")


def files_below(folder):
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS]
        found += [os.path.join(os.path.relpath(where, folder), name) for name in names]
    return sorted((os.path.normpath(f) for f in found), key=lambda f: ("./" + f).encode())


class Case:
    """One case in a scratch folder of its own."""

    def __init__(self, program, folder, scratch):
        self.folder = folder
        self.work = os.path.join(scratch, "work")
        self.orig = os.path.join(scratch, "orig")
        home = os.path.join(scratch, "home")
        shutil.copytree(folder, self.orig, ignore=shutil.ignore_patterns("cmd", "expected"))
        shutil.copytree(self.orig, self.work)
        os.mkdir(home)
        self.env = dict(os.environ, BIN=program, HOME=home, DIGDAG_CONFIG_HOME=os.path.join(home, ".config/digdag"),
                        TEGARU_CONFIG_HOME=os.path.join(home, ".config/tegaru"), TZ="UTC", LC_ALL="C.UTF-8",
                        PYTHONDONTWRITEBYTECODE="1")
        self.text = ""  # a last line without an end stays so, as in the shared runner
        self.last = ""

    def bash(self, command, timeout, **more):
        with subprocess.Popen(["bash", "-c", command], cwd=self.work, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, start_new_session=True, **more) as process:
            try:
                out = process.communicate(timeout=timeout)[0]
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                out = process.communicate()[0]
            return out.decode("utf-8", "surrogateescape"), process.returncode

    def step(self, line):
        if line.startswith("!"):
            out, _ = self.bash(line[1:], 60, stderr=subprocess.DEVNULL)
            self.text += f"sh: {line[1:]}\n{out}"
        elif line.startswith("?"):
            self.text += ("says: " if line[1:] in self.last else "does not say: ") + line[1:] + "\n"
        elif line and not line.startswith("#"):
            self.last, status = self.bash('"$BIN" ' + line, 120, stderr=subprocess.STDOUT)
            self.text += f"run: {line} => exit {status}\n"

    def note_files(self):
        for name in files_below(self.work):
            text = read(os.path.join(self.work, name))
            before = os.path.join(self.orig, name)
            if not os.path.exists(before) or read(before) != text:
                self.text += f"file: {name}\n" + "".join("  | " + line for line in text.splitlines(True))

    def transcript(self):
        for line in read(os.path.join(self.folder, "cmd")).split("\n"):
            self.step(line)
        self.note_files()
        return self.text


def run_case(program, folder):
    with tempfile.TemporaryDirectory() as scratch:
        case = Case(program, folder, scratch)
        return case.transcript(), case.last


def link_to_program(place):
    link = os.path.join(place, "digdag")
    os.symlink(support.TEGARU, link)
    return link


def differences(folder, got):
    wanted = read(os.path.join(folder, "expected"))
    return list(difflib.unified_diff(wanted.split("\n"), got.split("\n"), "expected", "got", lineterm="", n=1))


def report(number, folder, got, last, known):
    """One line of TAP, and what differs."""
    name = os.path.basename(folder)
    wrong = differences(folder, got)
    if name in known:
        print(f"ok {number} {name} # SKIP known failure" if wrong else
              f"not ok {number} {name} passes: take it off the list of known failures")
        return
    print(f"{'not ok' if wrong else 'ok'} {number} {name}")
    for line in wrong + (last.split("\n")[-25:] if wrong else []):
        print("# " + line)


def record(program, names):
    for name in names:
        folder = os.path.join(OWN, name)
        text, _ = run_case(os.path.abspath(program), folder)
        with open(os.path.join(folder, "expected"), "w", errors="surrogateescape") as out:
            out.write(text)
        print(f"== {name}\n{text}", end="")


def main():
    places = [top for top in (OWN, SHARED) if os.path.isdir(top)]
    folders = [os.path.join(top, name) for top in places for name in sorted(os.listdir(top))]
    known = known_failures()
    print(f"1..{len(folders)}", flush=True)
    with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(2) as pool:
        program = link_to_program(place)
        for number, (folder, (got, last)) in enumerate(
                zip(folders, pool.map(lambda folder: run_case(program, folder), folders)), 1):
            report(number, folder, got, last, known)


if len(sys.argv) > 2 and sys.argv[1] == "--record":
    record(sys.argv[2], sys.argv[3:])
else:
    main()
