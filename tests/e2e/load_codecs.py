"""Decoders and encoders against the programs that made the formats."""
import os
import subprocess
import zipfile

from support import Project, Skip, check_run, contains, equal, main, test

ROWS = "".join(f"{i},{'x' * (i % 40)}\n" for i in range(50000))
COLUMNS = "columns: [{name: id, type: long}, {name: t, type: string}]"


def pack(project, name, command):
    try:
        done = subprocess.run(command, cwd=project.folder, input=ROWS.encode(), capture_output=True)
    except FileNotFoundError:
        raise Skip(f"{command[0]} is not installed") from None
    assert done.returncode == 0, done.stderr
    project.write(name, done.stdout)


def load(project, decoder, prefix="data", status=0, guess=False):
    parser = "" if guess else f", decoders: [{{type: {decoder}}}], parser: {{type: csv, {COLUMNS}}}"
    project.write("load.yml", f"in: {{type: file, path_prefix: {prefix}{parser}}}\nexec: {{min_output_tasks: 1, max_threads: 1}}\n"
                  "out: {type: file, path_prefix: out, file_ext: .csv, formatter: {type: csv, header_line: false, newline: LF}}\n")
    return check_run(project.run("load", "run", "load.yml"), status)


@test
def zstd_and_lz4_files_are_read_also_of_several_frames():
    for name, command in (("zst", ["zstd", "-q"]), ("lz4", ["lz4", "-q"])):
        with Project() as project:
            pack(project, "one." + name, command)
            one = open(os.path.join(project.folder, "one." + name), "rb").read()
            project.write("data." + name, one)
            load(project, "zstd" if name == "zst" else name)
            equal(project.read("out000.00..csv"), ROWS)
            project.write("data." + name, one + one)
            load(project, "zstd" if name == "zst" else name)
            equal(project.read("out000.00..csv"), ROWS * 2)


@test
def damaged_and_cut_files_are_told():
    for name, command in (("zstd", ["zstd", "-q"]), ("lz4", ["lz4", "-q"])):
        with Project() as project:
            pack(project, "whole", command)
            whole = open(os.path.join(project.folder, "whole"), "rb").read()
            project.write("data", whole[:len(whole) // 2])
            contains(load(project, name, status=1).stderr, "end too early")
            project.write("data", b"no such thing at all")
            contains(load(project, name, status=1).stderr, f"is it {name}?")
            project.write("data", whole[:100] + b"\xff" * 50 + whole[150:])
            load(project, name, status=1)


@test
def each_entry_of_a_zip_is_a_file_of_its_own():
    with Project() as project:
        with zipfile.ZipFile(os.path.join(project.folder, "data.zip"), "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("a.csv", "id,t\n1,x\n")
            out.writestr("folder/", "")
            out.writestr("folder/b.csv", "id,t\n2,y\n")
        project.write("load.yml", "in: {type: file, path_prefix: data, decoders: [{type: zip}], parser: {type: csv, skip_header_lines: 1, "
                      + COLUMNS + "}}\nout: {type: stdout}\n")
        equal(check_run(project.run("load", "run", "load.yml")).stdout.splitlines()[:2], ["1,x", "2,y"])
        with zipfile.ZipFile(os.path.join(project.folder, "data.zip"), "w") as out:
            out.writestr("a.csv", "id,t\n1,x\nno number,y\n")
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "data.zip:a.csv:3:1")
        project.write("data.zip", "PK\x03\x04 but no more")
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "is it zip?")


@test
def the_zstd_encoder_writes_what_zstd_reads():
    with Project() as project:
        project.write("data.csv", ROWS)
        project.write("load.yml", f"in: {{type: file, path_prefix: data, parser: {{type: csv, {COLUMNS}}}}}\nexec: {{min_output_tasks: 1, max_threads: 1}}\n"
                      "out: {type: file, path_prefix: out, file_ext: csv.zst, encoders: [{type: zstd, level: 5}], formatter: {type: csv, header_line: false, newline: LF}}\n")
        check_run(project.run("load", "run", "load.yml"))
        try:
            done = subprocess.run(["zstd", "-dc", "out000.00.csv.zst"], cwd=project.folder, capture_output=True)
        except FileNotFoundError:
            raise Skip("zstd is not installed") from None
        equal(done.stdout.decode(), ROWS)
        project.write("load.yml", project.read("load.yml").replace("level: 5", "level: 50"))
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "'level' must be 1 to 22")


@test
def packed_files_are_guessed():
    for name, command in (("zst", ["zstd", "-q"]), ("lz4", ["lz4", "-q"])):
        with Project() as project:
            pack(project, "data." + name, command)
            load(project, "", guess=True)
            equal(project.read("out000.00..csv").count("\n"), 50000)


main()
