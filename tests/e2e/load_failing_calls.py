"""Calls of the system that fail, one after the other: reading, writing, syncing, renaming, opening, memory. A load
that meets one ends with a message and changes nothing, or does not mind and is whole. FAULTS sets how many calls of
a kind fail in turn for each load (default 6, spread over all of them; `make check-long` lets 150 fail)."""
import gzip
import os

from support import SOURCE, TEGARU, Project, Skip, check_run, equal, main, test

FAULTS = int(os.environ.get("FAULTS", "6"))
LIBRARY = os.environ.get("TG_FAIL_NTH", os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(TEGARU))), "tests/support/libfail_nth.so"))
CALLS = ("read", "write", "sync", "rename", "open", "create")
ROWS = 30000
COLUMNS = "columns: [{name: k, type: long}, {name: n, type: long}, {name: t, type: string}]"
SOURCES = {
    "csv": ("numbers.csv", "{type: csv, skip_header_lines: 1, %s}" % COLUMNS, ""),
    "csv.gz": ("numbers.csv.gz", "{type: csv, skip_header_lines: 1, %s}" % COLUMNS, "decoders: [{type: gzip}], "),
    "jsonl": ("numbers.jsonl", "{type: jsonl, %s}" % COLUMNS, ""),
    "parquet": ("numbers.parquet", "{type: parquet}", ""),
}
TABLE = "{type: s3_parquet, bucket: lake, path_prefix: numbers/, catalog: {database: lake, table: numbers}}"
MERGED = TABLE.replace("}}", ", operation_if_exists: merge}, merge_keys: [n]}")
SORTED = TABLE.replace("path_prefix", "sort_by: [n], partition_by: [k], path_prefix")


def write_source(project, kind, k):
    lines = [(k, n, f"text {n * 7919 % 1000}") for n in range(ROWS)]
    if kind == "jsonl":
        project.write("numbers.jsonl", "".join(f'{{"k": {a}, "n": {b}, "t": "{c}"}}\n' for a, b, c in lines))
    elif kind == "parquet":
        import pyarrow
        import pyarrow.parquet
        pyarrow.parquet.write_table(pyarrow.table({"k": [a for a, _, _ in lines], "n": [b for _, b, _ in lines], "t": [c for _, _, c in lines]}),
                                    os.path.join(project.folder, "numbers.parquet"))
    else:
        text = ("k,n,t\n" + "".join(f"{a},{b},{c}\n" for a, b, c in lines)).encode()
        project.write(f"numbers.{kind}", gzip.compress(text) if kind == "csv.gz" else text)


def write_config(project, kind, out):
    name, parser, decoders = SOURCES[kind]
    project.write("load.yml", f"in: {{type: file, path_prefix: {name}, {decoders}parser: {parser}}}\nout: {out}\n")


class Loads:
    """Loads of one config into one table, each with other values, of which some calls fail."""

    def __init__(self, project, kind, out):
        self.project, self.kind, self.k, self.shown = project, kind, 0, None
        write_config(project, kind, out)
        self.load()

    def next_source(self):
        self.k += 1
        write_source(self.project, self.kind, self.k)

    def load(self):
        self.next_source()
        check_run(self.project.run("load", "run", "load.yml"))
        self.shown = self.sees()
        equal(self.shown, state(self.k), self.kind)

    def sees(self):
        done = check_run(self.project.run("query", "--format", "csv", "SELECT count(*), sum(k), sum(n) FROM lake.numbers"))
        return done.stdout.strip().split("\n")[-1].replace('"', "")

    def run(self, call, number):
        env = {"LD_PRELOAD": LIBRARY, "TG_FAIL_CALL": call, "TG_FAIL_AT": str(number), "TG_FAIL_TOLD": os.path.join(self.project.folder, "told")}
        self.next_source()
        return self.project.run("load", "run", "--threads", "2", "load.yml", env=env)

    def count(self, call):
        check_run(self.run(call, 0))
        self.shown = self.sees()
        return int(self.project.read("told"))

    def check(self, call, number):
        """A load that fails has changed nothing, one that does not is whole. Whether it failed."""
        done = self.run(call, number)
        what = f"{self.kind}: {call} {number}, exit status {done.returncode}\n{done.stderr}"
        now = self.sees()
        if done.returncode == 0:
            equal(now, state(self.k), what)
        elif call == "malloc":  # the program may end at any point, as by kill -9
            assert now in (self.shown, state(self.k)), f"{what}: shows {now}"
        else:
            equal(now, self.shown, what)
            assert done.returncode == 1 and len(done.stderr.strip()) > 20, what
        self.shown = now
        return done.returncode != 0


def state(k):
    return f"{ROWS},{k * ROWS},{ROWS * (ROWS - 1) // 2}"


def spread(total):
    """FAULTS numbers over 1 to total."""
    return sorted({1 + (total - 1) * i // max(1, FAULTS - 1) for i in range(FAULTS)})


def bytes_of_drafts(project):
    drafts = os.path.join(project.folder, ".tegaru/objects/.drafts")
    return sum(os.path.getsize(os.path.join(where, name)) for where, _, names in os.walk(drafts) for name in names if name != "lock")


def try_calls(kind, out, calls):
    if not os.path.exists(LIBRARY):
        raise Skip(f"there is no {LIBRARY}")
    with Project() as project:
        loads = Loads(project, kind, out)
        for call in calls:
            total = loads.count(call)
            assert total > 0, f"{kind}: a load makes no {call}"
            failed = sum([loads.check(call, n) for n in spread(total)])
            print(f"# {kind}: {failed} loads failed by a {call}, of which there are {total}", flush=True)
        loads.load()
        check_run(project.run("catalog", "gc", "--grace", "0"))
        equal(bytes_of_drafts(project), 0, kind)
        equal(loads.sees(), state(loads.k), kind)


@test
def a_call_that_fails_while_csv_is_loaded_changes_nothing():
    try_calls("csv", TABLE, CALLS)


@test
def a_call_that_fails_while_compressed_csv_is_sorted_into_partitions_changes_nothing():
    try_calls("csv.gz", SORTED, CALLS)


@test
def a_call_that_fails_while_json_lines_are_loaded_changes_nothing():
    try_calls("jsonl", TABLE, CALLS)


@test
def a_call_that_fails_while_parquet_is_loaded_changes_nothing():
    try_calls("parquet", TABLE, CALLS)


@test
def a_call_that_fails_while_rows_are_merged_changes_nothing():
    try_calls("csv", MERGED, CALLS)


@test
def memory_that_runs_out_leaves_the_old_or_the_new_table():
    for kind in SOURCES:
        try_calls(kind, TABLE, ("malloc",))
    try_calls("csv", MERGED, ("malloc",))


@test
def a_file_that_cannot_be_written_is_told():
    if not os.path.exists(LIBRARY):
        raise Skip(f"there is no {LIBRARY}")
    with Project() as project:
        write_source(project, "csv", 1)
        write_config(project, "csv", "{type: file, path_prefix: out/t, file_ext: csv.gz, formatter: {type: csv}, encoders: [{type: gzip}]}")
        told = os.path.join(project.folder, "told")
        check_run(project.run("load", "run", "load.yml", env={"LD_PRELOAD": LIBRARY, "TG_FAIL_CALL": "write", "TG_FAIL_TOLD": told}))
        total = int(project.read("told"))
        for number in spread(total):
            done = project.run("load", "run", "load.yml", env={"LD_PRELOAD": LIBRARY, "TG_FAIL_CALL": "write", "TG_FAIL_AT": str(number)})
            check_run(done, 1)
            assert "space" in done.stderr, done.stderr


main()
