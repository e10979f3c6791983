#!/usr/bin/env python3
"""Reads the type torture tables of MySQL and PostgreSQL back through the real Trino, and compares with pyarrow.

Usage: trino.py ORACLE (the folder that ../shared/oracles installed `trino` into). Prints what differs; its
figures stand in docs/compat/embulk.md.
"""
import base64
import datetime
import decimal
import glob
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
E2E = os.path.join(ROOT, "tests/e2e")
os.environ.setdefault("TG_SOURCE_DIR", ROOT)
os.environ.setdefault("TEGARU_DUCKDB", os.path.join(ROOT, ".deps/duckdb/libduckdb.so"))
sys.path.insert(0, E2E)
import servers  # noqa: E402
from support import Project, check_run  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

ORACLE = os.path.abspath(sys.argv[1])
WAREHOUSE = os.path.join(ORACLE, "trino/warehouse")
URL = "http://127.0.0.1:65501"


def ask(sql):
    """The rows of a statement as Trino's JSON has them."""
    request = urllib.request.Request(URL + "/v1/statement", sql.encode(), {
        "X-Trino-User": "test", "X-Trino-Catalog": "hive", "X-Trino-Time-Zone": "UTC",
        "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        "X-Trino-Session": "hive.timestamp_precision=MICROSECONDS"})
    answer, rows = json.load(urllib.request.urlopen(request)), []
    while True:
        rows += answer.get("data", [])
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        if "nextUri" not in answer:
            return rows
        answer = json.load(urllib.request.urlopen(answer["nextUri"]))


def start():
    subprocess.run([os.path.join(ORACLE, "bin/trino-server"), "start"], check=True, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 180
    while time.monotonic() < end:
        try:
            return ask("SELECT 1")
        except (OSError, RuntimeError):
            time.sleep(1)
    sys.exit("Trino does not start")


def torture(name):
    """The types of the black-box test of that name."""
    with open(os.path.join(E2E, name + ".py")) as source:
        text = source.read().split("\n@test\n")[0]
    space = {}
    exec(compile(text, name, "exec"), space)  # its imports, TYPES and helpers; no test
    return space["TYPES"]


def of_pyarrow(value):
    """As Trino's JSON has it."""
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def is_equal(ours, theirs):
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == theirs or struct.pack("f", ours) == struct.pack("f", theirs)  # a real is printed with its own digits
    if isinstance(ours, str) and isinstance(theirs, str) and theirs.endswith(" UTC"):
        theirs = theirs[:-len(" UTC")]
    return ours == theirs


def compare(name, kind, types, project):
    path = sorted(glob.glob(project.folder + "/.tegaru/objects/**/*.parquet", recursive=True))[-1]
    ledger = json.loads(check_run(project.run("load", "types", "load.yml", "--json")).stdout)
    place = os.path.join(WAREHOUSE, "readback", kind)
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    shutil.copy(path, place)
    columns = ", ".join(f'"{row["name"]}" {row["athena"].replace("timestamp(3)", "timestamp(6)")}' for row in ledger)
    ask(f"DROP TABLE IF EXISTS readback.{kind}")
    ask(f"CREATE TABLE readback.{kind} ({columns}) WITH (external_location = 'local:///readback/{kind}', format = 'PARQUET')")
    table = pq.read_table(path).sort_by("n")
    equal = 0
    for row in ledger:
        column = row["name"]
        source = types[int(column[1:])][0] if column[1:].isdigit() else column
        shown = f'"{column}"'
        try:
            ours = [of_pyarrow(value) for value in table[column].to_pylist()]
        except (ValueError, OverflowError):  # Python's dates end with the year 9999
            is_date = row["athena"] == "date"
            ours = table[column].cast("int32" if is_date else "int64").to_pylist()
            shown = f"date_diff('day', date '1970-01-01', {shown})" if is_date else f"date_diff('millisecond', timestamp '1970-01-01 00:00:00', {shown})"
            ours = ours if is_date else [value if value is None else value // 1000 for value in ours]
        try:
            theirs = [value[0] for value in ask(f"SELECT {shown} FROM readback.{kind} ORDER BY n")]
        except RuntimeError as reason:
            print(f"{name}: {source} ({row['athena']}): {reason}")
            continue
        if all(map(is_equal, ours, theirs)) and len(ours) == len(theirs):
            equal += 1
        else:
            print(f"{name}: {source} ({row['athena']}): pyarrow {ours}, Trino {theirs}")
    print(f"{name}: {equal} of {len(ledger)} columns equal")


def load(server, kind, types, options):
    with Project() as project:
        server.ask("CREATE TABLE torture (n INT, " + ", ".join(f"c{i} {name}" for i, (name, _, _) in enumerate(types)) + ")")
        for row in range(3):
            server.ask(f"INSERT INTO torture VALUES ({row}, " + ", ".join(literals[row] for _, literals, _ in types) + ")")
        project.write("load.yml", f"in: {{type: {kind}, host: 127.0.0.1, port: {server.port}, password: sekret, {options}, table: torture}}\n"
                      "out: {type: s3_parquet, bucket: b, path_prefix: t/}\n")
        check_run(project.run("load", "run", "load.yml"))
        compare(kind, kind, types, project)


def main():
    start()
    try:
        ask("CREATE SCHEMA IF NOT EXISTS readback")
        with servers.Mariadb("--sql-mode=") as server:
            server.ask("SET GLOBAL time_zone = '+00:00'")
            load(server, "mysql", torture("load_mysql"), "user: u, database: test")
        with servers.Postgresql() as server:
            server.ask("CREATE EXTENSION IF NOT EXISTS hstore")
            server.ask("CREATE TYPE mood AS ENUM ('ok', 'so so'); CREATE DOMAIN percent AS int CHECK (value <= 100)")
            server.ask("CREATE TYPE pair AS (a int, b text)")
            load(server, "postgresql", torture("load_postgresql"), "user: postgres, database: postgres")
    finally:
        subprocess.run([os.path.join(ORACLE, "bin/trino-server"), "stop"], stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
