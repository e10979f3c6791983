/* Reading FlatBuffers, the encoding of Arrow's messages, from bytes that may be anything. */
#pragma once

#include <glib.h>

/* Bytes under a reader. What does not hold sets is_broken and reads as absent; look at it last. */
typedef struct {
    const guint8 *bytes;
    gsize size;
    gboolean is_broken;
} TgFlat;

/* A table; flat NULL: absent, and all its fields with it. */
typedef struct {
    TgFlat *flat;
    gsize at;
    gsize vtable;
    guint fields;
    gsize size; /* bytes of the table itself */
} TgFlatTable;

/* Values that lie behind each other. */
typedef struct {
    TgFlat *flat; /* NULL: absent, of no length */
    gsize at;
    guint32 count;
} TgFlatList;

TgFlatTable tg_flat_root(TgFlat *flat);

/* A number of 1, 2, 4 or 8 bytes, signed. */
gint64 tg_flat_get_number(const TgFlatTable *table, guint field, gsize width, gint64 fallback);
TgFlatTable tg_flat_get_table(const TgFlatTable *table, guint field);

/* The caller frees; NULL: absent. */
char *tg_flat_dup_text(const TgFlatTable *table, guint field);

/* @width bytes of an entry; 4 for tables */
TgFlatList tg_flat_get_list(const TgFlatTable *table, guint field, gsize width);
TgFlatTable tg_flat_list_get_table(const TgFlatList *list, guint32 index);

/* The number of 8 bytes at `part` of an entry that has `parts` of them. */
gint64 tg_flat_list_get_int64(const TgFlatList *list, guint32 index, guint parts, guint part);
