"""Loads of a small CSV file through filters."""
import os

from support import Project, TEGARU, check_run, contains

COLUMNS = """[{name: id, type: long}, {name: name, type: string}, {name: score, type: double}, {name: ok, type: boolean},
    {name: at, type: timestamp, format: '%Y-%m-%d %H:%M:%S'}, {name: doc, type: json}]"""


def load(project, filters, csv, status=0, embulk=False, columns=COLUMNS, exec_=""):
    """Loads the text `csv` through the filters into the file outcsv."""
    project.write("data.csv", csv)
    project.write("load.yml", f"""in: {{type: file, path_prefix: data.csv, parser: {{type: csv, escape: null, columns: {columns}}}}}
filters:
{filters}
exec: {{min_output_tasks: 1, max_threads: 1, {exec_}}}
out: {{type: file, path_prefix: {project.folder}/out, file_ext: csv, sequence_format: '', formatter: {{type: csv}}}}
""")
    if embulk:
        link = os.path.join(project.folder, "embulk")
        if not os.path.exists(link):
            os.symlink(TEGARU, link)
        return check_run(project.run("run", "load.yml", program=link), status)
    return check_run(project.run("load", "run", "load.yml"), status)


def rows(filters, csv, **more):
    """What comes out of the filters, line by line, the header first."""
    with Project() as project:
        load(project, filters, csv, **more)
        return project.read("outcsv").replace("\r\n", "\n").splitlines()


def fails(filters, message, csv, **more):
    with Project() as project:
        contains(load(project, filters, csv, status=1, **more).stderr, message)


KEEP = "- {type: remove_columns, keep: [%s]}\n"
