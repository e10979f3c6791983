"""The athena operators with `engine: trino`: against a stand-in that speaks the protocol, and against a real Trino when TG_TRINO_URL names one
(its catalog `hive` as ../shared/oracles/install.sh sets it up)."""
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support import Project, Skip, check_run, contains, equal, main, test


class Stand:
    """Answers each statement by the first rule whose text is in it: a list of pages (JSON without nextUri)."""

    def __init__(self, rules):
        self.rules, self.asked, self.deleted, self.busy = rules, [], [], 0
        stand = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, document, status=200):
                body = json.dumps(document).encode() if isinstance(document, dict) else document.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def page(self, number, index):
                pages = stand.asked[number][1]
                document = dict({"id": f"q{number}", "stats": {"state": "RUNNING"}}, **pages[index])
                if index + 1 < len(pages):
                    document["nextUri"] = f"{stand.next_origin}/v1/statement/executing/q{number}/{index + 1}"
                elif "stats" not in pages[index]:
                    document["stats"] = {"state": "FINISHED", "physicalInputBytes": 77}
                self.answer(document)

            def do_POST(self):
                sql = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if stand.busy > 0:
                    stand.busy -= 1
                    return self.answer("busy", 503)
                stand.headers = self.headers
                pages = next((p for text, p in stand.rules if text in sql), [{}])
                stand.asked.append((sql, pages))
                return self.page(len(stand.asked) - 1, 0)

            def do_GET(self):
                number, index = self.path.split("/")[-2:]
                if stand.busy > 0:
                    stand.busy -= 1
                    return self.answer("busy", 503)
                return self.page(int(number[1:]), int(index))

            def do_DELETE(self):
                stand.deleted.append(self.path)
                self.answer({}, 200)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = self.next_origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def sql(self):
        return [sql for sql, _ in self.asked]


def run(url, dig, status=0, catalog="hive", session="{}", database="s"):
    export = f"_export:\n  athena: {{engine: trino, database: {database}, trino: {{url: '{url}', catalog: {catalog}, user: ann, session: {session}}}}}\n"
    with Project({"main.dig": export + dig}) as p:
        return check_run(p.run("run", "main.dig", "--rerun"), status)


ROWS = [{}, {"columns": [{"name": "a", "type": "integer"}, {"name": "b", "type": "varchar"}], "data": [[1, "x"]]}, {"data": [[2, None]]}]


@test
def pages_are_followed_and_the_rows_shown():
    with Stand([("SELECT", ROWS)]) as t:
        done = run(t.url, "+q:\n  athena.query>: SELECT 1\n  preview: true\n+s:\n  echo>: 'STORED ${JSON.stringify(athena)}'\n")
        contains(done.stdout, '"rows":[["1","x"],["2",null]]')
        contains(done.stdout, '"scan_bytes":77')
        equal([t.headers[f"X-Trino-{k}"] for k in ("User", "Catalog", "Schema", "Source")], ["ann", "hive", "s", "tegaru"])


@test
def a_busy_server_is_asked_again():
    with Stand([("SELECT", ROWS)]) as t:
        t.busy = 3
        run(t.url, "+q:\n  athena.query>: SELECT 1\n")
        equal(len(t.asked), 1)


@test
def done_is_finished_and_nothing_else():
    with Stand([("INSERT", [{}, {"stats": {"state": "RUNNING"}}])]) as t:
        done = run(t.url, "+q:\n  athena.query>: INSERT INTO t SELECT 1\n", 1)
        contains(done.stderr, "query q0 ended in the state RUNNING, not FINISHED")
    with Stand([("CREATE TABLE", [{"updateType": "CREATE TABLE"}])]) as t:
        done = run(t.url, "+c:\n  athena.ctas>: SELECT 1 AS a\n  table: t\n", 1)
        contains(done.stderr, "without saying how many rows it wrote; nothing was published")


@test
def an_error_tells_what_trino_said_and_where():
    problem = {"error": {"message": "Column 'x' cannot be resolved", "errorName": "COLUMN_NOT_FOUND", "errorType": "USER_ERROR", "errorLocation": {"lineNumber": 3, "columnNumber": 8}}}
    with Stand([("SELECT", [{}, problem])]) as t:
        done = run(t.url, "+q:\n  athena.query>: SELECT x\n", 1)
        contains(done.stderr, "query q0 failed: line 3:8: Column 'x' cannot be resolved (COLUMN_NOT_FOUND)")


@test
def pages_elsewhere_are_not_followed():
    with Stand([("SELECT", ROWS)]) as t:
        t.next_origin = "http://127.0.0.2:1"
        done = run(t.url, "+q:\n  athena.query>: SELECT 1\n", 1)
        contains(done.stderr, "sends its clients on to http://127.0.0.2:1")


@test
def what_does_not_speak_trino_is_told():
    with Stand([]) as t:
        done = run(t.url + "/x", "+q:\n  athena.query>: SELECT 1\n  trino: {url: 'ftp://x'}\n", 1)
        contains(done.stderr, "'ftp://x' is no address of a Trino server")


@test
def ctas_stages_tests_and_renames():
    count = [{}, {"updateType": "CREATE TABLE", "updateCount": 2}]
    with Stand([("CREATE TABLE", count)]) as t:
        run(t.url, "+c:\n  athena.ctas>: SELECT 1 AS a;\n  table: T\n  format: orc\n  test: {bad: SELECT * FROM staged WHERE a < 0}\n")
        sql = t.sql()
        equal(len(sql), 4)
        contains(sql[0], '" WITH (format = \'ORC\') AS\nSELECT 1 AS a\nWITH DATA')
        contains(sql[1], "WITH staged AS (SELECT * FROM \"t_tegaru_")
        equal(sql[2], 'DROP TABLE IF EXISTS "t"')
        contains(sql[3], ' RENAME TO "t"')
    with Stand([("WITH staged", [{"columns": [{"name": "a", "type": "integer"}], "data": [[-1]]}]), ("CREATE TABLE", count)]) as t:
        done = run(t.url, "+c:\n  athena.ctas>: SELECT 1 AS a\n  table: t\n  test: {bad: SELECT * FROM staged}\n", 1)
        contains(done.stderr, "test 'bad' failed: 1 row should not be there; nothing was published")
        assert not any("DROP TABLE IF EXISTS \"t\"" in s for s in t.sql())


@test
def operators_on_a_catalog_say_what_to_do_instead():
    with Stand([]) as t:
        done = run(t.url, "+p:\n  athena.add_partition>:\n  database: s\n  table: t\n  partition_kv: {k: v}\n", 1)
        contains(done.stderr, "CALL system.register_partition")


@test
def a_real_trino_does_all_of_it():
    url = os.environ.get("TG_TRINO_URL")
    if not url:
        raise Skip("TG_TRINO_URL names no Trino")
    ctas = "+c:\n  athena.ctas>: SELECT n, CAST(n % 2 AS varchar) AS k FROM (VALUES 1, 2, 3) AS v (n)\n  table: tegaru_t\n  partitioned_by: [k]\n  test: {bad: SELECT * FROM staged WHERE n > 3, unique: n}\n"
    show = "+s:\n  athena.query>: SELECT k, count(*), sum(n) FROM tegaru_t GROUP BY k ORDER BY k\n  preview: true\n+e:\n  echo>: 'STORED ${JSON.stringify(athena.last_preview.rows)}'\n"
    run(url, "+s:\n  athena.query>: CREATE SCHEMA IF NOT EXISTS tegaru_s\n", database="tegaru_s")
    for _ in range(2):
        done = run(url, ctas + show, database="tegaru_s")
        contains(done.stdout, '[["0","1","2"],["1","2","4"]]')
    apas = "+a:\n  athena.apas>: SELECT n FROM (VALUES 10, 20) AS v (n)\n  table: tegaru_t\n  partition_kv: {k: '1'}\n"
    done = run(url, apas + show, session="{hive.insert_existing_partitions_behavior: OVERWRITE}", database="tegaru_s")
    contains(done.stdout, '[["0","1","2"],["1","2","30"]]')
    done = run(url, "+t:\n  athena.table_exists?>:\n  table: tegaru_t\n+d:\n  athena.drop_table>:\n  table: tegaru_t\n+u:\n  echo>: 'STORED ${JSON.stringify(athena)}'\n", database="tegaru_s")
    contains(done.stdout, '"table_exists":true')
    done = run(url, "+t:\n  athena.table_exists?>:\n  table: tegaru_t\n  error_if_not_exist: true\n", 1, database="tegaru_s")
    contains(done.stderr, "The table tegaru_s.tegaru_t does not exist.")


if __name__ == "__main__":
    main()
