"""Plug-ins of others as shared objects: inputs, filters, outputs, where they are found, and their mistakes."""
import os
import shutil
import subprocess
import tempfile

from support import SOURCE, Project, check_run, contains, equal, main, test

built = {}


def build(source, *flags):
    """A shared object of a C source, built once."""
    key = (source, flags)
    if key not in built:
        built[key] = os.path.join(tempfile.mkdtemp(prefix="tegaru-plugin-"), "plugin.so")
        subprocess.run(["cc", "-Wall", "-shared", "-fPIC", "-I", os.path.join(SOURCE, "include"), *flags, "-o", built[key], source], check=True)
    return built[key]


TEST_PLUGIN = os.path.join(SOURCE, "tests/e2e/test_plugin.c")


def example(name):
    """A source of docs/loader-plugins.md."""
    with open(os.path.join(SOURCE, "docs/loader-plugins.md")) as text:
        return text.read().split(f"<!-- test: {name} -->\n", 1)[1].split("\n", 1)[1].split("\n```", 1)[0] + "\n"


class PluginProject(Project):
    def add(self, role, name="mine", folder="plugins", *flags, source=TEST_PLUGIN):
        self.write(f"{folder}/keep", "")
        shutil.copy(build(source, *flags), os.path.join(self.folder, folder, f"tegaru_{role}_{name}.so"))

    def load(self, config, status=0, action="run", **more):
        self.write("load.yml", config)
        return check_run(self.run("load", action, "load.yml", **more), status)


IN = "in: {type: mine, mode: MODE}\nexec: {max_threads: 1}\nout: {type: stdout}\n"
ROWS = "0,\n1,abc\n10,\n11,abc\n20,\n21,abc\n"
CONFIG_IN = 'in: {type: config, columns: [{name: a, type: long}, {name: b, type: string}], values: [[[1, x], [2, null]], [[3, z]]]}\n'


def rows_of(done):
    return done.stdout.split("rows_read")[0]


@test
def the_example_of_the_docs_counts():
    with PluginProject({"count.c": example("count.c")}) as project:
        project.add("input", "count", source=os.path.join(project.folder, "count.c"))
        done = project.load("in: {type: count, rows: 2500}\nout: {type: stdout}\n")
        equal(rows_of(done).split(), [str(i) for i in range(1, 2501)])
        contains(project.load("in: {type: count}\nout: {type: stdout}\n", 1).stderr, "in (count): write how many 'rows' you want, 1 or more")


@test
def the_header_compiles_alone():
    with PluginProject({"alone.c": "#include <tegaru_plugin.h>\n"}) as project:
        for language in (["-xc", "-std=c99"], ["-xc++", "-std=c++11"]):
            subprocess.run(["cc", *language, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", os.path.join(SOURCE, "include"), "alone.c"],
                           cwd=project.folder, check=True)


@test
def partitions_offsets_and_nulls_are_read():
    with PluginProject() as project:
        project.add("input")
        done = project.load(IN)
        equal(rows_of(done).replace('""', ""), ROWS)
        contains(done.stderr, f"exact 1 in {os.path.realpath(project.folder)}")
        contains(done.stdout, "rows_read: 6")
        contains(project.load(IN, action="preview").stdout, "| id:long | name:string |")
        contains(project.load(IN, action="types").stdout, "int64")


@test
def several_threads_read_several_partitions():
    with PluginProject() as project:
        project.add("input")
        equal(sorted(rows_of(project.load(IN.replace("max_threads: 1", "max_threads: 3"))).replace('""', "").split()), sorted(ROWS.split()))


@test
def embulks_types_are_asked_for():
    with PluginProject() as project:
        project.add("input")
        contains(project.load(IN + "types: embulk\n").stderr, "exact 0 in ")


@test
def the_position_goes_into_the_config_diff():
    with PluginProject({"load.yml": IN}) as project:
        project.add("input")
        check_run(project.run("load", "run", "load.yml", "-c", "diff.yml"))
        contains(project.read("diff.yml"), "last: 21")


@test
def folders_have_an_order():
    with PluginProject() as project:
        here, config = os.path.realpath(project.folder), "home/.config"
        env = {"XDG_CONFIG_HOME": os.path.join(here, config), "TEGARU_PLUGIN_PATH": f"relative:{here}/first"}
        for folder in [f"{config}/tegaru/plugins", ".tegaru/plugins", "plugins", "first"]:
            project.add("input", "mine", folder)
            contains(project.load(IN, env=env).stderr, f"Plug-in: {here}/{folder}/tegaru_input_mine.so\n")
        shutil.rmtree(f"{here}/first")
        contains(project.load(IN, env={"TEGARU_NO_PROJECT_PLUGINS": "1", **env}).stderr, f"Plug-in: {here}/{config}/tegaru/")


@test
def the_list_of_plug_ins_has_those_that_are_found():
    with PluginProject({"plugins/other.so": "x", "plugins/tegaru-input-program": "x"}) as project:
        project.add("filter", "mine")
        listed = check_run(project.run("load", "plugins")).stdout
        folder = os.path.realpath(project.folder) + "/plugins"
        contains(listed, f"input      program            {folder}/tegaru-input-program\n")
        contains(listed, f"filter     mine               {folder}/tegaru_filter_mine.so\n")
        assert "other.so" not in listed


@test
def the_project_of_a_workflow_counts():
    with PluginProject({"a.dig": "timezone: UTC\n+load:\n  load>: load.yml\n", "load.yml": IN}) as project:
        project.add("input")
        done = check_run(project.run("run", "a.dig"))
        contains(done.stdout + done.stderr, "11,abc")


@test
def what_anybody_may_change_is_refused():
    with PluginProject() as project:
        project.add("input")
        file = os.path.join(project.folder, "plugins/tegaru_input_mine.so")
        for path in (file, os.path.dirname(file)):
            mode = os.stat(path).st_mode
            os.chmod(path, mode | 0o002)
            contains(project.load(IN, 1).stderr, "in (mine): '" + os.path.realpath(project.folder) + "/plugins/tegaru_input_mine.so' is not used, for anybody may change it: run 'chmod o-w'")
            os.chmod(path, mode)


@test
def a_type_leads_out_of_no_folder():
    with PluginProject() as project:
        project.add("input", "mine", "elsewhere")
        for name in ("../elsewhere/mine", "/mine", "a/b", "..", "x" * 300, "a b"):
            contains(project.load(IN.replace("type: mine", f'type: "{name}"'), 1, env={"PATH": "/usr/bin:/bin"}).stderr, "in: there is no plug-in of type ")


@test
def built_in_types_come_first():
    with PluginProject() as project:
        project.add("input", "config")
        equal(rows_of(project.load(CONFIG_IN + "exec: {max_threads: 1}\nout: {type: stdout}\n")), '1,x\n2,\n3,z\n')


@test
def they_come_before_a_real_embulk():
    with PluginProject({"bin/embulk": "#!/bin/sh\nexit 9\n"}) as project:
        os.chmod(os.path.join(project.folder, "bin/embulk"), 0o755)
        path = {"PATH": f"{project.folder}/bin:/usr/bin:/bin"}
        project.load(IN, 9, env=path)
        project.add("input")
        project.add("filter", "same")
        project.add("output", "file2")
        project.load(IN.replace("exec:", "filters: [{type: same}]\nexec:").replace("stdout", "file2, path: out.txt"), env=path)


@test
def mistakes_of_an_input_are_told():
    wanted = {
        "fails_open": "in (mine): no such place: write another",
        "silent": "in (mine): the plug-in failed without a word",
        "no_partitions": "in (mine): the plug-in has 0 partitions; 1 to 100000 are possible",
        "no_stream": "in (mine): it gave no Arrow stream",
        "no_columns": "in (mine): its Arrow schema ('l') has no columns",
        "interval": "in (mine): column 'name': the Arrow type 'tiM' is an interval of months, which no column can hold; cast it",
        "fails_read": "partition 1 is gone: read anew",
        "fails_next": "cannot read on: the source went away",
        "other_schema": "partition 1: its columns differ from those of the first part: column 1 is 'other' ('l') and not 'id' ('l')",
        "bad_offsets": "column 'name' ('u'): the Arrow array has offsets that do not grow",
        "short_child": "column 'id' ('l'): the Arrow array is shorter than its parent needs",
        "negative_length": "the Arrow array has a wrong length",
        "no_child": "the Arrow array lacks a child",
        "no_utf8": "row 2: column 'name' ('u'): the value is no UTF-8; hand it over as binary",
        "bad_position": "the plug-in's position is no JSON map",
    }
    with PluginProject() as project:
        project.add("input")
        for mode, message in wanted.items():
            done = project.load(IN.replace("MODE", mode), 1)
            contains(done.stderr, message)
            assert "AddressSanitizer" not in done.stderr, done.stderr


@test
def files_that_are_no_plug_in_are_told():
    with PluginProject({"plugins/tegaru_input_text.so": "no object", "empty.c": "int nothing;\n"}) as project:
        project.add("input", "old", "plugins", "-DABI=99")
        project.add("input", "empty", source=os.path.join(project.folder, "empty.c"))
        contains(project.load(IN.replace("mine", "text"), 1).stderr, "in (text): cannot load the plug-in: ")
        contains(project.load(IN.replace("mine", "empty"), 1).stderr, "is no plug-in for this role: it must export tegaru_input() of tegaru_plugin.h")
        contains(project.load(IN.replace("mine", "old"), 1).stderr, "was built for version 99 of tegaru_plugin.h, and this program has version 1")


@test
def a_filter_gets_all_rows_and_gives_others():
    with PluginProject() as project:
        project.add("filter", "same")
        config = CONFIG_IN + "filters: [{type: same, mode: MODE}]\nexec: {max_threads: 1}\nout: {type: stdout}\n"
        equal(rows_of(project.load(config)), "1,x\n2,\n3,z\n")
        contains(project.load(config, action="types").stdout, "b       u            string")
        contains(project.load(config.replace("MODE", "fails"), 1).stderr, "filters[0] (same): this filter never works")
        contains(project.load(config.replace("MODE", "early"), 1).stderr, "filters[0] (same): the rows cannot be had yet")


@test
def an_error_in_front_of_a_filter_keeps_its_words():
    with PluginProject() as project:
        project.add("filter", "same")
        project.add("input")
        config = IN.replace("MODE", "fails_next").replace("exec:", "filters: [{type: same}]\nexec:")
        done = project.load(config, 1)
        contains(done.stderr, "cannot read on: the source went away")
        equal(done.stderr.count("cannot read on"), 1)


@test
def an_output_commits_once_all_tasks_succeeded():
    with PluginProject() as project:
        project.add("output")
        config = CONFIG_IN + "exec: {max_threads: 1}\nout: {type: mine, path: result.txt, mode: MODE}\n"
        done = project.load(config)
        equal(project.read("result.txt"), "a l, b u\n2 rows\n1 rows\n")
        contains(done.stdout, "rows_written: 3")
        os.unlink(os.path.join(project.folder, "result.txt"))
        for mode, message in {"fails_open": "out (mine): nothing can be written there", "fails_write": "the place is full: try later",
                              "fails_commit": "no commit today"}.items():
            contains(project.load(config.replace("MODE", mode), 1).stderr, message)
            assert not project.exists("result.txt")


@test
def an_output_that_ignores_a_failure_of_the_input_commits_nothing():
    with PluginProject() as project:
        project.add("output")
        project.add("input")
        config = IN.replace("MODE", "fails_next").replace("out: {type: stdout}", "out: {type: mine, path: result.txt, mode: ignores}")
        contains(project.load(config, 1).stderr, "the source went away")
        assert not project.exists("result.txt")


@test
def every_type_goes_through_a_filter_unchanged():
    """Out to Arrow and back in again."""
    config = """in: {type: sqlite, database: t.db, query: "SELECT * FROM t"}
exec: {max_threads: 1}
FILTERS
out: {type: stdout}
"""
    import sqlite3
    with PluginProject() as project:
        project.add("filter", "same")
        with sqlite3.connect(os.path.join(project.folder, "t.db")) as db:
            db.execute("CREATE TABLE t (i INTEGER, r REAL, d DATE, ts TIMESTAMP, b BOOLEAN, j JSON, m DECIMAL(20,3), t TEXT, x BLOB, tm TIME)")
            db.execute("INSERT INTO t VALUES (1, 1.5, '2020-02-29', '2020-02-29 23:59:59.123456', 1, '{\"a\":[1]}', '12345678901234567.125', 'é', x'4142', '12:34:56')")
            db.execute("INSERT INTO t VALUES (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)")
        db.close()
        plain = project.load(config.replace("FILTERS\n", ""))
        through = project.load(config.replace("FILTERS", "filters: [{type: same}]"))
        equal(rows_of(through), rows_of(plain))
        equal(through.stdout.split("columns:")[1].split("duration")[0], plain.stdout.split("columns:")[1].split("duration")[0])


try:
    main()
finally:
    for made in built.values():
        shutil.rmtree(os.path.dirname(made), ignore_errors=True)
