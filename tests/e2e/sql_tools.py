"""tegaru sql: tests of queries, and what is wrong or dear in them."""
import json

from support import Project, check_run, contains, equal, main, test

QUERY = "SELECT day, sum(amount) AS amount, count(*) AS n FROM orders WHERE day = DATE '${day}' GROUP BY day\n"
TESTS = """
database: shop
tests:
  - name: sums by day
    query: daily.sql
    params: {day: 2026-01-01}
    given:
      orders:
        columns: {id: bigint, day: date, amount: 'decimal(10,2)', tags: array<string>}
        rows:
          - {id: 1, day: 2026-01-01, amount: 1.50, tags: [a, b]}
          - {id: 2, day: 2026-01-01, amount: 2}
          - {id: 3, day: 2026-01-02, amount: 9}
    expect:
      - {day: 2026-01-01, amount: 3.50, n: 2}
"""


def run(files, *arguments, status=0):
    with Project(files) as project:
        return check_run(project.run("sql", *arguments), status)


@test
def a_query_is_tested_with_rows_given_and_expected():
    done = run({"daily.sql": QUERY, "daily.yml": TESTS}, "test", "daily.yml")
    equal(done.stdout, "daily.yml: sums by day\n  ok\n1 passed, 0 failed\n")


@test
def rows_that_differ_are_shown():
    done = run({"daily.sql": QUERY, "daily.yml": TESTS.replace("3.50", "4.50")}, "test", "daily.yml", status=1)
    contains(done.stdout, "    1 rows are expected, 1 came; - is missing, + should not be there\n    - day: 2026-01-01, amount: 4.5, n: 2\n    + day: 2026-01-01, amount: 3.50, n: 2\n  FAILED\n0 passed, 1 failed\n")


@test
def order_counts_when_it_is_asked_for():
    test_file = "tests:\n  - {query: 'SELECT n FROM (VALUES 2, 1) AS t (n) ORDER BY n', expect: [{n: 2}, {n: 1}]%s}\n"
    run({"t.yml": test_file % ""}, "test", "t.yml")
    contains(run({"t.yml": test_file % ", ordered: true"}, "test", "t.yml", status=1).stdout, "(in this order)")


@test
def nulls_numbers_and_errors_are_compared():
    run({"t.yml": """tests:
  - {query: "SELECT CAST(NULL AS bigint) AS n, 15e-1 AS d, '' AS s", expect: [{n: null, d: 1.5, s: ''}]}
  - {query: SELECT 1 / x AS d FROM zeros, given: {zeros: [{x: 0}]}, error: zero}
  - {query: SELECT count(*) AS n FROM empty, given: {empty: {columns: {x: bigint}}}, expect: [{n: 0}]}
"""}, "test", "t.yml")


@test
def now_is_what_the_file_says():
    run({"t.yml": "now: '2026-02-03 04:05:06'\ntests:\n  - {query: SELECT current_date AS d, expect: [{d: 2026-02-03}]}\n"}, "test", "t.yml")


@test
def types_come_from_the_tables_of_the_project():
    with Project({"t.yml": "tests:\n  - {query: 'SELECT typeof(p) AS p, typeof(x) AS x FROM t', given: {t: [{x: 1, p: 2026-01-01}]}, expect: [{p: date, x: integer}]}\n"}) as project:
        check_run(project.run("query", "CREATE EXTERNAL TABLE t (x int) PARTITIONED BY (p date) STORED AS PARQUET LOCATION 's3://b/t/'"))
        check_run(project.run("sql", "test", "t.yml"))
        equal(check_run(project.run("query", "--format", "csv", "SELECT count(*) FROM t")).stdout, "_col0\n0\n")


@test
def mistakes_in_a_test_are_told():
    for text, message in (("tests:\n  - {query: SELECT 1}\n", "'expect' (a list of rows) or 'error' is missing"),
                          ("tests:\n  - {expect: []}\n", "'query' is missing"),
                          ("tests:\n  - {query: SELECT 1, given: {t: {columns: {a: bigint}, rows: [{b: 1}]}}, expect: []}\n", "given: t has no column 'b'"),
                          ("tests:\n  - {query: SELECT 1, given: {t: {columns: {a: bigin}, rows: []}}, expect: []}\n", "given: t: "),
                          ("tests:\n  - {query: SELECT x FROM nowhere, expect: []}\n", "nowhere")):
        contains(run({"t.yml": text}, "test", "t.yml", status=1).stdout, message)
    contains(run({"t.yml": "a: 1\n"}, "test", "t.yml", status=1).stderr, "'tests' (a list) is missing")
    run({}, "test", status=2)
    run({}, status=2)


def lint(sql, *arguments, status=1):
    with Project({"q.sql": sql}) as project:
        check_run(project.run("query", "CREATE EXTERNAL TABLE t (x int) PARTITIONED BY (dt string, h int) STORED AS PARQUET LOCATION 's3://b/t/'"))
        check_run(project.run("query", "CREATE EXTERNAL TABLE u (x int) STORED AS PARQUET LOCATION 's3://b/u/'"))
        return check_run(project.run("sql", "lint", "q.sql", *arguments), status).stdout


@test
def a_query_that_reads_a_whole_partitioned_table_is_found():
    contains(lint("SELECT x\nFROM t\nWHERE x > 1\n"), "q.sql:2:6: this reads the whole table t: add a condition on its partition key 'dt', 'h' (partition-filter)")
    for sql in ("SELECT x FROM t WHERE dt = '2026-01-01'", "SELECT a.x FROM t AS a JOIN u ON a.x = u.x AND a.h IN (1, 2)", "SELECT x FROM t WHERE x = 1 AND dt BETWEEN '1' AND '2'",
                "WITH t AS (SELECT 1 AS x) SELECT x FROM t", "SELECT x FROM u"):
        equal(lint(sql, status=0), "", sql)


@test
def a_key_inside_of_an_expression_is_found():
    contains(lint("SELECT x FROM t WHERE CAST(dt AS date) >= DATE '2026-01-01'"), "q.sql:1:23: a partition key of t ('dt', 'h') stands inside of an expression")


@test
def other_rules_of_lint():
    contains(lint("SELECT t1.x FROM u AS t1, u AS t2"), "(cross-join)")
    contains(lint("CREATE TABLE n AS SELECT * FROM u ORDER BY x"), "(select-star)")
    contains(lint("CREATE TABLE n AS SELECT x FROM u ORDER BY x"), "(order-without-limit)")
    contains(lint("SELECT x FROM u WHERE x NOT IN (SELECT x FROM u)"), "(not-in-null)")
    equal(lint("SELECT * FROM u ORDER BY x", status=0), "")
    equal(lint("SELECT x FROM u CROSS JOIN UNNEST(ARRAY[1]) AS a (n) ORDER BY x LIMIT 3", status=0), "")


@test
def lint_finds_mistakes_looks_past_templates_and_prints_json():
    with Project({"bad.sql": "SELEC 1\n", "t.sql": "SELECT x FROM ${table} WHERE a = ${n} AND s = '${x}' LIMIT ${n}\n"}) as project:
        contains(check_run(project.run("sql", "lint", "bad.sql", "t.sql"), 1).stderr, "bad.sql:1:1:")
        check_run(project.run("sql", "lint", "t.sql"))
    equal(json.loads(lint("SELECT t1.x FROM u AS t1, u AS t2", "--json"))["rule"], "cross-join")


if __name__ == "__main__":
    main()
