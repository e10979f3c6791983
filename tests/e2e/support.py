"""What the black-box tests share: running the program, TAP, temporary projects."""
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

SOURCE = os.environ.get("TG_SOURCE_DIR", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(SOURCE, ".deps/python"))  # pyarrow
TEGARU = os.environ.get("TEGARU", os.path.join(SOURCE, "build/src/cli/tegaru"))
tests = []


def test(function):
    """Registers a test; its name is what it promises."""
    tests.append(function)
    return function


class Skip(Exception):
    pass


class Project:
    """A project in a temporary folder."""

    def __init__(self, files=None):
        self.folder = tempfile.mkdtemp(prefix="tegaru-test-")
        for path, text in (files or {}).items():
            self.write(path, text)

    def write(self, path, text):
        full = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w" if isinstance(text, str) else "wb") as out:
            out.write(text)

    def read(self, path):
        with open(os.path.join(self.folder, path)) as text:
            return text.read()

    def exists(self, path):
        return os.path.exists(os.path.join(self.folder, path))

    def run(self, *arguments, program=TEGARU, timeout=300, **more):
        env = dict(os.environ, **more.pop("env", {}))
        return subprocess.run([program, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL, env=env, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def check_run(done, status=0):
    assert done.returncode == status, (
        f"exit status {done.returncode}, not {status}: {done.args}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
    return done


def equal(got, wanted, what=""):
    assert got == wanted, f"{what}: got {got!r}, wanted {wanted!r}"


def contains(text, part):
    assert part in text, f"{part!r} is not in:\n{text[-3000:]}"


def main():
    print(f"1..{len(tests)}", flush=True)
    for number, function in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} {function.__name__}", flush=True)
        except Skip as reason:
            print(f"ok {number} {function.__name__} # SKIP {reason}", flush=True)
        except Exception:
            print(f"not ok {number} {function.__name__}", flush=True)
            for line in traceback.format_exc().split("\n"):
                print("# " + line, flush=True)
    sys.exit(0)
