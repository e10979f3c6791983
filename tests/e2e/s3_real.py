"""A real S3 server for tests (versitygw, else moto; both by `make deps`), and a proxy before it that makes faults."""
import http.client
import os
import random
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

from servers import Server, serve_http, wait_until
from support import SOURCE, Skip

KEY_ID, SECRET = "AKIDTEST", "secret-of-test"
DEPS = os.path.join(SOURCE, ".deps")
sys.path.insert(0, os.path.join(DEPS, "moto/site"))  # boto3
here = os.path.dirname(os.path.abspath(__file__))
sys.path.remove(here)
import secrets  # noqa: F401,E402  boto3 wants Python's own, not the test of that name
sys.path.append(here)


class RealS3(Server):
    """Buckets "data" and "other"; `client` is boto3's."""

    def __init__(self):
        try:
            import boto3
        except ImportError:
            raise Skip("no moto is installed: run 'make deps'")
        super().__init__()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.gateway = os.path.join(DEPS, "versitygw/lib/versitygw")
        env = dict(os.environ, ROOT_ACCESS_KEY=KEY_ID, ROOT_SECRET_KEY=SECRET)
        if os.path.exists(self.gateway):
            os.mkdir(self.folder + "/s3")
            self.start(self.gateway, "--port", f"127.0.0.1:{self.port}", "posix", self.folder + "/s3", env=env)
        else:
            self.start(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port), env=dict(env, PYTHONPATH=os.path.join(DEPS, "moto/site")))
        self.client = boto3.client("s3", endpoint_url=self.endpoint, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET, region_name="us-east-1",
                                   config=boto3.session.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
        wait_until(lambda: self.client.list_buckets() is not None, "S3")
        for bucket in ("data", "other"):
            self.client.create_bucket(Bucket=bucket)

    def keys(self, bucket, prefix=""):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def get(self, bucket, key):
        return self.client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def uploads(self, bucket):
        return self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])

    def clear(self, bucket, prefix=""):
        for key in self.keys(bucket, prefix):
            self.client.delete_object(Bucket=bucket, Key=key)


def access(endpoint, more=""):
    """Options of a config for this server."""
    return f"endpoint: '{endpoint}', path_style_access_enabled: true, access_key_id: {KEY_ID}, secret_access_key: '{SECRET}', region: us-east-1{more}"


ENVIRONMENT = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
KINDS = ("500", "503", "reset before", "reset after", "half", "stall")


class Proxy:
    """Passes requests on; `fault` gets (number, method, path) and names one of KINDS, or None."""

    def __init__(self, server, fault=lambda number, method, path: None, stall_s=30):
        self.fault, self.count, self.faults = fault, 0, dict.fromkeys(KINDS, 0)
        self.lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                with proxy.lock:
                    kind = proxy.fault(proxy.count, self.command, self.path)
                    proxy.count += 1
                    if kind:
                        proxy.faults[kind] += 1
                if kind in ("500", "503"):
                    text = f"<Error><Code>{'InternalError' if kind == '500' else 'SlowDown'}</Code><Message>made by the proxy</Message></Error>".encode()
                    return self.answer(int(kind), [("content-type", "application/xml"), ("content-length", str(len(text)))], text)
                if kind == "reset before":
                    return self.hang_up()
                upstream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
                upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    upstream.putheader(name, value)
                upstream.endheaders(body)
                got = upstream.getresponse()
                text = got.read()
                upstream.close()
                if kind == "reset after":
                    return self.hang_up()
                if kind == "stall":
                    time.sleep(stall_s)
                    return self.hang_up()
                headers = [(n, v) for n, v in got.getheaders() if n.lower() not in ("transfer-encoding", "connection", "content-length")]
                length = got.headers.get("content-length") if self.command == "HEAD" else str(len(text))
                if length is not None:
                    headers.append(("content-length", length))
                if kind == "half":
                    self.answer(got.status, headers, text[: len(text) // 2] if text else None)
                    return self.hang_up()
                self.answer(got.status, headers, text)
            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

            def answer(self, status, headers, text):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                if text is not None:
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(text)

            def hang_up(self):
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, no end
                self.wfile.flush()
                self.connection.close()

            def log_message(self, *_):
                pass
        self.http, self.endpoint = serve_http(Handler)

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def by_chance(seed, rate):
    """A fault function: each request meets one of KINDS by chance."""
    chance = random.Random(seed)
    return lambda number, method, path: chance.choice(KINDS) if chance.random() < rate else None
