"""s3_wait>, s3_copy>, s3_move>, s3_delete> against a small S3, and on the local store."""
import base64
import json
import os
import threading

from s3_server import KEY_ID, S3, SECRET, key_md5
from support import Project, check_run, contains, equal, main, test


def project(tasks, s3=None, **options):
    export = ""
    if s3:
        export = f'_export:\n  aws: {{s3: {{endpoint: "{s3.endpoint}", path_style_access: true}}}}\n'
    made = Project({"main.dig": "timezone: UTC\n" + export + tasks, "id": options.get("key_id", KEY_ID),
                    "secret": options.get("secret", SECRET), "sse": options.get("sse", "")})
    made.env = {"HOME": made.folder, "TEGARU_CONFIG_HOME": made.folder + "/c", "DIGDAG_CONFIG_HOME": made.folder + "/c",
                "AWS_EC2_METADATA_DISABLED": "true"}
    if s3:
        pairs = ["aws.access_key_id=@id", "aws.secret_access_key=@secret"] + (["aws.s3.sse_c_key=@sse"] if "sse" in options else [])
        for pair in pairs:
            check_run(made.run("secrets", "--local", "--set", pair, env=made.env))
    return made


def run(made, *more, status=0):
    return check_run(made.run("run", "main.dig", "--rerun", *more, env=made.env), status)


def receipt(done):
    return next(t["receipt"] for t in json.loads(done.stdout)["tasks"] if "receipt" in t)


def with_s3(function):
    def wrapped():
        s3 = S3(page=2)
        try:
            function(s3)
        finally:
            s3.stop()
    wrapped.__name__ = function.__name__
    return test(wrapped)


@with_s3
def s3_wait_stores_what_the_object_is(s3):
    s3.put("data", "a/é b+c.txt", b"hello", x_amz_meta_owner="me")
    dig = "+w:\n  s3_wait>: data/a/é b+c.txt\n+s:\n  echo>: ${s3.last_object}\n"
    with project(dig, s3) as p:
        done = run(p)
        told = json.loads(next(l for l in done.stdout.split("\n") if l.startswith("{")))
        equal(told, {"metadata": {"Accept-Ranges": "bytes", "Content-Length": 5, "Content-Type": "text/plain",
                                  "ETag": "5d41402abc4b2a76b9719d911017c592", "Last-Modified": 1577934245000},
                     "user_metadata": {"owner": "me"}})
        assert SECRET not in done.stdout + done.stderr


@with_s3
def s3_wait_waits_until_the_object_comes(s3):
    def come():
        while len(s3.log) < 1:
            pass
        with s3.lock:
            s3.put("data", "late", b"x")
    thread = threading.Thread(target=come)
    thread.start()
    with project("+w:\n  s3_wait>:\n  bucket: data\n  key: late\n", s3) as p:
        equal(receipt(run(p, "--json")), {"object": "s3://data/late", "bytes": 1, "etag": "9dd4e461268c8034f5c8564e155c67a6"})
    thread.join()


@with_s3
def s3_wait_has_a_timeout(s3):
    with project("+w:\n  s3_wait>: data/never\n  timeout: 1s\n", s3) as p:
        contains(run(p, status=1).stderr, "Timeout happened")
    with project("+w:\n  s3_wait>: data/never\n  timeout: 1s\n  continue_on_timeout: true\n+s:\n  echo>: went on\n", s3) as p:
        contains(run(p).stdout, "went on")


@with_s3
def s3_wait_refuses_bad_options(s3):
    for body, message in [("s3_wait>:\n", "Either the s3_wait operator command or both 'bucket' and 'key' parameters must be set"),
                          ("s3_wait>: data\n", "Illegal s3 path: data"), ("s3_wait>: data/\n", "Illegal s3 path"),
                          ("s3_wait>: a/b\n  timeout: soon\n", "Expected a duration for key 'timeout'"),
                          ("s3_wait>: a/b\n  endpoint: ftp://x\n", "the endpoint 'ftp://x' is no address")]:
        with project("+w:\n  " + body, s3) as p:
            contains(run(p, status=1).stderr, message)


@with_s3
def s3_wait_knows_versions_and_keys_of_the_caller(s3):
    key = base64.b64encode(b"k" * 32).decode()
    s3.put("data", "x", b"1")
    s3.buckets["data"]["x"]["sse_md5"] = key_md5(key)
    with project("+w:\n  s3_wait>: data/x\n  version_id: v1\n", s3, sse=key) as p:
        run(p)
    with project("+w:\n  s3_wait>: data/x\n", s3, sse="c2hvcnQ=") as p:
        contains(run(p, status=1).stderr, "the SSE-C key must be 32 bytes")
    with project("+w:\n  s3_wait>: data/x\n  version_id: v2\n  timeout: 1s\n", s3, sse=key) as p:
        contains(run(p, status=1).stderr, "Timeout happened")


@with_s3
def wrong_keys_are_told_without_showing_them(s3):
    s3.put("data", "x", b"1")
    for more, message in [({"secret": "no/such/secret"}, "the secret key is wrong"), ({"key_id": "AKIDNONE"}, "the access key does not exist")]:
        with project("+w:\n  s3_copy>: s3://data/x/\n  to: s3://data/y/\n", s3, **more) as p:
            done = run(p, status=1)
            contains(done.stderr, message)
            assert "no/such/secret" not in done.stderr


@with_s3
def failures_of_the_server_are_tried_again(s3):
    s3.put("data", "x", b"1")
    s3.failures = [503, 500, 503]
    with project("+w:\n  s3_copy>: s3://data/x\n  to: s3://other/y\n", s3) as p:
        run(p)
        equal(s3.buckets["other"]["y"]["data"], b"1")
        s3.failures = [500] * 20
        contains(run(p, status=1).stderr, "the server has a problem of its own")


@with_s3
def a_prefix_is_copied_page_by_page(s3):
    for i in range(7):
        s3.put("data", f"in/{i} é&.txt", b"x" * i)
    s3.put("data", "in2/no", b"")
    with project("+c:\n  s3_copy>: s3://data/in/\n  to: s3://other/out/\n", s3) as p:
        got = receipt(run(p, "--json"))
        equal(sorted(s3.buckets["other"]), [f"out/{i} é&.txt" for i in range(7)])
        equal((got["copied"], got["bytes"], got["objects"][1]["object"]), (7, 21, "s3://other/out/1 é&.txt"))
        equal(len(s3.buckets["data"]), 8)


@with_s3
def a_move_deletes_only_when_all_is_copied(s3):
    for i in range(4):
        s3.put("data", f"in/{i}", b"x")
    with project("+c:\n  s3_move>: s3://data/in/\n  to: s3://other/out/\n", s3) as p:
        s3.failures = [0] * 9 + [403]
        contains(run(p, status=1).stderr, "of 4 objects")
        equal(len(s3.buckets["data"]), 4)
        s3.failures = []
        equal(receipt(run(p, "--json"))["moved"], 4)
        equal((sorted(s3.buckets["data"]), len(s3.buckets["other"])), ([], 4))
        contains(run(p, status=1).stderr, "s3://data/in/ does not exist")


@with_s3
def one_object_goes_into_a_folder(s3):
    s3.put("data", "a/b", b"x")
    with project("+c:\n  s3_copy>: s3://data/a/b\n  to: s3://other/to/\n", s3) as p:
        run(p)
        equal(sorted(s3.buckets["other"]), ["to/b"])
    with project("+c:\n  s3_copy>: s3://data/a/b\n  to: s3://other/to/\n  overwrite: false\n", s3) as p:
        contains(run(p, status=1).stderr, "is there already")


@with_s3
def deleting_has_limits(s3):
    for i in range(3):
        s3.put("data", f"d/{i}", b"x")
    s3.put("data", "dd", b"x")
    for body, message in [("s3://data", "names a whole bucket"), ("s3://data/", "names a whole bucket"), ("d/", "s3://"),
                          ("s3://data/d/\n  max_objects: 2", "more than 'max_objects' (2); nothing was done"),
                          ("s3://data/d/\n  if_missing: maybe", "'if_missing' must be"),
                          ("s3://nobucket/d/", "there is no such bucket")]:
        with project(f"+d:\n  s3_delete>: {body}\n", s3) as p:
            contains(run(p, status=1).stderr, message)
    with project("+d:\n  s3_delete>: s3://data/d/\n  dry_run: true\n", s3) as p:
        equal(receipt(run(p, "--json"))["would_be_deleted"], 3)
        equal(len(s3.buckets["data"]), 4)
    with project("+d:\n  s3_delete>: s3://data/d/\n", s3) as p:
        equal(receipt(run(p, "--json"))["deleted"], 3)
        equal(sorted(s3.buckets["data"]), ["dd"])
        equal(receipt(run(p, "--json"))["deleted"], 0)


@with_s3
def wrong_targets_are_refused(s3):
    s3.put("data", "a/b", b"x")
    for source, to, message in [("s3://data/a/", "s3://other/x", "end it with '/'"), ("s3://data/a/b", "s3://data/a/b", "the source itself"),
                                ("s3://data/a/b", "s3://data/a/", "the source itself"), ("s3://data/a/", "s3://data/a/c/", "lies in the other")]:
        with project(f"+c:\n  s3_move>: {source}\n  to: {to}\n", s3) as p:
            contains(run(p, status=1).stderr, message)
    equal(sorted(s3.buckets["data"]), ["a/b"])


@test
def without_aws_the_local_store_is_used():
    dig = """
+w:
  s3_wait>: lake/in/a.txt
+c:
  s3_copy>: s3://lake/in/
  to: s3://lake/copy/
+m:
  s3_move>: s3://lake/copy/a.txt
  to: s3://else/moved/
+d:
  s3_delete>: s3://lake/in/
+s:
  echo>: size ${s3.last_object.metadata["Content-Length"]}
"""
    with project(dig) as p:
        check_run(p.run("run", "main.dig", "-p", "x=1", "--goal", "+none", env=p.env), 1)
        stores = [os.path.join(p.folder, ".tegaru", "objects")]
        os.makedirs(stores[0] + "/lake/in")
        with open(stores[0] + "/lake/in/a.txt", "w") as out:
            out.write("abc")
        contains(run(p).stdout, "size 3")
        equal(sorted(os.path.relpath(os.path.join(d, f), stores[0]) for d, _, fs in os.walk(stores[0]) for f in fs
                     if ".drafts" not in d), ["else/moved/a.txt"])


main()
