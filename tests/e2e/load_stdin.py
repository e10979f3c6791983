"""The stdin input: piped and redirected bytes, guessed, previewed, decoded."""
import gzip
import os
import pty
import subprocess

from support import TEGARU, Project, contains, equal, main, test

LOAD = "in: {type: stdin}\nexec: {min_output_tasks: 1}\nout: {type: stdout}\n"
CSV = b"id,name\n1,one\n2,two\n"


def load(project, data, *arguments, status=0, program=TEGARU):
    """Data through a pipe; what the load printed."""
    done = subprocess.run([program, *(arguments or ("load", "run", "load.yml"))], cwd=project.folder, input=data, capture_output=True, timeout=120)
    equal(done.returncode, status, done.stderr.decode())
    return done


@test
def a_pipe_is_guessed_and_loaded():
    with Project({"load.yml": LOAD}) as project:
        done = load(project, CSV)
        equal(done.stdout.decode().split("rows_read")[0], "1,one\n2,two\n")
        contains(done.stderr.decode(), "Guessed columns: id long, name string")


@test
def decoders_work_and_are_found():
    with Project({"load.yml": LOAD}) as project:
        contains(load(project, gzip.compress(CSV)).stdout.decode(), "1,one\n2,two\n")


@test
def a_redirected_file_is_read_from_where_it_stands():
    with Project({"load.yml": LOAD, "data.csv": b"skipped\n" + CSV}) as project:
        with open(os.path.join(project.folder, "data.csv"), "rb", buffering=0) as data:
            data.seek(8)
            done = subprocess.run([TEGARU, "load", "run", "load.yml"], cwd=project.folder, stdin=data, capture_output=True, text=True)
        contains(done.stdout, "1,one\n2,two\n")


@test
def more_than_is_kept_is_loaded_too():
    """40 MiB: the sample of the guess and 8 MiB that nobody keeps."""
    rows = 2_700_000
    data = b"id,name\n" + b"".join(b"%07d,abcdefg\n" % i for i in range(rows))
    assert len(data) > 40 * 1024 * 1024
    with Project({"load.yml": LOAD.replace("stdout", '"null"')}) as project:
        contains(load(project, data).stdout.decode(), f"rows_read: {rows}\n")


@test
def preview_reads_only_what_it_needs():
    """The writer goes on for ever: only a reader that stops lets it end."""
    config = LOAD.replace("{type: stdin}", "{type: stdin, parser: {type: csv, columns: [{name: id, type: long}]}}")
    with Project({"load.yml": config}) as project:
        done = subprocess.run(f"yes 7 | '{TEGARU}' load preview load.yml", shell=True, cwd=project.folder, capture_output=True, text=True, timeout=60)
        contains(done.stdout, "| id:long |")
        equal(done.returncode, 0)


@test
def embulk_reads_it_too():
    with Project({"load.yml": LOAD}) as project:
        os.symlink(TEGARU, os.path.join(project.folder, "embulk"))
        guessed = load(project, CSV, "guess", "load.yml", program=os.path.join(project.folder, "embulk"))
        contains(guessed.stdout.decode(), 'name: "id"')


@test
def a_terminal_is_refused():
    with Project({"load.yml": LOAD}) as project:
        ours, theirs = pty.openpty()
        done = subprocess.run([TEGARU, "load", "run", "load.yml"], cwd=project.folder, stdin=theirs, capture_output=True, text=True, timeout=60)
        os.close(ours), os.close(theirs)
        equal(done.returncode, 1)
        contains(done.stderr, "in (stdin): standard input is a terminal: pipe or redirect the data")


@test
def a_task_of_a_workflow_has_none():
    with Project({"load.yml": LOAD, "a.dig": "timezone: UTC\n+load:\n  load>: load.yml\n"}) as project:
        done = load(project, CSV, "run", "a.dig", status=1)
        contains((done.stdout + done.stderr).decode(), "a task of a workflow has no standard input")


@test
def nothing_at_all_is_told():
    with Project({"load.yml": LOAD}) as project:
        contains(load(project, b"", status=1).stderr.decode(), "there is nothing to guess from")


@test
def a_closed_descriptor_is_told():
    with Project({"load.yml": LOAD}) as project:
        done = subprocess.run(f"'{TEGARU}' load run load.yml <&-", shell=True, cwd=project.folder, capture_output=True, text=True, timeout=60)
        equal(done.returncode, 1)
        contains(done.stderr, "standard input")


@test
def what_must_be_read_twice_and_is_too_large_is_told():
    """A damaged Parquet file of 40 MiB: its schema stands at the end, and the guess took a sample before."""
    config = LOAD.replace("{type: stdin}", "{type: stdin, parser: {type: parquet}}")
    import pyarrow
    import pyarrow.parquet
    with Project({"load.yml": config}) as project:
        path = os.path.join(project.folder, "t.parquet")
        pyarrow.parquet.write_table(pyarrow.table({"a": [os.urandom(1000) for _ in range(40000)]}), path, compression="none")
        contains(load(project, open(path, "rb").read(), status=1).stderr.decode(), "standard input comes once")
        pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2]}), path)
        contains(load(project, open(path, "rb").read()).stdout.decode(), "1\n2\n")


main()
