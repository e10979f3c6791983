"""pg> and redshift> against a private PostgreSQL."""
import http.server
import json
import os
import signal
import subprocess
import threading
import urllib.parse

from servers import Postgresql, wait_until
from support import TEGARU, Project, check_run, contains, equal, main, test

server = Postgresql()
EXPORT = "timezone: UTC\n_export:\n  %s: {host: 127.0.0.1, port: %d, user: postgres, database: postgres}\n"


def project(tasks, operator="pg", secret="pg.password", **files):
    made = Project({"main.dig": EXPORT % (operator, server.port) + tasks, "password": "sekret", **files})
    made.env = {"HOME": made.folder, "TEGARU_CONFIG_HOME": made.folder + "/c", "DIGDAG_CONFIG_HOME": made.folder + "/c"}
    check_run(made.run("secrets", "--local", "--set", f"{secret}=@password", env=made.env))
    return made


def run(made, *more, status=0):
    return check_run(made.run("run", "main.dig", *more, env=made.env), status)


def receipt(done, task):
    return next(t["receipt"] for t in json.loads(done.stdout)["tasks"] if t["name"].endswith(task))


@test
def a_file_of_sql_runs_with_its_templates_filled_in():
    with project("+a:\n  pg>: make.sql\n  name: made\n", **{"make.sql": "CREATE TABLE ${name} AS SELECT 7 AS n\n"}) as p:
        done = run(p, "--json")
        equal(receipt(done, "+a")["rows"], 1)
        equal(server.ask("SELECT n FROM made"), "7")


@test
def create_insert_and_results_travel_to_later_tasks():
    dig = """
+create:
  pg>: {data: "SELECT g AS n FROM generate_series(1, 3) g"}
  create_table: public.numbers
+insert:
  pg>: {data: "SELECT 10"}
  insert_into: numbers
+sum:
  pg>: {data: "SELECT sum(n) AS total, 'x' AS t, NULL AS nothing FROM numbers"}
  store_last_results: first
+all:
  echo>: "total ${pg.last_results.total} ${pg.last_results.t}"
"""
    with project(dig) as p:
        contains(run(p).stdout, "total 16 x")


@test
def a_download_is_a_csv_file_with_a_receipt():
    dig = "+a:\n  pg>: {data: \"SELECT 1 AS a, 'x,\\\"y' AS b, NULL AS c\"}\n  download_file: out.csv\n"
    with project(dig) as p:
        done = run(p, "--json")
        with open(os.path.join(p.folder, "out.csv"), "rb") as out:
            equal(out.read(), b'a,b,c\r\n1,"x,""y",\r\n')
        equal(receipt(done, "+a"), {"file": "out.csv", "rows": 1, "bytes": 19})
        assert not p.exists("out.csv.part")


@test
def a_failed_download_leaves_the_old_file():
    dig = "+a:\n  pg>: {data: \"SELECT 1 / (3 - g) AS n FROM generate_series(1, 5) g\"}\n  download_file: out.csv\n"
    with project(dig, **{"out.csv": "old"}) as p:
        contains(run(p, status=1).stderr, "Failed to execute given SELECT statement [ERROR: division by zero]")
        equal(p.read("out.csv"), "old")
        assert not p.exists("out.csv.part")


@test
def a_statement_is_noted_in_the_status_table():
    with project("+a:\n  pg>: {data: CREATE TABLE noted (n int)}\n  status_table: my_status\n") as p:
        done = run(p, "--json")
        equal(server.ask("SELECT query_id FROM my_status WHERE completed_at IS NOT NULL"),
              receipt(done, "+a")["query_id"])


@test
def a_failed_statement_is_undone_as_a_whole():
    with project("+a:\n  pg>: {data: 'CREATE TABLE undone (n int); SELECT 1/0'}\n") as p:
        contains(run(p, status=1).stderr, "Failed to execute given SQL script [ERROR: division by zero]")
        equal(server.ask("SELECT to_regclass('undone')"), "")
        equal(server.ask("SELECT count(*) FROM __digdag_status WHERE completed_at IS NULL"), "1")


@test
def old_rows_of_the_status_table_go():
    server.ask("CREATE TABLE aged (query_id text NOT NULL UNIQUE, created_at timestamptz NOT NULL, "
               "completed_at timestamptz)")
    server.ask("INSERT INTO aged VALUES ('old', now(), now() - interval '2 hours'), ('new', now(), now())")
    with project("+a:\n  pg>: {data: SELECT 1}\n  status_table: aged\n  status_table_cleanup: 1h\n") as p:
        run(p)
        equal(server.ask("SELECT count(*) FROM aged WHERE query_id = 'old'"), "0")
        equal(server.ask("SELECT count(*) FROM aged"), "2")


@test
def without_a_strict_transaction_there_is_no_table():
    dig = "+a:\n  pg>: {data: VACUUM}\n  strict_transaction: false\n  status_table: never_made\n"
    with project(dig) as p:
        run(p)
        equal(server.ask("SELECT to_regclass('never_made')"), "")


@test
def stopping_the_run_stops_the_statement():
    with project("+a:\n  pg>: {data: SELECT pg_sleep(577)}\n") as p:
        process = subprocess.Popen([TEGARU, "run", "main.dig"], cwd=p.folder, env=dict(os.environ, **p.env),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(577)%' AND state = 'active' AND pid <> pg_backend_pid()"
        wait_until(lambda: server.ask(active) == "1", "the statement")
        process.send_signal(signal.SIGINT)
        equal(process.wait(60), 130)
        wait_until(lambda: server.ask(active) == "0", "the end of the statement")


@test
def a_password_is_never_shown():
    with project("+a:\n  pg>: {data: SELECT 1}\n  host: nowhere.invalid\n") as p:
        done = run(p, status=1)
        contains(done.stderr, "Failed to connect to the database")
        assert "sekret" not in done.stdout + done.stderr


@test
def another_password_can_be_named():
    dig = "+a:\n  pg>: {data: SELECT 1}\n  password_override: second\n"
    with project(dig) as p:
        contains(run(p, status=1).stderr, "Secret not found for key: 'pg.second'")
        check_run(p.run("secrets", "--local", "--set", "pg.second=@password", env=p.env))
        run(p)


@test
def limits_on_results_can_be_set():
    dig = "+a:\n  pg>: {data: SELECT 1 AS a UNION SELECT 2}\n  store_last_results: all\n"
    with project(dig) as p:
        contains(run(p, "-X", "config.pg.max_store_last_results_rows=1", status=1).stderr,
                 "The number of result rows exceeded the limit: 2 > 1")
        contains(run(p, "-X", "config.jdbc.max_store_last_results_columns=0", status=1).stderr,
                 "The number of result columns exceeded the limit: 1 > 0")
        run(p)


@test
def a_schema_is_searched_first():
    server.ask('CREATE SCHEMA "My Own"')
    server.ask('CREATE TABLE "My Own".here AS SELECT 5 AS n')
    dig = "+a:\n  pg>: {data: SELECT n FROM here}\n  schema: My Own\n  store_last_results: first\n+b:\n  echo>: got ${pg.last_results.n}\n"
    with project(dig) as p:
        contains(run(p).stdout, "got 5")


@test
def redshift_keeps_a_status_table_for_each_statement():
    # SYSDATE is a word of Redshift; a column-less view cannot stand for it, so the statement fails there.
    dig = "+a:\n  redshift>: {data: CREATE TABLE shifted AS SELECT 1 AS n}\n"
    with project(dig, "redshift", "aws.redshift.password") as p:
        contains(run(p, status=1).stderr, "Failed to create a status table.")
        equal(server.ask("SELECT to_regclass('shifted')"), "")
    with project(dig + "  strict_transaction: false\n", "redshift", "aws.redshift.password") as p:
        run(p)
        equal(server.ask("SELECT n FROM shifted"), "1")
    dig = "+a:\n  redshift>: {data: SELECT 3 AS n}\n  store_last_results: first\n+b:\n  echo>: got ${redshift.last_results.n}\n"
    with project(dig, "redshift", "aws.redshift.password") as p:
        contains(run(p).stdout, "got 3")


def redshift(tasks):
    made = project(tasks, "redshift", "aws.redshift.password", id="AKIDTEST", key="secret/of+test")
    for pair in ("aws.access_key_id=@id", "aws.redshift_load.secret_access_key=@key", "aws.secret_access_key=@key"):
        check_run(made.run("secrets", "--local", "--set", pair, env=made.env))
    return made


@test
def redshift_load_sends_its_statement_and_hides_the_keys():
    # PostgreSQL stands for Redshift until it meets a word that only Redshift knows.
    dig = "+a:\n  redshift_load>:\n  table: t\n  from: s3://b/k\n  temp_credentials: false\n  strict_transaction: false\n"
    with redshift(dig) as p:
        done = run(p, status=1)
        contains(done.stderr, "Failed to execute an update statement [ERROR: syntax error at or near \"CREDENTIALS\"")
        assert "secret/of+test" not in done.stdout + done.stderr


@test
def temporary_credentials_that_are_refused_are_told():
    class Sts(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            asked.append(body)
            answer = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
            self.send_response(403)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass
    asked = []
    sts = http.server.HTTPServer(("127.0.0.1", 0), Sts)
    threading.Thread(target=sts.serve_forever, daemon=True).start()
    with redshift("+a:\n  redshift_load>:\n  table: t\n  from: s3://b/k\n") as p:
        p.env["AWS_ENDPOINT_URL_STS"] = f"http://127.0.0.1:{sts.server_address[1]}"
        contains(run(p, status=1).stderr, "temporary credentials were refused: not you (HTTP status 403)")
    sts.shutdown()
    form = urllib.parse.parse_qs(asked[0])
    equal(form["Action"], ["GetFederationToken"])
    equal(json.loads(form["Policy"][0])["Statement"][1]["Resource"], ["arn:aws:s3:::b/k*"])


try:
    main()
finally:
    server.__exit__()
