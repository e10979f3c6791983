/* Whether an ArrowArray is what its schema says, before anything in it is read. */
#pragma once

#include "arrow/field.h"

/**
 * Checks lengths, offsets and that all buffers and children are there, down to the leaves. What the
 * interface does not tell (how long a buffer is) must be true; indexes into a dictionary are
 * checked when they are used. CONFIG with the column.
 *
 * @array lent; may hold anything
 */
gboolean tg_arrow_check(const TgArrowField *field, const struct ArrowArray *array, GError **error);

/* Offset `index` of a buffer of 4 or 8 byte offsets. */
gint64 tg_arrow_offset(const void *buffer, gsize width, gint64 index);
