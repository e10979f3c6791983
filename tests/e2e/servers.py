"""Private servers for black-box tests: a free port, a temporary folder, stopped by pid."""
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from http.server import ThreadingHTTPServer

from support import Skip


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve_http(handler):
    """Serves on a free port, a thread a connection, until shutdown(): the server and its URL."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    http.daemon_threads = True
    http.handle_error = lambda *_: None  # clients go away in the middle
    threading.Thread(target=http.serve_forever, args=[0.02], daemon=True).start()
    return http, f"http://127.0.0.1:{http.server_address[1]}"


def wait_until(ready, what, seconds=60):
    """Asks until it is true; an exception counts as no."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if ready():
                return
        except Exception:
            pass
        assert time.monotonic() < deadline, f"{what} did not come up within {seconds} s"
        time.sleep(0.02)


class Server:
    """A process with a folder of its own."""

    def __init__(self, user=None):
        self.folder = tempfile.mkdtemp(prefix="tegaru-server-")
        self.port = free_port()
        self.process = None
        self.user = user if os.getuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user, self.user)

    def start(self, *command, **more):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        stdin=subprocess.DEVNULL, cwd="/", user=self.user, group=self.user,
                                        extra_groups=[] if self.user else None, **more)

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgresql(Server):
    """User and database "postgres", password "sekret"."""

    def __init__(self):
        binaries = next((f"/usr/lib/postgresql/{v}/bin" for v in range(30, 8, -1)
                         if os.path.exists(f"/usr/lib/postgresql/{v}/bin/postgres")), None)
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            binaries = None
        if not binaries:
            raise Skip("no PostgreSQL server is installed")
        super().__init__("postgres")
        password = os.path.join(self.folder, "password")
        with open(password, "w") as out:
            out.write("sekret\n")
        os.chmod(password, 0o644)
        done = subprocess.run([f"{binaries}/initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A",
                               "scram-sha-256", "-N", "-E", "UTF8", "--locale=C", f"--pwfile={password}"],
                              capture_output=True, text=True, cwd="/", user=self.user, group=self.user,
                              extra_groups=[] if self.user else None)
        assert done.returncode == 0, done.stderr
        self.psql = f"{binaries}/psql"
        self.command = [f"{binaries}/postgres", "-D", f"{self.folder}/data", "-k", self.folder, "-p", str(self.port),
                        "-h", "127.0.0.1", "-c", "fsync=off"]
        self.up()

    def up(self, *options):
        self.start(*self.command, *options)
        wait_until(lambda: self.ask("SELECT 1") == "1", "PostgreSQL")

    def ask(self, sql):
        """The rows as psql prints them bare: columns apart by |."""
        done = subprocess.run([self.psql, "-X", "-A", "-t", "-h", self.folder, "-p", str(self.port), "-U",
                               "postgres", "-c", sql], capture_output=True, text=True,
                              env=dict(os.environ, PGPASSWORD="sekret"))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class Redis(Server):
    def __init__(self, *options):
        program = shutil.which("redis-server")
        if not program:
            raise Skip("no redis-server is installed")
        super().__init__()
        self.options = options
        self.start(program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder,
                   *options)

        def answers():
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                s.sendall(b"PING\r\n")
                return s.recv(64) != b""
        wait_until(answers, "redis")


class Mariadb(Server):
    """User root without password, database "test"."""

    def __init__(self, *options):
        server = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        if not os.path.exists(server):
            raise Skip("no MariaDB server is installed")
        super().__init__()
        self.socket = os.path.join(self.folder, "socket")
        as_root = ["--user=root"] if os.getuid() == 0 else []
        done = subprocess.run(["mariadb-install-db", "--no-defaults", "--skip-test-db", *as_root, f"--datadir={self.folder}/data",
                               "--auth-root-authentication-method=normal"], capture_output=True, text=True, env=dict(os.environ, TMPDIR=self.folder))
        assert done.returncode == 0, done.stderr
        self.command = [server, "--no-defaults", *as_root, f"--datadir={self.folder}/data", f"--socket={self.socket}",
                        f"--port={self.port}", f"--tmpdir={self.folder}", "--bind-address=127.0.0.1", "--local-infile=1",
                        "--innodb-flush-log-at-trx-commit=0", *options]
        self.up()
        self.ask("CREATE DATABASE IF NOT EXISTS test; CREATE USER u@'%' IDENTIFIED BY 'sekret'; GRANT ALL ON *.* TO u@'%'")

    def up(self):
        self.start(*self.command)
        wait_until(lambda: self.ask("SELECT 1", "") == "1", "MariaDB")

    def ask(self, sql, database="test"):
        """The rows as the client prints them bare: columns apart by tabs."""
        done = subprocess.run(["mariadb", "--no-defaults", "-u", "root", "-S", self.socket, "-N", "-B",
                               "--default-character-set=utf8mb4", *([database] if database and "CREATE DATABASE" not in sql else []), "-e", sql],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip("\n")
