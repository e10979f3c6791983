"""A moto of its own, as tests/support/moto_server.py starts it."""
import os
import subprocess
import sys

from support import SOURCE, Skip


class Moto:
    """Checked by botocore's models; with "--athena" queries do something (tests/support/moto_athena.py)."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(SOURCE, "tests/support/moto_server.py"), *self.arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ, TG_SOURCE_DIR=SOURCE))
        port = self.process.stdout.readline().strip()
        if not port:
            self.process.wait()
            raise Skip("no moto is installed: run 'make deps'")
        self.endpoint = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
