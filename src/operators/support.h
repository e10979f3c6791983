/* What several operators need. */
#pragma once

#include "operators/services.h"

/* Subtasks under construction: copies of `_do`, each with variables of its own. */

/* The map below `_do`; NULL with TG_ERROR_CONFIG when there is none. Lent. */
const json_t *tg_operator_do(const TgTurn *turn, GError **error);

/* Adds `name` with a copy of `_do` that exports `take_variables`. */
void tg_operator_add_subtask(json_t *subtasks, const char *name, const json_t *do_map,
                             json_t *take_variables);

/* Checks the limit on subtasks: "Too many <what> subtasks. Limit: N". */
gboolean tg_operator_check_limit(const TgTurn *turn, const char *what, gint64 count,
                                 GError **error);

/* Hands `_parallel` of the task on to its subtasks, and gives them to the turn. */
gboolean tg_operator_finish_subtasks(TgTurn *turn, json_t *take_subtasks, GError **error);

/**
 * An option of an athena operator: the key itself, else below `athena:`, else below `athena:
 * {<op>:}` (spec athena.md 1.1). Lent; NULL when it is nowhere.
 *
 * @op name without "athena.": "ctas"
 */
const json_t *tg_operator_athena_option(const TgTurn *turn, const char *op, const char *key);

/* The same as text; *out is `fallback` (copied, may be NULL) when there is none. The caller frees.
 */
gboolean tg_operator_athena_text(const TgTurn *turn, const char *op, const char *key,
                                 const char *fallback, char **out, GError **error);

/* As text, but required. */
gboolean tg_operator_athena_required(const TgTurn *turn, const char *op, const char *key,
                                     char **out, GError **error);

/* The same as a boolean ("true" as a text is one, too). */
gboolean tg_operator_athena_boolean(const TgTurn *turn, const char *op, const char *key,
                                    gboolean fallback, gboolean *out, GError **error);

/**
 * The SQL of `_command`: the content of that file with its templates filled in, or the text itself.
 *
 * @out_name what errors show: the file's name or the task's
 */
gboolean tg_operator_read_sql(const TgTurn *turn, char **out_sql, char **out_name, GError **error);

/* The `test:` (or `tests:`) block of a task; NULL when there is none. Lent. */
const json_t *tg_operator_tests(const TgTurn *turn);

/* A text with its templates filled in; `name` is for errors. The caller frees. */
char *tg_operator_fill(const TgTurn *turn, const char *text, const char *name, GError **error);

/* The content of a project file with its templates filled in; NULL with an error. */
char *tg_operator_read_template(const TgTurn *turn, const char *path, GError **error);

/* The path of a file below the task's work folder, or in the project's folder when it is not
 * there; NULL with an error when the path leaves the project. The caller frees. */
char *tg_operator_find_file(const TgTurn *turn, const char *path, GError **error);
