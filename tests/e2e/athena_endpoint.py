"""The athena operators with `engine: athena` against `tegaru aws-endpoint`: SQL that really runs, through all of our own Athena, Glue, S3 and
STS clients, signatures checked."""
import json
import os

from endpoint_support import KEYS, Endpoint
from support import Project, check_run, contains, equal, main, test

EXPORT = """_export:
  athena: {engine: athena, database: lake, output_location: 's3://results/q/'}
"""


class World:
    def __enter__(self):
        self.endpoint = Endpoint("--access-key", KEYS["AWS_ACCESS_KEY_ID"], "--secret-key", KEYS["AWS_SECRET_ACCESS_KEY"])
        s3 = self.endpoint.client("s3")
        for bucket in ("data", "results"):
            s3.create_bucket(Bucket=bucket)
        self.endpoint.client("glue").create_database(DatabaseInput={"Name": "lake"})
        self.project = Project()
        return self

    def __exit__(self, *_):
        self.endpoint.stop()
        self.endpoint.project.__exit__()
        self.project.__exit__()

    def run(self, dig, status=0):
        self.project.write("main.dig", EXPORT + dig)
        env = dict(KEYS, AWS_ENDPOINT_URL=self.endpoint.url, HOME=self.project.folder, TEGARU_CONFIG_HOME=self.project.folder, AWS_REGION="us-east-1")
        return check_run(self.project.run("run", "main.dig", "--rerun", env=env), status)

    def rows(self, sql):
        done = self.run("+q:\n  athena.query>: |\n    " + sql + "\n  preview: true\n+s:\n  echo>: 'STORED ${JSON.stringify(athena.last_preview.rows)}'\n")
        line = next(line for line in done.stdout.splitlines() if "STORED " in line)
        return json.loads(line.split("STORED ", 1)[1])


@test
def query_and_preview_give_the_rows():
    with World() as w:
        equal(w.rows("SELECT n, 'x' AS t, CAST(NULL AS varchar) AS z FROM UNNEST(ARRAY[1, 2]) AS a (n) ORDER BY n"), [["1", "x", None], ["2", "x", None]])
        done = w.run("+q:\n  athena.query>: SELECT nothing\n", 1)
        contains(done.stderr, "nothing")


@test
def ctas_is_tested_switched_and_read_again():
    with World() as w:
        ctas = "+c:\n  athena.ctas>: SELECT n, n * %d AS v FROM UNNEST(sequence(1, 5)) AS a (n)\n  table: t\n  location: s3://data/t/\n  test: {small: SELECT * FROM staged WHERE v > 100, unique: n, not_null: [n, v], min_rows: 5}\n"
        w.run(ctas % 2)
        equal(w.rows("SELECT count(*), sum(v) FROM t"), [["5", "30"]])
        done = w.run(ctas % 50, 1)
        contains(done.stderr, "test 'small' failed: 3 rows should not be there; nothing was published")
        equal(w.rows("SELECT count(*), sum(v) FROM t"), [["5", "30"]])
        w.run(ctas % 3)
        equal(w.rows("SELECT count(*), sum(v) FROM t"), [["5", "45"]])
        equal(w.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'lake'"), [["t"]])


@test
def ctas_makes_partitions():
    with World() as w:
        w.run("+c:\n  athena.ctas>: SELECT n, CAST(n % 3 AS varchar) AS k FROM UNNEST(sequence(1, 9)) AS a (n)\n  table: t\n  location: s3://data/t/\n  partitioned_by: [k]\n")
        equal(w.rows("SELECT k, sum(n) FROM t GROUP BY k ORDER BY k"), [["0", "18"], ["1", "12"], ["2", "15"]])


@test
def apas_replaces_a_partition_and_tables_are_dropped():
    with World() as w:
        apas = "+a:\n  athena.apas>: SELECT CAST(n AS bigint) AS n FROM UNNEST(sequence(1, %d)) AS a (n)\n  table: days\n  partition_kv: {day: '%s'}\n"
        w.run("+t:\n  athena.query>: CREATE EXTERNAL TABLE days (n bigint) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://data/days/'\n")
        for count, day in ((3, "a"), (4, "b"), (5, "a")):
            w.run(apas % (count, day))
        equal(w.rows("SELECT day, count(*) FROM days GROUP BY day ORDER BY day"), [["a", "5"], ["b", "4"]])
        done = w.run("+a:\n  athena.apas>: SELECT 'x' AS n\n  table: days\n  partition_kv: {day: a}\n", 1)
        contains(done.stderr, "n")
        equal(w.rows("SELECT day, count(*) FROM days GROUP BY day ORDER BY day"), [["a", "5"], ["b", "4"]])
        w.run("+p:\n  athena.drop_partition>:\n  database: lake\n  table: days\n  partition_kv: {day: a}\n  with_location: true\n")
        equal(w.rows("SELECT day, count(*) FROM days GROUP BY day ORDER BY day"), [["b", "4"]])
        w.run("+d:\n  athena.drop_table>:\n  database: lake\n  table: days\n  with_location: true\n")
        done = w.run("+e:\n  athena.table_exists?>:\n  database: lake\n  table: days\n  error_if_not_exist: true\n", 1)
        contains(done.stderr, "The table lake.days does not exist.")


@test
def a_load_into_glue_is_read_by_athena():
    with World() as w:
        w.project.write("data.csv", "id,day\n1,a\n2,b\n3,b\n")
        w.project.write("load.yml", """in:
  type: file
  path_prefix: data
  parser: {type: csv, skip_header_lines: 1, columns: [{name: id, type: long}, {name: day, type: string}]}
out: {type: s3_parquet, bucket: data, path_prefix: t/, auth_method: env, catalog: {database: lake, table: t}, partition_by: [day]}
""")
        w.run("+l:\n  load>: load.yml\n")
        equal(w.rows("SELECT day, count(*), sum(id) FROM t GROUP BY day ORDER BY day"), [["a", "1", "1"], ["b", "2", "5"]])
        env = dict(KEYS, AWS_ENDPOINT_URL=w.endpoint.url, HOME=w.project.folder)
        history = json.loads(check_run(w.project.run("catalog", "history", "lake.t", "--glue", "--json", env=env)).stdout)
        equal([(e["rows"], e["is_current"]) for e in history], [(3, True)])
        w.project.write("data.csv", "id,day\n9,c\n")
        w.run("+l:\n  load>: load.yml\n")
        equal(w.rows("SELECT day, sum(id) FROM t GROUP BY day ORDER BY day"), [["c", "9"]])
        check_run(w.project.run("catalog", "rollback", "lake.t", "--glue", env=env))
        equal(w.rows("SELECT day, sum(id) FROM t GROUP BY day ORDER BY day"), [["a", "1"], ["b", "5"]])
        contains(check_run(w.project.run("catalog", "list", "lake", "--glue", env=env)).stdout, "partitioned")
        contains(check_run(w.project.run("catalog", "export", "lake.t", "--glue", "--as", "terraform", env=env)).stdout, "aws_glue_catalog_table")


if __name__ == "__main__":
    main()
