"""param_set> and param_get> against private PostgreSQL and Redis servers."""
import json

from servers import Postgresql, Redis, free_port
from support import Project, check_run, contains, equal, main, test

postgresql = Postgresql()
redis = Redis("--requirepass", "word")
SET = "timezone: UTC\n+set:\n  param_set>:\n  name: ${v}\n  n: 3\n"
GET = "timezone: UTC\n+get:\n  param_get>:\n  name: a\n  n: b\n  missing: c\n+show:\n  echo>: got ${a} ${b} [${c}]\n"


def options(kind, **changes):
    values = {"postgresql": {"type": "postgresql", "host": "127.0.0.1", "port": postgresql.port, "user": "postgres",
                             "password": "sekret", "database": "postgres"},
              "redis": {"type": "redis", "host": "127.0.0.1", "port": redis.port, "password": "word"}}[kind]
    values.update(changes)
    return [part for key, value in values.items() for part in ("-X", f"param_server.{key}={value}")]


def round_trip(kind):
    with Project({"set/main.dig": SET, "get/main.dig": GET}) as p:
        done = check_run(p.run("run", "--project", "set", "main.dig", "--json", "-p", "v=é \"x\"", *options(kind)))
        receipt = next(t["receipt"] for t in json.loads(done.stdout)["tasks"] if "receipt" in t)
        equal(receipt, {"keys": ["name", "n"]})
        done = check_run(p.run("run", "--project", "get", "main.dig", *options(kind)))
        contains(done.stdout, "got é \"x\" 3 []")
        check_run(p.run("run", "--project", "set", "main.dig", "--rerun", "-p", "v=new", *options(kind)))
        done = check_run(p.run("run", "--project", "get", "main.dig", "--rerun", *options(kind)))
        contains(done.stdout, "got new 3 []")


@test
def values_survive_in_postgresql():
    round_trip("postgresql")
    equal(postgresql.ask("SELECT value, value_type, site_id FROM params WHERE key = 'n'"), '{"value":"3"}|0|0')


@test
def values_survive_in_redis():
    round_trip("redis")


@test
def old_values_are_forgotten():
    with Project({"set/main.dig": SET, "get/main.dig": GET}) as p:
        check_run(p.run("run", "--project", "set", "main.dig", "-p", "v=x", *options("postgresql")))
        postgresql.ask("UPDATE params SET updated_at = now() - interval '89 days' WHERE key = 'name'")
        postgresql.ask("UPDATE params SET updated_at = now() - interval '91 days' WHERE key = 'n'")
        contains(check_run(p.run("run", "--project", "get", "main.dig", *options("postgresql"))).stdout, "got x  []")


@test
def mistakes_are_told():
    rows = [([], "param_server.type is required to use this operator."),
            (["-X", "param_server.type=h2"], "Unsupported param_server.type : h2"),
            (["-X", "param_server.type=postgresql"], "Parameter 'param_server.host' is required but not set"),
            (options("redis", port=free_port()), "cannot connect to Redis"),
            (options("redis", password="bad word"), "Redis"),
            (options("redis", ssl="true"), "Redis over TLS"),
            (options("redis", port=70000), "a port is 1 to 65535"),
            (options("postgresql", password="bad word"), "password authentication failed"),
            (options("postgresql", database="nowhere"), "does not exist")]
    for extra, message in rows:
        with Project({"main.dig": SET}) as p:
            done = check_run(p.run("run", "main.dig", "-p", "v=x", *extra), 1)
            contains(done.stderr, message)
            assert "bad word" not in done.stderr


@test
def only_texts_are_kept():
    for body, message in [("+a:\n  param_set>:\n  k: {x: 1}\n", "key 'k'"), ("+a:\n  param_set>:\n", "no key is set."),
                          ("+a:\n  param_get>:\n  _export: {x: 1}\n", "no key is set.")]:
        with Project({"main.dig": body}) as p:
            contains(check_run(p.run("run", "main.dig", *options("redis")), 1).stderr, message)


@test
def foreign_values_are_no_crash():
    with Project({"main.dig": SET, "get/main.dig": GET}) as p:
        check_run(p.run("run", "main.dig", "-p", "v=x", *options("postgresql")))
        postgresql.ask("UPDATE params SET value = 'no json' WHERE key = 'name'")
        done = check_run(p.run("run", "--project", "get", "main.dig", *options("postgresql")), 1)
        contains(done.stderr, "holds something else under 'name'")


try:
    main()
finally:
    postgresql.__exit__()
    redis.__exit__()
