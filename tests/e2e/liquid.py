"""Liquid of configs against the Ruby gem, when it is installed; includes; hostile templates."""
import json
import os
import subprocess

from support import Project, Skip, TEGARU, check_run, contains, equal, main, test

# Each line is a template; what the gem makes of it is what is wanted.
TEMPLATES = r"""
{% for i in (1..5) limit: 2 offset: 1 %}{{ i }}{% if forloop.last %}.{% else %},{% endif %}{% endfor %}
{% for i in (1..6) reversed %}{{ i }}{{ forloop.rindex }}{{ forloop.rindex0 }}{{ forloop.length }} {% endfor %}
{% assign l = "a,b,c,d" | split: "," %}{% for x in l limit: 2 %}{{ x }}{% endfor %}-{% for x in l offset: continue %}{{ x }}{% endfor %}
{% for i in (1..9) %}{% if i == 3 %}{% continue %}{% endif %}{% if i > 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for x in nothing %}x{% else %}none{% endfor %}
{% assign l = "" | split: "," %}{% for x in l %}x{% else %}empty{% endfor %}
{% for i in (1..2) %}{% for j in (1..2) %}{{ forloop.parentloop.index }}{{ j }} {% endfor %}{% endfor %}
{% for i in (1..4) %}{% cycle "a", "b", "c" %}{% endfor %}{% cycle "g": "x", "y" %}{% cycle "g": "x", "y" %}
{% increment n %}{% increment n %}{% decrement m %}{% decrement m %}
{% for i in (1..4) %}{% assign h = i | divided_by: 2 %}{% ifchanged %}{{ h }}{% endifchanged %}{% endfor %}
{% tablerow i in (1..3) cols: 2 %}{{ i }}{% endtablerow %}
{% case 3 %}{% when 1, 2 %}a{% when 3 or 4 %}b{% else %}c{% endcase %}
{% case "a,b" %}{% when "a" %}no{% when "a,b" %}yes{% endcase %}
{% if "abc" contains "b" %}1{% endif %}{% assign l = "ab,c" | split: "," %}{% if l contains "b" %}2{% endif %}{% if l contains "c" %}3{% endif %}
{% if 1 == "1" %}same{% else %}other{% endif %}{% if 1 == 1.0 %}same{% endif %}
{% if nothing == empty %}1{% endif %}{% assign s = "" %}{% if s == empty %}2{% endif %}{% if s %}3{% endif %}
{% if nothing < 1 %}1{% else %}2{% endif %}{% if true and false or true %}1{% else %}2{% endif %}
{{ "abc" | size }}{{ "hello world" | capitalize }}{{ " a " | lstrip }}|{{ " a " | rstrip }}|
{{ "a-b-a" | replace_first: "a", "x" }} {{ "a-b-a" | remove_first: "a" }} {{ "a-b-a" | remove: "a" }}
{{ "Ground control to Major Tom." | truncate: 20 }}{{ "Ground control to Major Tom." | truncate: 18, ", and so on" }}{{ "abc" | truncate: 3 }}
{{ "Ground control to Major Tom." | truncatewords: 3 }}{{ "one two" | truncatewords: 5, "-" }}
{{ "<a href='x'>&amp; b</a>" | escape }}{{ "1 &lt; 2 & 3" | escape_once }}{{ "<b>x</b><!-- y -->z" | strip_html }}
{{ "a b&c/d~" | url_encode }} {{ "a+b%26c" | url_decode }}
{{ -7 | abs }}{{ "-1.5" | abs }} {{ 1.2 | ceil }}{{ 1.8 | floor }} {{ 2.5 | round }} {{ 183.357 | round: 2 }} {{ 4 | at_least: 5 }}{{ 4 | at_most: 3 }}
{{ 7 | divided_by: 2 }} {{ 7 | divided_by: 2.0 }} {{ -7 | divided_by: 2 }} {{ 7 | modulo: 3 }} {{ 1.5 | plus: 1 }} {{ "3" | times: 2 }}
{{ "b,a,C" | split: "," | sort | join: "" }}{{ "b,a,C" | split: "," | sort_natural | join: "" }}{{ "b,a,b" | split: "," | uniq | join: "" }}
{{ "a,b" | split: "," | reverse | first }}{{ "a,b" | split: "," | last }}{% assign x = "c" | split: "," %}{{ "a,b" | split: "," | concat: x | join: "+" }}
{{ "abcdef" | slice: 2 }}{{ "abcdef" | slice: -3, 2 }}{{ nothing | default: "d" }}{{ "" | default: 5 }}{{ false | default: "f" }}
{% assign a = "x" %}{% capture a %}{{ a }}y{% endcapture %}{{ a }}{% unless a == "x" %}z{% else %}w{% endunless %}
{{ "a,b,c" | split: "," }}{{ nothing }}{{ nil }}{{ true }}{{ 1.50 }}{{ 3 }}
a {%- if true -%} b {%- endif -%} c {{- "d" -}} e
{% comment %}{{ x }}{% endcomment %}{% raw %}{{ x }}{% endraw %}
{{ "2015-01-27 19:23:49 +0000" | date: "%Y/%m/%d %H" }}{{ "x" | date: "%Y" }}
{% assign l = "a,b,c" | split: "," %}{{ l[0] }}{{ l[-1] }}{{ l.first }}{{ l.last }}{{ l.size }}{{ l[9] }}
{% for i in (1..3) %}{{ i }}{% endfor %}{{ i }}
{{ "a" | append: "b" | prepend: "c" | upcase | downcase }}
""".strip("\n").splitlines()

GEM = 'require "liquid"; require "json"; puts JSON.generate(JSON.parse($stdin.read).map { |t| Liquid::Template.parse(t).render({}) })'


def render(template, status=0, **files):
    """What a config's template becomes, seen through a text of the config that preview prints."""
    with Project(files) as project:
        project.write("in.csv", "1\n")
        # a block scalar keeps the text as it is
        project.write("c.yml.liquid", "in: {type: config, columns: [{name: t, type: string}], values: [[[{% capture text %}" + template
                      + "{% endcapture %}\"{{ text | url_encode }}\"]]]}\nout: {type: stdout}\n")
        link = os.path.join(project.folder, "embulk")
        os.symlink(TEGARU, link)
        done = project.run("run", "c.yml.liquid", program=link)
        check_run(done, status)
        if status:
            return done.stdout + done.stderr
        import urllib.parse
        line = [l for l in done.stdout.splitlines() if " +0000 [" not in l]
        return urllib.parse.unquote_plus(line[0] if line else "")


@test
def templates_become_what_the_gem_makes_of_them():
    try:
        done = subprocess.run(["ruby", "-e", GEM], input=json.dumps(TEMPLATES), capture_output=True, text=True)
    except FileNotFoundError:
        raise Skip("ruby is not installed")
    if done.returncode != 0:
        raise Skip("the gem liquid is not installed")
    differences = []
    for template, wanted in zip(TEMPLATES, json.loads(done.stdout)):
        got = render(template)
        if got != wanted:
            differences.append(f"{template}\n  got    {got!r}\n  wanted {wanted!r}")
    equal(differences, [], "\n" + "\n".join(differences))


@test
def includes_see_the_variables_and_are_looked_up_beside_the_config():
    files = {"_a.yml.liquid": "[{{ v }}{{ a }}{{ k }}]", "sub/_b.yml.liquid": "{{ b }}{% include 'a', k: 'deep' %}"}
    equal(render("{% assign v = 1 %}{% include 'a' %}{% include 'a' with 'w' %}{% include 'a', k: 'key' %}{{ k }}", **files), "[1][1w][1wkey]")
    equal(render("{% assign l = '1,2' | split: ',' %}{% include 'sub/b' for l %}", **files), "1[deep]2[deep]")


@test
def includes_outside_missing_or_without_end_are_refused():
    contains(render("{% include '../x' %}", status=1), "cannot be included")
    contains(render("{% include '/etc/passwd' %}", status=1), "cannot be included")
    contains(render("{% include 'none' %}", status=1), "_none.yml.liquid")
    contains(render("{% include 'a' %}", status=1, **{"_a.yml.liquid": "{% include 'a' %}"}), "include each other without end")
    contains(render("{% include 'a' %}", status=1, **{"_a.yml.liquid": "{% if true %}"}), "_a.yml.liquid:1:3: Liquid: 'if' has no 'endif'")


@test
def hostile_templates_end():
    contains(render("{% for i in (1..999999999999) %}x{% endfor %}", status=1), "Liquid")
    contains(render("{% for i in (1..2000) %}{% for j in (1..2000) %}{% endfor %}{% endfor %}", status=1), "more than a million times")
    contains(render("{% for i in (1..900000) %}01234567890123456789{% endfor %}", status=1), "larger than 16 MiB")
    contains(render("{% if true %}" * 200, status=1), "nested too deeply")
    contains(render("{% nothing %}", status=1), "there is no tag 'nothing'")
    contains(render("{{ 1 | nothing }}", status=1), "there is no filter 'nothing'")


main()
