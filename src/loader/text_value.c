/* Texts to values. */
#include "loader/text_value.h"

#include <string.h>

#include "loader/json_text.h"
#include "loader/number_text.h"
#include "loader/utf8.h"

static gboolean is_one_of(const char *text, gsize size_bytes, const char *const *texts)
{
    for (; *texts != NULL; texts++) {
        if (strlen(*texts) == size_bytes && memcmp(*texts, text, size_bytes) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* With exact types a text that is neither is refused; Embulk takes it for false. */
static const char *set_boolean(const TgTextRules *rules, const char *text, gsize size_bytes,
                               TgVector *vector, guint row)
{
    static const char *const true_texts[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "t", "T",
                                             "y",    "Y",    "on",   "On",  "ON",  "1",   NULL};
    static const char *const false_texts[] = {"false", "False", "FALSE", "no", "No",
                                              "NO",    "f",     "F",     "n",  "N",
                                              "off",   "Off",   "OFF",   "0",  NULL};
    gboolean value = is_one_of(text, size_bytes, true_texts);

    if (rules->strict_booleans && !value && !is_one_of(text, size_bytes, false_texts)) {
        return "is neither true nor false";
    }
    tg_vector_set_boolean(vector, row, value);
    return NULL;
}

static const char *set_text(const TgTextRules *rules, const char *text, gsize size_bytes,
                            TgVector *vector, guint row)
{
    if (tg_bytes_are_ascii(text, size_bytes) || tg_utf8_is_valid(text, size_bytes)) {
        tg_vector_set_bytes(vector, row, text, size_bytes);
        return NULL;
    }
    if (rules->exact) {
        return "is not valid UTF-8; set in.parser.charset to what the file is written in";
    }
    g_autoptr(GString) repaired = g_string_sized_new(size_bytes + 8);

    tg_utf8_append_repaired(repaired, text, size_bytes);
    tg_vector_set_bytes(vector, row, repaired->str, repaired->len);
    return NULL;
}

static const char *set_json(const TgTextRules *rules, const char *text, gsize size_bytes,
                            TgVector *vector, guint row)
{
    g_autoptr(GString) compact = g_string_sized_new(size_bytes + 8);
    gsize used = 0;
    const char *reason =
        tg_json_text_append(compact, text, size_bytes,
                            rules->exact ? TG_JSON_KEEP_NUMBERS : TG_JSON_EMBULK_NUMBERS, &used);

    if (reason != NULL) {
        return reason;
    }
    if (rules->exact && used != size_bytes) {
        return "has text behind its JSON value";
    }
    if (used == 0) { /* Embulk: no value at all is null */
        tg_vector_set_null(vector, row);
        return NULL;
    }
    tg_vector_set_bytes(vector, row, compact->str, compact->len);
    return NULL;
}

static const char *set_decimal(const char *text, gsize size_bytes, TgVector *vector, guint row)
{
    TgInt128 value = 0;

    if (!tg_decimal_parse(text, size_bytes, vector->type.precision, vector->type.scale, &value)) {
        return "is not a number of the column's precision and scale";
    }
    tg_vector_set_int128(vector, row, value);
    return NULL;
}

/* Integers of other widths than 64 bits: constants for columns of databases. */
static const char *set_integer(const char *text, gsize size_bytes, TgVector *vector, guint row)
{
    TgInt128 value = 0;
    guint bits = (guint)vector->width * 8;
    gboolean is_signed = vector->type.id < TG_TYPE_UINT8;
    TgInt128 end = (TgInt128)1 << (is_signed ? bits - 1 : bits);

    if (!tg_decimal_parse(text, size_bytes, 20, 0, &value) || value >= end ||
        value < (is_signed ? -end : 0)) {
        return "is no integer that the column can hold";
    }
    tg_vector_set_fixed(vector, row, &value); /* little-endian: the low bytes come first */
    return NULL;
}

const char *tg_text_value_set(const TgTextRules *rules, const char *text, gsize size_bytes,
                              TgVector *vector, guint row)
{
    const char *reason = NULL;
    gint64 integer = 0;
    double real = 0.0;

    switch ((int)vector->type.id) {
    case TG_TYPE_INT64:
        if (!tg_int64_parse(text, size_bytes, &integer)) {
            return "is not an integer of 64 bits";
        }
        tg_vector_set_int64(vector, row, integer);
        return NULL;
    case TG_TYPE_DOUBLE:
        if (!tg_double_parse(text, size_bytes, &real)) {
            return "is not a number";
        }
        tg_vector_set_double(vector, row, real);
        return NULL;
    case TG_TYPE_STRING:
        return set_text(rules, text, size_bytes, vector, row);
    case TG_TYPE_BOOLEAN:
        return set_boolean(rules, text, size_bytes, vector, row);
    case TG_TYPE_JSON:
        return set_json(rules, text, size_bytes, vector, row);
    case TG_TYPE_DECIMAL:
        return set_decimal(text, size_bytes, vector, row);
    case TG_TYPE_INT8:
    case TG_TYPE_INT16:
    case TG_TYPE_INT32:
    case TG_TYPE_UINT8:
    case TG_TYPE_UINT16:
    case TG_TYPE_UINT32:
    case TG_TYPE_UINT64:
        return set_integer(text, size_bytes, vector, row);
    case TG_TYPE_FLOAT:
    case TG_TYPE_TIME:
    case TG_TYPE_BINARY:
        return "cannot be written as a text of a column of this type";
    default: /* DATE, TIMESTAMP */
        return tg_timestamp_reader_set(rules->reader, text, size_bytes, vector, row, &reason)
                   ? NULL
                   : reason;
    }
}
