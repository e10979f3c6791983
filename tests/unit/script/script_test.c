/* Templates as Digdag fills them in; values from recorded cases t01–t11. */
#include "script/script.h"

#include <string.h>

#include "base/clock.h"
#include "params/params.h"
#include "script/stateless.h"

static const char scope_json[] =
    "{\"n\": 3, \"s\": \"text\", \"m\": {\"a\": 1, \"b\": [true, null]}, \"none\": null,"
    " \"l\": [1, \"x\"], \"big\": 9007199254740993, \"f\": 1.0, \"name\": \"k\","
    " \"session_time\": \"2020-02-28T00:00:00+09:00\"}";

static char *fill(const char *timezone, const char *text, GError **error)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(timezone);
    g_autoptr(TgScript) script = tg_script_new(zone);
    g_autoptr(json_t) scope = json_loads(scope_json, 0, NULL);

    return tg_script_fill(script, text, scope, error);
}

typedef struct {
    const char *text;
    const char *result;
} Row;

static const Row rows[] = {
    {"plain", "plain"},
    {"${n}", "3"},
    {"a ${ s } b", "a text b"},
    {"${m.a}", "1"},
    {"${m.zzz}", ""},
    {"${none}", ""},
    {"${m}", "{\"a\":1,\"b\":[true,null]}"},
    {"${l}", "[1,\"x\"]"},
    {"${n + 4}", "7"},
    {"${'a' + n}", "a3"},
    {"${n > 2 && s}", "text"},
    {"${big}", "9007199254740992"},
    {"${f}", "1"},
    {"${undefined}", ""},
    {"${}", ""},
    {"${secret:aws.key} $$ $", "${secret:aws.key} $ $"},
    {"$${n}", "$3"},
    {"${n", "${n"},
    {"${ {x: {y: 1}}.x }", "{\"y\":1}"},
    {"${[1,2].map(function(x) { return x * 2; })}", "[2,4]"},
    {"${\"it's\\n\" + '\\u00e4'}", "it's\n\xc3\xa4"},
    {"\xe2\x80\xa8'\\ ${n}", "\xe2\x80\xa8'\\ 3"},
    {"${moment('2020-01-31').add(1, 'months').format('YYYY-MM-DD')}", "2020-02-29"},
    {"${'x'.replace(/x/, '=>')}", "=>"},
};

static void test_fills_in_as_digdag_does(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *result = fill("UTC", rows[i].text, &error);

        if (g_strcmp0(result, rows[i].result) != 0) {
            g_error("%s: got '%s' (%s)", rows[i].text, result, error == NULL ? "" : error->message);
        }
    }
}

static void test_local_time_is_the_workflows_zone(void)
{
    g_autofree char *text = fill("Asia/Tokyo", "${moment(session_time).format()}", NULL);
    g_autofree char *summer =
        fill("America/New_York", "${new Date(2020, 6, 1).getTimezoneOffset()}", NULL);

    g_assert_cmpstr(text, ==, "2020-02-28T00:00:00+09:00");
    g_assert_cmpstr(summer, ==, "240");
}

static void assert_fails(const char *text, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *result = fill("UTC", text, &error);

    g_assert_null(result);
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    if (strstr(error->message, part) == NULL) {
        g_error("'%s' is not in: %s", part, error->message);
    }
}

static void test_errors_say_javascripts_reason(void)
{
    assert_fails("x ${zzzz} y", "Failed to evaluate a variable x ${zzzz} y (ReferenceError: "
                                "zzzz is not defined)");
    assert_fails("${nme}", "(did you mean 'name'?)");
    assert_fails("${none.x}", "TypeError");
    assert_fails("${1 +}", "SyntaxError");
    assert_fails("${throw 1}", "SyntaxError");
}

static void test_newer_javascript_is_refused(void)
{
    assert_fails("${l.map(x => x)}", "SyntaxError");
    assert_fails("${`a`}", "SyntaxError");
    assert_fails("${(function(){ let x = 1; return x; })()}", "SyntaxError");
    assert_fails("${2 ** 3}", "SyntaxError");
    assert_fails("${m?.a}", "SyntaxError");
}

static void test_endless_scripts_are_stopped(void)
{
    gint64 start = tg_clock_thread_cpu_us();

    assert_fails("${(function(){ while (true) {} })()}", "ms of CPU time");
    assert_fails("${/(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')}", "");
    g_test_message("took %" G_GINT64_FORMAT " us", tg_clock_thread_cpu_us() - start);
}

static void test_greedy_scripts_are_stopped(void)
{
    assert_fails("${(function(){ var a = 'x'; while (true) { a = a + a + Math.random(); } })()}",
                 "Failed to evaluate");
    assert_fails("${(function f(){ return f(); })()}", "Failed to evaluate");
}

static void test_nothing_is_left_for_the_next_one(void)
{
    g_autofree char *first =
        fill("UTC", "${(function(){ leaked = 1; return moment.x = 2; })()}", NULL);
    g_autofree char *second = fill("UTC", "${typeof leaked + typeof moment.x}", NULL);

    g_assert_cmpstr(first, ==, "2");
    g_assert_cmpstr(second, ==, "undefinedundefined");
}

static void test_there_is_no_io(void)
{
    g_autofree char *text = fill("UTC",
                                 "${typeof require + typeof std + typeof os + typeof console + "
                                 "typeof load + typeof fetch + typeof Java}",
                                 NULL);

    g_assert_cmpstr(text, ==, "undefinedundefinedundefinedundefinedundefinedundefinedundefined");
}

/* Spec b1, b13: order of keys, siblings, `_do` stays raw. */
static void test_fills_a_configuration_in_order(void)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autoptr(TgScript) script = tg_script_new(zone);
    g_autoptr(json_t) scope = json_loads("{\"a\": \"outer\", \"n\": 2}", 0, NULL);
    g_autoptr(json_t) config =
        json_loads("{\"b\": \"${a}\", \"a\": \"inner ${n}\", \"c\": \"${a}\", \"l\": [\"${c}\"],"
                   " \"m\": {\"x\": \"${a}\"}, \"_do\": {\"e\": \"${zzz}\"}, \"i\": 5}",
                   0, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) filled = tg_script_fill_params(script, config, scope, &error);

    g_assert_no_error(error);
    g_autofree char *json = tg_params_to_json(filled);

    g_assert_cmpstr(json, ==,
                    "{\"b\":\"outer\",\"a\":\"inner 2\",\"c\":\"inner 2\",\"l\":[\"inner 2\"],"
                    "\"m\":{\"x\":\"outer\"},\"_do\":{\"e\":\"${zzz}\"},\"i\":5}");
}

static void test_stateless_expressions_are_told_apart(void)
{
    static const char *const yes[] = {"i + 1",
                                      "x == 'a' ? 1 : 2",
                                      "moment(session_time).add(1, 'days').format('YYYY=MM')",
                                      "[1, 2, 3].map(function (v) { return v * 2 })",
                                      "a.b[0].c",
                                      "'it''s'",
                                      "x >= 1 && y !== 2",
                                      "a / b",
                                      "(a) / 2",
                                      "JSON.stringify({a: 1})",
                                      "-x - -y"};
    static const char *const no[] = {"x = 1",
                                     "x += 1",
                                     "x++",
                                     "--x",
                                     "a[b]",
                                     "a['constructor']",
                                     "''.constructor",
                                     "delete x",
                                     "Object.assign(a, b)",
                                     "(function () { return this })()",
                                     "/x/.test(a)",
                                     "moment.locale('ja')",
                                     "Array.prototype",
                                     "a.__proto__",
                                     "x <<= 1",
                                     "x >>= 1",
                                     "\\u0061 ",
                                     "print(1)",
                                     "eval('x')",
                                     "[].push.call(Math, 1)",
                                     "'open",
                                     "a.lang('ja')",
                                     "RegExp('a')",
                                     "moment.updateLocale('en', {})",
                                     "var q",
                                     "for (;;) {}",
                                     "x==1 && (y=2)"};

    for (gsize i = 0; i < G_N_ELEMENTS(yes); i++) {
        if (!tg_script_is_stateless(yes[i])) {
            g_error("%s leaves nothing behind", yes[i]);
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(no); i++) {
        if (tg_script_is_stateless(no[i])) {
            g_error("%s may leave something behind", no[i]);
        }
    }
}

/* What one evaluation does to globals, the next one does not see. */
static void test_evaluations_share_no_state(void)
{
    static const char *const wicked[] = {"${leak = 5}",
                                         "${String.prototype.trim = 1}",
                                         "${moment.locale('de')}",
                                         "${Math['max'] = 1}",
                                         "${(function () { Object.prototype.leak = 5 })()}",
                                         "${''.constructor.prototype.leak = 5}",
                                         "${JSON.parse = 1}"};
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autoptr(json_t) scope = json_object();

    for (gsize i = 0; i < G_N_ELEMENTS(wicked); i++) {
        g_autoptr(TgScript) one = tg_script_new(zone);
        g_autoptr(TgScript) other = tg_script_new(zone);
        g_autofree char *done = tg_script_fill(one, wicked[i], scope, NULL);
        g_autofree char *seen =
            tg_script_fill(other,
                           "${typeof leak} ${' a '.trim()} ${moment('2020-01-06').format('dddd')} "
                           "${Math.max(1, 2)} "
                           "${typeof ({}).leak} ${JSON.parse('1')}",
                           scope, NULL);

        g_assert_cmpstr(seen, ==, "undefined a Monday 2 undefined 1");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/script/script/fills-in-as-digdag-does", test_fills_in_as_digdag_does);
    g_test_add_func("/script/script/local-time-is-the-workflows-zone",
                    test_local_time_is_the_workflows_zone);
    g_test_add_func("/script/script/errors-say-javascripts-reason",
                    test_errors_say_javascripts_reason);
    g_test_add_func("/script/script/newer-javascript-is-refused", test_newer_javascript_is_refused);
    g_test_add_func("/script/script/endless-scripts-are-stopped", test_endless_scripts_are_stopped);
    g_test_add_func("/script/script/greedy-scripts-are-stopped", test_greedy_scripts_are_stopped);
    g_test_add_func("/script/script/nothing-is-left-for-the-next-one",
                    test_nothing_is_left_for_the_next_one);
    g_test_add_func("/script/script/there-is-no-io", test_there_is_no_io);
    g_test_add_func("/script/script/fills-a-configuration-in-order",
                    test_fills_a_configuration_in_order);
    g_test_add_func("/script/stateless_expressions_are_told_apart",
                    test_stateless_expressions_are_told_apart);
    g_test_add_func("/script/evaluations_share_no_state", test_evaluations_share_no_state);
    return g_test_run();
}
