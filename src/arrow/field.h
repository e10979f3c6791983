/* What an ArrowSchema says about one column or child, read once and checked. */
#pragma once

#include <tegaru_plugin.h>

#include "columns/batch.h"

/* How the values lie in memory. */
typedef enum {
    TG_ARROW_NULL,
    TG_ARROW_BOOLEAN,
    TG_ARROW_INTEGER, /* `width`, `is_signed`; dates, times and timestamps, too */
    TG_ARROW_HALF,
    TG_ARROW_FLOAT,
    TG_ARROW_DOUBLE,
    TG_ARROW_DECIMAL,     /* `width` bytes, two's complement */
    TG_ARROW_FIXED_BYTES, /* `width` */
    TG_ARROW_BYTES,       /* offsets of `offset_width` */
    TG_ARROW_BYTES_VIEW,
    TG_ARROW_LIST, /* offsets of `offset_width` */
    TG_ARROW_LIST_VIEW,
    TG_ARROW_FIXED_LIST, /* `width` values */
    TG_ARROW_STRUCT,
    TG_ARROW_MAP
} TgArrowLayout;

typedef struct TgArrowField TgArrowField;
struct TgArrowField {
    char *name;
    char *format; /* as the schema has it, for messages and comparison */
    TgArrowLayout layout;
    gsize width; /* bytes of a value; of FIXED_LIST its values */
    gsize offset_width;
    gboolean is_signed;
    TgType type;       /* exactly; JSON for nested ones */
    gint64 multiplier; /* of times: what makes them the type's unit; 0: divide instead */
    gint64 divisor;    /* what does not divide without a rest is refused */
    guint child_count;
    TgArrowField **children;
    TgArrowField *dictionary; /* of the values; layout is that of the indexes; NULL: none */
};

/**
 * Reads a schema. Types that no column can hold (durations, intervals, unions, run ends, decimals
 * of more than 38 digits) are CONFIG with column and type.
 *
 * @schema lent; may hold anything
 */
TgArrowField *tg_arrow_field_new(const struct ArrowSchema *schema, GError **error);
void tg_arrow_field_free(TgArrowField *field);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgArrowField, tg_arrow_field_free)

/* Whether two say the same about names, types and children. */
gboolean tg_arrow_field_equal(const TgArrowField *a, const TgArrowField *b);

/* How many buffers an array of it has at least. */
gint64 tg_arrow_field_buffers(const TgArrowField *field);
