"""catalog gc in a real S3: uploads that killed loads left are listed and given up, nothing else; so are local buffers."""
import glob
import json
import os
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl

from s3_real import ENVIRONMENT, Proxy, RealS3, access
from servers import serve_http
from support import TEGARU, Project, check_run, contains, equal, main, test

MIB = 1 << 20
shared = {}


def server():
    if "s3" not in shared:
        shared["s3"] = RealS3()
    return shared["s3"]


def write_load(project, endpoint, prefix="out/a", kind="s3"):
    project.write("in.bin", os.urandom(40 * MIB).hex()[: 40 * MIB])
    formatter = "file_ext: .txt, formatter: {type: csv, header_line: false, quote_policy: NONE}" if kind == "s3" else "compression_codec: uncompressed"
    project.write("load.yml", "in: {type: file, path_prefix: in.bin, parser: {type: csv, delimiter: '|', max_quoted_size_limit: 99999999, columns: [{name: t, type: string}]}}\n"
                  "exec: {min_output_tasks: 1}\n"
                  f"out: {{type: {kind}, bucket: data, path_prefix: {prefix}, buffer_dir: buffers, {formatter}, {access(endpoint)}}}\n")
    lines = open(project.folder + "/in.bin").read()
    project.write("in.bin", "\n".join(lines[i:i + 1000] for i in range(0, len(lines), 1000)) + "\n")


def kill_in_upload(project, s3, prefix="out/a", kind="s3"):
    """Runs a load and kills it with -9 when its second part is under way."""
    reached = threading.Event()

    def fault(number, method, path):
        if "partNumber=2" in path:
            reached.set()
            return "stall"
    proxy = Proxy(s3, fault, stall_s=1)
    try:
        write_load(project, proxy.endpoint, prefix, kind)
        run = subprocess.Popen([TEGARU, "load", "run", "load.yml"], cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert reached.wait(120), "no second part"
        run.send_signal(signal.SIGKILL)
        run.wait()
    finally:
        proxy.stop()
    write_load(project, s3.endpoint, prefix, kind)


@test
def a_killed_upload_is_listed_and_given_up_once_it_is_old():
    s3 = server()
    with Project() as project:
        kill_in_upload(project, s3)
        equal([u["Key"] for u in s3.uploads("data")], ["out/a.000.00.txt"])
        equal(s3.keys("data"), [])  # nothing half visible
        done = check_run(project.run("catalog", "gc", "--dry-run", "load.yml"))
        if os.path.exists(s3.gateway):  # moto dates all uploads 2010
            equal(done.stdout, "would remove 0 unfinished uploads\n")  # it may be under way
            check_run(project.run("catalog", "gc", "load.yml"))
        equal(len(s3.uploads("data")), 1)
        done = check_run(project.run("catalog", "gc", "--grace", "0", "--dry-run", "load.yml"))
        contains(done.stdout, "s3://data/out/a.000.00.txt  begun 20")
        contains(done.stdout, "would remove 1 unfinished uploads")
        equal(len(s3.uploads("data")), 1)
        listed = json.loads(check_run(project.run("catalog", "gc", "--grace", "0", "--json", "load.yml")).stdout)
        equal([u["url"] for u in listed["uploads"]], ["s3://data/out/a.000.00.txt"])
        equal(s3.uploads("data"), [])
        check_run(project.run("load", "run", "load.yml"))
        equal(s3.keys("data"), ["out/a.000.00.txt"])
        s3.clear("data")


@test
def uploads_of_others_stay():
    s3 = server()
    with Project() as project:
        write_load(project, s3.endpoint)
        for key in ("out/a.000.00.parquet", "out/b.000.00.txt", "elsewhere.txt"):
            s3.client.create_multipart_upload(Bucket="data", Key=key)
        check_run(project.run("catalog", "gc", "--grace", "0", "load.yml"))
        equal(len(s3.uploads("data")), 3)
        env = dict(ENVIRONMENT, AWS_ENDPOINT_URL_S3=s3.endpoint)
        check_run(project.run("catalog", "gc", "--grace", "0", "s3://data/out/", env=env))
        equal([u["Key"] for u in s3.uploads("data")], ["elsewhere.txt"])
        check_run(project.run("catalog", "gc", "--grace", "0", "s3://data/", env=env))
        equal(s3.uploads("data"), [])


@test
def many_uploads_with_odd_keys_are_found():
    s3 = server()
    for i in range(900):
        s3.client.create_multipart_upload(Bucket="other", Key=f"many/é {i % 850}+")
    with Project() as project:
        done = check_run(project.run("catalog", "gc", "--grace", "0", "s3://other/many/", env=dict(ENVIRONMENT, AWS_ENDPOINT_URL_S3=s3.endpoint)))
        contains(done.stdout, "removed 900 unfinished uploads")
        contains(done.stdout, "s3://other/many/é 7+ ")
        equal(s3.uploads("other"), [])


@test
def lists_of_uploads_are_followed_page_by_page():  # versitygw 1.8 refuses its own marker, moto has no pages
    wanted = [(f"k/{i // 2:02}", f"u+{i}") for i in range(11)]
    gone, repeats = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = dict(parse_qsl(self.path.partition("?")[2]))
            at = (query["key-marker"], query["upload-id-marker"]) if "key-marker" in query else ("", "")
            page = [u for u in wanted if (u[0], wanted.index(u)) > (at[0], wanted.index(at) if at in wanted else -1)][:3]
            more = bool(repeats) or (page and page[-1] != wanted[-1])
            rows = "".join(f"<Upload><Key>{k}</Key><UploadId>{u}</UploadId><Owner><ID>me</ID></Owner><Initiated>2020-01-02T03:04:05.000Z</Initiated></Upload>" for k, u in page)
            marker = f"<NextKeyMarker>{page[-1][0]}</NextKeyMarker><NextUploadIdMarker>{page[-1][1]}</NextUploadIdMarker>" if page else ""
            self.send(200, f"<ListMultipartUploadsResult>{repeats[0] if repeats else marker}<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{rows}</ListMultipartUploadsResult>")

        def do_DELETE(self):
            gone.append((self.path[1:].partition("?")[0].partition("/")[2], dict(parse_qsl(self.path.partition("?")[2]))["uploadId"]))
            self.send(204 if gone[-1][1] != "u+3" else 404, "")

        def send(self, status, text):
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass
    http, url = serve_http(Handler)
    try:
        with Project() as project:
            env = dict(ENVIRONMENT, AWS_ENDPOINT_URL_S3=url)
            contains(check_run(project.run("catalog", "gc", "s3://data/k/", env=env)).stdout, "removed 11 unfinished uploads")
            equal(gone, wanted)
            repeats.append("<NextKeyMarker>k/00</NextKeyMarker><NextUploadIdMarker>u+0</NextUploadIdMarker>")
            check_run(project.run("catalog", "gc", "--dry-run", "s3://data/k/", env=env))  # ends, though the server goes in circles
    finally:
        http.shutdown()
        http.server_close()


@test
def buffers_of_killed_loads_go_with_the_next_load():
    s3 = server()
    with Project() as project:
        kill_in_upload(project, s3, "buf/a", "s3_parquet")
        left = glob.glob(project.folder + "/buffers/tegaru-s3-*/*")
        assert sum(os.path.getsize(path) for path in left) > 16 * MIB, left
        check_run(project.run("load", "run", "load.yml"))
        equal(glob.glob(project.folder + "/buffers/*"), [])
        check_run(project.run("catalog", "gc", "--grace", "0", "load.yml"))
        equal(s3.uploads("data"), [])
        s3.clear("data")


@test
def mistakes_are_told():
    s3 = server()
    with Project() as project:
        project.write("local.yml", "in: {type: file, path_prefix: x}\nout: {type: s3_parquet, catalog: {database: d, table: t}}\n")
        contains(check_run(project.run("catalog", "gc", "local.yml"), 1).stderr, "`out` does not write to S3 itself; 'tegaru catalog gc' without a file")
        contains(check_run(project.run("catalog", "gc", "s3://nobucket/", env=dict(ENVIRONMENT, AWS_ENDPOINT_URL_S3=s3.endpoint)), 1).stderr, "there is no such bucket")
        contains(check_run(project.run("catalog", "gc", "s3://data/", env=dict(ENVIRONMENT, AWS_ENDPOINT_URL_S3=s3.endpoint, AWS_SECRET_ACCESS_KEY="wrong")), 1 if os.path.exists(s3.gateway) else 0).stderr,
                 "check secret_access_key" if os.path.exists(s3.gateway) else "")
        contains(check_run(project.run("catalog", "gc", "none.yml"), 1).stderr, "none.yml")


try:
    main()
finally:
    if "s3" in shared:
        shared["s3"].__exit__()
