/* Cells as values of columns. Excel knows numbers of 64 bits alone: dates are days as such. */
#include <math.h>
#include <string.h>

#include "loader/number_text.h"
#include "loader/parser/excel.h"
#include "loader/text_value.h"

#define SERIAL_END 2958466.0 /* the day behind 9999-12-31 */
#define DAY_MILLIS 86400000.0
#define INTEGER_TEXT_MAX 1e15 /* whole numbers up to here are shown without an exponent */
#define LONG_END 9223372036854775808.0

static const char refused_date[] = "is no date that Excel has (0 to 9999-12-31)";

/* --- dates --- */

/* Milliseconds, which is how exact Excel is, since 1970 of the time that a cell shows. */
static gboolean serial_to_millis(const TgWorkbook *book, double serial, gint64 *out)
{
    double whole = floor(serial);
    gint64 base = 0;

    if (!(serial >= 0 && serial < SERIAL_END)) {
        return FALSE;
    }
    if (book->is_1904) {
        base = tg_days_from_date(1904, 1, 1);
    } else {
        /* day 60 is the 29th of February 1900, which never was: before it days are one later */
        base = tg_days_from_date(1899, 12, serial < 60 ? 31 : 30);
    }
    *out = (base + (gint64)whole) * (gint64)DAY_MILLIS + llround((serial - whole) * DAY_MILLIS);
    return TRUE;
}

/* "2024-02-29", "2024-02-29 12:00:00.5", or of a time alone "12:00:00". */
static void append_date(GString *out, gint64 millis, gboolean is_time)
{
    gint64 days = millis / (gint64)DAY_MILLIS - (millis % (gint64)DAY_MILLIS < 0 ? 1 : 0);
    gint64 rest = millis - days * (gint64)DAY_MILLIS;
    gint64 year = 0;
    guint month = 0;
    guint day = 0;

    tg_days_to_date(days, &year, &month, &day);
    if (!is_time) {
        g_string_append_printf(out, "%04d-%02u-%02u", (int)year, month, day);
    }
    if (is_time || rest != 0) {
        g_string_append_printf(out, "%s%02d:%02d:%02d", is_time ? "" : " ", (int)(rest / 3600000),
                               (int)(rest / 60000 % 60), (int)(rest / 1000 % 60));
    }
    if (rest % 1000 != 0) {
        g_string_append_printf(out, ".%03d", (int)(rest % 1000));
    }
}

static const char *set_time(const ExcelPlace *place, double serial, const TgTimestampReader *reader,
                            TgVector *vector, guint row)
{
    gint64 millis = 0;
    const char *reason = NULL;

    if (!serial_to_millis(place->book, serial, &millis)) {
        return refused_date;
    }
    if (vector->type.id == TG_TYPE_DATE && millis % (gint64)DAY_MILLIS != 0) {
        return "has a time beside the date; make the column a timestamp";
    }
    if (vector->type.id == TG_TYPE_TIMESTAMP && reader->zone != NULL) {
        gint64 seconds = millis / 1000 - (millis % 1000 < 0 ? 1 : 0);

        millis -= tg_time_zone_offset_of_local(reader->zone, seconds) * 1000;
    }
    return tg_timestamp_set_nanos(vector, row, (TgInt128)millis * 1000000, &reason) ? NULL : reason;
}

/* --- numbers --- */

void excel_number_append(GString *out, const TgWorkbook *book, const TgWorkbookCell *cell,
                         gboolean exact)
{
    char text[TG_DOUBLE_TEXT_BYTES];
    double number = cell->number;
    gint64 millis = 0;

    if (exact && cell->is_date && serial_to_millis(book, number, &millis)) {
        append_date(out, millis, number < 1);
        return;
    }
    if (exact && number == floor(number) && fabs(number) < INTEGER_TEXT_MAX) {
        g_string_append_printf(out, "%.0f", number == 0 ? 0.0 : number);
        return;
    }
    gsize size = tg_double_format(number, text);

    if (size > 2 && memcmp(text + size - 2, ".0", 2) == 0) {
        size -= 2;
    }
    g_string_append_len(out, text, (gssize)size);
}

static void append_formatted(GString *out, const ExcelColumn *column, const ExcelPlace *place,
                             const TgWorkbookCell *cell)
{
    char text[512];

    if (column->numeric_format == NULL) {
        excel_number_append(out, place->book, cell, place->exact);
        return;
    }
    g_string_append(out, g_ascii_formatd(text, sizeof text, column->numeric_format, cell->number));
}

static const char *set_long(double number, gboolean exact, TgVector *vector, guint row)
{
    if (exact && number != floor(number)) {
        return "has a fraction, which a long does not; make the column a double";
    }
    if (number >= LONG_END || number < -LONG_END) {
        if (exact) {
            return "is too large for a long; make the column a double";
        }
        number = number > 0 ? (double)(G_MAXINT64 - 1023) : -LONG_END; /* as Java's cast, nearly */
    }
    tg_vector_set_int64(vector, row, (gint64)number);
    return NULL;
}

static const char *set_boolean(double number, gboolean exact, TgVector *vector, guint row)
{
    if (exact && number != 0 && number != 1) {
        return "is neither 0 nor 1, as a boolean must be";
    }
    tg_vector_set_boolean(vector, row, number != 0);
    return NULL;
}

/* Decimals, texts and JSON, by way of the number's text. */
static const char *set_by_text(const ExcelColumn *column, const ExcelPlace *place,
                               const TgWorkbookCell *cell, TgVector *vector, guint row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    TgInt128 decimal = 0;
    char digits[512];

    if (vector->type.id == TG_TYPE_DECIMAL) {
        g_string_append(text, g_ascii_formatd(digits, sizeof digits, "%.15g", cell->number));
        if (strchr(text->str, 'e') != NULL) {
            g_string_assign(text, g_ascii_formatd(digits, sizeof digits, "%.20f", cell->number));
        }
        if (!tg_decimal_parse(text->str, text->len, vector->type.precision, vector->type.scale,
                              &decimal)) {
            return "has more digits than the decimal; make the column a double";
        }
        tg_vector_set_int128(vector, row, decimal);
        return NULL;
    }
    append_formatted(text, column, place, cell);
    tg_vector_set_bytes(vector, row, text->str, text->len);
    return NULL;
}

static const char *set_number(const ExcelColumn *column, const ExcelPlace *place,
                              const TgWorkbookCell *cell, const TgTimestampReader *reader,
                              TgVector *vector, guint row)
{
    switch ((int)vector->type.id) {
    case TG_TYPE_INT64:
        return set_long(cell->number, place->exact, vector, row);
    case TG_TYPE_DOUBLE:
        tg_vector_set_double(vector, row, cell->number);
        return NULL;
    case TG_TYPE_BOOLEAN:
        return set_boolean(cell->number, place->exact, vector, row);
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        return set_time(place, cell->number, reader, vector, row);
    default:
        return set_by_text(column, place, cell, vector, row);
    }
}

/* --- other cells --- */

static const char *set_text(const ExcelPlace *place, const char *text, gsize size,
                            const TgTimestampReader *reader, TgVector *vector, guint row)
{
    TgTextRules rules = {.exact = place->exact, .strict_booleans = TRUE, .reader = reader};

    if (size == 0 && vector->type.id != TG_TYPE_STRING) {
        tg_vector_set_null(vector, row);
        return NULL;
    }
    return tg_text_value_set(&rules, text, size, vector, row);
}

static const char *set_constant(const ExcelPlace *place, const char *text,
                                const TgTimestampReader *reader, TgVector *vector, guint row)
{
    if (text == NULL) {
        tg_vector_set_null(vector, row);
        return NULL;
    }
    return set_text(place, text, strlen(text), reader, vector, row);
}

static const char *set_truth(const TgWorkbookCell *cell, const TgTimestampReader *reader,
                             const ExcelPlace *place, TgVector *vector, guint row)
{
    const char *text = cell->number != 0 ? "true" : "false";

    switch ((int)vector->type.id) {
    case TG_TYPE_BOOLEAN:
        tg_vector_set_boolean(vector, row, cell->number != 0);
        return NULL;
    case TG_TYPE_INT64:
        tg_vector_set_int64(vector, row, (gint64)cell->number);
        return NULL;
    case TG_TYPE_DOUBLE:
        tg_vector_set_double(vector, row, cell->number);
        return NULL;
    case TG_TYPE_STRING:
    case TG_TYPE_JSON:
        return set_text(place, text, strlen(text), reader, vector, row);
    default:
        return "is TRUE or FALSE, which is no value of the column's type";
    }
}

static const char *set_error(const ExcelColumn *column, const ExcelPlace *place,
                             const TgWorkbookCell *cell, const TgTimestampReader *reader,
                             TgVector *vector, guint row)
{
    switch (column->on_cell_error) {
    case EXCEL_ON_ERROR_CONSTANT:
        return set_constant(place, column->cell_error_constant, reader, vector, row);
    case EXCEL_ON_ERROR_CODE:
        return set_text(place, cell->text, cell->text_size, reader, vector, row);
    case EXCEL_ON_ERROR_STOP:
    default:
        return "is an error of the sheet; correct it there, or set 'on_cell_error: constant'";
    }
}

static const char *set_cell(const ExcelColumn *column, const ExcelPlace *place,
                            const TgTimestampReader *reader, TgVector *vector, guint row)
{
    const TgWorkbookCell *cell = tg_workbook_sheet_cell(place->sheet, column->column);

    switch (cell == NULL ? TG_CELL_BLANK : cell->kind) {
    case TG_CELL_NUMBER:
        return set_number(column, place, cell, reader, vector, row);
    case TG_CELL_TEXT:
        return set_text(place, cell->text, cell->text_size, reader, vector, row);
    case TG_CELL_BOOLEAN:
        return set_truth(cell, reader, place, vector, row);
    case TG_CELL_ERROR:
        return set_error(column, place, cell, reader, vector, row);
    case TG_CELL_BLANK:
    default:
        tg_vector_set_null(vector, row);
        return NULL;
    }
}

/* A number of the place, which is also the text of a string column. */
static const char *set_place(const ExcelPlace *place, guint number, const char *text,
                             const TgTimestampReader *reader, TgVector *vector, guint row)
{
    if (vector->type.id == TG_TYPE_INT64) {
        tg_vector_set_int64(vector, row, number);
        return NULL;
    }
    if (vector->type.id == TG_TYPE_DOUBLE) {
        tg_vector_set_double(vector, row, number);
        return NULL;
    }
    return set_text(place, text, strlen(text), reader, vector, row);
}

static const char *set_from(const ExcelColumn *column, const ExcelPlace *place,
                            const TgTimestampReader *reader, TgVector *vector, guint row)
{
    g_autofree char *text = NULL;

    switch (column->from) {
    case EXCEL_FROM_SHEET_NAME:
        return set_place(place, place->sheet_index, place->sheet_name, reader, vector, row);
    case EXCEL_FROM_ROW_NUMBER:
        text = g_strdup_printf("%u", place->row);
        return set_place(place, place->row, text, reader, vector, row);
    case EXCEL_FROM_COLUMN_NUMBER:
        text = tg_workbook_column_name(column->column);
        return set_place(place, column->column + 1, text, reader, vector, row);
    case EXCEL_FROM_CONSTANT:
        return set_constant(place, column->constant, reader, vector, row);
    case EXCEL_FROM_CELL:
    default:
        return set_cell(column, place, reader, vector, row);
    }
}

const char *excel_column_set(const ExcelColumn *column, const ExcelPlace *place,
                             const TgTimestampReader *reader, TgVector *vector, guint row)
{
    const char *reason = set_from(column, place, reader, vector, row);

    if (reason != NULL && column->on_convert_error == EXCEL_ON_ERROR_CONSTANT) {
        return set_constant(place, column->convert_error_constant, reader, vector, row);
    }
    return reason;
}
