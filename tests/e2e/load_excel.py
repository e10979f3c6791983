"""The parser excel: workbooks of XlsxWriter, and some made by hand of what it does not write."""
import datetime
import io
import os
import zipfile

from support import Project, check_run, contains, equal, main, test

import xlsxwriter

LOAD = "in:\n  type: file\n  path_prefix: book\n  parser: {type: excel, OPTIONS}\nexec: {max_threads: 1}\nout: {type: stdout}\n"


class Books(Project):
    def book(self, fill, name="book.xlsx", **options):
        path = os.path.join(self.folder, name)
        with xlsxwriter.Workbook(path, {"remove_timezone": True, **options}) as book:
            fill(book)

    def load(self, options="", status=0, action="run", more=""):
        self.write("load.yml", LOAD.replace("OPTIONS", options) + more)
        return check_run(self.run("load", action, "load.yml"), status)


def rows_of(done):
    return done.stdout.split("rows_read")[0]


def table(book):
    """A sheet as people make them."""
    sheet = book.add_worksheet("Orders")
    day, time = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": 'd"th of" mmm hh:mm'})
    clock, percent = book.add_format({"num_format": "hh:mm"}), book.add_format({"num_format": '0.0%;[Red]-0.0" days"'})
    sheet.write_row(0, 0, ["id", "name", "paid", "on", "at", "share", "clock", "mixed"])
    for row in range(1, 4):
        sheet.write_number(row, 0, row)
        sheet.write_string(row, 1, ["one", "zwei & <drei>", "é\n"][row - 1])
        sheet.write_boolean(row, 2, row % 2 == 1)
        sheet.write_datetime(row, 3, datetime.datetime(2024, 2, 28 + row) if row < 2 else datetime.datetime(1900, row - 1, 28), day)
        sheet.write_datetime(row, 4, datetime.datetime(2024, 2, 29, 23, 59, 59, 500000), time)
        sheet.write_number(row, 5, row / 8, percent)
        sheet.write_datetime(row, 6, datetime.time(row, 30), clock)
        sheet.write(row, 7, row if row < 3 else "three")
    sheet.write_blank(9, 0, None, day)
    book.add_worksheet("Empty")


EXPECTED = ("1,one,true,2024-02-29,2024-02-29 23:59:59.500000 +0000,0.125,01:30:00,1\n"
            "2,zwei & <drei>,false,1900-01-28,2024-02-29 23:59:59.500000 +0000,0.25,02:30:00,2\n"
            "3,é\n,true,1900-02-28,2024-02-29 23:59:59.500000 +0000,0.375,03:30:00,three\n")


@test
def columns_are_found_in_header_and_cells():
    for options in ({}, {"in_memory": True}, {"constant_memory": True}, {"use_future_functions": True}):
        with Books() as project:
            project.book(table, **options)
            done = project.load()
            equal(rows_of(done), EXPECTED)
            types = [line.split('"')[1] for line in done.stdout.split("\n") if line.strip().startswith("type:")]
            equal(types, ["int64", "string", "boolean", "date", "timestamp(us)", "double", "string", "string"])
            contains(project.load(action="preview").stdout, "| id:long |")


@test
def a_workbook_is_recognized():
    """Also a large one, whose sheets stand beyond the sample; other zip files stay archives."""
    with Books() as project:
        project.book(table)
        project.write("load.yml", LOAD.replace("  parser: {type: excel, OPTIONS}\n", ""))
        equal(rows_of(check_run(project.run("load", "run", "load.yml"))), EXPECTED)
        contains(check_run(project.run("load", "preview", "load.yml")).stdout, "| id:long |")
        contains(check_run(project.run("load", "guess", "load.yml")).stdout, 'type: "excel"')
        project.book(lambda book: book.add_worksheet().write_column(0, 0, ["text"] + [os.urandom(8).hex() for _ in range(60_000)]))
        contains(check_run(project.run("load", "run", "load.yml")).stdout, "rows_read: 60000")
        project.write("load.yml", LOAD.replace("OPTIONS", "columns: [{name: a, type: string}]"))
        assert "zip" not in check_run(project.run("load", "guess", "load.yml")).stdout
    with Books() as project:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a.csv", "id,name\n1,xl/\n")
        project.write("book.zip", out.getvalue())
        project.write("load.yml", LOAD.replace("  parser: {type: excel, OPTIONS}\n", ""))
        equal(rows_of(check_run(project.run("load", "run", "load.yml"))), "1,xl/\n")


@test
def both_date_systems_are_known():
    """Also the day that never was: below it, days count from another one."""
    days = [datetime.datetime(1904, 1, 2), datetime.datetime(1999, 12, 31), datetime.datetime(9999, 12, 31)]
    for is_1904 in (False, True):
        with Books() as project:
            def fill(book):
                sheet = book.add_worksheet()
                sheet.write(0, 0, "d")
                for row, day in enumerate(days, 1):
                    sheet.write_datetime(row, 0, day, book.add_format({"num_format": 14}))
            project.book(fill, date_1904=is_1904)
            equal(rows_of(project.load()).split(), [str(day.date()) for day in days])
    with Books() as project:
        project.book(lambda book: [book.add_worksheet().write_column(0, 0, [1, 59, 60, 61, 0.5])])
        equal(rows_of(project.load("columns: [{name: t, type: timestamp}]")).split("\n")[:5], [
            f"{day} 00:00:00.000000 +0000" for day in ("1900-01-01", "1900-02-28", "1900-02-28", "1900-03-01")] + ["1899-12-31 12:00:00.000000 +0000"])


@test
def columns_take_cells_by_place_and_values_of_other_kinds():
    def fill(book):
        for name in ("First", "Second", "Other"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["h"] * 5)
            sheet.write_row(1, 0, [10, 20, 30, 40, 50])
    with Books() as project:
        project.book(fill)
        options = """sheets: [Second, "*st"], skip_header_lines: 1, columns: [
            {name: a, type: long, cell_column: C}, {name: b, type: long}, {name: c, type: long, column_number: 1}, {name: d, type: long, column_number: "+2"},
            {name: e, type: long, cell_column: "=a"}, {name: f, type: long, cell_column: "-1"}, {name: g, type: long, cell_column: "+d"},
            {name: s, type: string, value: sheet_name}, {name: i, type: long, value: sheet_name}, {name: r, type: long, value: row_number},
            {name: k, type: string, value: column_number, cell_column: AB}, {name: n, type: string, value: constant.x}, {name: z, type: string, value: constant}]"""
        equal(rows_of(project.load(options)), "30,40,10,30,30,20,40,Second,1,2,AB,x,\n30,40,10,30,30,20,40,First,0,2,AB,x,\n")
        options = """sheets: [First, Other], columns: [{name: a, type: long}, {name: b, type: string}], skip_header_lines: 1,
            sheet_options: {Other: {skip_header_lines: 0, columns: {a: {value: constant.7}, b: {cell_column: E}}}}"""
        equal(rows_of(project.load(options)), "10,20\n7,h\n7,50\n")


@test
def numbers_become_what_the_column_is():
    def fill(book):
        book.add_worksheet().write_row(0, 0, [1.5, 123456789, 1e300, 0.1, 45000.25])
    with Books() as project:
        project.book(fill)
        texts = ", ".join(f"{{name: c{i}, type: string}}" for i in range(5))
        equal(rows_of(project.load(f"columns: [{texts}]")), "1.5,123456789,1.0E300,0.1,45000.25\n")
        equal(rows_of(project.load(f"columns: [{texts}]", more="types: embulk\n")), "1.5,1.23456789E8,1.0E300,0.1,45000.25\n")
        equal(rows_of(project.load('columns: [{name: a, type: string, numeric_format: "%08.2f"}, {name: b, type: "decimal(12,2)"}, {name: c, type: double}, {name: d, type: "decimal(3,2)"}]')),
              "00001.50,123456789.00,1.0E300,0.10\n")
        equal(rows_of(project.load("columns: [{name: a, type: long}]", more="types: embulk\n")), "1\n")
        contains(project.load("columns: [{name: a, type: long}]", 1).stderr, "book.xlsx:Sheet1: cell A1: column 'a': '1.5' has a fraction, which a long does not")
        contains(project.load("columns: [{name: a, type: boolean}]", 1).stderr, "is neither 0 nor 1")
        contains(project.load("columns: [{name: c, type: long, cell_column: C}]", 1).stderr, "is too large for a long")
        contains(project.load("columns: [{name: c, type: timestamp, cell_column: C}]", 1).stderr, "is no date that Excel has")
        contains(project.load("columns: [{name: c, type: date, cell_column: E}]", 1).stderr, "has a time beside the date")
        equal(rows_of(project.load("default_timezone: Asia/Tokyo, columns: [{name: c, type: timestamp, cell_column: E}]")), "2023-03-14 21:00:00.000000 +0000\n")


@test
def errors_in_cells_and_values_that_do_not_fit_have_choices():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_formula(0, 0, "=1/0", None, "#DIV/0!")
        sheet.write_string(0, 1, "word")
        sheet.write_row(1, 0, [1, 2])
    with Books() as project:
        project.book(fill)
        columns = "columns: [{name: a, type: long, A}, {name: b, type: long, B}]"

        def load(a, b, **more):
            return project.load(columns.replace("A}", a + "}").replace("B}", b + "}"), **more)
        contains(load("x: 1", "x: 1", status=1).stderr, "cell A1: column 'a': '#DIV/0!' is an error of the sheet; correct it there, or set 'on_cell_error: constant'")
        contains(load("on_cell_error: constant", "x: 1", status=1).stderr, "cell B1: column 'b': 'word'")
        equal(rows_of(load("on_cell_error: constant", "on_convert_error: constant")), ",\n1,2\n")
        equal(rows_of(load("on_cell_error: constant.9", "on_convert_error: constant.8")), "9,8\n1,2\n")
        equal(rows_of(project.load("columns: [{name: a, type: string, on_cell_error: error_code}]")), "#DIV/0!\n1\n")
        equal(rows_of(load("x: 1", "on_convert_error: constant", more="types: embulk\n")), ",\n1,2\n")
        done = project.load("stop_on_invalid_record: false, " + columns.replace("A}", "x: 1}").replace("B}", "x: 1}"))
        equal(rows_of(done), "1,2\n")
        contains(done.stdout, "rows_rejected: 1")
        for wrong, message in (("on_cell_error: what", "on_cell_error must be constant"), ("cell_column: ZZZZ", "'ZZZZ' is no column"), ('cell_column: "+nosuch"', "'+nosuch' is no column"),
                               ("value: cell_style", "value 'cell_style' is not read here"), ('numeric_format: "%s"', "numeric_format '%s' must be one conversion"),
                               ('numeric_format: "%n"', "numeric_format '%n' must be one conversion"), ("cell_column: 0", "'0' is no column")):
            contains(load(wrong, "x: 1", status=1).stderr, "column 'a': " + message)


@test
def formulas_give_what_was_saved_of_them():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_formula(0, 0, "=1+1", None, 2)
        sheet.write_formula(0, 1, '="a"&"b"', None, "ab")
        sheet.write_formula(0, 2, "=TRUE", None, True)
    with Books() as project:
        project.book(fill)
        done = project.load("formula_handling: evaluate, columns: [{name: a, type: long}, {name: b, type: string}, {name: c, type: boolean}]")
        equal(rows_of(done), "2,ab,true\n")
        contains(done.stderr, "formulas are not evaluated")


@test
def merged_cells_have_the_value_of_the_first():
    def fill(book):
        sheet, plain = book.add_worksheet(), book.add_format()
        sheet.write_column(0, 1, [1, 2, 3, 4, 5])
        sheet.merge_range("A1:A3", "up", plain)
        sheet.merge_range("A4:A5", 7.5, plain)
        sheet.merge_range("C2:E3", "wide", plain)
        sheet.write_blank("E5", None, plain)
    with Books() as project:
        project.book(fill)
        columns = "columns: [{name: a, type: string}, {name: b, type: long}, {name: e, type: string, cell_column: E}]"
        equal(rows_of(project.load(columns)), "up,1,\nup,2,wide\nup,3,wide\n7.5,4,\n7.5,5,\n")
        for off in ("false", "none"):
            equal(rows_of(project.load(f"search_merged_cell: {off}, {columns}")), "up,1,\n,2,\n,3,\n7.5,4,\n,5,\n")
        project.write("book.xlsx", made("<row><c/></row></sheetData><mergeCells><mergeCell ref='A1:'/></mergeCells><sheetData>"))
        contains(project.load(columns, 1).stderr, "'A1:' is no range of merged cells")


@test
def options_that_would_read_other_cells_are_refused():
    with Books() as project:
        project.book(table)
        contains(project.load("record_type: column, columns: [{name: a, type: string}]", 1).stderr, "record_type 'column' is not read here; a record is a row")
        contains(project.load("columns: [{name: a, type: string, cell_address: B2}]", 1).stderr, "column 'a': 'cell_address' of a column is not read here")


@test
def sheets_that_are_not_there_are_told():
    with Books() as project:
        project.book(table)
        contains(project.load("sheets: [Nosuch]", 1).stderr, "book.xlsx: there is no sheet 'Nosuch'; it has 'Orders', 'Empty'")
        contains(project.load("sheet: Empty", 1).stderr, "row 1 of the sheet has no names of columns")


@test
def more_rows_than_a_batch_and_several_files_are_read():
    def fill(book):
        sheet = book.add_worksheet()
        for row in range(10_000):
            sheet.write_row(row, 0, [row, f"text {row % 1000}"])
    with Books() as project:
        project.book(fill, "book1.xlsx")
        project.book(fill, "book2.xlsx", constant_memory=True)
        lines = rows_of(project.load("columns: [{name: n, type: long}, {name: t, type: string}]")).split("\n")[:-1]
        equal(sorted(lines), sorted([f"{row},text {row % 1000}" for row in range(10_000)] * 2))


# --- by hand ---

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def made(sheet, shared=None, names=None, **parts):
    """A workbook of one sheet, with the sheet before all else in the archive."""
    names = {"rels": "_rels/.rels", "book": "xl/workbook.xml", "bookrels": "xl/_rels/workbook.xml.rels", "sheet": "xl/worksheets/sheet1.xml", "shared": "xl/sharedStrings.xml", **(names or {})}
    texts = {
        "sheet": f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>",
        "book": f'<workbook {MAIN}><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "bookrels": '<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="b" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>',
        "rels": '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>', **parts}
    if shared is not None:
        texts["shared"] = f"<sst {MAIN}>{shared}</sst>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, text in texts.items():
            if text is not None:
                archive.writestr(names[key], text)
    return out.getvalue()


TWO = "columns: [{name: a, type: string}, {name: b, type: string}]"


@test
def what_other_writers_write_is_read():
    """Cells without places, inline and rich texts, readings of Japanese, escapes, prefixes, empty texts."""
    cases = [
        ('<row><c><v>1</v></c><c t="b"><v>1</v></c></row>', None, "1,true\n"),
        ('<row r="7"><c r="B7" t="inlineStr"><is><r><t>ri</t></r><r><t>ch</t></r></is></c></row>', None, ",rich\n"),
        ('<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>', "<si><r><t>漢</t></r><rPh><t>kan</t></rPh><r><t>字</t></r></si><si><t>a_x0009_b_x005F_x_xZZZZ_</t></si>", "漢字,a\tb_x_xZZZZ_\n"),
        ('<row><c t="s"><v>0</v></c><c t="str"><v></v></c></row>', "<si><t/></si>", ",\n"),
        ('<row><c t="d"><v>2024-02-29T12:00:00</v></c><c><f>A1</f></c></row>', None, "2024-02-29T12:00:00,\n"),
        ('<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:c><x:v>5</x:v></x:c></x:row>', None, "5,\n"),
    ]
    with Books() as project:
        for sheet, shared, wanted in cases:
            project.write("book.xlsx", made(sheet, shared))
            equal(rows_of(project.load(TWO)).replace('""', ""), wanted, sheet)


@test
def files_that_are_broken_or_none_are_told():
    good = made("<row><c><v>1</v></c></row>")
    cases = [
        (b"no zip at all", "is it an .xlsx file, and whole?"), (good[:200], "book.xlsx"), (b"", "book.xlsx"),
        (made("<row><c><v>x</v></c></row>"), "row 1: 'x' is no number"), (made("<row><c"), "no well-formed XML"),
        (made('<row><c t="s"><v>5</v></c></row>', "<si/>"), "has the shared text '5', and there are 1"),
        (made('<row><c t="q"><v>5</v></c></row>'), "has the type 'q', which is not known"),
        (made('<row r="2"/><row r="1"/>'), "row 1 behind row 2"), (made('<row r="1048577"/>'), "row 1048577 behind row 0"),
        (made('<row><c r="B1"/><c r="A1"/></row>'), "cell 'A1' in row 1 is out of place"), (made('<row><c r="XFE1"/></row>'), "cell 'XFE1' in row 1 is out of place"),
        (made("", book="<workbook/>"), "this is no workbook: it has no sheet"), (made("", book=None), "this is no workbook"),
        (made("", names={"sheet": "elsewhere.xml"}), "the sheet 'S' is missing (xl/worksheets/sheet1.xml)"),
        (made("", book='<!DOCTYPE a [<!ENTITY x "y">]><workbook/>'), "it declares a document type"),
        (made("<a>" * 300), "elements are nested deeper than 200"),
    ]
    with Books() as project:
        for data, message in cases:
            project.write("book.xlsx", data)
            contains(project.load(TWO, 1).stderr, message)


@test
def a_small_file_that_unpacks_without_end_is_refused():
    """100 MiB of blanks where a workbook has kilobytes."""
    data = made("", book=f"<workbook>{' ' * (100 * 1024 * 1024)}</workbook>")
    assert len(data) < 1024 * 1024
    with Books() as project:
        project.write("book.xlsx", data)
        contains(project.load(TWO, 1).stderr, "xl/workbook.xml: it has more than 67108864 bytes when unpacked, which is more than is read")


@test
def the_name_of_embulks_plug_in_and_its_types_work():
    with Books() as project:
        project.book(table)
        project.write("load.yml", LOAD.replace("type: excel, OPTIONS", "type: poi_excel, sheets: [Orders], skip_header_lines: 1, columns: [{name: id, type: long}, {name: at, type: timestamp, cell_column: E}]") + "types: embulk\n")
        equal(rows_of(check_run(project.run("load", "run", "load.yml"))).split("\n")[0], "1,2024-02-29 23:59:59.500000 +0000")
        project.write("load.yml", LOAD.replace("type: excel, OPTIONS", "type: poi_excel, sheets: [Orders]") + "types: embulk\n")
        contains(check_run(project.run("load", "run", "load.yml"), 1).stderr, "columns")


main()
