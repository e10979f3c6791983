/* Liquid templates of configs. */
#include "loader/liquid.h"

#include <string.h>

static char *render(const char *text, GError **error)
{
    TgSource source = {.name = "a.yml.liquid", .text = text, .size_bytes = strlen(text)};
    json_t *variables = json_pack("{s:{s:s}, s:[i, i, i]}", "env", "NAME", "x y", "list", 1, 2, 3);
    TgLiquidOptions options = {.variables = variables, .now_ms = 1422386629000};
    char *out = tg_liquid_render(&source, &options, error);

    json_decref(variables);
    return out;
}

static void test_renders(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"a {{ env.NAME }}|{{ env['NAME'] }}|{{ env.NONE }}", "a x y|x y|"},
        {"{{ env.NONE | default: \"d\" }}", "d"},
        {"{{ \"Hello World\" | downcase | replace: \"world\", \"x\" | append: \"!\" }}",
         "hello x!"},
        {"{{ 7 | plus: 3 | times: 2 }} {{ 7 | divided_by: 2 }} {{ -7 | modulo: 3 }}", "20 3 2"},
        {"{{ \"a,b\" | split: \",\" | join: \"-\" }} {{ list.size }} {{ list[1] }}", "a-b 3 2"},
        {"{{ \"2015-01-27\" | date: \"%Y/%m\" }} {{ \"now\" | date: \"%d\" }}", "2015/01 27"},
        {"{{ \"abc\" | slice: 1 }}{{ \"abc\" | slice: 0, 2 }}{{ \"abc\" | capitalize }}", "babAbc"},
        {"{% if env.NAME == \"x y\" %}yes{% else %}no{% endif %}", "yes"},
        {"{% if env.NONE %}a{% elsif 2 > 1 and 1 <= 1 %}b{% else %}c{% endif %}", "b"},
        {"{% unless env.NAME contains \"z\" %}u{% endunless %}", "u"},
        {"{% case 2 %}{% when 1 %}one{% when 2, 3 %}two{% else %}x{% endcase %}", "two"},
        {"{% for i in list %}{{ forloop.index }}:{{ i }};{% endfor %}", "1:1;2:2;3:3;"},
        {"{% for i in none %}x{% endfor %}-", "-"},
        {"{% assign a = \"b\" | append: \"c\" %}{{ a }}", "bc"},
        {"{% capture c %}in {{ list[0] }}{% endcapture %}[{{ c }}]", "[in 1]"},
        {"{% comment %}{{ x | nope }}{% endcomment %}-", "-"},
        {"{% raw %}{{ raw }}{% endraw %}", "{{ raw }}"},
        {"a  {{- 1 -}}  b", "a1b"},
        {"{a} {", "{a} {"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *out = render(rows[i].text, &error);

        g_test_message("%s", rows[i].text);
        g_assert_no_error(error);
        g_assert_cmpstr(out, ==, rows[i].expected);
    }
}

static void test_mistakes_are_placed(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"a\n{{ x | nope }}", "a.yml.liquid:2:3: Liquid: there is no filter 'nope'"},
        {"{% nope %}", "there is no tag 'nope'"},
        {"{% if a %}", "'if' has no 'endif'"},
        {"{% endif %}", "ends a block that was not begun"},
        {"{{ a", "is never closed"},
        {"{% raw %}x", "raw has no endraw"},
        {"{{ 'a }}", "cannot be read"},
        {"{{ a b }}", "cannot be read"},
        {"{% assign a %}", "assign name = value"},
        {"{% for a %}{% endfor %}", "for name in list"},
        {"{% if a == %}x{% endif %}", "cannot be read"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", rows[i].text);
        g_assert_null(render(rows[i].text, &error));
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, rows[i].expected));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/liquid/mistakes-are-placed", test_mistakes_are_placed);
    g_test_add_func("/loader/liquid/renders", test_renders);
    return g_test_run();
}
