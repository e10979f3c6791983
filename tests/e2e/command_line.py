"""The command line: exit statuses, help, messages that point at the mistake."""
import json
import os
import subprocess

from support import TEGARU, Project, check_run, contains, equal, main, test


@test
def version_and_help_never_open_duckdb():
    env = dict(os.environ, TEGARU_DUCKDB="/nonexistent")
    for arguments in (["--version"], ["--help"], ["run", "--help"], ["query", "--help"], ["catalog", "--help"],
                      ["load", "--help"]):
        done = subprocess.run([TEGARU, *arguments], capture_output=True, text=True, env=env)
        check_run(done)
        assert done.stdout, arguments


@test
def unknown_command_suggests_a_likely_one():
    with Project() as project:
        done = check_run(project.run("runn"), 2)
        contains(done.stderr, "did you mean 'run'?")


@test
def a_mistake_in_a_workflow_is_shown_with_its_place():
    with Project({"main.dig": "+a:\n  echo>: hi\n+b:\n  _paralel: true\n  +c:\n    echo>: x\n"}) as project:
        done = check_run(project.run("run", "main.dig"), 1)
        contains(done.stderr, "main.dig:4:3")
        contains(done.stderr, "_paralel: true")
        contains(done.stderr, "did you mean [_parallel]?")


@test
def check_tells_all_broken_workflows():
    with Project({"a.dig": "+a:\n  x: 1\n", "b.dig": "+b:\n  y: 1\n", "c.dig": "+c:\n  echo>: x\n"}) as project:
        done = check_run(project.run("check"), 1)
        contains(done.stderr, "a.dig:2:3")
        contains(done.stderr, "b.dig:2:3")


@test
def check_gives_json():
    with Project({"main.dig": "timezone: Asia/Tokyo\nschedule:\n  daily>: 07:00:00\n+a:\n  echo>: x\n"}) as project:
        done = check_run(project.run("check", "--json"))
        entry = json.loads(done.stdout)[0]
        equal((entry["workflow"], entry["tasks"], entry["timezone"]), ("main", 2, "Asia/Tokyo"))
        contains(entry["next_run_time"], "T07:00:00+09:00")


@test
def every_template_of_init_runs():
    for kind in ("echo", "sh", "ruby", "python", "load"):
        with Project() as project:
            check_run(project.run("init", "-t", kind, "new"))
            check_run(project.run("run", "new/new.dig", "--session", "2020-01-01"))


@test
def init_overwrites_nothing():
    with Project({"new/new.dig": "mine\n"}) as project:
        check_run(project.run("init", "new"), 1)
        equal(project.read("new/new.dig"), "mine\n")


main()
