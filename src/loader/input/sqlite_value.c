/* Types of a SQLite query's columns, and its values. A column's declared type is a wish there: each
 * value has a type of its own, and one that does not fit the column is told, not bent. */
#include <math.h>
#include <string.h>

#include "loader/input/sqlite.h"
#include "loader/number_text.h"
#include "loader/utf8.h"

#define DECIMAL_DIGITS_MAX 38u
#define DECIMAL_REAL_MAX 1e15          /* no more digits are in a double */
#define DOUBLE_EXACT ((gint64)1 << 53) /* integers up to here are doubles, too */

static gboolean has(const char *declared, const char *word)
{
    return strstr(declared, word) != NULL;
}

/* "DECIMAL(10,2)"; FALSE without digits, or with more than can be stored. */
static gboolean decimal_type(const char *declared, TgType *out)
{
    const char *open = strchr(declared, '(');
    char *end = NULL;

    if (open == NULL || (!has(declared, "DEC") && !has(declared, "NUMERIC"))) {
        return FALSE;
    }
    guint64 precision = g_ascii_strtoull(open + 1, &end, 10);
    guint64 scale = *end == ',' ? g_ascii_strtoull(end + 1, NULL, 10) : 0;

    *out = (TgType){.id = TG_TYPE_DECIMAL, .precision = (guint8)precision, .scale = (guint8)scale};
    return precision >= 1 && precision <= DECIMAL_DIGITS_MAX && scale <= precision;
}

/* SQLite's own rules of affinity, and the words that people mean more by. */
static gboolean declared_type(const char *text, TgType *out)
{
    g_autofree char *declared = text == NULL ? g_strdup("") : g_ascii_strup(text, -1);

    *out = (TgType){.id = TG_TYPE_STRING};
    if (has(declared, "INT")) {
        out->id = TG_TYPE_INT64;
    } else if (has(declared, "CHAR") || has(declared, "CLOB") || has(declared, "TEXT")) {
        out->id = TG_TYPE_STRING;
    } else if (has(declared, "BLOB") || has(declared, "BINARY")) {
        out->id = TG_TYPE_BINARY;
    } else if (has(declared, "REAL") || has(declared, "FLOA") || has(declared, "DOUB")) {
        out->id = TG_TYPE_DOUBLE;
    } else if (has(declared, "BOOL")) {
        out->id = TG_TYPE_BOOLEAN;
    } else if (has(declared, "DATETIME") || has(declared, "TIMESTAMP")) {
        out->id = TG_TYPE_TIMESTAMP;
    } else if (strcmp(declared, "DATE") == 0) {
        out->id = TG_TYPE_DATE;
    } else if (strcmp(declared, "JSON") == 0) {
        out->id = TG_TYPE_JSON;
    } else {
        return decimal_type(declared, out);
    }
    return TRUE;
}

static TgType type_of_value(const TgSqliteReader *reader, guint column)
{
    static const TgTypeId ids[] = {[TG_SQLITE_NULL] = TG_TYPE_STRING,
                                   [TG_SQLITE_INTEGER] = TG_TYPE_INT64,
                                   [TG_SQLITE_REAL] = TG_TYPE_DOUBLE,
                                   [TG_SQLITE_TEXT] = TG_TYPE_STRING,
                                   [TG_SQLITE_BLOB] = TG_TYPE_BINARY};

    return (TgType){.id = ids[tg_sqlite_reader_value(reader, column).kind]};
}

/* Embulk's six types; FALSE for bytes, which none of them holds. */
static gboolean narrow_type(TgType *type)
{
    if (type->id == TG_TYPE_DECIMAL) {
        *type = (TgType){.id = TG_TYPE_DOUBLE};
    } else if (type->id == TG_TYPE_DATE || type->id == TG_TYPE_TIMESTAMP) {
        *type = (TgType){.id = TG_TYPE_TIMESTAMP, .unit = TG_UNIT_WIDE, .is_utc = TRUE};
    }
    return type->id != TG_TYPE_BINARY;
}

/* The type of a column before the user's options. */
static gboolean usual_type(const SqlitePlan *plan, const TgSqliteReader *reader, guint index,
                           gboolean has_row, TgType *out)
{
    if (!declared_type(tg_sqlite_reader_declared(reader, index), out) && has_row) {
        *out = type_of_value(reader, index);
    }
    return plan->exact || narrow_type(out);
}

static gboolean read_options(const SqlitePlan *plan, TgDatabaseColumn *column, gboolean has_type,
                             const TgDatabaseField *field, const json_t *config, GError **error)
{
    if (!has_type && !tg_database_column_is_typed(config, field)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' holds bytes, which no column type of Embulk does; write "
                    "column_options: {%s: {value_type: string}}",
                    field->name, field->name);
        return FALSE;
    }
    if (!tg_database_column_read(column, config, field, plan->exact, error)) {
        g_prefix_error(error, "column_options: %s: ", field->name);
        return FALSE;
    }
    return TRUE;
}

gboolean sqlite_plan_read(SqlitePlan *plan, const TgSqliteReader *reader, gboolean has_row,
                          const json_t *config, TgSchema *schema, GError **error)
{
    plan->count = tg_sqlite_reader_count(reader);
    plan->columns = g_new0(SqliteColumn, plan->count + 1);
    for (guint i = 0; i < plan->count; i++) {
        const char *declared = tg_sqlite_reader_declared(reader, i);
        TgDatabaseColumn *column = &plan->columns[i].column;
        TgDatabaseField field = {.name = tg_sqlite_reader_name(reader, i),
                                 .type_name = declared == NULL ? "" : declared};
        gboolean has_type = usual_type(plan, reader, i, has_row, &column->type);

        if (!read_options(plan, column, has_type, &field, config, error)) {
            return FALSE;
        }
        TgColumn *made = tg_schema_append(schema, field.name, column->type);

        made->source_type = g_strdup(declared == NULL ? "(of each value)" : declared);
        made->source_loss = g_strdup(
            plan->is_lossy ? "values of another type than the column's become null" : NULL);
    }
    return TRUE;
}

void sqlite_plan_clear(SqlitePlan *plan)
{
    for (guint i = 0; plan->columns != NULL && i < plan->count; i++) {
        tg_database_column_clear(&plan->columns[i].column);
    }
    g_free(plan->columns);
}

/* --- values --- */

static const char *lose(const SqlitePlan *plan, TgVector *vector, guint row, const char *reason)
{
    if (!plan->is_lossy) {
        return reason;
    }
    tg_vector_set_null(vector, row);
    return NULL;
}

/* The value as a text; FALSE for bytes that are none. */
static gboolean text_of(const TgSqliteValue *value, GString *scratch, const char **out_text,
                        gsize *out_size)
{
    char number[TG_DECIMAL_TEXT_BYTES];

    if (value->kind == TG_SQLITE_TEXT || value->kind == TG_SQLITE_BLOB) {
        *out_text = value->bytes;
        *out_size = value->size;
        return tg_utf8_is_valid(value->bytes, value->size);
    }
    if (value->kind == TG_SQLITE_INTEGER) {
        g_string_printf(scratch, "%" G_GINT64_FORMAT, value->integer);
    } else {
        g_string_append_len(scratch, number, (gssize)tg_double_format(value->real, number));
    }
    *out_text = scratch->str;
    *out_size = scratch->len;
    return TRUE;
}

static gboolean set_integer(const TgSqliteValue *value, TgVector *vector, guint row)
{
    gint64 integer = value->integer;

    if (value->kind != TG_SQLITE_INTEGER) {
        return FALSE;
    }
    tg_vector_set_fixed(vector, row, &integer); /* little-endian: the low bytes come first */
    return vector->width >= sizeof integer || tg_vector_get_integer(vector, row) == integer;
}

static gboolean set_real(const TgSqliteValue *value, TgVector *vector, guint row)
{
    double real = value->kind == TG_SQLITE_INTEGER ? (double)value->integer : value->real;
    gboolean is_exact = value->kind == TG_SQLITE_REAL ||
                        (value->kind == TG_SQLITE_INTEGER && value->integer <= DOUBLE_EXACT &&
                         value->integer >= -DOUBLE_EXACT);
    float narrow = (float)real;

    if (vector->type.id == TG_TYPE_FLOAT) {
        tg_vector_set_fixed(vector, row, &narrow);
        return is_exact && (isnan(real) || !(fabs((double)narrow - real) > 0.0));
    }
    tg_vector_set_double(vector, row, real);
    return is_exact;
}

/* SQLite keeps a decimal as a double when that gives its 15 digits back. */
static gboolean real_digits(double real, guint scale, char digits[TG_DECIMAL_TEXT_BYTES])
{
    char format[sizeof "%.255f"];

    if (!(fabs(real) < DECIMAL_REAL_MAX)) {
        return FALSE;
    }
    (void)g_snprintf(format, sizeof format, "%%.%uf", MIN(scale, DECIMAL_DIGITS_MAX));
    (void)g_ascii_formatd(digits, TG_DECIMAL_TEXT_BYTES, format, real);
    return fabs(g_ascii_strtod(digits, NULL) - real) <= fabs(real) * 1e-15;
}

static gboolean set_decimal(const TgSqliteValue *value, TgVector *vector, guint row)
{
    char digits[TG_DECIMAL_TEXT_BYTES];
    g_autoptr(GString) scratch = g_string_new(NULL);
    const char *text = NULL;
    gsize size = 0;
    TgInt128 decimal = 0;

    if (value->kind == TG_SQLITE_BLOB) {
        return FALSE;
    }
    if (value->kind == TG_SQLITE_REAL) {
        if (!real_digits(value->real, vector->type.scale, digits)) {
            return FALSE;
        }
        text = digits;
        size = strlen(digits);
    } else if (!text_of(value, scratch, &text, &size)) {
        return FALSE;
    }
    if (!tg_decimal_parse(text, size, vector->type.precision, vector->type.scale, &decimal)) {
        return FALSE;
    }
    tg_vector_set_int128(vector, row, decimal);
    return TRUE;
}

/* Texts as SQLite's date functions write them; a number could be seconds or days of Julius. */
static gboolean set_instant(const SqlitePlan *plan, guint column, const TgSqliteValue *value,
                            TgVector *vector, guint row)
{
    gint64 micros = 0;

    return value->kind == TG_SQLITE_TEXT &&
           tg_database_parse_timestamp(value->bytes, value->size, &micros) &&
           (vector->type.id != TG_TYPE_DATE || value->size == strlen("2015-01-27")) &&
           tg_database_set_instant(&plan->columns[column].column, micros, vector, row) == NULL;
}

static gboolean set_text(const SqlitePlan *plan, guint column, const TgSqliteValue *value,
                         TgVector *vector, guint row)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    const char *text = NULL;
    gsize size = 0;

    if (plan->columns[column].column.format != NULL) {
        return set_instant(plan, column, value, vector, row);
    }
    if (!text_of(value, scratch, &text, &size)) {
        return FALSE;
    }
    tg_vector_set_bytes(vector, row, text, size);
    return TRUE;
}

const char *sqlite_value_set(const SqlitePlan *plan, guint column, const TgSqliteValue *value,
                             TgVector *vector, guint row)
{
    gboolean ok = FALSE;

    switch ((int)vector->type.id) {
    case TG_TYPE_BOOLEAN:
        ok = value->kind == TG_SQLITE_INTEGER && (value->integer == 0 || value->integer == 1);
        tg_vector_set_boolean(vector, row, value->integer == 1);
        break;
    case TG_TYPE_FLOAT:
    case TG_TYPE_DOUBLE:
        ok = set_real(value, vector, row);
        break;
    case TG_TYPE_DECIMAL:
        ok = set_decimal(value, vector, row);
        break;
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        ok = set_instant(plan, column, value, vector, row);
        break;
    case TG_TYPE_STRING:
    case TG_TYPE_JSON:
        ok = set_text(plan, column, value, vector, row);
        break;
    case TG_TYPE_BINARY:
        ok = value->kind == TG_SQLITE_BLOB || value->kind == TG_SQLITE_TEXT;
        tg_vector_set_bytes(vector, row, ok ? value->bytes : "", ok ? value->size : 0);
        break;
    default:
        ok = set_integer(value, vector, row);
        break;
    }
    return ok ? NULL
              : lose(plan, vector, row,
                     "does not fit the column's type; choose another one by column_options, as "
                     "{type: string}, convert it in the query, or write 'lossy: allow' to load "
                     "such values as null");
}
