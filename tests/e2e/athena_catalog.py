"""The catalog operators of Athena over the local catalog (spec athena.md 1.6)."""
import json
import os
import shutil

from support import Project, check_run, contains, equal, main, test

SETUP = """
+a:
  athena.query>: CREATE DATABASE lake COMMENT 'the lake'
+b:
  athena.ctas>: SELECT 1 AS id, 'x' AS name
  database: lake
  table: one
+c:
  athena.query>: CREATE EXTERNAL TABLE lake.days (n bigint) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://lake/days/'
+d:
  athena.apas>: SELECT CAST(7 AS bigint) AS n
  database: lake
  table: days
  partition_kv: {day: "2024-01-01"}
"""


def project():
    made = Project({"setup.dig": SETUP})
    check_run(made.run("run", "setup.dig", "-q"))
    return made


def run(made, dig, status=0):
    made.write("main.dig", dig)
    return check_run(made.run("run", "main.dig", "--rerun", "-q"), status)


def sql(made, text):
    return check_run(made.run("query", "--format", "csv", text)).stdout


def stored(made, dig, what):
    """What an operator stores, as the next task sees it."""
    run(made, dig + "+told:\n  sh>: echo '${" + what + "}' > told.txt\n")
    return made.read("told.txt").strip()


def exists(made, kind, options):
    dig = f"+ask:\n  athena.{kind}_exists?>:\n  database: lake\n  {options}\n"
    return json.loads(stored(made, dig, f"JSON.stringify(athena.last_{kind}_exists)"))


@test
def exists_operators_store_what_there_is():
    with project() as made:
        equal(exists(made, "table", "table: one"), {"table_exists": True})
        equal(exists(made, "table", "table: one\n  with_location: true"), {"table_exists": True, "location_exists": True})
        equal(exists(made, "table", "table: days2\n  with_location: true"), {"table_exists": False, "location_exists": False})
        equal(exists(made, "partition", "table: days\n  partition_kv: {day: '2024-01-01'}"), {"partition_exists": True})
        equal(exists(made, "partition", "table: days\n  partition_kv: {day: '2024-01-02'}\n  with_location: true"),
              {"partition_exists": False, "location_exists": False})
        # an answer replaces the one before it, location_exists too
        equal(exists(made, "partition", "table: days\n  partition_kv: {day: '2024-01-01'}"), {"partition_exists": True})


@test
def exists_operators_fail_when_asked_to():
    with project() as made:
        for options, message in [("athena.table_exists?>:\n  table: nix", "The table lake.nix does not exist."),
                                 ("athena.partition_exists?>:\n  table: days\n  partition_kv: {day: x}", "The partition day=x/ of lake.days does not exist.")]:
            done = run(made, f"+ask:\n  {options}\n  database: lake\n  error_if_not_exist: true\n", 1)
            contains(done.stderr, message)
        for options, message in [("table: one\n  partition_kv: {day: x}", "table lake.one is not partitioned."),
                                 ("table: days\n  partition_kv: {hour: x}", "day"),
                                 ("table: nix\n  partition_kv: {day: x}", "nix")]:
            contains(run(made, f"+ask:\n  athena.partition_exists?>:\n  database: lake\n  {options}\n", 1).stderr, message)


@test
def a_catalog_that_cannot_be_read_is_not_a_no():
    with project() as made:
        made.write(".tegaru/catalog.sqlite", "this is no database, " * 100)
        for name in ("catalog.sqlite-wal", "catalog.sqlite-shm"):
            if made.exists(f".tegaru/{name}"):
                os.remove(os.path.join(made.folder, ".tegaru", name))
        contains(run(made, "+ask:\n  athena.table_exists?>:\n  database: lake\n  table: one\n", 1).stderr, "catalog")


@test
def drop_partition_takes_it_out_and_its_objects_when_asked():
    with project() as made:
        drop = "+drop:\n  athena.drop_partition>:\n  database: lake\n  table: days\n  partition_kv: {day: '2024-01-01'}\n"
        objects = lambda: [name for _, _, names in os.walk(made.folder + "/.tegaru/objects/lake/days.tegaru") for name in names if name.endswith(".parquet")]
        before = exists(made, "partition", "table: days\n  partition_kv: {day: '2024-01-01'}\n  with_location: true")
        equal(before, {"partition_exists": True, "location_exists": True})
        run(made, drop + "  with_location: true\n")
        contains(sql(made, "SELECT count(*) FROM lake.days"), "0")
        run(made, drop)  # ignore_if_not_exist is the default
        contains(run(made, drop + "  ignore_if_not_exist: false\n", 1).stderr, "The partition day=2024-01-01/ of lake.days does not exist.")
        equal(objects(), [])


@test
def add_partition_registers_what_lies_there():
    add = "+add:\n  athena.add_partition>:\n  database: lake\n  table: days\n  partition_kv: {day: '2024-02-02'}\n"
    with project() as made:
        objects = os.path.join(made.folder, ".tegaru/objects/lake")
        ready = next(os.path.join(where, name) for where, _, names in os.walk(objects) for name in names if "day=" in where)
        count = lambda: sql(made, "SELECT count(*) FROM lake.days").split("\n")[1].strip('"')
        run(made, add)  # no objects there: no partition
        equal(exists(made, "partition", "table: days\n  partition_kv: {day: '2024-02-02'}"), {"partition_exists": False})
        place = os.path.join(objects, "ready/x")
        os.makedirs(place)
        shutil.copy(ready, place + "/part.parquet")
        run(made, add + "  location: s3://lake/ready/x\n")
        equal(count(), "2")
        contains(run(made, add + "  location: s3://lake/ready/x\n  save_mode: error_if_exists\n", 1).stderr, "The partition day=2024-02-02/ already exists.")
        run(made, add + "  location: s3://lake/nothing\n  save_mode: skip_if_exists\n")
        equal(count(), "2")
        run(made, add + "  location: s3://lake/nothing\n")  # it follows its location, which is empty
        equal(count(), "1")
        contains(run(made, add + "  save_mode: maybe\n", 1).stderr, "save_mode: 'maybe' is none of overwrite")


@test
def drop_table_multi_drops_what_matches_and_spares_what_is_young():
    with project() as made:
        for name in ("tmp_a", "tmp_b", "tmpx", "keep"):
            sql(made, f"CREATE TABLE lake.{name} AS SELECT 1 AS a")
        tables = lambda: sorted(line.strip('"') for line in sql(made, "SHOW TABLES IN lake").split("\n")[1:] if line)
        drop = "+drop:\n  athena.drop_table_multi>:\n  database: lake\n  regexp: tmp_.*\n"
        run(made, drop + "  protect: {created_within: 1h}\n")
        equal(tables(), ["days", "keep", "one", "tmp_a", "tmp_b", "tmpx"])
        run(made, drop + "  limit: 1\n")
        equal(tables(), ["days", "keep", "one", "tmp_b", "tmpx"])
        run(made, drop + "  with_location: true\n  protect: {updated_within: 0s}\n")
        equal(tables(), ["days", "keep", "one", "tmpx"])
        contains(run(made, drop.replace("tmp_.*", "'('"), 1).stderr, "regexp: '(' is no regular expression")
        contains(run(made, drop + "  limit: 0\n", 1).stderr, "limit: '0'")
        contains(run(made, drop + "  protect: {created_within: soon}\n", 1).stderr, "protect: ")


@test
def each_database_runs_its_tasks_for_every_one():
    with project() as made:
        sql(made, "CREATE DATABASE zoo")
        run(made, "+each:\n  athena.each_database>:\n  parallel_slice: 2\n  _do:\n    +say:\n"
                  "      sh>: echo ${athena.each_database.export.name} ${athena.each_database.name} [${athena.each_database.export.description}] >> told.txt\n")
        told = sorted(made.read("told.txt").splitlines())
        contains("\n".join(told), "lake lake [the lake]")
        contains("\n".join(told), "zoo zoo []")
        contains(run(made, "+each:\n  athena.each_database>:\n  parallel_slice: 0\n  _do: {+a: {echo>: x}}\n", 1).stderr, "parallel_slice: '0'")


@test
def diff_schema_names_the_columns_of_one_side_alone():
    with project() as made:
        sql(made, "CREATE TABLE lake.two AS SELECT 'x' AS name, CAST(1 AS bigint) AS id")
        diff = "+diff:\n  athena.diff_schema_internal>:\n  database: lake\n  original: one\n  comparison: two\n"
        contains(run(made, diff, 1).stderr, "Columns[id int] are found in one but not found in two. Columns[id bigint] are found in two but not found in one.")
        run(made, diff + "  error_if_diff_found: false\n")
        sql(made, "CREATE TABLE lake.three AS SELECT 'x' AS name, 1 AS id")  # another order
        run(made, diff.replace("two", "three"))


@test
def options_stand_below_athena_too():
    with project() as made:
        run(made, "_export:\n  athena:\n    database: lake\n    table_exists?: {table: nix, error_if_not_exist: true}\n"
                  "+ask:\n  athena.table_exists?>:\n", 1)
        run(made, "_export:\n  athena:\n    database: lake\n    table_exists?: {table: one, error_if_not_exist: true}\n"
                  "+ask:\n  athena.table_exists?>:\n")


main()
