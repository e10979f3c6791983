"""The http input against a small web API: ways to page, tries, headers, mistakes."""
import base64
import json
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlparse

from servers import serve_http
from support import Project, check_run, contains, equal, main, test

LOAD = """in:
  type: http
  url: URL
OPTIONS
  parser: {type: json, PARSER}
exec: {min_output_tasks: 1}
out: {type: stdout}
"""
FLAT = "root: /items, flatten_json_array: true, columns: [{name: id, type: long}]"


class Api:
    """Ten items, four a page; `failures` are statuses that the next requests get."""

    def __init__(self):
        self.requests, self.failures, self.headers = [], [], {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                size = int(self.headers.get("content-length") or 0)
                api.requests.append((self.command, self.path, dict(self.headers), self.rfile.read(size).decode()))
                status, body, more = api.answer(urlparse(self.path))
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())
            do_POST = do_GET

            def log_message(self, *_):
                pass
        self.http, self.url = serve_http(Handler)

    def answer(self, url):
        if self.failures:
            return self.failures.pop(0), "told by the test", {"retry-after": "0"}
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        where = url.path
        first = {"/page": (int(query.get("page", 1)) - 1) * 4, "/offset": int(query.get("offset", 0)),
                 "/from": int(query.get("from", 0))}.get(where, int(query.get("at", 0)))
        items = [{"id": i} for i in range(first, min(first + 4, 10))]
        after = first + 4 if first + 4 < 10 else None
        if where == "/link":
            return 200, json.dumps({"items": items, "links": {"next": f"/link?at={after}" if after else None}}), {}
        if where == "/header":
            return 200, json.dumps({"items": items}), {"link": f'<{self.url}/header?at={after}>; rel="next", <x>; rel="last"' if after else ""}
        if where == "/token":
            return 200, json.dumps({"items": items, "next_token": str(after) if after else ""}), {}
        if where == "/loop":
            return 200, json.dumps({"items": items, "next_token": "again"}), {}
        if where == "/text":
            return 200, "no json", {}
        return 200, json.dumps({"items": items}), {}

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def with_api(function):
    def run():
        api = Api()
        try:
            with Project() as project:
                function(api, project)
        finally:
            api.stop()
    run.__name__ = function.__name__
    return test(run)


def load(project, api, path, options=(), status=0, parser=FLAT):
    text = LOAD.replace("URL", api.url + path).replace("PARSER", parser)
    project.write("load.yml", text.replace("OPTIONS\n", "".join(f"  {o}\n" for o in options)))
    done = check_run(project.run("load", "run", "load.yml"), status)
    done.ids = [int(line) for line in done.stdout.split("rows_read")[0].split() if line.isdigit()]
    return done


@with_api
def one_request_gives_one_page(api, project):
    equal(load(project, api, "/page").ids, [0, 1, 2, 3])
    equal(len(api.requests), 1)


@with_api
def pages_are_followed_in_each_way(api, project):
    for path, paging in [("/page", "{type: page, records: /items}"), ("/offset", "{type: offset, step: 4, records: /items}"),
                         ("/link", "{type: next_link, pointer: /links/next}"), ("/header", "{type: next_link}"),
                         ("/token", "{type: token, param: at, pointer: /next_token}")]:
        api.requests.clear()
        equal(load(project, api, path, [f"paging: {paging}"]).ids, list(range(10)), path)
        equal(len(api.requests), 4 if "records" in paging else 3, path)


@with_api
def the_pager_of_embulks_plug_in_works(api, project):
    done = load(project, api, "/from", ["pager: {from_param: from, to_param: to, start: 0, step: 4, pages: 2}"])
    equal(done.ids, list(range(8)))
    contains(api.requests[1][1], "from=4&to=7")


@with_api
def parameters_headers_body_and_user_are_sent(api, project):
    load(project, api, "/page?x=1", ["method: post", "params: [{name: q, value: a b&c}]", "request_body: hello", "user_agent: me/1",
                                     "request_headers: {X-Key: k1}", "basic_auth: {user: u, password: pass-word-1}"])
    method, path, headers, body = api.requests[0]
    equal((method, path, body), ("POST", "/page?x=1&q=a%20b%26c", "hello"))
    equal((headers["X-Key"], headers["User-Agent"]), ("k1", "me/1"))
    equal(base64.b64decode(headers["Authorization"].split()[1]), b"u:pass-word-1")


@with_api
def failures_are_tried_again_and_then_told(api, project):
    api.failures = [503, 429]
    equal(load(project, api, "/page", ["retry_interval: 1"]).ids, [0, 1, 2, 3])
    api.failures = [500] * 3
    done = load(project, api, "/page?key=se-cret", ["retry_interval: 1", "max_retries: 2"], 1)
    contains(done.stderr, "answered 500 Server Error: told by the test")
    assert "se-cret" not in done.stderr
    api.failures = [404]
    contains(load(project, api, "/page", [], 1).stderr, "answered 404")
    equal(len(api.requests), 7)


@with_api
def a_page_that_leads_to_itself_stops_the_load(api, project):
    contains(load(project, api, "/loop", ["paging: {type: token, pointer: /next_token}"], 1).stderr, "the same next page again")
    equal(load(project, api, "/page", ["paging: {type: page, records: /nothing}"]).ids, [])
    equal(load(project, api, "/offset", ["paging: {type: offset, step: 4, records: /items, max_pages: 2}"]).ids, list(range(8)))


@with_api
def mistakes_in_the_config_are_told(api, project):
    for options, message in [(["paging: {type: fast}"], "paging.type must be page, offset, next_link or token"),
                             (["paging: {type: token}"], "a token needs 'pointer'"),
                             (["request_headers: [a]"], "'request_headers' must be a map"),
                             (["max_retry: 2"], "unknown option 'max_retry' is ignored (did you mean 'max_retries'?)")]:
        contains(load(project, api, "/page", options, 0 if "max_retry" in options[0] else 1).stderr, message)
    contains(load(project, api, "/text", ["paging: {type: page, records: /items}"], 1).stderr, "which is no JSON")


main()
