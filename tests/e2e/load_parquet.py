"""The parser and the formatter parquet, against pyarrow."""
import datetime
import decimal
import glob
import gzip
import io
import os
import tempfile

from support import Project, TEGARU, check_run, contains, equal, main, test

import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.timezone.utc
TABLE = pa.table({
    "i": pa.array([1, None, 3], pa.int32()), "u": pa.array([2**64 - 1, 0, None], pa.uint64()), "s": pa.array(["a", "Zoë", None]),
    "d": pa.array([decimal.Decimal("12345678901234567890.12"), None, decimal.Decimal("-0.01")], pa.decimal128(38, 2)),
    "f": pa.array([1.5, None, -2.25], pa.float32()), "day": pa.array([datetime.date(2024, 2, 3), None, datetime.date(1, 1, 1)]),
    "t": pa.array([datetime.datetime(2024, 2, 3, 4, 5, 6, 7), None, None], pa.timestamp("us")),
    "z": pa.array([datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC), None, None], pa.timestamp("us", "UTC")),
    "b": pa.array([True, None, False]), "y": pa.array([b"\x00\xff", None, b""])})


def parquet(table, **more):
    out = io.BytesIO()
    pq.write_table(table, out, **more)
    return out.getvalue()


def load(project, parser="{type: parquet}", formatter="{type: parquet}", status=0, embulk=False, extra="", filters="[]", command=("load", "run")):
    project.write("load.yml", f"""in: {{type: file, path_prefix: data, {extra} {'parser: ' + parser if parser else ''}}}
filters: {filters}
exec: {{min_output_tasks: 1}}
out: {{type: file, path_prefix: out, file_ext: x, sequence_format: '.%d.%d', formatter: {formatter}}}
""")
    if embulk:
        link = os.path.join(project.folder, "embulk")
        os.symlink(TEGARU, link)
        return check_run(project.run("run", "load.yml", program=link), status)
    return check_run(project.run(*command, "load.yml"), status)


def outputs(project):
    return sorted(glob.glob(os.path.join(project.folder, "out.*")))


def result(project):
    return pa.concat_tables([pq.read_table(path) for path in outputs(project)])


@test
def all_types_come_back_as_they_were():
    with Project({"data.parquet": parquet(TABLE)}) as project:
        load(project)
        got = result(project)
        equal(got.to_pylist(), TABLE.to_pylist())
        for name in ("i", "u", "s", "d", "f", "day", "t", "z", "b", "y"):
            equal(str(got.schema.field(name).type), str(TABLE.schema.field(name).type), name)


@test
def the_parser_is_guessed_and_previewed():
    with Project({"data.parquet": parquet(TABLE)}) as project:
        load(project, parser=None)
        equal(result(project).num_rows, 3)
        contains(load(project, command=("load", "preview")).stdout, "Zoë")


@test
def nested_values_become_json():
    table = pa.table({"l": pa.array([[1, 2], None]), "m": pa.array([{"a": 1, "b": "x"}, None]), "e": pa.array(["p", "q"]).dictionary_encode()})
    with Project({"data.parquet": parquet(table)}) as project:
        load(project, formatter="{type: csv}")
        equal(open(outputs(project)[0]).read().replace("\r\n", "\n"), 'l,m,e\n"[1,2]","{""a"":1,""b"":""x""}",p\n,,q\n')


@test
def columns_choose_and_cast():
    with Project({"data.parquet": parquet(TABLE)}) as project:
        load(project, parser="{type: parquet, columns: [{name: s, type: string}, {name: i, type: double}, {name: d, type: 'decimal(30,2)'}]}")
        got = result(project)
        equal(got.column_names, ["s", "i", "d"])
        equal(got["i"].to_pylist(), [1.0, None, 3.0])
    with Project({"data.parquet": parquet(TABLE)}) as project:
        contains(load(project, parser="{type: parquet, columns: [{name: nothing, type: string}]}", status=1).stderr, "nothing")
    with Project({"data.parquet": parquet(TABLE)}) as project:
        contains(load(project, parser="{type: parquet, columns: [{name: s, type: long}]}", status=1).stderr, "data.parquet: ")


@test
def as_embulk_there_are_six_types():
    with Project({"data.parquet": parquet(TABLE.drop_columns(["u"]))}) as project:
        load(project, formatter="{type: csv}", embulk=True)
        equal(open(outputs(project)[0]).read().splitlines()[1],
              "1,a,1.2345678901234567E19,1.5,2024-02-03 00:00:00.000000 +0000,2024-02-03 04:05:06.000007 +0000,2024-02-03 04:05:06.000000 +0000,true,AP8=")


@test
def files_through_decoders_and_several_of_them_are_read():
    rows = pa.table({"n": pa.array(range(100000), pa.int64()), "s": pa.array([f"text number {i}" for i in range(100000)])})
    files = {f"data{i}.parquet.gz": gzip.compress(parquet(rows, row_group_size=10000), 1) for i in range(3)}
    with Project(files) as project:
        load(project, extra="decoders: [{type: gzip}],")
        got = result(project)
        equal((got.num_rows, sum(got["n"].to_pylist())), (300000, 3 * sum(range(100000))))
        equal(sorted(set(got["s"].to_pylist()))[-1], "text number 99999")


@test
def a_file_of_other_types_or_no_parquet_at_all_stops_the_load():
    with Project({"data1": parquet(pa.table({"a": pa.array([1], pa.int32())})), "data2": parquet(pa.table({"a": ["x"]}))}) as project:
        contains(load(project, status=1).stderr, "column 'a' is string, but int32 in the first file; say in in.parser.columns")
    with Project({"data1": b"PAR1 nothing"}) as project:
        contains(load(project, status=1).stderr, "data1: ")
    whole = parquet(TABLE)
    with Project({"data1": whole[:len(whole) // 2] + whole[len(whole) // 2 + 7:]}) as project:
        contains(load(project, status=1).stderr, "data1: ")
    with Project() as project:
        contains(load(project, status=1).stderr, "no file begins with 'data'")


@test
def the_formatter_writes_what_pyarrow_reads_with_the_compression_asked_for():
    parser = "{type: csv, columns: [{name: i, type: long}, {name: t, type: timestamp, format: '%Y-%m-%d %H:%M:%S.%N'}, {name: j, type: json}]}"
    for codec, name in (("SNAPPY", "SNAPPY"), ("zstd", "ZSTD"), ("UNCOMPRESSED", "UNCOMPRESSED")):
        with Project({"data.csv": '1,2024-02-03 04:05:06.123456,"{""a"":1}"\n2,,\n'}) as project:
            load(project, parser=parser, formatter="{type: parquet, compression_codec: %s}" % codec)
            equal(pq.ParquetFile(outputs(project)[0]).metadata.row_group(0).column(0).compression, name)
            equal(result(project).to_pylist(), [{"i": 1, "t": datetime.datetime(2024, 2, 3, 4, 5, 6, 123456), "j": '{"a":1}'}, {"i": 2, "t": None, "j": None}])
    with Project({"data.csv": "1,2024-02-03 04:05:06.123456789,{}\n"}) as project:
        load(project, parser=parser, embulk=True)
        equal(result(project)["t"].to_pylist()[0].isoformat(), "2024-02-03T04:05:06.123456+00:00")
    with Project({"data.csv": "1,1\n"}) as project:
        contains(load(project, parser="{type: csv, columns: [{name: a, type: long}, {name: A, type: long}]}", status=1).stderr, "is there twice")
        contains(load(project, parser=parser, formatter="{type: parquet, compression_codec: lzo}", status=1).stderr, "compression_codec is snappy")


@test
def no_temporary_file_stays_behind():
    pattern = os.path.join(tempfile.gettempdir(), "tegaru-??????")
    before = set(glob.glob(pattern))
    all_types_come_back_as_they_were()
    a_file_of_other_types_or_no_parquet_at_all_stops_the_load()
    equal(set(glob.glob(pattern)) - before, set())


main()
