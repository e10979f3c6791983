"""PyAthena and SQLAlchemy over the endpoint."""
from endpoint_clients import Endpoint
from support import equal, main, test

HEAD = """
import boto3, json, datetime, decimal
from pyathena import connect
boto3.client("s3").create_bucket(Bucket="results")
def open_connection(**more):
    return connect(s3_staging_dir="s3://results/py/", region_name="us-east-1", poll_interval=0.01, **more)
connection = open_connection()
cursor = connection.cursor()
def rows(sql, *parameters, **more):
    return [list(row) for row in cursor.execute(sql, *parameters, **more).fetchall()]
def tell(value):
    print(json.dumps(value, default=str))
"""
FLIGHTS = """
rows("CREATE DATABASE lake")
rows("CREATE TABLE lake.flights WITH (format = 'PARQUET') AS SELECT * FROM (VALUES (1, 'AA', DATE '2024-01-01'), "
     "(2, 'BB', DATE '2024-01-02'), (3, NULL, DATE '2024-01-03')) AS t(id, carrier, day)")
"""


@test
def values_have_their_python_types():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + """
cursor.execute("SELECT 1 AS a, 'x' AS b, CAST(NULL AS varchar) AS c, '' AS d, DATE '2024-01-02' AS e, "
               "TIMESTAMP '2024-01-02 03:04:05.678' AS f, DECIMAL '1.50' AS g, true AS h, 1.5e0 AS i, "
               "CAST(9000000000 AS bigint) AS j, X'6566' AS k, 'it''s \\"quoted\\", and' AS l, 'zürich' AS m")
row = cursor.fetchone()
tell([[repr(value) for value in row], [column[:2] for column in cursor.description], cursor.output_location.startswith("s3://results/py/"),
      cursor.state, cursor.statement_type, cursor.work_group])
""")
    equal(got[0], ["1", "'x'", "None", "''", "datetime.date(2024, 1, 2)", "datetime.datetime(2024, 1, 2, 3, 4, 5, 678000)",
                   "Decimal('1.50')", "True", "1.5", "9000000000", "b'ef'", "'it\\'s \"quoted\", and'", "'zürich'"])
    equal([name for name, _ in got[1]], list("abcdefghijklm"))
    equal([kind for _, kind in got[1]], ["integer", "varchar", "varchar", "varchar", "date", "timestamp", "decimal", "boolean",
                                         "double", "bigint", "varbinary", "varchar", "varchar"])
    equal(got[2:], [True, "SUCCEEDED", "DML", "primary"])


@test
def tables_are_made_filled_and_read():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + FLIGHTS + """
rows("INSERT INTO lake.flights VALUES (4, 'CC', DATE '2024-01-04')")
tell([rows("SELECT id, carrier FROM lake.flights ORDER BY id"), rows("SHOW TABLES IN lake"), rows("SHOW DATABASES"),
      rows("DESCRIBE lake.flights"), rows("SELECT count(*) FROM lake.flights WHERE carrier IS NULL")])
""")
    equal(got[0], [[1, "AA"], [2, "BB"], [3, None], [4, "CC"]])
    equal(got[1], [["flights"]])
    equal(got[2], [["default"], ["lake"]])
    equal([line[0].split("\t")[0].strip() for line in got[3]], ["id", "carrier", "day"])  # one text a line, as Athena
    equal(got[4], [[1]])


@test
def parameters_are_values_and_nothing_else():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + FLIGHTS + """
out = [rows("SELECT id FROM lake.flights WHERE carrier = ?", ["'BB'"], paramstyle="qmark"),
       rows("SELECT id FROM lake.flights WHERE carrier = %(name)s", {"name": "AA' OR 'a' = 'a"}),
       rows("SELECT id FROM lake.flights WHERE day = %(day)s", {"day": datetime.date(2024, 1, 3)})]
rows("PREPARE one FROM SELECT carrier FROM lake.flights WHERE id = ?")
out.append(rows("EXECUTE one USING 2"))
try:
    rows("SELECT id FROM lake.flights WHERE id = ?", ["1 OR true; DROP TABLE lake.flights"], paramstyle="qmark")
except Exception as problem:
    out.append(type(problem).__name__)
tell(out)
""")
    equal(got, [[[2]], [], [[3]], [["BB"]], "DatabaseError"])


@test
def failures_say_what_athena_says():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + FLIGHTS + """
def problem(sql):
    try:
        rows(sql)
    except Exception as failure:
        return [type(failure).__name__, str(failure)]
tell([problem("SELEC 1"), problem("SELECT nope FROM lake.flights"), problem("SELECT * FROM lake.nope"), problem("SELECT 1/0"),
      problem("SELECT foo(1)")])
""")
    equal([name for name, _ in got], ["DatabaseError"] + ["OperationalError"] * 4)
    for (_, text), wanted in zip(got, ["line 1:1: ", "COLUMN_NOT_FOUND: line 1:8: ", "TABLE_NOT_FOUND: line 1:15: ",
                                       "DIVISION_BY_ZERO: ", "FUNCTION_NOT_FOUND: line 1:8: "]):
        assert wanted in text, f"{wanted!r} is not in {text!r}"


@test
def the_pandas_cursor_reads_the_files():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + FLIGHTS + """
from pyathena.pandas.cursor import PandasCursor
frame = open_connection(cursor_class=PandasCursor).cursor().execute("SELECT * FROM lake.flights ORDER BY id").as_pandas()
unloaded = open_connection(cursor_class=PandasCursor).cursor(unload=True).execute("SELECT id FROM lake.flights").as_pandas()
shown = open_connection(cursor_class=PandasCursor).cursor().execute("SHOW TABLES IN lake").as_pandas()
tell([frame.id.tolist(), [str(kind) for kind in frame.dtypes][2], frame.carrier.isna().tolist(), sorted(unloaded.id.tolist()), shown.iloc[:, 0].tolist()])
""")
    equal(got[:1] + got[2:], [[1, 2, 3], [False, False, True], [1, 2, 3], ["flights"]])
    assert got[1].startswith("datetime64"), got[1]


@test
def pages_of_many_rows_come_whole():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + """
many = rows("SELECT n, 'row ' || CAST(n AS varchar) FROM UNNEST(sequence(1, 2500)) AS t(n) ORDER BY n")
tell([len(many), many[0], many[999], many[1000], many[-1]])
""")
    equal(got, [2500, [1, "row 1"], [1000, "row 1000"], [1001, "row 1001"], [2500, "row 2500"]])


@test
def async_queries_run_side_by_side_and_can_be_cancelled():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + """
from pyathena.async_cursor import AsyncCursor
asynchronous = open_connection(cursor_class=AsyncCursor).cursor(max_workers=60)
futures = [asynchronous.execute(f"SELECT {i}")[1] for i in range(50)]
answers = [future.result().fetchone()[0] for future in futures]
athena = boto3.client("athena")
slow = athena.start_query_execution(QueryString="SELECT count(*) FROM UNNEST(sequence(1, 9000)) a(x) CROSS JOIN UNNEST(sequence(1, 9000)) b(y) "
    "CROSS JOIN UNNEST(sequence(1, 9000)) c(z) WHERE x * y % 7 = z % 3", ResultConfiguration={"OutputLocation": "s3://results/py/"})["QueryExecutionId"]
athena.stop_query_execution(QueryExecutionId=slow)
while True:
    state = athena.get_query_execution(QueryExecutionId=slow)["QueryExecution"]["Status"]["State"]
    if state not in ("QUEUED", "RUNNING"):
        break
tell([answers == list(range(50)), state])
""")
    equal(got, [True, "CANCELLED"])


@test
def sqlalchemy_reflects_and_writes():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + FLIGHTS + """
import pandas, sqlalchemy
engine = sqlalchemy.create_engine("awsathena+rest://@athena.us-east-1.amazonaws.com:443/lake?s3_staging_dir=s3://results/py/&poll_interval=0.01")
with engine.connect() as session:
    names = sqlalchemy.inspect(session).get_table_names(schema="lake")
    table = sqlalchemy.Table("flights", sqlalchemy.MetaData(schema="lake"), autoload_with=session)
    found = session.execute(sqlalchemy.select(table.c.carrier).where(table.c.id == 2)).scalar()
    frame = pandas.read_sql(sqlalchemy.text("SELECT id FROM lake.flights ORDER BY id"), session)
tell([names, [column.name for column in table.columns], found, frame.id.tolist()])
""")
    equal(got, [["flights"], ["id", "carrier", "day"], "BB", [1, 2, 3]])


if __name__ == "__main__":
    main()
