/* Any bytes as a statement: parsed, printed, read again, translated. Nothing may crash, and what
 * was printed must read the same. */
#include <string.h>

#include "sql/sql.h"

/* Three columns of any table. */
static gboolean resolve(gpointer data G_GNUC_UNUSED, TgSqlArena *arena, const char *database,
                        const char *table, TgSqlTable *out, GError **error)
{
    static const char *const names[] = {"a", "b", "c"};
    static const char *const types[] = {"bigint", "decimal(10,2)",
                                        "array<struct<x:int,y:map<string,timestamp>>>"};

    if (database != NULL && strcmp(table, "nothing") == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "no such table");
        return FALSE;
    }
    out->from_sql = "SELECT 1, 2, 3";
    out->count = G_N_ELEMENTS(names);
    out->names = tg_sql_arena_alloc(arena, sizeof names);
    out->types = tg_sql_arena_alloc(arena, G_N_ELEMENTS(types) * sizeof(gpointer));
    for (guint i = 0; i < out->count; i++) {
        out->names[i] = names[i];
        out->types[i] = tg_sql_type_parse(arena, types[i], error);
    }
    return TRUE;
}

static void check_round_trip(const TgStatement *statement)
{
    g_autofree char *once = tg_node_format(statement->query);
    g_autoptr(TgStatement) again =
        strlen(once) > TG_SQL_BYTES_MAX ? NULL : tg_statement_parse(once, strlen(once), NULL, NULL);

    /* The normal form has more parentheses, so that it may be too deep. */
    if (again != NULL && again->query != NULL) {
        g_autofree char *twice = tg_node_format(again->query);

        g_assert_cmpstr(once, ==, twice);
    }
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgStatement) statement =
        tg_statement_parse((const char *)bytes, size, "fuzz.sql", &error);
    TgSqlContext context = {.resolve = resolve, .now_ms = 1700000000000};
    TgSqlTranslation translation = {NULL, 0, NULL};

    g_assert_true((statement == NULL) == (error != NULL));
    if (statement != NULL && statement->query != NULL) {
        gboolean ok = FALSE;

        check_round_trip(statement);
        ok = tg_sql_translate(statement, &context, &translation, &error);
        g_assert_true(ok == (error == NULL));
    }
    return 0;
}
