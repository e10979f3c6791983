/* Running a program for sh>, py> and rb>: here or in a container, with files of its own. */
#pragma once

#include "operators/services.h"

/* One script of one turn, in a private folder that goes when it is cleared. */
typedef struct {
    const TgTurn *turn;
    json_t *params; /* of the task, and below them what stands under the operator's name ("py:") */
    char *folder;   /* absolute; below the project when a container runs the script */
} TgOperatorScript;

/**
 * @script zeroed; cleared by tg_operator_script_clear, also after an error
 * @type "py"
 */
gboolean tg_operator_script_begin(TgOperatorScript *script, const TgTurn *turn, const char *type,
                                  GError **error);
void tg_operator_script_clear(TgOperatorScript *script);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgOperatorScript, tg_operator_script_clear)

/* Writes a file into the folder; its path, which the caller frees. */
char *tg_operator_script_write(const TgOperatorScript *script, const char *name, const char *text,
                               GError **error);

/* The interpreter that an option names, as text or list: what argv begins with. `fallback` when
 * there is none. */
GPtrArray *tg_operator_script_interpreter(const TgOperatorScript *script, const char *key,
                                          const char *fallback, GError **error);

/**
 * Runs and waits; output is passed on as the task's.
 *
 * @argv not yet terminated; gets its NULL here
 * @variables texts to be added to the environment; a container sees no others
 */
gboolean tg_operator_script_run(const TgOperatorScript *script, GPtrArray *argv,
                                const json_t *variables, int *out_status, GError **error);

/* What differs between py> and rb>. */
typedef struct {
    const char *type;     /* "py" */
    const char *language; /* "Python": begins the message of a failure */
    const char *runner;   /* text of the program that calls the method */
    const char *runner_name;
    const char *said; /* what stands before the program's own message */
    /* argv up to the runner. */
    GPtrArray *(*interpreter)(const TgOperatorScript *script, GError **error);
} TgOperatorLanguage;

/**
 * A turn of py> or rb>: parameters go in and results come out as JSON files. Without `_command` the
 * option `script` is the program itself. Digdag's PyOperatorFactory.java, RbOperatorFactory.java.
 */
gboolean tg_operator_language_run(TgTurn *turn, const TgOperatorLanguage *language, GError **error);
