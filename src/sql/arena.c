/* Bump allocation in blocks. */
#include "sql/arena.h"

#include <string.h>

#define BLOCK_BYTES ((gsize)32 << 10)

struct TgSqlArena {
    GPtrArray *blocks;
    char *free; /* in the newest block */
    gsize left;
    gsize used;
};

TgSqlArena *tg_sql_arena_new(void)
{
    TgSqlArena *arena = g_new0(TgSqlArena, 1);

    arena->blocks = g_ptr_array_new_with_free_func(g_free);
    return arena;
}

void tg_sql_arena_free(TgSqlArena *arena)
{
    if (arena != NULL) {
        g_ptr_array_unref(arena->blocks);
        g_free(arena);
    }
}

gpointer tg_sql_arena_alloc(TgSqlArena *arena, gsize size_bytes)
{
    gsize size = (size_bytes + 15U) & ~(gsize)15U;

    arena->used += size;
    if (size > BLOCK_BYTES / 4) { /* one of its own; the open block goes on */
        char *block = g_malloc0(size);

        g_ptr_array_add(arena->blocks, block);
        return block;
    }
    if (size > arena->left) {
        arena->free = g_malloc0(BLOCK_BYTES);
        arena->left = BLOCK_BYTES;
        g_ptr_array_add(arena->blocks, arena->free);
    }
    char *result = arena->free;

    arena->free += size;
    arena->left -= size;
    return result;
}

char *tg_sql_arena_copy(TgSqlArena *arena, const char *text, gsize size_bytes)
{
    char *copy = tg_sql_arena_alloc(arena, size_bytes + 1);

    if (size_bytes > 0) {
        memcpy(copy, text, size_bytes);
    }
    return copy;
}

char *tg_sql_arena_printf(TgSqlArena *arena, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    return tg_sql_arena_copy(arena, text, strlen(text));
}

char *tg_sql_arena_lower(TgSqlArena *arena, const char *text)
{
    char *copy = tg_sql_arena_copy(arena, text, strlen(text));

    for (char *p = copy; *p != '\0'; p++) {
        *p = g_ascii_tolower(*p);
    }
    return copy;
}

gsize tg_sql_arena_used(const TgSqlArena *arena)
{
    return arena->used;
}
