/* Options of operators that write a SELECT's rows. */
#include "operators/support_athena.h"

#include <string.h>

#include "operators/support.h"
#include "operators/support_athena_statement.h"

void tg_athena_target_clear(TgAthenaTarget *target)
{
    g_free(target->sql);
    g_free(target->name);
    g_free(target->database);
    g_free(target->table);
    g_free(target->location);
    g_free(target->format);
    g_free(target->compression);
    g_free(target->field_delimiter);
    g_free(target->save_mode);
}

gboolean tg_athena_target_read(const TgTurn *turn, const char *op, const TgAthenaPlace *place,
                               const TgAthenaOption *options, TgAthenaTarget *target,
                               GError **error)
{
    for (gsize i = 0; options[i].key != NULL; i++) {
        if (!tg_operator_athena_text(turn, op, options[i].key, options[i].fallback, options[i].into,
                                     error)) {
            return FALSE;
        }
    }
    return tg_athena_read_sql(turn, place, &target->sql, &target->name, error);
}

gboolean tg_athena_read_direct(const TgTurn *turn, const char *op, gboolean *out, GError **error)
{
    g_autofree char *word = NULL;

    if (!tg_operator_athena_text(turn, op, "publish", "atomic", &word, error)) {
        return FALSE;
    }
    *out = strcmp(word, "direct") == 0;
    if (!*out && strcmp(word, "atomic") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "publish: '%s' is none of atomic, direct",
                    word);
        return FALSE;
    }
    return TRUE;
}
