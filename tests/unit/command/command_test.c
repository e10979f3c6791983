/* Running programs: output, status, kill. */
#include "command/command.h"

#include <signal.h>
#include <string.h>

#include "base/file.h"

static void collect(gpointer data, const char *bytes, gsize size_bytes)
{
    g_string_append_len(data, bytes, (gssize)size_bytes);
}

static gboolean run(const char *script, const gint *is_cancelled, GString *output, int *status,
                    GError **error)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    const char *environment[] = {"PATH=/usr/bin:/bin", "NAME=value", NULL};
    TgCommandRequest request = {.argv = argv,
                                .environment = environment,
                                .folder = "/",
                                .is_cancelled = is_cancelled,
                                .output = collect,
                                .data = output};

    return tg_command_execute(&request, status, error);
}

static void test_gives_output_status_and_environment(void)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    int status = -1;

    g_assert_true(
        run("echo $NAME; pwd; echo no >&2; read x || exit 7", NULL, output, &status, &error));
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 7);
    g_assert_cmpstr(output->str, ==, "value\n/\nno\n");
}

static void test_a_signal_is_128_and_its_number(void)
{
    g_autoptr(GString) output = g_string_new(NULL);
    int status = -1;

    g_assert_true(run("kill -9 $$", NULL, output, &status, NULL));
    g_assert_cmpint(status, ==, 128 + SIGKILL);
}

static void test_a_program_left_behind_does_not_hold_up_the_end(void)
{
    g_autoptr(GString) output = g_string_new(NULL);
    int status = -1;

    g_assert_true(run("sleep 60 & echo $!", NULL, output, &status, NULL));
    g_assert_cmpint(status, ==, 0);
    (void)kill((pid_t)g_ascii_strtoll(output->str, NULL, 10), SIGKILL);
}

typedef struct {
    GString *output;
    gint is_cancelled;
} Watch;

static void cancel_when_it_speaks(gpointer data, const char *bytes, gsize size_bytes)
{
    Watch *watch = data;

    g_string_append_len(watch->output, bytes, (gssize)size_bytes);
    g_atomic_int_set(&watch->is_cancelled, 1);
}

/* A child of the child is gone, too. */
static void test_cancel_kills_the_whole_group(void)
{
    const char *argv[] = {"/bin/sh", "-c", "sh -c 'echo $$; sleep 60' & wait", NULL};
    const char *environment[] = {"PATH=/usr/bin:/bin", NULL};
    g_autoptr(GString) output = g_string_new(NULL);
    Watch watch = {.output = output};
    TgCommandRequest request = {.argv = argv,
                                .environment = environment,
                                .folder = "/",
                                .is_cancelled = &watch.is_cancelled,
                                .output = cancel_when_it_speaks,
                                .data = &watch};
    g_autoptr(GError) error = NULL;
    int status = 0;

    g_assert_false(tg_command_execute(&request, &status, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
    pid_t grandchild = (pid_t)g_ascii_strtoll(output->str, NULL, 10);

    g_assert_cmpint(grandchild, >, 0);
    g_autofree char *status_file = g_strdup_printf("/proc/%d/stat", grandchild);
    g_autofree char *text = NULL;

    if (g_file_get_contents(status_file, &text, NULL, NULL)) { /* a zombie until init reaps it */
        g_assert_nonnull(strstr(text, ") Z"));
    }
}

static void test_what_cannot_be_started_is_told(void)
{
    const char *argv[] = {"no-such-program-here", NULL};
    const char *environment[] = {"PATH=/usr/bin", NULL};
    TgCommandRequest request = {.argv = argv, .environment = environment, .folder = "/"};
    g_autoptr(GError) error = NULL;
    int status = 0;

    g_assert_false(tg_command_execute(&request, &status, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "no-such-program-here"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/command/gives-output-status-and-environment",
                    test_gives_output_status_and_environment);
    g_test_add_func("/command/command/a-signal-is-128-and-its-number",
                    test_a_signal_is_128_and_its_number);
    g_test_add_func("/command/command/a-program-left-behind-does-not-hold-up-the-end",
                    test_a_program_left_behind_does_not_hold_up_the_end);
    g_test_add_func("/command/command/cancel-kills-the-whole-group",
                    test_cancel_kills_the_whole_group);
    g_test_add_func("/command/command/what-cannot-be-started-is-told",
                    test_what_cannot_be_started_is_told);
    return g_test_run();
}
