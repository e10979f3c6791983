"""The examples of docs/loader.md, run as they are written; only the server has another address."""
import os
import re
import subprocess

from servers import Mariadb
from support import SOURCE, TEGARU, Project, contains, equal, main, test

BLOCK = re.compile(r"<!-- test: (\w+) ?(\S*) -->\n```\w*\n(.*?)```\n", re.S)


def blocks():
    with open(os.path.join(SOURCE, "docs/loader.md")) as text:
        return BLOCK.findall(text.read())


class Reader:
    """Does what the page says: writes its files, runs its commands, compares with what it prints."""

    def __init__(self, project, port):
        self.project, self.port, self.shown = project, port, ""
        project.write("bin/tegaru", f'#!/bin/sh\nexec {TEGARU} "$@"\n')
        os.chmod(os.path.join(project.folder, "bin/tegaru"), 0o755)
        self.env = dict(os.environ, PATH=os.path.join(project.folder, "bin") + ":" + os.environ["PATH"], HOME=project.folder, MYSQL_PWD="sekret")

    def address(self, text):
        text = text.replace("db.example.com/shop", f"127.0.0.1:{self.port}/shop")
        return text.replace("host: db.example.com,", f"host: 127.0.0.1, port: {self.port},").replace("host: db.example.com\n", f"host: 127.0.0.1\n  port: {self.port}\n")

    def run(self, script):
        done = subprocess.run(["sh", "-e", "-c", self.address(script)], cwd=self.project.folder, env=self.env, capture_output=True, text=True, timeout=120)
        equal(done.returncode, 0, f"{script}\n{done.stdout}\n{done.stderr}")
        self.shown = done.stdout
        return done

    def do(self, what, name, text):
        if what == "file":
            self.project.write(name, self.address(text))
        elif what == "prints":
            contains(re.sub(r" +\n", "\n", self.shown), text)
        else:
            self.run(text)


@test
def all_examples_of_the_page_do_what_it_says():
    with Mariadb() as db, Project() as project:
        db.ask("CREATE DATABASE shop; CREATE USER analyst@'%' IDENTIFIED BY 'sekret'; GRANT SELECT, RELOAD ON *.* TO analyst@'%'")
        db.ask("CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40), plan ENUM('free', 'paid')); INSERT INTO customers VALUES (1, 'Ada', 'paid'), (2, 'Bo', 'free'), (3, 'Cy', 'free');"
               "CREATE TABLE orders (id BIGINT UNSIGNED PRIMARY KEY, customer INT, amount DECIMAL(10,2), updated_at DATETIME(6));"
               "INSERT INTO orders VALUES (1, 1, 19.90, '2026-01-01 09:00:00'), (2, 3, 5.00, '2026-01-02 10:30:00')", "shop")
        reader = Reader(project, db.port)
        done = blocks()
        assert len(done) > 10, done
        for block in done:
            reader.do(*block)
            if block[1] == "daily.dig":  # what happens on a day
                db.ask("UPDATE orders SET amount = 7, updated_at = '2026-01-03 00:00:00' WHERE id = 2; INSERT INTO orders VALUES (3, 2, 1, '2026-01-03 00:00:01')", "shop")
            if "tegaru run daily.dig" in block[2]:
                contains(reader.shown, "free |    8.00")
        contains(reader.run('tegaru query --format csv "SELECT count(*), sum(amount) FROM shop.orders_now"').stdout, '3,27.90')
        reader.run("tegaru catalog rollback shop.orders_now")


@test
def every_link_of_the_page_leads_to_a_file():
    with open(os.path.join(SOURCE, "docs/loader.md")) as text:
        for link in re.findall(r"\]\(([^)#]+)\)", text.read()):
            assert os.path.exists(os.path.join(SOURCE, "docs", link)), link


main()
