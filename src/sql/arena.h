/* Memory of one statement: nodes, types and texts that are freed together. */
#pragma once

#include <glib.h>

#define TG_SQL_ARENA_BYTES_MAX ((gsize)256 << 20) /* a translation that needs more is refused */

typedef struct TgSqlArena TgSqlArena;

TgSqlArena *tg_sql_arena_new(void);
void tg_sql_arena_free(TgSqlArena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSqlArena, tg_sql_arena_free)

/* Zeroed memory that lives as long as the arena. */
gpointer tg_sql_arena_alloc(TgSqlArena *arena, gsize size_bytes);

/* A copy of `size_bytes` bytes with a NUL behind. */
char *tg_sql_arena_copy(TgSqlArena *arena, const char *text, gsize size_bytes);
char *tg_sql_arena_printf(TgSqlArena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Lower-case copy (ASCII), as names are compared. */
char *tg_sql_arena_lower(TgSqlArena *arena, const char *text);

/* Bytes handed out so far, to be held below TG_SQL_ARENA_BYTES_MAX by those who loop. */
gsize tg_sql_arena_used(const TgSqlArena *arena);
