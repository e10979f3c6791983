"""The athena operators with `engine: athena` against moto, whose requests botocore's models have checked (tests/support/moto_athena.py says
what its queries do)."""
import json
import os
import signal
import subprocess
import sys
import time

from moto_process import Moto
from support import SOURCE, TEGARU, Project, check_run, contains, equal, main, test

sys.path.insert(0, os.path.join(SOURCE, ".deps/moto/site"))

EXPORT = """_export:
  athena: {engine: athena, database: lake, output_location: 's3://results/'}
"""
DAYS = {"Name": "days", "TableType": "EXTERNAL_TABLE", "Parameters": {"parquet.compression": "ZSTD"},
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": {"Columns": [{"Name": "n", "Type": "int"}], "Location": "s3://data/days/",
                              "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}}}


class World:
    """moto with a database and buckets, and a project that asks it."""

    def __enter__(self):
        self.moto = Moto("--athena").__enter__()
        import botocore.session
        self.endpoint = self.moto.endpoint
        session = botocore.session.get_session()
        self.client = lambda service: session.create_client(service, region_name="us-east-1", endpoint_url=self.endpoint, aws_access_key_id="a", aws_secret_access_key="b")
        self.glue, self.s3, self.athena = self.client("glue"), self.client("s3"), self.client("athena")
        self.glue.create_database(DatabaseInput={"Name": "lake"})
        for bucket in ("data", "results"):
            self.s3.create_bucket(Bucket=bucket)
        self.project = Project()
        self.env = {"HOME": self.project.folder, "TEGARU_CONFIG_HOME": self.project.folder + "/c", "DIGDAG_CONFIG_HOME": self.project.folder + "/c",
                    "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s",
                    "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        return self

    def __exit__(self, *_):
        self.project.__exit__()
        self.moto.__exit__()

    def export(self):
        return EXPORT

    def run(self, dig, status=0, *arguments):
        self.project.write("main.dig", self.export() + dig)
        return check_run(self.project.run("run", "main.dig", "--rerun", *arguments, env=self.env), status)

    def keys(self, prefix=""):
        return [o["Key"] for o in self.s3.list_objects_v2(Bucket="data", Prefix=prefix).get("Contents", [])]

    def table(self, name):
        return self.glue.get_table(DatabaseName="lake", Name=name)["Table"]

    def tables(self):
        return sorted(t["Name"] for t in self.glue.get_tables(DatabaseName="lake")["TableList"])

    def statements(self):
        """What was asked of Athena, in order."""
        ids = self.athena.list_query_executions(MaxResults=50)["QueryExecutionIds"]
        found = [self.athena.get_query_execution(QueryExecutionId=i)["QueryExecution"] for i in ids]
        return found

    def locations(self, table):
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName="lake", TableName=table)
        return {p["Values"][0]: p["StorageDescriptor"]["Location"] for page in pages for p in page["Partitions"]}


def told(done, word):
    """The JSON that a task printed after a word."""
    line = next(line for line in (done.stdout + done.stderr).splitlines() if word + " " in line)
    return json.loads(line.split(word + " ", 1)[1])


SHOW = "+show:\n  echo>: 'STORED ${JSON.stringify(%s)}'\n"


@test
def query_stores_what_the_original_stores_and_preview_shows_rows():
    with World() as w:
        done = w.run("+q:\n  athena.query>: |\n    SELECT 1 /* moto: rows [[\"7\", null]] */ /* moto: scanned 12000000 */\n  preview: true\n" + SHOW % "athena")
        last = told(done, "STORED")
        query = last["last_query"]
        equal(sorted(query), ["completed_at", "database", "exec_millis", "id", "output", "query", "scan_bytes", "state", "state_change_reason", "submitted_at", "workgroup"])
        equal((query["state"], query["database"], query["scan_bytes"]), ("SUCCEEDED", "lake", 12000000))
        contains(query["output"], "s3://results/")
        equal(last["last_preview"]["rows"], [["7", None]])
        equal(last["last_preview"]["id"], query["id"])
        equal(last["last_preview"]["columns"][0]["label"], "c1")
        contains(done.stdout + done.stderr, "| c1 | c2 |")


@test
def a_failed_query_fails_the_task_with_athenas_reason():
    with World() as w:
        done = w.run("+q:\n  athena.query>: 'SELECT x /* moto: fail COLUMN_NOT_FOUND: line 1:8 */'\n", 1)
        contains(done.stderr, "COLUMN_NOT_FOUND: line 1:8")


@test
def sql_comes_from_an_object_too():
    with World() as w:
        w.s3.put_object(Bucket="data", Key="q.sql", Body=b"SELECT '${session_date}' AS d")
        done = w.run("+q:\n  athena.query>: s3://data/q.sql\n" + SHOW % "athena.last_query.query", 0, "--session", "2026-01-02")
        equal(told(done, "STORED"), "SELECT '2026-01-02' AS d")


@test
def a_query_over_max_scan_is_stopped():
    with World() as w:
        done = w.run("+q:\n  athena.query>: 'SELECT 1 /* moto: running */ /* moto: scanned 3000000000 */'\n  max_scan: 1GB\n", 1)
        contains(done.stderr, "was stopped: it had read 3.0 GB, more than max_scan or max_cost allows (1.0 GB)")
        equal(w.statements()[0]["Status"]["State"], "CANCELLED")
        done = w.run("+q:\n  athena.query>: 'SELECT 2 /* moto: running */ /* moto: scanned 3000000000 */'\n  max_cost: 0.01\n", 1)
        contains(done.stderr, "more than max_scan or max_cost allows (2.0 GB)")


@test
def a_query_over_its_time_is_stopped():
    with World() as w:
        done = w.run("+q:\n  athena.query>: 'SELECT 1 /* moto: running */'\n  timeout: 1s\n", 1)
        contains(done.stderr, "was stopped: it ran longer than 'timeout' (1 s)")
        equal(w.statements()[0]["Status"]["State"], "CANCELLED")


def start_running(w):
    """A run whose query runs until it is stopped."""
    w.project.write("main.dig", EXPORT + "+q:\n  athena.query>: 'SELECT 1 /* moto: running */'\n")
    process = subprocess.Popen([TEGARU, "run", "main.dig", "--session", "2026-01-01"], cwd=w.project.folder, env=dict(os.environ, **w.env), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not w.statements() or w.statements()[0]["Status"]["State"] != "RUNNING" or not journal_has(w, '"id"'):
        assert time.monotonic() < deadline and process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    return process


def journal_has(w, text):
    for folder, _, names in os.walk(w.project.folder + "/.tegaru/status"):
        for name in names:
            if text in open(os.path.join(folder, name)).read():
                return True
    return False


@test
def killing_a_run_stops_its_query():
    with World() as w:
        process = start_running(w)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        equal(w.statements()[0]["Status"]["State"], "CANCELLED")


@test
def a_run_after_a_crash_goes_on_with_the_same_query():
    with World() as w:
        process = start_running(w)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        query = w.statements()[0]
        again = subprocess.Popen([TEGARU, "run", "main.dig", "--session", "2026-01-01"], cwd=w.project.folder, env=dict(os.environ, **w.env), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = ""
        while "goes on with what an earlier run" not in line:
            line = again.stdout.readline()
            assert line, "it did not go on"
        w.athena.stop_query_execution(QueryExecutionId=query["QueryExecutionId"])
        contains(again.communicate(timeout=60)[0], query["QueryExecutionId"] + " was stopped")
        equal(len(w.statements()), 1)


CTAS = "  table: t\n  location: s3://data/t/\n"


@test
def ctas_stages_tests_and_switches():
    with World() as w:
        done = w.run("+c:\n  athena.ctas>: SELECT 1 AS id, 'x' AS name\n" + CTAS + "  test: {positive: 'SELECT * FROM staged WHERE id < 0'}\n")
        first = w.table("t")
        contains(first["StorageDescriptor"]["Location"], "s3://data/t.tegaru/")
        equal([(c["Name"], c["Type"]) for c in first["StorageDescriptor"]["Columns"]], [("id", "int"), ("name", "string")])
        equal(w.tables(), ["t"])
        w.run("+c:\n  athena.ctas>: SELECT 2 AS id, 'y' AS name\n" + CTAS)
        second = w.table("t")
        assert second["StorageDescriptor"]["Location"] != first["StorageDescriptor"]["Location"]
        old = first["StorageDescriptor"]["Location"][len("s3://data/"):]
        assert w.keys(old), "objects of before stay for the grace time"
        assert w.keys(second["StorageDescriptor"]["Location"][len("s3://data/"):])
        equal(w.tables(), ["t"])
        contains(done.stdout + done.stderr, "Executed ")


@test
def ctas_keeps_the_old_table_when_a_test_fails():
    with World() as w:
        w.run("+c:\n  athena.ctas>: SELECT 1 AS id\n" + CTAS)
        before, keys = w.table("t"), w.keys()
        done = w.run("+c:\n  athena.ctas>: SELECT 2 AS id\n" + CTAS + "  test: {bad: 'SELECT 1 /* moto: rows [[\"5\"], [\"6\"]] */'}\n", 1)
        contains(done.stderr, "test 'bad' failed: 2 rows should not be there; nothing was published")
        equal(w.table("t")["StorageDescriptor"], before["StorageDescriptor"])
        equal(w.tables(), ["t"])
        equal(w.keys(), keys)


@test
def ctas_of_more_than_a_hundred_partitions_is_written_in_parts():
    with World() as w:
        values = json.dumps([f"v{i:03}" for i in range(250)])
        rows = json.dumps([[f"v{i:03}"] for i in range(250)])
        w.run(f"+c:\n  athena.ctas>: \"SELECT 1 AS id, 'v' AS k /* moto: partitions {values.replace(chr(34), chr(92) + chr(34))} */ /* moto: rows {rows.replace(chr(34), chr(92) + chr(34))} */\"\n" + CTAS + "  partitioned_by: [k]\n")
        equal(len(w.locations("t")), 250)
        texts = [s.get("Query", "") for s in w.statements()]
        equal(len([t for t in texts if "INSERT INTO" in t]), 2)
        base = w.table("t")["StorageDescriptor"]["Location"]
        equal(w.locations("t")["v249"].rstrip("/"), base + "k=v249")


@test
def ctas_of_a_partitioned_table_replaces_its_partitions():
    with World() as w:
        sql = "+c:\n  athena.ctas>: \"SELECT 1 AS id, 'v' AS k /* moto: partitions [%s] */\"\n" + CTAS + "  partitioned_by: [k]\n"
        w.run(sql % '\\"a\\", \\"b\\"')
        first = w.locations("t")
        w.run(sql % '\\"b\\", \\"c\\"')
        second = w.locations("t")
        equal((sorted(first), sorted(second)), (["a", "b"], ["b", "c"]))
        assert first["b"] != second["b"]


@test
def ctas_save_modes():
    with World() as w:
        w.run("+c:\n  athena.ctas>: SELECT 1 AS id\n" + CTAS)
        before = w.table("t")["StorageDescriptor"]
        done = w.run("+c:\n  athena.ctas>: SELECT 2 AS id\n" + CTAS + "  save_mode: error_if_exists\n", 1)
        contains(done.stderr, "'lake.t' already exists")
        w.run("+c:\n  athena.ctas>: SELECT 3 AS id\n" + CTAS + "  save_mode: ignore\n")
        equal(w.table("t")["StorageDescriptor"], before)
        done = w.run("+c:\n  athena.ctas>: SELECT 3 AS id\n" + CTAS + "  save_mode: sometimes\n", 1)
        contains(done.stderr, "[athena.ctas] save_mode 'sometimes' is unsupported.")
        done = w.run("+c:\n  athena.ctas>: SELECT 3 AS id\n" + CTAS + "  table_mode: half\n", 1)
        contains(done.stderr, "[athena.ctas] table_mode 'half' is unsupported.")


@test
def publish_direct_is_the_originals_order():
    with World() as w:
        w.run("+c:\n  athena.ctas>: SELECT 1 AS id\n  publish: direct\n" + CTAS)
        equal(w.table("t")["StorageDescriptor"]["Location"], "s3://data/t/")
        equal(len(w.keys("t/")), 1)
        w.run("+c:\n  athena.ctas>: SELECT 2 AS id\n  publish: direct\n" + CTAS)
        equal(len(w.keys("t/")), 1)
        w.run("+c:\n  athena.ctas>: SELECT 3 AS id\n  table: u\n  location: s3://data/u\n  table_mode: data_only\n")
        equal((w.tables(), len(w.keys("u/"))), (["t"], 1))
        w.run("+c:\n  athena.ctas>: SELECT 3 AS id\n  table: e\n  location: s3://data/e/\n  table_mode: empty\n")
        equal((w.tables(), w.keys("e/"), w.keys("e.tegaru/2")), (["e", "t"], [], []))


APAS = "  table: days\n  partition_kv: {day: '2026-01-01'}\n"


@test
def apas_replaces_one_partition():
    with World() as w:
        w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
        w.run("+a:\n  athena.apas>: SELECT 1 AS n\n" + APAS)
        first = w.locations("days")
        contains(first["2026-01-01"], "s3://data/days.tegaru/")
        contains(first["2026-01-01"], "/day=2026-01-01/")
        w.run("+a:\n  athena.apas>: SELECT 2 AS n\n" + APAS)
        second = w.locations("days")
        assert first != second
        assert w.keys(first["2026-01-01"][len("s3://data/"):]), "objects of before stay"
        equal(w.tables(), ["days"])
        contains("".join(s.get("Query", "") for s in w.statements()), "parquet_compression = 'ZSTD'")


@test
def apas_compares_the_columns_before_rows_are_read():
    with World() as w:
        w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
        done = w.run("+a:\n  athena.apas>: SELECT 'one' AS n, 2 AS more\n" + APAS, 1)
        contains(done.stderr, "more")
        equal((w.locations("days"), w.tables()), ({}, ["days"]))
        equal(len(w.statements()), 1)
        w.run("+a:\n  athena.apas>: SELECT 'one' AS n, 2 AS more\n  ignore_schema_diff: true\n" + APAS)
        equal(list(w.locations("days")), ["2026-01-01"])


@test
def apas_modes_and_a_select_without_rows():
    with World() as w:
        w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
        w.run("+a:\n  athena.apas>: SELECT 1 AS n WHERE false\n" + APAS)
        equal(w.locations("days"), {})
        w.run("+a:\n  athena.apas>: SELECT 1 AS n\n" + APAS)
        first = w.locations("days")
        w.run("+a:\n  athena.apas>: SELECT 2 AS n\n  save_mode: skip_if_exists\n" + APAS)
        equal(w.locations("days"), first)
        w.run("+a:\n  athena.apas>: SELECT 2 AS n\n  save_mode: error_if_exists\n" + APAS, 1)
        w.run("+a:\n  athena.apas>: SELECT 1 AS n WHERE false\n" + APAS)
        assert w.locations("days") != first, "old rows must not stay"
        equal(w.keys(w.locations("days")["2026-01-01"][len("s3://data/"):]), [])


@test
def apas_direct_is_the_originals_order():
    with World() as w:
        w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
        for n in (1, 2):
            w.run(f"+a:\n  athena.apas>: SELECT {n} AS n\n  publish: direct\n" + APAS)
            equal(w.locations("days"), {"2026-01-01": "s3://data/days/day=2026-01-01/"})
            equal(len(w.keys("days/day=2026-01-01/")), 1)
        equal(w.tables(), ["days"])


@test
def partitions_and_tables_are_asked_added_and_dropped():
    with World() as w:
        w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
        w.s3.put_object(Bucket="data", Key="days/day=2026-01-01/x", Body=b"x")
        kv = "  database: lake\n  table: days\n  partition_kv: {day: '2026-01-01'}\n"
        done = w.run("+e:\n  athena.partition_exists?>:\n" + kv + "+a:\n  athena.add_partition>:\n" + kv + SHOW % "athena.last_partition_exists"
                     + "+f:\n  athena.partition_exists?>:\n" + kv + "  with_location: true\n+g:\n  echo>: 'AFTER ${JSON.stringify(athena.last_partition_exists)}'\n")
        equal(told(done, "STORED"), {"partition_exists": False})
        equal(told(done, "AFTER"), {"partition_exists": True, "location_exists": True})
        equal(w.locations("days"), {"2026-01-01": "s3://data/days/day=2026-01-01/"})
        w.run("+d:\n  athena.drop_partition>:\n  with_location: true\n" + kv)
        equal((w.locations("days"), w.keys("days/")), ({}, []))
        done = w.run("+d:\n  athena.drop_partition>:\n  ignore_if_not_exist: false\n" + kv, 1)
        contains(done.stderr, "does not exist.")
        done = w.run("+t:\n  athena.table_exists?>:\n  database: lake\n  table: days\n" + SHOW % "athena.last_table_exists")
        equal(told(done, "STORED"), {"table_exists": True})
        done = w.run("+t:\n  athena.table_exists?>:\n  database: lake\n  table: nights\n" + SHOW % "athena.last_table_exists")
        equal(told(done, "STORED"), {"table_exists": False})
        w.run("+t:\n  athena.drop_table>:\n  database: lake\n  table: days\n")
        equal(w.tables(), [])


@test
def more_than_a_thousand_objects_are_removed():
    with World() as w:
        w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
        for i in range(1100):
            w.s3.put_object(Bucket="data", Key=f"days/{i} é&<", Body=b"")
        w.run("+t:\n  athena.drop_table>:\n  database: lake\n  table: days\n  with_location: true\n")
        equal(w.keys("days/"), [])


@test
def tables_drop_by_pattern_and_databases_are_walked():
    with World() as w:
        for name in ("tmp_a", "tmp_b", "keep"):
            w.glue.create_table(DatabaseName="lake", TableInput=dict(DAYS, Name=name))
        w.glue.create_database(DatabaseInput={"Name": "other", "Description": "d"})
        w.run("+d:\n  athena.drop_table_multi>:\n  database: lake\n  regexp: 'tmp_.*'\n")
        equal(w.tables(), ["keep"])
        w.run("+d:\n  athena.drop_table_multi>:\n  database: lake\n  protect: {created_within: 1d}\n")
        equal(w.tables(), ["keep"])
        done = w.run("+e:\n  athena.each_database>:\n  _do:\n    echo>: 'DB ${athena.each_database.export.name}'\n")
        contains(done.stdout, "DB lake")
        contains(done.stdout, "DB other")


LOAD = """in:
  type: file
  path_prefix: data
  parser: {type: csv, skip_header_lines: 1, columns: [{name: id, type: long}, {name: day, type: string}]}
out: {type: s3_parquet, bucket: data, path_prefix: t/, auth_method: env, catalog: {database: lake, table: t MORE}, partition_by: [day]}
"""


@test
def a_load_publishes_a_table_in_glue():
    with World() as w:
        def load(csv, more="", status=0):
            w.project.write("data.csv", "id,day\n" + csv)
            w.project.write("load.yml", LOAD.replace(" MORE", more))
            return check_run(w.project.run("load", "run", "load.yml", env=w.env), status)
        load("1,a\n2,b\n")
        first = w.locations("t")
        equal(sorted(first), ["a", "b"])
        contains(first["a"], "s3://data/t.tegaru/")
        equal([(c["Name"], c["Type"]) for c in w.table("t")["StorageDescriptor"]["Columns"]], [("id", "bigint")])
        import io
        import pyarrow.parquet as pq
        key = w.keys(first["b"][len("s3://data/"):])[0]
        equal(pq.read_table(io.BytesIO(w.s3.get_object(Bucket="data", Key=key)["Body"].read())).to_pylist(), [{"id": 2}])
        load("3,b\n", ", operation_if_exists: append")
        equal(len(w.keys(w.locations("t")["b"][len("s3://data/"):])), 2)
        load("9,c\n")
        equal(sorted(w.locations("t")), ["c"])
        done = load("9,c\n", ", operation_if_exists: merge, merge_keys: [id]", 1)
        contains(done.stderr, "not possible yet for objects in S3")
        equal(sorted(w.locations("t")), ["c"])


@test
def schemas_are_compared():
    with World() as w:
        w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
        w.glue.create_table(DatabaseName="lake", TableInput=dict(DAYS, Name="two", StorageDescriptor=dict(DAYS["StorageDescriptor"], Columns=[{"Name": "m", "Type": "int"}])))
        done = w.run("+d:\n  athena.diff_schema_internal>:\n  database: lake\n  original: days\n  comparison: two\n", 1)
        contains(done.stderr, "are found in days but not found in two.")


@test
def auth_methods_are_those_of_the_original():
    with World() as w:
        sql = "+q:\n  athena.query>: SELECT 1\n  auth_method: %s\n"
        done = w.run(sql % "env", 1)
        contains(done.stderr, 'auth_method: "env" is not allowed.')
        w.run(sql % "env", 0, "-X", "athena.allow_auth_method_env=true")
        done = w.run(sql % "basic", 1)
        contains(done.stderr, '`access_key_id` must be set when `auth_method` is "basic"')
        done = w.run(sql % "magic", 1)
        contains(done.stderr, 'auth_method: "magic" is not supported.')
        w.run(sql % "session", 0, "-X", "secrets.athena.access_key_id=AK", "-X", "secrets.athena.secret_access_key=s", "-X", "secrets.athena.session_token=t")


@test
def a_catalog_that_does_not_answer_is_no_no():
    with World() as w:
        dig = "+t:\n  athena.table_exists?>:\n  database: lake\n  table: days\n  catalog_id: '999999999999'\n"
        w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
        w.env.update(AWS_ENDPOINT_URL_GLUE=w.endpoint + "/nowhere")
        done = w.run(dig, 1)
        contains(done.stderr, "/nowhere")


if __name__ == "__main__":
    main()
