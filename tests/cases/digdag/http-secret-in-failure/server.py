"""Answers by path and notes what it was asked."""
import http.server
import os
import threading

tries = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        shown = [self.command, self.path] + [f"{k}={self.headers[k]}" for k in (
            "Content-Type", "Authorization", "X-One", "X-Two") if self.headers[k]]
        with open("requests", "a") as log:
            log.write(" ".join(shown) + (" | " + body if body else "") + "\n")
        kind, _, rest = self.path.split("?")[0][1:].partition("/")
        status, headers, text = 200, {"Content-Type": "text/plain"}, "hello"
        if kind == "status":
            status, text = int(rest), "body of " + rest
        elif kind == "flaky":
            tries[rest] = tries.get(rest, 0) + 1
            status, text = (503, "not yet") if tries[rest] < 2 else (200, "now")
        elif kind == "busy":
            tries[rest] = tries.get(rest, 0) + 1
            status, text = (429, "busy") if tries[rest] < 2 else (200, "now")
        elif kind == "redirect":
            status, headers = 302, {"Location": "/" + rest}
        elif kind == "long":
            text = "x" * int(rest)
        elif kind == "latin":
            headers, text = {"Content-Type": "text/plain; charset=iso-8859-1"}, "caf\u00e9"
        elif kind == "json":
            headers, text = {"Content-Type": "application/json; charset=utf-8"}, '{"+a": {"sh>": "echo ${session_date} ${v} >> out"}, "_export": {"v": "json"}}'
        elif kind == "yaml":
            headers, text = {"Content-Type": "application/x-yaml"}, "timezone: Asia/Tokyo\n+a:\n  sh>: echo ${timezone} ${task_name} >> out\n+b:\n  _parallel: true\n  +c:\n    sh>: echo c >> out\n"
        elif kind == "broken":
            headers, text = {"Content-Type": "application/json"}, "{"
        data = text.encode("latin-1" if kind == "latin" else "utf-8")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open("../server.tmp", "w") as out:
    out.write(f"http://127.0.0.1:{server.server_address[1]}")
os.rename("../server.tmp", "../server")
threading.Timer(100, lambda: os._exit(0)).start()
server.serve_forever()
