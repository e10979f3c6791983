"""Secrets and the system configuration, from the command line to the task, and never to the eye."""
import base64
import json
import os
import stat
import subprocess
import urllib.parse

from support import TEGARU, Project, check_run, contains, equal, main, test

VALUE = "pa ss/w+rd?42\""


def home(project, **more):
    return dict(HOME=project.folder, DIGDAG_CONFIG_HOME=os.path.join(project.folder, "home/digdag"),
                TEGARU_CONFIG_HOME=os.path.join(project.folder, "home/tegaru"), **more)


def tegaru(project, *arguments, status=0, given=None, **env):
    if given is None:
        return check_run(project.run(*arguments, env=home(project, **env)), status)
    done = subprocess.run([TEGARU, *arguments], cwd=project.folder, capture_output=True, text=True, input=given,
                          env=dict(os.environ, **home(project, **env)), timeout=60)
    return check_run(done, status)


def with_secret(files, value=VALUE):
    project = Project(files)
    tegaru(project, "secrets", "--local", "--set", "my.token=-", given=value)
    return project


def everything_written(project):
    """What a run left behind, without the secret's own file."""
    texts = []
    for where, _, files in os.walk(project.folder):
        if "/home/" not in where + "/":
            texts += [open(os.path.join(where, name), errors="replace").read() for name in files]
    return "\n".join(texts)


@test
def secrets_are_set_listed_and_deleted_as_in_digdag():
    with Project({"one.txt": "from a file\n", "more.json": '{"j.one": "1", "j.two": 2}'}) as p:
        done = tegaru(p, "secrets", "--local", "--set", "a=1", "b.c=2", "--set", "f=@one.txt", "@more.json")
        equal(done.stderr, "".join(f"Secret '{k}' set\n" for k in ("a", "b.c", "f", "j.one", "j.two")))
        tegaru(p, "secrets", "--local", "--set", "@-", given="y.one: yes\n")
        tegaru(p, "secrets", "--local", "--set", "in=-", given="from stdin")
        equal(tegaru(p, "secrets", "--local").stdout.split(), ["a", "b.c", "f", "in", "j.one", "j.two", "y.one"])
        equal(p.read("home/digdag/secrets/in"), "from stdin")
        equal(p.read("home/digdag/secrets/f"), "from a file\n")
        equal(stat.S_IMODE(os.stat(os.path.join(p.folder, "home/digdag/secrets/a")).st_mode), 0o600)
        contains(tegaru(p, "secrets", "--local", "--delete", "a", "f", "nope").stderr, "Secret 'nope' deleted")
        equal(tegaru(p, "secrets", "--local").stdout.split(), ["b.c", "in", "j.one", "j.two", "y.one"])


@test
def wrong_use_of_secrets_is_told_and_sets_nothing():
    bad = "x: {secretvalue: 1\n"
    with Project({"bad.yml": bad, "list.yml": "a: [secretvalue]\n"}) as p:
        for arguments, status, says in [
                (["--set", "a=1"], 2, "--local"), (["--project", "x"], 2, "server"),
                (["--local", "--set", "a=1", "--delete", "b"], 2, "only one of"),
                (["--local", "stray"], 2, "stray"), (["--local", "--set", "a..b=1"], 1, "Invalid secret key: a..b"),
                (["--local", "--set", "../x=1"], 1, "Invalid secret key"),
                (["--local", "--delete", "../x"], 1, "Invalid secret key"),
                (["--local", "--set", "a=1", "a=2"], 1, "Duplicate --set secret key: 'a'"),
                (["--local", "--set", "a=-", "b=-"], 1, "Can only read once from stdin"),
                (["--local", "--set", "a=-x"], 1, "KEY=@FILE"), (["--local", "--set", "a=@none"], 1, "none"),
                (["--local", "--set", "a"], 1, "no terminal"), (["--local", "--set", "a=" + "v" * 17000], 1, "16384"),
                (["--local", "--set", "@bad.yml"], 1, "bad.yml"), (["--local", "--set", "@list.yml"], 1, "no text")]:
            done = tegaru(p, "secrets", *arguments, status=status)
            contains(done.stderr, says)
            assert "secretvalue" not in done.stderr, done.stderr
        equal(tegaru(p, "secrets", "--local").stdout, "")


@test
def a_task_gets_secrets_by_env_and_in_its_script():
    dig = """
_export: {_env: {MERGED: "x${secret:my.token}"}}
+env:
  sh>: printf %s "$T|$N|$MERGED" > env
  _env: {T: "Bearer ${secret: my.token }", N: 5}
+none:
  sh>: printf %s "$MERGED" > none
+script:
  sh>: |
    cat > script <<'end'
    ${secret:my.token}
    end
+remap:
  sh>: echo '${secret:other.token}' > remap
  _secrets: {other: my}
"""
    with with_secret({"main.dig": dig}, "hunter2secret") as p:
        tegaru(p, "run", "main.dig")
        equal(p.read("env"), "Bearer hunter2secret|5|xhunter2secret")
        equal(p.read("none"), "")
        equal(p.read("script"), "hunter2secret\n")
        equal(p.read("remap"), "hunter2secret\n")


@test
def wrong_references_are_told_in_digdags_words():
    for env, says in [("{T: '${secret:nope}'}", "Secret not found for key: 'nope'"),
                      ("{T: '${foo:nope}'}", "Invalid parametrization: '${foo:nope}'"),
                      ("{a-b: x}", "Invalid _env key name: a-b"), ("[1]", "Parameter '_env' must be an object"),
                      ("{T: [1]}", "Expected string type for key 'T' but got [1] (array)"),
                      ("{T: '${secret:a..b}'}", "Illegal key: 'a..b'")]:
        with Project({"main.dig": f"+a:\n  sh>: 'true'\n  _env: {env}\n"}) as p:
            contains(tegaru(p, "run", "main.dig", status=1).stderr, says)
    with Project({"main.dig": "+a:\n  sh>: 'echo ${secret:a.b}'\n  _secrets: {a: 5}\n"}) as p:
        contains(tegaru(p, "run", "main.dig", status=1).stderr, "Illegal value in _secrets: 5")


@test
def no_output_shows_a_secret():
    quoted = urllib.parse.quote(VALUE, safe="")
    plus = urllib.parse.quote_plus(VALUE)
    parts = [base64.b64encode((before + VALUE).encode()).decode() for before in ("", "x", "xy")]
    script = """
import base64, json, os, sys, time, urllib.parse
v = os.environ["T"]
for text in (v, urllib.parse.quote(v, safe=""), urllib.parse.quote_plus(v), json.dumps({v: v}), v + v, v[::1] + "!"):
    print("plain", text)
    sys.stderr.write("err " + text + "\\n")
for before in ("", "x", "xy"):
    print(base64.b64encode((before + v).encode()).decode(), base64.urlsafe_b64encode((before + v).encode()).decode())
sys.stdout.flush()
for c in v:
    os.write(1, c.encode())
    time.sleep(0.01)
os.write(1, b" end " + v[:-1].encode())
sys.exit(3)
"""
    dig = "+a:\n  sh>: python3 show.py\n  _env: {T: '${secret:my.token}'}\n"
    for mode in ([], ["--json"], ["--show-params"], ["--quiet"], ["-l", "debug"]):
        with with_secret({"main.dig": dig, "show.py": script}) as p:
            done = tegaru(p, "run", "main.dig", *mode, status=1)
            seen = done.stdout + done.stderr + everything_written(p).replace(script, "")
            for shape in (VALUE, quoted, plus, json.dumps(VALUE)[1:-1], *(part[4:-4] for part in parts)):
                assert shape not in seen, f"{shape} in {seen}"
            contains(done.stdout + done.stderr, "plain ***")
            contains(done.stdout + done.stderr, "*** end " + VALUE[:-1])


@test
def log_lines_have_a_level_and_a_place():
    dig = "+a:\n  echo>: printed\n  unused: 1\n+b:\n  sh>: echo $T\n  _env: {T: '${secret:my.token}'}\n+c:\n  fail>: hunter2secret\n"
    with with_secret({"main.dig": dig}, "hunter2secret") as p:
        done = tegaru(p, "run", "main.dig", "-a", "-L", "log.txt", status=1)
        contains(p.read("log.txt"), "[INFO] (+main+a): echo>: printed\n")
        contains(p.read("log.txt"), "[ERROR] (+main+c): Task +main+c failed.\n***\n")
        assert "echo>" not in done.stderr and "hunter2secret" not in done.stderr + p.read("log.txt"), done.stderr
        for level, shown, hidden in [("error", "Task +main+c failed", "is not used"), ("warn", "is not used", "echo>:"),
                                     ("info", "echo>:", "nothing"), ("DEBUG", "echo>:", "nothing")]:
            done = tegaru(p, "run", "main.dig", "-a", "-l", level, status=1)
            contains(done.stderr, shown)
            assert hidden not in done.stderr, done.stderr
        contains(tegaru(p, "run", "main.dig", "-l", "loud", status=1).stderr, "error, warn, info, debug or trace: loud")
        contains(tegaru(p, "run", "main.dig", "-L", "no/folder/x", status=1).stderr, "no/folder/x")


@test
def errors_and_state_files_hold_no_secret():
    dig = """
_export: {leak: "${x}"}
+a:
  fail>: ${leak}
  _error:
    echo>: ${error.message}
"""
    with with_secret({"main.dig": "+a:\n  sh>: 'true'\n  _env: {T: '${secret:my.token}'}\n+b:\n  call>: leak.dig\n",
                      "leak.dig": dig}, "hunter2secret") as p:
        done = tegaru(p, "run", "main.dig", "--json", "-p", "x=a hunter2secret b", status=1)
        assert "hunter2secret" not in done.stdout + done.stderr + everything_written(p), done.stderr
        contains(done.stderr, "a *** b")


@test
def a_result_with_a_secret_is_not_saved_and_runs_again():
    dig = "+a:\n  sh>: 'true'\n  _env: {T: '${secret:my.token}'}\n+b:\n  loop>: 1\n  _do:\n    echo>: ${x}\n"
    with with_secret({"main.dig": dig}, "hunter2secret") as p:
        done = tegaru(p, "run", "main.dig", "-p", "x=hunter2secret")
        contains(done.stdout, "***")
        assert "hunter2secret" not in done.stderr + everything_written(p), done.stderr


@test
def a_secret_is_in_no_process_argument():
    dig = """
+a:
  sh>: |
    read -r me rest < /proc/self/stat; for p in $me $PPID; do tr '\\0' ' ' < /proc/$p/cmdline; echo; done > seen
    : ${secret:my.token}
  _env: {T: '${secret:my.token}'}
"""
    with with_secret({"main.dig": dig}, "hunter2secret") as p:
        tegaru(p, "run", "main.dig")
        contains(p.read("seen"), "runner.sh")
        assert "hunter2secret" not in p.read("seen"), p.read("seen")


@test
def the_system_configuration_has_its_order():
    dig = "+a:\n  sh>: printf '%s ' ${a.b} ${c} \"$S\" >> out\n  _env: {S: '${secret:s}'}\n"
    with Project({"main.dig": dig, "home/digdag/config": "params.a.b = file\nparams.c=file\nsecrets.s=cs\n",
                  "other": "params.a.b=named\nsecrets.s=other\n"}) as p:
        tegaru(p, "run", "main.dig")
        tegaru(p, "run", "main.dig", "-a", DIGDAG_CONFIG="params.c=env")
        tegaru(p, "run", "main.dig", "-a", "-X", "params.c=x", DIGDAG_CONFIG="params.c=env")
        tegaru(p, "run", "main.dig", "-a", "-c", "other", "-p", "c=p", "-X", "params.c=x")
        p.write("home/tegaru/config", "params.c=ours")
        tegaru(p, "run", "main.dig", "-a")
        equal(p.read("out").split(), "file file cs file env cs file x cs named p other file ours cs".split())
        contains(tegaru(p, "run", "main.dig", "-a", "-c", "none", status=1).stderr, "none")
        contains(tegaru(p, "run", "main.dig", "-a", "-X", "novalue", status=1).stderr, "KEY=VALUE")
        p.write("other", "a=\\u00")
        contains(tegaru(p, "run", "main.dig", "-a", "-c", "other", status=1).stderr, "other:1:")


@test
def a_load_fills_secrets_into_its_config_and_a_template_of_embulk_sees_the_environment():
    load = ("in: {type: config, columns: [{name: a, type: string}], values: [[['%s']]]}\nout: {type: file, path_prefix: out, file_ext: csv, "
            "formatter: {type: csv, header_line: false}}\n")
    with with_secret({"a.dig": "+a:\n  load>: a.yml\n", "a.yml": load % "<${secret:my.token}>",
                      "b.dig": "+b:\n  load>: b.yml\n", "b.yml": load % "${secret:my.other}",
                      "c.dig": "+c:\n  embulk>: a.yml\n",
                      "d.dig": "+d:\n  load>: d.yml.liquid\n", "d.yml.liquid": load % "{{ env.WHO }} ${1 + 1}"}, "sesame") as project:
        def loaded():
            name = next(f for f in sorted(os.listdir(project.folder)) if f.startswith("out"))
            text = project.read(name)
            os.unlink(os.path.join(project.folder, name))
            return text.strip()
        tegaru(project, "run", "a.dig")
        equal(loaded(), "<sesame>")
        assert "sesame" not in everything_written(project)
        contains(tegaru(project, "run", "b.dig", status=1).stderr, "Secret not found for key: 'my.other'")
        tegaru(project, "run", "c.dig")
        equal(loaded(), "<${secret:my.token}>")
        tegaru(project, "run", "d.dig", WHO="you")
        equal(loaded(), "you 2")


main()
