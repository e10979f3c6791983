"""s3_parquet with `operation_if_exists: merge`: rows with a key that comes again are replaced, in one switch, and files without such rows stay."""
import glob
import json
import os
import random
import signal
import sqlite3
import subprocess
import time

from support import TEGARU, Project, check_run, contains, equal, main, test

import pyarrow.parquet as pq  # support.py says where it is

LOAD = """in:
  type: file
  path_prefix: data
  parser: {type: csv, skip_header_lines: 1, null_string: 'NULL', columns: [COLUMNS]}
out: {type: s3_parquet, bucket: b, path_prefix: t/, MORE, catalog: {database: d, table: t, operation_if_exists: merge}}
"""
COLUMNS = {"id": "long", "day": "string", "v": "string"}


def load(project, rows, more="merge_keys: [id]", status=0, columns=COLUMNS, **options):
    if rows is not None:
        project.write("data.csv", ",".join(columns) + "\n" + "".join(",".join("NULL" if x is None else str(x) for x in row) + "\n" for row in rows))
    project.write("load.yml", LOAD.replace("COLUMNS", ", ".join(f"{{name: {n}, type: {t}}}" for n, t in columns.items())).replace("MORE", more))
    done = check_run(project.run("load", "run", "load.yml", "--json", **options), status)
    return json.loads(done.stdout)["merged"] if status == 0 else done.stderr


def table(project, columns="id, day, v"):
    return check_run(project.run("query", "--format", "csv", f"SELECT {columns} FROM d.t ORDER BY {columns}")).stdout.splitlines()[1:]


def newest(project):
    """The folder that the table shows."""
    shown = check_run(project.run("catalog", "show", "d.t")).stdout.split("s3://")[1].split()[0].strip("/")
    return f"{project.folder}/.tegaru/objects/{shown}"


def objects(project):
    """Names of the table's files and their inodes."""
    top = newest(project)
    return {os.path.relpath(path, top): os.stat(path).st_ino for path in glob.glob(f"{top}/**/*.parquet", recursive=True)}


@test
def rows_with_an_equal_key_are_replaced_by_the_newest():
    with Project() as project:
        equal(load(project, [(1, "a", "x"), (2, "a", "x"), (3, "a", "x"), (2, "b", "y")]), {"rows": 3, "replaced": 0, "files_rewritten": 0, "files_kept": 0})
        equal(table(project), ["1,a,x", "2,b,y", "3,a,x"])  # of one load the last wins
        equal(load(project, [(3, "c", "new"), (4, "c", "new"), (4, "c", "newer")]), {"rows": 2, "replaced": 1, "files_rewritten": 1, "files_kept": 0})
        equal(table(project), ["1,a,x", "2,b,y", "3,c,new", "4,c,newer"])
        equal(load(project, []), {"rows": 0, "replaced": 0, "files_rewritten": 0, "files_kept": 2})
        equal(load(project, [(9, "d", "z")]), {"rows": 1, "replaced": 0, "files_rewritten": 0, "files_kept": 2})
        equal(len(table(project)), 5)
        equal(load(project, [(i, "e", "all") for i in (1, 2, 3, 4, 9)])["replaced"], 5)
        equal(len(objects(project)), 1)  # files of which nothing stays are gone


@test
def null_is_a_key_like_any_other():
    with Project() as project:
        keys = "merge_keys: [id, day]"
        load(project, [(None, "a", "1"), (None, None, "2"), (1, None, "3"), (None, "a", "4")], keys)
        equal(sorted(table(project)), sorted([",a,4", ",,2", "1,,3"]))
        equal(load(project, [(None, None, "new"), (1, None, "new"), (1, "a", "new")], keys)["replaced"], 2)
        equal(sorted(table(project)), sorted([",a,4", ",,new", "1,,new", "1,a,new"]))


@test
def only_files_with_replaced_rows_are_written_anew():
    with Project() as project:
        more = "partition_by: [day], merge_keys: [id]"
        load(project, [(i, f"d{i % 4}", "old") for i in range(40)], more)
        before = objects(project)
        equal(load(project, [(1, "d1", "new"), (5, "d1", "new"), (100, "d9", "new")], more), {"rows": 3, "replaced": 2, "files_rewritten": 1, "files_kept": 3})
        after = objects(project)
        same = {name.split("/")[0] for name, inode in after.items() if inode in before.values()}
        equal(same, {"day=d0", "day=d2", "day=d3"})  # hard links: not a byte was written
        equal(len(table(project)), 41)
        equal(load(project, [(2, "d3", "moved"), (3, None, "nowhere")], more)["replaced"], 2)
        equal(check_run(project.run("query", "--format", "csv", "SELECT day, v FROM d.t WHERE id IN (2, 3) ORDER BY id")).stdout.splitlines()[1:], ["d3,moved", ",nowhere"])
        equal(load(project, [(3, "d3", "back")], more)["replaced"], 1)  # the partition without a value is looked into, too
        equal(len(table(project)), 41)
        # a key that has the partition in it tells rows of two partitions apart
        more = "partition_by: [day], merge_keys: [id, day]"
        equal(load(project, [(3, "d0", "other"), (3, "d3", "again"), (7, None, "n"), (7, None, "m")], more)["replaced"], 1)
        equal(load(project, [(7, None, "o")], more)["replaced"], 1)
        equal(check_run(project.run("query", "--format", "csv", "SELECT day, v FROM d.t WHERE id IN (3, 7) ORDER BY v")).stdout.splitlines()[1:], ["d3,again", ",o", "d3,old", "d0,other"])


@test
def many_merges_by_chance_give_what_a_dictionary_gives():
    seed = int(os.environ.get("SEED", "5"))
    chance = random.Random(seed)
    for more, key in [("merge_keys: [id]", lambda r: r[0]), ("partition_by: [day], merge_keys: [id]", lambda r: r[0]), ("partition_by: [day], merge_keys: [day, id], sort_by: [v]", lambda r: r[:2]),
                      ("merge_keys: [id], target_file_size: 64KiB, sort_by: [id]", lambda r: r[0])]:
        wanted = {}
        with Project() as project:
            for turn in range(6):
                rows = [(chance.choice([None, *range(60)]), chance.choice([None, "a", "b/=é", "c"]), f"{turn}.{i}") for i in range(chance.choice((1, 20, 200)))]
                replaced = len({key(r) for r in rows} & set(wanted))
                done = load(project, rows, more)
                wanted.update({key(r): r for r in rows})
                equal((done["replaced"], done["rows"]), (replaced, len({key(r) for r in rows})), f"seed {seed}: {more}")
                got = sorted(table(project))
                equal(got, sorted(",".join("" if x is None else str(x) for x in r) for r in wanted.values()), f"seed {seed}: {more}")


@test
def columns_may_be_added_but_not_changed():
    with Project() as project:
        load(project, [(1, "a", "x"), (2, "a", "x")])
        more = {**COLUMNS, "extra": "long"}
        load(project, [(2, "b", "y", 5), (3, "b", "y", 6)], columns=more)
        equal(table(project, "id, v, extra"), ["1,x,", "2,y,5", "3,y,6"])
        load(project, [(1, "b", "z", 7)], columns=more)
        equal(table(project, "id, v, extra"), ["1,z,7", "2,y,5", "3,y,6"])
        contains(load(project, [("x", "a", "y", 1)], "merge_keys: [day]", 1, {**more, "id": "string"}), "column 'id' of d.t is bigint, but the load gives string")
        contains(load(project, [(1, "a")], status=1, columns={"id": "long", "day": "string"}), "column 'v' of d.t is string, but the load does not have it")
        contains(load(project, [(1, "a", "v", 1, 2)], "merge_keys: [fresh]", 1, {**more, "fresh": "long"}), "merge_keys: 'fresh' is no column of d.t")
        contains(load(project, [(1, "a", "v", 1)], "merge_keys: [id], schema_change: fail", 1, {**COLUMNS, "other": "long"}), "column")
        contains(load(project, [(1, "a", "v", 1)], "partition_by: [day], merge_keys: [id]", 1, more), "other partition keys")
        equal(table(project, "id, v, extra"), ["1,z,7", "2,y,5", "3,y,6"])


@test
def a_key_that_old_files_lack_is_null_in_them():
    with Project() as project:
        load(project, [(1, "a", "x")])
        more = {**COLUMNS, "k": "long"}
        load(project, [(2, "a", "x", 5)], columns=more)
        equal(load(project, [(3, "a", "y", None)], "merge_keys: [k]", columns=more)["replaced"], 1)
        equal(table(project, "id, v, k"), ["2,x,5", "3,y,"])


@test
def exact_values_stay_exact():
    with Project() as project:
        columns = {"id": "'decimal(38,10)'", "t": "timestamp", "d": "date", "f": "double", "b": "boolean"}
        rows = [("9" * 28 + ".0000000001", "2024-02-29 23:59:59.999999 +0000", "0001-01-01", "1e308", "true"), ("-0.0000000001", "1677-01-01 00:00:00.0 +0000", "9999-12-31", "-0.1", "false")]
        schema = {n: t + ", format: '%Y-%m-%d'" if t == "date" else t for n, t in columns.items()}
        load(project, rows, columns=schema)
        before = sorted(str(r) for path in glob.glob(newest(project) + "/*.parquet") for r in pq.read_table(path).to_pylist())
        load(project, [("5", *rows[0][1:])], columns=schema)
        load(project, [("5", *rows[1][1:])], columns=schema)
        after = sorted(str(r) for path in glob.glob(newest(project) + "/*.parquet") for r in pq.read_table(path).to_pylist())
        equal([row for row in after if row in before], before)
        equal(len(after), 3)


@test
def a_merge_goes_on_with_an_overlap_and_takes_changed_rows():
    with Project() as project:
        base = sqlite3.connect(project.folder + "/s.db")
        base.execute("CREATE TABLE s (id INTEGER PRIMARY KEY, at INTEGER, v TEXT)")
        base.executemany("INSERT INTO s VALUES (?, ?, ?)", [(i, i, "old") for i in range(1, 101)])
        base.commit()
        project.write("load.yml", "in: {type: sqlite, database: s.db, table: s, incremental: true, incremental_columns: [at], incremental_overlap: 10, incremental_key: [id]}\n"
                      "out: {type: s3_parquet, merge_keys: [id], catalog: {database: d, table: t, operation_if_exists: merge}}\n")

        def run():
            return json.loads(check_run(project.run("load", "run", "load.yml", "--json")).stdout)
        equal(run()["merged"]["rows"], 100)
        base.execute("UPDATE s SET v = 'changed', at = 101 WHERE id IN (5, 99)")
        base.execute("INSERT INTO s VALUES (200, 95, 'late'), (201, 102, 'new')")
        base.commit()
        done = run()
        equal(done["merged"]["replaced"], 2)
        equal(check_run(project.run("query", "--format", "csv", "SELECT count(*), count(DISTINCT id), sum(at) FROM d.t")).stdout.splitlines()[1:],
              [f"102,102,{sum(row[0] for row in base.execute('SELECT at FROM s'))}"])
        equal(run()["rows_written"], 0)


@test
def a_merge_can_be_rolled_back():
    with Project() as project:
        load(project, [(1, "a", "x"), (2, "a", "x")])
        load(project, [(2, "b", "y")])
        check_run(project.run("catalog", "rollback", "d.t"))
        equal(table(project), ["1,a,x", "2,a,x"])
        load(project, [(1, "c", "z")])
        equal(table(project), ["1,c,z", "2,a,x"])


def run_all(project, names):
    """Loads at a time; all of them must succeed."""
    runs = [subprocess.Popen([TEGARU, "load", "run", f"{name}.yml"], cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for name in names]
    said = [run.communicate()[1] for run in runs]
    equal([run.returncode for run in runs], [0] * len(runs), said)
    return "".join(said)


@test
def loads_at_a_time_lose_no_rows():
    for operation in ("merge", "append"):
        with Project() as project:
            load(project, [(0, "a", "x")])
            text = project.read("load.yml").replace("operation_if_exists: merge", f"operation_if_exists: {operation}")
            text = text if operation == "merge" else text.replace("merge_keys: [id], ", "")
            for turn in range(1, 11):  # until two of them meet
                for n in range(4):
                    project.write(f"part{n}.csv", "id,day,v\n" + "".join(f"{turn * 100000 + i},{n},{n}\n" for i in range(n, 40000, 4)))
                    project.write(f"load{n}.yml", text.replace("path_prefix: data", f"path_prefix: part{n}.csv"))
                said = run_all(project, [f"load{n}" for n in range(4)])
                rows = turn * 40000 + 1
                equal(check_run(project.run("query", "--format", "csv", "SELECT count(*), count(DISTINCT id) FROM d.t")).stdout.splitlines()[1:], [f"{rows},{rows}"])
                if "was published to by somebody else in the meantime" in said:
                    break
            contains(said, "building on what the table is now")
            check_run(project.run("catalog", "gc", "--grace", "0"))
            equal(len(glob.glob(project.folder + "/.tegaru/objects/b/t.tegaru/*")), 1)


@test
def loads_of_one_source_at_a_time_do_not_read_it_twice():
    with Project() as project:
        load(project, [(0, "a", "x")])  # makes the catalog
        base = sqlite3.connect(project.folder + "/s.db")
        base.execute("CREATE TABLE s (id INTEGER PRIMARY KEY, v TEXT)")
        base.executemany("INSERT INTO s VALUES (?, ?)", [(i, "x" * 50) for i in range(1, 200001)])
        base.commit()
        project.write("load.yml", "in: {type: sqlite, database: s.db, table: s, incremental: true, incremental_columns: [id]}\n"
                      "out: {type: s3_parquet, catalog: {database: d, table: u, operation_if_exists: append}}\n")
        runs = [subprocess.Popen([TEGARU, "load", "run", "load.yml"], cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(3)]
        said = [run.communicate()[1] for run in runs]
        assert any(run.returncode == 0 for run in runs), said
        for run, said in zip(runs, said):
            if run.returncode:
                contains(said, "another load published rows of the same source in the meantime; nothing was published, run again")
        equal(check_run(project.run("query", "--format", "csv", "SELECT count(*), count(DISTINCT id) FROM d.u")).stdout.splitlines()[1:], ["200000,200000"])


@test
def a_kill_in_mid_merge_leaves_the_old_table():
    kills, chance = int(os.environ.get("KILLS", "12")), random.Random(3)
    with Project() as project:
        more = "partition_by: [day], merge_keys: [id]"

        def rows(k):
            return [(i, f"d{i % 3}", f"{k}") for i in range(k % 7, 60000 + k)]
        started = time.monotonic()
        load(project, rows(0), more)
        whole_s = time.monotonic() - started
        state = {i: 0 for i in range(60000)}

        def sees():
            return check_run(project.run("query", "--format", "csv", "SELECT count(*), count(DISTINCT id), sum(CAST(v AS bigint)) FROM d.t")).stdout.splitlines()[1]

        def sums(of):
            return f"{len(of)},{len(of)},{sum(of.values())}"
        equal(sees(), sums(state))
        killed = 0
        for k in range(1, kills + 1):
            project.write("data.csv", "id,day,v\n" + "".join(f"{i},{d},{v}\n" for i, d, v in rows(k)))
            run = subprocess.Popen([TEGARU, "load", "run", "load.yml"], cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(chance.uniform(0.01, whole_s * 1.5))
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
                killed += 1
            then = {**state, **{i: k for i, _, _ in rows(k)}}
            now = sees()
            assert now in (sums(state), sums(then)), f"kill {k}: {now}"
            state = then if now == sums(then) else state
        check_run(project.run("catalog", "gc", "--grace", "0"))
        left = glob.glob(project.folder + "/.tegaru/objects/b/t.tegaru/**/*.*", recursive=True)
        equal([path for path in left if not path.startswith(newest(project))], [])
        equal([p for p in glob.glob(project.folder + "/.tegaru/objects/.drafts/*/*")], [])
        equal(sees(), sums(state))
        assert killed > 0


@test
def mistakes_are_told():
    with Project() as project:
        contains(load(project, [], "sort_by: [id]", 1), "'operation_if_exists: merge' needs 'merge_keys'")
        contains(load(project, [], "merge_keys: [none]", 1), "merge_keys: there is no column 'none'")
        contains(load(project, [], "merge_keys: [id], publish: direct", 1), "a merge needs 'publish: atomic'")
        contains(load(project, [], "merge_keys: [id]", 1, {"id": "long", "Filename": "string"}), "a merge uses the name 'filename' itself")
        project.write("append.yml", project.read("load.yml").replace("operation_if_exists: merge", "operation_if_exists: append"))
        contains(check_run(project.run("load", "run", "append.yml"), 1).stderr, "'merge_keys' need 'catalog' with 'operation_if_exists: merge'")
        project.write("main.dig", "+t:\n  athena.query>: CREATE EXTERNAL TABLE IF NOT EXISTS d.t (id bigint, day string, v string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://b/t/'\n  database: default\n")
        load(project, [(1, "a", "x")], "merge_keys: [id]")  # makes the database
        project.write("main.dig", "+a:\n  athena.query>: DROP TABLE d.t\n  database: d\n" + project.read("main.dig"))
        check_run(project.run("run", "main.dig"))
        contains(load(project, [(1, "a", "x")], "merge_keys: [id]", 1), "d.t is no Parquet table, so nothing can be merged into it")


main()
