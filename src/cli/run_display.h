/* Shows a run: a live tree on a terminal, plain lines otherwise. */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "base/redact.h"
#include "cli/command.h"
#include "executor/local_run.h"
#include "loader/loader.h"

/* Any thread may call the functions that say nothing else. */
typedef struct TgRunDisplay TgRunDisplay;

/**
 * What it shows goes through the redactor, which is lent; texts of tasks may come in any pieces.
 *
 * @is_quiet only what tasks print, warnings and failures
 * @output where what tasks print goes: stdout, or stderr when stdout is for JSON
 */
TgRunDisplay *tg_run_display_new(const TgCli *cli, gboolean is_quiet, FILE *output,
                                 TgRedactor *redactor);
void tg_run_display_free(TgRunDisplay *display);

/**
 * What of the log lines is shown, and where: `-l` and `-L`. Without this call all go to stderr.
 *
 * @level "error", "warn", "info", "debug", "trace", or NULL: info
 * @path the file they are appended to, then without a live tree; NULL or "-": stderr
 * @return FALSE with CONFIG for another level, or when the file cannot be written
 */
gboolean tg_run_display_set_log(TgRunDisplay *display, const char *level, const char *path,
                                GError **error);

/* A task starts: "sh>: echo a". */
void tg_run_display_start(TgRunDisplay *display, const char *task_name, const char *type,
                          const json_t *command);

/* What a task prints, but for secrets. */
void tg_run_display_print(TgRunDisplay *display, const char *task_name, const char *text,
                          gsize size_bytes);

/* A line about a task, or (task_name NULL) about the run: goes to stderr. */
void tg_run_display_note(TgRunDisplay *display, const char *task_name, const char *message);
void tg_run_display_warn(TgRunDisplay *display, const char *task_name, const char *message);

void tg_run_display_progress(TgRunDisplay *display, const char *task_name,
                             const TgLoaderProgress *progress);

/* How a task came to its result: {"how": "reused", "runs again" or "left out", "why"}; NULL when it
 * simply ran. A new reference. */
json_t *tg_run_display_reuse(TgRunDisplay *display, const char *task_name);

/* Called in the thread of the run. */
void tg_run_display_happened(TgRunDisplay *display, const TgTask *task, TgRunEvent event,
                             const char *message);
void tg_run_display_tick(TgRunDisplay *display);

/* Whether it draws a live tree, and so needs ticks. */
gboolean tg_run_display_is_live(const TgRunDisplay *display);

/* Draws the tree for the last time and leaves it on the screen. */
void tg_run_display_finish(TgRunDisplay *display);
