"""The filters column, timestamp_format, to_json and join_file, by the facts of the plug-ins they follow."""
import functools
import json

import filter_load
from filter_load import KEEP
from support import Project, contains, equal, main, test

CSV = """1,alice,1.5,true,2016-08-06 06:38:07,"{""a"":1,""b"":{""c"":""x"",""d"":2},""l"":[1,2.50,3]}"
2,bob,,false,2016-08-07 00:00:00,"{""a"":""7"",""b"":null}"
3,,3.25,,,
"""
load = functools.partial(filter_load.load, csv=CSV)
rows = functools.partial(filter_load.rows, csv=CSV)
fails = functools.partial(filter_load.fails, csv=CSV)


# --- column ---

@test
def column_keeps_what_is_named_in_that_order_with_defaults_for_nulls():
    equal(rows("- {type: column, columns: [{name: score, default: 0.5}, {name: id}, {name: name, default: foo}]}"),
          ["score,id,name", "1.5,1,alice", "0.5,2,bob", "3.25,3,foo"])
    equal(rows("- {type: column, columns: [{name: at, default: '2015-07-13', format: '%Y-%m-%d'}, {name: n, type: long, default: 7}]}",
               embulk=True),
          ["at,n", "2016-08-06 06:38:07.000000 +0000,7", "2016-08-07 00:00:00.000000 +0000,7", "2015-07-13 00:00:00.000000 +0000,7"])


@test
def column_copies_renames_adds_and_drops():
    equal(rows("- {type: column, columns: [{name: key, src: id}, {name: id}]}")[:2], ["key,id", "1,1"])
    equal(rows(KEEP % "id, name" + "- {type: column, add_columns: [{name: copy, src: id}, {name: d, type: string, default: x}]}")[2],
          "2,bob,2,x")
    equal(rows("- {type: column, drop_columns: [{name: doc}, {name: at}, {name: ok}, {name: nothing}]}")[:2],
          ["id,name,score", "1,alice,1.5"])
    equal(rows("- {type: column, drop_columns: [{name: doc}, {name: at}, {name: ok}, {name: name}], columns: [{name: doc}], "
               "add_columns: [{name: b, type: boolean, default: true}]}")[1], "1,1.5,true")
    equal(rows(KEEP % "id" + "- {type: column}")[:2], ["id", "1"])


@test
def column_changes_places_in_json():
    def docs(filters):
        return [json.loads(r) if r else None for r in column(filters)]

    def column(filters):
        with Project() as project:
            load(project, KEEP % "doc" + filters)
            import csv
            import io
            return [r[0] for r in csv.reader(io.StringIO(project.read("outcsv")))if r][1:]
    equal(docs("- {type: column, columns: [{name: doc}, {name: $.doc.b.d}, {name: $.doc.new, type: long, default: 5}]}")[:2],
          [{"b": {"d": 2}, "new": 5}, {"b": None, "new": 5}])
    equal(docs("- {type: column, drop_columns: [{name: $.doc.b.c}, {name: '$.doc.l[1]'}]}")[:2],
          [{"a": 1, "b": {"d": 2}, "l": [1, 3]}, {"a": "7", "b": None}])
    equal(docs("- {type: column, add_columns: [{name: $.doc.b.copy, src: $.doc.b.c}, {name: \"$['doc']['x.y']\", type: string, default: q}]}")[:2],
          [{"a": 1, "b": {"c": "x", "d": 2, "copy": "x"}, "l": [1, 2.5, 3], "x.y": "q"},
           {"a": "7", "b": None, "x.y": "q"}])
    equal(docs("- {type: column, columns: [{name: doc}, {name: '$.doc.l[2]'}, {name: '$.doc.z[0].q', type: string, default: w}]}")[0],
          {"l": [3], "z": [{"q": "w"}]})


@test
def column_refuses_what_cannot_be():
    fails("- {type: column, columns: [{name: nothing}]}", "there is no column 'nothing' to take; a new one needs 'type' and 'default'")
    fails("- {type: column, add_columns: [{name: a, type: long, default: x}]}", "'x' is not an integer of 64 bits")
    fails("- {type: column, columns: [{name: name}, {name: $.name.a}]}", "a path needs a json column; 'name' is none")
    fails("- {type: column, add_columns: [{name: $.doc.a}]}", "needs 'src', or 'type' and 'default'")
    fails("- {type: column, add_columns: [{name: $.doc.a.b, src: $.doc.b.c}]}", "does not stand beside the new name")
    fails("- {type: column, drop_columns: [{name: '$.doc..a'}]}", "is no path that is known here")
    fails("- {type: column, add_columns: [{name: $.doc.t, type: timestamp, default: '2016-01-01'}]}", "json cannot hold a timestamp")


# --- timestamp_format ---

TEXTS = "[{name: t, type: string}, {name: n, type: long}, {name: d, type: double}, {name: doc, type: json}]"
TIMES = """2015-07-12 15:00:00 UTC,1436713200,1436713200.25,"{""t"":""2015-07-12 15:00:00 UTC"",""l"":[1436713200,null]}"
2015-07-12 15:00:00.1 +0900,0,,{}
"""
FORMATS = 'default_from_timestamp_format: ["%Y-%m-%d %H:%M:%S.%N %z", "%Y-%m-%d %H:%M:%S %z"], '


@test
def timestamp_format_writes_texts_in_other_zones_units_and_types():
    def got(more):
        return [r.split(",")[0] for r in rows("- {type: timestamp_format, " + FORMATS + more + "}", columns=TEXTS, csv=TIMES)][1:]
    equal(got("default_to_timezone: Asia/Tokyo, default_to_timestamp_format: '%Y-%m-%d %H:%M:%S.%N', columns: [{name: t}]"),
          ["2015-07-13 00:00:00.000000000", "2015-07-12 15:00:00.100000000"])
    equal(got("columns: [{name: t, type: long, to_unit: ms}]"), ["1436713200000", "1436680800100"])
    equal(got("columns: [{name: t, type: double}]"), ["1.4367132E9", "1.4366808001E9"])
    equal(got("columns: [{name: t, type: timestamp}]"), ["2015-07-12 15:00:00.000000 +0000", "2015-07-12 06:00:00.100000 +0000"])
    equal(got("columns: [{name: t, to_format: 'yyyy/MM/dd HH:mm'}]"), ["2015/07/12 15:00", "2015/07/12 06:00"])


@test
def timestamp_format_takes_numbers_by_their_unit_and_times_in_json():
    equal([r.split(",")[1:3] for r in rows("- {type: timestamp_format, default_to_timestamp_format: '%Y-%m-%d %H:%M:%S.%L', "
                                           "columns: [{name: n, from_unit: ms}, {name: d}]}", columns=TEXTS, csv=TIMES)][1:],
          [["1970-01-17 15:05:13.200", "2015-07-12 15:00:00.250"], ["1970-01-01 00:00:00.000", ""]])
    equal(rows(KEEP % "doc" + "- {type: timestamp_format, " + FORMATS + "default_to_timestamp_format: '%s', columns: "
               "[{name: $.doc.t, type: long, to_unit: ms}, {name: '$.doc.l[*]', to_format: '%F'}]}", columns=TEXTS, csv=TIMES)[1:],
          ['"{""t"":1436713200000,""l"":[""2015-07-12"",null]}"', "{}"])


@test
def timestamp_format_makes_misfits_null_as_embulk_and_stops_with_exact_types():
    misfit = "- {type: timestamp_format, columns: [{name: t}]}"
    equal(rows(KEEP % "t, n" + misfit, columns=TEXTS, csv=TIMES, embulk=True)[1:], [",1436713200", "2015-07-12 06:00:00.100000000 +0000,0"])
    fails(misfit, "column 't': '2015-07-12 15:00:00 UTC' does not fit the format", columns=TEXTS, csv=TIMES)
    fails("- {type: timestamp_format, columns: [{name: doc}]}", "column 'doc' is json", columns=TEXTS, csv=TIMES)
    fails("- {type: timestamp_format, columns: [{name: n, from_unit: weeks}]}", "there is no unit 'weeks'", columns=TEXTS, csv=TIMES)
    fails("- {type: timestamp_format, columns: [{name: x}]}", "there is no column 'x'", columns=TEXTS, csv=TIMES)
    fails("- {type: timestamp_format, columns: [{name: t, type: boolean}]}", "a time can be string", columns=TEXTS, csv=TIMES)
    fails("- {type: timestamp_format, columns: [{name: t, from_format: []}]}", "give 1 to 32 formats", columns=TEXTS, csv=TIMES)


# --- to_json ---

@test
def to_json_puts_a_record_into_one_column():
    out = rows("- {type: to_json, default_timezone: Asia/Tokyo, default_format: '%Y-%m-%d %H:%M'}")
    equal(out[0], "json_payload")
    equal(json.loads(out[1][1:-1].replace('""', '"')),
          {"id": 1, "name": "alice", "score": 1.5, "ok": True, "at": "2016-08-06 15:38", "doc": {"a": 1, "b": {"c": "x", "d": 2}, "l": [1, 2.5, 3]}})
    equal(rows("- {type: to_json, column: {name: j, type: json}, skip_if_null: [score]}")[2], "")
    fails("- {type: to_json, column: {type: long}}", "the type is string or json")
    fails("- {type: to_json, skip_if_null: [nothing]}", "there is no column 'nothing'")
    fails("- {type: to_json, default_timezone: Nowhere/Else}", "Nowhere/Else")


# --- join_file ---

def joined(name, text, fmt, filters="", status=0, embulk=False):
    with Project({name: text}) as project:
        done = load(project, KEEP % "id, name" + "- {type: join_file, base_column: {name: id, type: long}, "
                    f"file_path: {name}, file_format: {fmt}, {filters} columns: [{{name: id, type: long}}, {{name: v, type: string}}]}}",
                    status=status, embulk=embulk)
        return done.stderr if status else project.read("outcsv").replace("\r\n", "\n").splitlines()


@test
def join_file_finds_columns_by_a_key_in_all_formats():
    want = ["id,name,_joined_by_embulk_id,_joined_by_embulk_v", "1,alice,1,one", "2,bob,,", "3,,3,"]
    equal(joined("m.json", '[{"id":1,"v":"one"},{"id":3}]', "json"), want)
    equal(joined("m.yml", "- id: 1\n  v: one\n- id: 3\n", "yaml"), want)
    equal(joined("m.csv", "id,v\n1,one\r\n3,\n", "csv"), want)
    equal(joined("m.tsv", "v\tid\n\"one\"\t1\n\t3\n", "tsv"), want)
    equal(joined("m.json", '[{"k":"1","id":5,"v":"a"}]', "json", "counter_column: {name: k}, joined_column_prefix: m_,")[:2],
          ["id,name,m_id,m_v", "1,alice,5,a"])


@test
def join_file_refuses_files_that_do_not_fit():
    contains(joined("m.json", '[{"id":1,"v":"a"},{"id":1,"v":"b"}]', "json", status=1), "the key '1' is there twice")
    equal(joined("m.json", '[{"id":1,"v":"a"},{"id":1,"v":"b"}]', "json", embulk=True)[1], "1,alice,1,b")
    contains(joined("m.json", '{"id":1}', "json", status=1), "it is no list of maps")
    contains(joined("m.json", '[1]', "json", status=1), "record 1 is no map")
    contains(joined("m.json", '[{"id":', "json", status=1), "file_path: 'm.json': line 1")
    contains(joined("m.json", '[{"id":"x"}]', "json", status=1), "record 1: 'id' is not an integer")
    contains(joined("m.csv", 'id,v\n1,"x', "csv", status=1), "a quote is not closed")
    contains(joined("m.csv", "[]", "xml", status=1), "file_format is json, yaml, csv or tsv")
    fails("- {type: join_file, base_column: {name: id}, file_path: none.json, file_format: json, columns: []}", "none.json")
    fails("- {type: join_file, base_column: {name: zz}, file_path: none.json, file_format: json, columns: []}", "there is no column 'zz'")


main()
