"""tegaru archive: the members that Digdag's archive has; and commands that are not here."""
import os
import tarfile

from support import Project, check_run, contains, equal, main, test

FILES = {"main.dig": "+a:\n  echo>: x\n", "scripts/run.sh": "#!/bin/sh\n", ".hidden/secret": "x", ".git/config": "x",
         ".digdag/status/x": "x", ".tegaru/status/x": "x", "sub/.dot": "x", "data/large.csv": "a\n" * 100000,
         "long/" + "n" * 90 + "/" + "m" * 90 + ".txt": "long"}


def members(project, name="digdag.archive.tar.gz"):
    with tarfile.open(os.path.join(project.folder, name), "r:gz") as tar:
        return {m.name: m for m in tar.getmembers()}, {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}


@test
def files_are_packed_as_they_are():
    with Project(FILES) as project:
        os.chmod(os.path.join(project.folder, "scripts/run.sh"), 0o755)
        done = check_run(project.run("archive"))
        contains(done.stdout, "Creating digdag.archive.tar.gz...")
        contains(done.stdout, "  Archiving main.dig")
        found, bytes_of = members(project)
        equal(sorted(found), sorted(["main.dig", "scripts/run.sh", "data/large.csv", "long/" + "n" * 90 + "/" + "m" * 90 + ".txt"]))
        equal(found["scripts/run.sh"].mode, 0o755)
        for name, data in bytes_of.items():
            equal(data.decode(), FILES[name], name)
        check_run(project.run("archive", "-o", "again.tgz"))  # holds the first archive, but not itself
        assert "digdag.archive.tar.gz" in members(project, "again.tgz")[0]
        assert "again.tgz" not in members(project, "again.tgz")[0]


@test
def links_inside_stay_links_and_others_are_refused():
    with Project(FILES) as project, Project({"outside.txt": "outside"}) as other:
        os.symlink("../main.dig", os.path.join(project.folder, "scripts/link.dig"))
        os.symlink(os.path.join(project.folder, "scripts"), os.path.join(project.folder, "absolute"))
        check_run(project.run("archive"))
        found, _ = members(project)
        equal(found["scripts/link.dig"].linkname, "../main.dig")
        equal(found["absolute"].linkname, "scripts")
        assert "absolute/run.sh" not in found
        os.remove(os.path.join(project.folder, "digdag.archive.tar.gz"))
        os.symlink(os.path.join(other.folder, "outside.txt"), os.path.join(project.folder, "out.txt"))
        done = check_run(project.run("archive"), 1)
        contains(done.stderr, "is outside of project directory")
        contains(done.stderr, "--copy-outgoing-symlinks")
        assert not project.exists("digdag.archive.tar.gz") and not project.exists("digdag.archive.tar.gz.draft")
        check_run(project.run("archive", "--copy-outgoing-symlinks"))
        equal(members(project)[1]["out.txt"], b"outside")


@test
def a_link_to_a_folder_above_ends():
    with Project({"p/main.dig": FILES["main.dig"]}) as project:
        os.symlink("..", os.path.join(project.folder, "p/up"))
        check_run(project.run("archive", "--project", "p", "--copy-outgoing-symlinks"))
        equal(sorted(members(project)[0]), ["main.dig", "up/p/main.dig", "up/p/up"])
    with Project({"main.dig": FILES["main.dig"], "d/" * 110 + "x": ""}) as project:
        contains(check_run(project.run("archive"), 1).stderr, "folders deep")


@test
def digdagignore_is_heeded():
    ignore = "# comment\n*.csv\n!keep.csv\n/top.txt\nbuild/\ndocs/**/draft.md\n"
    files = {"main.dig": FILES["main.dig"], ".digdagignore": ignore, "a.csv": "", "keep.csv": "", "sub/b.csv": "",
             "top.txt": "", "sub/top.txt": "", "build/x": "", "sub/build/y": "", "docs/a/b/draft.md": "", "docs/a/final.md": ""}
    with Project(files) as project:
        check_run(project.run("archive"))
        equal(sorted(members(project)[0]), ["docs/a/final.md", "keep.csv", "main.dig", "sub/top.txt"])


@test
def a_broken_project_is_not_packed():
    with Project({"main.dig": "+a: [\n"}) as project:
        contains(check_run(project.run("archive"), 1).stderr, "main.dig")
        assert not project.exists("digdag.archive.tar.gz")
        check_run(project.run("archive", "x"), 2)


@test
def commands_that_are_not_here_say_so():
    with Project() as project:
        for name in ("push", "start", "server", "workflows", "kill"):
            contains(check_run(project.run(name), 1).stderr, "belongs to a server")
        contains(check_run(project.run("selfupdate"), 1).stderr, "install a newer version")
        contains(check_run(project.run("migrate", "run"), 1).stderr, "nothing to migrate")
        contains(check_run(project.run("init", "-t", "td", "x"), 2).stderr, "Treasure Data")
        contains(check_run(project.run("r", "none.dig"), 1).stderr, "none")


main()
