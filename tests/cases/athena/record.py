#!/usr/bin/env python3
"""Writes the answers of a real Trino into the case files, in the form in which Athena prints them.

Usage: record.py [--url URL] [--new] FILE...   (--new: only queries that have no answer yet)

Form of a file: one expression or query a line, which lines that begin with two blanks continue; below it, indented by four blanks, `: types` and one row a line with
cells apart by " | ", or `! NAME_OF_ERROR`. NULL is NULL, an empty text "", a line feed \\n. Lines with # are kept.
"""
import argparse
import base64
import concurrent.futures
import json
import re
import sys
import urllib.request

URL = "http://127.0.0.1:65501"
HEADERS = {"X-Trino-User": "test", "X-Trino-Catalog": "hive", "X-Trino-Schema": "tg_cases", "X-Trino-Time-Zone": "UTC",
           "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME", "X-Trino-Session": "hive.timestamp_precision=MILLISECONDS"}


class Failure(Exception):
    """What Trino said; its text is the error's name."""


def ask(sql):
    """The columns and rows of a statement as Trino's JSON has them; numbers stay as they are written."""
    request = urllib.request.Request(URL + "/v1/statement", sql.encode(), HEADERS)
    columns, rows = [], []
    while True:
        with urllib.request.urlopen(request) as reply:
            answer = json.loads(reply.read(), parse_float=str, parse_int=str)
        columns = answer.get("columns", columns)
        rows += answer.get("data", [])
        if "error" in answer:
            raise Failure(answer["error"]["errorName"] + "\t" + answer["error"].get("message", ""))
        if "nextUri" not in answer:
            return columns, rows
        request = answer["nextUri"]


def with_milliseconds(text):
    """Athena prints three digits of a second's fraction at least."""
    found = re.match(r"(.*?\d\d:\d\d:\d\d)(\.\d*)?(.*)$", text)
    return found[1] + (found[2] or ".").ljust(4, "0") + found[3]


def arguments(signature, kind):
    return [argument["value"] for argument in signature["arguments"] if argument["kind"] == kind]


def text(value, signature):
    name = signature["rawType"]
    if value is None:
        return "null"
    if name == "boolean":
        return "true" if value is True else "false"
    if name == "varbinary":
        return base64.b64decode(value).hex(" ")
    if name == "array":
        return "[" + ", ".join(text(item, arguments(signature, "TYPE")[0]) for item in value) + "]"
    if name == "map":
        key, item = arguments(signature, "TYPE")
        return "{" + ", ".join(text(k, key) + "=" + text(v, item) for k, v in value.items()) + "}"
    if name == "row":
        fields = arguments(signature, "NAMED_TYPE")
        parts = []
        for i, (item, field) in enumerate(zip(value, fields)):
            label = field.get("fieldName")
            parts.append((label["name"] if label else f"field{i}") + "=" + text(item, field["typeSignature"]))
        return "{" + ", ".join(parts) + "}"
    if name.startswith("time"):
        return with_milliseconds(value)
    return str(value)


def cell(value, signature):
    if value is None:
        return "NULL"
    shown = text(value, signature)
    return shown.replace("\n", "\\n").replace("\r", "\\r").replace("\x00", "\\0") if shown else '""'


def is_query(line):
    return re.match(r"(select|with|values|table|show|describe|explain)\b", line, re.I) is not None


def answer_of(line):
    try:
        columns, rows = ask(line if is_query(line) else "select " + line)
    except Failure as failure:
        return ["! " + str(failure).split("\t")[0]], str(failure)
    except OSError as failure:
        sys.exit(f"{line}: {failure}")
    types = [column["typeSignature"] for column in columns]
    return [": " + " | ".join(column["type"] for column in columns)] + [
        " | ".join(cell(value, kind) for value, kind in zip(row, types)) for row in rows], None


def read(path):
    """[(line, has an answer, its lines)]"""
    entries = []
    with open(path, encoding="utf-8") as file:
        for line in file.read().split("\n"):
            if line.startswith("    "):
                entries[-1][1].append(line)
            elif line.startswith("  "):
                entries[-1] = (entries[-1][0] + "\n" + line, entries[-1][1])
            else:
                entries.append((line, []))
    while entries and entries[-1][0] == "":
        entries.pop()
    return entries


def write(path, entries):
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" + "".join(row + "\n" for row in rows) for line, rows in entries))


def record(path, only_new, pool):
    entries = read(path)
    wanted = [i for i, (line, old) in enumerate(entries)
              if line and not line.startswith("#") and not (only_new and old)]
    odd = 0
    for i, (lines, said) in zip(wanted, pool.map(lambda i: answer_of(entries[i][0]), wanted)):
        entries[i] = (entries[i][0], ["    " + line for line in lines])
        if said and re.match("SYNTAX_ERROR|FUNCTION_NOT_FOUND|COLUMN_NOT_FOUND|GENERIC|TABLE_NOT|INVALID_F", said):
            odd += 1
            print(f"{path}: {entries[i][0]}: {said}")
    write(path, entries)
    print(f"{path}: {len(wanted)} recorded, {odd} to look at")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default=URL)
    parser.add_argument("--new", action="store_true")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    globals()["URL"] = options.url
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for path in options.files:
            record(path, options.new, pool)


if __name__ == "__main__":
    main()
