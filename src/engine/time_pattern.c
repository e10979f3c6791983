/* Patterns to items. */
#include "engine/time_pattern.h"

#include <string.h>

static gboolean add(TgTimePattern *out, char letter, guint count, const char *character)
{
    TgTimeItem *item = &out->items[out->count];

    if (out->count == TG_TIME_ITEMS_MAX) {
        return FALSE;
    }
    memset(item, 0, sizeof *item);
    item->letter = letter;
    item->count = count;
    if (character != NULL) {
        memcpy(item->text, character, count);
    }
    out->count++;
    return TRUE;
}

/* Runs of letters, other characters as they are. */
static gboolean add_all(TgTimePattern *out, const char *joda)
{
    gboolean ok = TRUE;

    while (*joda != '\0' && ok) {
        gsize run = strspn(joda, (char[]){*joda, '\0'});

        if (g_ascii_isalpha(*joda)) {
            ok = add(out, *joda, (guint)run, NULL);
            joda += run;
        } else {
            ok = add(out, 0, 1, joda++);
        }
    }
    return ok;
}

/* The bytes of the character at p. */
static guint character_size(const char *p, const char *end)
{
    return (guint)MIN(g_utf8_next_char(p) - p, end - p);
}

static char *too_long(void)
{
    return g_strdup_printf("a pattern of times has at most %d parts", TG_TIME_ITEMS_MAX);
}

char *tg_time_pattern_mysql(const char *text, gsize size, TgTimePattern *out)
{
    static const char *const letters[128] = {
        ['a'] = "EEE",  ['b'] = "MMM",  ['c'] = "M",    ['d'] = "dd",   ['e'] = "d",
        ['f'] = "f",    ['H'] = "HH",   ['h'] = "hh",   ['I'] = "hh",   ['i'] = "mm",
        ['j'] = "DDD",  ['k'] = "H",    ['l'] = "h",    ['M'] = "MMMM", ['m'] = "MM",
        ['p'] = "a",    ['S'] = "ss",   ['s'] = "ss",   ['v'] = "ww",   ['r'] = "hh:mm:ss a",
        ['W'] = "EEEE", ['x'] = "xxxx", ['Y'] = "yyyy", ['y'] = "yy",   ['T'] = "HH:mm:ss",
    };
    const char *end = text + size;
    gboolean ok = TRUE;

    out->count = 0;
    if (size == 0 || end[-1] == '%') {
        gboolean is_escaped = size > 1 && end[-2] == '%';

        if (!is_escaped) {
            return g_strdup("Invalid pattern: it is empty or ends with %");
        }
    }
    for (const char *p = text; p < end && ok;) {
        guchar letter = p + 1 < end ? (guchar)p[1] : 0;

        if (*p != '%' || letter == 0) {
            ok = add(out, 0, character_size(p, end), p);
            p += character_size(p, end);
        } else if (strchr("DUuVwX", (char)letter) != NULL) {
            return g_strdup_printf("%%%c not supported in date format string", letter);
        } else if (letter < 128 && letters[letter] != NULL) {
            ok = add_all(out, letters[letter]);
            p += 2;
        } else {
            ok = add(out, 0, character_size(p + 1, end), p + 1);
            p += 1 + character_size(p + 1, end);
        }
    }
    return ok ? NULL : too_long();
}

/* 'text', where '' is one quote; behind the closing quote, or NULL. */
static const char *add_quoted(TgTimePattern *out, const char *p, const char *end)
{
    if (p + 1 < end && p[1] == '\'') {
        return add(out, 0, 1, p) ? p + 2 : NULL;
    }
    for (p++; p < end && *p != '\''; p += character_size(p, end)) {
        if (!add(out, 0, character_size(p, end), p)) {
            return NULL;
        }
    }
    return p < end ? p + 1 : p;
}

char *tg_time_pattern_joda(const char *text, gsize size, TgTimePattern *out)
{
    const char *end = text + size;
    const char *p = text;

    out->count = 0;
    if (size == 0 || (size == 1 && *text == '\'')) {
        return g_strdup("Invalid pattern specification");
    }
    while (p != NULL && p < end) {
        guint count = 1;

        if (*p == '\'') {
            p = add_quoted(out, p, end);
            continue;
        }
        if (!g_ascii_isalpha(*p)) {
            count = character_size(p, end);
            p = add(out, 0, count, p) ? p + count : NULL;
            continue;
        }
        if (strchr("GCYxweEyDMdaKhHkmsSzZ", *p) == NULL) {
            return g_strdup_printf("Illegal pattern component: %c", *p);
        }
        while (p + count < end && p[count] == *p) {
            count++;
        }
        p = add(out, *p, count, NULL) ? p + count : NULL;
    }
    return p == NULL ? too_long() : NULL;
}

gboolean tg_time_item_is_number(const TgTimeItem *item)
{
    if (item->letter == 'M') {
        return item->count < 3;
    }
    return item->letter != 0 && strchr("CYxweyDdKhHkmsSf", item->letter) != NULL;
}
