"""tegaru fmt: layout changes, meaning, comments and block scalars do not."""
import json
import os
import re

import yaml
from support import SOURCE, TEGARU, Project, check_run, contains, equal, main, test

UGLY = '''

timezone:   Asia/Tokyo\x20\x20
# first


_export:
    list:
    - a
    -   b: 1
        c:   2
    map: {a:   1,
       b: 2}
    "q":   "v"

+a:
      # about sh
      sh>: |
            echo   a\x20\x20
              echo b

      # after
+b:
   echo>: "two
     lines

     here"
 # odd
+c:
   x: >-
     folded
      more
   echo>: plain
     goes on   # aside
# end

'''
NEAT = '''timezone: Asia/Tokyo
# first

_export:
  list:
    - a
    - b: 1
      c: 2
  map: {a: 1,
     b: 2}
  "q": "v"

+a:
  # about sh
  sh>: |
    echo   a\x20\x20
      echo b

  # after
+b:
  echo>: "two
    lines

    here"
# odd
+c:
  x: >-
    folded
     more
  echo>: plain
    goes on   # aside
# end
'''


class Loader(yaml.SafeLoader):
    """Digdag's YAML: includes are kept as text."""


Loader.add_constructor("!include", lambda loader, node: "!include")


def meaning(text):
    return json.dumps(yaml.load(text, Loader), default=str)


def corpus():
    """All recorded .dig files, and the examples."""
    tops = [os.path.join(SOURCE, "tests/cases"), os.path.join(SOURCE, "examples"),
            os.path.join(os.path.dirname(SOURCE), "shared/conformance")]
    for top in tops:
        for where, _, names in os.walk(top):
            for name in sorted(n for n in names if n.endswith(".dig")):
                with open(os.path.join(where, name)) as text:
                    yield os.path.join(where, name), text.read()


def spoil(text):
    """Twice the indents, wide gaps: refused by no YAML reader, and what fmt takes back."""
    return re.sub(r"^( +)", lambda m: m[1] * 2, text, flags=re.M)


@test
def an_ugly_file_becomes_neat_once_and_for_all():
    with Project({"main.dig": UGLY}) as project:
        check_run(project.run("fmt", "--check"), 1)
        equal(project.read("main.dig"), UGLY, "--check changes nothing")
        equal(check_run(project.run("fmt")).stdout, "formatted main.dig\n")
        equal(project.read("main.dig"), NEAT)
        equal(check_run(project.run("fmt", "--check")).stdout, "")
        equal(meaning(NEAT), meaning(UGLY))


@test
def the_recorded_files_keep_their_meaning_and_their_comments():
    seen = changed = 0
    for path, text in corpus():
        for variant in (text, spoil(text), text.replace("\n", "\r\n")):
            with Project({"main.dig": variant}) as project:
                done = project.run("fmt", "main.dig")
                if done.returncode != 0:  # it does not parse: then it is left alone
                    equal(open(os.path.join(project.folder, "main.dig"), newline="").read(), variant, path)
                    assert "layout" not in done.stderr, (path, done.stderr)
                    continue
                after = project.read("main.dig")
                equal(meaning(after), meaning(variant.replace("\r\n", "\n")), path)
                equal("".join(after.split()), "".join(variant.split()), path)
                check_run(project.run("fmt", "--check", "main.dig"))
                seen += 1
                changed += after != variant
    assert seen >= 100 and changed >= 50, (seen, changed)


@test
def the_end_of_a_kept_block_is_content():
    text = "+a:\n    sh>: |+\n        echo a\n\n\n+b:\n    sh>: |2\n          indented\n        less\n"
    with Project({"main.dig": text}) as project:
        check_run(project.run("fmt"))
        equal(project.read("main.dig"), "+a:\n  sh>: |+\n    echo a\n\n\n+b:\n  sh>: |2\n        indented\n      less\n")
        equal(meaning(project.read("main.dig")), meaning(text))


@test
def a_file_that_does_not_parse_is_left_alone_with_its_place():
    with Project({"main.dig": "+a:\n  sh>: [\n", "good.dig": "+a:\n    sh>: x\n"}) as project:
        done = check_run(project.run("fmt"), 1)
        contains(done.stderr, "main.dig:")
        equal(done.stdout, "formatted good.dig\n", "the others are formatted")
        equal(project.read("main.dig"), "+a:\n  sh>: [\n")
        contains(check_run(project.run("fmt", "nowhere.dig"), 1).stderr, "nowhere.dig")
        project.write("main.dig", b"+a: {sh>:  x}\n\0+b: {sh>: y}\n")
        contains(check_run(project.run("fmt", "main.dig"), 1).stderr, "main.dig")
        equal(project.read("main.dig"), "+a: {sh>:  x}\n\0+b: {sh>: y}\n")


@test
def other_line_breaks_are_refused():
    for sign in ("\r", "\u0085", "\u2028"):
        with Project() as project:
            project.write("main.dig", f"+a:{sign}  echo>:  x\n".encode())
            contains(check_run(project.run("fmt"), 1).stderr, "main.dig")


@test
def links_and_permissions_stay():
    with Project({"real.txt": "+a:\n    sh>: x\n"}) as project:
        link, real = (os.path.join(project.folder, name) for name in ("main.dig", "real.txt"))
        os.chmod(real, 0o750)
        os.symlink("real.txt", link)
        check_run(project.run("fmt"))
        assert os.path.islink(link)
        equal((os.stat(real).st_mode & 0o777, project.read("real.txt")), (0o750, "+a:\n  sh>: x\n"))


@test
def stdin_goes_to_stdout():
    with Project() as project:
        import subprocess
        done = subprocess.run([TEGARU, "fmt", "-"], input="+a:\n    sh>:   x\n", capture_output=True, text=True,
                              cwd=project.folder)
        equal(done.stdout, "+a:\n  sh>: x\n")
        contains(check_run(project.run("fmt"), 1).stderr, "no .dig file")
        contains(check_run(project.run("fmt", "--help")).stdout, "--check")


main()
