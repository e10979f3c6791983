"""mail> and notify> against small servers of our own."""
import base64
import contextlib
import email
import email.policy
import http.server
import json
import os
import socketserver
import threading

from support import Project, check_run, contains, equal, main, test


def lines_of(stream):
    """Until the other side goes, in whatever way."""
    try:
        yield from stream
    except ConnectionError:
        return


class Smtp(socketserver.StreamRequestHandler):
    """Enough of SMTP; the server's `refuse` maps the begin of a command to an answer."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        server = self.server
        mail = {"from": None, "to": [], "auth": None, "text": ""}
        self.say("220 test")
        for raw in lines_of(self.rfile):
            line = raw.decode("latin-1").strip()
            server.talk.append(line)
            refused = next((answer for begin, answer in server.refuse.items() if line.upper().startswith(begin)), None)
            if refused:
                self.say(refused)
            elif line.upper().startswith("EHLO"):
                self.wfile.write(b"250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n")
            elif line.upper().startswith("AUTH PLAIN"):
                given = line.split()[2:] or [(self.say("334 "), self.rfile.readline().decode().strip())[1]]
                mail["auth"] = base64.b64decode(given[0]).split(b"\0")[1:]
                self.say("235 fine")
            elif line.upper().startswith("MAIL FROM:"):
                mail["from"] = line[10:].split()[0]
                self.say("250 fine")
            elif line.upper().startswith("RCPT TO:"):
                mail["to"].append(line[8:])
                self.say("250 fine")
            elif line.upper() == "DATA":
                self.say("354 go on")
                lines = []
                for data in self.rfile:
                    if data == b".\r\n":
                        break
                    lines.append(data[1:] if data.startswith(b"..") else data)
                mail["text"] = b"".join(lines)
                server.mails.append(mail)
                self.say("250 fine")
            elif line.upper() == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("502 what?")


@contextlib.contextmanager
def smtp(refuse=None):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as server:
        server.daemon_threads = True
        server.mails, server.talk, server.refuse = [], [], refuse or {}
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def port_of(server):
    return server.server_address[1]


def parsed(mail):
    return email.message_from_bytes(mail["text"], policy=email.policy.default)


def run(dig, server, files=None, status=0, config="", secrets=None):
    files = dict({"main.dig": dig.replace("PORT", str(port_of(server))), "config": config.replace("PORT", str(port_of(server)))},
                 **(files or {}), **{"secrets/" + key: value for key, value in (secrets or {}).items()})
    with Project(files) as project:
        done = check_run(project.run("run", "main.dig", "--session", "2020-01-01", env={"DIGDAG_CONFIG_HOME": project.folder}),
                         status)
        return done


OWN = "\n  host: 127.0.0.1\n  port: PORT\n  from: a@example.com\n"


@test
def a_mail_has_headers_a_filled_body_and_all_recipients():
    dig = """
+a:
  mail>: body.txt
  subject: Report of ${session_date} – ü
  to: [b@example.com, "Bé <c@example.com>"]
  cc: [d@example.com]
  bcc: [hidden@example.com]
  x: 1""" + OWN
    with smtp() as server:
        run(dig, server, {"body.txt": "Hello ${session_date}\n.dot\nend\n"})
        mail = server.mails[0]
        equal(mail["from"], "<a@example.com>")
        equal(mail["to"], [f"<{name}@example.com>" for name in ("b", "c", "d", "hidden")])
        equal(mail["auth"], None)
        message = parsed(mail)
        equal([message[k] for k in ("Subject", "From", "Sender", "To", "Cc")],
              ["Report of 2020-01-01 – ü", "a@example.com", "a@example.com", "b@example.com, Bé <c@example.com>", "d@example.com"])
        equal(message.get_content(), "Hello 2020-01-01\r\n.dot\r\nend\r\n")
        equal(message.get_content_type(), "text/plain")
        assert b"hidden" not in mail["text"] and message["Date"] and message["Message-ID"]


@test
def html_and_files_are_attached():
    dig = "+a:\n  mail>: {data: '<b>ü ${session_date}</b>'}\n  subject: s\n  to: b@example.com\n  html: true\n" \
          "  attach_files:\n    - {path: d/one.csv}\n    - {path: two.bin, filename: 'zwei \"ü\".bin', content_type: image/png}" + OWN
    with smtp() as server:
        run(dig, server, {"d/one.csv": "a,b\n" * 100, "two.bin": bytes(range(256))})
        message = parsed(server.mails[0])
        body, one, two = message.iter_parts()
        equal([body.get_content_type(), body.get_content().strip()], ["text/html", "<b>ü 2020-01-01</b>"])
        equal([one.get_filename(), one.get_content_type(), one.get_content()],
              ["one.csv", "application/octet-stream", b"a,b\n" * 100])
        equal([two.get_content_type(), two.get_content()], ["image/png", bytes(range(256))])


@test
def secrets_log_in_and_beat_parameters():
    dig = "+a:\n  mail>: {data: x}\n  subject: s\n  to: b@example.com\n  debug: true\n  username: wrong" + OWN.replace("127.0.0.1", "nowhere.invalid")
    with smtp() as server:
        done = run(dig, server, secrets={"mail.host": "127.0.0.1", "mail.username": "user", "mail.password": "hunter2secret"})
        equal(server.mails[0]["auth"], [b"user", b"hunter2secret"])
        contains(done.stderr, "250")
        for shape in ("hunter2secret", base64.b64encode(b"\0user\0hunter2secret").decode()):
            assert shape not in done.stdout + done.stderr, done.stderr


@test
def the_system_server_is_used_alone_or_not_at_all():
    config = "config.mail.host=127.0.0.1\nconfig.mail.port=PORT\nconfig.mail.username=sys\nconfig.mail.password=syspw\n" \
             "config.mail.from=sys@example.com\nconfig.mail.subject=from config\n"
    with smtp() as server:
        run("+a:\n  mail>: {data: x}\n  to: b@example.com\n", server, config=config)
        equal([server.mails[0]["auth"], server.mails[0]["from"]], [[b"sys", b"syspw"], "<sys@example.com>"])
        equal(parsed(server.mails[0])["Subject"], "from config")
        run("+a:\n  mail>: {data: x}\n  to: b@example.com" + OWN, server, config=config)
        equal(server.mails[1]["auth"], None)


@test
def wrong_mails_are_told():
    base = "+a:\n  mail>: {data: x}\n  subject: s\n  to: b@example.com" + OWN
    for dig, says in [(base.replace("to: b@example.com", "x: 1"), "'to'"), (base.replace("subject: s", "x: 1"), "'subject'"),
                      (base.replace("from: a@example.com", "x: 1"), "'from'"), (base.replace("port: PORT", "x: 1"), "'port'"),
                      (base.replace("port: PORT", "port: many"), "from 1 to 65535"),
                      (base.replace("host: 127.0.0.1", "x: 1"), "Missing SMTP configuration"),
                      (base.replace("b@example.com", "'b c@example.com'"), "Invalid address"),
                      (base.replace("b@example.com", '"b@example.com\\nBcc: x@y"'), "Invalid address"),
                      (base.replace("to: b@example.com", "to: []"), "No recipient"),
                      (base.replace("{data: x}", "none.txt"), "none.txt"), (base.replace("{data: x}", "{x: 1}"), "'data'"),
                      (base + "  attach_files: [{path: none}]\n", "attach_files: "),
                      (base + "  attach_files: [{filename: x}]\n", "'path'"),
                      (base + "  attach_files: [{path: ../x}]\n", "attach_files: "),
                      (base + "  attach_files: [{path: main.dig, content_type: nothing}]\n", "no content type"),
                      (base + "  ssl: true\n", "mail server 127.0.0.1:")]:
        with smtp() as server:
            contains(run(dig, server, status=1).stderr, says)
            equal(server.mails, [])


@test
def what_a_mail_server_refuses_is_told():
    base = "+a:\n  mail>: {data: x}\n  subject: s\n  to: b@example.com\n  username: u" + OWN
    for refuse, says in [({"AUTH": "535 no"}, "Login denied"), ({"RCPT": "550 nobody"}, "550"), ({"DATA": "451 later"}, "451")]:
        with smtp(refuse) as server:
            contains(run(base, server, status=1).stderr, says)
    with smtp() as server:
        pass
    contains(run(base, server, status=1).stderr, "mail server 127.0.0.1:")


@contextlib.contextmanager
def web(status=200):
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append((self.command, self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_POST

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.seen = seen
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


NOTIFY = "timezone: Asia/Tokyo\n+a:\n  notify>: It is ${session_date}\n"


@test
def without_configuration_notify_does_nothing():
    with smtp() as server:
        run(NOTIFY, server)


@test
def notify_sends_mail():
    config = "notification.type=mail\nnotification.mail.host=127.0.0.1\nnotification.mail.port=PORT\nnotification.mail.from=a@example.com\n" \
             "notification.mail.to=b@example.com\nnotification.mail.username=u\nnotification.mail.password=pw1\n"
    with smtp() as server:
        run(NOTIFY, server, config=config)
        message = parsed(server.mails[0])
        equal([message["Subject"], server.mails[0]["auth"]], ["Digdag Notification", [b"u", b"pw1"]])
        for part in ("Message: It is 2020-01-01\n", "Workflow Name: main\n", "Task Name: +main+a\n", "Session Time: 2020-01-01T00:00:00+09:00\n"):
            contains(message.get_content().replace("\r\n", "\n"), part)
        run(NOTIFY, server, {"body": "${message} in ${workflow_name}"}, config=config + "notification.mail.body_template_file=body\n"
            "notification.mail.subject=own\nnotification.mail.html=true\nnotification.mail.cc=c@example.com\n")
        message = parsed(server.mails[1])
        equal([message["Subject"], message.get_content().strip(), message.get_content_type(), server.mails[1]["to"][1]],
              ["own", "It is 2020-01-01 in main", "text/html", "<c@example.com>"])


@test
def notify_sends_http_and_slack():
    config = "notification.type=http\nnotification.http.url=http://127.0.0.1:PORT/hook\nnotification.http.headers.X-Own=1\n"
    with web() as server:
        run(NOTIFY, server, config=config)
        method, path, headers, body = server.seen[0]
        equal([method, path, headers["X-Own"], headers["Content-Type"]], ["POST", "/hook", "1", "application/json"])
        sent = json.loads(body)
        equal([sent[k] for k in ("message", "task_name", "workflow_name", "timezone", "session_time")],
              ["It is 2020-01-01", "+main+a", "main", "Asia/Tokyo", "2020-01-01T00:00:00+09:00"])
        run(NOTIFY, server, config="notification.type=slack\nnotification.slack.url=http://127.0.0.1:PORT/services/T0/token1\n")
        equal(server.seen[1][1], "/services/T0/token1")
        contains(json.loads(server.seen[1][3])["text"], "It is 2020-01-01")


@test
def notify_runs_a_shell_command():
    config = "notification.type=shell\nnotification.shell.command=cat > got\n"
    with Project({"main.dig": NOTIFY, "config": config}) as p:
        check_run(p.run("run", "main.dig", env={"DIGDAG_CONFIG_HOME": p.folder}))
        contains(json.loads(p.read("got"))["message"], "It is 20")


@test
def notifications_that_fail_are_told_and_tried_again():
    with web(500) as server:
        done = run(NOTIFY, server, status=1, config="notification.type=slack\nnotification.slack.url=http://127.0.0.1:PORT/services/tokenX\n"
                   "notification.retries=2\nnotification.min_retry_wait=10\n")
        contains(done.stderr, "Sending notification failed")
        equal(len(server.seen), 6)  # three of the task, three of the alert that it failed
        assert "tokenX" not in done.stderr, done.stderr
    for config, says in [("notification.type=pigeon\n", "pigeon"), ("notification.type=http\n", "notification.http.url"),
                         ("notification.type=slack\n", "notification.slack.url"), ("notification.type=mail\n", "notification.mail."),
                         ("notification.type=shell\n", "notification.shell.command"),
                         ("notification.type=shell\nnotification.shell.command=exit 3\nnotification.retries=0\n", "exit code = 3"),
                         ("notification.type=shell\nnotification.shell.command=sleep 9\nnotification.retries=0\nnotification.shell.timeout=100\n", "timed out")]:
        with Project({"main.dig": NOTIFY, "config": config}) as p:
            contains(check_run(p.run("run", "main.dig", env={"DIGDAG_CONFIG_HOME": p.folder}), 1).stderr, says)


main()
