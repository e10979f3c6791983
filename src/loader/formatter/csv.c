/* formatter csv (embulk-formatter-csv). */
#include <string.h>

#include "loader/plugin.h"
#include "loader/stream.h"
#include "loader/time_format.h"
#include "loader/value_text.h"
#include "params/params.h"

typedef enum { QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONE } QuotePolicy;

typedef struct {
    TgFormatter formatter;
    const TgSchema *schema;
    gboolean has_header;
    char delimiter;
    char quote;
    char escape;
    QuotePolicy policy;
    char *null_text;
    gsize null_size;
    gboolean has_plain_numbers; /* which need no quotes */
    guint8 special[256];        /* bytes that a text without quotes cannot have */
    const char *newline;        /* ends a record */
    gsize newline_size;
    const char *newline_in_field; /* what line breaks in values become */
    GIConv charset;               /* NULL: UTF-8 */
    gboolean has_mark;            /* UTF-16: a byte order mark comes first */
    TgTimeFormat **formats;
    TgTimeZone **zones;
} CsvFormatter;

/* Line breaks of any kind become one kind. */
static void append_lines(const CsvFormatter *self, GString *out, const char *text, gsize size)
{
    for (gsize i = 0; i < size; i++) {
        if (text[i] == '\r' || text[i] == '\n') {
            g_string_append(out, self->newline_in_field);
            i += text[i] == '\r' && i + 1 < size && text[i + 1] == '\n' ? 1 : 0;
        } else {
            g_string_append_c(out, text[i]);
        }
    }
}

static void append_quoted(const CsvFormatter *self, GString *out, const char *text, gsize size)
{
    g_autoptr(GString) lines = g_string_sized_new(size + 8);

    append_lines(self, lines, text, size);
    g_string_append_c(out, self->quote);
    for (gsize i = 0; i < lines->len; i++) {
        if (lines->str[i] == self->quote) { /* the escape itself is left alone, as in Embulk */
            g_string_append_c(out, self->escape);
        }
        g_string_append_c(out, lines->str[i]);
    }
    g_string_append_c(out, self->quote);
}

static void append_escaped(const CsvFormatter *self, GString *out, const char *text, gsize size)
{
    g_autoptr(GString) lines = g_string_sized_new(size + 8);

    append_lines(self, lines, text, size);
    for (gsize i = 0; i < lines->len; i++) {
        char c = lines->str[i];

        if (c == self->delimiter || c == '\r' || c == '\n') {
            g_string_append_c(out, self->escape);
        }
        g_string_append_c(out, c);
    }
}

/* Sixteen bytes at a time, as the compiler has them for any processor. */
typedef guint8 Bytes __attribute__((vector_size(16)));

/* Sets a byte of the result wherever the text has one that needs quotes. */
static Bytes find_special(const CsvFormatter *self, const char *text)
{
    Bytes bytes;

    memcpy(&bytes, text, sizeof bytes);
    return (Bytes)((bytes == (guint8)self->quote) | (bytes == (guint8)self->delimiter) |
                   (bytes == '\r') | (bytes == '\n'));
}

static gboolean needs_quotes(const CsvFormatter *self, const char *text, gsize size)
{
    gsize i = 0;
    guint few = 0;
    Bytes many = {0};
    guint64 halves[2];

    if (size == self->null_size && memcmp(text, self->null_text, size) == 0) {
        return TRUE;
    }
    for (; i + sizeof many <= size; i += sizeof many) {
        many |= find_special(self, text + i);
    }
    if (i < size && size >= sizeof many) {
        many |= find_special(self, text + size - sizeof many);
    } else {
        for (; i < size; i++) {
            few |= self->special[(guchar)text[i]];
        }
    }
    memcpy(halves, &many, sizeof halves);
    return few != 0 || (halves[0] | halves[1]) != 0;
}

static void append_text(const CsvFormatter *self, GString *out, const char *text, gsize size)
{
    if (self->policy == QUOTE_NONE) {
        append_escaped(self, out, text, size);
    } else if (self->policy == QUOTE_ALL || needs_quotes(self, text, size)) {
        append_quoted(self, out, text, size);
    } else {
        tg_string_append(out, text, size);
    }
}

static gboolean fail_charset(GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_BUG, "the charset of the csv formatter cannot convert");
    return FALSE;
}

/* Appends a '?' in the charset, for a character that it lacks. */
static gboolean append_mark(const CsvFormatter *self, GString *out, GError **error)
{
    char block[16];
    char mark[] = "?";
    char *in = mark;
    char *to = block;
    gsize in_left = 1;
    gsize to_left = sizeof block;

    if (g_iconv(self->charset, &in, &in_left, &to, &to_left) == (gsize)-1) {
        return fail_charset(error);
    }
    g_string_append_len(out, block, to - block);
    return TRUE;
}

/* Appends UTF-8 in the formatter's charset; what it lacks becomes '?', as Java does. */
static gboolean append_in_charset(const CsvFormatter *self, GString *out, const GString *text,
                                  GError **error)
{
    char *in = text->str;
    gsize in_left = text->len;

    while (in_left > 0) {
        char block[4096];
        char *to = block;
        gsize to_left = sizeof block;
        gsize result = g_iconv(self->charset, &in, &in_left, &to, &to_left);
        gboolean is_full = to_left <= 8;

        g_string_append_len(out, block, to - block);
        gboolean is_lacking = result == (gsize)-1 && !is_full && in_left > 0;
        gsize skip = is_lacking ? MIN((gsize)(g_utf8_next_char(in) - in), in_left) : 0;

        in += skip;
        in_left -= skip;
        if (is_lacking && !append_mark(self, out, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean append_all(const CsvFormatter *self, GString *out, const GString *text,
                           GError **error)
{
    if (self->charset == NULL) {
        g_string_append_len(out, text->str, (gssize)text->len);
        return TRUE;
    }
    return append_in_charset(self, out, text, error);
}

static gboolean formatter_begin(const TgFormatter *formatter, GString *out, GError **error)
{
    const CsvFormatter *self = (const CsvFormatter *)formatter;
    g_autoptr(GString) line = g_string_new(NULL);

    if (self->has_mark) {
        g_string_append_len(out, "\xfe\xff", 2);
    }
    if (!self->has_header) {
        return TRUE;
    }
    for (guint i = 0; i < self->schema->count; i++) {
        const char *name = self->schema->columns[i].name;

        if (i > 0) {
            g_string_append_c(line, self->delimiter);
        }
        append_text(self, line, name, strlen(name));
    }
    g_string_append(line, self->newline);
    return append_all(self, out, line, error);
}

static gboolean is_number(TgType type)
{
    return type.id != TG_TYPE_DATE && type.id != TG_TYPE_TIME && type.id != TG_TYPE_TIMESTAMP &&
           type.id != TG_TYPE_BOOLEAN;
}

static void append_value(const CsvFormatter *self, const TgBatch *batch, guint column, guint row,
                         GString *scratch, GString *out)
{
    const TgVector *vector = batch->vectors[column];
    gsize size = 0;
    const char *text = NULL;

    if (!tg_vector_is_valid(vector, row)) {
        tg_string_append(out, self->null_text, self->null_size); /* never quoted but by ALL */
        return;
    }
    if (tg_type_is_bytes(vector->type)) {
        text = tg_vector_get_bytes(vector, row, &size);
        append_text(self, out, text, size);
        return;
    }
    gsize start = out->len;

    if (tg_value_is_instant(vector->type)) {
        tg_time_format_write(self->formats[column], self->zones[column],
                             tg_vector_get_nanos(vector, row), out);
    } else {
        tg_value_append(out, vector, row);
    }
    if (is_number(vector->type) && self->has_plain_numbers) {
        return;
    }
    if (self->policy != QUOTE_MINIMAL || needs_quotes(self, out->str + start, out->len - start)) {
        g_string_truncate(scratch, 0);
        g_string_append_len(scratch, out->str + start, (gssize)(out->len - start));
        g_string_truncate(out, start);
        append_text(self, out, scratch->str, scratch->len);
    }
}

static void append_row(const CsvFormatter *self, const TgBatch *batch, guint row, GString *scratch,
                       GString *out)
{
    for (guint i = 0; i < batch->count; i++) {
        if (i > 0) {
            g_string_append_c(out, self->delimiter);
        }
        append_value(self, batch, i, row, scratch, out);
    }
    tg_string_append(out, self->newline, self->newline_size);
}

static gboolean formatter_add(const TgFormatter *formatter, const TgBatch *batch, GString *out,
                              GError **error)
{
    const CsvFormatter *self = (const CsvFormatter *)formatter;
    g_autoptr(GString) scratch = g_string_new(NULL);
    g_autoptr(GString) text = self->charset == NULL ? NULL : g_string_new(NULL);
    GString *into = text == NULL ? out : text;

    for (guint row = 0; row < batch->rows; row++) {
        append_row(self, batch, row, scratch, into);
    }
    return text == NULL || append_in_charset(self, out, text, error);
}

static void formatter_free(TgFormatter *formatter)
{
    CsvFormatter *self = (CsvFormatter *)formatter;

    for (guint i = 0; i < self->schema->count; i++) {
        tg_time_format_free(self->formats[i]);
        tg_time_zone_free(self->zones[i]);
    }
    if (self->charset != NULL) {
        g_iconv_close(self->charset);
    }
    g_free(self->formats);
    g_free(self->zones);
    g_free(self->null_text);
    g_free(self);
}

static const char *newline_text(const char *name)
{
    if (strcmp(name, "CRLF") == 0) {
        return "\r\n";
    }
    if (strcmp(name, "LF") == 0) {
        return "\n";
    }
    return strcmp(name, "CR") == 0 ? "\r" : NULL;
}

static gboolean read_char(const json_t *config, const char *key, char fallback, char *out,
                          GError **error)
{
    g_autofree char *text = NULL;
    char fallback_text[] = {fallback, '\0'};

    if (!tg_params_dup_text_or(config, key, fallback_text, &text, error)) {
        return FALSE;
    }
    if (strlen(text) > 1 || (guchar)*text > 0x7f || (*text == '\0' && fallback == ',')) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be one ASCII character, not '%s'",
                    key, text);
        return FALSE;
    }
    *out = (char)(*text == '\0' ? fallback : *text);
    return TRUE;
}

static gboolean read_policy(CsvFormatter *self, const json_t *config, GError **error)
{
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, "quote_policy", "MINIMAL", &text, error)) {
        return FALSE;
    }
    if (strcmp(text, "ALL") == 0) {
        self->policy = QUOTE_ALL;
    } else if (strcmp(text, "NONE") == 0) {
        self->policy = QUOTE_NONE;
    } else if (strcmp(text, "MINIMAL") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'quote_policy' must be MINIMAL, ALL or NONE, not '%s'", text);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_newlines(CsvFormatter *self, const json_t *config, GError **error)
{
    g_autofree char *newline = NULL;
    g_autofree char *in_field = NULL;

    if (!tg_params_dup_text_or(config, "newline", "CRLF", &newline, error) ||
        !tg_params_dup_text_or(config, "newline_in_field", "LF", &in_field, error)) {
        return FALSE;
    }
    self->newline = newline_text(newline);
    self->newline_in_field = newline_text(in_field);
    if (self->newline == NULL || self->newline_in_field == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'newline' and 'newline_in_field' must be CRLF, LF or CR");
        return FALSE;
    }
    return TRUE;
}

static gboolean read_charset(CsvFormatter *self, const json_t *config, GError **error)
{
    g_autofree char *charset = NULL;
    const char *name = NULL;

    if (!tg_params_dup_text_or(config, "charset", "utf-8", &charset, error)) {
        return FALSE;
    }
    if (tg_charset_is_utf8(charset)) {
        return TRUE;
    }
    name = tg_charset_iconv_name(charset, error);
    if (name == NULL) {
        return FALSE;
    }
    self->has_mark = g_ascii_strcasecmp(charset, "UTF-16") == 0;
    self->charset = g_iconv_open(name, "UTF-8");
    return TRUE;
}

static gboolean open_times(CsvFormatter *self, const json_t *config, GError **error)
{
    const json_t *all = json_object_get(config, "column_options");
    g_autofree char *format_default = NULL;
    g_autofree char *zone_default = NULL;

    if (!tg_params_dup_text_or(config, "default_timestamp_format", "%Y-%m-%d %H:%M:%S.%6N %z",
                               &format_default, error) ||
        !tg_params_dup_text_or(config, "default_timezone", "UTC", &zone_default, error)) {
        return FALSE;
    }
    for (guint i = 0; i < self->schema->count; i++) {
        const TgColumn *column = &self->schema->columns[i];
        const json_t *options = json_object_get(all, column->name);
        g_autofree char *format = NULL;
        g_autofree char *zone = NULL;

        if (!tg_value_is_instant(column->type)) {
            continue;
        }
        if (!tg_params_dup_text_or(options, "format", format_default, &format, error) ||
            !tg_params_dup_text_or(options, "timezone", zone_default, &zone, error)) {
            return FALSE;
        }
        self->formats[i] = tg_time_format_new(format, error);
        self->zones[i] = self->formats[i] == NULL ? NULL : tg_time_zone_new(zone, error);
        if (self->zones[i] == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean check_columns(const CsvFormatter *self, const json_t *config, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach (json_object_get(config, "column_options"), key, value) {
        if (tg_schema_find(self->schema, key) < 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "column_options: there is no column '%s'",
                        key);
            return FALSE;
        }
    }
    return TRUE;
}

/* Whether a number can have it in its text, also "-Infinity" and "NaN". */
static gboolean is_of_number(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '+' || c == '.';
}

static void mark_special(CsvFormatter *self)
{
    self->null_size = strlen(self->null_text);
    self->newline_size = strlen(self->newline);
    self->special[(guchar)self->quote] = 1;
    self->special[(guchar)self->delimiter] = 1;
    self->special['\r'] = 1;
    self->special['\n'] = 1;
    self->has_plain_numbers = self->policy == QUOTE_MINIMAL && !is_of_number(self->quote) &&
                              !is_of_number(self->delimiter) && !is_of_number(*self->null_text);
}

static gboolean open_with(CsvFormatter *self, const json_t *config, GError **error)
{
    return tg_params_get_boolean(config, "header_line", TRUE, &self->has_header, error) &&
           read_char(config, "delimiter", ',', &self->delimiter, error) &&
           read_char(config, "quote", '"', &self->quote, error) &&
           read_policy(self, config, error) &&
           read_char(config, "escape", (char)(self->policy == QUOTE_NONE ? '\\' : self->quote),
                     &self->escape, error) &&
           tg_params_dup_text_or(config, "null_string", "", &self->null_text, error) &&
           read_newlines(self, config, error) && read_charset(self, config, error) &&
           check_columns(self, config, error) && open_times(self, config, error);
}

static TgFormatter *formatter_open(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                                   const TgSchema *schema, GError **error)
{
    static const TgFormatterClass class = {
        .begin = formatter_begin, .add = formatter_add, .free = formatter_free};
    CsvFormatter *self = g_new0(CsvFormatter, 1);

    self->formatter.class = &class;
    self->schema = schema;
    self->formats = g_new0(TgTimeFormat *, schema->count + 1);
    self->zones = g_new0(TgTimeZone *, schema->count + 1);
    if (!open_with(self, config, error)) {
        formatter_free(&self->formatter);
        return NULL;
    }
    mark_special(self);
    return &self->formatter;
}

static const TgLoaderOption options[] = {
    {"header_line", "boolean", "true", "Write the names of the columns first."},
    {"delimiter", "text", ",", "One character between values."},
    {"quote", "text", "\"", "The quote."},
    {"quote_policy", "text", "MINIMAL", "MINIMAL, ALL or NONE."},
    {"escape", "text", "the quote; \\ with NONE", "Stands before a quote, or itself, in values."},
    {"null_string", "text", "", "What null is written as."},
    {"newline", "text", "CRLF", "Ends a record: CRLF, LF or CR."},
    {"newline_in_field", "text", "LF", "What line breaks in values become."},
    {"charset", "text", "utf-8", "What the file is written in; Java's names."},
    {"default_timezone", "text", "UTC", "Zone of timestamps."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%6N %z", "Format of timestamps."},
    {"column_options", "map", "{}", "By column: format, timezone."},
    {0}};

const TgFormatterPlugin tg_formatter_csv = {
    .name = "csv", .help = "Delimited text.", .options = options, .open = formatter_open};
