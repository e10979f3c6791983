"""Loads with plug-ins that are not here: a real `embulk` on the PATH runs them."""
import json
import os

from support import TEGARU, Project, check_run, contains, equal, main, test

CONFIG = "in: {type: bigquery, table: t}\nout: {type: stdout}\n"
WORKFLOW = "timezone: UTC\n+load:\n  embulk>: load.yml\n"
STAND_IN = """#!/bin/sh
echo "stand-in: $*"
echo "guard: $TEGARU_HANDED_TO_EMBULK"
for last; do case "$last" in *.yml) cat "$last" 2>/dev/null;; esac; done
exit ${STAND_IN_STATUS:-0}
"""


def add_program(project, folder, text):
    project.write(f"{folder}/embulk", text)
    os.chmod(os.path.join(project.folder, folder, "embulk"), 0o755)


def path_of(project, *folders):
    return {"PATH": ":".join([os.path.join(project.folder, f) for f in folders] + ["/usr/bin:/bin"])}


def linked(project, name):
    """The program under another name, in a folder of its own."""
    os.makedirs(os.path.join(project.folder, "own"), exist_ok=True)
    link = os.path.join(project.folder, "own", name)
    if not os.path.exists(link):
        os.symlink(TEGARU, link)
    return link


@test
def load_run_becomes_the_embulk_on_the_path():
    with Project({"load.yml": CONFIG}) as project:
        add_program(project, "bin", STAND_IN)
        done = check_run(project.run("load", "run", "load.yml", "-c", "diff.yml", "-t", "3", env=path_of(project, "bin")))
        contains(done.stdout, "stand-in: run load.yml -c diff.yml -X max_threads=3\n")
        contains(done.stdout, "guard: 1\n")
        equal(done.stderr.count("\n"), 1)
        contains(done.stderr, "in: there is no plug-in of type 'bigquery' here: ")
        contains(done.stderr, "bin/embulk runs the load, with its own types and without a receipt")


@test
def the_link_embulk_hands_over_the_same_arguments():
    with Project({"load.yml": CONFIG}) as project:
        add_program(project, "bin", STAND_IN)
        for arguments in (["run", "load.yml", "-r", "state.yml"], ["-X", "max_threads=2", "preview", "load.yml", "-G"]):
            done = check_run(project.run(*arguments, program=linked(project, "embulk"), env=path_of(project, "own", "bin")))
            contains(done.stdout, "stand-in: " + " ".join(arguments) + "\n")
            contains(done.stdout, "[INFO] (main): in: there is no plug-in of type 'bigquery' here")


@test
def its_exit_status_is_ours():
    with Project({"load.yml": CONFIG}) as project:
        add_program(project, "bin", STAND_IN)
        check_run(project.run("load", "run", "load.yml", env={"STAND_IN_STATUS": "7", **path_of(project, "bin")}), 7)


@test
def every_role_counts():
    configs = {
        "in.parser": "in: {type: file, path_prefix: x, parser: {type: other}}\nout: {type: stdout}\n",
        "in.decoders": "in: {type: file, path_prefix: x, decoders: [{type: gzip}, {type: other}], parser: {type: csv, columns: []}}\nout: {type: stdout}\n",
        "filters": "in: {type: config}\nfilters: [{type: other}]\nout: {type: stdout}\n",
        "out": "in: {type: config}\nout: {type: other}\n",
        "out.formatter": "in: {type: config}\nout: {type: file, formatter: {type: other}}\n",
        "out.encoders": "in: {type: config}\nout: {type: file, formatter: {type: csv}, encoders: [{type: other}]}\n",
    }
    with Project() as project:
        add_program(project, "bin", STAND_IN)
        for role, config in configs.items():
            project.write("load.yml", config)
            done = check_run(project.run("load", "run", "load.yml", env=path_of(project, "bin")))
            contains(done.stderr, f"{role}: there is no plug-in of type 'other' here")


@test
def what_is_here_is_loaded_here():
    with Project({"load.yml": "in: {type: config, columns: [{name: a, type: long}], values: [[[1]]]}\nout: {type: stdout}\n"}) as project:
        add_program(project, "bin", STAND_IN)
        done = check_run(project.run("load", "run", "load.yml", env=path_of(project, "bin")))
        assert "stand-in" not in done.stdout, done.stdout


@test
def types_exact_is_not_given_away():
    with Project({"load.yml": CONFIG + "types: exact\n"}) as project:
        add_program(project, "bin", STAND_IN)
        done = check_run(project.run("load", "run", "load.yml", env=path_of(project, "bin")), 1)
        contains(done.stderr, "in: there is no plug-in of type 'bigquery'")


@test
def without_an_embulk_the_error_says_what_would_help():
    with Project({"load.yml": CONFIG}) as project:
        done = check_run(project.run("load", "run", "load.yml", env={"PATH": "/usr/bin:/bin"}), 1)
        contains(done.stderr, "in: there is no plug-in of type 'bigquery'; 'tegaru load plugins' lists them, and an `embulk`")


@test
def it_never_finds_itself():
    """By a link, by a hard link or a copy that is asked again, or by a script that leads back here."""
    with Project({"load.yml": CONFIG}) as project:
        linked(project, "embulk")
        add_program(project, "back", f'#!/bin/sh\nexec "{TEGARU}" load run load.yml\n')
        for folder in ("own", "back"):
            done = check_run(project.run("load", "run", "load.yml", env=path_of(project, folder)), 1)
            contains(done.stderr, "in: there is no plug-in of type 'bigquery'; ")
        add_program(project, "bin", STAND_IN)
        done = check_run(project.run("load", "run", "load.yml", env=path_of(project, "own", "bin")))
        contains(done.stdout, "stand-in: run load.yml")


@test
def a_program_of_the_working_folder_is_not_taken():
    with Project({"load.yml": CONFIG}) as project:
        add_program(project, ".", STAND_IN)
        check_run(project.run("load", "run", "load.yml", env={"PATH": ".::/usr/bin:/bin"}), 1)


@test
def one_that_cannot_be_started_is_told():
    with Project({"load.yml": CONFIG}) as project:
        add_program(project, "bin", "#!/no/such/interpreter\n")
        done = check_run(project.run("load", "run", "load.yml", env=path_of(project, "bin")), 1)
        contains(done.stderr, "bin/embulk' cannot be started: ")


@test
def the_operator_hands_over_the_config_with_its_templates_filled_in():
    with Project({"a.dig": WORKFLOW.replace("timezone: UTC", "timezone: UTC\n_export: {name: filled}"),
                  "load.yml": CONFIG.replace("table: t", 'table: "${name}"')}) as project:
        add_program(project, "bin", STAND_IN)
        done = check_run(project.run("run", "a.dig", env=path_of(project, "bin")))
        shown = done.stdout + done.stderr
        contains(shown, "in: there is no plug-in of type 'bigquery' here")
        contains(shown, "stand-in: run ")
        contains(shown, json.dumps({"type": "bigquery", "table": "filled"}, separators=(",", ":")))
        left = [name for name in os.listdir("/tmp") if name.startswith("tegaru-") and os.path.exists(f"/tmp/{name}/load.yml")
                and "filled" in open(f"/tmp/{name}/load.yml").read()]
        equal(left, [], "configs may hold secrets")


@test
def the_operator_fails_when_it_fails():
    with Project({"a.dig": WORKFLOW, "load.yml": CONFIG}) as project:
        add_program(project, "bin", STAND_IN)
        done = check_run(project.run("run", "a.dig", env={"STAND_IN_STATUS": "3", **path_of(project, "bin")}), 1)
        contains(done.stdout + done.stderr, "bin/embulk failed with exit status 3")


main()
