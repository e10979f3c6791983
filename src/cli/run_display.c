/* A terminal's live tree, or lines for logs. */
#include "cli/run_display.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/run_tree.h"
#include "params/params.h"
#include "schedule/zone.h"

#define REDRAW_US 80000

struct TgRunDisplay {
    const TgCli *cli;
    gboolean is_quiet;
    FILE *output; /* of the tasks */
    TgRedactor *redactor;
    FILE *log;        /* of the lines; NULL: stderr */
    guint level;      /* the last of `levels` that is shown */
    gboolean is_live; /* stderr is a terminal: draw the tree there */
    gboolean is_colour;
    GMutex mutex; /* over all below and the two streams */
    TgRunTree *tree;
    guint lines_drawn;
    gint64 drawn_us;
    GHashTable *streams;  /* task name -> TgRedactStream of what it prints */
    gboolean is_mid_line; /* the last output did not end its line */
};

static const char *const levels[] = {"error", "warn", "info", "debug", "trace", NULL};

TgRunDisplay *tg_run_display_new(const TgCli *cli, gboolean is_quiet, FILE *output,
                                 TgRedactor *redactor)
{
    TgRunDisplay *display = g_new0(TgRunDisplay, 1);
    const char *terminal = g_getenv("TERM");

    display->cli = cli;
    display->is_quiet = is_quiet;
    display->output = output;
    display->redactor = redactor;
    display->level = G_N_ELEMENTS(levels) - 1;
    display->streams = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify)tg_redact_stream_free);
    display->is_live = !is_quiet && cli->program == TG_PROGRAM_TEGARU && isatty(STDERR_FILENO) &&
                       terminal != NULL && strcmp(terminal, "dumb") != 0;
    display->is_colour = tg_cli_has_colour();
    display->tree = tg_run_tree_new();
    g_mutex_init(&display->mutex);
    return display;
}

void tg_run_display_free(TgRunDisplay *display)
{
    if (display != NULL) {
        tg_run_tree_free(display->tree);
        g_clear_pointer(&display->log, fclose);
        g_hash_table_unref(display->streams);
        g_mutex_clear(&display->mutex);
        g_free(display);
    }
}

/* Takes the drawn tree off the screen; the mutex is held. */
static void erase(TgRunDisplay *display)
{
    if (display->lines_drawn > 0) {
        (void)fprintf(stderr, "\r\033[%uA\033[J", display->lines_drawn);
        display->lines_drawn = 0;
    }
}

static void draw(TgRunDisplay *display, guint rows_max)
{
    struct winsize size = {0};
    gboolean known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    guint columns = known ? size.ws_col : 80;
    guint rows = rows_max > 0 ? rows_max : known && size.ws_row > 3 ? size.ws_row - 2u : 22;
    g_autoptr(GPtrArray) lines = tg_run_tree_lines(display->tree, tg_clock_monotonic_us(), columns,
                                                   rows, display->is_colour);

    erase(display);
    for (guint i = 0; i < lines->len; i++) {
        (void)fprintf(stderr, "%s\n", (const char *)lines->pdata[i]);
    }
    (void)fflush(stderr);
    display->lines_drawn = lines->len;
    display->drawn_us = tg_clock_monotonic_us();
}

static gboolean find_level(const char *name, guint *out)
{
    for (guint i = 0; levels[i] != NULL; i++) {
        if (g_ascii_strcasecmp(levels[i], name) == 0) {
            *out = i;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean tg_run_display_set_log(TgRunDisplay *display, const char *level, const char *path,
                                GError **error)
{
    if (!find_level(level == NULL ? "info" : level, &display->level)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "--log-level must be error, warn, info, debug or trace: %s", level);
        return FALSE;
    }
    if (path == NULL || strcmp(path, "-") == 0) {
        return TRUE;
    }
    display->log = g_fopen(path, "ae");
    if (display->log == NULL) {
        tg_error_set_file(error, errno, "write", path);
        return FALSE;
    }
    display->is_live = FALSE;
    return TRUE;
}

/* A line of a log file, as Digdag writes it; its end follows at once, for whoever follows it. */
static void log_line(TgRunDisplay *display, const char *level, const char *task_name,
                     const char *message)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    gint64 now_ms = tg_clock_now_ms();
    g_autofree char *time = tg_zone_format(zone, now_ms, TG_ZONE_LOCAL_TIME);

    (void)fprintf(display->log, "%s.%03d +0000 [%s] (%s): %s\n", time, (int)(now_ms % 1000), level,
                  task_name == NULL ? "main" : task_name, message);
    (void)fflush(display->log);
}

/* One line on stderr, above the tree; the mutex is held. */
static void line(TgRunDisplay *display, const char *level, const char *task_name, const char *text)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autofree char *message = tg_redactor_text(display->redactor, text);

    guint rank = 0;

    if (find_level(level, &rank) && rank > display->level) {
        return;
    }
    if (display->log != NULL) {
        log_line(display, level, task_name, message);
        return;
    }
    erase(display);
    if (display->is_mid_line) {
        (void)fputs("\n", display->output);
        display->is_mid_line = FALSE;
    }
    (void)fflush(display->output);
    if (display->cli->program == TG_PROGRAM_DIGDAG) {
        g_autofree char *time = tg_zone_format(zone, tg_clock_now_ms(), TG_ZONE_LOCAL_TIME);

        (void)fprintf(stderr, "%s +0000 [%s] (%s): %s\n", time, level,
                      task_name == NULL ? "main" : task_name, message);
    } else if (task_name == NULL) {
        (void)fprintf(stderr, "%s\n", message);
    } else {
        (void)fprintf(stderr, "%s: %s\n", task_name, message);
    }
}

/* That nobody had to be told is nothing to show. */
static gboolean is_quiet_alert(const char *task_name)
{
    return g_str_has_suffix(task_name, "^failure-alert");
}

void tg_run_display_start(TgRunDisplay *display, const char *task_name, const char *type,
                          const json_t *command)
{
    g_autofree char *text =
        command == NULL || json_is_null(command) ? g_strdup("") : tg_params_to_text(command);
    g_autofree char *what = g_strdup_printf("%s>: %s", type, text);

    if (is_quiet_alert(task_name)) {
        return;
    }
    g_mutex_lock(&display->mutex);
    TgRunNode *node = tg_run_tree_node(display->tree, task_name, tg_clock_monotonic_us());

    if (node->state != TG_NODE_RUNNING) {
        node->started_us = tg_clock_monotonic_us();
    }
    node->state = TG_NODE_RUNNING;
    g_free(node->what);
    node->what = tg_redactor_text(display->redactor, what);
    node->what[strcspn(node->what, "\n")] = '\0';
    if (!display->is_live && !display->is_quiet) {
        line(display, "INFO", task_name, what);
    }
    g_mutex_unlock(&display->mutex);
}

/* Prints what was found to be no secret; the mutex is held. */
static void print_safe(TgRunDisplay *display, const GString *text)
{
    if (text->len > 0) {
        erase(display);
        (void)fwrite(text->str, 1, text->len, display->output);
        (void)fflush(display->output);
        display->is_mid_line = text->str[text->len - 1] != '\n';
    }
}

void tg_run_display_print(TgRunDisplay *display, const char *task_name, const char *text,
                          gsize size_bytes)
{
    g_autoptr(GString) safe = g_string_new(NULL);

    g_mutex_lock(&display->mutex);
    TgRedactStream *stream = g_hash_table_lookup(display->streams, task_name);

    if (stream == NULL) {
        stream = tg_redact_stream_new(display->redactor);
        g_hash_table_insert(display->streams, g_strdup(task_name), stream);
    }
    tg_redact_stream_push(stream, text, size_bytes, safe);
    print_safe(display, safe);
    g_mutex_unlock(&display->mutex);
}

/* A task prints nothing more for now; the mutex is held. */
static void end_stream(TgRunDisplay *display, const char *task_name)
{
    TgRedactStream *stream = g_hash_table_lookup(display->streams, task_name);
    g_autoptr(GString) safe = g_string_new(NULL);

    if (stream != NULL) {
        tg_redact_stream_end(stream, safe);
        print_safe(display, safe);
        (void)g_hash_table_remove(display->streams, task_name);
    }
}

void tg_run_display_note(TgRunDisplay *display, const char *task_name, const char *message)
{
    if (display->is_quiet) {
        return;
    }
    g_mutex_lock(&display->mutex);
    line(display, "INFO", task_name, message);
    g_mutex_unlock(&display->mutex);
}

void tg_run_display_warn(TgRunDisplay *display, const char *task_name, const char *message)
{
    g_mutex_lock(&display->mutex);
    line(display, "WARN", task_name, message);
    g_mutex_unlock(&display->mutex);
}

void tg_run_display_progress(TgRunDisplay *display, const char *task_name,
                             const TgLoaderProgress *progress)
{
    g_mutex_lock(&display->mutex);
    TgRunNode *node = tg_run_tree_node(display->tree, task_name, tg_clock_monotonic_us());

    node->has_progress = TRUE;
    node->progress = *progress;
    g_mutex_unlock(&display->mutex);
}

static TgNodeState node_state(const TgTask *task, TgRunEvent event, TgNodeState now)
{
    if (event == TG_RUN_REUSED) {
        return TG_NODE_REUSED;
    }
    if (event == TG_RUN_AGAIN) {
        return TG_NODE_RUNNING;
    }
    if (event == TG_RUN_SKIPPED) {
        return TG_NODE_SKIPPED;
    }
    if (event == TG_RUN_RETRIES) {
        return TG_NODE_WAITING;
    }
    if (task->state == TG_TASK_SUCCESS) {
        return now == TG_NODE_REUSED || now == TG_NODE_SKIPPED ? now : TG_NODE_SUCCESS;
    }
    return task->state == TG_TASK_CANCELED ? TG_NODE_CANCELED : TG_NODE_FAILED;
}

/* The same in words, for plain lines; NULL when nothing needs to be said. */
static char *event_text(const TgRunDisplay *display, const TgRunNode *node, const TgTask *task,
                        TgRunEvent event, const char *message)
{
    g_autofree char *time = tg_run_duration_text(node->ended_us - node->started_us);

    if (event == TG_RUN_REUSED && display->cli->program == TG_PROGRAM_TEGARU) {
        return g_strdup("reused: it is done, and nothing that it depends on changed");
    }
    if (event == TG_RUN_REUSED || event == TG_RUN_SKIPPED) {
        return g_strdup("Skipped");
    }
    if (event == TG_RUN_AGAIN) {
        return g_strdup_printf("runs again: %s", message);
    }
    if (event == TG_RUN_RETRIES) {
        return g_strdup_printf("Task failed, retrying: %s", message);
    }
    if (task->state == TG_TASK_ERROR && message != NULL) {
        return g_strdup_printf("Task %s failed.\n%s", task->full_name, message);
    }
    if (task->state != TG_TASK_SUCCESS || task->is_group || node->state != TG_NODE_SUCCESS ||
        node->summary == NULL) {
        return NULL;
    }
    return g_strdup_printf("done in %s: %s", time, node->summary);
}

static void tell_plainly(TgRunDisplay *display, const TgRunNode *node, const TgTask *task,
                         TgRunEvent event, const char *message)
{
    g_autofree char *text = event_text(display, node, task, event, message);
    gboolean is_bad = event == TG_RUN_RETRIES || task->state == TG_TASK_ERROR;

    if (text != NULL && (is_bad || !display->is_quiet)) {
        line(display,
             is_bad                  ? "ERROR"
             : event == TG_RUN_ENDED ? "INFO"
                                     : "WARN",
             task->full_name, text);
    }
}

static void note_reuse(TgRunNode *node, TgRunEvent event, const char *message)
{
    node->reuse = event == TG_RUN_REUSED    ? "reused"
                  : event == TG_RUN_AGAIN   ? "runs again"
                  : event == TG_RUN_SKIPPED ? "left out"
                                            : node->reuse;
    if (event == TG_RUN_AGAIN) {
        g_free(node->reason);
        node->reason = g_strdup(message);
    }
}

json_t *tg_run_display_reuse(TgRunDisplay *display, const char *task_name)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&display->mutex);
    const TgRunNode *node = tg_run_tree_node(display->tree, task_name, tg_clock_monotonic_us());

    (void)locker;
    return node->reuse == NULL ? NULL
                               : json_pack("{s:s, s:s?}", "how", node->reuse, "why", node->reason);
}

void tg_run_display_happened(TgRunDisplay *display, const TgTask *task, TgRunEvent event,
                             const char *message)
{
    if (is_quiet_alert(task->full_name) && task->state != TG_TASK_ERROR) {
        return;
    }
    g_mutex_lock(&display->mutex);
    gint64 now_us = tg_clock_monotonic_us();
    TgRunNode *node = tg_run_tree_node(display->tree, task->full_name, now_us);

    end_stream(display, task->full_name);

    node->state = node_state(task, event, node->state);
    note_reuse(node, event, message);
    node->ended_us = now_us;
    if (message != NULL || task->receipt != NULL) {
        g_free(node->summary);
        node->summary = message != NULL ? tg_redactor_text(display->redactor, message)
                                        : tg_run_receipt_text(task->receipt);
    }
    if (!display->is_live) {
        tell_plainly(display, node, task, event, message);
    }
    g_mutex_unlock(&display->mutex);
}

void tg_run_display_tick(TgRunDisplay *display)
{
    g_mutex_lock(&display->mutex);
    if (display->is_live && tg_clock_monotonic_us() - display->drawn_us > REDRAW_US) {
        draw(display, 0);
    }
    g_mutex_unlock(&display->mutex);
}

gboolean tg_run_display_is_live(const TgRunDisplay *display)
{
    return display->is_live;
}

void tg_run_display_finish(TgRunDisplay *display)
{
    g_mutex_lock(&display->mutex);
    if (display->is_live) {
        draw(display, 200);
        display->lines_drawn = 0; /* it stays */
    }
    g_mutex_unlock(&display->mutex);
}
