"""The filters, by the facts of the community plug-ins they follow."""
import functools
import hashlib
import hmac
import json

import filter_load
from filter_load import KEEP
from support import Project, contains, equal, main, test

CSV = """1,alice,1.5,true,2016-08-06 06:38:07,"{""a"":1,""b"":{""c"":""x""},""l"":[1,2.50]}"
2,bob,,false,2016-08-07 00:00:00,"{""a"":""7"",""b"":null}"
3,,3.25,,,
9007199254740993,zoë,-4.0,true,1969-12-31 23:59:59,"{""a"":true,""b"":{""c"":""é\\u00e9""},""l"":[]}"
"""
load = functools.partial(filter_load.load, csv=CSV)
rows = functools.partial(filter_load.rows, csv=CSV)
fails = functools.partial(filter_load.fails, csv=CSV)


# --- insert ---

@test
def insert_puts_constants_at_the_place_that_is_named():
    keep = KEEP % "id, name"
    equal(rows(keep + "- {type: insert, column: {host: h1}, at: top}")[:2], ["host,id,name", "h1,1,alice"])
    equal(rows(keep + "- {type: insert, column: {host: h1}}")[:2], ["id,name,host", "1,alice,h1"])
    equal(rows(keep + "- {type: insert, column: {host: h1}, at: 1}")[0], "id,host,name")
    equal(rows(keep + "- {type: insert, column: {host: h1}, before: name}")[0], "id,host,name")
    equal(rows(keep + "- {type: insert, columns: [{a: 1, as: long}, {b: null, as: double}], after: id}")[:2],
          ["id,a,b,name", "1,1,,alice"])


@test
def insert_reads_values_of_all_types_and_refuses_others():
    keep = KEEP % "id"
    equal(rows(keep + """- {type: insert, columns: [{b: true, as: boolean}, {d: 1.5, as: double}, {t: '2016-08-06 01:02:03', as: timestamp},
      {j: '{"a": [1]}', as: json}]}""", embulk=True)[1],
          '1,true,1.5,2016-08-06 01:02:03.000000 +0000,"{""a"":[1]}"')
    fails(keep + "- {type: insert, column: {a: x, as: long}}", "column 'a': 'x' is not an integer of 64 bits")
    fails(keep + "- {type: insert, column: {a: 1, b: 2}}", "a column is one name with its value")
    fails(keep + "- {type: insert, column: {a: 1}, columns: []}", "give either 'column'")
    fails(keep + "- {type: insert, column: {a: 1}, at: top, before: id}", "give one of 'at', 'before' and 'after'")
    fails(keep + "- {type: insert, column: {a: 1}, after: nothing}", "there is no column 'nothing'")
    fails(keep + "- {type: insert, column: {a: 1}, at: 7}", "a number up to 1")


# --- hash ---

@test
def hash_makes_digests_of_values_as_texts():
    out = rows("- {type: hash, columns: [{name: name}, {name: id, algorithm: MD5, new_name: digest}, "
               "{name: score, algorithm: HmacSHA256, secret_key: k}, {name: at, algorithm: SHA-1}]}\n" +
               KEEP % "digest, name, score, at")
    equal(out[0], "digest,name,score,at")
    equal(out[1].split(","), [hashlib.md5(b"1").hexdigest(), hashlib.sha256(b"alice").hexdigest(),
                              hmac.new(b"k", b"1.5", hashlib.sha256).hexdigest(),
                              hashlib.sha1(b"2016-08-06 06:38:07 UTC").hexdigest()])
    equal(out[2].split(",")[2], "", "a null stays null")
    equal(out[4].split(",")[1], hashlib.sha256("zoë".encode()).hexdigest())


@test
def hash_refuses_what_it_cannot_compute():
    fails("- {type: hash, columns: [{name: name, algorithm: ROT13}]}", "there is no algorithm 'ROT13'")
    fails("- {type: hash, columns: [{name: name, algorithm: HmacMD5}]}", "'HmacMD5' needs a 'secret_key'")
    fails("- {type: hash, columns: [{name: nothing}]}", "there is no column 'nothing'")
    fails("- {type: hash}", "'columns' is missing")


# --- add_time ---

@test
def add_time_copies_a_column_in_the_unit_that_is_asked_for():
    keep = KEEP % "id, at"
    equal(rows(keep + "- {type: add_time, to_column: {name: time, type: long, unix_timestamp_unit: milli}, from_column: {name: at}}")[1:],
          ["1,2016-08-06 06:38:07.000000 +0000,1470465487000", "2,2016-08-07 00:00:00.000000 +0000,1470528000000", "3,,",
           "9007199254740993,1969-12-31 23:59:59.000000 +0000,-1000"])
    out = rows(keep + "- {type: add_time, to_column: {name: at}, from_column: {name: id, unix_timestamp_unit: milli}}",
               csv=CSV.split("9007")[0], embulk=True)
    equal(out[0], "id,at_,at", "a column of that name gets an underscore")
    equal(out[1], "1,2016-08-06 06:38:07.000000 +0000,1970-01-01 00:00:00.001000 +0000")


@test
def add_time_puts_in_fixed_and_counting_times():
    keep = KEEP % "id"
    time = "- {type: add_time, to_column: {name: t, type: long}, from_value: {%s}}"
    equal([line.split(",")[1] for line in rows(keep + time % "value: '2016-01-01 00:00:00 UTC'")[1:]], ["1451606400"] * 4)
    equal([line.split(",")[1] for line in rows(keep + time % "value: 1453939479, unix_timestamp_unit: sec")[1:]], ["1453939479"] * 4)
    equal([line.split(",")[1] for line in rows(
        keep + time % "mode: incremental_time, from: '2016-01-01 00:00:00 UTC', to: '2016-01-01 00:00:02 UTC'")[1:]],
        ["1451606400", "1451606401", "1451606402", "1451606400"])
    out = rows(keep + time % "mode: upload_time")
    equal(len({line.split(",")[1] for line in out[1:]}), 1)
    assert int(out[1].split(",")[1]) > 1700000000


@test
def add_time_reads_members_of_json_and_refuses_bad_configs():
    keep = KEEP % "doc"
    equal([line.split(",")[-1] for line in rows(
        keep + "- {type: add_time, to_column: {name: t, type: long}, from_column: {name: doc, json_key: a}}",
        embulk=True)[1:]], ["1", "", "", ""], "only the first member is a time; the others are null with a warning")
    to = "- {type: add_time, to_column: {name: t}, "
    fails(to + "from_column: {name: doc}}", "'json_key' must name a member")
    fails(to + "from_column: {name: ok}}", "must be long, string, timestamp or json")
    fails(to + "from_column: {name: name}}", "a value of 'name' does not fit the 'timestamp_format'")
    fails(to + "from_value: {mode: fixed_time}}", "'value' is missing")
    fails(to + "from_value: {mode: upload_time, value: 1}}", "'value' does not go with mode upload_time")
    fails(to + "from_value: {mode: never}}", "'mode' is")
    fails("- {type: add_time, to_column: {name: t}}", "either 'from_column' or 'from_value'")
    fails("- {type: add_time, to_column: {name: t, type: double}, from_value: {value: 1}}", "the type is long or timestamp")


# --- row ---

def ids(condition, **more):
    return [line.split(",")[0] for line in rows(f"- {{type: row, where: {json.dumps(condition)}}}", **more)[1:]]


@test
def row_keeps_what_the_sql_like_condition_holds_for():
    big = "9007199254740993"
    for condition, wanted in [
            ("id = 1", ["1"]), ("id <> 1", ["2", "3", big]), ("id >= 2 AND id < 4", ["2", "3"]), ("2 <= id AND 4 > id", ["2", "3"]),
            ("id = 9007199254740993", [big]), ("id = 9007199254740992", []), ("id > 1.5 AND NOT id = 2", ["3", big]),
            ("NOT id = 1 AND id = 1", []), ("NOT (id = 1 AND id = 2)", ["1", "2", "3", big]),
            ("name = 'bob' OR score > 3 OR ok != true", ["2", "3"]), ("name START_WITH 'al'", ["1"]), ("name END_WITH 'ob'", ["2"]),
            ("name INCLUDE 'o'", ["2", big]), ("'alice in' START_WITH name", ["1"]), ("name REGEXP '^[ab]'", ["1", "2"]),
            ("name REGEXP 'zo.$'", [big]), ("name IS NULL", ["3"]), ("name IS NOT NULL", ["1", "2", big]), ("doc IS NULL", ["3"]),
            ("name != 'bob'", ["1", "3", big]), ("score > -10", ["1", "3", big]), ("score = -4", [big]),
            ("at = TIMESTAMP '2016-08-06 06:38:07'", ["1"]), ("at > '2016-08-06 15:38:07 +0900'", ["2"]), ("at < TIMESTAMP 0", [big]),
            ("\"ok\" = true", ["1", big]), ("ok != true", ["2", "3"]), ("id = 1 OR id = 2 AND id = 3", ["1"])]:
        equal(ids(condition), wanted, condition)


@test
def row_names_the_place_of_what_it_cannot_read():
    for condition, message in [
            ("", "before ''"), ("id", "an operator expected"), ("id = ", "a literal expected"), ("id = 'x'", "cannot be compared with a string"),
            ("name = 1", "cannot be compared with a number"), ("nothing = 1", "there is no column 'nothing'"),
            ("name REGEXP '('", "is no regular expression"), ("doc = 'x'", "only IS NULL and IS NOT NULL"),
            ("ok > true", "that operator is not for columns"), ("id = 1 and id = 2", "keywords are in capitals"),
            ("(id = 1", ") expected"), ("name = 'a", "a closing quote"), ("name = '\\x'", "a known escape"),
            ("at = 'yesterday'", "is no time"), ("id = 1 #", "a name, a literal or an operator"), ("(" * 200 + "id = 1", "nested too deep")]:
        fails(f"- {{type: row, where: {json.dumps(condition)}}}", message)
    fails("- {type: row}", "give either 'where'")


@test
def row_still_takes_the_old_list_of_conditions():
    def old(text):
        return [line.split(",")[0] for line in rows("- {type: row, " + text + "}")[1:]]
    equal(old("conditions: [{column: id, operator: '>=', argument: 2}, {column: id, operator: '<', argument: 4}]"), ["2", "3"])
    equal(old("condition: OR, conditions: [{column: id, argument: 1}, {column: name, operator: include, argument: ob}]"), ["1", "2"])
    equal(old("conditions: [{column: name, operator: IS NOT NULL}, {column: name, operator: startsWith, argument: a, not: true}]"),
          ["2", "9007199254740993"])
    equal(old("conditions: [{column: at, argument: '2016-08-07', format: '%Y-%m-%d'}]"), ["2"])
    equal(old("conditions: [{column: ok, argument: true}]"), ["1", "9007199254740993"])
    fails("- {type: row, conditions: [{column: id, operator: '~', argument: 1}]}", "conditions[0]: there is no operator '~'")
    fails("- {type: row, conditions: [{column: id}]}", "'argument' is missing")
    fails("- {type: row, condition: XOR, conditions: []}", "'condition' is AND or OR")


# --- typecast ---

@test
def typecast_casts_columns_and_keeps_nulls():
    out = rows("""- {type: typecast, columns: [{name: id, type: string}, {name: score, type: long}, {name: ok, type: long},
        {name: at, type: long}, {name: doc, type: string}]}""", embulk=True)
    equal(out[1], '1,alice,1,1,1470465487,"{""a"":1,""b"":{""c"":""x""},""l"":[1,2.5]}"')
    equal(out[3], "3,,3,,,")
    equal(rows("- {type: typecast, columns: [{name: at, type: string, format: '%d.%m.%Y', timezone: Asia/Tokyo}]}\n" + KEEP % "at")[1:],
          ["06.08.2016", "07.08.2016", '', "01.01.1970"])
    equal(rows("- {type: typecast, columns: [{name: id, type: timestamp}, {name: score, type: timestamp}]}\n" + KEEP % "id, score",
               csv=CSV.split("9007")[0], embulk=True)[1],
          "1970-01-01 00:00:01.000000 +0000,1970-01-01 00:00:01.500000 +0000")


@test
def typecast_of_what_does_not_fit_is_null_or_stops():
    cast = "- {type: typecast, %s columns: [{name: name, type: long}]}\n" + KEEP % "name"
    equal(rows(cast % "", embulk=True)[1:], ["", "", "", ""])
    with Project() as project:
        contains(load(project, cast % "", embulk=True).stdout, "column 'name': cannot cast to int64: 'alice' is not an integer")
    fails(cast % "", "filter typecast: column 'name' (int64): 'alice' is not an integer of 64 bits")
    equal(rows(cast % "stop_on_invalid_record: false,")[1:], ["", "", "", ""])
    fails("- {type: typecast, columns: [{name: score, type: long}]}", "'1.5' is not an integer of 64 bits")
    fails("- {type: typecast, columns: [{name: ok, type: double}]}", "column 'ok' is boolean, which cannot become double")
    fails("- {type: typecast, columns: [{name: nothing, type: double}]}", "there is no column 'nothing'")
    fails("- {type: typecast, columns: [{name: id, type: number}]}", "unknown type 'number'")


@test
def typecast_to_exact_types_loses_nothing():
    cast = "- {type: typecast, columns: [{name: score, type: '%s'}]}\n" + KEEP % "score"
    equal(rows(cast % "decimal(10,2)")[1:], ["1.50", "", "3.25", "-4.00"])
    fails(cast % "decimal(10,1)", "has more digits than the column's scale")
    fails(cast % "decimal(1,1)", "precision and scale")
    equal(rows("- {type: typecast, columns: [{name: d, type: 'decimal(6,1)'}, {name: e, type: long}]}",
               columns="[{name: d, type: 'decimal(10,3)'}, {name: e, type: 'decimal(10,2)'}]", csv="1.500,7.00\n-20.200,-1.00\n")[1:],
          ["1.5,7", "-20.2,-1"])
    fails("- {type: typecast, columns: [{name: d, type: 'decimal(6,1)'}]}", "precision and scale",
          columns="[{name: d, type: 'decimal(10,3)'}]", csv="1.525\n")
    fails("- {type: typecast, columns: [{name: at, type: date}]}", "is not a date alone")


@test
def typecast_reaches_into_json():
    out = rows("""- {type: typecast, columns: [{name: $.doc.a, type: string}, {name: "$.doc['l'][*]", type: string},
        {name: $.doc.b.c, type: json}]}\n""" + KEEP % "doc", embulk=True)
    equal(out[1:], ['"{""a"":""1"",""b"":{""c"":""x""},""l"":[""1"",""2.5""]}"', '"{""a"":""7"",""b"":null}"', "",
                    '"{""a"":""true"",""b"":{""c"":""éé""},""l"":[]}"'])
    equal(rows("- {type: typecast, columns: [{name: '$.doc.l[0]', type: double}]}\n" + KEEP % "doc", embulk=True)[1],
          '"{""a"":1,""b"":{""c"":""x""},""l"":[1.0,2.5]}"')
    fails("- {type: typecast, columns: [{name: $.doc.a, type: timestamp}]}", "a place in json can be")
    fails("- {type: typecast, columns: [{name: $.name.a, type: long}]}", "a path needs a json column")
    fails("- {type: typecast, columns: [{name: '$.doc.a[1:2]', type: long}]}", "there is no column '$.doc.a[1:2]'")
    many = ", ".join("{name: $.doc.m%d, type: long}" % i for i in range(65))
    fails("- {type: typecast, columns: [%s]}" % many, "columns[64]: '$.m64': a column takes at most 64 paths")


# --- expand_json ---

EXPAND = "- {type: expand_json, json_column_name: doc, expanded_columns: [%s]%s}\n"


@test
def expand_json_puts_members_in_the_place_of_the_column():
    out = rows(KEEP % "id, doc" + EXPAND % ("{name: a, type: string}, {name: b.c, type: string}, {name: 'l[1]', type: double}, {name: b, type: json}", ""),
               embulk=True)
    equal(out, ["id,a,b.c,l[1],b", '1,1,x,2.5,"{""c"":""x""}"', "2,7,,,", "3,,,,", '9007199254740993,true,éé,,"{""c"":""éé""}"'])
    equal(rows(KEEP % "doc" + EXPAND % ("{name: c, type: string}", ", root: $.b., keep_expanding_json_column: true"))[2],
          '"{""a"":""7"",""b"":null}",')


@test
def expand_json_reads_texts_and_skips_or_stops_at_bad_ones():
    columns, csv = "[{name: doc, type: string}]", '"{""n"": 1.0E3, ""t"": ""2016-08-06""}"\nnot json\n"{""n"": ""x""}"\n""\n'
    what = "{name: n, type: long}, {name: t, type: timestamp, format: '%Y-%m-%d'}"
    equal(rows(EXPAND % (what, ""), columns=columns, csv=csv, embulk=True)[1:],
          ["1000,2016-08-06 00:00:00.000000 +0000", ","])
    fails(EXPAND % (what, ""), "filter expand_json: a record", columns=columns, csv=csv)
    with Project() as project:
        done = load(project, EXPAND % (what, ""), columns=columns, csv=csv, exec_="reject_file: bad.csv")
        contains(project.read("bad.csv"), "not json")
        contains(done.stdout, "rows_rejected: 2")


@test
def expand_json_refuses_bad_configs():
    fails(EXPAND % ("{name: a, type: string}, {name: a, type: long}", ""), "'a' would be there twice")
    fails(EXPAND % ("{name: id, type: string}", ""), "'id' would be there twice")
    fails(EXPAND % ("{name: 'l[*]', type: string}", ""), "[*] names several values")
    fails(EXPAND % ("{name: 'l[?(@.x)]', type: string}", ""), "is no path that is known here")
    fails("- {type: expand_json, json_column_name: id, expanded_columns: []}", "'id' must be string or json")
    fails("- {type: expand_json, json_column_name: nothing, expanded_columns: []}", "there is no column 'nothing'")
    fails("- {type: expand_json, json_column_name: doc}", "expanded_columns: ")


main()
