"""An endpoint that runs, and AWS's clients that ask it."""
import os
import subprocess
import sys

from support import SOURCE, TEGARU, Project, Skip

# Beside these tests lies a secrets.py, which the clients must not take for Python's own.
sys.path[:] = [path for path in sys.path if os.path.abspath(path) != os.path.dirname(os.path.abspath(__file__))]
CLIENTS = os.path.join(SOURCE, ".deps/awsclients/site")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDLOCAL", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


class Endpoint:
    """`tegaru aws-endpoint` over a project of its own; os.environ leads every client to it."""

    def __init__(self, *arguments, project=None):
        if not os.path.isdir(CLIENTS):
            raise Skip("AWS's clients are not installed: run 'make deps'")
        if CLIENTS not in sys.path:
            sys.path.insert(0, CLIENTS)
        self.project = project or Project({"main.dig": "+a:\n  echo>: a\n"})
        self.owns_project = project is None
        self.arguments = arguments
        self.start()

    def start(self):
        self.process = subprocess.Popen([TEGARU, "aws-endpoint", *self.arguments], cwd=self.project.folder, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), f"the endpoint does not start: {self.url!r}"
        os.environ.update(KEYS, AWS_ENDPOINT_URL=self.url)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        self.process.stdout.close()
        assert status == 0, f"the endpoint ends with {status}"

    def client(self, service, **more):
        import boto3
        from botocore.config import Config
        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}).merge(more.pop("config", Config()))
        return boto3.session.Session().client(service, endpoint_url=self.url, config=config, **more)

    def env(self):
        return dict(os.environ, PYTHONPATH=CLIENTS, HOME=self.project.folder)

    def query(self, sql, database="default", **more):
        """Runs to the end; the execution."""
        athena = self.client("athena")
        more.setdefault("ResultConfiguration", {"OutputLocation": "s3://results/q/"})
        started = athena.start_query_execution(QueryString=sql, QueryExecutionContext={"Database": database}, **more)
        return self.wait(started["QueryExecutionId"])

    def wait(self, number):
        athena = self.client("athena")
        while True:
            execution = athena.get_query_execution(QueryExecutionId=number)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution

    def rows(self, sql, **more):
        execution = self.query(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        pages = self.client("athena").get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
        return [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        if self.owns_project:
            self.project.__exit__()


def refused(function, code, **arguments):
    """The refusal of a client's call; it must have this code."""
    import botocore.exceptions
    try:
        function(**arguments)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response
    raise AssertionError(f"{code} did not come")
