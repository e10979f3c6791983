"""Programs as inputs: the examples of the docs, JSON lines, Arrow IPC with all types, and all ways to fail."""
import decimal
import json
import os
import signal
import stat
import subprocess
import sys
import time

from support import SOURCE, TEGARU, Project, check_run, contains, equal, main, test

import pyarrow as pa

PYTHONPATH = {"PYTHONPATH": os.path.join(SOURCE, ".deps/python")}
D = decimal.Decimal
IN = "in: {type: NAME, OPTIONS}\nexec: {max_threads: 1}\nout: {type: stdout}\n"
HEAD = f"#!{sys.executable}\nimport json, os, sys, time\nrequest = json.load(sys.stdin)\n"


def example(name):
    """A program of docs/loader-plugins.md."""
    with open(os.path.join(SOURCE, "docs/loader-plugins.md")) as text:
        part = text.read().split(f"<!-- test: {name} -->\n", 1)[1].split("\n", 1)[1].split("\n```", 1)[0]
    return part.replace("#!/usr/bin/env python3", f"#!{sys.executable}", 1) + "\n"


class PluginProject(Project):
    def add(self, text, name="mine", folder="plugins"):
        path = os.path.join(self.folder, folder, f"tegaru-input-{name}")
        self.write(f"{folder}/tegaru-input-{name}", text)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR | stat.S_IXGRP)

    def arrow(self, data, name="mine"):
        """A program that writes these bytes."""
        self.write("data.arrow", data)
        self.add("#!/bin/sh\ncat > /dev/null; exec cat data.arrow\n", name)

    def load(self, options="x: 1", status=0, action="run", name="mine", more="", **rest):
        self.write("load.yml", IN.replace("NAME", name).replace("OPTIONS", options) + more)
        return check_run(self.run("load", action, "load.yml", env={**PYTHONPATH, **rest.pop("env", {})}, **rest), status)


def rows_of(done):
    return done.stdout.split("rows_read")[0]


def ipc(table, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as out:
        out.write(table)
    return sink.getvalue().to_pybytes()


# --- the examples ---

@test
def the_example_with_json_lines_goes_on_where_it_ended():
    with PluginProject({"data/a.csv": "12345", "data/sub/b.csv": "1", "data/c.txt": "no"}) as project:
        project.add(example("folder.py"), "folder")
        for name, at in (("a.csv", 1_500_000_000.25), ("sub/b.csv", 1_400_000_000)):
            os.utime(os.path.join(project.folder, "data", name), (at, at))
        project.write("load.yml", IN.replace("NAME", "folder").replace("OPTIONS", 'path: data, pattern: "*.csv"'))
        done = check_run(project.run("load", "run", "load.yml", "-c", "diff.yml"))
        equal(rows_of(done), "a.csv,5,2017-07-14 02:40:00.250000 +0000\nsub/b.csv,1,2014-05-13 16:53:20.000000 +0000\n")
        contains(done.stderr, "tegaru-input-folder: 2 files\n")
        contains(project.read("diff.yml"), "1500000000.250000")
        project.write("data/new.csv", "")
        equal(rows_of(check_run(project.run("load", "run", "load.yml", "-c", "diff.yml"))).split(",")[0], "new.csv")
        equal(rows_of(check_run(project.run("load", "run", "load.yml", "-c", "diff.yml"))), "")
        contains(project.load("y: 1", 1, name="folder").stderr, "write the folder as 'path'")


@test
def the_example_with_arrow_squares():
    with PluginProject() as project:
        project.add(example("squares.py"), "squares")
        done = project.load("rows: 100000", name="squares")
        equal(rows_of(done).split()[-1], "99999,9999800001")
        contains(done.stdout, "decimal(38,0)")


# --- the protocol ---

@test
def the_request_says_what_the_docs_say():
    with PluginProject() as project:
        project.add(HEAD + 'json.dump(request, open("request.json", "w"))\nprint(\'{"columns": [{"name": "a", "type": "long"}]}\')\n')
        big = "x" * 300_000
        project.load(f'text: "{big}", list: [1, {{a: true}}]')
        request = json.loads(project.read("request.json"))
        equal(sorted(request), ["exact_types", "input", "now_ms", "options", "position_file", "protocol", "work_folder"])
        equal((request["protocol"], request["input"], request["exact_types"]), (1, "mine", True))
        equal(request["options"], {"type": "mine", "text": big, "list": [1, {"a": True}]})
        equal(request["work_folder"], os.path.realpath(project.folder))
        assert abs(request["now_ms"] / 1000 - time.time()) < 60
        assert not os.path.exists(os.path.dirname(request["position_file"]))
        project.load("x: 1", more="types: embulk\n")
        equal(json.loads(project.read("request.json"))["exact_types"], False)


@test
def a_program_is_found_on_the_path_and_after_a_shared_object():
    with PluginProject() as project:
        project.add(HEAD + 'print(\'{"columns": [{"name": "a", "type": "long"}]}\\n{"a": 1}\')\n', folder="bin")
        path = f"{project.folder}/bin:/usr/bin:/bin"
        equal(rows_of(project.load(env={"PATH": path})), "1\n")
        project.write("plugins/tegaru_input_mine.so", "none")
        contains(project.load(status=1, env={"PATH": path}).stderr, "cannot load the plug-in")


@test
def columns_of_all_kinds_come_as_json_lines():
    lines = ['{"columns": [{"name": "b", "type": "boolean"}, {"name": "l", "type": "long"}, {"name": "d", "type": "double"}, {"name": "s", "type": "string"},'
             ' {"name": "t", "type": "timestamp", "format": "%Y-%m-%d"}, {"name": "j", "type": "json"}, {"name": "day", "type": "date", "format": "%Y-%m-%d"}, {"name": "m", "type": "decimal(20,2)"}]}',
             '{"b": true, "l": 9223372036854775807, "d": 1.5, "s": "é\\n", "t": "2024-02-29", "j": [1, {"a": null}], "day": "2024-02-29", "m": 123456789012345678.25}', '{}']
    with PluginProject() as project:
        project.write("lines", "\n".join(lines) + "\n")
        project.add("#!/bin/sh\nexec cat lines\n")
        equal(rows_of(project.load()), 'true,9223372036854775807,1.5,é\n,2024-02-29,[1,{"a":null}],2024-02-29,123456789012345678.25\n,,,,,,,\n')


@test
def a_line_that_does_not_fit_stops_the_load():
    with PluginProject() as project:
        for line, message in (('{"a": "no number"}', "a"), ("no json", "line")):
            project.add(HEAD + f'print(\'{{"columns": [{{"name": "a", "type": "long"}}]}}\\n{{"a": 1}}\\n{line}\')\n')
            contains(project.load(status=1).stderr, message)


@test
def first_lines_that_are_wrong_are_told():
    wanted = {
        "print('hello')": "must write a line {\"columns\": …} and JSON lines, or an Arrow IPC stream",
        "": "wrote nothing: without rows, too, it must tell its columns",
        "print('{\"columns\": 1}')": "the first line of '",
        "print('{not json')": "must be {\"columns\": [{\"name\": …, \"type\": …}]}, but ",
        "print('{\"columns\": [{\"name\": \"a\", \"type\": \"nosuch\"}]}')": "nosuch",
        "print('{' + 'x' * 17000000)": "has more than 16777216 bytes: it shall be the columns",
    }
    with PluginProject() as project:
        for text, message in wanted.items():
            project.add(HEAD + text + "\n")
            contains(project.load(status=1).stderr, message)


# --- how it ends ---

LINES = "print('{\"columns\": [{\"name\": \"a\", \"type\": \"long\"}]}')\nprint('{\"a\": 1}')\nsys.stdout.flush()\n"


@test
def a_failure_behind_the_last_row_fails_the_load_with_its_last_words():
    with PluginProject() as project:
        project.add(HEAD + LINES + "for i in range(15): print('word', i, file=sys.stderr)\nsys.exit(4)\n")
        done = project.load(status=1)
        contains(done.stderr, "tegaru-input-mine' failed with exit status 4; the last that it wrote:\n    word 5\n    word 6\n")
        contains(done.stderr, "\n    word 14\n")
        contains(done.stderr, "\ntegaru-input-mine: word 0\n")
        project.add(HEAD + LINES + "os.kill(os.getpid(), 9)\n")
        contains(project.load(status=1).stderr, "was ended by signal 9 (Killed); it wrote nothing to stderr")
        project.add(HEAD + "sys.exit('no access to it')\n")
        contains(project.load(status=1).stderr, "failed with exit status 1; the last that it wrote:\n    no access to it\n")


@test
def a_failed_program_publishes_nothing():
    with PluginProject() as project:
        project.add(HEAD + LINES + "sys.exit(4)\n")
        project.write("load.yml", "in: {type: mine}\nout: {type: s3_parquet, bucket: b, path_prefix: t/, catalog: {database: d, table: t}}\n")
        check_run(project.run("load", "run", "load.yml"), 1)
        assert not [f for _, _, fs in os.walk(os.path.join(project.folder, ".tegaru")) for f in fs if f.endswith(".parquet")]


@test
def what_cannot_be_started_is_told():
    with PluginProject() as project:
        project.add("#!/no/such/interpreter\n")
        contains(project.load(status=1).stderr, "cannot start '")
        os.chmod(os.path.join(project.folder, "plugins/tegaru-input-mine"), 0o644)
        contains(project.load(status=1, env={"PATH": "/usr/bin:/bin"}).stderr, "there is no plug-in of type 'mine'")


@test
def a_preview_stops_a_program_that_never_ends():
    with PluginProject() as project:
        project.add(HEAD + "open('pid', 'w').write(str(os.getpid()))\n" + LINES + "while True: print('{\"a\": 7}')\n")
        began = time.monotonic()
        contains(project.load(action="preview").stdout, "|      7 |")
        assert time.monotonic() - began < 5
        assert not os.path.exists(f"/proc/{project.read('pid')}")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as text:
            return text.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@test
def stopping_the_load_stops_the_program():
    """A killed command, and a workflow that is interrupted."""
    with PluginProject({"a.dig": "timezone: UTC\n+load:\n  load>: load.yml\n"}) as project:
        begin = HEAD + "open('pid', 'w').write(str(os.getpid()))\n" + LINES
        project.write("load.yml", IN.replace("NAME", "mine").replace("OPTIONS", "x: 1").replace("stdout", '"null"'))
        for rest, arguments, how in [(rest, *way) for rest in ("time.sleep(600)", "while True: print('{\"a\": 7}')") for way in ((["load", "run", "load.yml"], signal.SIGKILL), (["load", "run", "load.yml"], signal.SIGINT), (["run", "a.dig"], signal.SIGINT))]:
            project.add(begin + rest + "\n")
            if project.exists("pid"):
                os.unlink(os.path.join(project.folder, "pid"))
            load = subprocess.Popen([TEGARU, *arguments], cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            wait_for(lambda: project.exists("pid") and project.read("pid"), "it starts")
            pid = project.read("pid")
            time.sleep(0.1)
            load.send_signal(how)
            load.communicate(timeout=20)
            wait_for(lambda: not is_running(pid), f"{arguments} {how}")


@test
def what_it_leaves_behind_holds_up_nothing():
    """A child in the background that keeps both pipes open."""
    with PluginProject() as project:
        project.add(HEAD + LINES + "import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid, file=open('pid', 'w'))\n")
        began = time.monotonic()
        equal(rows_of(project.load()), "1\n")
        assert time.monotonic() - began < 10
        wait_for(lambda: not is_running(project.read("pid").strip()), "the child is gone")


@test
def megabytes_on_stderr_hold_up_nothing():
    with PluginProject() as project:
        project.add(HEAD + "sys.stderr.write('x' * 5000000)\n" + LINES + "sys.stderr.write('y\\n' * 100000)\n")
        equal(rows_of(project.load()), "1\n")


@test
def positions_that_are_no_map_are_told():
    with PluginProject() as project:
        for text, message in (("[1]", "must be a JSON map, but is something else"), ("{", "must be a JSON map, but "), ("x" * 1100000, "position.json")):
            project.add(HEAD + LINES + f"open(request['position_file'], 'w').write({text!r})\n")
            contains(project.load(status=1).stderr, message)


# --- Arrow ---

def column(values, kind):
    return pa.array(values, kind)


NOW = 1_700_000_000
TYPES = [
    (column([True, None, False], pa.bool_()), ["true", "", "false"]),
    (column([-128, None, 127], pa.int8()), ["-128", "", "127"]),
    (column([0, None, 65535], pa.uint16()), ["0", "", "65535"]),
    (column([-2**31, None, 2**31 - 1], pa.int32()), ["-2147483648", "", "2147483647"]),
    (column([0, None, 2**64 - 1], pa.uint64()), ["0", "", "18446744073709551615"]),
    (column([-2**63, None, 2**63 - 1], pa.int64()), ["-9223372036854775808", "", "9223372036854775807"]),
    (column([1.5, None, -2], pa.float16()), ["1.5", "", "-2.0"]),
    (column([1.5, None, -2], pa.float32()), ["1.5", "", "-2.0"]),
    (column([0.1, None, 1e300], pa.float64()), ["0.1", "", "1.0E300"]),
    (column([D("1.20"), None, D("-0.01")], pa.decimal32(5, 2)), ["1.20", "", "-0.01"]),
    (column([D("1.20"), None, D("-0.01")], pa.decimal64(15, 2)), ["1.20", "", "-0.01"]),
    (column([D("9" * 36 + ".99"), None, D("-0.01")], pa.decimal128(38, 2)), ["9" * 36 + ".99", "", "-0.01"]),
    (column([D("9" * 36 + ".99"), None, D("-0.01")], pa.decimal256(38, 2)), ["9" * 36 + ".99", "", "-0.01"]),
    (column(["a", None, "é"], pa.string()), ["a", "", "é"]),
    (column(["a", None, "é"], pa.large_string()), ["a", "", "é"]),
    (column(["a", None, "more than twelve bytes"], pa.string_view()), ["a", "", "more than twelve bytes"]),
    (column([b"a", None, b"bc"], pa.binary()), ["a", "", "bc"]),
    (column([b"a", None, b"bc"], pa.large_binary()), ["a", "", "bc"]),
    (column([b"a", None, b"x" * 20], pa.binary_view()), ["a", "", "x" * 20]),
    (column([b"ab", None, b"cd"], pa.binary(2)), ["ab", "", "cd"]),
    (column([0, None, -1], pa.date32()), ["1970-01-01", "", "1969-12-31"]),
    (column([0, None, 86400000], pa.date64()), ["1970-01-01", "", "1970-01-02"]),
    (column([1, None, 86399], pa.time32("s")), ["00:00:01", "", "23:59:59"]),
    (column([1, None, 86399999], pa.time32("ms")), ["00:00:00.001000", "", "23:59:59.999000"]),
    (column([1, None, 2], pa.time64("us")), ["00:00:00.000001", "", "00:00:00.000002"]),
    (column([1000, None, 2000], pa.time64("ns")), ["00:00:00.000001", "", "00:00:00.000002"]),
    (column([NOW, None, -1], pa.timestamp("s")), ["2023-11-14 22:13:20.000000 +0000", "", "1969-12-31 23:59:59.000000 +0000"]),
    (column([NOW * 1000, None, -1], pa.timestamp("ms", "Asia/Tokyo")), ["2023-11-14 22:13:20.000000 +0000", "", "1969-12-31 23:59:59.999000 +0000"]),
    (column([1, None, -1], pa.timestamp("us", "UTC")), ["1970-01-01 00:00:00.000001 +0000", "", "1969-12-31 23:59:59.999999 +0000"]),
    (column([1, None, 1000], pa.timestamp("ns")), ["1970-01-01 00:00:00.000000 +0000", "", "1970-01-01 00:00:00.000001 +0000"]),
    (pa.nulls(3), ["", "", ""]),
    (column(["a", None, "a"], pa.string()).dictionary_encode(), ["a", "", "a"]),
    (column([[1, None], None, []], pa.list_(pa.int16())), ["[1,null]", "", "[]"]),
    (column([["a"], None, []], pa.large_list(pa.string())), ['["a"]', "", "[]"]),
    (column([["a"], None, []], pa.list_view(pa.string())), ['["a"]', "", "[]"]),
    (column([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2)), ["[1,2]", "", "[3,4]"]),
    (column([{"x": 1, "y": ["q"]}, None, {"x": None, "y": None}], pa.struct([("x", pa.int64()), ("y", pa.list_(pa.string()))])),
     ['{"x":1,"y":["q"]}', "", '{"x":null,"y":null}']),
    (column([[("k", 1.5)], None, []], pa.map_(pa.string(), pa.float64())), ['{"k":1.5}', "", "{}"]),
    (column([[(7, D("1.5"))], None, []], pa.map_(pa.int32(), pa.decimal128(5, 1))), ['{"7":1.5}', "", "{}"]),
    (column([[0, None], None, []], pa.list_(pa.date32())), ['["1970-01-01",null]', "", "[]"]),
    (column([[1], None, []], pa.list_(pa.timestamp("us", "UTC"))), ['["1970-01-01T00:00:00.000001000Z"]', "", "[]"]),
    (column([[b"\xff"], None, []], pa.list_(pa.binary())), ['["/w=="]', "", "[]"]),
    (pa.array([["a", "b"], None, []], pa.list_(pa.dictionary(pa.int8(), pa.string()))), ['["a","b"]', "", "[]"]),
]


@test
def every_type_of_arrow_is_read():
    with PluginProject() as project:
        for values, wanted in TYPES:
            project.arrow(ipc(pa.table({"n": [1, 2, 3], "v": values})))
            got = [line.split(",", 1)[1] for line in rows_of(project.load()).split("\n")[:-1]]
            equal(got, wanted, str(values.type))


@test
def slices_and_many_batches_are_read():
    """Offsets that are not 0, and more rows than a batch has."""
    numbers = pa.array(range(100_000), pa.int64())
    texts = pa.array([None if i % 7 == 0 else f"t{i}" for i in range(100_000)])
    lists = pa.array([[i, i + 1] if i % 3 else None for i in range(100_000)])
    table = pa.table({"n": numbers, "t": texts, "d": texts.dictionary_encode(), "l": lists}).slice(12_345, 50_000)
    with PluginProject() as project:
        project.arrow(ipc(table))
        lines = rows_of(project.load()).split("\n")
        equal(len(lines), 50_001)
        equal(lines[0], '12345,t12345,t12345,')
        equal(lines[1], "12346,t12346,t12346,[12346,12347]")
        equal(lines[49_999].split(",")[:3], ["62344", "t62344", "t62344"])


@test
def a_dictionary_may_be_replaced():
    sink = pa.BufferOutputStream()
    schema = pa.schema([("d", pa.dictionary(pa.int32(), pa.string()))])
    with pa.ipc.new_stream(sink, schema) as out:
        for words in (["a", "b"], ["c", "d"]):
            out.write_batch(pa.record_batch([pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int32()), words)], schema=schema))
    with PluginProject() as project:
        project.arrow(sink.getvalue().to_pybytes())
        equal(rows_of(project.load()), "a\nb\nc\nd\n")


@test
def json_stays_json_and_embulk_gets_its_types():
    table = pa.table({"j": pa.array(['{"a": 1}'], pa.json_(pa.string())), "day": pa.array([1], pa.date32()), "m": pa.array([D("1.5")]), "z": pa.array([b"A\0"]), "n": pa.array([1], pa.timestamp("ns"))})
    with PluginProject() as project:
        project.arrow(ipc(table))
        contains(project.load().stdout, '- name: "j"\n  type: "json"')
        done = project.load(more="types: embulk\n")
        contains(rows_of(done), "1970-01-02 00:00:00.000000 +0000,1.5,QQA=,1970-01-01 00:00:00.000000 +0000")


@test
def arrow_that_cannot_be_read_is_told():
    plain = pa.table({"a": list(range(1000)), "t": ["word"] * 1000})
    interval = pa.table({"gap": pa.array([(1, 2, 3)], pa.month_day_nano_interval())})
    duration = pa.table({"s": pa.array([{"gap": 1}], pa.struct([("gap", pa.duration("s"))]))})
    wide = pa.table({"m": pa.array([D(1)], pa.decimal256(50, 0))})
    text = ipc(plain)
    wanted = [
        (ipc(plain, compression="zstd"), "the Arrow stream is compressed; write it without compression"),
        (ipc(interval), "column 'gap': the Arrow type 'tin' is an interval, which no column can hold; cast it"),
        (ipc(duration), "in column 's': column 'gap': the Arrow type 'tDs' is a duration"),
        (ipc(wide), "column 'm': decimal(50,0) has no place in a column: at most 38 digits"),
        (text[:100], "ends in the middle of a message"), (text[:len(text) - 5000], "ends in the middle of a message"),
        (text + b"hello", "more bytes follow the end of the Arrow stream"), (text + text, "more bytes follow the end"),
        (b"\xff" * 100, "this is no Arrow stream"), (b"\xff\xff\xff\xff\xf0\xff\xff\x7f", "would have a description of 2147483632 bytes"),
        (b"\xff\xff\xff\xff\x10\0\0\0" + b"\0" * 16, "this is no Arrow stream"),
    ]
    with PluginProject() as project:
        for data, message in wanted:
            project.arrow(data)
            contains(project.load(status=1).stderr, message)


@test
def values_that_do_not_fit_are_told_with_their_row():
    late = pa.table({"d": pa.Array.from_buffers(pa.date64(), 5001, [None, pa.array([0] * 5000 + [86400001], pa.int64()).buffers()[1]])})
    nano = pa.table({"t": pa.array([1], pa.time64("ns"))})
    text = pa.table({"t": pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())})
    nan = pa.table({"l": pa.array([[float("nan")]])})
    with PluginProject() as project:
        for table, message in ((late, "row 5001: column 'd' ('tdm'): the value is a date with a time"), (nano, "row 1: column 't' ('ttn'): the value has nanoseconds"),
                               (text, "row 1: column 't' ('u'): the value is no UTF-8"), (nan, "column 'l' ('+l'): the value has NaN or an infinity")):
            project.arrow(ipc(table))
            contains(project.load(status=1).stderr, message)


@test
def flipped_bytes_never_crash():
    """Each byte of the descriptions, and some of the values."""
    data = ipc(pa.table({"d": pa.array(["a", None]).dictionary_encode(), "l": [[1, 2], None], "s": ["x", "yy"], "v": pa.array(["much longer than twelve", "x"], pa.string_view())}))
    with PluginProject() as project:
        project.add("#!/bin/sh\ncat > /dev/null; exec cat data.arrow\n")
        for at in range(0, len(data), 23):
            project.write("data.arrow", data[:at] + bytes([data[at] ^ 0xff]) + data[at + 1:])
            project.write("load.yml", IN.replace("NAME", "mine").replace("OPTIONS", "x: 1"))
            done = project.run("load", "run", "load.yml")
            assert done.returncode in (0, 1), (at, done.returncode, done.stderr)
            assert "Sanitizer" not in done.stderr, (at, done.stderr)


main()
