/* What a drawing of a workflow shows: boxes in boxes, and who comes after whom. */
#pragma once

#include <glib.h>

#include "workflow/graph.h"

typedef enum {
    TG_FIGURE_TASK,
    TG_FIGURE_GROUP, /* its children are tasks of the file */
    TG_FIGURE_LOOP   /* a task whose children run once or many times: `_do`, `_else_do` */
} TgFigureKind;

/* One box. Read-only once made. */
typedef struct {
    guint id; /* from 0, in the order of the file */
    TgFigureKind kind;
    char *name;           /* "+load", "_do", "_error" */
    char *full_name;      /* "+main+load"; what people look for */
    char *what;           /* "sh> echo a", one line; NULL: nothing is run */
    gboolean is_disabled; /* `_disable: true` */
    gboolean is_on_error; /* runs when what it comes after fails */
    GPtrArray *children;  /* of TgFigure */
    GArray *after;        /* of guint: places of the siblings it waits for; all are before it */
    guint layer;          /* 0: waits for no sibling; else one more than the deepest it waits for */
} TgFigure;

/* The root's figure; `_do`, `_else_do`, `_error` and `_check` are drawn, too. */
TgFigure *tg_figure_new(const TgGraph *graph);
void tg_figure_free(TgFigure *figure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgFigure, tg_figure_free)

/* The children of one layer, in order, of TgFigure; empty past the last. Unref it. */
GPtrArray *tg_figure_layer(const TgFigure *figure, guint layer);

/* How many layers its children make. */
guint tg_figure_layer_count(const TgFigure *figure);

/* Whether all of a layer wait for exactly all of the layer before it, none for an error. */
gboolean tg_figure_is_complete(const TgFigure *figure, guint layer);

/* All boxes within, without itself. */
guint tg_figure_count(const TgFigure *figure);

/* A text cut to so many columns (wide characters take two). The caller frees. */
char *tg_figure_cut(const char *text, guint columns);
guint tg_figure_columns(const char *text);
