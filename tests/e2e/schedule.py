"""tegaru schedule explain, and sessions chosen by a schedule."""
import json

from support import Project, check_run, contains, equal, main, test

HOURLY = """timezone: America/New_York
schedule:
  hourly>: "30:00"
sla:
  duration: 00:02
+a:
  echo>: session ${session_time} last ${last_session_time}
"""


@test
def explain_shows_sessions_where_clocks_change():
    with Project({"a.dig": HOURLY}) as project:
        done = check_run(project.run("schedule", "explain", "a.dig", "--from", "2026-11-01", "--count", "3", "--json"))
        answer = json.loads(done.stdout)
        equal([s["session_time"] for s in answer["sessions"]],
              ["2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"])
        equal(answer["sessions"][0]["run_time_utc"], "2026-11-01T04:30:00+00:00")
        equal(answer["sessions"][0]["sla_time"], "2026-11-01T00:32:00-04:00")
        contains(" ".join(answer["sessions"][1]["notes"]), "only the second has a session")
        text = check_run(project.run("schedule", "explain", "a.dig", "--from", "2026-11-01", "--count", "3")).stdout
        contains(text, "Every hour")
        contains(text, "When an attempt is not done within 2 min: an alert is sent.")
        contains(text, "Sun  2026-11-01T00:00:00-04:00  2026-11-01T00:30:00-04:00  2026-11-01T04:30:00Z")


@test
def explain_tells_mistakes():
    files = {"no.dig": "+a:\n  echo>: x\n", "bad.dig": "schedule:\n  dayly>: 1\n+a:\n  echo>: x\n",
             "odd.dig": "schedule:\n  daily>: 01:00:00\n  strat: 2026-01-01\n+a:\n  echo>: x\n",
             "end.dig": "schedule:\n  daily>: 01:00:00\n  end: 2020-01-01\n+a:\n  echo>: x\n",
             "sla.dig": "schedule:\n  daily>: 01:00:00\nsla:\n  time: x\n+a:\n  echo>: x\n"}
    with Project(files) as project:
        contains(check_run(project.run("schedule", "explain", "no.dig"), 1).stderr, "has no schedule")
        contains(check_run(project.run("schedule", "explain", "bad.dig"), 1).stderr, "did you mean 'daily'?")
        contains(check_run(project.run("schedule", "explain", "odd.dig")).stderr, "did you mean 'start'?")
        contains(check_run(project.run("schedule", "explain", "end.dig")).stdout, "No session follows.")
        contains(check_run(project.run("schedule", "explain", "sla.dig"), 1).stderr, "HH:MM")
        check_run(project.run("schedule", "explain", "odd.dig", "--from", "soon"), 1)
        check_run(project.run("schedule", "explain", "odd.dig", "--count", "0"), 2)
        check_run(project.run("schedule"), 2)


@test
def a_session_is_the_last_of_the_schedule():
    with Project({"main.dig": "schedule:\n  seconds_interval>: 3600\n+a:\n  echo>: at ${session_time}\n"}) as project:
        for session in ("schedule", "last"):
            done = check_run(project.run("run", "main.dig", "--session", session, "--no-save"))
            contains(done.stdout, ":00:00+00:00")
            assert "T00:00:00" not in done.stdout or "based on schedule" in done.stderr + done.stdout
        project.write("other.dig", "+a:\n  echo>: x\n")
        done = check_run(project.run("run", "other.dig", "--session", "schedule"), 1)
        contains(done.stderr, "--session schedule is set but schedule is not set to this workflow.")


@test
def options_that_conflict_are_told_as_digdag_tells_them():
    with Project({"main.dig": "+a:\n  echo>: x\n"}) as project:
        for options, says in ((["--start", "+a", "--goal", "+a"], "-s, --start and -g, --goal don't work together"),
                              (["--goal", "+a", "--end", "+a"], "-g, --goal and -e, --end don't work together"),
                              (["--rerun", "--start", "+a"], "-a, --rerun and -s, --start don't work together"),
                              (["--rerun", "--goal", "+a"], "-a, --rerun and -g, --goal don't work together")):
            contains(check_run(project.run("run", "main.dig", *options), 2).stderr, says)


main()
