"""A small S3 in this process: checks signatures, keeps objects in memory, fails when told to."""
import base64
import hashlib
import hmac
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, quote, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from servers import serve_http

KEY_ID, SECRET = "AKIDTEST", "secret/of+test"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign(secret, date, region, service, text):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return hmac.new(key, text.encode(), "sha256").hexdigest()


class S3:
    def __init__(self, page=1000):
        self.buckets = {"data": {}, "other": {}}
        self.uploads = {}
        self.failures = []  # statuses that the next requests get
        self.log = []       # "METHOD /path?query"
        self.page = page
        self.allows_anonymous = False
        self.keys = {KEY_ID: SECRET}
        self.expired = set()  # of key ids
        self.broken = lambda method, key: None  # a status that such requests always get
        self.after = {}    # number of a request: what happens before it is answered
        self.classes = {}  # storage class of a key
        self.count = 0
        self.lock = threading.Lock()
        s3 = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                size = int(self.headers.get("content-length") or 0)
                with s3.lock:
                    Request(s3, self, self.rfile.read(size)).answer()
            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

            def log_message(self, *_):
                pass
        self.http, self.endpoint = serve_http(Handler)
        self.port = self.http.server_address[1]

    def put(self, bucket, key, data, **headers):
        self.buckets[bucket][key] = {"data": data, "etag": hashlib.md5(data).hexdigest(), "headers": headers,
                                     "version": "v1"}

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


class Request:
    def __init__(self, s3, handler, body):
        self.s3, self.handler, self.body = s3, handler, body
        self.path, _, self.query_text = handler.path.partition("?")
        self.query = dict(parse_qsl(self.query_text, keep_blank_values=True))
        bucket, _, key = unquote(self.path)[1:].partition("/")
        self.bucket, self.key = bucket, key
        self.method = handler.command

    def send(self, status, body=b"", **headers):
        h = self.handler
        h.send_response(status)
        headers.setdefault("content_length", str(len(body)))
        headers["x_amz_request_id"] = "ABC123"
        for name, value in headers.items():
            h.send_header("-".join(p.capitalize() if p != "etag" else "ETag" for p in name.split("_")), value)
        h.end_headers()
        if self.method != "HEAD":
            h.wfile.write(body)

    def fail(self, status, code, message="told by the test"):
        self.send(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>".encode(),
                  content_type="application/xml")

    def xml(self, body):
        self.send(200, ('<?xml version="1.0" encoding="UTF-8"?>\n' + body).encode(), content_type="application/xml")

    def refusal(self):
        """What is wrong with the signature; None when nothing is."""
        h = self.handler.headers
        auth = h.get("authorization", "")
        if not auth and self.s3.allows_anonymous:
            return None
        if not auth.startswith("AWS4-HMAC-SHA256 "):
            return "AccessDenied"
        parts = dict(p.strip().split("=", 1) for p in auth[len("AWS4-HMAC-SHA256 "):].split(","))
        key_id, date, region, service, _ = parts["Credential"].split("/")
        if key_id in self.s3.expired:
            return "ExpiredToken"
        if key_id not in self.s3.keys:
            return "InvalidAccessKeyId"
        names = parts["SignedHeaders"].split(";")
        headers = "".join(f"{n}:{' '.join(h.get(n, '').split())}\n" for n in names)
        query = "&".join("=".join(quote(x, safe="-._~") for x in pair)
                         for pair in sorted(parse_qsl(self.query_text, keep_blank_values=True)))
        hashed = h.get("x-amz-content-sha256", "")
        if hashed != "UNSIGNED-PAYLOAD" and hashed != sha256(self.body):
            return "XAmzContentSHA256Mismatch"
        canonical = "\n".join([self.method, self.path, query, headers, parts["SignedHeaders"], hashed])
        scope = f"{date}/{region}/{service}/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", h.get("x-amz-date", ""), scope, sha256(canonical.encode())])
        good = sign(self.s3.keys[key_id], date, region, service, text)
        return None if hmac.compare_digest(good, parts["Signature"]) else "SignatureDoesNotMatch"

    def answer(self):
        s3 = self.s3
        s3.log.append(f"{self.method} {self.handler.path}")
        s3.after.pop(s3.count, lambda: None)()
        s3.count += 1
        if s3.failures:
            status = s3.failures.pop(0)
            if status:
                return self.fail(status, "SlowDown" if status == 503 else "InternalError")
        status = s3.broken(self.method, self.key)
        if status:
            return self.fail(status, "InternalError" if status >= 500 else "AccessDenied")
        refusal = self.refusal()
        if refusal:
            return self.fail(400 if refusal == "ExpiredToken" else 403, refusal)
        if self.bucket not in s3.buckets:
            return self.fail(404, "NoSuchBucket")
        objects = s3.buckets[self.bucket]
        if self.method == "GET" and not self.key:
            return self.list(objects)
        return getattr(self, self.method.lower())(objects)

    def list(self, objects):
        keys = sorted(k for k in objects if k.startswith(self.query.get("prefix", "")))
        start = self.query.get("continuation-token", "")
        page = [k for k in keys if k > start][:self.s3.page]
        more = page and page[-1] != keys[-1]
        rows = "".join(f"<Contents><Key>{quote(k, safe='')}</Key><Size>{len(objects[k]['data'])}</Size>"
                       f"<LastModified>2020-01-02T03:04:05.000Z</LastModified>"
                       f"<StorageClass>{self.s3.classes.get(k, 'STANDARD')}</StorageClass>"
                       f"<ETag>&quot;{objects[k]['etag']}&quot;</ETag></Contents>" for k in page)
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        self.xml(f"<ListBucketResult>{token}<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{rows}</ListBucketResult>")

    def head(self, objects):
        self.get(objects)

    def get(self, objects):
        found = objects.get(self.key)
        if not found or self.query.get("versionId", found["version"]) != found["version"]:
            return self.fail(404, "NoSuchKey")
        wanted = found.get("sse_md5")
        if wanted and self.handler.headers.get("x-amz-server-side-encryption-customer-key-md5") != wanted:
            return self.fail(400, "InvalidRequest")
        if self.handler.headers.get("if-match", f'"{found["etag"]}"') != f'"{found["etag"]}"':
            return self.fail(412, "PreconditionFailed")
        data, status, more = found["data"], 200, {}
        if self.handler.headers.get("range"):
            first, last = self.handler.headers["range"].split("=")[1].split("-")
            data, status = data[int(first):int(last) + 1 if last else None], 206
        if self.method == "HEAD":
            more["content_length"] = str(len(data))
        self.send(status, data, etag=f'"{found["etag"]}"', last_modified=formatdate(1577934245, usegmt=True),
                  accept_ranges="bytes", **{"content_type": "text/plain", **found["headers"], **more})

    def source(self):
        path, _, _ = self.handler.headers["x-amz-copy-source"].partition("?")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        return self.s3.buckets.get(bucket, {}).get(key)

    def put(self, objects):
        if "x-amz-copy-source" not in self.handler.headers:
            if "partNumber" in self.query:
                self.s3.uploads[self.query["uploadId"]][int(self.query["partNumber"])] = self.body
                return self.send(200, etag=f'"{hashlib.md5(self.body).hexdigest()}"')
            self.s3.put(self.bucket, self.key, self.body)
            objects[self.key]["headers_in"] = {k.lower(): v for k, v in self.handler.headers.items()}
            return self.send(200, etag=f'"{objects[self.key]["etag"]}"')
        source = self.source()
        if not source:
            return self.fail(404, "NoSuchKey")
        if "partNumber" in self.query:
            first, last = self.handler.headers["x-amz-copy-source-range"].split("=")[1].split("-")
            data = source["data"][int(first):int(last) + 1]
            self.s3.uploads[self.query["uploadId"]][int(self.query["partNumber"])] = data
            return self.xml(f"<CopyPartResult><ETag>\"{hashlib.md5(data).hexdigest()}\"</ETag></CopyPartResult>")
        self.s3.put(self.bucket, self.key, source["data"], **source["headers"])
        self.xml(f"<CopyObjectResult><ETag>\"{source['etag']}\"</ETag></CopyObjectResult>")

    def post(self, objects):
        if "uploads" in self.query:
            upload = f"up/load+{len(self.s3.uploads)}"
            self.s3.uploads[upload] = {}
            return self.xml(f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>")
        parts = self.s3.uploads.pop(self.query["uploadId"])
        numbers = [int(e.text) for e in ElementTree.fromstring(self.body).iter("PartNumber")]
        if numbers != sorted(parts):
            return self.fail(400, "InvalidPart")
        data = b"".join(parts[n] for n in numbers)
        self.s3.put(self.bucket, self.key, data)
        objects[self.key]["etag"] += f"-{len(numbers)}"
        self.xml(f"<CompleteMultipartUploadResult><ETag>\"{objects[self.key]['etag']}\"</ETag></CompleteMultipartUploadResult>")

    def delete(self, objects):
        if "uploadId" in self.query:
            self.s3.uploads.pop(self.query["uploadId"], None)
        else:
            objects.pop(self.key, None)
        self.send(204)


def key_md5(key_base64):
    return base64.b64encode(hashlib.md5(base64.b64decode(key_base64)).digest()).decode()


if __name__ == "__main__":
    # For unit tests: prints the port, answers until its input ends.
    import sys
    server = S3(page=2)
    server.put("data", "big", bytes(range(256)) * 100)
    print(server.port, flush=True)
    sys.stdin.read()
