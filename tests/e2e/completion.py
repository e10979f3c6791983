"""tegaru completion: driven in bash, zsh and fish as their users' keys do."""
import os
import pty
import select
import shutil
import subprocess
import time

from support import TEGARU, Project, Skip, check_run, contains, equal, main, test

FILES = {"main.dig": "+load: {echo>: a}\n+group:\n  +inner: {echo>: b}\n  +other: {echo>: c}\n",
         "second.dig": "+only: {echo>: x}\n", "sub/deep.dig": "+d: {echo>: x}\n", "params.yml": "a: 1\n"}
DRIVER = """
export PATH={path}:$PATH
source <(tegaru completion bash)
COMP_WORDS=({words})
COMP_CWORD=$(({count} - 1))
compopt() {{ :; }}
_tegaru
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def bash(project, *words):
    """What the function answers with the cursor after the last word."""
    quoted = " ".join("'" + word + "'" for word in words)
    script = DRIVER.format(path=os.path.dirname(TEGARU), words=quoted, count=len(words))
    done = subprocess.run(["bash", "-c", script], cwd=project.folder, capture_output=True, text=True, timeout=60)
    equal(done.stderr, "", words)
    return sorted(set(done.stdout.split()))


@test
def bash_completes_commands_options_files_and_tasks():
    with Project(FILES) as project:
        got = bash(project, "tegaru", "")
        assert {"run", "plan", "graph", "diff", "fmt", "schema", "completion"} <= set(got), got
        assert "complete-tasks" not in got
        equal(bash(project, "tegaru", "gr"), ["graph"])
        assert {"--session", "--rerun", "--param", "--help"} <= set(bash(project, "tegaru", "run", "--"))
        equal(bash(project, "tegaru", "run", "--re"), ["--rerun"])
        equal(bash(project, "tegaru", "run", ""), ["main.dig", "second.dig", "sub"])
        equal(bash(project, "tegaru", "run", "main.dig", "+"), ["+group", "+group+inner", "+group+other", "+load"])
        equal(bash(project, "tegaru", "run", "main.dig", ""), ["+group", "+group+inner", "+group+other", "+load"])
        equal(bash(project, "tegaru", "plan", "main", "+group+i"), ["+group+inner"])
        equal(bash(project, "tegaru", "run", "second.dig", "--start", "+"), ["+only"])
        equal(bash(project, "tegaru", "run", "second.dig", "--start", "=", "+o"), ["+only"])
        equal(bash(project, "tegaru", "run", "main.dig", "-P", "p"), ["params.yml"])
        equal(bash(project, "tegaru", "run", "--project", ""), ["sub"])
        equal(bash(project, "tegaru", "run", "-p", ""), [])
        equal(bash(project, "tegaru", "catalog", "h"), ["history"])
        equal(bash(project, "tegaru", "completion", ""), ["bash", "fish", "zsh"])
        equal(bash(project, "tegaru", "run", "nowhere.dig", "+"), [])


@test
def a_key_press_completes_in_an_interactive_bash():
    with Project(FILES) as project:
        env = dict(os.environ, PATH=os.path.dirname(TEGARU) + ":" + os.environ["PATH"], PS1="> ", TERM="dumb",
                   HOME=project.folder, INPUTRC="/dev/null")
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(project.folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], env)
        try:
            os.write(terminal, b"eval \"$(tegaru completion bash)\"; echo rea''dy\n")
            wait_for(terminal, b"ready\r\n")
            os.write(terminal, b"tegaru run second.dig +\t")
            wait_for(terminal, b"second.dig +only")
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            os.close(terminal)


def wait_for(terminal, wanted, seconds=30):
    seen = b""
    deadline = time.monotonic() + seconds
    while wanted not in seen:
        left = deadline - time.monotonic()
        assert left > 0 and select.select([terminal], [], [], left)[0], (wanted, seen)
        seen += os.read(terminal, 4096)


@test
def fish_completes_commands_files_and_tasks():
    if shutil.which("fish") is None:
        raise Skip("fish is not installed")
    with Project(FILES) as project:
        project.write("tegaru.fish", check_run(project.run("completion", "fish")).stdout)
        env = dict(os.environ, PATH=os.path.dirname(TEGARU) + ":" + os.environ["PATH"], HOME=project.folder)

        def fish(line):
            done = subprocess.run(["fish", "-N", "-c", "source tegaru.fish; complete -C $argv[1]", line],
                                  cwd=project.folder, capture_output=True, text=True, env=env, timeout=60)
            return [row.split("\t")[0] for row in done.stdout.splitlines()]
        assert "graph" in fish("tegaru gr"), fish("tegaru gr")
        assert "--rerun" in fish("tegaru run --re")
        assert {"+load", "+group+inner"} <= set(fish("tegaru run main.dig +"))
        assert "main.dig" in fish("tegaru run ma")


@test
def the_zsh_script_is_valid_and_has_the_commands():
    with Project(FILES) as project:
        script = check_run(project.run("completion", "zsh")).stdout
        contains(script, "'plan:Show what a run would do, without running'")
        contains(script, ":task:_tegaru_tasks")
        if shutil.which("zsh") is None:
            raise Skip("zsh is not installed")
        project.write("_tegaru", script)
        check_run(project.run("-f", "-n", "_tegaru", program="zsh"))
        done = project.run("-f", "-c", "autoload -U compinit; compinit -u -D; source ./_tegaru; "
                           "print ${_comps[tegaru]}", program="zsh")
        contains(done.stdout, "_tegaru")


@test
def mistakes_say_what_to_do():
    with Project(FILES) as project:
        contains(check_run(project.run("completion"), 2).stderr, "bash, zsh or fish")
        contains(check_run(project.run("completion", "tcsh"), 2).stderr, "bash, zsh or fish")
        contains(check_run(project.run("completion", "--help")).stdout, "~/.bashrc")
        contains(check_run(project.run("complete-tasks"), 2).stderr, "needs one workflow")
        contains(check_run(project.run("complete-tasks", "no.dig"), 1).stderr, "no")
        assert "complete-tasks" not in check_run(project.run("--help")).stdout
        contains(check_run(project.run("version", "--help")).stdout, "Usage")


main()
