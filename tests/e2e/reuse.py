"""What a session that runs again takes from before, and what it does anew, and why."""
import json
import os

from support import TEGARU, Project, check_run, contains, equal, main, test

DIG = """
_export: {unrelated: 0}
+a:
  sh>: ./a.sh
+b:
  sh>: echo b ${x} >> out
+c:
  sh>: echo c >> out
"""


def ran(project):
    """The letters that the last run added to `out`."""
    lines = project.read("out").split() if project.exists("out") else []
    project.write("out", "")
    return "".join(word for word in lines if word.isalpha())


def project():
    made = Project({"main.dig": DIG, "a.sh": "#!/bin/sh\necho a >> out\n"})
    os.chmod(os.path.join(made.folder, "a.sh"), 0o755)
    return made


def again(project, *options, program=TEGARU):
    done = check_run(project.run("run", "main.dig", "--session", "2020-01-01", *(options or ("-p", "x=1")), program=program))
    return ran(project), done.stderr


@test
def nothing_runs_again_when_nothing_changed():
    with project() as p:
        equal(again(p)[0], "abc")
        letters, said = again(p)
        equal(letters, "")
        contains(said, "+main+a: reused: it is done, and nothing that it depends on changed")


@test
def a_changed_script_runs_again_with_all_that_waits_for_it():
    with project() as p:
        again(p)
        p.write("a.sh", "#!/bin/sh\necho A >> out\n")
        letters, said = again(p)
        equal(letters, "Abc")
        contains(said, "+main+a: runs again: the file './a.sh' changed")
        contains(said, "+main+b: runs again: +main+a, which it waits for, changed")


@test
def a_changed_parameter_runs_what_mentions_it():
    with project() as p:
        again(p)
        letters, said = again(p, "-p", "x=2", "-p", "other=1")
        equal(letters, "bc")
        contains(said, "+main+b: runs again: the parameter 'x' changed")
        equal(again(p, "-p", "x=2", "-p", "other=5")[0], "")


@test
def json_says_how_a_task_came_to_its_result():
    with project() as p:
        again(p)
        done = check_run(p.run("run", "main.dig", "--session", "2020-01-01", "-p", "x=2", "--json"))
        tasks = {task["name"]: task for task in json.loads(done.stdout)["tasks"]}
        equal(tasks["+main+a"]["reuse"], {"how": "reused", "why": None})
        equal(tasks["+main+b"]["reuse"], {"how": "runs again", "why": "the parameter 'x' changed"})


@test
def a_parameter_that_another_one_mentions_counts():
    with Project({"main.dig": "_export:\n  y: ${x}\n+a:\n  sh>: echo a $y >> out\n"}) as p:
        equal(again(p)[0], "a")
        equal(again(p)[0], "")
        equal(again(p, "-p", "x=2")[0], "a")


@test
def changed_keys_of_a_task_run_it_again():
    with project() as p:
        again(p)
        p.write("main.dig", DIG.replace("echo c", "echo C"))
        letters, said = again(p)
        equal(letters, "C")
        contains(said, "+main+c: runs again: its own keys changed")


@test
def what_handles_failures_is_no_reason():
    with project() as p:
        again(p)
        p.write("main.dig", DIG + "  _error: {echo>: oh}\n  _retry: 3\n")
        equal(again(p)[0], "")


@test
def a_called_workflow_that_changed_runs_again():
    files = {"main.dig": "+a:\n  call>: sub/child\n+p:\n  py>: tasks.work\n", "tasks.py": "def work():\n    open('out', 'a').write('p ')\n",
             "sub/child.dig": "+x:\n  sh>: echo x >> ../out\n+y:\n  sh>: echo y >> ../out\n"}
    with Project(files) as p:
        equal(again(p)[0], "xyp")
        p.write("sub/child.dig", files["sub/child.dig"].replace("echo y", "echo Y"))
        equal(again(p)[0], "Yp")
        p.write("tasks.py", files["tasks.py"].replace("'p '", "'P '"))
        equal(again(p)[0], "P")


@test
def an_error_task_runs_for_each_failure():
    dig = "_error:\n  sh>: echo e >> out\n+a:\n  fail>: no\n"
    with Project({"main.dig": dig}) as p:
        for _ in range(2):
            check_run(p.run("run", "main.dig"), 1)
            equal(ran(p), "e")


@test
def under_digdags_name_every_saved_state_holds():
    with project() as p:
        os.symlink(TEGARU, os.path.join(p.folder, "digdag"))
        equal(again(p, "-p", "x=1", program="./digdag")[0], "abc")
        letters, said = again(p, "-p", "x=2", program="./digdag")
        equal(letters, "")
        contains(said, "Skipped")


main()
