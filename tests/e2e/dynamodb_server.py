"""DynamoDB for tests: the real DynamoDB Local, and a small server that fails when told to."""
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler

from s3_server import sha256, sign
from servers import Server, serve_http, wait_until
from support import SOURCE, Skip

KEY_ID, SECRET = "AKIDTEST", "secret/of+test"


class DynamodbLocal(Server):
    """DynamoDB Local of `make deps`; every key is good, tables are shared."""

    def __init__(self):
        library = os.path.join(SOURCE, ".deps/dynamodblocal/lib")
        if not os.path.exists(library) or not shutil.which("java"):
            raise Skip("no DynamoDB Local is installed: run 'make deps'")
        super().__init__()
        self.start("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dsqlite4java.library.path={library}", "-cp", f"{library}/*",
                   "com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-inMemory", "-sharedDb", "-port", str(self.port))
        self.endpoint = f"http://127.0.0.1:{self.port}"
        wait_until(lambda: "TableNames" in self.call("ListTables"), "DynamoDB Local")

    def call(self, action, **request):
        sent = urllib.request.Request(self.endpoint, json.dumps(request).encode(), {
            "content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{action}",
            "authorization": f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"})
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return json.load(answer)

    def create(self, table, items=(), sort=None, **more):
        keys = [("id", "S")] + ([(sort, "N")] if sort else [])
        extra = more.pop("attributes", [])
        self.call("CreateTable", TableName=table, BillingMode="PAY_PER_REQUEST",
                  AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in keys + extra],
                  KeySchema=[{"AttributeName": n, "KeyType": k} for (n, _), k in zip(keys, ("HASH", "RANGE"))], **more)
        items = list(items)
        for at in range(0, len(items), 25):
            left = {table: [{"PutRequest": {"Item": item}} for item in items[at:at + 25]]}
            while left:
                left = self.call("BatchWriteItem", RequestItems=left)["UnprocessedItems"]


class FakeDynamodb:
    """Checks signatures and answers what the test says: `answer` gets action and request, and returns
    (status, object) or bytes; `failures` go first."""

    def __init__(self, answer):
        self.requests, self.failures = [], []
        self.keys = {KEY_ID: SECRET}
        self.lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                action = self.headers["x-amz-target"].split(".")[1]
                with fake.lock:
                    fake.requests.append((action, json.loads(body)))
                    got = fake.failures.pop(0) if fake.failures else fake.refusal(self, body) or answer(action, json.loads(body))
                if got == "hang up":
                    self.close_connection = True
                    return self.connection.close()
                status, value = got
                data = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/x-amz-json-1.0")
                self.send_header("content-length", str(len(data) + (10 if status == 299 else 0)))
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = status == 299

            def log_message(self, *_):
                pass
        self.http, self.endpoint = serve_http(Handler)

    def refusal(self, handler, body):
        h = handler.headers
        parts = dict(p.strip().split("=", 1) for p in h.get("authorization", " x=").split(" ", 1)[1].split(","))
        key_id, date, region, service, _ = parts.get("Credential", "////").split("/")
        if key_id not in self.keys:
            return error("UnrecognizedClientException", "The security token included in the request is invalid.")
        if self.keys[key_id] == "expired":
            return error("ExpiredTokenException", "The security token included in the request is expired")
        names = parts["SignedHeaders"].split(";")
        canonical = "\n".join(["POST", "/", "", "".join(f"{n}:{h[n].strip()}\n" for n in names), parts["SignedHeaders"], sha256(body)])
        text = "\n".join(["AWS4-HMAC-SHA256", h["x-amz-date"], f"{date}/{region}/{service}/aws4_request", sha256(canonical.encode())])
        good = sign(self.keys[key_id], date, region, service, text)
        return None if service == "dynamodb" and hmac.compare_digest(good, parts["Signature"]) else error("InvalidSignatureException", "no match")

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def error(name, message="told by the test", status=400):
    return status, {"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": message}


def digest(text):
    return hashlib.md5(text.encode()).hexdigest()
