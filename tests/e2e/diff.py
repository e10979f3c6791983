"""tegaru diff: what changed in the workflows between two git revisions."""
import json
import os
import subprocess

from support import Project, check_run, contains, equal, main, test

OLD = """timezone: UTC
schedule: {daily>: 07:00:00}
+load:
  _parallel: true
  +a: {load>: a.yml, out: {bucket: x, path: p}}
  +b: {load>: b.yml}
+gone:
  +one: {echo>: 1}
  +two: {echo>: 2}
+say: {echo>: "`tick`"}
+report:
  athena.ctas>: queries/report.sql
  table: report
+script:
  sh>: |
    echo one
    echo two
+py: {py>: tasks.load}
"""
NEW = """timezone: Asia/Tokyo
schedule: {daily>: 08:00:00}
+say: {echo>: "`tock`"}
+load:
  _parallel: true
  +a: {load>: a.yml, out: {bucket: y, path: p, extra: 1}}
  +b: {load>: b.yml}
  +c: {load>: c.yml}
+report:
  athena.ctas>: queries/report.sql
  table: report
+script:
  sh>: |
    echo one
    echo three
+py: {py>: tasks.load}
"""


def git(project, *arguments):
    env = dict(os.environ, GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME="a",
               GIT_COMMITTER_EMAIL="a@example.com")
    subprocess.run(["git", *arguments], cwd=project.folder, check=True, capture_output=True, env=env)


def repository(folder=""):
    """Two commits, tagged old and new, of a project in a folder of a repository."""
    project = Project({folder + "main.dig": OLD, folder + "queries/report.sql": "SELECT 1\nFROM t\n",
                       folder + "tasks.py": "def load(): pass\n", folder + "dead.dig": "+x: {echo>: x}\n"})
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "old")
    git(project, "tag", "old")
    project.write(folder + "main.dig", NEW)
    project.write(folder + "queries/report.sql", "SELECT 2\nFROM t\n")
    project.write(folder + "tasks.py", "def load(): return 1\n")
    project.write(folder + "fresh.dig", "+y: {echo>: y}\n")
    os.unlink(os.path.join(project.folder, folder, "dead.dig"))
    git(project, "add", "-A")
    git(project, "commit", "-qm", "new")
    git(project, "tag", "new")
    return project


@test
def it_tells_of_tasks_keys_files_schedule_and_order():
    with repository() as project:
        diff = json.loads(check_run(project.run("diff", "old", "new", "--format", "json")).stdout)
        equal((diff["added"], diff["removed"], diff["changed"]), (2, 2, 6))
        tasks = {t["task"]: t for w in diff["workflows"] for t in w["tasks"]}
        equal(tasks["+main+load+c"]["change"], "added")
        equal((tasks["+main+gone"]["change"], tasks["+main+gone"]["below"]), ("removed", 2))
        assert "+main+gone+one" not in tasks, "its group stands for it"
        keys = {k["key"]: (k.get("old"), k.get("new")) for k in tasks["+main"]["keys"]}
        equal(keys["schedule/daily>"], ("07:00:00", "08:00:00"))
        equal(keys["timezone"], ("UTC", "Asia/Tokyo"))
        equal(keys["order"][1], ["+say", "+load", "+report", "+script", "+py"])
        equal({k["key"]: k.get("old") for k in tasks["+main+load+a"]["keys"]}, {"out/bucket": "x", "out/extra": None})
        contains(tasks["+main+script"]["keys"][0]["hunks"], "-echo two\n+echo three")
        equal(tasks["+main+report"]["files"], ["queries/report.sql"])
        equal(tasks["+main+py"]["files"], ["tasks.py"])
        contains({f["file"]: f["hunks"] for f in diff["files"]}["queries/report.sql"], "-SELECT 1\n+SELECT 2")
        equal((tasks["+fresh"]["change"], tasks["+dead"]["change"]), ("added", "removed"))


@test
def markdown_is_for_a_comment():
    with repository() as project:
        text = check_run(project.run("diff", "old", "new", "--format", "markdown")).stdout
        contains(text, "### Workflow changes: `old` → `new`\n")
        contains(text, "**2 added, 2 removed, 6 changed**")
        contains(text, "- **removed** `+main+gone` with 2 tasks")
        contains(text, "  - `echo>`: `` `tick` `` → `` `tock` ``")
        contains(text, "```diff\n@@")
        equal(text.count("```diff"), 3)


@test
def the_working_tree_stands_for_a_missing_revision():
    with repository("etl/flows/") as project:
        text = check_run(project.run("diff", "new", "--project", "etl/flows")).stdout
        contains(text, "new → the working tree\n0 added, 0 removed, 0 changed")
        project.write("etl/flows/main.dig", NEW.replace("`tock`", "tack"))
        text = check_run(project.run("diff", "new", "--project", "etl/flows")).stdout
        contains(text, "~ +main+say\n      echo>: `tock` → tack\n")
        contains(check_run(project.run("diff", "old", "new", "--project", "etl/flows")).stdout, "2 added, 2 removed")
        equal(subprocess.run(["git", "status", "--porcelain"], cwd=project.folder, capture_output=True, text=True).stdout,
              " M etl/flows/main.dig\n", "the working tree stays as it is")
        project.write("fresh/main.dig", "+a: {echo>: a}\n")
        contains(check_run(project.run("diff", "old", "--project", "fresh")).stdout, "1 added, 0 removed")


@test
def mistakes_say_what_to_do():
    with repository() as project, Project({"main.dig": "+a: {echo>: a}\n"}) as plain:
        contains(check_run(project.run("diff"), 2).stderr, "tegaru diff main HEAD")
        contains(check_run(project.run("diff", "old", "--format", "xml"), 2).stderr, "text, markdown or json")
        contains(check_run(project.run("diff", "nope"), 1).stderr, "no revision 'nope'")
        contains(check_run(plain.run("diff", "HEAD"), 1).stderr, "in no git repository")
        contains(check_run(project.run("diff", "old", env={"PATH": plain.folder}), 1).stderr, "'git' is needed")
        project.write("main.dig", "+a: {sh>: x, echo>: y}\n")
        done = check_run(project.run("diff", "old"), 1)
        contains(done.stderr, "the working tree: main.dig:1")
        contains(check_run(project.run("diff", "--help")).stdout, "gh pr comment")


main()
