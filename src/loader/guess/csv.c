/* guess csv: all options of the csv parser (embulk-guess-csv). */
#include "loader/guess/csv.h"

#include <string.h>

#include "loader/charset_detect.h"
#include "loader/plugin.h"
#include "loader/sample_text.h"
#include "params/params.h"

#define SURE_CHARACTERS_EMBULK 100u /* ICU is unsure about short samples, too */
#define SURE_CHARACTERS_EXACT 1u
#define COLUMNS_MAX 10000u
#define HEAD_BYTES ((gsize)64 * 1024) /* enough for all but types and nulls */

/* A guess under way. */
typedef struct {
    const json_t *given; /* in.parser as it stands */
    json_t *found;       /* what it becomes */
    gboolean exact;
    gboolean strings_only; /* csv_all_strings */
    char *text;
    gsize size_bytes;
    GPtrArray *lines;
    CsvDialect dialect;
    guint skip_lines;
    GPtrArray *records; /* of the whole sample, not trimmed, behind the skipped lines */
    GPtrArray *nulls;   /* of texts, lent; NULL-terminated by g_ptr_array_add */
} CsvGuess;

static void guess_clear(CsvGuess *guess)
{
    json_decref(guess->found);
    g_free(guess->text);
    g_clear_pointer(&guess->lines, g_ptr_array_unref);
    g_clear_pointer(&guess->records, g_ptr_array_unref);
    g_clear_pointer(&guess->nulls, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CsvGuess, guess_clear)

static gboolean is_given(const CsvGuess *self, const char *key)
{
    return json_object_get(self->given, key) != NULL;
}

static void set_text(CsvGuess *self, const char *key, const char *value)
{
    json_object_set_new(self->found, key, value == NULL ? json_null() : json_string(value));
}

static void set_char(CsvGuess *self, const char *key, char value)
{
    char text[] = {value, '\0'};

    set_text(self, key, value == '\0' ? NULL : text);
}

/* The option as given, or the guess, which is also noted down. */
static char char_option(CsvGuess *self, const char *key, char guessed)
{
    const json_t *given = json_object_get(self->given, key);

    if (given == NULL) {
        set_char(self, key, guessed);
        return guessed;
    }
    return json_is_string(given) ? *json_string_value(given) : '\0';
}

static void guess_charset(CsvGuess *self, const TgGuessSample *sample)
{
    const char *charset = json_string_value(json_object_get(self->given, "charset"));
    g_autofree char *detected = NULL;

    if (charset == NULL) {
        detected = self->exact ? NULL : tg_charset_detect(sample->bytes, sample->size_bytes);
        charset = detected != NULL ? detected
                                   : tg_sample_charset(sample->bytes, sample->size_bytes,
                                                       self->exact ? SURE_CHARACTERS_EXACT
                                                                   : SURE_CHARACTERS_EMBULK);
        set_text(self, "charset", charset);
    }
    if (!is_given(self, "newline") && !self->exact) {
        set_text(self, "newline", tg_sample_newline(sample->bytes, sample->size_bytes));
    }
    self->text = tg_sample_to_utf8(sample->bytes, sample->size_bytes, charset, &self->size_bytes);
    self->lines = csv_split_lines(self->text, MIN(self->size_bytes, HEAD_BYTES),
                                  sample->is_whole && self->size_bytes <= HEAD_BYTES);
    if (!sample->is_whole) { /* what is behind the last line end may be half a record */
        const char *last = memrchr(self->text, '\n', self->size_bytes);

        self->size_bytes = last == NULL ? self->size_bytes : (gsize)(last + 1 - self->text);
    }
}

static void guess_dialect(CsvGuess *self)
{
    char delimiter = char_option(self, "delimiter", csv_guess_delimiter(self->lines));
    char quote = char_option(self, "quote", csv_guess_quote(self->lines, delimiter));

    self->dialect.delimiter = delimiter;
    self->dialect.quote = quote;
    if (quote != '\0') {
        self->dialect.escape =
            char_option(self, "escape", csv_guess_escape(self->lines, delimiter, quote));
    }
}

/* How many of the sample's bytes the first lines take. */
static gsize bytes_of_lines(const CsvGuess *self, guint lines)
{
    const char *at = self->text;
    const char *end = self->text + self->size_bytes;

    for (; lines > 0 && at < end; lines--) {
        while (at < end && *at != '\n' && *at != '\r') {
            at++;
        }
        at += at + 1 < end && at[0] == '\r' && at[1] == '\n' ? 2 : 1;
    }
    return (gsize)(MIN(at, end) - self->text);
}

/* Bytes of whole lines at the start of the sample. */
static gsize head_bytes(const CsvGuess *self)
{
    const char *last =
        self->size_bytes <= HEAD_BYTES ? NULL : memrchr(self->text, '\n', HEAD_BYTES);

    return last == NULL ? self->size_bytes : (gsize)(last + 1 - self->text);
}

static GPtrArray *split_rest(CsvGuess *self, gboolean trim, gsize size_bytes)
{
    gsize skipped = bytes_of_lines(self, self->skip_lines);

    self->dialect.trim = trim;
    self->dialect.skip_empty = TRUE;
    return csv_split(self->text + skipped, MAX(size_bytes, skipped) - skipped, &self->dialect);
}

/* Texts that stand where other values are numbers, booleans or times. */
static void guess_null_list(CsvGuess *self)
{
    static const char *const candidates[] = {"NA",  "N/A",  "null", "NULL", "#N/A",
                                             "\\N", "None", "nan",  NULL};
    g_autoptr(GPtrArray) found = csv_guess_nulls(self->records, 1, candidates, TRUE);
    json_t *list = json_pack("[s]", "");

    for (guint i = 0; i < found->len; i++) {
        json_array_append_new(list, json_string(g_ptr_array_index(found, i)));
        g_ptr_array_add(self->nulls, g_ptr_array_index(found, i));
    }
    if (found->len > 0) {
        json_object_set(self->found, "null_strings", list);
    }
    json_decref(list);
}

/* Texts that mean null: those that Embulk knows, with exact types also NA where it stands among
 * numbers. */
static void guess_nulls(CsvGuess *self)
{
    const char *given = json_string_value(json_object_get(self->given, "null_string"));
    const char *single = NULL;

    self->nulls = g_ptr_array_new();
    if (given != NULL) {
        g_ptr_array_add(self->nulls, (gpointer)given);
    } else if (!self->exact) {
        single = csv_guess_null_string(self->lines, self->dialect.delimiter);
        if (single != NULL) {
            set_text(self, "null_string", single);
            g_ptr_array_add(self->nulls, (gpointer)single);
        }
    } else if (!is_given(self, "null_strings")) {
        guess_null_list(self);
    }
    g_ptr_array_add(self->nulls, NULL);
}

static void guess_skip_lines(CsvGuess *self)
{
    const char *comment = json_string_value(json_object_get(self->given, "comment_line_marker"));

    self->dialect.skip_empty = FALSE;
    g_autoptr(GPtrArray) records = csv_split(self->text, head_bytes(self), &self->dialect);

    self->skip_lines = csv_guess_skip_lines(records);
    if (comment == NULL && !is_given(self, "comment_line_marker")) {
        comment = csv_guess_comment(self->lines, self->skip_lines);
        if (comment != NULL) {
            set_text(self, "comment_line_marker", comment);
        }
    }
    self->dialect.comment = comment;
}

/* Types of all columns from a record on; an array of {"type", "format"?}. */
static json_t *guess_types(const CsvGuess *self, const GPtrArray *records, guint first_record,
                           guint end_record)
{
    CsvTypeRules rules = {.exact = self->exact, .nulls = (const char *const *)self->nulls->pdata};
    json_t *types = json_array();
    guint columns = 0;
    GPtrArray part = {.pdata = records->pdata, .len = MIN(end_record, records->len)};

    for (guint i = first_record; i < part.len; i++) {
        columns = MAX(columns, ((const GArray *)g_ptr_array_index(&part, i))->len);
    }
    for (guint i = 0; i < MIN(columns, COLUMNS_MAX); i++) {
        json_array_append_new(types, self->strings_only
                                         ? json_pack("{s:s}", "type", "string")
                                         : csv_guess_type(&part, first_record, i, &rules));
    }
    return types;
}

static gboolean all_strings(const json_t *types)
{
    json_t *type = NULL;
    size_t index = 0;

    json_array_foreach (types, index, type) {
        const char *name = json_string_value(json_object_get(type, "type"));

        if (strcmp(name, "string") != 0 && strcmp(name, "boolean") != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *column_name(const GPtrArray *records, guint column, gboolean has_header)
{
    const GArray *header = g_ptr_array_index(records, 0);
    const CsvCell *cell =
        has_header && column < header->len ? &g_array_index(header, CsvCell, column) : NULL;

    if (cell == NULL || cell->text == NULL) {
        return g_strdup_printf("c%u", column);
    }
    return g_strstrip(g_strdup(cell->text));
}

static void set_columns(CsvGuess *self, const GPtrArray *records, const json_t *types,
                        gboolean has_header)
{
    json_t *columns = json_array();
    gsize count = json_array_size(types);

    if (has_header) {
        count = MIN(count, ((const GArray *)g_ptr_array_index(records, 0))->len);
    }
    for (gsize i = 0; i < count; i++) {
        g_autofree char *name = column_name(records, (guint)i, has_header);
        json_t *column = json_pack("{s:s}", "name", name);

        json_object_update(column, json_array_get(types, i));
        json_array_append_new(columns, column);
    }
    json_object_set_new(self->found, "columns", columns);
}

static void set_fallback(CsvGuess *self, const char *key, json_t *take_value)
{
    if (!is_given(self, key)) {
        json_object_set(self->found, key, take_value);
    }
    json_decref(take_value);
}

/* Whether the first of the records is a header, which a skip_header_lines of the user decides. */
static gboolean decide_header(const CsvGuess *self, const GPtrArray *records, const json_t *types)
{
    g_autoptr(json_t) first = NULL;

    if (records->len < 2) {
        return FALSE;
    }
    CsvGuess plain = *self;

    plain.strings_only = FALSE;
    first = guess_types(&plain, records, 0, 1);
    g_autoptr(json_t) others = self->strings_only ? guess_types(&plain, records, 1, records->len)
                                                  : json_incref((json_t *)types);

    return (!json_equal(first, others) && all_strings(first)) || csv_has_header_of_strings(records);
}

/* Whether dropping the blanks around values makes other types. */
static gboolean guess_trim(CsvGuess *self)
{
    g_autoptr(GPtrArray) plain = split_rest(self, FALSE, head_bytes(self));
    g_autoptr(GPtrArray) trimmed = split_rest(self, TRUE, head_bytes(self));
    guint first_row = plain->len > 1 ? 1 : 0;
    g_autoptr(json_t) types = guess_types(self, plain, first_row, plain->len);
    g_autoptr(json_t) types_trimmed = guess_types(self, trimmed, first_row, trimmed->len);
    gboolean trim = !json_equal(types, types_trimmed);

    if (is_given(self, "trim_if_not_quoted")) {
        return json_is_true(json_object_get(self->given, "trim_if_not_quoted"));
    }
    json_object_set_new(self->found, "trim_if_not_quoted", json_boolean(trim));
    return trim;
}

static gboolean guess_columns(CsvGuess *self)
{
    gboolean trim = self->records->len > 0 && guess_trim(self);
    g_autoptr(GPtrArray) records =
        trim ? split_rest(self, TRUE, self->size_bytes) : g_ptr_array_ref(self->records);
    guint first_row = records->len > 1 ? 1 : 0;

    if (records->len == 0) {
        return FALSE;
    }
    g_autoptr(json_t) types = guess_types(self, records, first_row, records->len);
    gboolean has_header = decide_header(self, records, types);

    set_fallback(self, "skip_header_lines",
                 json_integer((json_int_t)self->skip_lines + (has_header ? 1 : 0)));
    set_fallback(self, "allow_extra_columns", json_false());
    set_fallback(self, "allow_optional_columns", json_false());
    if (!has_header && self->exact) { /* the first record counts, too */
        g_autoptr(json_t) all = guess_types(self, records, 0, records->len);

        set_columns(self, records, all, FALSE);
    } else {
        set_columns(self, records, types, has_header);
    }
    return TRUE;
}

static json_t *guess_with(TgLoaderContext *context, const json_t *config,
                          const TgGuessSample *sample, gboolean strings_only)
{
    const json_t *parser = json_object_get(config, "parser");
    const char *type = json_string_value(json_object_get(parser, "type"));
    g_auto(CsvGuess) self = {.given = parser,
                             .found = json_object(),
                             .exact = tg_loader_context_job(context)->exact_types,
                             .strings_only = strings_only};

    if (type != NULL && strcmp(type, "csv") != 0) {
        return json_object();
    }
    if (self.exact && json_object_get(parser, "columns") != NULL) {
        return json_object();
    }
    guess_charset(&self, sample);
    if (self.lines->len == 0) {
        return json_object();
    }
    set_text(&self, "type", "csv");
    guess_dialect(&self);
    guess_skip_lines(&self);
    self.records = split_rest(&self, FALSE, self.size_bytes);
    guess_nulls(&self);
    if (!guess_columns(&self)) {
        return json_object();
    }
    return json_pack("{s:O}", "parser", self.found);
}

static json_t *guess_csv(TgLoaderContext *context, const json_t *config,
                         const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    return guess_with(context, config, sample, FALSE);
}

static json_t *guess_csv_all_strings(TgLoaderContext *context, const json_t *config,
                                     const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    return guess_with(context, config, sample, TRUE);
}

const TgGuessPlugin tg_guess_csv = {.name = "csv",
                                    .help = "Delimited text: dialect, columns and types.",
                                    .is_standard = TRUE,
                                    .guess = guess_csv};

const TgGuessPlugin tg_guess_csv_all_strings = {.name = "csv_all_strings",
                                                .help =
                                                    "Delimited text whose columns are all strings.",
                                                .guess = guess_csv_all_strings};
