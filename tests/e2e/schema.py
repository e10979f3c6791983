"""tegaru schema: good .dig files keep to it, typical mistakes do not."""
import json
import os
import re
import shutil

import yaml
from support import SOURCE, Project, Skip, check_run, contains, equal, main, test

try:
    import jsonschema
except ImportError:
    jsonschema = None


class Loader(yaml.SafeLoader):
    """Close to Digdag's YAML: no dates, includes as the empty key."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in rows if not tag.endswith((":timestamp", ":bool"))]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))
Loader.add_constructor("!include", lambda loader, node: "")


def schema(project):
    return json.loads(check_run(project.run("schema")).stdout)


def validator(project):
    if jsonschema is None:
        raise Skip("python3-jsonschema is not installed (make deps)")
    the_schema = schema(project)
    jsonschema.Draft202012Validator.check_schema(the_schema)
    return jsonschema.Draft202012Validator(the_schema)


def problems(check, text):
    return [e.message for e in check.iter_errors(yaml.load(text, Loader))]


@test
def it_has_the_operators_with_their_options_and_the_kinds_of_schedules():
    with Project() as project:
        the_schema = schema(project)
        task = the_schema["$defs"]["task"]
        assert {"sh>", "athena.ctas>", "for_each>", "load>", "_retry", "_do"} <= set(task["properties"])
        contains(task["properties"]["athena.ctas>"]["description"], "table")
        options = {rule["if"]["required"][0]: set(rule["then"]["properties"])
                   for rule in task["allOf"] if "required" in rule["if"]}
        assert {"database", "table", "save_mode"} <= options["athena.ctas>"], options
        assert {"daily>", "cron>", "delay"} <= set(the_schema["$defs"]["schedule"]["properties"])
        assert all("description" in rule for key, rule in task["properties"].items()), "every key has help"
        check_run(project.run("schema", "-o", "dig.schema.json"))
        equal(json.loads(project.read("dig.schema.json")), the_schema)


@test
def all_good_recorded_files_keep_to_it():
    tops = [os.path.join(SOURCE, "tests/cases"), os.path.join(SOURCE, "examples"),
            os.path.join(os.path.dirname(SOURCE), "shared/conformance")]
    good = 0
    with Project() as project:
        check = validator(project)
    for top in tops:
        for where, _, names in os.walk(top):
            digs = sorted(n for n in names if n.endswith(".dig"))
            if not digs:
                continue
            with Project() as copy:
                shutil.copytree(where, copy.folder, symlinks=True, dirs_exist_ok=True)
                if copy.run("check").returncode != 0:
                    continue
                for name in digs:
                    text = copy.read(name)
                    equal(problems(check, text), [], os.path.join(where, name))
                    good += 1
    assert good >= 50, good


@test
def mistakes_are_marked():
    bad = {"a group with an unknown key": "+a:\n  _paralel: true\n  +b: {echo>: x}\n",
           "an unknown key at the top": "timezon: UTC\n+a: {echo>: x}\n",
           "an unknown schedule": "schedule: {dayly>: 07:00:00}\n",
           "_after that is no list": "+a:\n  _parallel: true\n  +b: {echo>: x}\n  +c: {echo>: x, _after: +b}\n",
           "a task that is a text": "+a: echo x\n",
           "deep inside a loop": "+a:\n  loop>: 2\n  _do:\n    +b: {_error: text, echo>: x}\n",
           "_parallel without limit": "+a:\n  _parallel: {limits: 2}\n  +b: {echo>: x}\n"}
    good = ("+a: {my_plugin>: x, any: 1}\n", "+a: {_disable: true, anything: 1}\n", "+a:\n  _retry: ${n}\n  +b: {echo>: x}\n")
    with Project() as project:
        check = validator(project)
        for what, text in bad.items():
            assert problems(check, text), what
        for text in good:
            equal(problems(check, text), [], text)
        contains(check_run(project.run("schema", "x"), 2).stderr, "takes no argument")
        contains(check_run(project.run("schema", "--help")).stdout, "yaml-language-server")


main()
