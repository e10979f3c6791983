"""The dynamodb input against DynamoDB Local: every type, pages, segments, queries, samples; against a small fake: failures."""
import base64
import decimal
import glob
import json
import os
import stat
import time

from dynamodb_server import KEY_ID, SECRET, DynamodbLocal, FakeDynamodb, error
from support import Project, Skip, check_run, contains, equal, main, test

import pyarrow.parquet as pq  # support.py says where it is

shared = {}
TABLE = "out: {type: s3_parquet, bucket: b, path_prefix: t, catalog: {database: d, table: t}}\n"
STDOUT = "out: {type: stdout}\nexec: {min_output_tasks: 1, max_threads: 1}\n"


def local():
    if "server" not in shared:
        shared["server"] = DynamodbLocal()
        shared["server"].create("numbers", [{"id": {"S": f"k{i:05}"}, "n": {"N": str(i)}, "pad": {"S": "x" * 2000}} for i in range(3000)])
        shared["server"].create("events", [{"id": {"S": f"u{i % 3}"}, "at": {"N": str(i)}, "v": {"N": str(i * i)}} for i in range(60)], sort="at",
                                attributes=[("v", "N")], GlobalSecondaryIndexes=[{"IndexName": "by_v", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
                                    {"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "v", "KeyType": "RANGE"}]}])
    return shared["server"]


def config(server, options, out=TABLE):
    return (f"in:\n  type: dynamodb\n  endpoint: '{server.endpoint}'\n  access_key_id: {KEY_ID}\n  secret_access_key: '{SECRET}'\n  region: us-east-1\n"
            + "".join(f"  {line}\n" for line in options.strip().splitlines()) + out)


def load(project, server, options, status=0, out=TABLE, arguments=(), **more):
    project.write("load.yml", config(server, options, out))
    return check_run(project.run("load", "run", "load.yml", *arguments, **more), status)


def rows(done):
    return done.stdout.split("rows_read")[0].splitlines()


def table(project):
    return pq.read_table(sorted(glob.glob(project.folder + "/.tegaru/objects/b/**/*.parquet", recursive=True))[-1])


def query(project, sql):
    return check_run(project.run("query", "--format", "csv", sql)).stdout.splitlines()[1:]


def b64(data):
    return base64.b64encode(data).decode()


BIG = "9" * 38
ITEMS = [  # each type: smallest, largest, NULL or missing, odd
    {"id": {"S": "min"}, "s": {"S": ""}, "n": {"N": "-9223372036854775808"}, "d": {"N": "-1E-10"}, "t": {"N": "-9.9999999999999999999999999999999999999E+125"},
     "b": {"B": b64(b"\0")}, "o": {"BOOL": False}, "m": {"M": {}}, "l": {"L": []}, "ss": {"SS": ["a"]}, "ns": {"NS": ["-1"]}, "bs": {"BS": [b64(b"\0")]}},
    {"id": {"S": "max"}, "s": {"S": "x" * 300000}, "n": {"N": "9223372036854775807"}, "d": {"N": "9999999999999999999999999999"}, "t": {"N": BIG},
     "b": {"B": b64(bytes(range(256)) * 100)}, "o": {"BOOL": True}, "m": {"M": {"a": {"M": {"b": {"N": "1.50"}}}}}, "l": {"L": [{"S": "x"}, {"NULL": True}, {"L": []}]},
     "ss": {"SS": ["b", "a"]}, "ns": {"NS": [BIG, "0.1"]}, "bs": {"BS": [b64(b"ab"), b64(b"\xff")]}},
    {"id": {"S": "null"}, **{name: {"NULL": True} for name in ("s", "n", "d", "t", "b", "o", "m", "l", "ss", "ns", "bs")}},
    {"id": {"S": "none"}},
    {"id": {"S": "odd"}, "s": {"S": "né\n\"\u0000\U0001f600"}, "n": {"N": "1E+3"}, "d": {"N": "0.5"}, "t": {"N": "1E-130"}, "b": {"B": b64("né".encode())},
     "o": {"BOOL": True}, "m": {"M": {"k\"": {"B": b64(b"\x01")}, "e": {"N": "1E+2"}}}, "l": {"L": [{"BOOL": True}, {"SS": ["z"]}]},
     "ss": {"SS": ["é"]}, "ns": {"NS": ["12345678901234567890"]}, "bs": {"BS": [b64(b"")  or b64(b" ")]}},
]
COLUMNS = """columns:
  - {name: id, type: string}
  - {name: s, type: string}
  - {name: n, type: long}
  - {name: d, type: 'decimal(38,10)'}
  - {name: t, type: string}
  - {name: b, type: binary}
  - {name: o, type: boolean}
  - {name: m, type: json}
  - {name: l, type: json}
  - {name: ss, type: json}
  - {name: ns, type: json}
  - {name: bs, type: json}"""


def digits(text):
    """A number of the test as the server says it, without exponent."""
    return format(decimal.Context(prec=60).create_decimal(text).normalize(decimal.Context(prec=60)), "f")


@test
def every_type_arrives_exactly_for_pyarrow_and_duckdb():
    server = local()
    items = [dict(item) for item in ITEMS]
    items[-1]["bs"] = {"BS": [b64(b" ")]}
    server.create("types", items)
    with Project() as project:
        load(project, server, "table: types\n" + COLUMNS)
        got = {row["id"]: row for row in table(project).to_pylist()}
        equal(sorted(got), ["max", "min", "none", "null", "odd"])
        for key in ("null", "none"):
            equal([v for k, v in got[key].items() if k != "id"], [None] * 11)
        plain = {"min": items[0], "max": items[1], "odd": items[4]}
        for key, item in plain.items():
            row = got[key]
            equal(row["s"], item["s"]["S"])
            equal(row["n"], int(decimal.Decimal(item["n"]["N"])))
            equal(row["d"], decimal.Decimal(item["d"]["N"]), key)
            equal(row["t"], digits(item["t"]["N"]))
            equal(row["b"], base64.b64decode(item["b"]["B"]))
            equal(row["o"], item["o"]["BOOL"])
            equal(sorted(json.loads(row["ss"])), sorted(item["ss"]["SS"]))
            equal(sorted(json.loads(row["bs"])), sorted(item["bs"]["BS"]))
            equal(sorted(json.loads(row["ns"], parse_float=str, parse_int=str)), sorted(digits(n) for n in item["ns"]["NS"]))
        equal([json.loads(got[k]["m"], parse_float=str) for k in ("min", "max")], [{}, {"a": {"b": "1.5"}}])
        equal(json.loads(got["odd"]["m"]), {"k\"": "AQ==", "e": 100})
        equal([json.loads(got[k]["l"]) for k in ("min", "max", "odd")], [[], ["x", None, []], [True, ["z"]]])
        equal(query(project, "SELECT n, d, length(s), length(b) FROM d.t WHERE id = 'max'"), ["9223372036854775807,9999999999999999999999999999.0000000000,300000,25600"])
        equal(query(project, "SELECT id FROM d.t WHERE o ORDER BY 1"), ["max", "odd"])


@test
def columns_come_from_a_sample_and_conflicts_have_rules():
    server = local()
    server.create("mixed", [
        {"id": {"S": "1"}, "whole": {"N": "1"}, "money": {"N": "1.25"}, "huge": {"N": "1E+60"}, "mix": {"S": "a"}, "any": {"S": "a"}, "flag": {"BOOL": True}, "raw": {"B": "AA=="}, "none": {"NULL": True}},
        {"id": {"S": "2"}, "whole": {"N": "-5"}, "money": {"N": "7"}, "huge": {"N": "0.5"}, "mix": {"N": "2"}, "any": {"L": [{"N": "1"}]}, "flag": {"NULL": True}}])
    wanted = {"any": "json", "flag": "boolean", "huge": "string", "id": "string", "mix": "string", "money": "decimal(38,2)", "none": "string", "raw": "binary", "whole": "long"}
    with Project() as project:
        project.write("load.yml", config(server, "table: mixed"))
        done = check_run(project.run("load", "guess", "load.yml", "-o", "guessed.yml"))
        guessed = project.read("guessed.yml")
        for name, kind in wanted.items():
            contains(guessed.replace('"', ""), f"name: {name}")
            contains(done.stderr, f"{name} {kind}")
        ledger = check_run(project.run("load", "types", "load.yml")).stdout
        for part in ("S, N", "decimal(38,2)", "numbers and booleans become texts"):
            contains(ledger, part)
        load(project, server, "table: mixed")
        equal(query(project, "SELECT whole, money, huge, mix, \"any\", flag, none FROM d.t ORDER BY id"),
              ["1,1.25,1" + "0" * 60 + ",a,\"\"\"a\"\"\",true,", "-5,7.00,0.5,2,[1],,"])
        check_run(project.run("load", "run", "guessed.yml"))
        equal(query(project, "SELECT count(*) FROM d.t"), ["2"])
        # what the sample did not show stops the load, as it was told to
        fake_rows = [{"id": {"S": str(i)}} for i in range(5)] + [{"id": {"S": "x"}, "late": {"S": "v"}}]
        server.create("late", fake_rows)
        ids = [item["id"]["S"] for item in server.call("Scan", TableName="late")["Items"]]
        if ids.index("x") > 0:
            message = load(project, server, "table: late\nscan: {batch_size: 1}\nsample_items: 1", 1).stderr
            contains(message, "attribute 'late' is not among the columns")
            contains(message, "table 'late', segment 0, item ")
            load(project, server, "table: late\nscan: {batch_size: 1}\nsample_items: 1\nextra_attributes: ignore")
        server.create("empty")
        contains(load(project, server, "table: empty", 1).stderr, "there are no items that columns could be taken from; write 'columns'")
        equal(rows(load(project, server, "table: empty\ncolumns: [{name: id, type: string}]", out=STDOUT)), [])


@test
def pages_and_segments_give_each_item_once():
    server = local()
    wanted = sorted(range(3000))
    with Project() as project:
        for options in ("", "segments: 7", "scan: {total_segment: 4, batch_size: 100}"):  # 6 MB: more pages than one
            load(project, server, f"table: numbers\ncolumns: [{{name: n, type: long}}]\n{options}")
            equal(sorted(table(project)["n"].to_pylist()), wanted, options)
        parts = []
        for segment in range(3):
            done = load(project, server, f"table: numbers\ncolumns: [{{name: n, type: long}}]\nscan: {{total_segment: 3, segment: {segment}}}", out=STDOUT)
            parts.append([int(row) for row in rows(done)])
        equal(sorted(sum(parts, [])), wanted)
        assert all(parts)
        for options in ("scan: {limit: 1234}", "scan: {limit: 1234, total_segment: 4}", "scan: {limit: 1234, filter_expression: 'n >= :n', expression_attribute_values: {':n': 100}}"):
            equal(len(rows(load(project, server, f"table: numbers\ncolumns: [{{name: n, type: long}}]\n{options}", out=STDOUT))), 1234, options)


@test
def queries_have_keys_expressions_and_indexes():
    server = local()
    with Project() as project:
        def ask(options, status=0):
            return load(project, server, "table: events\ncolumns: [{name: at, type: long}, {name: v, type: long}]\n" + options, status, out=STDOUT)
        equal(rows(ask("query: {key_condition_expression: 'id = :i AND #t < :t', expression_attribute_names: {'#t': at}, expression_attribute_values: {':i': {S: u1}, ':t': {N: 11}}}")),
              ["1,1", "4,16", "7,49", "10,100"])
        equal(rows(ask("query: {key_condition_expression: 'id = :i', expression_attribute_values: {':i': u2}, scan_index_forward: false, limit: 2, consistent_read: true}")),
              ["59,3481", "56,3136"])
        equal(rows(ask("query: {index_name: by_v, key_condition_expression: 'id = :i AND v > :v', expression_attribute_values: {':i': u0, ':v': 3000}}")), ["57,3249"])
        equal(rows(ask("query: {key_condition_expression: 'id = :i', expression_attribute_values: {':i': u0}, projection_expression: v, limit: 2}")), [",0", ",9"])
        equal(rows(ask("query: {key_condition_expression: 'id = :i', expression_attribute_values: {':i': u0}, exclusive_start_key: {id: u0, at: 54}}")), ["57,3249"])
        contains(ask("query: {key_condition_expression: 'nokey = :i', expression_attribute_values: {':i': u0}}", 1).stderr, "the request is not valid; check keys and expressions")


@test
def the_options_before_0_3_work():
    server = local()
    with Project() as project:
        def ask(options, program="embulk"):
            project.write("load.yml", f"in:\n  type: dynamodb\n  end_point: '{server.endpoint}'\n  access_key: {KEY_ID}\n  secret_key: '{SECRET}'\n  table: events\n"
                          + "".join(f"  {line}\n" for line in options.splitlines()) + STDOUT)
            link = os.path.join(project.folder, program)
            if not os.path.exists(link):
                os.symlink(os.environ["TEGARU"], link)
            done = check_run(project.run("run", "load.yml", program=link))
            return [line for line in done.stdout.splitlines() if not line.startswith("20")]
        equal(ask("operation: query\nfilters: [{name: id, type: string, condition: EQ, value: u1}, {name: at, type: long, condition: BETWEEN, value: 5, value2: 11}]\n"
                  "columns: [{name: at, type: long}, {name: none, type: string}, {name: missing, type: long}]"), ["7,,0", "10,,0"])
        equal(len(ask("operation: scan\nrecord_limit: 7\nscan_limit: 5\ncolumns: [{name: at, type: long}]")), 7)


@test
def embulks_types_are_those_of_the_plug_in():
    server = local()
    server.create("loose", [{"id": {"S": "1"}, "a": {"S": "yes"}, "n": {"N": "12.9"}, "b": {"B": b64(b"7")}, "o": {"BOOL": True}, "l": {"L": [{"N": "1.50"}, {"N": "3"}]}}])
    with Project() as project:
        columns = ["{name: a, type: boolean}", "{name: n, type: boolean}", "{name: n, type: long}", "{name: n, type: double}", "{name: b, type: long}", "{name: o, type: long}",
                   "{name: o, type: string}", "{name: l, type: long}", "{name: n, type: string, attribute_type: S}", "{name: a, type: double}", "{name: l, type: json}"]
        done = load(project, server, "table: loose\nscan: {}\ncolumns: [" + ", ".join(columns) + "]", out="types: embulk\n" + STDOUT)
        equal(rows(done), ["true,true,12,12.9,7,1,true,,,,[1.5,3]"])
        done = load(project, server, "table: loose\nscan: {}", out="types: embulk\n" + STDOUT)
        equal(json.loads(rows(done)[0]), {"id": "1", "a": "yes", "n": 12.9, "b": "7", "o": True, "l": [1.5, 3]})
        done = load(project, server, "table: loose\njson_column_name: item", out=STDOUT)
        equal(json.loads(rows(done)[0]), {"id": "1", "a": "yes", "n": 12.9, "b": "Nw==", "o": True, "l": [1.5, 3]})


@test
def values_that_do_not_fit_stop_the_load():
    server = local()
    with Project() as project:
        for kind, column, message in [({"N": "1.5"}, "long", "is not an integer of 64 bits"), ({"N": "9223372036854775808"}, "long", "is not an integer of 64 bits"),
                                      ({"S": "maybe"}, "boolean", "is neither true nor false"), ({"N": "1.234"}, "'decimal(10,2)'", "precision and scale"),
                                      ({"N": "1"}, "binary", "is not binary"), ({"B": b64(b"\xff")}, "string", "is binary and no UTF-8"), ({"M": {}}, "long", "is not an integer")]:
            name = f"bad{len(shared)}"
            shared[name] = True
            server.create(name, [{"id": {"S": "1"}, "v": kind}])
            text = load(project, server, f"table: {name}\ncolumns: [{{name: v, type: {column}}}]", 1).stderr
            contains(text, message)
            contains(text, "attribute 'v'")
            contains(text, "name a type in 'columns' that holds it")
        assert not glob.glob(project.folder + "/.tegaru/objects/b/**/*.parquet", recursive=True)


@test
def mistakes_are_told():
    server = FakeDynamodb(lambda action, request: error("ResourceNotFoundException", "Requested resource not found"))
    with Project() as project:
        for options, message in [("scan: {}", "'table'"), ("table: t\nquery: {}", "'key_condition_expression' is missing"), ("table: t\nscan: {segment: 1}", "'segment' needs 'total_segment'"),
                                 ("table: t\nscan: {}\nquery: {key_condition_expression: x}", "write either 'scan' or 'query'"), ("table: t\noperation: put\ncolumns: [{name: a, type: long}]", "must be scan or query"),
                                 ("table: t\noperation: scan\nscan: {}", "without 'operation'"), ("table: t\nscan: {total_segment: 2, segment: 2}", "segment"), ("table: t\nsegments: 99999", "segments"),
                                 ("table: t\ncolumns: [{name: a, type: lnog}]", "unknown type 'lnog' (did you mean 'long'?)"), ("table: t\ncolumns: [{name: a, type: long, attribute_type: X}]", "attribute_type must be"),
                                 ("table: t\nscan: {expression_attribute_values: {':a': {X: 1}}}", "a value must be one of {S: text}"), ("table: t\nscan: {select: COUNT}", "COUNT gives no rows"),
                                 ("table: t\nscan: {batch_size: 0}", "batch_size"), ("table: t\nextra_attributes: drop\ncolumns: [{name: a, type: long}]", "refuse or ignore")]:
            contains(load(project, server, options, 1).stderr, message)
        done = load(project, server, "table: t\nscan: {totl_segment: 2}\nsegmets: 3", 1)
        contains(done.stderr, "in.scan: unknown option 'totl_segment' is ignored (did you mean 'total_segment'?)")
        contains(done.stderr, "unknown option 'segmets' is ignored (did you mean 'segments'?)")
        contains(done.stderr, "there is no such table or index; check table, index_name and region")
        project.write("load.yml", config(server, "table: t").replace(KEY_ID, "AKIDOTHER"))
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "the access key or session token is not known")
        project.write("load.yml", config(server, "table: t").replace(SECRET, "wrong"))
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "the signature is wrong; check secret_access_key")
    server.stop()


def paged(action, request):
    """Ten items, two a page."""
    first = int(request.get("ExclusiveStartKey", {"n": {"N": "-1"}})["n"]["N"]) + 1
    answer = {"Items": [{"n": {"N": str(i)}} for i in range(first, first + 2)], "Count": 2}
    return 200, dict(answer, LastEvaluatedKey={"n": {"N": str(first + 1)}}) if first < 8 else answer


@test
def throttling_and_failures_are_tried_again_within_a_budget():
    server = FakeDynamodb(paged)
    columns = "table: t\ncolumns: [{name: n, type: long}]\n"
    try:
        with Project() as project:
            server.failures = [error("ProvisionedThroughputExceededException"), error("ThrottlingException"), (500, b"oops"), (503, {}), "hang up", (299, b"{"), (200, b"half {"),
                               error("InternalServerError", status=500), error("RequestLimitExceeded")]
            equal(rows(load(project, server, columns, out=STDOUT)), [str(i) for i in range(10)])
            equal(len(server.requests), 5 + 9)
            server.failures = [error("ProvisionedThroughputExceededException")] * 50
            text = load(project, server, columns + "maximum_retries: 3", 1).stderr
            contains(text, "the table's read capacity is used up; raise it, or read with fewer segments")
            contains(text, "tried 4 times")
            server.failures = [error("ThrottlingException")] * 500
            started = time.monotonic()
            contains(load(project, server, columns + "retry_seconds: 1", 1).stderr, "the server asks to slow down")
            assert time.monotonic() - started < 5
            server.failures = []
    finally:
        server.stop()


@test
def hostile_answers_are_refused():
    again = {"Items": [], "LastEvaluatedKey": {"n": {"N": "1"}}}
    deep = {"S": "x"}
    for _ in range(200):
        deep = {"L": [deep]}
    columns = "table: t\nmaximum_retries: 0\ncolumns: [{name: n, type: json}]\n"
    for answer, message in [(again, "the same page again and again"), ({"Count": 1}, "without Items"), ({"Items": [5]}, "an item is no map"), ({"Items": [{"n": {"Z": 1}}]}, "is no value as DynamoDB has them"),
                            ({"Items": [{"n": {"N": "1e999999999"}}]}, "holds a number that is none"), ({"Items": [{"n": {"N": 5}}]}, "is no value"), ({"Items": [{"n": deep}]}, "nested deeper"),
                            (b"[1]", "the answer is no JSON object"), (b"[" * 100000, "the answer is no JSON object"), (b" " * (33 << 20), "is larger than 33554432 bytes"), ({"Items": [{"n": {"S": "a", "N": "1"}}]}, "is no value")]:
        server = FakeDynamodb(lambda action, request, answer=answer: (200, answer))
        try:
            with Project() as project:
                contains(load(project, server, columns, 1).stderr, message)
        finally:
            server.stop()


@test
def expired_keys_are_asked_for_again_once():
    server = FakeDynamodb(paged)
    script = "#!/bin/sh\nn=$(cat count 2>/dev/null || echo 0); echo $((n+1)) > count\n" \
             "printf '{\"Version\": 1, \"AccessKeyId\": \"AKID%s\", \"SecretAccessKey\": \"sekret%s\"}' $n $n\n"
    try:
        with Project() as project:
            project.write("keys.sh", script)
            os.chmod(project.folder + "/keys.sh", stat.S_IRWXU)
            project.write("profile", f"[default]\nregion = us-east-1\ncredential_process = {project.folder}/keys.sh\n")
            env = {"AWS_CONFIG_FILE": project.folder + "/profile", "AWS_SHARED_CREDENTIALS_FILE": project.folder + "/none", "AWS_EC2_METADATA_DISABLED": "true"}
            project.write("load.yml", config(server, "table: t\nauth_method: default\ncolumns: [{name: n, type: long}]", STDOUT)
                          .replace(f"  access_key_id: {KEY_ID}\n", "").replace(f"  secret_access_key: '{SECRET}'\n", ""))
            server.keys = {"AKID0": "expired", "AKID1": "sekret1"}
            equal(rows(check_run(project.run("load", "run", "load.yml", env=env))), [str(i) for i in range(10)])
            equal(project.read("count"), "2\n")
            server.keys = {f"AKID{i}": "expired" for i in range(9)}
            contains(check_run(project.run("load", "run", "load.yml", env=env), 1).stderr, "the place where the credentials come from gave none that are newer")
            server.keys = {KEY_ID: "expired"}
            contains(load(project, server, "table: t\ncolumns: [{name: n, type: long}]", 1).stderr, "cannot be renewed; get new ones")
    finally:
        server.stop()


try:
    main()
finally:
    if isinstance(shared.get("server"), DynamodbLocal):
        shared["server"].__exit__()
