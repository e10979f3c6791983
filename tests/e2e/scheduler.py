"""tegaru scheduler: sessions come when they are due, and a restart neither loses nor repeats one."""
import json
import os
import signal
import subprocess
import time

from support import TEGARU, Project, check_run, contains, equal, main, test

DEADLINE = 60
# What has begun its line ends as a success even if the scheduler is stopped meanwhile.
EVERY_SECOND = """schedule:
  seconds_interval>: 1
+note:
  sh>: trap '' TERM; echo ${session_unixtime} [${last_executed_session_time}] >> done.txt
"""


class Scheduler:
    """One that runs for a project; stopped by its pid."""

    def __init__(self, project, *options):
        self.project = project
        self.log = open(os.path.join(project.folder, "scheduler.log"), "ab")
        self.process = subprocess.Popen([TEGARU, "scheduler", *options], cwd=project.folder, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def __enter__(self):
        return self

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(DEADLINE)
        self.log.close()


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def sessions(project):
    if not project.exists("done.txt"):
        return []
    return [int(line.split()[0]) for line in project.read("done.txt").splitlines()]


def state(project):
    return json.loads(project.read(".tegaru/scheduler/state.json"))["workflows"]["main"]


def log(project):
    return project.read("scheduler.log")


@test
def each_session_runs_once_also_over_restarts():
    with Project({"main.dig": EVERY_SECOND}) as project:
        for round_number in range(3):
            before = len(sessions(project))
            with Scheduler(project) as scheduler:
                wait_for(lambda: len(sessions(project)) >= before + 3, "three sessions")
                equal(scheduler.stop(), 0)
        # What was stopped on its way goes on at the next start: so ask once more, without new ones.
        wanted = list(range(min(sessions(project)), max(sessions(project)) + 1))
        project.write("main.dig", EVERY_SECOND.replace("seconds_interval>: 1", "seconds_interval>: 100000000"))
        with Scheduler(project) as scheduler:
            wait_for(lambda: state(project)["open"] == [], "no open session")
            scheduler.stop()
        found = sessions(project)
        assert set(wanted) <= set(found), (wanted, found)
        equal(len(found), len(set(found)), "sessions that ran twice")
        contains(project.read("done.txt"), "T")  # last_executed_session_time was told


@test
def a_killed_scheduler_loses_nothing():
    with Project({"main.dig": EVERY_SECOND}) as project:
        with Scheduler(project) as scheduler:
            wait_for(lambda: len(sessions(project)) >= 2, "two sessions")
            scheduler.stop(signal.SIGKILL)
        first = min(sessions(project))
        count = len(sessions(project))

        def restarted():
            with Scheduler(project) as scheduler:
                wait_for(lambda: scheduler.process.poll() is not None or len(sessions(project)) >= count + 4,
                         "sessions after the kill")
                return scheduler.process.poll() is None

        wait_for(restarted, "the lock of the one that was killed")
        found = sessions(project)
        assert set(range(first, max(found[:count + 2]) + 1)) <= set(found), found
        equal(len(found), len(set(found)), "sessions that ran twice")


@test
def one_scheduler_for_a_project():
    with Project({"main.dig": EVERY_SECOND}) as project:
        with Scheduler(project):
            wait_for(lambda: project.exists(".tegaru/scheduler/state.json"), "the first scheduler")
            contains(check_run(project.run("sched"), 1).stderr, "another scheduler runs for this project")


@test
def changed_files_are_read_again():
    with Project({"main.dig": "+a:\n  echo>: x\n"}) as project:
        with Scheduler(project) as scheduler:
            wait_for(lambda: "0 schedules" in log(project), "the first reading")
            project.write("main.dig", "schedule:\n  dayly>: 1\n+a:\n  echo>: x\n")
            wait_for(lambda: "stay as they were" in log(project), "the mistake")
            contains(log(project), "did you mean 'daily'?")
            project.write("main.dig", EVERY_SECOND)
            wait_for(lambda: len(sessions(project)) >= 1, "a session of the new schedule")
            equal(scheduler.stop(), 0)


@test
def overtime_is_left_out_when_asked():
    slow = ("schedule:\n  seconds_interval>: 1\n  skip_on_overtime: true\n"
            "+wait:\n  sh>: until [ -e go ]; do sleep 0.1; done; echo ${session_unixtime} >> done.txt\n")
    with Project({"main.dig": slow}) as project:
        with Scheduler(project) as scheduler:
            wait_for(lambda: log(project).count("skip_on_overtime is set") >= 2, "two sessions left out")
            equal(sessions(project), [])
            project.write("go", "")
            wait_for(lambda: len(sessions(project)) >= 1, "the first session")
            equal(scheduler.stop(), 0)


@test
def late_sessions_are_left_out_when_asked():
    late = "schedule:\n  seconds_interval>: 1\n  skip_delayed_by: 1m\n+a:\n  sh>: echo ${session_unixtime} >> done.txt\n"
    with Project({"main.dig": late}) as project:
        with Scheduler(project) as scheduler:
            wait_for(lambda: len(sessions(project)) >= 1, "a session")
            scheduler.stop()
        path = ".tegaru/scheduler/state.json"
        all_state = json.loads(project.read(path))
        for key in ("next_session_ms", "next_run_ms"):
            all_state["workflows"]["main"][key] -= 100000
        project.write(path, json.dumps(all_state))
        count = len(sessions(project))
        with Scheduler(project) as scheduler:
            wait_for(lambda: "later than skip_delayed_by allows" in log(project), "a late session")
            wait_for(lambda: len(sessions(project)) > count, "sessions that are not late")
            scheduler.stop()
        first_late = all_state["workflows"]["main"]["next_session_ms"] // 1000
        assert first_late not in sessions(project)[count:]


@test
def what_was_stopped_goes_on():
    text = ("schedule:\n  seconds_interval>: 100000000\n+one:\n  sh>: echo 1 >> one.txt\n"
            "+two:\n  sh>: until [ -e go ]; do sleep 0.1; done; echo 7 >> done.txt\n")
    with Project({"main.dig": text}) as project:
        with Scheduler(project) as scheduler:
            wait_for(lambda: project.exists(".tegaru/scheduler/state.json"), "the state")
            scheduler.stop()
        path = ".tegaru/scheduler/state.json"
        all_state = json.loads(project.read(path))
        all_state["workflows"]["main"].update(next_session_ms=1790000000000, next_run_ms=1790000000000)
        project.write(path, json.dumps(all_state))
        with Scheduler(project) as scheduler:
            wait_for(lambda: project.exists("one.txt"), "the first task")
            wait_for(lambda: os.path.exists(os.path.join(project.folder, ".tegaru/status")), "a saved state")
            equal(scheduler.stop(), 0)
        contains(log(project), "it goes on when the scheduler starts again")
        project.write("go", "")
        with Scheduler(project) as scheduler:
            wait_for(lambda: 7 in sessions(project), "the second task")
            wait_for(lambda: state(project)["open"] == [], "the end of the session")
            scheduler.stop()
        equal(project.read("one.txt"), "1\n")


@test
def sla_acts_while_an_attempt_runs():
    text = ("schedule:\n  seconds_interval>: 100000000\nsla:\n  duration: 00:00:01\n  alert: false\n  fail: true\n"
            "  +notice:\n    sh>: echo late >> late.txt\n"
            "+slow:\n  sh>: until [ -e late.txt ]; do sleep 0.1; done\n")
    with Project({"main.dig": text}) as project:
        now = int(time.time() * 1000)
        done = check_run(project.run("run", "main.dig", f"--scheduled-at={now}", timeout=DEADLINE), 1)
        contains(done.stderr, "+main^sla^fail")
        contains(done.stderr, "SLA violation")
        equal(project.read("late.txt"), "late\n")
        project.write("main.dig", text.replace("+slow:\n  sh>: until [ -e late.txt ]; do sleep 0.1; done", "+a:\n  echo>: x"))
        check_run(project.run("run", "main.dig", "--session", "2020-01-01"))  # nobody watches a run by hand


@test
def a_damaged_state_is_an_error():
    with Project({"main.dig": EVERY_SECOND, ".tegaru/scheduler/state.json": "{"}) as project:
        contains(check_run(project.run("scheduler"), 1).stderr, "is damaged")
        project.write(".tegaru/scheduler/state.json", '{"version": 99, "workflows": {}}')
        contains(check_run(project.run("scheduler"), 1).stderr, "newer tegaru")
        check_run(project.run("scheduler", "x"), 2)


main()
