#!/usr/bin/env python3
"""Writes the queries of generated_*.txt: edge values for each function, casts and operators over pairs of types,
and expressions and queries of a type-aware generator with a fixed seed. record.py adds the answers.

Usage: generate_edges.py [FOLDER]; queries that a file has already keep their answers.
"""
import itertools
import os
import random
import sys

from edges import CALLS, POOLS
from record import read, write

SEED = 20261125
PER_CALL = 9  # combinations of edge values for one overload

VALUES = {
    "boolean": ["true", "false"],
    "tinyint": ["tinyint '-128'", "tinyint '7'"],
    "smallint": ["smallint '32767'", "smallint '-3'"],
    "integer": ["2147483647", "-1", "0"],
    "bigint": ["bigint '9223372036854775807'", "bigint '-9223372036854775808'", "bigint '12'"],
    "decimal(5,2)": ["123.45", "-0.50", "2.50"],
    "decimal(38,0)": ["decimal '99999999999999999999999999999999999999'"],
    "decimal(20,10)": ["decimal '1234567890.0123456789'"],
    "real": ["real '1.5'", "real '-3.4028235e38'"],
    "double": ["2.5e0", "1e300", "-0e0", "nan()", "infinity()", "1.1e0", "123456789.125e0"],
    "varchar": ["'12'", "' 12 '", "'1.5'", "'abc'", "''", "'true'", "'2024-02-29'", "'2024-02-29 12:34:56.789'",
                "'1e3'", "'12:34:56'", "'héllo wörld'", "'t'", "'-7'", "'+7'", "'Infinity'", "'NaN'",
                "'2024-02-29 12:34:56.789 America/New_York'"],
    "char(5)": ["cast('ab' as char(5))"],
    "varbinary": ["X'6162'"],
    "date": ["date '2024-02-29'"],
    "time(3)": ["time '12:34:56.789'"],
    "timestamp(0)": ["timestamp '2024-02-29 12:34:56'"],
    "timestamp(3)": ["timestamp '2024-02-29 23:59:59.999'"],
    "timestamp(6)": ["timestamp '1969-12-31 23:59:59.123456'"],
    "timestamp(3) with time zone": ["timestamp '2024-02-29 12:34:56.789 UTC'"],
    "interval day to second": ["interval '2' day"],
    "interval year to month": ["interval '14' month"],
    "json": ["json '\"12\"'", "json '1.5'", "json 'true'", "json 'null'", "json '[1,2]'", "json '{\"a\":1}'"],
    "uuid": ["uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'"],
    "array(integer)": ["array[1,2,null]"],
    "map(varchar, integer)": ["map(array['a','b'],array[1,2])"],
    "row(x integer, y varchar)": ["cast(row(1,'2') as row(x integer, y varchar))"],
}
TARGETS = ["boolean", "tinyint", "smallint", "integer", "bigint", "decimal(5,2)", "decimal(38,10)", "real", "double",
           "varchar", "varchar(3)", "char(5)", "varbinary", "date", "time(3)", "timestamp", "timestamp(0)",
           "timestamp(6)", "timestamp with time zone", "json", "uuid", "array(bigint)", "array(varchar)",
           "map(varchar, double)", "row(a bigint, b integer)", "interval day to second"]
NUMBERS = ["tinyint", "smallint", "integer", "bigint", "decimal(5,2)", "decimal(20,10)", "real", "double"]
TIMES = ["date", "time(3)", "timestamp(0)", "timestamp(3)", "timestamp(6)", "timestamp(3) with time zone",
         "interval day to second", "interval year to month", "integer"]


def small(kind):
    """A value with which arithmetic seldom overflows."""
    return {"integer": "-17", "bigint": "bigint '1000003'", "double": "2.75e0", "decimal(20,10)": "decimal '12.0123456789'",
            "smallint": "smallint '-3'", "tinyint": "tinyint '7'"}.get(kind, VALUES[kind][0])


def casts():
    for values in VALUES.values():
        for value, target in itertools.product(values, TARGETS):
            yield f"cast({value} as {target})"
    for value, target in itertools.product(VALUES["varchar"] + VALUES["double"], TARGETS[:9] + TARGETS[13:19]):
        yield f"try_cast({value} as {target})"
    for target in TARGETS:
        yield f"cast(null as {target})"


def operators():
    for left, right in itertools.product(NUMBERS, NUMBERS):
        for sign in "+-*/%":
            yield f"{small(left)} {sign} {small(right)}"
    for left, right in itertools.product(TIMES, TIMES):
        for sign in "+-*":
            yield f"{VALUES[left][0]} {sign} {small(right)}"
    for kind in NUMBERS:
        for sign in "+-*/%":
            yield f"{VALUES[kind][0]} {sign} {VALUES[kind][0]}"
            yield f"{VALUES[kind][0]} {sign} null"
        yield f"-({VALUES[kind][0]})"
        yield f"{VALUES[kind][0]} / cast(0 as {kind})"
        yield f"{VALUES[kind][0]} % cast(0 as {kind})"
    kinds = list(VALUES)
    for left, right in itertools.combinations_with_replacement(kinds, 2):
        yield f"{VALUES[left][0]} = {VALUES[right][-1]}"
        yield f"coalesce({VALUES[left][0]}, {VALUES[right][-1]})"
    for kind in kinds:
        first, last = VALUES[kind][0], VALUES[kind][-1]
        yield f"{first} is distinct from null, {first} <> {last}, null = {first}"
        yield f"{first} < {last}, {first} >= {last}"
        yield f"{first} between {first} and {last}"
        yield f"{first} in ({last}, null)"
        yield f"{first} || {last}"
        yield f"greatest({first}, {last}), least({first}, {last}), greatest({first}, null)"
        yield f"nullif({first}, {last}), nullif({first}, {first})"
        yield f"array[{first}, {last}, null]"
        yield f"row({first}, 1)"
        yield f"map(array['k'], array[{first}])"
        yield f"array_agg(x order by x) from (values {last}, {first}, null) t(x)"
        yield f"min(x), max(x), count(x), count(distinct x) from (values {last}, {first}, null, {first}) t(x)"
        yield f"case when x is null then 'none' else cast(x as varchar) end from (values {first}, null) t(x)"
        yield f"select x, count(*) from (values {last}, {first}, null, {first}) t(x) group by x order by x"
        yield f"json_format(cast({first} as json))"
        yield f"typeof({first}), typeof(cast(null as {kind}))"


def calls(chance):
    for signature, own in CALLS:
        name, rest = signature.split("(")
        letters = rest.rstrip(")").split(",") if rest != ")" else []
        pools = [(own or {}).get(i, POOLS[letter]) for i, letter in enumerate(letters)]
        if not pools:
            yield f"{name}()"
            continue
        every = list(itertools.product(*pools))
        first = [combination for combination in zip(*(itertools.islice(itertools.cycle(pool), max(map(len, pools)))
                                                      for pool in pools))]
        for combination in first[:PER_CALL]:
            yield f"{name}({', '.join(combination)})"
        rest_of_them = [c for c in every if c not in first[:PER_CALL]]
        for combination in chance.sample(rest_of_them, min(len(rest_of_them), PER_CALL - min(len(first), PER_CALL - 3))):
            yield f"{name}({', '.join(combination)})"


class Generator:
    """Expressions of a wanted type over the columns of one small table."""
    TABLE = ("(values (1, bigint '10', 2.50, 1.5e0, 'abc', date '2024-01-31', timestamp '2024-01-31 10:20:30.456', true), "
             "(2, bigint '-3', -1.25, -0.5e0, 'Zürich', date '2023-12-31', timestamp '1969-12-31 23:59:59.999', false), "
             "(3, null, 100.00, 1e10, '', null, timestamp '2000-02-29 00:00:00.000', null), "
             "(null, bigint '7', null, null, null, date '1900-03-01', null, true)) t(i, b, n, d, s, da, ts, f)")

    def __init__(self, chance):
        self.chance = chance

    def make(self, kind, depth):
        plain, grown = getattr(self, kind)()
        choice = self.chance.choice(plain if depth <= 0 else grown)
        while "{" in choice:
            start = choice.index("{")
            end = choice.index("}", start)
            choice = choice[:start] + self.make(choice[start + 1:end], depth - 1) + choice[end + 1:]
        return choice

    def integer(self):
        return ["i", "b", "0", "3", "-7"], [
            "({integer} + {integer})", "({integer} - {integer})", "({integer} * {integer})", "({integer} / 3)",
            "({integer} % 5)", "length({text})", "abs({integer})", "year({day})", "date_diff('day', {day}, {day})",
            "coalesce({integer}, {integer})", "if({truth}, {integer}, {integer})", "strpos({text}, 'b')",
            "case when {truth} then {integer} end", "cardinality({list})", "nullif({integer}, {integer})",
            "sign({integer})", "day_of_week({day})", "try({integer} / ({integer}))", "cast({exact} as bigint)",
            "greatest({integer}, {integer})", "bitwise_and({integer}, {integer})", "month({moment})", "minute({moment})"]

    def exact(self):
        return ["n", "1.5", "-0.25", "100"], [
            "({exact} + {exact})", "({exact} * 1.5)", "({exact} - {integer})", "({exact} / 3.0)", "({exact} % 0.7)",
            "abs({exact})", "round({exact}, 1)", "round({exact})", "cast({real} as decimal(18,3))", "floor({exact})",
            "truncate({exact}, 1)", "coalesce({exact}, {exact})", "if({truth}, {exact}, {integer})", "-({exact})"]

    def real(self):
        return ["d", "1e0", "-2.5e0", "0e0"], [
            "({real} + {real})", "({real} * {exact})", "({real} - {integer})", "round({real}, 2)", "floor({real})",
            "cast({exact} as double)", "sqrt(abs({real}))", "({real} / 4e0)", "coalesce({real}, {exact})",
            "to_unixtime({moment})", "power({real}, 2)", "if({truth}, {real}, {integer})"]

    def text(self):
        return ["s", "'abc'", "'b'", "'Ünï'"], [
            "upper({text})", "lower({text})", "({text} || {text})", "concat({text}, '-', {text})", "substr({text}, 2)",
            "substr({text}, {integer}, 3)", "reverse({text})", "replace({text}, 'b', 'xx')", "trim({text})",
            "cast({integer} as varchar)", "cast({exact} as varchar)", "cast({real} as varchar)", "cast({day} as varchar)",
            "lpad({text}, 5, '*')", "split_part({text}, 'b', 1)", "coalesce({text}, {text})", "if({truth}, {text})",
            "date_format({moment}, '%Y-%m %H')", "cast({truth} as varchar)", "array_join({list}, ',')",
            "regexp_replace({text}, '[a-c]', '#')", "json_format(cast({integer} as json))", "cast({moment} as varchar)"]

    def day(self):
        return ["da", "date '2024-02-29'"], [
            "date_add('month', {integer} % 50, {day})", "date_add('day', 3, {day})", "date_trunc('month', {day})",
            "cast({moment} as date)", "({day} + interval '1' month)", "({day} - interval '1' day)",
            "last_day_of_month({day})", "coalesce({day}, {day})", "if({truth}, {day}, {day})"]

    def moment(self):
        return ["ts", "timestamp '2024-03-31 12:00:00.000'"], [
            "date_add('hour', {integer} % 50, {moment})", "date_trunc('hour', {moment})", "({moment} + interval '90' minute)",
            "cast({day} as timestamp)", "coalesce({moment}, {moment})", "date_trunc('week', {moment})",
            "({moment} - interval '1' year)", "greatest({moment}, {moment})"]

    def truth(self):
        return ["f", "true", "(i = 2)"], [
            "({integer} < {integer})", "({real} >= {exact})", "({text} = {text})", "({text} like '%b%')", "({truth} and {truth})",
            "({truth} or {truth})", "(not {truth})", "({integer} is null)", "({day} between date '2000-01-01' and {day})",
            "({integer} in (1, 2, {integer}))", "({text} is distinct from {text})", "regexp_like({text}, '^[a-z]+$')",
            "contains({list}, {integer})", "({moment} < {day})", "({integer} not between 0 and {integer})"]

    def list(self):
        return ["array[1, 2, null]", "array[i, 3]", "array[i]"], [
            "array_distinct({list})", "array_sort({list})", "transform({list}, x -> x + {integer})",
            "filter({list}, x -> x > {integer})", "slice({list}, 1, 2)", "({list} || {list})", "reverse({list})",
            "array_remove({list}, 2)", "array_union({list}, {list})", "array[{integer}, {integer}]"]

    def query(self):
        form = self.chance.randrange(5)
        kind = self.chance.choice(["integer", "exact", "real", "text", "day", "moment", "truth", "list"])
        value = self.make(kind, 2)
        if form < 2:
            return f"select i, {value}, {self.make('text', 2)} from {self.TABLE} order by i, s"
        if form == 2:
            return (f"select {self.make('truth', 1)} as k, count(*), sum({self.make('integer', 1)}), "
                    f"max({self.make(self.chance.choice(['text', 'day', 'exact', 'real']), 1)}) from {self.TABLE} group by 1 order by 1")
        if form == 3:
            return (f"select i, {self.chance.choice(['sum', 'max', 'min', 'count', 'avg'])}({self.make(self.chance.choice(['integer', 'exact']), 1)}) "
                    f"over (order by i {self.chance.choice(['', 'desc'])} {self.chance.choice(['', 'rows between 1 preceding and current row', 'rows between unbounded preceding and unbounded following'])}) "
                    f"from {self.TABLE} where {self.make('truth', 1)} order by i")
        return f"select i from {self.TABLE} where {self.make('truth', 2)} order by i nulls first"


def generated(chance):
    generator = Generator(chance)
    return [generator.query() for _ in range(500)]


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    chance = random.Random(SEED)
    for name, lines in (("casts", casts()), ("operators", operators()), ("functions", calls(chance)),
                        ("expressions", generated(chance))):
        path = os.path.join(folder, f"generated_{name}.txt")
        known = dict(read(path)) if os.path.exists(path) else {}
        entries = [(line, known.get(line, [])) for line in dict.fromkeys(lines)]
        write(path, [(f"# Made by generate_edges.py; see there.", [])] + entries)
        print(f"{path}: {len(entries)}")


if __name__ == "__main__":
    main()
