/* A record of JSON lines without a tree of it. */
#include "loader/parser/jsonl_scan.h"

#include <string.h>

#include "loader/json_text.h"
#include "loader/number_text.h"

/* What a value is. */
typedef enum {
    VALUE_STRING,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TRUE,
    VALUE_FALSE,
    VALUE_NULL,
    VALUE_NESTED
} ValueKind;

typedef struct {
    ValueKind kind;
    const char *raw; /* as it stands in the line, strings with their quotes */
    gsize raw_bytes;
    const char *text; /* of a string: without escapes */
    gsize text_bytes;
} Value;

typedef struct {
    const char *at;
    const char *end;
} Cursor;

static void skip_blanks(Cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' ||
                                        *cursor->at == '\r' || *cursor->at == '\n')) {
        cursor->at++;
    }
}

static gboolean take(Cursor *cursor, char expected)
{
    skip_blanks(cursor);
    if (cursor->at < cursor->end && *cursor->at == expected) {
        cursor->at++;
        return TRUE;
    }
    return FALSE;
}

/* --- strings --- */

/* Four hexadecimal digits; -1: none. */
static gint32 read_hex(const char *at, const char *end)
{
    gint32 code = 0;

    if (end - at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(at[i]);

        if (digit < 0) {
            return -1;
        }
        code = code * 16 + digit;
    }
    return code;
}

/* The escape behind a backslash; moves behind it. */
static const char *append_escape(GString *out, const char **at, const char *end)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *found = *at < end && **at != '\0' ? strchr(from, **at) : NULL;

    if (found != NULL) {
        g_string_append_c(out, to[found - from]);
        (*at)++;
        return NULL;
    }
    gint32 code = *at < end && **at == 'u' ? read_hex(*at + 1, end) : -1;

    if (code < 0) {
        return "has an unknown escape in a string";
    }
    *at += 5;
    if (code >= 0xd800 && code < 0xdc00) {
        gint32 low =
            end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' ? read_hex(*at + 2, end) : -1;

        if (low < 0xdc00 || low > 0xdfff) {
            return "has half of a surrogate pair in a string";
        }
        *at += 6;
        code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return "has half of a surrogate pair in a string";
    }
    g_string_append_unichar(out, (gunichar)code);
    return NULL;
}

/* A string behind its opening quote. Without escapes it is lent by the line, else by `scratch`. */
static const char *read_string(Cursor *cursor, GString *scratch, const char **out, gsize *out_bytes)
{
    const char *start = cursor->at;
    const char *at = start;

    while (at < cursor->end && *at != '"' && *at != '\\' && (guchar)*at >= 0x20) {
        at++;
    }
    if (at < cursor->end && *at == '"') {
        *out = start;
        *out_bytes = (gsize)(at - start);
        cursor->at = at + 1;
        return NULL;
    }
    (void)g_string_truncate(scratch, 0);
    g_string_append_len(scratch, start, at - start);
    while (at < cursor->end && *at != '"') {
        const char *reason = NULL;

        if ((guchar)*at < 0x20) {
            return "has a control character in a string";
        }
        if (*at == '\\') {
            at++;
            reason = append_escape(scratch, &at, cursor->end);
        } else {
            g_string_append_c(scratch, *at++);
        }
        if (reason != NULL) {
            return reason;
        }
    }
    if (at == cursor->end) {
        return "has a string without an end";
    }
    *out = scratch->str;
    *out_bytes = scratch->len;
    cursor->at = at + 1;
    return NULL;
}

/* --- values --- */

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && g_ascii_isdigit(*at)) {
        at++;
    }
    return at;
}

/* By the grammar: no leading zeros, digits on both sides of the point. */
static const char *read_number(Cursor *cursor, Value *out)
{
    const char *end = cursor->end;
    const char *at = cursor->at + (*cursor->at == '-' ? 1 : 0);
    const char *digits = at;

    out->kind = VALUE_INTEGER;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1)) {
        return "has a malformed number";
    }
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        out->kind = VALUE_REAL;
        if (at == digits) {
            return "has a malformed number";
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-') ? 1 : 0;
        digits = at;
        at = skip_digits(at, end);
        out->kind = VALUE_REAL;
        if (at == digits) {
            return "has a malformed number";
        }
    }
    cursor->at = at;
    return NULL;
}

static const char *read_literal(Cursor *cursor, Value *out)
{
    static const struct {
        const char *text;
        gsize size;
        ValueKind kind;
    } literals[] = {{"true", 4, VALUE_TRUE}, {"false", 5, VALUE_FALSE}, {"null", 4, VALUE_NULL}};

    for (gsize i = 0; i < G_N_ELEMENTS(literals); i++) {
        if ((gsize)(cursor->end - cursor->at) >= literals[i].size &&
            memcmp(cursor->at, literals[i].text, literals[i].size) == 0) {
            cursor->at += literals[i].size;
            out->kind = literals[i].kind;
            return NULL;
        }
    }
    return "is no JSON";
}

/* An object or a list, compact in `text`. */
static const char *read_nested(JsonlScan *scan, Cursor *cursor, Value *out)
{
    gsize used = 0;
    TgJsonNumbers numbers = scan->exact ? TG_JSON_KEEP_NUMBERS : TG_JSON_EMBULK_NUMBERS;

    (void)g_string_truncate(scan->text, 0);
    const char *reason = tg_json_text_append(scan->text, cursor->at,
                                             (gsize)(cursor->end - cursor->at), numbers, &used);

    cursor->at += used;
    out->kind = VALUE_NESTED;
    out->text = scan->text->str;
    out->text_bytes = scan->text->len;
    return reason;
}

static const char *read_value(JsonlScan *scan, Cursor *cursor, Value *out)
{
    const char *reason = NULL;

    skip_blanks(cursor);
    out->raw = cursor->at;
    if (cursor->at == cursor->end) {
        return "ends too early";
    }
    switch (*cursor->at) {
    case '"':
        cursor->at++;
        out->kind = VALUE_STRING;
        reason = read_string(cursor, scan->text, &out->text, &out->text_bytes);
        break;
    case '{':
    case '[':
        reason = read_nested(scan, cursor, out);
        break;
    case 't':
    case 'f':
    case 'n':
        reason = read_literal(cursor, out);
        break;
    default:
        reason = *cursor->at == '-' || g_ascii_isdigit(*cursor->at) ? read_number(cursor, out)
                                                                    : "is no JSON";
        break;
    }
    out->raw_bytes = (gsize)(cursor->at - out->raw);
    return reason;
}

/* --- values to vectors --- */

/* The digits of a number, or of a text that may hold one. */
static gboolean number_text(const Value *value, const char **out, gsize *out_bytes)
{
    gboolean is_string = value->kind == VALUE_STRING;

    *out = is_string ? value->text : value->raw;
    *out_bytes = is_string ? value->text_bytes : value->raw_bytes;
    return is_string || value->kind == VALUE_INTEGER || value->kind == VALUE_REAL;
}

static const char *set_number(const JsonlScan *scan, const Value *value, TgVector *vector,
                              guint row)
{
    const char *text = NULL;
    gsize size = 0;
    gint64 integer = 0;
    double real = 0.0;
    TgInt128 decimal = 0;

    if (!number_text(value, &text, &size)) {
        return "is not a number";
    }
    if (vector->type.id == TG_TYPE_DECIMAL) {
        if (!tg_decimal_parse(text, size, vector->type.precision, vector->type.scale, &decimal)) {
            return "does not fit the decimal";
        }
        tg_vector_set_int128(vector, row, decimal);
        return NULL;
    }
    if (vector->type.id == TG_TYPE_DOUBLE) {
        if (!tg_double_parse(text, size, &real)) {
            return "is not a number";
        }
        tg_vector_set_double(vector, row, real);
        return NULL;
    }
    if (!tg_int64_parse(text, size, &integer)) {
        if (scan->exact || value->kind != VALUE_REAL || !tg_double_parse(text, size, &real)) {
            return "is not an integer of 64 bits";
        }
        integer = (gint64)CLAMP(real, -9e18, 9e18); /* Embulk cuts the fraction */
    }
    tg_vector_set_int64(vector, row, integer);
    return NULL;
}

static const char *set_boolean(const Value *value, TgVector *vector, guint row)
{
    gboolean is_true = value->kind == VALUE_TRUE;

    if (value->kind == VALUE_STRING) {
        is_true = value->text_bytes == 4 && g_ascii_strncasecmp(value->text, "true", 4) == 0;
        if (!is_true &&
            (value->text_bytes != 5 || g_ascii_strncasecmp(value->text, "false", 5) != 0)) {
            return "is neither true nor false";
        }
    } else if (!is_true && value->kind != VALUE_FALSE) {
        return "is neither true nor false";
    }
    tg_vector_set_boolean(vector, row, is_true);
    return NULL;
}

static const char *set_value(const JsonlScan *scan, guint column, const Value *value,
                             TgVector *vector, guint row)
{
    gboolean is_nested = value->kind == VALUE_NESTED;
    const char *reason = NULL;

    switch ((int)vector->type.id) {
    case TG_TYPE_BOOLEAN:
        return set_boolean(value, vector, row);
    case TG_TYPE_INT64:
    case TG_TYPE_DOUBLE:
    case TG_TYPE_DECIMAL:
        return set_number(scan, value, vector, row);
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        if (value->kind != VALUE_STRING) {
            return "is no text with a time";
        }
        return tg_timestamp_reader_set(&scan->columns->readers[column], value->text,
                                       value->text_bytes, vector, row, &reason)
                   ? NULL
                   : reason;
    case TG_TYPE_STRING:
        if (is_nested || value->kind == VALUE_STRING) {
            tg_vector_set_bytes(vector, row, value->text, value->text_bytes);
            return NULL;
        }
        tg_vector_set_bytes(vector, row, value->raw, value->raw_bytes);
        return NULL;
    default:
        tg_vector_set_bytes(vector, row, is_nested ? value->text : value->raw,
                            is_nested ? value->text_bytes : value->raw_bytes);
        return NULL;
    }
}

/* --- records --- */

void jsonl_scan_init(JsonlScan *scan, const TgColumnConfig *columns, GHashTable *by_name,
                     gboolean exact)
{
    *scan = (JsonlScan){.columns = columns,
                        .exact = exact,
                        .by_name = by_name,
                        .seen = g_new0(guint64, columns == NULL ? 1 : columns->schema->count + 1),
                        .key = g_string_new(NULL),
                        .text = g_string_new(NULL)};
}

void jsonl_scan_clear(JsonlScan *scan)
{
    g_free(scan->seen);
    (void)g_string_free(scan->key, TRUE);
    (void)g_string_free(scan->text, TRUE);
}

/* The column of a member; records mostly have them in the order of the columns. G_MAXUINT: none. */
static guint find_column(JsonlScan *scan, const char *key, gsize size, guint expected)
{
    const TgSchema *schema = scan->columns->schema;

    if (expected < schema->count && strncmp(schema->columns[expected].name, key, size) == 0 &&
        schema->columns[expected].name[size] == '\0') {
        return expected;
    }
    if (key != scan->key->str) { /* the table wants a NUL behind it */
        (void)g_string_truncate(scan->key, 0);
        g_string_append_len(scan->key, key, (gssize)size);
    }
    return GPOINTER_TO_UINT(g_hash_table_lookup(scan->by_name, scan->key->str)) - 1;
}

static const char *read_member(JsonlScan *scan, Cursor *cursor, TgBatch *batch, guint *expected)
{
    const char *key = NULL;
    gsize size = 0;
    Value value = {VALUE_NULL, NULL, 0, NULL, 0};

    if (!take(cursor, '"')) {
        return "is no JSON: a name in quotes is missing";
    }
    const char *reason = read_string(cursor, scan->key, &key, &size);

    if (reason == NULL && !take(cursor, ':')) {
        reason = "is no JSON: there is no ':' behind a name";
    }
    guint column = reason == NULL ? find_column(scan, key, size, *expected) : G_MAXUINT;

    reason = reason == NULL ? read_value(scan, cursor, &value) : reason;
    if (reason != NULL || column >= batch->count) {
        return reason;
    }
    *expected = column + 1;
    if (value.kind != VALUE_NULL) {
        reason = set_value(scan, column, &value, batch->vectors[column], batch->rows);
        scan->column = reason == NULL ? scan->column : column;
        scan->seen[column] = scan->record;
    }
    return reason;
}

static const char *read_members(JsonlScan *scan, Cursor *cursor, TgBatch *batch)
{
    guint expected = 0;
    const char *reason = take(cursor, '{') ? NULL : "a record must be an object";
    gboolean has_more = reason == NULL && !take(cursor, '}');

    while (has_more) {
        reason = read_member(scan, cursor, batch, &expected);
        has_more = reason == NULL && take(cursor, ',');
        if (reason == NULL && !has_more && !take(cursor, '}')) {
            reason = "is no JSON: the object does not end";
        }
    }
    skip_blanks(cursor);
    if (reason == NULL && cursor->at != cursor->end) {
        reason = "is no JSON: there is something behind the object";
    }
    return reason;
}

/* Without columns: the record itself. */
static const char *read_whole(JsonlScan *scan, Cursor *cursor, TgBatch *batch)
{
    Value value = {VALUE_NULL, NULL, 0, NULL, 0};
    const char *reason =
        *cursor->at == '{' ? read_value(scan, cursor, &value) : "a record must be an object";

    skip_blanks(cursor);
    if (reason == NULL && cursor->at != cursor->end) {
        reason = "is no JSON: there is something behind the object";
    }
    if (reason == NULL) {
        tg_vector_set_bytes(batch->vectors[0], batch->rows, value.text, value.text_bytes);
    }
    return reason;
}

/* Columns that the record did not name. */
static void set_missing(const JsonlScan *scan, TgBatch *batch)
{
    for (guint i = 0; i < batch->count; i++) {
        if (scan->seen[i] != scan->record) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
        }
    }
}

const char *jsonl_scan_record(JsonlScan *scan, const char *line, gsize size_bytes, TgBatch *batch)
{
    Cursor cursor = {line, line + size_bytes};
    const char *reason = NULL;

    scan->record++;
    scan->column = G_MAXUINT;
    tg_batch_begin_row(batch);
    if (scan->columns == NULL) {
        reason = read_whole(scan, &cursor, batch);
    } else {
        reason = read_members(scan, &cursor, batch);
        set_missing(scan, batch);
    }
    if (reason == NULL) {
        tg_batch_commit_row(batch);
    }
    return reason;
}
