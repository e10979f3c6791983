/* What the schedulers of the real Digdag answered: tests/cases/schedule/answers.txt, which
 * tests/differential/ScheduleDriver.java wrote (the form stands there). */
#include <stdlib.h>
#include <string.h>

#include "params/params.h"
#include "schedule/schedule.h"
#include "schedule/zone.h"

/* The schedule that the lines are about. */
typedef struct {
    char *text;
    gboolean is_strict;
    TgSchedule *schedule;
    GError *error;
    char *unused;
    guint questions;
    guint wrong;
} Current;

static void current_clear(Current *current)
{
    g_free(current->text);
    tg_schedule_free(current->schedule);
    g_clear_error(&current->error);
    g_free(current->unused);
    current->text = NULL;
    current->schedule = NULL;
    current->unused = NULL;
}

static void tell(Current *current, const char *line, const char *got)
{
    current->wrong++;
    if (current->wrong <= 200) {
        g_test_message("%s: %s, got %s", current->text, line, got);
    }
}

/* "C ZONE CONFIG", "S ZONE CONFIG" */
static void start(Current *current, const char *line)
{
    g_auto(GStrv) parts = g_strsplit(line, " ", 3);
    g_autoptr(json_t) config = json_loads(parts[2], JSON_ALLOW_NUL, NULL);
    g_autoptr(GTimeZone) zone = tg_zone_new(parts[1], NULL);

    g_assert_nonnull(config);
    g_assert_nonnull(zone);
    current_clear(current);
    current->text = g_strdup(line);
    current->is_strict = *line == 'S';
    current->schedule = tg_schedule_parse(config, zone, &current->error);
    current->unused = current->is_strict ? tg_schedule_unused_keys(config) : NULL;
}

static char *distance(gboolean found, gint64 session_ms, gint64 at_ms)
{
    return found ? g_strdup_printf("%" G_GINT64_FORMAT, (session_ms - at_ms) / 1000)
                 : g_strdup("-");
}

/* "SECONDS first next last delay" */
static void ask(Current *current, const char *line)
{
    gint64 at_ms = g_ascii_strtoll(line, NULL, 10) * 1000;
    TgScheduleTime first = {0};
    TgScheduleTime time = {0};

    current->questions++;
    if (current->schedule == NULL) {
        tell(current, line, current->error->message);
        return;
    }
    gboolean has_first = tg_schedule_first(current->schedule, at_ms, &first);
    g_autofree char *first_text = distance(has_first, first.session_ms, at_ms);
    gboolean has_next = tg_schedule_next(current->schedule, at_ms, &time);
    g_autofree char *next_text = distance(has_next, time.session_ms, at_ms);
    gboolean has_last = tg_schedule_last(current->schedule, at_ms, &time);
    g_autofree char *last_text = distance(has_last, time.session_ms, at_ms);
    g_autofree char *got =
        g_strdup_printf("%" G_GINT64_FORMAT " %s %s %s %" G_GINT64_FORMAT, at_ms / 1000, first_text,
                        next_text, last_text, (first.run_ms - first.session_ms) / 1000);

    if (strcmp(got, line) != 0) {
        tell(current, line, got);
    }
}

/* "E MESSAGE": ours says the same in other words. That `delay` and `at` are unused is a
 * mistake of Digdag, which looks before the scheduler has read them. */
static void refuse(Current *current, const char *line)
{
    current->questions++;
    if (current->schedule != NULL && current->unused == NULL &&
        strstr(line, "'delay' is not used") == NULL && strstr(line, "'at' is not used") == NULL &&
        strstr(line, "'_command' is not used") == NULL) {
        tell(current, line, "no error");
    }
}

static void test_answers_are_those_of_digdag(void)
{
    g_autofree char *path = g_build_filename(g_getenv("TG_SOURCE_DIR"), "tests", "cases",
                                             "schedule", "answers.txt", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    Current current = {NULL};

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
        if (*lines[i] == 'C' || *lines[i] == 'S') {
            start(&current, lines[i]);
        } else if (*lines[i] == 'E') {
            refuse(&current, lines[i]);
        } else {
            ask(&current, lines[i]);
        }
    }
    current_clear(&current);
    g_assert_cmpuint(current.questions, >, 4000);
    g_test_message("%u of %u differ", current.wrong, current.questions);
    g_assert_cmpuint(current.wrong, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/digdag-schedules/answers", test_answers_are_those_of_digdag);
    return g_test_run();
}
