"""Bad input and faults: one clear message, nothing visible afterwards, nothing left behind."""
import os
import subprocess

from support import Project, Skip, check_run, contains, equal, main, test

TYPED = """
in:
  type: file
  path_prefix: data.csv
  parser: {type: csv, skip_header_lines: 1, columns: [{name: a, type: long}, {name: b, type: string}]}
out: {type: s3_parquet, bucket: lake, path_prefix: t/, catalog: {database: lake, table: t}}
"""
GUESSED = """
in: {type: file, path_prefix: data.csv}
out: {type: s3_parquet, bucket: lake, path_prefix: t/, catalog: {database: lake, table: t}}
"""


def refused(data, *parts, config=TYPED):
    """The load fails with all the parts in its message, and no table appears."""
    with Project({"load.yml": config, "data.csv": data}) as project:
        done = check_run(project.run("load", "run", "load.yml"), 1)
        for part in parts:
            contains(done.stderr, part)
        check_run(project.run("query", "SELECT * FROM lake.t"), 1)


def rows(data, sql, config=TYPED):
    with Project({"load.yml": config, "data.csv": data}) as project:
        check_run(project.run("load", "run", "load.yml"))
        return check_run(project.run("query", "--format", "csv", sql)).stdout.strip().split("\n")[1:]


@test
def a_missing_file_is_told():
    with Project({"load.yml": TYPED}) as project:
        done = check_run(project.run("load", "run", "load.yml"), 1)
        contains(done.stderr, "data.csv")
        contains(done.stderr, "path_prefix")


@test
def invalid_utf8_is_refused_with_its_place():
    refused(b"a,b\n1,ok\n2,\xff\xfe\n", "data.csv:3:3", "UTF-8", "charset")


@test
def a_line_of_100_mb_is_refused_not_swallowed():
    refused(b"a,b\n1," + b"x" * 100_000_000 + b"\n", "data.csv:2", "longer than")


@test
def nul_bytes_arrive_as_they_are():
    equal(rows(b"a,b\n1,x\0y\n", "SELECT length(b) FROM lake.t"), ["3"])


@test
def a_byte_order_mark_is_no_part_of_the_first_name():
    equal(rows(b"\xef\xbb\xbfa,b\n1,x\n", "SELECT a, b FROM lake.t", config=GUESSED), ["1,x"])


@test
def a_full_disk_is_told_and_leaves_nothing():
    if os.getuid() != 0:
        raise Skip("mounting needs root")
    data = "a,b\n" + "".join(f"{i},{i * 7919 % 1000003}{i}\n" for i in range(200000))
    with Project({"load.yml": TYPED, "data.csv": data}) as project:
        small = os.path.join(project.folder, "small")
        os.mkdir(small)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", small],
                          capture_output=True).returncode != 0:
            raise Skip("no file system can be mounted here")
        try:
            env = {"TEGARU_STATE": small}
            done = check_run(project.run("load", "run", "load.yml", env=env), 1)
            contains(done.stderr.lower(), "no space left")
            objects = os.path.join(small, "objects")
            left = [n for where, _, names in os.walk(objects) for n in names if n != "lock"]
            equal(left, [])
            check_run(project.run("query", "SELECT * FROM lake.t", env=env), 1)
        finally:
            subprocess.run(["umount", small], check=True)


@test
def an_unknown_option_is_told_with_a_likely_one():
    with Project({"load.yml": TYPED.replace("skip_header_lines: 1", "skip_header_lines: 1, delimeter: ';'"),
                  "data.csv": "a,b\n1,x\n"}) as project:
        done = check_run(project.run("load", "run", "load.yml"))
        contains(done.stderr, "delimeter")
        contains(done.stderr, "delimiter")


@test
def sql_mistakes_are_shown_with_their_place():
    with Project() as project:
        done = check_run(project.run("query", "SELECT a\nFROM (VALUES 1) t(b)"), 1)
        contains(done.stderr, "1:8")
        done = check_run(project.run("query", "SELEC 1"), 1)
        contains(done.stderr, "SELECT")


main()
