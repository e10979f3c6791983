"""A running `tegaru aws-endpoint`, and AWS's own clients in processes of their own (.deps/awsclients)."""
import json
import os
import select
import subprocess
import sys

from support import SOURCE, TEGARU, Project, Skip

CLIENTS = os.path.join(SOURCE, ".deps/awsclients/site")
REGION = "us-east-1"


class Endpoint(Project):
    """An endpoint over a project of its own; stopped by its pid."""

    def __init__(self, *arguments, key_id="local", secret="local"):
        super().__init__()
        self.arguments = arguments
        self.keys = key_id, secret
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([TEGARU, "aws-endpoint", "--project", self.folder, "--port", "0", *self.arguments],
                                        cwd=self.folder, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        self.url = self.process.stdout.readline().strip() if ready else ""
        assert self.url.startswith("http://"), "the endpoint did not start"

    def stop(self):
        if self.process:
            self.process.terminate()
            status = self.process.wait(60)
            self.process.stdout.close()
            self.process = None
            assert status == 0, f"the endpoint ended with {status}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            super().__exit__()

    def environment(self):
        """For clients: nothing of the machine's own settings."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return dict(env, AWS_ENDPOINT_URL=self.url, AWS_ACCESS_KEY_ID=self.keys[0], AWS_SECRET_ACCESS_KEY=self.keys[1],
                    AWS_DEFAULT_REGION=REGION, AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE="/dev/null",
                    AWS_SHARED_CREDENTIALS_FILE="/dev/null", PYTHONPATH=CLIENTS, HOME=self.folder, AWS_PAGER="",
                    PYTHONWARNINGS="ignore", NO_PROXY="*")

    def python(self, code, timeout=300):
        """Runs a client's program; gives what it prints as JSON on its last line."""
        need_clients()
        self.write("client.py", code)
        done = subprocess.run([sys.executable, "-B", self.folder + "/client.py"], cwd=self.folder, env=self.environment(),
                              capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"the client failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        lines = done.stdout.strip().split("\n")
        return json.loads(lines[-1]) if lines[-1] else None

    def module(self, name, *arguments, status=0, timeout=300, cwd=None, **more):
        """Runs `python -m name`; gives what it prints."""
        need_clients()
        done = subprocess.run([sys.executable, "-B", "-m", name, *arguments], cwd=cwd or self.folder, capture_output=True,
                              text=True, timeout=timeout, stdin=subprocess.DEVNULL, env=dict(self.environment(), **more))
        assert done.returncode == status, (
            f"{name} {' '.join(arguments)}: exit status {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}")
        return done.stdout


def need_clients():
    if not os.path.isdir(CLIENTS):
        raise Skip("AWS's clients are not installed: run 'make deps'")
