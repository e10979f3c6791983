/* Secrets in every dress, and text that is none. */
#include "base/redact.h"

#include <string.h>

#define SECRET "pa ss/w+rd\"\\\xc3\xa9!" /* a byte for each kind of escape */
#define PLAIN "hunter2secret"

/* One text, with `secret` known; `shown` is what is left of it. */
static const struct {
    const char *secret;
    const char *text;
    const char *shown;
} rows[] = {
    {PLAIN, "hunter2secret", "***"},
    {PLAIN, "a hunter2secret b", "a *** b"},
    {PLAIN, "hunter2secrethunter2secret", "******"},
    {PLAIN, "hunter2secre", "hunter2secre"},
    {PLAIN, "hunter2hunter2secret", "hunter2***"},
    {PLAIN, "Hunter2secret", "Hunter2secret"},
    {PLAIN, "", ""},
    {PLAIN "\n", "token=hunter2secret;", "token=***;"},
    {"  " PLAIN "  ", "hunter2secret", "***"},
    {PLAIN, "postgres://u:hunter2secret@host/db", "postgres://u:***@host/db"},
    /* URL: */
    {PLAIN, "hunter2%73ecret", "***"},
    {PLAIN, "%68%75%6e%74%65%72%32%73%65%63%72%65%74", "***"},
    {PLAIN, "hunter2%7", "hunter2%7"},
    {PLAIN, "hunter2%zzecret", "hunter2%zzecret"},
    {SECRET, "pa%20ss%2Fw%2Brd%22%5C%C3%A9%21", "***"},
    {SECRET, "pa+ss%2fw%2brd%22%5c%c3%a9!", "***"},
    {SECRET, "pa%20ss/w+rd%22%5C%C3%A9!", "***"},
    {"100%25 sure", "100%2525+sure", "***"},
    {"100%25 sure", "100%25 sure", "***"},
    /* JSON: */
    {SECRET, "{\"x\":\"pa ss/w+rd\\\"\\\\\xc3\xa9!\"}", "{\"x\":\"***\"}"},
    {SECRET, "pa ss\\/w+rd\\\"\\\\\\u00e9!", "***"},
    {SECRET, "pa ss/w+rd\\\"\\\\\\u00E9\\u0021", "***"},
    {"line1\nline2", "line1\\nline2", "***"},
    {"tab\there", "tab\\there", "***"},
    {"key \xf0\x9f\x94\x91 in", "key \\ud83d\\udd11 in", "***"},
    {"key \xf0\x9f\x94\x91 in", "key \\ud83dX", "key \\ud83dX"},
    /* base64, by what stands before: nothing, one byte, two bytes. */
    {PLAIN, "aHVudGVyMnNlY3JldA==", "***A=="},
    {PLAIN, "YTpodW50ZXIyc2VjcmV0", "YTp***"},
    {PLAIN, "YWI6aHVudGVyMnNlY3JldDp4", "YWI6***Dp4"},
    {PLAIN, "eGh1bnRlcjJzZWNyZXQ=", "eG***Q="},
    {PLAIN, "eHlodW50ZXIyc2VjcmV0", "eHl***"},
    {PLAIN, "Basic dXNlcjpodW50ZXIyc2VjcmV0", "Basic dXNlcjp***"},
    {PLAIN, "aHVudGVy\nMnNlY3JldA==", "***A=="},
    {PLAIN, "aHVu\r\ndGVyMnNl\r\nY3JldA==", "***A=="},
    {PLAIN, "aHVudGVyMnNlY3JldA%3D%3D", "***A%3D%3D"},
    {"?\?>>?\?>>", "Pz8+Pj8/Pj4=", "***4="},
    {"?\?>>?\?>>", "Pz8-Pj8_Pj4=", "***4="},
    {"?\?>>?\?>>", "Pz8%2BPj8%2FPj4%3D", "***4%3D"},
    /* Of several lines, each line that is long enough. */
    {"-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\nshort\n-----END KEY-----",
     "  MIIEowIBAAKCAQEA\n  short\n", "  ***\n  short\n"},
    {"-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n-----END KEY-----",
     "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n-----END KEY-----\n", "***\n"},
    /* Too common to be one. */
    {"ab", "ab abc", "ab abc"},
    {"", "text", "text"},
    {"true", "is true", "is true"},
    {"false", "is false", "is false"},
    {"abc", "abc YWJj", "*** YWJj"},
    {"\xe7\xa7\x98\xe5\xaf\x86", "\xe7\xa7\x98\xe5\xaf\x86\xe3\x81\xa7\xe3\x81\x99",
     "***\xe3\x81\xa7\xe3\x81\x99"},
};

static TgRedactor *redactor_with(const char *secret)
{
    TgRedactor *redactor = tg_redactor_new();

    tg_redactor_add(redactor, "another, that is nowhere");
    tg_redactor_add(redactor, secret);
    tg_redactor_add(redactor, secret);
    return redactor;
}

static void test_no_dress_helps(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgRedactor) redactor = redactor_with(rows[i].secret);
        g_autofree char *shown = tg_redactor_text(redactor, rows[i].text);

        if (strcmp(shown, rows[i].shown) != 0) {
            g_test_message("row %zu: '%s' gave '%s', not '%s'", i, rows[i].text, shown,
                           rows[i].shown);
            g_test_fail();
        }
    }
}

/* Pieces of each size: what is shown does not depend on where the text was cut. */
static void test_no_cut_helps(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgRedactor) redactor = redactor_with(rows[i].secret);
        gsize size = strlen(rows[i].text);

        for (gsize piece = 1; piece <= size; piece++) {
            g_autoptr(TgRedactStream) stream = tg_redact_stream_new(redactor);
            g_autoptr(GString) shown = g_string_new(NULL);

            for (gsize at = 0; at < size; at += piece) {
                tg_redact_stream_push(stream, rows[i].text + at, MIN(piece, size - at), shown);
            }
            tg_redact_stream_end(stream, shown);
            if (strcmp(shown->str, rows[i].shown) != 0) {
                g_test_message("row %zu in pieces of %zu: '%s'", i, piece, shown->str);
                g_test_fail();
            }
        }
    }
}

static void test_text_is_not_held_back_for_long(void)
{
    g_autoptr(TgRedactor) redactor = redactor_with(PLAIN);
    g_autoptr(TgRedactStream) stream = tg_redact_stream_new(redactor);
    g_autoptr(GString) shown = g_string_new(NULL);

    tg_redact_stream_push(stream, "50% done, hunt", 14, shown);
    g_assert_cmpstr(shown->str, ==, "50% done, ");
    tg_redact_stream_push(stream, "ing\n", 4, shown);
    g_assert_cmpstr(shown->str, ==, "50% done, hunting\n");
}

static void test_a_longer_secret_wins(void)
{
    g_autoptr(TgRedactor) redactor = redactor_with("abcd");
    g_autoptr(TgRedactStream) stream = tg_redact_stream_new(redactor);
    g_autoptr(GString) shown = g_string_new(NULL);

    tg_redactor_add(redactor, "abcdefgh");
    tg_redact_stream_push(stream, "abcd", 4, shown);
    g_assert_cmpstr(shown->str, ==, "");
    tg_redact_stream_push(stream, "efgh abcd.", 10, shown);
    g_assert_cmpstr(shown->str, ==, "*** ***.");
}

static void test_json_values_and_keys(void)
{
    g_autoptr(TgRedactor) redactor = redactor_with(PLAIN);
    json_t *value = json_pack("{s:[s, i, n], s:{s:b}}", "list", "x" PLAIN, 5, PLAIN, "deep", 1);
    json_t *safe = tg_redactor_json(redactor, value);
    g_autofree char *text = json_dumps(safe, JSON_COMPACT);

    g_assert_cmpstr(text, ==, "{\"list\":[\"x***\",5,null],\"***\":{\"deep\":true}}");
    g_assert_true(tg_redactor_finds(redactor, value));
    g_assert_false(tg_redactor_finds(redactor, safe));
    g_assert_false(tg_redactor_finds(redactor, NULL));
    json_decref(value);
    json_decref(safe);
}

static void test_nothing_known_changes_nothing(void)
{
    g_autoptr(TgRedactor) redactor = tg_redactor_new();
    g_autoptr(TgRedactStream) stream = tg_redact_stream_new(NULL);
    g_autoptr(GString) shown = g_string_new(NULL);
    g_autofree char *with = tg_redactor_text(redactor, PLAIN);
    g_autofree char *without = tg_redactor_text(NULL, PLAIN);

    g_assert_cmpstr(with, ==, PLAIN);
    g_assert_cmpstr(without, ==, PLAIN);
    g_assert_null(tg_redactor_text(redactor, NULL));
    tg_redact_stream_push(stream, "hu\0nt", 5, shown);
    tg_redact_stream_end(stream, shown);
    g_assert_cmpmem(shown->str, shown->len, "hu\0nt", 5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/redact/no-dress-helps", test_no_dress_helps);
    g_test_add_func("/base/redact/no-cut-helps", test_no_cut_helps);
    g_test_add_func("/base/redact/text-is-not-held-back-for-long",
                    test_text_is_not_held_back_for_long);
    g_test_add_func("/base/redact/a-longer-secret-wins", test_a_longer_secret_wins);
    g_test_add_func("/base/redact/json-values-and-keys", test_json_values_and_keys);
    g_test_add_func("/base/redact/nothing-known-changes-nothing",
                    test_nothing_known_changes_nothing);
    return g_test_run();
}
