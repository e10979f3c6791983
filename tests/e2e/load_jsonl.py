"""The jsonl parser: values, types, odd records, parts of large files in several threads."""
import glob
import json
import random

from support import Project, check_run, contains, equal, main, test

import pyarrow.parquet as pq

COLUMNS = ("[{name: i, type: long}, {name: f, type: double}, {name: s, type: string}, {name: b, type: boolean}, {name: j, type: json}, "
           "{name: t, type: timestamp, format: '%Y-%m-%dT%H:%M:%S'}, {name: d, type: 'decimal(10,3)'}]")


def load(project, lines, status=0, parser="", columns=COLUMNS, top="", exec_=""):
    project.write("data.jsonl", lines)
    project.write("load.yml", f"{top}in: {{type: file, path_prefix: data.jsonl, parser: {{type: jsonl{parser}, columns: {columns}}}}}\n"
                  f"exec: {{{exec_}}}\nout: {{type: s3_parquet, bucket: b, path_prefix: t/}}\n")
    return check_run(project.run("load", "run", "load.yml", "--json"), status)


def rows(project):
    return pq.read_table(sorted(glob.glob(project.folder + "/.tegaru/objects/b/t/*.parquet"))[-1]).to_pylist()


@test
def values_arrive_as_they_are_written():
    with Project() as project:
        load(project, r'''{"i": 1, "f": 1.5e3, "s": "a\tb \u00e9\ud83d\ude00 \"q\" \\", "b": true, "j": {"x": [1, 2.50, null]}, "t": "2024-01-02T03:04:05", "d": 1.25}
{"d": "-7.001", "b": false, "i": -9223372036854775808, "extra": {"deep": [1, {"a": "}"}]}, "f": 7, "s": "", "j": "text"}
{ }
{"i":null,"s":12.50,"j":true,"b":"TRUE","f":"2.5"}

{"s": {"k": 1}, "s": "the last of two counts"}
'''.replace("\n{ }", "\r\n{ }"))
        got = rows(project)
        equal(len(got), 5)
        equal({k: str(v) for k, v in got[0].items()}, {"i": "1", "f": "1500.0", "s": 'a\tb é😀 "q" \\', "b": "True", "j": '{"x":[1,2.50,null]}',
                                                      "t": "2024-01-02 03:04:05", "d": "1.250"})
        equal((got[1]["i"], str(got[1]["d"]), got[1]["j"], got[1]["s"]), (-2**63, "-7.001", '"text"', ""))
        equal(set(got[2].values()), {None})
        equal((got[3]["i"], got[3]["s"], got[3]["j"], got[3]["b"], got[3]["f"]), (None, "12.50", "true", True, 2.5))
        equal(got[4]["s"], "the last of two counts")


@test
def what_is_no_record_stops_with_line_and_reason():
    bad = {'{"i": 1.5}': "column 'i': is not an integer", '{"i": 99999999999999999999}': "column 'i'", '{"b": 1}': "neither true nor false",
           '{"t": "noon"}': "column 't'", '{"d": 1.2345}': "column 'd': does not fit the decimal", '[1]': "a record must be an object",
           '{"i": 1} x': "something behind the object", '{"i": 01}': "malformed number", '{"i": 1.}': "malformed number", '{"i": -}': "malformed number",
           '{"s": "a': "a string without an end", '{"s": "\\x"}': "an unknown escape", '{"s": "\\ud800"}': "half of a surrogate pair",
           '{"i" 1}': "no ':' behind a name", '{i: 1}': "a name in quotes is missing", '{"i": 1': "does not end", '{"i": nul}': "is no JSON",
           '{"s": "a\x01"}': "a control character", '{"i": 1,}': "a name in quotes is missing", '{"j": {"a": }}': "", '{"j": [1, 2}': ""}
    with Project() as project:
        for line, reason in bad.items():
            done = load(project, '{"i": 7}\n' + line + "\n", 1)
            contains(done.stderr, "data.jsonl:2: ")
            contains(done.stderr, reason)
        project.write("data.jsonl", b'{"s": "ok"}\n{"s": "\xff"}\n')
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "the line is no UTF-8")


@test
def bad_lines_are_skipped_and_kept_when_allowed():
    with Project() as project:
        receipt = json.loads(load(project, '{"i": 1}\nno json\n{"i": "x"}\n{"i": 4}\n', exec_="reject_file: bad.csv").stdout)
        equal((receipt["rows_read"], receipt["rows_rejected"]), (2, 2))
        contains(project.read("bad.csv"), '"data.jsonl",2,,"a record must be an object","no json"')
        contains(project.read("bad.csv"), '"data.jsonl",3,"i","is not an integer of 64 bits","{""i"": ""x""}"')
        done = load(project, '{"i": 1.9}\nno json\n', top="types: embulk\n", columns="[{name: i, type: long}]", exec_="min_output_tasks: 1")
        contains(done.stderr, "Skipped line data.jsonl:2")
        equal(rows(project), [{"i": 1}])


@test
def large_files_are_parsed_in_parts_without_losing_a_line():
    chance = random.Random(7)
    lines = [json.dumps({"i": i, "s": "x" * chance.randrange(300), "j": {"n": list(range(chance.randrange(5)))}}) for i in range(60000)]
    lines[30000] = json.dumps({"i": 30000, "s": "y" * 5000000})
    with Project() as project:
        load(project, "\n".join(lines))
        got = sorted(rows(project), key=lambda r: r["i"])
        equal(len(got), len(lines))
        for i in (0, 1, 29999, 30000, 30001, 59999):
            wanted = json.loads(lines[i])
            equal((got[i]["s"], got[i]["j"]), (wanted["s"], json.dumps(wanted["j"], separators=(",", ":")) if "j" in wanted else None))
        equal(sum(len(r["s"]) for r in got), sum(len(json.loads(line)["s"]) for line in lines))


@test
def without_columns_the_record_is_one_column():
    with Project() as project:
        project.write("data.jsonl", '\ufeff{"a": 1}\n{"b": [1, 2]}\n')
        project.write("load.yml", "types: embulk\nin: {type: file, path_prefix: data.jsonl, parser: {type: jsonl}}\nout: {type: stdout}\n")
        equal(check_run(project.run("load", "run", "load.yml")).stdout.splitlines()[:2], ['{"a":1}', '{"b":[1,2]}'])
        contains(load(project, "{}", 1, columns="[{name: a, type: long, element_at: /x}]").stderr, "use that one")


@test
def the_formatter_writes_what_the_parser_reads():
    with Project() as project:
        lines = [{"i": 1, "f": 1.5, "s": 'q " \\ \n\x01é😀', "b": True, "j": {"a": [1, None]}, "t": "2024-01-02T03:04:05", "d": 7.125}, {"i": None}]
        project.write("data.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        project.write("load.yml", f"in: {{type: file, path_prefix: data.jsonl, parser: {{type: jsonl, columns: {COLUMNS}}}}}\n"
                      "exec: {min_output_tasks: 1}\nout: {type: file, path_prefix: out, file_ext: jsonl, formatter: {type: jsonl}}\n")
        check_run(project.run("load", "run", "load.yml"))
        got = [json.loads(line) for line in project.read("out000.00.jsonl").splitlines()]
        equal(got[0], {**lines[0], "t": "2024-01-02T03:04:05.000000+00:00"})
        equal(set(got[1].values()), {None})
        contains(project.read("out000.00.jsonl"), '"d":7.125')
        project.write("load.yml", project.read("load.yml").replace("{type: jsonl}}", "{type: jsonl, newline: CR}}"))
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "'newline' must be LF or CRLF")


@test
def columns_and_types_are_guessed_by_exact_loads():
    with Project() as project:
        project.write("data.jsonl", '{"i": 1, "x": 1, "s": "a", "b": true, "n": null, "o": {"k": 1}, "m": 1}\n{"i": 2, "x": 1.5, "late": [1], "m": "t"}\n')
        project.write("load.yml", "in: {type: file, path_prefix: data}\nout: {type: s3_parquet, bucket: b, path_prefix: t/}\n")
        check_run(project.run("load", "run", "load.yml"))
        equal(rows(project), [{"i": 1, "x": 1.0, "s": "a", "b": True, "n": None, "o": '{"k":1}', "m": "1", "late": None},
                              {"i": 2, "x": 1.5, "s": None, "b": None, "n": None, "o": None, "m": "t", "late": "[1]"}])
        project.write("load.yml", "types: embulk\nin: {type: file, path_prefix: data, parser: {type: jsonl}}\nout: {type: stdout}\n")
        contains(check_run(project.run("load", "run", "load.yml")).stdout, '{"i":1,')


main()
