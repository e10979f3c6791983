"""The type ledger and the reference of plug-ins, as `tegaru load` prints them."""
import json
import os
import pty
import re
import subprocess

from support import SOURCE, TEGARU, Project, check_run, contains, equal, main, test

CSV = """id,name,at,d
1,a,2020-01-01 10:00:00.5,1.25
"""
LOAD = """in:
  type: file
  path_prefix: a.csv
  parser:
    type: csv
    skip_header_lines: 1
    columns:
    - {name: id, type: long}
    - {name: name, type: string}
    - {name: at, type: timestamp, format: "%Y-%m-%d %H:%M:%S.%N"}
    - {name: d, type: "TYPE"}
out: {type: s3_parquet, bucket: b, path_prefix: x}
"""


def ledger(project, name="load.yml"):
    rows = json.loads(check_run(project.run("load", "types", name, "--json")).stdout)
    return {row.pop("name"): row for row in rows}


@test
def the_ledger_shows_each_type_on_its_way_to_athena():
    with Project() as project:
        project.write("a.csv", CSV)
        project.write("load.yml", LOAD.replace("TYPE", "decimal(10,2)"))
        rows = ledger(project)
        equal(rows["d"], {"source": "text", "page": "decimal(10,2)", "stored": "INT64 (DECIMAL(10,2))",
                          "glue": "decimal(10,2)", "athena": "decimal(10,2)"})
        equal(rows["id"]["stored"], "INT64")
        text = check_run(project.run("load", "types", "load.yml")).stdout
        contains(text, "No column loses anything.")
        assert not any(line.endswith(" ") for line in text.splitlines())


@test
def types_embulk_names_what_a_text_loses():
    with Project() as project:
        project.write("a.csv", CSV)
        project.write("load.yml", "types: embulk\n" + LOAD.replace("TYPE", "double"))
        contains(ledger(project)["at"]["loss"], "a text")
        contains(check_run(project.run("load", "types", "load.yml")).stdout, "1 of 4 columns lose something")
        equal(ledger(project)["at"]["athena"], "varchar")


@test
def an_unknown_value_of_types_is_refused():
    with Project() as project:
        project.write("a.csv", CSV)
        project.write("load.yml", "types: exactly\n" + LOAD.replace("TYPE", "double"))
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "must be exact or embulk")


@test
def the_reference_pages_are_those_of_the_program():
    with Project() as project:
        check_run(project.run("load", "plugins", "-o", "pages"))
        made = {name: project.read("pages/" + name) for name in os.listdir(os.path.join(project.folder, "pages"))}
        top = os.path.join(SOURCE, "docs/plugins")
        kept = {name: open(os.path.join(top, name)).read() for name in os.listdir(top)}
        equal(sorted(made), sorted(kept), "run 'tegaru load plugins -o docs/plugins'")
        for name in made:
            equal(made[name], kept[name], f"{name}: run 'tegaru load plugins -o docs/plugins'")


@test
def plug_ins_are_listed_and_explained():
    with Project() as project:
        contains(check_run(project.run("load", "plugins")).stdout, "s3_parquet")
        contains(check_run(project.run("load", "plugins", "csv")).stdout, "skip_header_lines")
        contains(check_run(project.run("load", "plugins", "nothing"), 1).stderr, "'tegaru load plugins' lists them")


@test
def a_terminal_sees_how_far_a_load_has_come():
    with Project() as project:
        project.write("a.csv", "id,name\n" + "".join(f"{i},{'x' * 80}\n" for i in range(2000000)))
        project.write("load.yml", "in: {type: file, path_prefix: a.csv}\nout: {type: s3_parquet, bucket: b, path_prefix: x}\n")
        ours, theirs = pty.openpty()
        load = subprocess.Popen([TEGARU, "load", "run", "load.yml", "--threads", "1"], cwd=project.folder, stdout=subprocess.DEVNULL,
                                stdin=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the end of a terminal
                break
            if not part:
                break
            seen += part
        os.close(ours)
        equal(load.wait(), 0)
        if b"rows/s" in seen:  # a fast machine is done before the first line
            assert re.search(rb"\d+ rows, [\d.]+ MiB of [\d.]+, \d+ rows/s, \d+ MiB of memory", seen), seen
            assert seen.endswith(b"\r\x1b[K"), seen[-50:]


main()
