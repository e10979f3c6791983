/* Reading the options of the csv parser. */
#include <string.h>

#include "loader/parser/csv.h"
#include "loader/stream.h"
#include "params/params.h"

static CsvText text_new(const char *text)
{
    return (CsvText){.bytes = g_strdup(text), .size_bytes = strlen(text)};
}

static const char *newline_bytes(const char *name)
{
    if (strcmp(name, "CRLF") == 0) {
        return "\r\n";
    }
    if (strcmp(name, "LF") == 0) {
        return "\n";
    }
    return strcmp(name, "CR") == 0 ? "\r" : NULL;
}

/* `quote` or `escape`: one ASCII character, null for none; the empty text is an old spelling. */
static gboolean read_character(const json_t *options, const char *key, char fallback,
                               char when_empty, char *out, GError **error)
{
    const json_t *value = json_object_get(options, key);
    g_autofree char *text = NULL;

    if (value == NULL || json_is_null(value)) {
        *out = (char)(value == NULL ? fallback : 0);
        return TRUE;
    }
    text = tg_params_dup_text(options, key, error);
    if (text == NULL) {
        return FALSE;
    }
    if (strlen(text) > 1 || (guchar)*text > 0x7f) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be one ASCII character, not '%s'",
                    key, text);
        return FALSE;
    }
    *out = (char)(*text == '\0' ? when_empty : *text);
    return TRUE;
}

static gboolean read_newlines(CsvConfig *config, const json_t *options, GError **error)
{
    g_autofree char *newline = NULL;
    g_autofree char *recognized = NULL;

    if (!tg_params_dup_text_or(options, "newline", config->exact ? NULL : "CRLF", &newline,
                               error) ||
        !tg_params_dup_text_or(options, "line_delimiter_recognized", NULL, &recognized, error)) {
        return FALSE;
    }
    if ((newline != NULL && newline_bytes(newline) == NULL) ||
        (recognized != NULL && newline_bytes(recognized) == NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'newline' and 'line_delimiter_recognized' must be CRLF, LF or CR");
        return FALSE;
    }
    if (newline != NULL) {
        config->newline = text_new(newline_bytes(newline));
    }
    config->ends_cr = recognized == NULL || strcmp(recognized, "CR") == 0;
    config->ends_lf = recognized == NULL || strcmp(recognized, "LF") == 0;
    config->ends_crlf = recognized == NULL || strcmp(recognized, "CRLF") == 0;
    return TRUE;
}

static gboolean read_nulls(CsvConfig *config, const json_t *options, GError **error)
{
    const json_t *list = json_object_get(options, "null_strings");
    g_autofree char *single = NULL;
    json_t *value = NULL;
    size_t index = 0;

    if (!tg_params_dup_text_or(options, "null_string", NULL, &single, error)) {
        return FALSE;
    }
    if (single != NULL) {
        config->nulls[config->null_count++] = text_new(single);
    }
    if (list == NULL || json_is_null(list)) {
        return TRUE;
    }
    config->has_null_list = single == NULL;
    json_array_foreach (list, index, value) {
        if (!json_is_string(value) || config->null_count == CSV_NULL_STRINGS_MAX) {
            break;
        }
        config->nulls[config->null_count++] = text_new(json_string_value(value));
    }
    if (!json_is_array(list) || index < json_array_size(list) || index == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'null_strings' must be a list of at most %u texts", CSV_NULL_STRINGS_MAX);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_header(CsvConfig *config, const json_t *options, GError **error)
{
    gint64 lines = 0;
    gboolean header = FALSE;

    if (!tg_params_get_int64(options, "skip_header_lines", 0, &lines, error) ||
        !tg_params_get_boolean(options, "header_line", FALSE, &header, error)) {
        return FALSE;
    }
    if (tg_params_has(options, "header_line")) {
        if (lines > 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'header_line' is invalid together with 'skip_header_lines'");
            return FALSE;
        }
        lines = header ? 1 : 0;
    }
    if (lines < 0 || lines > G_MAXINT) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'skip_header_lines' must not be negative");
        return FALSE;
    }
    config->skip_header_lines = (guint)lines;
    return TRUE;
}

static gboolean read_stray_quotes(CsvConfig *config, const json_t *options, GError **error)
{
    static const char strict[] = "ACCEPT_ONLY_RFC4180_ESCAPED";
    static const char stray[] = "ACCEPT_STRAY_QUOTES_ASSUMING_NO_DELIMITERS_IN_FIELDS";
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(options, "quotes_in_quoted_fields", strict, &text, error)) {
        return FALSE;
    }
    config->stray_quotes = strcmp(text, stray) == 0;
    if (!config->stray_quotes && strcmp(text, strict) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'quotes_in_quoted_fields' must be %s or %s",
                    strict, stray);
        return FALSE;
    }
    if (config->stray_quotes && config->trim) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'quotes_in_quoted_fields: %s' cannot go with 'trim_if_not_quoted: true'",
                    stray);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_texts(CsvConfig *config, const json_t *options, GError **error)
{
    g_autofree char *delimiter = NULL;
    g_autofree char *comment = NULL;

    if (!tg_params_dup_text_or(options, "delimiter", ",", &delimiter, error) ||
        !tg_params_dup_text_or(options, "comment_line_marker", NULL, &comment, error) ||
        !tg_params_dup_text_or(options, "charset", "utf-8", &config->charset, error)) {
        return FALSE;
    }
    if (*delimiter == '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'delimiter' must not be empty");
        return FALSE;
    }
    config->delimiter = text_new(delimiter);
    if (comment != NULL && *comment != '\0') {
        config->comment = text_new(comment);
    }
    return tg_charset_is_utf8(config->charset) ||
           tg_charset_iconv_name(config->charset, error) != NULL;
}

static void set_kinds(CsvConfig *config)
{
    config->is_simple = config->delimiter.size_bytes == 1 && !config->trim;
    config->kinds[(guchar)config->delimiter.bytes[0]] |= CSV_DELIMITER;
    config->kinds['\r'] |= config->ends_cr || config->ends_crlf ? CSV_EOL : 0;
    config->kinds['\n'] |= config->ends_lf ? CSV_EOL : 0;
    if (config->escape != 0) {
        config->kinds[(guchar)config->escape] |= CSV_ESCAPE;
    }
    if (config->quote != 0) {
        config->kinds[(guchar)config->quote] |= CSV_QUOTE;
    }
}

gboolean csv_config_read(CsvConfig *config, TgLoaderContext *context, const json_t *options,
                         GError **error)
{
    config->exact = tg_loader_context_job(context)->exact_types;
    if (!read_texts(config, options, error) ||
        !read_character(options, "quote", '"', '"', &config->quote, error) ||
        !read_character(options, "escape", '\\', 0, &config->escape, error) ||
        !tg_params_get_boolean(options, "trim_if_not_quoted", FALSE, &config->trim, error) ||
        !tg_params_get_boolean(options, "allow_optional_columns", FALSE, &config->optional_columns,
                               error) ||
        !tg_params_get_boolean(options, "allow_extra_columns", FALSE, &config->extra_columns,
                               error) ||
        !tg_params_get_boolean(options, "stop_on_invalid_record",
                               tg_loader_stops_on_invalid(context), &config->stops, error) ||
        !tg_params_get_int64(options, "max_quoted_size_limit", 131072, &config->quoted_chars_max,
                             error) ||
        !read_stray_quotes(config, options, error) || !read_newlines(config, options, error) ||
        !read_nulls(config, options, error) || !read_header(config, options, error)) {
        return FALSE;
    }
    config->columns = tg_column_config_new(context, options, error);
    if (config->columns == NULL) {
        return FALSE;
    }
    set_kinds(config);
    return TRUE;
}

void csv_config_clear(CsvConfig *config)
{
    g_free((char *)config->delimiter.bytes);
    g_free((char *)config->newline.bytes);
    g_free((char *)config->comment.bytes);
    for (guint i = 0; i < config->null_count; i++) {
        g_free((char *)config->nulls[i].bytes);
    }
    g_free(config->charset);
    tg_column_config_free(config->columns);
}
