"""Workflows made to exhaust the machine: an error, within bounds of CPU time and memory over an empty run."""
import os
import subprocess

from support import TEGARU, Project, Skip, check_run, contains, main, test

CPU_MS_MAX = 100
SLACK_MS = 60  # of a busy machine: times of processes vary
MEMORY_KB_MAX = 20 * 1024
TIME = "/usr/bin/time"


def used(files):
    """Exit status, CPU time in ms, peak memory in KB and output of a run."""
    if not os.path.exists(TIME):
        raise Skip("there is no /usr/bin/time")
    with Project(files) as project:
        report = os.path.join(project.folder, "used")
        done = subprocess.run([TIME, "-o", report, "-f", "%U %S %M", TEGARU, "run", "main.dig", "--no-save"],
                              cwd=project.folder, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        user, system, memory = project.read("used").splitlines()[-1].split()
        return done.returncode, (float(user) + float(system)) * 1000, int(memory), done.stdout + done.stderr


def bounded(name, files, says):
    _, base_ms, base_kb, _ = used({"main.dig": "+a:\n  echo>: x\n"})
    status, ms, kb, text = used(files)
    assert status == 1, (name, status, text[-500:])
    contains(text, says)
    assert ms - base_ms <= CPU_MS_MAX + SLACK_MS, (name, ms, base_ms)
    assert kb - base_kb <= MEMORY_KB_MAX, (name, kb, base_kb)


def template(script):
    return {"main.dig": "+a:\n  echo>: \"${" + script + "}\"\n"}


@test
def yaml_that_explodes_is_refused():
    bomb = "  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"  a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    bounded("bomb", {"main.dig": "_export:\n" + bomb + "+a:\n  echo>: x\n"}, "aliases expand to more than")
    for name, text in (("lists", "a: " + "[" * 100000 + "]" * 100000), ("maps", "a: " + "{a: " * 100000 + "}" * 100000),
                       ("block", "a:\n" + "- " * 100000 + "x")):
        bounded(name, {"main.dig": text + "\n"}, "nested more than 200 deep")
    for name, text in (("cycle", "_export:\n  a: &a\n    b: *a\n"), ("tasks", "+a: &a\n  +b: *a\n"),
                       ("merge", "+a: &a\n  <<: *a\n")):
        bounded(name, {"main.dig": text}, "the alias *a has no anchor")


@test
def templates_that_never_end_are_stopped():
    for script in ("(function(){while(1){}})()", "(function(){for(;;){}})()", "'x'.repeat(1000000000)",
                   "/(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')",
                   "(function(){return {toJSON:function(){while(1){}}}})()", "new Array(100000000).indexOf(1)"):
        bounded(script, template(script), "ran over")


@test
def loops_of_the_engine_itself_are_bounded():
    for method in ("join('')", "reverse()", "slice(1)", "splice(1)", "shift()", "unshift(1)", "sort()", "concat([1])",
                   "toString()", "toLocaleString()", "lastIndexOf(1)"):
        script = "(function(){var a=[];a.length=4000000000;return a." + method + "})()"
        bounded(script, template(script), "too much work for")
    bounded("generic", template("Array.prototype.join.call({length:4000000000},'')"), "too much work for")
    bounded("search", template("(function(){var s='aaaaaaaaaa';while(s.length<1000000)s+=s;return s.indexOf(s.substring(500000)+'b')})()"),
            "too much work for")


@test
def templates_that_grow_are_stopped():
    for script, says in (("(function(){var a=[];while(1)a.push(a.length)})()", "MiB"),
                         ("(function f(){return f()})()", "stack"),
                         ("(function(){var s='x';for(var i=0;i<40;i++)s+=s;return s})()", ""),
                         ("new RegExp(new Array(40000).join('(a|b)*')).test('abc')", "too many captures")):
        bounded(script, template(script), says if says != "MiB" else "memory")


@test
def files_outside_the_project_are_refused():
    with Project({"secret.yml": "+x:\n  echo>: leaked\n", "p/q.sql": "SELECT 1", "secret.sql": "SELECT 'leaked'"}) as project:
        outside = os.path.join(project.folder, "secret.yml")
        for text in ("_export:\n  !include : ../secret.yml\n+a:\n  echo>: x\n", f"_export:\n  !include : {outside}\n+a:\n  echo>: x\n",
                     "+a:\n  call>: ../secret.yml\n", f"+a:\n  call>: {outside}\n",
                     "+a:\n  athena.query>: ../secret.sql\n  preview: true\n"):
            project.write("p/main.dig", text)
            done = check_run(project.run("run", "main.dig", "--project", "p", "--no-save"), 1)
            assert "leaked" not in done.stdout, (text, done.stdout)


main()
