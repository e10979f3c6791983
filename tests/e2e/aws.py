"""Named profiles of a workflow and of a load, and `tegaru aws`, against moto."""
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from moto_process import Moto
from support import Project, check_run, contains, equal, main, test

ROLE = "arn:aws:iam::123456789012:role/"


def project(moto, files):
    made = Project(files)
    made.env = {"HOME": made.folder, "TEGARU_CONFIG_HOME": made.folder + "/c", "DIGDAG_CONFIG_HOME": made.folder + "/c", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_ENDPOINT_URL": moto.endpoint, "AWS_CONFIG_FILE": made.folder + "/config", "AWS_SHARED_CREDENTIALS_FILE": made.folder + "/credentials"}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        os.environ.pop(name, None)
    return made


KEYS = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\n[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = s\n"
PROFILES = f"""aws:
    prod: {{role_arn: '{ROLE}loader', external_id: x-1, region: eu-west-1, catalog_id: 123456789012}}
    far: {{role_arn: '{ROLE}far', source: prod, session_name: night}}
    here: {{profile: other}}
    loop: {{role_arn: '{ROLE}a', source: loop}}
    wrong: {{role: x}}
"""
DIG = "_export:\n  " + PROFILES + "+t:\n  echo>: hi\n"


@test
def whoami_says_account_arn_source_and_region():
    with Moto() as moto, project(moto, {"credentials": KEYS, "config": "[profile other]\nregion = ap-east-1\n", "main.dig": DIG}) as p:
        done = check_run(p.run("aws", "whoami", env=p.env))
        contains(done.stdout, "account  123456789012\n")
        contains(done.stdout, "source   profile 'default' of AWS's files (keys)\nregion   us-east-1 (nobody says one)\n")
        done = check_run(p.run("aws", "whoami", "--profile", "other", "--json", env=p.env))
        contains(done.stdout, '"region": "ap-east-1"')
        done = check_run(p.run("aws", "whoami", env=dict(p.env, AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="s", AWS_REGION="eu-north-1")))
        contains(done.stdout, "source   the environment's AWS_ACCESS_KEY_ID\nregion   eu-north-1\n")


@test
def profiles_of_a_workflow_assume_roles_one_after_another():
    with Moto() as moto, project(moto, {"credentials": KEYS, "config": "", "main.dig": DIG}) as p:
        done = check_run(p.run("aws", "whoami", "main.dig", "--aws", "prod", env=p.env))
        contains(done.stdout, "assumed-role/loader/tegaru\n")
        contains(done.stdout, f"source   role {ROLE}loader, assumed by profile 'default' of AWS's files (keys); profile of the file: prod\nregion   eu-west-1\ncatalog  123456789012\n")
        done = check_run(p.run("aws", "whoami", "main.dig", "--aws", "far", env=p.env))
        contains(done.stdout, "assumed-role/far/night\n")
        contains(done.stdout, f"role {ROLE}far, assumed by role {ROLE}loader, assumed by profile 'default'")
        done = check_run(p.run("aws", "whoami", "main.dig", "--aws", "here", env=p.env))
        contains(done.stdout, "profile 'other' of AWS's files (keys)")


@test
def wrong_profiles_are_told_with_what_is_right():
    with Moto() as moto, project(moto, {"credentials": KEYS, "config": "", "main.dig": DIG}) as p:
        for name, words in (("prid", "there is no profile 'prid' (did you mean 'prod'?)"), ("loop", "its sources go in a circle"),
                            ("wrong", "profile 'wrong': there is no key 'role'")):
            contains(check_run(p.run("aws", "whoami", "main.dig", "--aws", name, env=p.env), 1).stderr, words)
        contains(check_run(p.run("aws", "whoami", "--aws", "prod", env=p.env), 2).stderr, "names a profile of a file")
        contains(check_run(p.run("aws", "whoami", "--profile", "none", env=p.env), 1).stderr, "the AWS profile 'none' does not exist")


@test
def keys_of_secrets_assume_the_role():
    with Moto() as moto, project(moto, {"config": "", "main.dig": DIG, "id": "AKIDSECRET", "key": "s"}) as p:
        check_run(p.run("secrets", "--local", "--set", "aws.access_key_id=@id", "aws.secret_access_key=@key", env=p.env))
        done = check_run(p.run("aws", "whoami", "main.dig", "--aws", "prod", env=p.env))
        contains(done.stdout, "assumed by keys that are given (secrets of this machine)")


OPERATOR = DIG + """+w:
  s3_wait>: data/file
  aws: %s
  path_style_access: true
"""


def put(moto):
    import urllib.request
    for path, body in (("/data", b""), ("/data/file", b"hello"), ("/data/in/a.csv", b"a\n1\n")):
        request = urllib.request.Request(moto.endpoint + path, data=body, method="PUT", headers={"Content-Type": "text/csv", "Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"})
        urllib.request.urlopen(request).read()


@test
def an_operator_chooses_a_profile():
    with Moto() as moto, project(moto, {"credentials": KEYS, "config": "", "main.dig": OPERATOR % "far", "bad.dig": OPERATOR % "nobody"}) as p:
        put(moto)
        check_run(p.run("run", "main.dig", "--rerun", env=p.env))
        contains(check_run(p.run("run", "bad.dig", "--rerun", env=p.env), 1).stderr, "aws: there is no profile 'nobody'")


@test
def a_load_chooses_a_profile():
    load = PROFILES.replace("\n    ", "\n  ") + """in:
  type: s3
  aws: far
  bucket: data
  path_prefix: in/
  path_style_access_enabled: true
  parser: {type: csv, columns: [{name: a, type: long}], skip_header_lines: 1}
out: {type: stdout}
"""
    dig = DIG + "+l:\n  load>: load.yml\n+m:\n  load>: plain.yml\n  aws: %s\n"
    plain = load[load.index("in:"):].replace("  aws: far\n", "")
    with Moto() as moto, project(moto, {"credentials": KEYS, "config": "", "load.yml": load, "plain.yml": plain, "main.dig": dig % "far", "no.dig": dig % "nobody", "bad.yml": load.replace("aws: far", "aws: fur")}) as p:
        put(moto)
        done = check_run(p.run("load", "run", "load.yml", env=p.env))
        contains(done.stdout, "rows_written: 1\n")
        assert "unknown option" not in done.stderr, done.stderr
        check_run(p.run("run", "main.dig", "--rerun", env=p.env))
        contains(check_run(p.run("run", "no.dig", "--rerun", env=p.env), 1).stderr, "in: aws: there is no profile 'nobody'")
        contains(check_run(p.run("load", "run", "bad.yml", env=p.env), 1).stderr, "bad.yml: in: aws: there is no profile 'fur' (did you mean 'far'?)")


NEEDS = DIG + """+w:
  s3_wait>: data/file
+q:
  _export:
    athena: {database: lake, workgroup: primary}
  athena.query>: select 1
+e:
  athena.table_exists?>:
  database: lake
  table: t_${session_date}
+l:
  load>: in.yml
  aws: far
"""
LOAD = "in: {type: dynamodb, table: items}\nout: {type: s3_parquet, bucket: data, path_prefix: out/}\n"


@test
def check_prints_the_policy_without_asking():
    class Nowhere:
        endpoint = "http://127.0.0.1:1"
    with project(Nowhere, {"config": "", "main.dig": NEEDS, "in.yml": LOAD, "none.dig": "+a:\n  echo>: hi\n", "bad.dig": NEEDS.replace("in.yml", "absent.yml")}) as p:
        done = check_run(p.run("aws", "check", "main.dig", "--policy", "--aws", "prod", env=p.env))
        actions = {}
        for statement in json.loads(done.stdout)["Statement"]:
            equal(statement["Effect"], "Allow")
            for action in statement["Action"]:
                actions.setdefault(action, []).append(statement["Resource"])
        equal(actions["dynamodb:Scan"], [["arn:aws:dynamodb:eu-west-1:123456789012:table/items"]])
        equal(actions["athena:StartQueryExecution"], [["arn:aws:athena:eu-west-1:123456789012:workgroup/primary"]])
        equal(actions["glue:GetTable"][1], ["arn:aws:glue:eu-west-1:123456789012:" + end for end in ("catalog", "database/lake", "table/lake/t_*")])
        equal(actions["glue:GetDatabase"], [["arn:aws:glue:eu-west-1:123456789012:catalog", "arn:aws:glue:eu-west-1:123456789012:database/lake"]])
        equal(actions["s3:GetObject"], [["arn:aws:s3:::data/file"], ["arn:aws:s3:::*/*"]])
        assert ["arn:aws:s3:::data/out/*"] in actions["s3:PutObject"], actions["s3:PutObject"]
        equal(actions["sts:AssumeRole"], [[ROLE + "far"], [ROLE + "loader"]])
        contains(check_run(p.run("aws", "check", "none.dig", env=p.env)).stdout, "none.dig needs nothing of AWS")
        contains(check_run(p.run("aws", "check", "bad.dig", env=p.env), 1).stderr, "+l: ")


@test
def check_tries_what_changes_nothing():
    with Moto() as moto, project(moto, {"credentials": KEYS, "config": "", "main.dig": NEEDS, "in.yml": LOAD}) as p:
        put(moto)
        done = check_run(p.run("aws", "check", "main.dig", env=p.env))
        lines = [line.split() for line in done.stdout.split("\n")]
        told = {(line[1] if line[0] != "not" else line[2]): line[0] for line in lines if len(line) > 2 and ":" in "".join(line[1:3])}
        for action in ("s3:ListBucket", "glue:GetDatabase", "glue:GetTable", "glue:GetPartitions", "athena:GetWorkGroup", "dynamodb:Scan"):
            equal(told.get(action), "allowed", done.stdout)
        for action in ("athena:StartQueryExecution", "s3:PutObject"):
            equal(told[action], "not")


@test
def check_tells_what_is_denied():
    class Denies(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"__type": "AccessDeniedException", "Message": "not for you"}'
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("x-amzn-RequestId", "id-7")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Denies)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Moto() as moto, project(moto, {"credentials": KEYS, "config": "", "main.dig": NEEDS, "in.yml": LOAD}) as p:
        put(moto)
        done = check_run(p.run("aws", "check", "main.dig", env=dict(p.env, AWS_ENDPOINT_URL_GLUE=f"http://127.0.0.1:{server.server_port}")), 1)
        contains(done.stdout, "DENIED     glue:GetTable ")
        contains(done.stdout, "AccessDeniedException: not for you; request id id-7")
        contains(done.stderr, "permissions are denied; `tegaru aws check FILE --policy`")
    server.shutdown()


if __name__ == "__main__":
    main()
