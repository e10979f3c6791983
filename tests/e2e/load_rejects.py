"""Records that do not fit: kept in a reject file, limited by max_errors, loaded again after a fix."""
import csv
import io
import json

from support import Project, check_run, contains, equal, main, test

LOAD = """in:
  type: file
  path_prefix: data
  parser:
    type: csv
    skip_header_lines: 1
    columns:
    - {name: id, type: long}
    - {name: name, type: string}
exec: {EXEC}
out: {type: s3_parquet, catalog: {database: d, table: t}}
"""
CSV = 'id,name\n1,a\nx,"say ""hi"", you"\n3,c\n4\n5,e\n'


def load(project, exec_, status=0, *more):
    project.write("load.yml", LOAD.replace("EXEC", exec_))
    return check_run(project.run("load", "run", "load.yml", "--json", *more), status)


def rows(project):
    return check_run(project.run("query", "--format", "csv", "SELECT * FROM d.t ORDER BY 1")).stdout


def rejects(project, name="bad.csv"):
    return list(csv.DictReader(io.StringIO(project.read(name))))


@test
def an_exact_load_still_stops_at_the_first_without_options():
    with Project() as project:
        project.write("data.csv", CSV)
        contains(load(project, "", 1).stderr, "data.csv:3:1: column 'id' (long): 'x'")


@test
def rejected_records_go_to_the_file_with_place_reason_and_bytes():
    with Project() as project:
        project.write("data.csv", CSV)
        done = load(project, "reject_file: bad.csv")
        receipt = json.loads(done.stdout)
        equal((receipt["rows_read"], receipt["rows_rejected"]), (3, 2))
        assert receipt["reject_file"].endswith("bad.csv"), receipt
        found = rejects(project)
        equal([(r["file"], r["line"], r["column"], r["raw"]) for r in found],
              [("data.csv", "3", "id", 'x,"say ""hi"", you"'), ("data.csv", "5", "", "4")])
        contains(found[1]["reason"], "Too few columns")


@test
def a_corrected_reject_file_is_loaded_in_place_of_the_input():
    with Project() as project:
        project.write("data.csv", CSV)
        load(project, "reject_file: bad.csv")
        project.write("fixed.csv", project.read("bad.csv").replace('"x,', '"2,').replace('"4"', '"4,d"'))
        receipt = json.loads(load(project, "", 0, "--rejects", "fixed.csv").stdout)
        equal(receipt["rows_read"], 2)
        equal(rows(project), 'id,name\n2,"say ""hi"", you"\n4,d\n')


@test
def more_than_max_errors_publishes_nothing():
    with Project() as project:
        project.write("data.csv", CSV)
        done = load(project, "max_errors: 1, reject_file: bad.csv", 1)
        contains(done.stderr, "2 records do not fit, more than max_errors (1) allows")
        contains(done.stderr, "bad.csv")
        equal(len(rejects(project)), 2)
        contains(check_run(project.run("query", "SELECT * FROM d.t"), 1).stderr, "d.t")
        equal(json.loads(load(project, "max_errors: 2").stdout)["rows_rejected"], 2)


@test
def a_share_is_held_against_all_records():
    with Project() as project:
        project.write("data.csv", CSV)
        contains(load(project, "max_errors: 39%", 1).stderr, "more than max_errors (39% of 5) allows")
        load(project, "max_errors: 40%")


@test
def a_bad_limit_and_a_file_that_is_no_reject_file_are_told():
    with Project() as project:
        project.write("data.csv", CSV)
        contains(load(project, "max_errors: many", 1).stderr, "'max_errors' must be a number of records")
        contains(load(project, "max_errors: -1", 1).stderr, "'max_errors' must be a number of records")
        contains(load(project, "reject_file: no/such/folder/bad.csv", 1).stderr, "no/such/folder/bad.csv")
        contains(load(project, "", 1, "--rejects", "data.csv").stderr, "this is no reject file")


@test
def an_older_reject_file_does_not_stay():
    with Project() as project:
        project.write("data.csv", "id,name\n1,a\n")
        project.write("bad.csv", "old")
        assert "reject_file" not in json.loads(load(project, "reject_file: bad.csv").stdout)
        assert not project.exists("bad.csv")


@test
def json_records_are_kept_as_they_came():
    with Project() as project:
        project.write("data.json", '{"id": 1}\n{"id": {"a": 2}}\n[3]\n{"id": 4}\n')
        project.write("load.yml", """in: {type: file, path_prefix: data, parser: {type: json, columns: [{name: id, type: long}],
  stop_on_invalid_record: false}}
exec: {reject_file: bad.csv}
out: {type: stdout}
""")
        done = check_run(project.run("load", "run", "load.yml"))
        equal([r["raw"] for r in rejects(project)], ['{"id":{"a":2}}', "[3]"])
        contains(done.stdout, "rows_rejected: 2")


main()
