/* Values to text. */
#include "loader/value_text.h"

#include "loader/number_text.h"

gboolean tg_value_is_instant(TgType type)
{
    return type.id == TG_TYPE_TIMESTAMP;
}

static void append_date(GString *out, const TgVector *vector, guint row)
{
    gint64 year = 0;
    guint month = 0;
    guint day = 0;

    tg_days_to_date((gint64)tg_vector_get_integer(vector, row), &year, &month, &day);
    g_string_append_printf(out, "%04" G_GINT64_FORMAT "-%02u-%02u", year, month, day);
}

static void append_time(GString *out, gint64 micros)
{
    guint64 rest = (guint64)ABS(micros);
    guint64 seconds = rest / 1000000;

    g_string_append_printf(out, "%s%02u:%02u:%02u", micros < 0 ? "-" : "", (guint)(seconds / 3600),
                           (guint)(seconds / 60 % 60), (guint)(seconds % 60));
    if (rest % 1000000 != 0) {
        g_string_append_printf(out, ".%06u", (guint)(rest % 1000000));
    }
}

void tg_value_append(GString *out, const TgVector *vector, guint row)
{
    char text[TG_DECIMAL_TEXT_BYTES];
    const char *bytes = NULL;
    gsize size = 0;
    float narrow = 0.0F;

    switch ((int)vector->type.id) {
    case TG_TYPE_BOOLEAN:
        g_string_append(out, tg_vector_get_boolean(vector, row) ? "true" : "false");
        break;
    case TG_TYPE_FLOAT:
        memcpy(&narrow, vector->data + (gsize)row * sizeof narrow, sizeof narrow);
        tg_string_append(out, text, tg_double_format((double)narrow, text));
        break;
    case TG_TYPE_DOUBLE:
        size = tg_double_format(tg_vector_get_double(vector, row), text);
        tg_string_append(out, text, size);
        break;
    case TG_TYPE_DECIMAL:
        size = tg_decimal_format(tg_vector_get_int128(vector, row), vector->type.scale, text);
        tg_string_append(out, text, size);
        break;
    case TG_TYPE_DATE:
        append_date(out, vector, row);
        break;
    case TG_TYPE_TIME:
        append_time(out, tg_vector_get_int64(vector, row));
        break;
    case TG_TYPE_STRING:
    case TG_TYPE_BINARY:
    case TG_TYPE_JSON:
        bytes = tg_vector_get_bytes(vector, row, &size);
        tg_string_append(out, bytes, size);
        break;
    case TG_TYPE_INT64:
        size = tg_int64_format(tg_vector_get_int64(vector, row), text);
        tg_string_append(out, text, size);
        break;
    default: /* the other integers */
        size = tg_decimal_format(tg_vector_get_integer(vector, row), 0, text);
        tg_string_append(out, text, size);
        break;
    }
}
