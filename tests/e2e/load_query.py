"""The filter query: SQL over all rows of a load."""
import glob
import json
import os
import tempfile

from support import Project, TEGARU, check_run, contains, equal, main, test

COLUMNS = """[{name: id, type: long}, {name: name, type: string}, {name: price, type: 'decimal(10,2)'}, {name: day, type: date, format: '%Y-%m-%d'},
    {name: at, type: timestamp, format: '%Y-%m-%d %H:%M:%S'}, {name: doc, type: json}]"""
CSV = "".join(f'{i},name {i % 3} that is longer than twelve bytes,{i}.50,2024-01-{i % 9 + 1:02},2024-02-03 04:05:{i % 60:02},"{{""k"":{i}}}"\n'
              for i in range(1000))


def load(project, query, status=0, embulk=False, before="", after="", files=1, columns=COLUMNS, csv=CSV):
    for i in range(files):
        project.write(f"data{i}.csv", csv)
    project.write("load.yml", f"""in: {{type: file, path_prefix: data, parser: {{type: csv, escape: null, columns: {columns}}}}}
filters:
{before}
- type: query
  query: |
    {query}
{after}
exec: {{min_output_tasks: 1}}
out: {{type: file, path_prefix: out, file_ext: csv, sequence_format: '', formatter: {{type: csv}}}}
""")
    if embulk:
        link = os.path.join(project.folder, "embulk")
        if not os.path.exists(link):
            os.symlink(TEGARU, link)
        return check_run(project.run("run", "load.yml", program=link), status)
    return check_run(project.run("load", "run", "load.yml", "--json"), status)


def rows(query, **more):
    with Project() as project:
        load(project, query, **more)
        return project.read("outcsv").replace("\r\n", "\n").splitlines()


def fails(query, message, **more):
    with Project() as project:
        contains(load(project, query, status=1, **more).stderr, message)


@test
def an_aggregate_sees_the_rows_of_all_tasks():
    with Project() as project:
        done = load(project, "SELECT count(*) AS n, sum(price) AS total, max(name) AS last FROM input WHERE id < 500", files=7)
        equal(project.read("outcsv").replace("\r\n", "\n"), "n,total,last\n3500,875000.00,name 2 that is longer than twelve bytes\n")
        receipt = json.loads(done.stdout)
        equal((receipt["rows_read"], receipt["rows_written"]), (7000, 1))
        equal([(c["name"], c["type"]) for c in receipt["columns"]], [("n", "int64"), ("total", "decimal(38,2)"), ("last", "string")])


@test
def filters_stand_in_front_and_behind():
    equal(rows("SELECT who, count(*) AS n FROM input GROUP BY who ORDER BY who ; ",
               before="- {type: rename, columns: {name: who}}\n- {type: row, where: 'id < 10'}",
               after="- {type: rename, columns: {n: number}}\n- {type: query, query: 'SELECT number, upper(who) AS who FROM input WHERE number > 3'}"),
          ["number,who", "4,NAME 0 THAT IS LONGER THAN TWELVE BYTES"])


@test
def all_types_go_through_unchanged():
    equal(sorted(rows("SELECT * FROM input WHERE id IN (7, 8)", embulk=False)),
          sorted(["id,name,price,day,at,doc"] + [f'{i},name {i % 3} that is longer than twelve bytes,{i}.50,2024-01-{i % 9 + 1:02},2024-02-03 04:05:{i:02}.000000 +0000,"{{""k"":{i}}}"' for i in (7, 8)]))
    equal(rows("SELECT doc->>'k' AS k, 'a'::ENUM('a', 'b') AS e, [1, 2] AS l, sum(id)::HUGEINT AS h, NULL AS nothing, TRUE AS t, "
               "INTERVAL 2 DAY AS i, 1.5::FLOAT AS f FROM input WHERE id = 7 GROUP BY doc"),
          ["k,e,l,h,nothing,t,i,f", '7,a,"[1,2]",7,,true,2 days,1.5'])


@test
def as_embulk_the_result_has_its_six_types():
    columns = "[{name: id, type: long}, {name: at, type: timestamp, format: '%Y-%m-%d %H:%M:%S'}, {name: j, type: json}]"
    equal(rows("SELECT id::INTEGER AS i, CAST(\"at\" AS DATE) AS d, \"at\", j, 1.25::DECIMAL(5,2) AS x FROM input", embulk=True, columns=columns,
               csv='1,2024-02-03 04:05:06,{}\n'),
          ["i,d,at,j,x", "1,2024-02-03 00:00:00.000000 +0000,2024-02-03 04:05:06.000000 +0000,{},1.25"])


@test
def an_aggregate_of_no_rows_is_one_row():
    equal(rows("SELECT count(*) AS n FROM input", before="- {type: row, where: 'id < 0'}"), ["n", "0"])


@test
def preview_shows_the_result():
    with Project() as project:
        load(project, "SELECT count(*) AS n FROM input")
        contains(check_run(project.run("load", "preview", "load.yml")).stdout, "n")


@test
def problems_of_a_query_are_told_when_the_config_is_opened():
    fails("SELECT nothing FROM input", 'nothing')
    fails("SELEC 1", "query: ")
    fails("DROP TABLE x", "query: ")
    fails("SELECT 1; SELECT 2", "query: ")
    fails("SELECT a.id FROM input a JOIN input b ON a.id = b.id", "'input' is read twice")
    equal(rows("WITH i AS MATERIALIZED (FROM input) SELECT count(*) AS n FROM i a JOIN i b ON a.id = b.id"), ["n", "1000"])


@test
def problems_of_rows_stop_the_load():
    fails("SELECT CAST(name AS INTEGER) AS n FROM input", "name 0 that is longer")
    fails("SELECT count(*) AS n FROM input", "data0.csv:3", csv="1,a,1.50,2024-01-01,2024-02-03 04:05:06,{}\n" * 2 + "x,,,,,\n")


@test
def no_temporary_folder_stays_behind():
    before = set(glob.glob(os.path.join(tempfile.gettempdir(), "tegaru-query-*")))
    rows("SELECT id FROM input ORDER BY name LIMIT 3")
    fails("SELECT nothing FROM input", "nothing")
    equal(set(glob.glob(os.path.join(tempfile.gettempdir(), "tegaru-query-*"))) - before, set())


main()
