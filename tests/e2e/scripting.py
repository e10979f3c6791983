"""sh>, py> and rb> beyond the recorded cases: containers, kills, results that are no results."""
import json
import os
import shutil
import subprocess
import time

from support import SOURCE, TEGARU, Project, Skip, check_run, contains, equal, main, test

PY = "+a:\n  py>: tasks.f\n  python: python3\n"
# A docker program that notes its arguments and runs what it is given on this machine.
DOCKER = r"""#!/usr/bin/env python3
import json, os, sys
with open(os.environ["DOCKER_LOG"], "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\n")
verb, rest = sys.argv[1], sys.argv[2:]
if verb == "images":
    print("abc123" if os.path.exists(os.environ["DOCKER_LOG"] + ".built") else "")
elif verb == "build":
    open(os.environ["DOCKER_LOG"] + ".built", "w").write(open(rest[rest.index("-f") + 1]).read())
    sys.exit(int(os.environ.get("BUILD_STATUS", "0")))
elif verb == "pull":
    sys.exit(int(os.environ.get("PULL_STATUS", "0")))
elif verb == "run":
    env = {"PATH": os.environ["PATH"]}
    open(rest[rest.index("--cidfile") + 1], "w").write("container-1\n")
    if "--env-file" in rest:
        for line in open(rest[rest.index("--env-file") + 1]):
            key, value = line.rstrip("\n").split("=", 1)
            env[key] = value
    for i, word in enumerate(rest):
        if word == "-e":
            env[rest[i + 1]] = os.environ[rest[i + 1]]
    os.chdir(rest[rest.index("-w") + 1])
    image = next(i for i, word in enumerate(rest) if word.startswith(("img", "tegaru-project:")))
    os.execvpe(rest[image + 1], rest[image + 1:], env)
"""


def with_docker(files):
    project = Project(dict(files, **{"bin/docker": DOCKER}))
    os.chmod(os.path.join(project.folder, "bin/docker"), 0o755)
    return project


def docker_env(project, **more):
    return dict(PATH=os.path.join(project.folder, "bin") + ":" + os.environ["PATH"],
                DOCKER_LOG=os.path.join(project.folder, "docker.log"), DIGDAG_CONFIG_HOME=project.folder, **more)


def calls(project):
    return [json.loads(line) for line in project.read("docker.log").splitlines()]


@test
def a_container_gets_files_variables_and_no_secret_argument():
    dig = """
_export:
  docker: {image: "img:1", run_options: [--memory, 1g], selinux: true}
+sh:
  sh>: printf '%s|%s|%s' "$T" "$lines" "$x" > out; env > env; pwd > pwd
  _env: {T: "${secret:my.token}"}
  x: 5
  lines: "two\\nlines"
+py:
  py>: tasks.f
  python: python3
+rb:
  rb>: go
  require: ./tasks
"""
    with with_docker({"main.dig": dig, "tasks.py": "def f(x=1):\n    open('py', 'w').write('py')\n",
                      "tasks.rb": "def go\n  File.write('rb', 'rb')\nend\n", "secrets/my.token": "hunter2secret"}) as p:
        check_run(p.run("run", "main.dig", env=docker_env(p)))
        equal(p.read("out"), "hunter2secret|two\nlines|5")
        equal([p.read("py"), p.read("rb"), p.read("pwd").strip()], ["py", "rb", os.path.realpath(p.folder)])
        assert "HOME=" not in p.read("env").replace("CONFIG_HOME", ""), p.read("env")
        first = calls(p)[0]
        equal(first[:3], ["run", "--memory", "1g"])
        contains(" ".join(first), f"-v {p.folder}:{p.folder}:rw,Z -w {p.folder}")
        contains(" ".join(first), "img:1 /bin/sh ")
        assert "hunter2secret" not in p.read("docker.log"), p.read("docker.log")
        equal(os.listdir(os.path.join(p.folder, ".tegaru/tmp")), [])


@test
def an_image_is_built_once():
    dig = "+a:\n  sh>: echo a >> out\n  docker: {image: base, build: [apk add x, \"y 1\\ny 2\"], build_options: [--pull]}\n"
    with with_docker({"main.dig": dig}) as p:
        check_run(p.run("run", "main.dig", env=docker_env(p)))
        check_run(p.run("run", "main.dig", "--rerun", env=docker_env(p)))
        equal(p.read("docker.log.built"), "FROM base\nRUN apk add x\nRUN y 1\nRUN y 2\n")
        equal([call[0] for call in calls(p)], ["images", "build", "run", "images", "run"])
        build = calls(p)[1]
        equal([build[1], build[4], build[5], build[7]], ["--pull", "--force-rm", "-t", p.folder])
        equal(p.read("out"), "a\na\n")


@test
def docker_failures_are_told():
    dig = "+a:\n  sh>: 'true'\n  docker: {%s}\n"
    for options, says, env in [("image: img, pull_always: true", "Docker pull failed", {"PULL_STATUS": "1"}),
                               ("image: img, build: [x]", "Docker build failed", {"BUILD_STATUS": "3"}),
                               ("pull_always: true", "'image'", {}), ("image: img, run_options: {a: b}", "run_options", {}),
                               ("image: img, docker: /nowhere/docker", "cannot start '/nowhere/docker'", {}),
                               ("image: img, pull_always: maybe", "pull_always", {})]:
        with with_docker({"main.dig": dig % options}) as p:
            contains(check_run(p.run("run", "main.dig", env=docker_env(p, **env)), 1).stderr, says)
    with with_docker({"main.dig": "+a:\n  sh>: exit 9\n  docker: {image: img}\n"}) as p:
        contains(check_run(p.run("run", "main.dig", env=docker_env(p)), 1).stderr, "Command failed with code 9")


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@test
def a_cancelled_run_removes_its_container():
    with with_docker({"main.dig": "+a:\n  sh>: touch started; sleep 60\n  docker: {image: img}\n"}) as p:
        run = subprocess.Popen([TEGARU, "run", "main.dig"], cwd=p.folder, env=dict(os.environ, **docker_env(p)),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: p.exists("started"))
        run.terminate()
        equal(run.wait(20), 130)
        equal(calls(p)[-1], ["rm", "-f", "container-1"])


@test
def a_real_daemon_runs_a_container():
    if shutil.which("docker") is None or subprocess.run(["docker", "info"], capture_output=True).returncode != 0 or subprocess.run(
            ["docker", "image", "inspect", "alpine"], capture_output=True).returncode != 0:
        raise Skip("there is no docker daemon with the image alpine")
    with Project({"main.dig": "+a:\n  sh>: cat /etc/alpine-release > out\n  docker: {image: alpine}\n"}) as p:
        check_run(p.run("run", "main.dig"))
        assert p.read("out")


@test
def results_that_are_no_results_are_told():
    for code, says in [("open(sys.argv[3], 'w').write('{')", "no JSON map"),
                       ("open(sys.argv[3], 'w').write('[1]')", "no JSON map"),
                       ("open(sys.argv[3], 'w').write('{\"store_params\": 5}')", "'store_params' must be an object"),
                       ("open(sys.argv[3], 'w').write('x' * 17000000)", "larger than"),
                       ("os.unlink(sys.argv[2])", "output.json does not exist")]:
        with Project({"main.dig": PY, "tasks.py": f"import os, sys\ndef f():\n    {code}\n    os._exit(0)\n"}) as p:
            contains(check_run(p.run("run", "main.dig"), 1).stderr, says)
    with Project({"main.dig": PY, "tasks.py": "def f():\n    import os\n    os.kill(os.getpid(), 9)\n"}) as p:
        contains(check_run(p.run("run", "main.dig"), 1).stderr, "Python command failed with code 137")
    with Project({"main.dig": PY, "tasks.py": "import digdag\ndef f():\n    digdag.env.store(x=float('nan'))\n"}) as p:
        contains(check_run(p.run("run", "main.dig"), 1).stderr, "no JSON map")


@test
def nothing_is_left_in_the_temporary_folder():
    with Project({"main.dig": PY + "+b:\n  sh>: exit 3\n", "tasks.py": "def f():\n    pass\n", "tmp/x": ""}) as p:
        check_run(p.run("run", "main.dig", env={"TMPDIR": os.path.join(p.folder, "tmp")}), 1)
        equal(os.listdir(os.path.join(p.folder, "tmp")), ["x"])
        done = check_run(p.run("run", "main.dig", env={"TMPDIR": os.path.join(p.folder, "none")}), 1)
        contains(done.stderr, "cannot make")


@test
def large_parameters_reach_python():
    with Project({"main.dig": PY + "  big: ${big.repeat(200000)}\n", "tasks.py": "def f(big):\n    print(len(big))\n"}) as p:
        contains(check_run(p.run("run", "main.dig", "-p", "big=0123456789")).stdout, "2000000")


@test
def ruby_methods_get_keyword_arguments():
    code = "def go(x, k:, m: 6, **more)\n  puts [x, k, m, more[:session_date], more.key?(:absent)].inspect\nend\n"
    with Project({"main.dig": "+a:\n  rb>: go\n  require: tasks\n  x: 1\n  k: [2]\n", "tasks.rb": code}) as p:
        done = check_run(p.run("run", "main.dig", "--session", "2020-01-01"))
        contains(done.stdout.replace(" ", ""), '[1,[2],6,"2020-01-01",false]')


def documented(name):
    """A program of docs/plugin-operators.md."""
    with open(os.path.join(SOURCE, "docs/plugin-operators.md")) as text:
        part = text.read().split(f"<!-- test: {name} -->\n", 1)[1]
    return part.split("\n", 1)[1].split("```", 1)[0]


def with_operator(dig, name, program, more=None):
    project = Project(dict({"main.dig": dig, f".tegaru/plugins/tegaru-operator-{name}": program}, **(more or {})))
    os.chmod(os.path.join(project.folder, f".tegaru/plugins/tegaru-operator-{name}"), 0o755)
    return project


def answering(text, status=0):
    return f"#!/bin/sh\ncat > request\ncat <<'end'\n{text}\nend\nexit {status}\n"


@test
def the_documented_python_operator_waits():
    dig = """
+fill:
  sh>: (sleep 0.3; echo b >> rows) > /dev/null 2>&1 &
+wait:
  wait_for_rows>: rows
  at_least: 2
  interval: 0.1
+show:
  sh>: echo ${rows} $((${tries} > 1)) > out
"""
    with with_operator(dig, "wait_for_rows", documented("wait_for_rows"), {"rows": "a\n"}) as p:
        done = check_run(p.run("run", "main.dig", "--json"))
        equal(p.read("out"), "2 1\n")
        contains(done.stdout, '"receipt": {\n        "rows": 2')
        contains(done.stderr, "1 of 2 rows")
    with with_operator(dig.replace("at_least: 2", "at_least: 9").replace("0.1", "0"), "wait_for_rows",
                       documented("wait_for_rows"), {"rows": "a\n"}) as p:
        contains(check_run(p.run("run", "main.dig"), 1).stderr, "of 9 rows after 20 tries")


@test
def the_documented_shell_operator_checks():
    dig = "+a:\n  free_space>: %s\n+b:\n  sh>: test ${free_mib} -gt 0\n"
    with with_operator(dig % "1", "free_space", documented("free_space")) as p:
        check_run(p.run("run", "main.dig"))
    with with_operator(dig % "999999999999", "free_space", documented("free_space")) as p:
        contains(check_run(p.run("run", "main.dig"), 1).stderr, "999999999999 are needed")


@test
def an_external_operator_gets_all_and_gives_all():
    dig = """
+a:
  own.thing>: {x: "${1 + 1}"}
  k: [1, null]
  _env: {T: "${secret:my.token}"}
  _retry: 0
+b:
  sh>: echo ${s.k} >> out
"""
    answer = json.dumps({"store": {"s": {"k": "v"}}, "export": {"e": "exported"}, "receipt": {"rows": 3},
                         "subtasks": {"+one": {"sh>": "echo ${e} $T >> out"}}})
    program = answering(answer).replace("cat > request", 'cat > request; printf "$T" > t; echo said >&2')
    with with_operator(dig, "own.thing", program, {"secrets/my.token": "hunter2secret"}) as p:
        done = check_run(p.run("run", "main.dig", "--session", "2020-01-01", env={"DIGDAG_CONFIG_HOME": p.folder}))
        request = json.loads(p.read("request"))
        equal([request[k] for k in ("protocol", "operator", "state", "task_name", "timezone")],
              [1, "own.thing", {}, "+main+a", "UTC"])
        equal([request["project_folder"], request["work_folder"]], [p.folder, p.folder])
        equal([request["params"][k] for k in ("_command", "k", "session_date")], [{"x": "2"}, [1, None], "2020-01-01"])
        equal([p.read("t"), p.read("out")], ["hunter2secret", "exported\nv\n"])
        contains(done.stdout, "said")
        assert "hunter2secret" not in p.read("request"), p.read("request")


@test
def an_operator_on_the_path_runs():
    with with_operator("+a:\n  own>: x\n", "other", "") as p:
        p.write("bin/tegaru-operator-own", answering("{}"))
        os.chmod(os.path.join(p.folder, "bin/tegaru-operator-own"), 0o755)
        check_run(p.run("run", "main.dig", env={"PATH": os.path.join(p.folder, "bin") + ":" + os.environ["PATH"]}))
        assert p.exists("request")


@test
def wrong_answers_of_an_operator_are_told():
    big = "#!/bin/sh\nyes | head -c 20000000\n"
    for program, says in [(answering("not json"), "must be one JSON map"), (answering("[1]"), "must be one JSON map"),
                          (answering('{"stores": {}}'), "unknown key 'stores' (did you mean 'store'?)"),
                          (answering('{"store": 5}'), "'store' of the answer must be a map"),
                          (answering('{"reset_store": {}}'), "'reset_store' of the answer must be a list"),
                          (answering('{"again_in_seconds": -1}'), "must be a number"),
                          (answering('{"again_in_seconds": 1, "state": []}'), "'state' of the answer must be a map"),
                          (answering('{"error": "own words"}'), "own words"), (answering("{}", 3), "exit status 3"),
                          (answering('{"error": "own words"}', 3), "own words"), (big, "wrote more than 16777216 bytes"),
                          ("#!/nowhere/shell\n", "cannot start"), ("#!/bin/sh\nsleep 60\n", "did not end within 1000 ms"),
                          ("#!/bin/sh\nkill -9 $$\n", "exit status 137")]:
        with with_operator("+a:\n  own>: x\n  _timeout: 1s\n", "own", program) as p:
            contains(check_run(p.run("run", "main.dig"), 1).stderr, says)


@test
def a_cancelled_run_stops_an_operator():
    with with_operator("+a:\n  own>: x\n", "own", "#!/bin/sh\ntouch started\nsleep 60\n") as p:
        run = subprocess.Popen([TEGARU, "run", "main.dig"], cwd=p.folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        wait_for(lambda: p.exists("started"))
        run.terminate()
        equal(run.wait(20), 130)


@test
def unknown_operators_and_java_plugins_are_told():
    java = "_export:\n  plugin: {repositories: [x], dependencies: ['pro.civitaspo:digdag-operator-athena:0.3', 'a:other:1']}\n"
    for dig, says in [("+a:\n  ehco>: x\n", "Unknown task type: ehco (did you mean 'echo'?)"),
                      ("+a:\n  ../x>: x\n", "Unknown task type: ../x"), ("+a:\n  bq>: x\n", "bq> is out of scope"),
                      ("+a:\n  td_load>: x\n", "td_load> is out of scope"), ("+a:\n  emr>: x\n", "tegaru-operator-emr"),
                      (java + "+a:\n  other>: x\n", "Java plug-ins cannot run here")]:
        with Project({"main.dig": dig}) as p:
            contains(check_run(p.run("run", "main.dig"), 1).stderr, says)
    with Project({"main.dig": java + "+a:\n  echo>: x\n"}) as p:
        done = check_run(p.run("run", "main.dig"))
        contains(done.stderr, "'pro.civitaspo:digdag-operator-athena:0.3' is built in")
        contains(done.stderr, "'a:other:1' is not loaded")


main()
