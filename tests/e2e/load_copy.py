"""tegaru load copy: whole databases by one line."""
import json

from servers import Mariadb
from support import Project, check_run, contains, equal, main, test

shared = {}


def server():
    if "db" not in shared:
        shared["db"] = Mariadb()
        shared["db"].ask("CREATE TABLE users(id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO users VALUES (1,'a'),(2,'b');"
                         "CREATE TABLE `Big Orders`(id BIGINT UNSIGNED PRIMARY KEY, amount DECIMAL(20,4), at DATETIME(6));"
                         "INSERT INTO `Big Orders` VALUES (18446744073709551615, 1.5, '2024-01-02 03:04:05.678901');"
                         "CREATE TABLE shapes(id INT PRIMARY KEY, g GEOMETRY); CREATE VIEW v AS SELECT * FROM users")
    return shared["db"]


def url(db, query="", password=":sekret"):
    return f"mysql://u{password}@127.0.0.1:{db.port}/test{query}"


def query(project, sql):
    return check_run(project.run("query", "--format", "csv", sql)).stdout


@test
def named_tables_become_tables_of_the_catalog():
    db = server()
    with Project() as project:
        done = check_run(project.run("load", "copy", url(db, "?tables=users,Big Orders"), "s3://lake/raw", "--catalog", "shop", "--json"))
        receipts = json.loads(done.stdout)
        equal(sorted(receipts), ["Big Orders", "users"])
        equal(receipts["users"]["rows_written"], 2)
        contains(done.stderr, "users: 2 rows in")
        equal(query(project, "SELECT * FROM shop.users ORDER BY id"), "id,name\n1,a\n2,b\n")
        equal(query(project, "SELECT * FROM shop.big_orders"), "id,amount,at\n18446744073709551615,1.5000,2024-01-02 03:04:05.678\n")


@test
def all_tables_are_found_and_a_failure_is_told_at_the_end():
    db = server()
    with Project() as project:
        done = check_run(project.run("load", "copy", url(db), "s3://lake/raw/", "--json"), 1)
        receipts = json.loads(done.stdout)
        equal(sorted(receipts), ["Big Orders", "shapes", "users"])
        contains(receipts["shapes"]["error"], "ST_AsText")
        contains(done.stderr, "1 of 3 tables were not loaded")
        assert project.exists(".tegaru/objects/lake/raw/users/000.00.parquet")


@test
def the_written_configs_load_the_same_without_showing_the_password():
    db = server()
    with Project() as project:
        check_run(project.run("load", "copy", url(db, "?tables=users"), "s3://lake/raw", "--catalog", "shop", "--write-config", "load"))
        text = project.read("load/users.yml.liquid")
        assert "sekret" not in text
        contains(text, "{{ env.MYSQL_PWD | ")
        db.ask("INSERT INTO users VALUES (3,'c')")
        check_run(project.run("load", "run", "load/users.yml.liquid", env={"MYSQL_PWD": "sekret"}))
        equal(query(project, "SELECT count(*) FROM shop.users"), "_col0\n3\n")
        db.ask("DELETE FROM users WHERE id = 3")


@test
def a_written_config_takes_a_password_of_any_characters():
    db = server()
    words = "s'e\"k\\r: #{et}"
    literal = words.replace("\\", "\\\\").replace("'", "''")
    db.ask(f"CREATE USER odd@'%' IDENTIFIED BY '{literal}'; GRANT ALL ON *.* TO odd@'%'")
    with Project() as project:
        source = url(db, "?tables=users", "").replace("//u@", "//odd@")
        check_run(project.run("load", "copy", source, "s3://lake/raw", "--catalog", "shop", "--write-config", "load", env={"MYSQL_PWD": words}))
        check_run(project.run("load", "run", "load/users.yml.liquid", env={"MYSQL_PWD": words}))


@test
def the_password_may_come_from_the_environment():
    db = server()
    with Project() as project:
        check_run(project.run("load", "copy", url(db, "?tables=users", ""), "s3://lake/raw", env={"MYSQL_PWD": "sekret"}))
        contains(check_run(project.run("load", "copy", url(db, "?tables=users", ""), "s3://lake/raw"), 1).stderr, "Access denied")


@test
def tables_whose_names_become_one_are_not_copied_over_each_other():
    with Project() as project:
        done = check_run(project.run("load", "copy", url(server(), "?tables=users,Users,"), "s3://lake/raw", "--catalog", "shop"), 1)
        contains(done.stderr, "the tables 'users' and 'Users' would both become 'users'")
        assert not project.exists(".tegaru/objects/lake")


@test
def wrong_arguments_are_told():
    with Project() as project:
        for source in ("nothing", "oracle://u@h/db", "mysql://u@h", "mysql://h/db"):
            contains(check_run(project.run("load", "copy", source, "s3://b/p"), 1).stderr, "is no database; write mysql://user@host")
        contains(check_run(project.run("load", "copy", "mysql://u:p@h/db?tables=a", "file"), 1).stderr, "write s3://BUCKET/KEY")
        db = server()
        contains(check_run(project.run("load", "copy", url(db).replace("/test", "/nothing"), "s3://b/p"), 1).stderr, "nothing")


try:
    main()
finally:
    if "db" in shared:
        shared["db"].__exit__()
