/* Options of operators that write a SELECT's rows. */
#include "operators/support_athena.h"

#include "operators/support.h"

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

gboolean tg_athena_target_read(const TgTurn *turn, const char *op, const TgAthenaOption *options,
                               TgAthenaTarget *target, GError **error)
{
    for (gsize i = 0; options[i].key != NULL; i++) {
        if (!tg_operator_athena_text(turn, op, options[i].key, options[i].fallback, options[i].into,
                                     error)) {
            return FALSE;
        }
    }
    return tg_operator_read_sql(turn, &target->sql, &target->name, error);
}
