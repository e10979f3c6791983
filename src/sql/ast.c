/* Nodes. */
#include "sql/ast.h"

TgNode *tg_node_new(TgSqlArena *arena, TgNodeKind kind, guint32 offset, guint count)
{
    TgNode *node = tg_sql_arena_alloc(arena, sizeof *node);

    node->kind = kind;
    node->offset = offset;
    node->count = count;
    node->items = count == 0 ? NULL : tg_sql_arena_alloc(arena, count * sizeof(TgNode *));
    return node;
}

gboolean tg_node_has(const TgNode *node, TgNodeFlag flag)
{
    return (node->flags & (guint)flag) != 0;
}
