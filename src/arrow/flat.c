/* Every read is checked against the end: offsets lead forward, and vtables stand where they say. */
#include "arrow/flat.h"

#include <string.h>

/* Sign-extended; 0 when it does not lie inside. */
static gint64 read_number(TgFlat *flat, gsize at, gsize width)
{
    guint64 bits = 0;
    guint unused = 64 - (guint)width * 8;

    if (at > flat->size || flat->size - at < width) {
        flat->is_broken = TRUE;
        return 0;
    }
    memcpy(&bits, flat->bytes + at, width);
    return (gint64)(bits << unused) >> unused;
}

/* Where an offset leads; 0: nowhere. */
static gsize follow(TgFlat *flat, gsize at)
{
    gsize offset = (guint32)read_number(flat, at, sizeof(guint32));

    if (flat->is_broken || offset == 0 || offset > flat->size - at) {
        flat->is_broken = TRUE;
        return 0;
    }
    return at + offset;
}

static TgFlatTable table_at(TgFlat *flat, gsize at)
{
    gint64 back = read_number(flat, at, sizeof(gint32));
    gint64 vtable = (gint64)at - back;
    TgFlatTable none = {0};

    if (flat->is_broken || vtable < 0 || (gsize)vtable >= flat->size) {
        flat->is_broken = TRUE;
        return none;
    }
    gsize vtable_size = (guint16)read_number(flat, (gsize)vtable, sizeof(guint16));
    gsize size = (guint16)read_number(flat, (gsize)vtable + sizeof(guint16), sizeof(guint16));

    if (flat->is_broken || vtable_size < 4 || vtable_size % 2 != 0 ||
        vtable_size > flat->size - (gsize)vtable || size < 4 || size > flat->size - at) {
        flat->is_broken = TRUE;
        return none;
    }
    return (TgFlatTable){.flat = flat,
                         .at = at,
                         .vtable = (gsize)vtable,
                         .fields = (guint)(vtable_size - 4) / 2,
                         .size = size};
}

TgFlatTable tg_flat_root(TgFlat *flat)
{
    gsize at = follow(flat, 0);

    return flat->is_broken ? (TgFlatTable){0} : table_at(flat, at);
}

/* Where a field stands; 0: absent. */
static gsize field_at(const TgFlatTable *table, guint field, gsize width)
{
    if (table->flat == NULL || field >= table->fields) {
        return 0;
    }
    gsize offset =
        (guint16)read_number(table->flat, table->vtable + 4 + (gsize)field * 2, sizeof(guint16));

    if (offset == 0) {
        return 0;
    }
    if (offset < 4 || offset + width > table->size) {
        table->flat->is_broken = TRUE;
        return 0;
    }
    return table->at + offset;
}

gint64 tg_flat_get_number(const TgFlatTable *table, guint field, gsize width, gint64 fallback)
{
    gsize at = field_at(table, field, width);

    return at == 0 ? fallback : read_number(table->flat, at, width);
}

TgFlatTable tg_flat_get_table(const TgFlatTable *table, guint field)
{
    gsize at = field_at(table, field, sizeof(guint32));
    gsize target = at == 0 ? 0 : follow(table->flat, at);

    return target == 0 ? (TgFlatTable){0} : table_at(table->flat, target);
}

TgFlatList tg_flat_get_list(const TgFlatTable *table, guint field, gsize width)
{
    gsize at = field_at(table, field, sizeof(guint32));
    gsize target = at == 0 ? 0 : follow(table->flat, at);
    TgFlatList list = {0};

    if (target == 0) {
        return list;
    }
    guint32 count = (guint32)read_number(table->flat, target, sizeof count);

    if (table->flat->is_broken ||
        (guint64)count * width > table->flat->size - target - sizeof count) {
        table->flat->is_broken = TRUE;
        return list;
    }
    return (TgFlatList){.flat = table->flat, .at = target + sizeof count, .count = count};
}

char *tg_flat_dup_text(const TgFlatTable *table, guint field)
{
    TgFlatList list = tg_flat_get_list(table, field, 1);

    return list.flat == NULL ? NULL
                             : g_strndup((const char *)list.flat->bytes + list.at, list.count);
}

TgFlatTable tg_flat_list_get_table(const TgFlatList *list, guint32 index)
{
    gsize target =
        index < list->count ? follow(list->flat, list->at + (gsize)index * sizeof(guint32)) : 0;

    return target == 0 ? (TgFlatTable){0} : table_at(list->flat, target);
}

gint64 tg_flat_list_get_int64(const TgFlatList *list, guint32 index, guint parts, guint part)
{
    if (index >= list->count) {
        return 0;
    }
    return read_number(list->flat, list->at + ((gsize)index * parts + part) * sizeof(gint64),
                       sizeof(gint64));
}
