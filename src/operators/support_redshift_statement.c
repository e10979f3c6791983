/* Text of COPY and UNLOAD. */
#include <string.h>

#include "operators/support_redshift.h"
#include "params/params.h"

typedef enum { FLAG, NUMBER, TEXT, WORD, CSV } Kind; /* WORD: ON and the like, without quotes */

typedef struct {
    const char *key;
    const char *name;
    Kind kind;
} Option;

/* In the order in which they are written. */
static const Option copy_options[] = {{"readratio", "READRATIO", NUMBER},
                                      {"manifest", "MANIFEST", FLAG},
                                      {"encrypted", "ENCRYPTED", FLAG},
                                      {"region", "REGION", TEXT},
                                      {"csv", "CSV", CSV},
                                      {"delimiter", "DELIMITER", TEXT},
                                      {"fixedwidth", "FIXEDWIDTH", TEXT},
                                      {"json", "FORMAT AS JSON", TEXT},
                                      {"avro", "FORMAT AS AVRO", TEXT},
                                      {"gzip", "GZIP", FLAG},
                                      {"bzip2", "BZIP2", FLAG},
                                      {"lzop", "LZOP", FLAG},
                                      {"acceptanydate", "ACCEPTANYDATE", FLAG},
                                      {"acceptinvchars", "ACCEPTINVCHARS", TEXT},
                                      {"blanksasnull", "BLANKSASNULL", FLAG},
                                      {"dateformat", "DATEFORMAT", TEXT},
                                      {"emptyasnull", "EMPTYASNULL", FLAG},
                                      {"encoding", "ENCODING", WORD},
                                      {"escape", "ESCAPE", FLAG},
                                      {"explicit_ids", "EXPLICIT_IDS", FLAG},
                                      {"fillrecord", "FILLRECORD", FLAG},
                                      {"ignoreblanklines", "IGNOREBLANKLINES", FLAG},
                                      {"ignoreheader", "IGNOREHEADER", NUMBER},
                                      {"null_as", "NULL AS", TEXT},
                                      {"removequotes", "REMOVEQUOTES", FLAG},
                                      {"roundec", "ROUNDEC", FLAG},
                                      {"timeformat", "TIMEFORMAT", TEXT},
                                      {"trimblanks", "TRIMBLANKS", FLAG},
                                      {"truncatecolumns", "TRUNCATECOLUMNS", FLAG},
                                      {"comprows", "COMPROWS", NUMBER},
                                      {"compupdate", "COMPUPDATE", WORD},
                                      {"maxerror", "MAXERROR", NUMBER},
                                      {"noload", "NOLOAD", FLAG},
                                      {"statupdate", "STATUPDATE", WORD},
                                      {NULL, NULL, FLAG}};

static const Option unload_options[] = {
    {"manifest", "MANIFEST", FLAG},   {"encrypted", "ENCRYPTED", FLAG},
    {"delimiter", "DELIMITER", TEXT}, {"fixedwidth", "FIXEDWIDTH", TEXT},
    {"gzip", "GZIP", FLAG},           {"bzip2", "BZIP2", FLAG},
    {"addquotes", "ADDQUOTES", FLAG}, {"null_as", "NULL AS", TEXT},
    {"escape", "ESCAPE", FLAG},       {"allowoverwrite", "ALLOWOVERWRITE", FLAG},
    {"parallel", "PARALLEL", WORD},   {NULL, NULL, FLAG}};

/* Redshift reads backslashes in literals: both are doubled. */
static char *escape(const char *text)
{
    g_autoptr(GString) escaped = g_string_new(NULL);

    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'' || *c == '\\') {
            g_string_append_c(escaped, *c);
        }
        g_string_append_c(escaped, *c);
    }
    return g_string_free(g_steal_pointer(&escaped), FALSE);
}

static void append_text(GString *sql, const Option *option, const char *text)
{
    g_autofree char *escaped = escape(text);

    g_string_append(sql, option->name);
    if (*text != '\0' && option->kind == CSV) {
        g_string_append_printf(sql, " QUOTE '%s'", escaped);
    } else if (*text != '\0') {
        g_string_append_printf(sql, option->kind == WORD ? " %s" : " '%s'", escaped);
    }
    g_string_append_c(sql, '\n');
}

static gboolean append_flag(GString *sql, const Option *option, const json_t *params,
                            GError **error)
{
    gboolean is_set = FALSE;

    if (!tg_params_get_boolean(params, option->key, FALSE, &is_set, error)) {
        return FALSE;
    }
    if (is_set) {
        g_string_append_printf(sql, "%s\n", option->name);
    }
    return TRUE;
}

static gboolean append_option(GString *sql, const Option *option, const json_t *params,
                              GError **error)
{
    g_autofree char *text = NULL;
    gint64 number = 0;

    if (!tg_params_has(params, option->key)) {
        return TRUE;
    }
    if (option->kind == FLAG) {
        return append_flag(sql, option, params, error);
    }
    if (option->kind == NUMBER) {
        if (!tg_params_get_int64(params, option->key, 0, &number, error)) {
            return FALSE;
        }
        g_string_append_printf(sql, "%s %" G_GINT64_FORMAT "\n", option->name, number);
        return TRUE;
    }
    if (!tg_params_dup_text_or(params, option->key, NULL, &text, error)) {
        return FALSE;
    }
    append_text(sql, option, text);
    return TRUE;
}

static gboolean append_options(GString *sql, const Option *options, const json_t *params,
                               GError **error)
{
    for (; options->key != NULL; options++) {
        if (!append_option(sql, options, params, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void append_credentials(GString *sql, const TgAwsKeys *keys)
{
    g_autofree char *plain =
        g_strdup_printf("aws_access_key_id=%s;aws_secret_access_key=%s%s%s", keys->access_key_id,
                        keys->secret_access_key, keys->session_token == NULL ? "" : ";token=",
                        keys->session_token == NULL ? "" : keys->session_token);
    g_autofree char *escaped = escape(plain);

    g_string_append_printf(sql, "CREDENTIALS '%s'\n", escaped);
}

/* Whether an option is there, and not false. */
static gboolean is_set(const json_t *params, const char *key)
{
    const json_t *value = json_object_get(params, key);

    return tg_params_has(params, key) && !json_is_false(value) &&
           g_strcmp0(json_string_value(value), "false") != 0;
}

static gboolean any_set(const json_t *params, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        if (is_set(params, *keys)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean check_word(const json_t *params, const char *key, const char *name, GError **error)
{
    static const char *const words[] = {"ON", "OFF", "TRUE", "FALSE", NULL};
    g_autofree char *text = NULL;
    g_autofree char *upper = NULL;

    if (!tg_params_dup_text_or(params, key, NULL, &text, error)) {
        return FALSE;
    }
    upper = text == NULL ? NULL : g_ascii_strup(text, -1);
    if (upper != NULL && !g_strv_contains(words, upper)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s should be in ON/OFF/TRUE/FALSE: %s", name,
                    text);
        return FALSE;
    }
    return TRUE;
}

/* Formats that exclude each other. */
static gboolean check_formats(const json_t *params, GError **error)
{
    static const struct {
        const char *key;
        const char *others[11];
        const char *message;
    } rules[] = {{"csv",
                  {"fixedwidth", "removequotes", "escape", NULL},
                  "CSV cannot be used with FIXEDWIDTH, REMOVEQUOTES, or ESCAPE"},
                 {"delimiter", {"fixedwidth", NULL}, "DELIMITER cannot be used with FIXEDWIDTH"},
                 {"json",
                  {"csv", "delimiter", "escape", "fillrecord", "avro", "fixedwidth",
                   "ignoreblanklines", "null_as", "readratio", "removequotes", NULL},
                  "JSON cannot be used with CSV, DELIMITER, AVRO, ESCAPE, FILLRECORD, FIXEDWIDTH, "
                  "IGNOREBLANKLINES, NULL AS, READRATIO or REMOVEQUOTES"},
                 {"avro",
                  {"csv", "delimiter", "json", "fixedwidth", NULL},
                  "AVRO cannot be used with CSV, DELIMITER, JSON or FIXEDWIDTH"}};

    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (tg_params_has(params, rules[i].key) && any_set(params, rules[i].others)) {
            g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG, rules[i].message);
            return FALSE;
        }
    }
    return TRUE;
}

char *tg_redshift_copy_statement(const json_t *params, const TgAwsKeys *keys, GError **error)
{
    g_autofree char *table = tg_params_dup_text(params, "table", error);
    g_autofree char *from = table == NULL ? NULL : tg_params_dup_text(params, "from", error);
    g_autoptr(GString) sql = g_string_new(NULL);

    if (from == NULL || !check_formats(params, error) ||
        !check_word(params, "statupdate", "STATUPDATE", error) ||
        !check_word(params, "compupdate", "COMPUPDATE", error)) {
        return NULL;
    }
    g_auto(GStrv) parts = g_strsplit(table, "\"", -1);
    g_autofree char *name = g_strjoinv("\"\"", parts);
    g_autofree char *source = escape(from);

    g_string_append_printf(sql, "COPY \"%s\" FROM '%s'\n", name, source);
    append_credentials(sql, keys);
    return append_options(sql, copy_options, params, error)
               ? g_string_free(g_steal_pointer(&sql), FALSE)
               : NULL;
}

static gboolean check_to(const char *to, GError **error)
{
    const char *bucket = to + strlen("s3://");

    if (!g_str_has_prefix(to, "s3://")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'to' should start with 's3://'. to=%s", to);
        return FALSE;
    }
    if (*bucket == '/' || *bucket == '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'to' includes empty bucket. to=%s", to);
        return FALSE;
    }
    return TRUE;
}

char *tg_redshift_unload_statement(const json_t *params, const char *query_id,
                                   const TgAwsKeys *keys, GError **error)
{
    g_autofree char *query = tg_params_dup_text(params, "query", error);
    g_autofree char *to = query == NULL ? NULL : tg_params_dup_text(params, "to", error);
    g_autoptr(GString) sql = g_string_new(NULL);

    if (to == NULL || !check_word(params, "parallel", "PARALLEL", error) || !check_to(to, error)) {
        return NULL;
    }
    g_autofree char *full =
        g_strconcat(to, g_str_has_suffix(to, "/") ? "" : "/", query_id, "_", NULL);
    g_autofree char *target = escape(full);
    g_autofree char *text = escape(query);

    g_string_append_printf(sql, "UNLOAD ('%s') TO '%s'\n", text, target);
    append_credentials(sql, keys);
    return append_options(sql, unload_options, params, error)
               ? g_string_free(g_steal_pointer(&sql), FALSE)
               : NULL;
}
