"""The parsers fixed and xml, and the formatter json."""
import json
import os

from support import Project, TEGARU, check_run, contains, equal, main, test


def load(project, parser, data, status=0, embulk=False, formatter="{type: csv, null_string: 'NULL'}", files=None, filters="[]", exec_=""):
    for name, text in (files or {"data.txt": data}).items():
        project.write(name, text)
    project.write("load.yml", f"""in: {{type: file, path_prefix: data, parser: {parser}}}
filters: {filters}
exec: {{min_output_tasks: 1{exec_}}}
out: {{type: file, path_prefix: out, file_ext: txt, sequence_format: '', formatter: {formatter}}}
""")
    if embulk:
        link = os.path.join(project.folder, "embulk")
        os.symlink(TEGARU, link)
        return check_run(project.run("run", "load.yml", program=link), status)
    return check_run(project.run("load", "run", "load.yml", "--json"), status)


def rows(parser, data, **more):
    with Project() as project:
        load(project, parser, data, **more)
        return project.read("outtxt").replace("\r\n", "\n").splitlines()


def fails(parser, data, message, **more):
    with Project() as project:
        contains(load(project, parser, data, status=1, **more).stderr, message)


# --- fixed ---

FIXED = "{type: fixed, columns: [{name: a, type: string, pos: 0..1}, {name: b, type: long, pos: 3..7}, {name: c, type: string, pos: 10..-1}]%s}"


@test
def fixed_reads_values_at_their_places():
    equal(rows(FIXED % "", "ab    42  rest of it \r\nx y   -7\nüé 12345  ñandú"),
          ["a,b,c", "ab,42,rest of it", "x,-7,NULL", "üé,12345,ñandú"])
    equal(rows("{type: fixed, strip_whitespace: false, columns: [{name: a, type: string, pos: 0..3}, {name: b, type: string, pos: 2..3}]}", " a  \n"),
          ["a,b", ' a  ,  '])
    equal(rows(FIXED % ", skip_header_lines: 1, charset: ISO-8859-1", "header\n".encode() + "é  00001\n".encode("latin1")), ["a,b,c", "é,1,NULL"])
    equal(rows("{type: fixed, columns: [{name: t, type: timestamp, pos: 0..7, format: '%Y%m%d'}]}", "20240203\n        \n"),
          ["t", "2024-02-03 00:00:00.000000 +0000", "NULL"])


@test
def fixed_stops_or_skips_where_a_value_does_not_fit():
    fails(FIXED % "", "ab    42\nab   x42\n", "data.txt:2: column 'b' is not an integer")
    equal(rows(FIXED % ", stop_on_invalid_record: false", "ab   x42\nab    43\n"), ["a,b,c", "ab,43,NULL"])
    equal(rows(FIXED % "", "ab   x42\nab    43\n", embulk=True), ["a,b,c", "ab,43,NULL"])
    fails("{type: fixed, columns: [{name: a, type: string}]}", "", "columns[0]:")
    for bad in ("3", "a..b", "1..2..3", "-3..2"):
        fails("{type: fixed, columns: [{name: a, type: string, pos: %s}]}" % bad, "", "is no range of characters")
    fails(FIXED % "", "x" * (17 << 20), "the line is longer than 16 MiB")


@test
def fixed_keeps_rejected_lines():
    with Project() as project:
        done = load(project, FIXED % "", "ab   x42\nab    43\n", exec_=", reject_file: bad.csv")
        equal(json.loads(done.stdout)["rows_rejected"], 1)
        contains(project.read("bad.csv"), '"data.txt",1,"b",')


@test
def fixed_reads_long_files_with_ends_of_lines_at_every_place():
    for newline in ("\n", "\r\n", "\r"):
        data = newline.join(f"{i % 100:02}.{i:05}..x{'y' * (i % 37)}" for i in range(30000))
        out = rows(FIXED % "", data)
        equal(len(out), 30001)
        equal(out[-1], f"99,29999,x{'y' * (29999 % 37)}")


# --- xml ---

XML = "{type: xml, root: data/students/student, schema: [{name: name, type: string}, {name: age, type: long}, {name: t, type: timestamp, format: '%%Y-%%m-%%d'}]%s}"
DOC = """<?xml version="1.0" encoding="%s"?>
<!-- students --><data><result>true</result><name>not one</name><students>
<student id="1"><name>John &amp; Co</name><age>10</age><hobbies><hobby>music</hobby></hobbies></student>
<student><name><![CDATA[<Päul>]]></name><t>2024-02-03</t></student>
<student><age> </age></student></students><student><name>outside</name></student></data>"""


@test
def xml_reads_the_elements_of_a_path_as_records():
    want = ["name,age,t", "John & Co,10,NULL", "<Päul>,NULL,2024-02-02 15:00:00.000000 +0000"]
    doc = DOC.replace("<age> </age>", "")
    equal(rows(XML % "", doc % "utf-8"), want + ["NULL,NULL,NULL"])
    equal(rows(XML % "", (doc % "iso-8859-1").encode("latin1")), want + ["NULL,NULL,NULL"])
    equal(rows(XML % "", (doc % "windows-1252").encode("cp1252")), want + ["NULL,NULL,NULL"])
    equal(rows(XML % "", (doc % "utf-16").encode("utf-16"))[1:3], want[1:])
    equal(rows(XML % ", default_timezone: UTC", doc % "utf-8")[2], "<Päul>,NULL,2024-02-03 00:00:00.000000 +0000")


@test
def xml_converts_as_ruby_under_the_name_embulk():
    doc = "<r><i><n>12abc</n><b>YES</b><s/></i><i><n/><b>no</b></i></r>"
    parser = "{type: xml, root: r/i, schema: [{name: n, type: long}, {name: b, type: boolean}, {name: s, type: string}]}"
    equal(rows(parser, doc, embulk=True), ["n,b,s", '12,true,', "0,false,NULL"])
    fails(parser, doc, "data.txt:1: column 'n': '12abc' is not an integer")
    equal(rows(parser.replace("}]}", "}], stop_on_invalid_record: false}"), doc), ["n,b,s", "NULL,false,NULL"])


@test
def xml_reads_many_records_and_files_as_a_stream():
    doc = "<r>" + "".join(f"<i><n>{i}</n></i>" for i in range(20000)) + "</r>"
    out = rows("{type: xml, root: r/i, schema: [{name: n, type: long}]}", None, files={"data1.xml": doc, "data2.xml": "", "data3.xml": doc}, filters="[{type: query, query: FROM input}]")
    equal(len(out), 40001)
    equal(sum(int(n) for n in out[1:]), 2 * sum(range(20000)))


@test
def xml_refuses_what_is_broken_or_hostile():
    fails(XML % "", "<data><students>", "data.txt:1: no well-formed XML")
    fails(XML % "", "<data></date>", "mismatched tag")
    fails(XML % "", "not xml", "no well-formed XML")
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><data><students><student><name>&b;</name></student></students></data>'
    fails(XML % "", bomb, "the document declares the entity 'a'")
    fails(XML % "", '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><data>&x;</data>', "the document declares the entity 'x'")
    fails(XML % "", "<a>" * 2000, "elements are nested deeper than 1000")
    fails(XML % "", "<data><students><student><name>a</name><name>b</name></student></students></data>", "'name' stands twice in one record")
    fails("{type: xml, root: a//b, schema: [{name: n, type: long}]}", "<a/>", "is no path of element names")
    fails("{type: xml, root: a, schema: [{name: n, type: lang}]}", "<a/>", "schema: columns[0] n: unknown type 'lang'")
    fails("{type: xml, schema: [{name: n, type: long}]}", "<a/>", "root")


# --- formatter json ---

@test
def json_writes_one_array_of_typed_values():
    parser = ("{type: csv, columns: [{name: i, type: long}, {name: s, type: string}, {name: d, type: 'decimal(20,2)'}, {name: day, type: date, format: '%Y-%m-%d'},"
              "{name: t, type: timestamp, format: '%Y-%m-%d %H:%M:%S'}, {name: b, type: boolean}, {name: j, type: json}, {name: x, type: double}]}")
    data = '1,"a""b\\\tü",123456789012345678.90,2024-02-03,2024-02-03 04:05:06,true,"{""k"":[1,2]}",1.5\n2,,,,,,,\n'
    with Project() as project:
        load(project, parser.replace("type: csv,", "type: csv, escape: null,"), data, formatter="{type: json, column_options: {t: {format: '%H:%M', timezone: Asia/Tokyo}}}")
        text = project.read("outtxt")
        equal(json.loads(text), [
            {"i": 1, "s": 'a"b\\\tü', "d": 123456789012345678.90, "day": "2024-02-03", "t": "13:05", "b": True, "j": {"k": [1, 2]}, "x": 1.5},
            {"i": 2, "s": None, "d": None, "day": None, "t": None, "b": None, "j": None, "x": None}])
        contains(text, '"d":123456789012345678.90,')
        equal(text[:2], "[\n")


@test
def json_of_no_rows_is_an_empty_array_and_of_many_one():
    parser = "{type: csv, columns: [{name: i, type: long}]}"
    with Project() as project:
        load(project, parser, "1\n", formatter="{type: json, newline: 'NO'}", filters="[{type: row, where: 'i > 1'}]")
        equal(project.read("outtxt"), "[]")
    with Project() as project:
        load(project, parser, "".join(f"{i}\n" for i in range(50000)), formatter="{type: json}")
        equal(sorted(r["i"] for r in json.loads(project.read("outtxt"))), list(range(50000)))
    fails(parser, "1\n", "newline is LF, CRLF, CR or NO", formatter="{type: json, newline: TAB}")
    fails("{type: csv, columns: [{name: x, type: double}]}", "NaN\n", "JSON has no NaN", formatter="{type: json}")


# --- rows of several threads ---

@test
def rows_keep_their_order_however_many_threads_format_them():
    parser = "{type: csv, columns: [{name: i, type: long}, {name: t, type: string}]}"
    data = "".join(f"{i},{'x' * (i * 7919 % 60)}\n" for i in range(60000))
    got = rows(parser, data, exec_=", max_threads: 8", filters="[{type: row, where: 'i < 20000 OR i > 40000'}]", formatter="{type: csv, header_line: false}")
    equal(got, [line for i, line in enumerate(data.splitlines()) if i < 20000 or i > 40000])


@test
def the_first_of_several_mistakes_is_told_however_many_threads_read():
    parser = "{type: csv, stop_on_invalid_record: true, columns: [{name: i, type: long}]}"
    data = "".join(f"{'bad' if i in (30000, 30001, 50000) else i}\n" for i in range(60000))
    for _ in range(5):
        fails(parser, data, "data.txt:30001", exec_=", max_threads: 8", formatter="{type: csv}")


@test
def columns_that_are_removed_are_not_looked_at_and_the_others_keep_their_values():
    parser = "{type: csv, columns: [{name: a, type: string}, {name: b, type: long}, {name: c, type: string}, {name: d, type: string}]}"
    data = b"x\xff,1,one,u\n" + b"x\xfe,2,two,v\n"
    filters = "[{type: rename, columns: {c: name}}, {type: remove_columns, keep: [d, name]}, {type: remove_columns, remove: [d]}]"
    equal(rows(parser, data, filters=filters), ["name", "one", "two"])
    # a text may hold anything, but a number that is none is a mistake of its line in any case
    fails(parser, b"a,x,c,d\n", "column 'b' (long): 'x' is not an integer", filters=filters)


main()
