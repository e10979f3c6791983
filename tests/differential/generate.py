"""Random .dig projects. One seed gives one project, always the same."""
import json
import random

TEXTS = ["a", "héllo wörld", "x y", "", "it's", 'say "hi"', "1", "true", "null", "2020-01-01", "a: b", "#no", "$5", "a$b", "tab\\t"]
SCALARS = ["1", "-7", "0", "007", "010", "0x1F", "0o17", "0b11", "1_000", "1.5", "-0.25", "1e3", "1.0", ".5", "5.", "+3", ".inf", "-.inf",
           ".nan", "true", "false", "True", "FALSE", "yes", "no", "on", "off", "y", "n", "~", "null", "Null", "NULL", "", "2020-01-01",
           "2020-01-01T10:00:00Z", "12:30:45", "1:30", "190:20:30", "'1'", '"1"', "'true'", "!!str 5", "!!int '5'", "=", "<<x", "-", "a",
           "1e400", "12345678901234567890", "9223372036854775807", "-9223372036854775808", "1.10", "100000000000000000000.5", "0.1e-7",
           "1E5", "1.e3", "0.0", "-0", "-0.0", "+.inf", "0x", "1__0", "[1, 2.5, a, null]", "{a: 1, b: [x, {c: 2}]}", "[]", "{}",
           "'multi  space'", '"esc \\u00e9 \\n x"', "'it''s'"]
PURE = ["1 + 2", "10 / 4", "7 % 3", "2 * 3.5", "'a' + 1", "1 / 3", "0.1 + 0.2", "1e21", "123456789012345680000", "-0", "1 / 0", "0 / 0",
        "true && false", "!0", "null", "undefined", "[1, 2, 3]", "[]", "[1, [2, null]]", "'x' ? 1 : 2", "typeof 1", "typeof undefined",
        "'abc'.toUpperCase()", "'a,b,c'.split(',')", "'abc'.substring(1)", "'abc'.length", "[3, 1, 2].sort()", "[1, 2].join('-')",
        "[1, 2, 3].map(function (v) { return v * 2 })", "[1, 2, 3, 4].filter(function (v) { return v % 2 == 0 })",
        "[1, 2, 3].reduce(function (a, b) { return a + b }, 0)", "parseInt('42abc')", "parseFloat('1.50')", "Math.max(1, 5, 3)",
        "Math.floor(-1.5)", "Math.round(2.5)", "Math.round(-2.5)", "(5.678).toFixed(1)", "(255).toString(16)", "encodeURIComponent('a b&c')",
        "escape('é')", "new Date(0).toISOString()", "new Date(2020, 0, 31).getDate()", "JSON.stringify({a: 1, b: [2]})",
        "JSON.parse('{\"k\": [1, 2]}').k", "'2020-01-05'.replace(/-/g, '')", "/^a+$/.test('aaa')", "'a1b2'.match(/[0-9]/g)", "1, 2",
        "(function () { return 'f' })()", "String(12)", "Number('0x10')", "Number('')", "isNaN('x')", "'b' > 'a'", "1 == '1'", "1 === '1'",
        "'é'.charCodeAt(0)", "String.fromCharCode(65)", "'abc'.indexOf('c')", "'  x '.trim()", "Object.keys({b: 1, a: 2})", "void 0",
        "new Array(3)", "[undefined, function () {}]", "({a: undefined, b: null})", "({})", "'\\u00e9'", "'a\\nb'", "\"q'q\"", "/x/", "new Date(NaN)",
        "Infinity", "NaN", "'x'.repeat ? 1 : 0", "'abc'[1]", "[1,2,3].indexOf(2)", "Array.isArray([])", "1 << 5", "5 & 3", "~5", "5 >>> 1",
        "'a' in {a: 1}", "[].concat([1], 2)", "'x'.concat(1, null)", "0.1 * 3", "5e-7", "100 * 1.1", "1.0", "new Date(86400000).getTime()"]
MOMENT = ["moment(session_time).format()", "moment(session_time).add(1, 'days').format('YYYY-MM-DD')", "moment(session_time).unix()",
          "moment(session_time).subtract(1, 'month').format('YYYYMMDD HH:mm:ss Z')", "moment(session_date).format('ddd, D MMM YYYY')",
          "moment('2020-02-30', 'YYYY-MM-DD').isValid()", "moment(session_time).endOf('month').format('DD HH:mm:ss.SSS')",
          "moment.utc(session_time).format()", "moment(session_unixtime * 1000).format()", "moment(session_time).isoWeekday()",
          "moment(session_time).diff(moment('2019-01-01'), 'days')", "moment(session_time).startOf('week').format()",
          "moment('2020-03-29T01:30:00Z').format()", "moment(session_time).utcOffset()", "moment(session_time).toDate()",
          "moment.duration(90, 'minutes').humanize()", "moment(session_time).add(36, 'hours').fromNow ? 1 : 0", "moment(session_time)"]
BROKEN = ["nothing_here", "x.y.z", "(", "1 +", "let q = 1", "(v => v)(1)", "`t`", "const z = 1", "[...[1]]", "function", "throw 'x'", "class A {}",
          "undefined.foo", "null.foo", "nofn()", "({a}) ", "for (;;) {}1", "var v = 5", "if (true) 1", "'unclosed", "1;2", "x = 5", "console.log(1)",
          "require('fs')", "java.lang.System.exit(3)", "Java.type('java.io.File')", "load('x')", "eval('1+1')", "new Function('return 7')()",
          "this.session_date", "Object", "Math", "[1,2].includes(1)", "'abc'.padStart(5)", "2 ** 3", "Symbol('x')", "new Map()", "Promise", "0b11", "0o7",
          "a?.b", "null ?? 1", "async function f() {}", "({['a']: 1})", "({f() { return 1 }})", "({get x() { return 4 }}).x", "arguments", "eval",
          "debugger", "delete session_date", "with ({q: 1}) { q }", "'use strict'", "/(?<n>a)/.exec('a')", "/a/y", "'a'.startsWith('a')", "[1].find",
          "Array.from([1])", "Object.assign({}, {a: 1})", "Number.isInteger(1)", "new Set([1])", "label: 1", "try { throw 1 } catch (e) { 2 }", "1_000"]
LITERAL = ["plain", "$x", "$$", "$${x}", "${", "a ${ b", "${}", "${ }", "${secret:k}", "{}", "$ {x}", "\\${x}", "}${x}{", "${x}${x}", "${'}'}", "${{a: 1}.a}",
           "${ {a: {b: 1}} }", "$$$${x}$", "${x:1}", "${X:1}"]


class Maker:
    """Builds one project: {file name: text}, arguments, whether the order among lines is fixed, and
    whether what runs is."""

    def __init__(self, seed, name):
        self.random = random.Random(seed)
        self.name = name
        self.files = {}
        self.is_ordered = True
        self.is_racy = False
        self.count = 0
        self.wild = self.random.random()

    def chance(self, p):
        return self.random.random() < p

    def pick(self, items):
        return self.random.choice(items)

    def task_name(self):
        self.count += 1
        return "+" + self.pick(["t", "load", "a-b", "x_y", "T"]) + str(self.count)

    def expression(self):
        r = self.random.random()
        if r < 0.35:
            return self.pick(["x", "y", "m.k", "m", "list", "list[0]", "list.length", "x + 1", "m.none", "session_date", "session_time", "task_name",
                              "session_local_time", "session_tz_offset", "session_unixtime", "session_date_compact", "timezone", "m['k'] + y",
                              "last_executed_session_time", "x == '1'", "list.join('+')", "project_id", "retry_attempt_name", "z"])
        if r < 0.75:
            return self.pick(PURE)
        if r < 0.9 or self.wild < 0.7:
            return self.pick(MOMENT)
        return self.pick(BROKEN)

    def text(self):
        if self.chance(0.15):
            return self.pick(LITERAL)
        if self.chance(0.2):
            return self.pick(TEXTS)
        return self.pick(["", "v=", "a "]) + "${" + self.expression() + "}" + self.pick(["", "", " z", "${x}"])

    def yaml(self, text):
        return json.dumps(text, ensure_ascii=False)

    def shell_line(self):
        """A line that shows what a template gave; quotes of the shell are left to the value."""
        return "printf '%s\\n' \"$task_name|$v|$x|$y|$m|$list|$z|$i\" >> out"

    def leaf(self, out, pad):
        r = self.random.random()
        if r < 0.62:
            out.append(f"{pad}sh>: {self.shell_line()}")
            out.append(f"{pad}v: {self.yaml(self.text()) if self.chance(0.75) else self.pick(SCALARS)}")
            if self.chance(0.2):
                out.append(f"{pad}{self.pick(['x', 'y', 'z'])}: {self.pick(SCALARS + [self.yaml(self.text())])}")
        elif r < 0.72:
            out.append(f"{pad}echo>: {self.yaml(self.text())}")
        elif r < 0.82:
            out.append(f"{pad}fail>: {self.yaml(self.text())}")
        elif r < 0.85:
            out.append(f"{pad}_type: echo")
            out.append(f"{pad}_command: {self.yaml(self.text())}")
        elif r < 0.88:
            out.append(f"{pad}sh>: exit {self.pick([0, 1, 7])}")
        elif r < 0.93:
            out.append(f"{pad}py>: tasks.{self.pick(['store', 'export', 'args', 'fail', 'sub', 'show'])}")
            out.append(f"{pad}v: {self.pick(SCALARS)}")
        else:
            out.append(f"{pad}echo>: {self.pick(SCALARS)}")

    def hooks(self, out, pad):
        if self.chance(0.1):
            out.append(f"{pad}_error:")
            self.handler(out, pad + "  ", "err")
        if self.chance(0.07):
            out.append(f"{pad}_check:")
            self.handler(out, pad + "  ", "chk")
        if self.chance(0.06):
            # which states the real program finds when a group starts anew depends on its timing
            self.is_racy = True
            out.append(f"{pad}_retry: {self.pick(['1', '2', '0', '{limit: 1}', '{limit: 1, interval: 0}', chr(39) + '1' + chr(39)])}")

    def handler(self, out, pad, name):
        if self.chance(0.6):
            out.append(f"{pad}sh>: printf '%s\\n' \"$task_name|{name}|$error\" >> out")
        else:
            for _ in range(self.random.randint(1, 2)):
                out.append(f"{pad}{self.task_name()}:")
                self.leaf(out, pad + "  ")

    def export(self, out, pad):
        if not self.chance(0.35):
            return
        out.append(f"{pad}_export:")
        for key in self.random.sample(["x", "y", "z", "m", "list"], self.random.randint(1, 3)):
            out.append(f"{pad}  {key}: {self.value(key)}")

    def value(self, key):
        if key == "m":
            return self.pick(["{k: 1}", "{k: '${x}', j: {l: [1]}}", "{j: {n: 2}}", "{k: null}"])
        if key == "list":
            return self.pick(["[1, 2]", "[a, '${x}']", "[]", "[{a: 1}, null]"])
        return self.pick(SCALARS) if self.chance(0.5) else self.yaml(self.text())

    def subtasks(self, out, pad, depth):
        """An operator that has `_do`."""
        kind = self.pick(["if", "for_each", "for_range", "loop", "call"])
        if kind == "if":
            out.append(f"{pad}if>: {self.pick(['true', 'false', chr(34) + '${x == 1}' + chr(34), chr(34) + '${list.length > 1}' + chr(34), 'yes', '1'])}")
            if self.chance(0.9):
                out.append(f"{pad}_do:")
                self.body(out, pad + "  ", depth + 1)
            if self.chance(0.4):
                out.append(f"{pad}_else_do:")
                self.body(out, pad + "  ", depth + 1)
            return
        if kind == "call":
            if "sub/child.dig" not in self.files:
                child = []
                self.files["sub/child.dig"] = ""
                self.export(child, "")
                self.children(child, "", 3)
                self.files["sub/child.dig"] = "\n".join(child) + "\n"
            out.append(f"{pad}call>: {self.pick(['sub/child', 'sub/child.dig', 'sub/child', 'none'])}")
            return
        if kind == "for_each":
            out.append(f"{pad}for_each>:")
            out.append(f"{pad}  i: {self.pick(['[1, 2]', '[a, b c, 0.5]', '[]', chr(34) + '${list}' + chr(34), chr(39) + '[7, 8]' + chr(39), '[{q: 1}]', '[a/b, é, null, true]', '5'])}")
            if self.chance(0.3):
                out.append(f"{pad}  j: [x, y]")
        elif kind == "for_range":
            out.append(f"{pad}for_range>:")
            out.append(f"{pad}  from: {self.pick(['0', '1', chr(34) + '${x}' + chr(34), '-3', '10'])}")
            out.append(f"{pad}  to: {self.pick(['3', '5', '10', '0'])}")
            out.append(f"{pad}  {self.pick(['step: 2', 'slices: 2', 'step: 1', 'slices: 3', 'step: 0', 'slices: 20'])}")
        else:
            out.append(f"{pad}loop>: {self.pick(['2', '3', '0', chr(34) + '${1 + 1}' + chr(34), '-1', 'abc'])}")
        if self.chance(0.3):
            out.append(f"{pad}_parallel: {self.pick(['true', 'false', '{limit: 2}', chr(34) + 'true' + chr(34)])}")
            self.is_ordered = False
        out.append(f"{pad}_do:")
        self.body(out, pad + "  ", depth + 1)

    def body(self, out, pad, depth):
        if self.chance(0.5):
            self.leaf(out, pad)
        else:
            self.children(out, pad, depth)

    def children(self, out, pad, depth):
        parallel = False
        if self.chance(0.25):
            value = self.pick(["true", "true", "{limit: 2}", "false", '"true"', "{limit: 1}", '"${true}"'])
            out.append(f"{pad}_parallel: {value}")
            self.is_ordered = False
            parallel = "false" not in value
        names = []
        for _ in range(self.random.randint(1, 4 if depth < 2 else 2)):
            name = self.task_name()
            out.append(f"{pad}{name}:")
            inner = pad + "  "
            if parallel and names and self.chance(0.25):
                out.append(f"{inner}_after: [{self.pick(names)}]")
            if not parallel and names and self.chance(0.08):
                out.append(f"{inner}_background: {self.pick(['true', 'false'])}")
                self.is_ordered = False
            if self.chance(0.03):
                out.append(f"{inner}_disable: {self.pick(['true', 'false'])}")
            self.export(out, inner)
            self.hooks(out, inner)
            r = self.random.random()
            if r < 0.2 and depth < 3:
                self.children(out, inner, depth + 1)
            elif r < 0.38 and depth < 3:
                self.subtasks(out, inner, depth)
            else:
                self.leaf(out, inner)
            names.append(name)

    def mistake(self, lines):
        """Sometimes one line of the file is damaged."""
        if not self.chance(0.08):
            return lines
        at = self.random.randrange(len(lines))
        kind = self.random.randrange(8)
        pad = lines[at][:len(lines[at]) - len(lines[at].lstrip())]
        if kind == 0:
            lines[at] = lines[at].replace(":", "", 1)
        elif kind == 1:
            lines.insert(at, f"{pad}{self.pick(['_paralel', 'foo', '_exports', 'retry', 'timezon', '_do', 'meta'])}: 1")
        elif kind == 2:
            lines.insert(at, lines[at])
        elif kind == 3:
            lines[at] = "\t" + lines[at]
        elif kind == 4:
            lines.insert(at, f"{pad}echo>: second")
        elif kind == 5:
            lines.insert(at, f"{pad}+bad{self.pick(['/', ' ', '!', ':', 'é'])}name: {{echo>: 1}}")
        elif kind == 6:
            lines[at] = lines[at].replace("sh>", self.pick(["shh>", "Sh>", "unknown>", ">"]))
        else:
            lines.insert(at, f"{pad}_after: [+nobody]")
        return lines

    def reuse(self, lines):
        """Anchors, merge keys, included files."""
        if self.chance(0.12):
            lines += ["+base: &base", "  _export: &vars {x: 5, m: {k: anchored}}", "  sh>: " + self.shell_line(), "  v: base",
                      "+derived:", "  <<: *base", "  v: derived"]
        if self.chance(0.12):
            self.files["inc/part.dig"] = "+in1:\n  echo>: ${x}\n+in2:\n  sh>: " + self.shell_line() + "\n  v: included\n"
            lines.append("!include : 'inc/part.dig'" if self.chance(0.7) else "+inc:\n  !include : 'inc/part.dig'")
        if self.chance(0.1):
            lines += ["schedule:", f"  {self.pick(['daily>: 07:00:00', 'hourly>: 10:00', 'cron>: 0 4 * * *', 'minutes_interval>: 30', 'weekly>: Mon,10:00:00'])}"]

    def project(self):
        lines = []
        zone = self.pick([None, None, "UTC", "Asia/Tokyo", "America/New_York", "Europe/Berlin", "+09:00", "Australia/Adelaide", "Asia/Kolkata"])
        if zone:
            lines.append(f"timezone: {zone if ':' not in zone else repr(zone)}")
        lines += ["_export:", "  py: {python: python3}", "  x: 1", f"  y: {self.value('y')}", "  m: {k: v, n: 2}", "  list: [1, b, 2.5]"]
        if self.chance(0.3):
            lines.append(f"  z: {self.value('z')}")
        self.hooks(lines, "")
        self.children(lines, "", 0)
        self.reuse(lines)
        self.files[f"{self.name}.dig"] = "\n".join(self.mistake(lines)) + "\n"
        self.files["tasks.py"] = TASKS
        day = self.pick(["2020-02-29", "2020-03-29", "2019-12-31", "2020-11-01 01:30:00", "2021-03-14 12:00:00"])
        args = ["run", f"{self.name}.dig", "--session", day]
        if self.chance(0.2):
            args += ["-p", self.pick(["x=9", "z=p", "m.k=deep", "q=1", "y=a=b"])]
        return args


TASKS = '''import digdag
def store(v):
    digdag.env.store({'x': v, 'stored': [v]})
def export(v):
    digdag.env.export({'y': v})
def args(x, y='dflt', *, none='nn'):
    with open('out', 'a') as f:
        f.write('args %r %r %r\\\\n' % (x, y, none))
def fail():
    raise ValueError('broken on purpose')
def sub():
    digdag.env.add_subtask(show)
def show(**kw):
    with open('out', 'a') as f:
        f.write('show %s\\\\n' % sorted(k for k in kw if not k.startswith('_')))
'''.replace("\\\\n", "\\n")


def make(seed):
    name = f"w{seed}"
    maker = Maker(seed, name)
    args = maker.project()
    return maker.files, args, maker
