/* Patterns of times as Trino reads them: MySQL's (date_format) and Joda's (format_datetime), in one
 * form. */
#pragma once

#include "engine/calendar.h"

#define TG_TIME_ITEMS_MAX 64

/* A letter of Joda's with how often it stands, or (letter 0) text. 'f': six digits of the fraction.
 */
typedef struct {
    char letter;
    guint count;
    char text[5]; /* a character */
} TgTimeItem;

typedef struct {
    TgTimeItem items[TG_TIME_ITEMS_MAX];
    guint count;
} TgTimePattern;

/* NULL, or what is wrong with the pattern. The caller frees. */
char *tg_time_pattern_mysql(const char *text, gsize size, TgTimePattern *out);
char *tg_time_pattern_joda(const char *text, gsize size, TgTimePattern *out);

/* Whether an item is read and written as digits. */
gboolean tg_time_item_is_number(const TgTimeItem *item);
