"""The s3 input and output: which objects, in which order, where to go on; the local store alike."""
import gzip
import json
import os
from http.server import BaseHTTPRequestHandler

from s3_server import KEY_ID, S3, SECRET
from servers import serve_http
from support import Project, check_run, contains, equal, main, test

LOAD = """in:
  type: s3
  bucket: data
IN
  parser: {type: csv, columns: [{name: id, type: long}]}
exec: {min_output_tasks: 1, max_threads: 1}
out: {type: stdout}
"""


def access(s3):
    return (f"  endpoint: '{s3.endpoint}'\n  access_key_id: {KEY_ID}\n  secret_access_key: '{SECRET}'\n"
            f"  maximum_retries: 2\n")


def load(project, s3, options, status=0, *more):
    project.write("load.yml", LOAD.replace("\nIN", "\n" + (access(s3) if s3 else "") + "".join(f"  {o}\n" for o in options)))
    return check_run(project.run("load", "run", "load.yml", *more), status)


def ids(done):
    return [int(line) for line in done.stdout.split("rows_read")[0].split() if line.isdigit()]


def with_s3(function):
    def run():
        s3 = S3(page=3)
        try:
            with Project() as project:
                for i in range(8):
                    s3.put("data", f"in/{i}.csv", f"{i}\n".encode())
                s3.put("data", "in/empty.csv", b"")
                s3.put("data", "other.csv", b"99\n")
                function(s3, project)
        finally:
            s3.stop()
    run.__name__ = function.__name__
    return test(run)


@with_s3
def objects_of_a_prefix_come_in_the_order_of_their_keys(s3, project):
    equal(ids(load(project, s3, ["path_prefix: in/"])), list(range(8)))
    equal(ids(load(project, s3, ["path: in/3.csv"])), [3])
    equal(ids(load(project, s3, ["path_prefix: in/", "path_match_pattern: '[246]\\.csv$'"])), [2, 4, 6])
    equal(ids(load(project, s3, ["path_prefix: in/", "total_file_count_limit: 2"])), [0, 1])
    equal(ids(load(project, s3, ["path_prefix: in/", "min_task_size: 7"])), list(range(8)))


@with_s3
def the_config_diff_goes_on_behind_the_last_key(s3, project):
    load(project, s3, ["path_prefix: in/"], 0, "-c", "diff.yml")
    contains(project.read("diff.yml"), 'last_path: "in/7.csv"')
    equal(ids(load(project, s3, ["path_prefix: in/"], 0, "-c", "diff.yml")), [])
    contains(project.read("diff.yml"), 'last_path: "in/7.csv"')
    s3.put("data", "in/8.csv", b"8\n")
    equal(ids(load(project, s3, ["path_prefix: in/"], 0, "-c", "diff.yml")), [8])
    load(project, s3, ["path_prefix: in/", "incremental: false"], 0, "-c", "none.yml")
    assert "last_path" not in project.read("none.yml")


@with_s3
def the_time_of_change_can_be_the_mark(s3, project):
    load(project, s3, ["path_prefix: in/", "use_modified_time: true"], 0, "-c", "diff.yml")
    contains(project.read("diff.yml"), 'last_modified_time: "2020-01-02T03:04:05.000Z"')
    equal(ids(load(project, s3, ["path_prefix: in/", "use_modified_time: true"], 0, "-c", "diff.yml")), [])
    contains(load(project, s3, ["path_prefix: in/", "last_modified_time: noon"], 1).stderr, "must look like 2024-01-02T03")


@with_s3
def large_objects_are_read_in_parts_and_decoded(s3, project):
    numbers = range(2000000)
    s3.put("data", "big.csv.gz", gzip.compress("".join(f"{i}\n" for i in numbers).encode(), 0))
    project.write("load.yml", LOAD.replace("\nIN", "\n" + access(s3) + "  path: big.csv.gz\n  decoders: [{type: gzip}]")
                  .replace("{type: stdout}", "{type: 'null'}"))
    receipt = json.loads(check_run(project.run("load", "run", "load.yml", "--json")).stdout)
    equal(receipt["rows_read"], len(numbers))
    equal(receipt["bytes_read"], len(s3.buckets["data"]["big.csv.gz"]["data"]))
    equal(len([line for line in s3.log if line.startswith("GET /data/big")]), 2)


@with_s3
def an_object_that_changes_while_it_is_read_stops_the_load(s3, project):
    s3.put("data", "big.csv", b"1\n" * 8000000)
    s3.after[2] = lambda: s3.put("data", "big.csv", b"2\n" * 8000000)
    done = load(project, s3, ["path: big.csv"], 1)
    contains(done.stderr, "somebody else changed the object")


@with_s3
def archived_objects_are_told_or_left_out(s3, project):
    s3.classes["in/5.csv"] = "GLACIER"
    contains(load(project, s3, ["path_prefix: in/"], 1).stderr, "s3://data/in/5.csv is archived in Glacier")
    equal(ids(load(project, s3, ["path_prefix: in/", "skip_glacier_objects: true"])), [0, 1, 2, 3, 4, 6, 7])


@with_s3
def mistakes_are_told(s3, project):
    contains(load(project, s3, [], 1).stderr, "either 'path' or 'path_prefix' is required")
    contains(load(project, s3, ["path_prefix: nothing/"], 1).stderr, "no object begins with 's3://data/nothing/'")
    contains(load(project, s3, ["path_prefix: in/", "path_match_pattern: '('"], 1).stderr, "path_match_pattern")
    s3.failures = [500] * 9
    contains(load(project, s3, ["path_prefix: in/"], 1).stderr, "the server has a problem of its own")


@with_s3
def the_output_writes_objects_after_all_tasks_succeeded(s3, project):
    project.write("load.yml", LOAD.replace("\nIN", "\n" + access(s3) + "  path_prefix: in/").replace(
        "{type: stdout}", f"""
  type: s3
  bucket: other
  path_prefix: out/x
  file_ext: .csv.gz
{access(s3)}
  encoders: [{{type: gzip}}]
  formatter: {{type: csv}}"""))
    receipt = json.loads(check_run(project.run("load", "run", "load.yml", "--json")).stdout)
    equal(sorted(s3.buckets["other"]), [f"out/x.{i:03}.00.csv.gz" for i in range(8)])
    equal(gzip.decompress(s3.buckets["other"]["out/x.003.00.csv.gz"]["data"]), b"id\r\n3\r\n")
    equal(receipt["objects"][3]["path"], "s3://other/out/x.003.00.csv.gz")
    s3.buckets["other"].clear()
    s3.put("data", "in/9.csv", b"no number\n")
    contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "s3://data/in/9.csv:1:1")
    equal(s3.buckets["other"], {})


def keys_program(project):
    """A profile whose program gives AKID0, AKID1 … in turn, and the environment to use it."""
    project.write("keys.sh", "#!/bin/sh\nn=$(cat count 2>/dev/null || echo 0); echo $((n+1)) > count\n"
                  "printf '{\"Version\": 1, \"AccessKeyId\": \"AKID%s\", \"SecretAccessKey\": \"sekret%s\", \"SessionToken\": \"t\"}' $n $n\n")
    os.chmod(project.folder + "/keys.sh", 0o700)
    project.write("profile", f"[default]\nregion = us-east-1\ncredential_process = {project.folder}/keys.sh\n")
    return {"AWS_CONFIG_FILE": project.folder + "/profile", "AWS_SHARED_CREDENTIALS_FILE": project.folder + "/none", "AWS_EC2_METADATA_DISABLED": "true"}


@with_s3
def keys_that_expire_in_mid_load_are_asked_for_again(s3, project):
    options = f"  path_prefix: in/\n  endpoint: '{s3.endpoint}'\n  maximum_retries: 2\n"
    out = f"{{type: s3, bucket: other, path_prefix: out/x, file_ext: .csv, endpoint: '{s3.endpoint}', formatter: {{type: csv, header_line: false}}}}"
    project.write("load.yml", LOAD.replace("\nIN", "\n" + options).replace("{type: stdout}", out))
    env = keys_program(project)
    s3.keys = {"AKID0": "sekret0", "AKID1": "sekret1", "AKID2": "sekret2", "AKID3": "sekret3"}
    for at in (0, 4, 9, 20):  # in the list, in a read, and in what is written
        s3.count, s3.after = 0, {at: lambda: s3.expired.update(f"AKID{i}" for i in range(int(project.read("count"))))}
        s3.expired.clear()
        s3.buckets["other"].clear()
        if project.exists("count"):
            os.remove(project.folder + "/count")
        check_run(project.run("load", "run", "load.yml", env=env))
        equal(sorted(int(found["data"]) for found in s3.buckets["other"].values()), list(range(8)))
    s3.expired.update(f"AKID{i}" for i in range(20))
    os.remove(project.folder + "/count")
    contains(check_run(project.run("load", "run", "load.yml", env=env), 1).stderr, "the session has expired (ExpiredToken: told by the test); asked again, the place where")
    equal(project.read("count"), "2\n")  # once more, not again and again
    s3.expired.add(KEY_ID)
    contains(load(project, s3, ["path_prefix: in/"], 1).stderr, "keys that are given in the config or the environment cannot be renewed; get new ones")


class KeyServer:
    """Gives AKID0, AKID1 … in turn, as the metadata of a container or an instance, and as STS."""

    def __init__(self):
        self.count = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                assert self.path == "/latest/api/token"
                self.send("a-token", "text/plain")

            def do_GET(self):
                if self.path.endswith("/security-credentials/"):
                    return self.send("the-role", "text/plain")
                self.send(json.dumps({**server.next(), "Expiration": "2099-01-01T00:00:00Z", "Code": "Success", "Type": "AWS-HMAC"}), "application/json")

            def do_POST(self):
                assert b"WebIdentityToken=the-token" in self.rfile.read(int(self.headers["content-length"]))
                keys = "".join(f"<{'SessionToken' if k == 'Token' else k}>{v}</{'SessionToken' if k == 'Token' else k}>" for k, v in server.next().items())
                self.send(f"<AssumeRoleWithWebIdentityResponse><Credentials>{keys}</Credentials></AssumeRoleWithWebIdentityResponse>", "text/xml")

            def send(self, text, kind):
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass
        self.http, self.url = serve_http(Handler)

    def next(self):
        self.count += 1
        return {"AccessKeyId": f"AKID{self.count - 1}", "SecretAccessKey": f"sekret{self.count - 1}", "Token": "t"}


@with_s3
def each_source_that_can_give_new_keys_is_asked(s3, project):
    keys = KeyServer()
    s3.keys = {f"AKID{i}": f"sekret{i}" for i in range(20)}
    project.write("token", "the-token\n")
    none = {"AWS_CONFIG_FILE": project.folder + "/none", "AWS_SHARED_CREDENTIALS_FILE": project.folder + "/keys", "AWS_EC2_METADATA_DISABLED": "true"}
    sources = {"container": ("auth_method: instance", {**none, "AWS_CONTAINER_CREDENTIALS_FULL_URI": keys.url + "/role"}),
               "instance": ("auth_method: instance", {**none, "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": keys.url}),
               "web identity": ("auth_method: web_identity_token\n  role_arn: arn:aws:iam::1:role/r\n  web_identity_token_file: " + project.folder + "/token", {**none, "AWS_ENDPOINT_URL_STS": keys.url}),
               "profile": ("auth_method: profile\n  profile_name: p", none)}
    try:
        for name, (options, env) in sources.items():
            project.write("keys", "[p]\naws_access_key_id = AKID0\naws_secret_access_key = sekret0\n")
            project.write("load.yml", LOAD.replace("\nIN", f"\n  path_prefix: in/\n  endpoint: '{s3.endpoint}'\n  {options}\n"))

            def expire():
                s3.expired.update(f"AKID{i}" for i in range(max(keys.count, 1)))
                project.write("keys", f"[p]\naws_access_key_id = AKID{19}\naws_secret_access_key = sekret{19}\n")
            keys.count = 0
            s3.expired.clear()
            s3.count, s3.after = 0, {5: expire}
            equal(ids(check_run(project.run("load", "run", "load.yml", env=env))), list(range(8)), name)
            assert "AKID0" in s3.expired and s3.after == {}, name
    finally:
        keys.http.shutdown()
        keys.http.server_close()


@test
def without_aws_both_use_the_local_store():
    with Project() as project:
        project.write("a.csv", "1\n2\n")
        project.write("up.yml", "in: {type: file, path_prefix: a.csv, parser: {type: csv, columns: [{name: id, type: long}]}}\n"
                      "out: {type: s3, bucket: data, path_prefix: in/a, file_ext: .csv, formatter: {type: csv, header_line: false}}\n")
        check_run(project.run("load", "run", "up.yml"))
        assert os.path.exists(project.folder + "/.tegaru/objects/data/in/a.000.00.csv")
        equal(ids(load(project, None, ["path_prefix: in/"])), [1, 2])


main()
