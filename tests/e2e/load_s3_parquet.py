"""The output s3_parquet: partitions, sizes, order, changes of the schema, appends, and a real S3 protocol."""
import glob
import io
import json
import os

from s3_server import KEY_ID, S3, SECRET
from support import Project, check_run, contains, equal, main, test

import pyarrow.parquet as pq  # support.py says where it is

LOAD = """in:
  type: file
  path_prefix: data
  parser:
    type: csv
    skip_header_lines: 1
    columns:
COLUMNS
out: {type: s3_parquet, OUT}
"""
COLUMNS = {"id": "long", "day": "string", "name": "string"}
CSV = "id,day,name\n3,2024-01-02,c\n1,2024-01-01,a\n2,2024-01-01,b\n4,,d\n5,x/y=z é,e\n"
TABLE = "catalog: {database: d, table: t}"


def load(project, out, status=0, columns=COLUMNS, csv=CSV, env=None, arguments=()):
    project.write("data.csv", csv)
    lines = "\n".join(f"    - {{name: {name}, type: {kind}}}" for name, kind in columns.items())
    project.write("load.yml", LOAD.replace("COLUMNS", lines).replace("OUT", out))
    return check_run(project.run("load", "run", "load.yml", "--json", *arguments, env=env or {}), status)


def query(project, sql):
    return check_run(project.run("query", "--format", "csv", sql)).stdout


def objects(project, bucket="*"):
    top = os.path.join(project.folder, ".tegaru/objects")
    return sorted(os.path.relpath(p, top) for p in glob.glob(f"{top}/{bucket}/**/*.parquet", recursive=True))


@test
def partition_by_makes_hive_folders_and_registered_partitions():
    with Project() as project:
        load(project, TABLE + ", partition_by: [day]")
        equal(query(project, "SELECT id, name, day FROM d.t ORDER BY id"),
              "id,name,day\n1,a,2024-01-01\n2,b,2024-01-01\n3,c,2024-01-02\n4,d,\n5,e,x/y=z é\n")
        equal(query(project, "SELECT count(*) FROM d.t WHERE day = '2024-01-01'"), "_col0\n2\n")
        partitions = check_run(project.run("query", "--database", "d", "SHOW PARTITIONS t")).stdout
        contains(partitions, "day=2024-01-01")
        contains(partitions, "day=__HIVE_DEFAULT_PARTITION__")
        columns = check_run(project.run("query", "--database", "d", "DESCRIBE t")).stdout
        contains(columns, "Partition key")


@test
def a_table_at_the_root_of_a_bucket_stays_in_the_bucket():
    with Project() as project:
        load(project, TABLE + ", bucket: b")
        load(project, TABLE + ", bucket: b")
        assert all(name.startswith("b/t.tegaru/") for name in objects(project)), objects(project)
        equal(query(project, "SELECT count(*) FROM d.t"), "_col0\n5\n")


@test
def partitions_without_a_catalog_lie_between_folder_and_name():
    with Project() as project:
        load(project, "bucket: b, path_prefix: lake/x-, partition_by: [day, id]", csv="id,day,name\n1,a,n\n2,b,n\n")
        equal(objects(project), ["b/lake/day=a/id=1/x-000.00.parquet", "b/lake/day=b/id=2/x-000.01.parquet"])
        table = pq.read_table(os.path.join(project.folder, ".tegaru/objects/b/lake"))
        equal(sorted(table.column_names), ["day", "id", "name"])


@test
def wrong_layouts_are_refused_with_the_option():
    with Project() as project:
        for out, message in [("partition_by: [nope]", "partition_by: there is no column 'nope'"),
                             ("partition_by: day", "'partition_by' must be a list"),
                             ("partition_by: [day, day]", "'day' stands twice"),
                             ("partition_by: [id, day, name]", "needs columns beside its partition keys"),
                             ("sort_by: [x]", "sort_by: there is no column 'x'"),
                             ("target_file_size: 10", "at least 64 KiB"),
                             ("target_file_size: 1 apple", "at least 64 KiB"),
                             ("target_file_size: 1MB, partition_by: [day]", "cannot be had with 'partition_by'"),
                             ("publish: later", "'publish' must be one of atomic, direct"),
                             ("schema_change: maybe", "'schema_change' must be one of evolve, fail, add_columns")]:
            contains(load(project, f"bucket: b, {out}", 1).stderr, message)
        contains(load(project, "catalog: {database: d, table: t, operation_if_exists: keep}", 1).stderr,
                 "'operation_if_exists' must be one of delete, skip, append")
        contains(load(project, TABLE + ", bucket: b, publish: direct, tests: {min_rows: 1}", 1).stderr,
                 "'tests' need 'publish: atomic'")


@test
def sort_by_sorts_the_whole_load():
    with Project() as project:
        rows = "".join(f"{(i * 7919) % 50000},d,n{i}\n" for i in range(50000))
        load(project, "bucket: b, path_prefix: s, sort_by: [id]", csv="id,day,name\n" + rows)
        ids = pq.read_table(glob.glob(project.folder + "/.tegaru/objects/b/*.parquet")[0])["id"].to_pylist()
        equal(ids, sorted(ids))
        equal(len(ids), 50000)


@test
def target_file_size_makes_several_files():
    with Project() as project:
        rows = "".join(f"{i},d,{(i * 2654435761) % 2**32:032x}{(i * 40503) % 2**32:x}\n" for i in range(600000))
        load(project, TABLE + ", target_file_size: 2MB", csv="id,day,name\n" + rows)
        assert len(objects(project)) > 1, objects(project)
        equal(query(project, "SELECT count(*), sum(id) FROM d.t"), "_col0,_col1\n600000,179999700000\n")


@test
def bloom_filters_are_there_when_asked_for():
    rows = "id,day,name\n" + "".join(f"{i},d{i % 200},n\n" for i in range(30000))
    sizes = []
    for more in ("", ", bloom_filters: true"):
        with Project() as project:
            load(project, TABLE + more, csv=rows, arguments=("--threads", "1"))  # row groups as large each time
            equal(query(project, "SELECT count(*) FROM d.t WHERE day = 'd7'"), "_col0\n150\n")
            sizes.append(os.path.getsize(os.path.join(project.folder, ".tegaru/objects", objects(project)[0])))
    assert sizes[1] > sizes[0] + 200, sizes


@test
def a_change_of_the_schema_is_refused_unless_allowed():
    more = {**COLUMNS, "extra": "long"}
    csv = "id,day,name,extra\n1,a,n,7\n"
    with Project() as project:
        load(project, TABLE)
        before = query(project, "SELECT * FROM d.t ORDER BY id")
        contains(load(project, TABLE + ", schema_change: fail", 1, more, csv).stderr, "extra")
        other = {**COLUMNS, "id": "string"}
        contains(load(project, TABLE + ", schema_change: add_columns", 1, other).stderr,
                 "column 'id' of d.t is bigint, but the load gives string; nothing was published")
        equal(query(project, "SELECT * FROM d.t ORDER BY id"), before)
        load(project, TABLE + ", schema_change: add_columns", 0, more, csv)
        equal(query(project, "SELECT * FROM d.t"), "id,day,name,extra\n1,a,n,7\n")
        load(project, TABLE, 0, other)
        contains(query(project, "SELECT typeof(id) FROM d.t LIMIT 1"), "varchar")


@test
def an_append_keeps_what_is_there_and_can_be_rolled_back():
    append = "catalog: {database: d, table: t, operation_if_exists: append}"
    with Project() as project:
        for i in range(4):
            load(project, append, csv=f"id,day,name\n{i},d{i},n\n")
        equal(query(project, "SELECT id FROM d.t ORDER BY id"), "id\n0\n1\n2\n3\n")
        load(project, append, 0, {**COLUMNS, "extra": "long"}, "id,day,name,extra\n9,d,n,1\n")
        equal(query(project, "SELECT id, extra FROM d.t ORDER BY id"), "id,extra\n0,\n1,\n2,\n3,\n9,1\n")
        contains(load(project, append, 1, {**COLUMNS, "id": "string"}).stderr, "column 'id' of d.t is bigint")
        check_run(project.run("catalog", "rollback", "d.t"))
        equal(query(project, "SELECT count(*) FROM d.t"), "_col0\n4\n")


@test
def an_append_to_partitions_keeps_their_objects():
    append = "partition_by: [day], catalog: {database: d, table: t, operation_if_exists: append}"
    with Project() as project:
        load(project, append, csv="id,day,name\n1,a,n\n2,b,n\n")
        load(project, append, csv="id,day,name\n3,b,n\n4,c,n\n")
        equal(query(project, "SELECT day, count(*) FROM d.t GROUP BY 1 ORDER BY 1"), "day,_col1\na,1\nb,2\nc,1\n")
        other = append.replace("[day]", "[name]")
        contains(load(project, other, 1).stderr, "other partition keys than 'partition_by' says")


@test
def direct_registers_the_place_itself():
    direct = "bucket: b, path_prefix: lake/t/, publish: direct, partition_by: [day], catalog: {database: d, table: t}"
    with Project() as project:
        receipt = json.loads(load(project, direct, csv="id,day,name\n1,a,n\n").stdout)
        equal(receipt["table"]["location"], "s3://b/lake/t/")
        equal(objects(project), ["b/lake/t/day=a/000.00.parquet"])
        equal(query(project, "SELECT id, day FROM d.t"), "id,day\n1,a\n")
        load(project, direct, csv="id,day,name\n2,b,n\n")
        equal(query(project, "SELECT id, day FROM d.t"), "id,day\n2,b\n")


@test
def a_failed_test_of_partitions_publishes_nothing():
    with Project() as project:
        load(project, TABLE + ", partition_by: [day]", csv="id,day,name\n1,a,n\n")
        bad = TABLE + ", partition_by: [day], tests: {no_b: \"SELECT * FROM staged WHERE day = 'b'\"}"
        contains(load(project, bad, 1, csv="id,day,name\n2,b,n\n").stderr, "no_b")
        equal(query(project, "SELECT id FROM d.t"), "id\n1\n")


def s3_out(s3, more=""):
    return (f"bucket: data, path_prefix: lake/x-, endpoint: '{s3.endpoint}', access_key_id: {KEY_ID}, "
            f"secret_access_key: '{SECRET}', maximum_retries: 2{more}")


def with_s3(function):
    def run():
        s3 = S3()
        try:
            with Project() as project:
                function(s3, project)
        finally:
            s3.stop()
    run.__name__ = function.__name__
    return test(run)


@with_s3
def objects_arrive_in_s3_with_their_sizes_and_etags(s3, project):
    receipt = json.loads(load(project, s3_out(s3, ", canned_acl: bucket-owner-full-control")).stdout)
    stored = s3.buckets["data"]["lake/x-000.00.parquet"]
    equal(receipt["objects"], [{"url": "s3://data/lake/x-000.00.parquet", "size": len(stored["data"]), "etag": stored["etag"]}])
    equal(stored["headers_in"].get("x-amz-acl"), "bucket-owner-full-control")
    equal(pq.read_table(io.BytesIO(stored["data"]))["id"].to_pylist(), [3, 1, 2, 4, 5])
    assert not os.path.exists(project.folder + "/.tegaru"), "nothing is kept here"


@with_s3
def large_objects_go_in_parts_and_failures_leave_none(s3, project):
    rows = "".join(f"{i},d,{(i * 2654435761) % 2**32:032x}{(i * 40503) % 2**32:x}\n" for i in range(1500000))
    load(project, s3_out(s3, ", compression_codec: uncompressed"), csv="id,day,name\n" + rows)
    contains(s3.buckets["data"]["lake/x-000.00.parquet"]["etag"], "-")
    equal(s3.uploads, {})
    s3.buckets["data"].clear()
    s3.failures = [0, 0] + [500] * 3  # begin, one part, then nothing works until the clean-up
    contains(load(project, s3_out(s3, ", compression_codec: uncompressed"), 1, csv="id,day,name\n" + rows).stderr,
             "s3://data/lake/x-000.00.parquet")
    equal((s3.buckets["data"], s3.uploads), ({}, {}))


@with_s3
def what_s3_refuses_is_told_without_the_key(s3, project):
    done = load(project, s3_out(s3).replace(SECRET, "no-such-secret"), 1)
    contains(done.stderr, "the secret key is wrong")
    assert "no-such-secret" not in done.stderr
    contains(load(project, s3_out(s3).replace("bucket: data", "bucket: nobody"), 1).stderr, "there is no such bucket")
    contains(load(project, s3_out(s3, ", auth_method: magic"), 1).stderr, "'auth_method' must be basic, session")
    contains(load(project, s3_out(s3, ", auth_method: session"), 1).stderr, "auth_method 'session' needs 'session_token'")
    contains(load(project, s3_out(s3, ", auth_method: assume_role"), 1).stderr, "auth_method 'assume_role' needs 'role_arn'")


DAYS = "id,day,name\n" + "".join(f"{i},d{i % 5},n\n" for i in range(20))


@with_s3
def objects_of_a_load_that_fails_at_the_end_are_removed(s3, project):
    for status, message in [(500, "the server has a problem of its own"), (403, "access denied")]:
        s3.broken = lambda method, key: status if method == "PUT" and "day=d3" in key else None
        done = load(project, s3_out(s3, ", partition_by: [day], maximum_retries: 1"), 1, csv=DAYS)
        contains(done.stderr, message)
        assert "were written" not in done.stderr, done.stderr
        equal(s3.buckets["data"], {})


@with_s3
def objects_that_replaced_others_stay_and_are_named(s3, project):
    load(project, s3_out(s3, ", partition_by: [day]"), csv=DAYS)
    before = dict(s3.buckets["data"])
    equal(len(before), 5)
    gone = next(key for key in before if "day=d1" in key)
    del s3.buckets["data"][gone]
    s3.broken = lambda method, key: 500 if method == "PUT" and "day=d3" in key else None
    done = load(project, s3_out(s3, ", partition_by: [day], maximum_retries: 1"), 1, csv=DAYS.replace(",n", ",m"))
    assert "of 5 objects were written before this and stay, for they replaced others" in done.stderr, done.stderr
    assert gone not in s3.buckets["data"]  # it was new, so it went
    equal(sorted(s3.buckets["data"]), sorted(set(before) - {gone}))
    # what cannot be removed is named, too
    s3.buckets["data"].clear()
    s3.broken = lambda method, key: 500 if method == "DELETE" or (method == "PUT" and "day=d3" in key) else None
    done = load(project, s3_out(s3, ", partition_by: [day], maximum_retries: 1"), 1, csv=DAYS)
    contains(done.stderr, "stay, for they replaced others or cannot be removed (s3://data/lake/day=")


@with_s3
def keys_come_from_the_environment_and_from_a_profile(s3, project):
    out = f"bucket: data, path_prefix: lake/x-, endpoint: '{s3.endpoint}', auth_method: "
    keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    load(project, out + "env", env=keys)
    project.write("aws", f"[team]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n")
    load(project, out + "profile, profile_name: team, profile_file: aws", env={"AWS_EC2_METADATA_DISABLED": "true"})
    contains(load(project, out + "env", 1, env={"AWS_EC2_METADATA_DISABLED": "true"}).stderr, "no AWS credentials were found")
    s3.allows_anonymous = True
    load(project, out + "anonymous")


main()
