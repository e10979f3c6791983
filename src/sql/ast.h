/* The tree of a query: one kind of node for all, children by position. */
#pragma once

#include <glib.h>

#include "sql/arena.h"
#include "sql/type.h"

/* After each kind its `text` and `items`; [x] may be NULL, x… is any number. */
typedef enum {
    TG_NODE_LIST, /* x… */

    /* Expressions */
    TG_NODE_NULL,
    TG_NODE_BOOLEAN,    /* "true" or "false" */
    TG_NODE_INTEGER,    /* digits */
    TG_NODE_DECIMAL,    /* digits with a point */
    TG_NODE_DOUBLE,     /* with an exponent */
    TG_NODE_STRING,     /* the text */
    TG_NODE_BINARY,     /* hex digits */
    TG_NODE_TYPED,      /* DATE '…': the text; type */
    TG_NODE_INTERVAL,   /* text; extra = "day"; flag NEGATIVE */
    TG_NODE_NAME,       /* a name; flag QUOTED */
    TG_NODE_FIELD,      /* name after the point; items: base */
    TG_NODE_UNARY,      /* "-", "+", "not"; x */
    TG_NODE_BINARY_OP,  /* "+", "-", "*", "/", "%", "||", "and", "or"; a, b */
    TG_NODE_COMPARE,    /* "=", "<>", "<", "<=", ">", ">="; a, b */
    TG_NODE_QUANTIFIED, /* operator; extra = "all" or "any"; a, query */
    TG_NODE_IS_NULL,    /* x; flag NOT */
    TG_NODE_DISTINCT,   /* a IS [NOT] DISTINCT FROM b; flag NOT */
    TG_NODE_BETWEEN,    /* x, low, high; flag NOT */
    TG_NODE_IN,         /* x, list; flag NOT */
    TG_NODE_IN_QUERY,   /* x, query; flag NOT */
    TG_NODE_LIKE,       /* x, pattern, [escape]; flag NOT */
    TG_NODE_EXISTS,     /* query */
    TG_NODE_SUBQUERY,   /* query */
    TG_NODE_CASE,       /* [operand], [else], when, then, … */
    TG_NODE_CAST,       /* x; type; flag TRY */
    TG_NODE_EXTRACT,    /* "year"; x */
    TG_NODE_AT_ZONE,    /* x, zone */
    TG_NODE_CALL,       /* name; list of arguments, [order list], [filter], [window]; flags */
    TG_NODE_LAMBDA,     /* list of names, body */
    TG_NODE_ARRAY,      /* x… */
    TG_NODE_ROW,        /* x… */
    TG_NODE_SUBSCRIPT,  /* x, index */
    TG_NODE_TRIM,       /* "both", "leading", "trailing"; x, [characters] */
    TG_NODE_STAR,       /* the argument of count(*) */

    /* Queries */
    TG_NODE_QUERY,  /* [list of CTE], body, [order list], [offset], [limit]; flag RECURSIVE */
    TG_NODE_CTE,    /* name; query, [list of names] */
    TG_NODE_SELECT, /* list, [from], [where], [group list], [having], [list of WINDOW]; DISTINCT */
    TG_NODE_ITEM,   /* [alias]; x */
    TG_NODE_ALL_COLUMNS, /* [qualifier as NAME or FIELD] */
    TG_NODE_SET,         /* "union", "intersect", "except"; left, right; flag ALL */
    TG_NODE_VALUES,      /* x… (each ROW or an expression) */
    TG_NODE_SETS,        /* "sets", "cube", "rollup"; list… */
    TG_NODE_SORT,        /* x; flags DESCENDING, NULLS_FIRST */
    TG_NODE_WINDOW, /* [name in WINDOW clause]; extra = [base]; [partition], [order], [frame] */
    TG_NODE_FRAME,  /* "rows", "range", "groups"; start, [end] */
    TG_NODE_BOUND,  /* "unbounded preceding", "current row", "preceding", …; [x] */

    /* What stands after FROM */
    TG_NODE_TABLE,   /* name; extra = [database] */
    TG_NODE_DERIVED, /* query; flag LATERAL */
    TG_NODE_UNNEST,  /* x…; flag ORDINALITY */
    TG_NODE_JOIN,    /* "inner", "left", "right", "full", "cross"; left, right, [on], [using list];
                        flag NATURAL */
    TG_NODE_ALIASED, /* alias; relation, [list of names] */
    TG_NODE_SAMPLED  /* "bernoulli" or "system"; relation, percentage */
} TgNodeKind;

typedef enum {
    TG_FLAG_NOT = 1 << 0,
    TG_FLAG_DISTINCT = 1 << 1,
    TG_FLAG_ALL = 1 << 2,
    TG_FLAG_TRY = 1 << 3,
    TG_FLAG_QUOTED = 1 << 4,
    TG_FLAG_NEGATIVE = 1 << 5,
    TG_FLAG_DESCENDING = 1 << 6,
    TG_FLAG_NULLS_FIRST = 1 << 7,
    TG_FLAG_NULLS_LAST = 1 << 8,
    TG_FLAG_IGNORE_NULLS = 1 << 9,
    TG_FLAG_LATERAL = 1 << 10,
    TG_FLAG_ORDINALITY = 1 << 11,
    TG_FLAG_NATURAL = 1 << 12,
    TG_FLAG_RECURSIVE = 1 << 13,
    TG_FLAG_WITHIN_GROUP = 1 << 14,
    TG_FLAG_PARENTHESES = 1 << 15 /* CALL: written with (); current_date is not */
} TgNodeFlag;

typedef struct TgNode TgNode;
struct TgNode {
    TgNodeKind kind;
    guint32 offset; /* in the source, for errors */
    guint flags;
    guint count;
    TgNode **items;
    const char *text;
    const char *extra;
    const TgSqlType *type;
};

/* A node of `count` children, all NULL at first. */
TgNode *tg_node_new(TgSqlArena *arena, TgNodeKind kind, guint32 offset, guint count);

/* Whether a flag is set. */
gboolean tg_node_has(const TgNode *node, TgNodeFlag flag);

/* The query or expression as Trino's SQL, in one normal form: parsing it gives the same tree. The
 * caller frees. */
char *tg_node_format(const TgNode *node);
