"""tegaru graph: Mermaid, Graphviz and SVG of a workflow."""
import re
import xml.etree.ElementTree as xml

from support import Project, check_run, contains, equal, main, test

DIG = r"""
timezone: Asia/Tokyo
schedule: {daily>: 07:00:00}
_error: {echo>: sorry}
+first: {sh>: 'echo "<a>" && echo [b] # c'}
+load:
  _parallel: true
  +a: {load>: a.yml}
  +b: {load>: 天気.yml}
  +c: {load>: c.yml, _after: [+a]}
+each:
  for_each>: {day: [1, 2]}
  _do:
    +one: {echo>: "${day}"}
+pair:
  +x: {echo>: x}
  +y: {echo>: y, _background: true}
  +z: {echo>: z}
+off: {_disable: true, +n: {echo>: n}}
+last: {echo>: end, _check: {echo>: ok}, _error: {echo>: oh}}
"""
SVG = "{http://www.w3.org/2000/svg}"


def boxes(text):
    """Full name -> (x, y, right, bottom), in the order of drawing."""
    found = {}
    for group in xml.fromstring(text).iter(SVG + "g"):
        rect = group.find(SVG + "rect")
        x, y, w, h = (int(rect.get(k)) for k in ("x", "y", "width", "height"))
        found[group.find(SVG + "title").text.split("  ")[0]] = (x, y, x + w, y + h)
    return found


def is_inside(a, b):
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@test
def mermaid_has_the_groups_the_order_and_escaped_labels():
    with Project({"main.dig": DIG}) as project:
        text = check_run(project.run("graph", "main.dig")).stdout
        ids = {name: number for number, name in re.findall(r't(\d+)\["([+_]\w+)', text)}
        arrow = lambda a, b: contains(text, f"t{ids[a]} --> t{ids[b]}\n")
        contains(text, 'subgraph t0["+main"]')
        contains(text, "echo #34;#60;a#62;#34; #38;#38; echo #91;b#93; #35; c")
        arrow("+first", "+load")
        arrow("+a", "+c")
        contains(text, f"t{ids['+x']} & t{ids['+y']} --> t{ids['+z']}\n")
        contains(text, f"t{ids['+last']} -. fails .-> ")
        contains(text, "+off (disabled)")
        equal(text.count("subgraph "), text.count("  end\n"))
        assert f"--> t{ids['+b']}\n" not in text, "it waits for nobody"


@test
def the_picture_is_xml_with_boxes_that_do_not_overlap():
    with Project({"main.dig": DIG}) as project:
        check_run(project.run("graph", "main.dig", "-o", "main.svg"))
        text = project.read("main.svg")
        contains(text, "<title>main.dig</title>")
        contains(text, "daily&gt; 07:00:00 (Asia/Tokyo)")
        assert "href" not in text and "url(http" not in text, "it needs nothing else"
        found = boxes(text)
        assert {"+main+load+a", "+main+each^sub+one", "+main+last^error", "+main^error"} <= set(found), found
        for name, box in found.items():
            parents = [p for p in found if p != name and re.match(re.escape(p) + r"[+^]", name)]
            beside = {"+main+last^check", "+main+last^error"}
            for parent in parents:
                if parent != "+main+last" or name not in beside:
                    assert is_inside(box, found[parent]), (name, parent)
            for other, its in found.items():
                if other != name and not is_inside(box, its) and not is_inside(its, box):
                    assert not overlap(box, its), (name, other)
        assert found["+main+first"][3] < found["+main+load"][1] < found["+main+last"][1]


@test
def five_hundred_tasks_fit_a_page_in_width():
    wide = "+all:\n  _parallel: {limit: 250}\n" + "".join(f"  +t{i}: {{sh>: echo {i}}}\n" for i in range(500))
    deep = "".join(f"+t{i}: {{sh>: echo {i}}}\n" for i in range(500))
    with Project({"wide.dig": wide, "deep.dig": deep}) as project:
        found = boxes(check_run(project.run("graph", "wide", "--format", "svg")).stdout)
        equal(len(found), 502)
        assert found["+wide"][2] < 1300, found["+wide"]
        assert max(found[f"+wide+all+t{i}"][3] for i in range(250)) < min(
            found[f"+wide+all+t{i}"][1] for i in range(250, 500)), "the second chunk is below the first"
        equal(len(boxes(check_run(project.run("graph", "deep.dig", "-f", "svg")).stdout)), 501)


@test
def graphviz_gets_clusters_and_arrows_between_them():
    with Project({"main.dig": DIG}) as project:
        text = check_run(project.run("graph", "main.dig", "--format", "dot")).stdout
        equal(text.count("{"), text.count("}"))
        contains(text, r'echo \"<a>\"')
        assert re.search(r"t\d+ -> t\d+ \[lhead=cluster_t\d+ \]", text), text


@test
def mistakes_say_what_to_do():
    with Project({"main.dig": DIG, "bad.dig": "+a: {sh>: x, echo>: y}\n"}) as project:
        contains(check_run(project.run("graph"), 2).stderr, "tegaru graph main.dig")
        contains(check_run(project.run("graph", "main.dig", "--format", "png"), 2).stderr, "mermaid, svg or dot")
        contains(check_run(project.run("graph", "mian.dig"), 1).stderr, "main")
        contains(check_run(project.run("graph", "bad.dig"), 1).stderr, "bad.dig:1")
        contains(check_run(project.run("graph", "--help")).stdout, "Examples:")


main()
