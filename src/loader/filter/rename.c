/* filter rename: other names, by a map and by rules (embulk-filter-rename). */
#include <string.h>

#include "loader/plugin.h"
#include "params/params.h"

#define TRUNCATE_DEFAULT 128

static void filter_free(TgFilter *filter)
{
    g_free(filter);
}

static void set_name(TgColumn *column, char *take_name)
{
    g_free(column->name);
    column->name = take_name;
}

static gboolean apply_map(TgSchema *schema, const json_t *columns, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)columns, key, value) {
        int index = tg_schema_find(schema, key);

        if (index < 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "columns: there is no column '%s'", key);
            return FALSE;
        }
        set_name(&schema->columns[index], tg_params_to_text(value));
    }
    return TRUE;
}

/* Characters that a rule lets pass. */
typedef struct {
    gboolean lower, upper, digits;
    const char *others;
} Passing;

static gboolean passes(const Passing *passing, gunichar character)
{
    return (passing->lower && character >= 'a' && character <= 'z') ||
           (passing->upper && character >= 'A' && character <= 'Z') ||
           (passing->digits && character >= '0' && character <= '9') ||
           g_utf8_strchr(passing->others, -1, character) != NULL;
}

static gboolean read_passing(const json_t *rule, Passing *out, GError **error)
{
    json_t *type = NULL;
    size_t index = 0;
    const char *others = json_string_value(json_object_get(rule, "pass_characters"));

    out->others = others == NULL ? "" : others;
    json_array_foreach (json_object_get(rule, "pass_types"), index, type) {
        const char *name = json_string_value(type);

        if (name != NULL && strcmp(name, "a-z") == 0) {
            out->lower = TRUE;
        } else if (name != NULL && strcmp(name, "A-Z") == 0) {
            out->upper = TRUE;
        } else if (name != NULL && strcmp(name, "0-9") == 0) {
            out->digits = TRUE;
        } else {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'pass_types' holds a-z, A-Z and 0-9");
            return FALSE;
        }
    }
    return TRUE;
}

/* One character, as `replace` and `prefix` must be. */
static gboolean read_one(const json_t *rule, const char *key, const char *fallback, char **out,
                         GError **error)
{
    if (!tg_params_dup_text_or(rule, key, fallback, out, error)) {
        return FALSE;
    }
    if (*out != NULL && g_utf8_strlen(*out, -1) != 1) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be one character", key);
        return FALSE;
    }
    return TRUE;
}

/* The name with a character in the place of each that does not pass. The caller frees. */
static char *replace_others(const char *name, const Passing *passing, const char *replace)
{
    GString *out = g_string_new(NULL);

    for (; *name != '\0'; name = g_utf8_next_char(name)) {
        gunichar character = g_utf8_get_char(name);

        if (passes(passing, character)) {
            g_string_append_unichar(out, character);
            continue;
        }
        g_string_append(out, replace); /* Java sees two characters beyond the basic plane */
        g_string_append(out, character > 0xffff ? replace : "");
    }
    return g_string_free(out, FALSE);
}

static gboolean rule_character_types(TgSchema *schema, const json_t *rule, GError **error)
{
    Passing passing = {0};
    g_autofree char *replace = NULL;

    if (!read_passing(rule, &passing, error) || !read_one(rule, "replace", "_", &replace, error)) {
        return FALSE;
    }
    if (!passes(&passing, g_utf8_get_char(replace)) && tg_params_has(rule, "replace") &&
        g_utf8_get_char(replace) < 0x21) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'replace' must be a visible character");
        return FALSE;
    }
    for (guint i = 0; i < schema->count; i++) {
        set_name(&schema->columns[i], replace_others(schema->columns[i].name, &passing, replace));
    }
    return TRUE;
}

static gboolean rule_first_character_types(TgSchema *schema, const json_t *rule, GError **error)
{
    Passing passing = {0};
    g_autofree char *replace = NULL;
    g_autofree char *prefix = NULL;

    if (!read_passing(rule, &passing, error) || !read_one(rule, "replace", NULL, &replace, error) ||
        !read_one(rule, "prefix", NULL, &prefix, error)) {
        return FALSE;
    }
    if ((replace == NULL) == (prefix == NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "first_character_types takes either 'replace' or 'prefix'");
        return FALSE;
    }
    for (guint i = 0; i < schema->count; i++) {
        const char *name = schema->columns[i].name;

        if (*name == '\0' || passes(&passing, g_utf8_get_char(name))) {
            continue;
        }
        set_name(&schema->columns[i], prefix != NULL
                                          ? g_strconcat(prefix, name, NULL)
                                          : g_strconcat(replace, g_utf8_next_char(name), NULL));
    }
    return TRUE;
}

static gboolean rule_lower_to_upper(TgSchema *schema, const json_t *rule G_GNUC_UNUSED,
                                    GError **error G_GNUC_UNUSED)
{
    for (guint i = 0; i < schema->count; i++) {
        set_name(&schema->columns[i], g_utf8_strup(schema->columns[i].name, -1));
    }
    return TRUE;
}

static gboolean rule_upper_to_lower(TgSchema *schema, const json_t *rule G_GNUC_UNUSED,
                                    GError **error G_GNUC_UNUSED)
{
    for (guint i = 0; i < schema->count; i++) {
        set_name(&schema->columns[i], g_utf8_strdown(schema->columns[i].name, -1));
    }
    return TRUE;
}

static gboolean rule_truncate(TgSchema *schema, const json_t *rule, GError **error)
{
    gint64 length = 0;

    if (!tg_params_get_int64(rule, "max_length", TRUNCATE_DEFAULT, &length, error)) {
        return FALSE;
    }
    for (guint i = 0; i < schema->count; i++) {
        const char *name = schema->columns[i].name;

        if (g_utf8_strlen(name, -1) > length) {
            set_name(&schema->columns[i], g_utf8_substring(name, 0, (glong)MAX(length, 0)));
        }
    }
    return TRUE;
}

/* Java's "$1" is "\1" here, and a backslash stands for itself only when it is doubled. */
static char *translate_replacement(const char *text)
{
    GString *out = g_string_new(NULL);

    for (; *text != '\0'; text++) {
        if (*text == '$' && g_ascii_isdigit(text[1])) {
            g_string_append_printf(out, "\\g<%c>", *++text);
        } else if (*text == '\\') {
            g_string_append(out, "\\\\");
        } else {
            g_string_append_c(out, *text);
        }
    }
    return g_string_free(out, FALSE);
}

static gboolean rule_regex_replace(TgSchema *schema, const json_t *rule, GError **error)
{
    g_autofree char *match = tg_params_dup_text(rule, "match", error);
    g_autofree char *replace = match == NULL ? NULL : tg_params_dup_text(rule, "replace", error);
    g_autofree char *translated = NULL;
    g_autoptr(GRegex) regex = NULL;
    g_autoptr(GError) problem = NULL;

    if (replace == NULL) {
        return FALSE;
    }
    regex = g_regex_new(match, 0, 0, &problem);
    translated = translate_replacement(replace);
    for (guint i = 0; regex != NULL && problem == NULL && i < schema->count; i++) {
        char *name =
            g_regex_replace(regex, schema->columns[i].name, -1, 0, translated, 0, &problem);

        if (name != NULL) {
            set_name(&schema->columns[i], name);
        }
    }
    if (problem != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "regex_replace: '%s': %s", match,
                    problem->message);
        return FALSE;
    }
    return TRUE;
}

typedef struct {
    char *delimiter;
    gint64 digits;     /* 0: as many as needed */
    gint64 length_max; /* 0: any */
    gint64 offset;
} Suffix;

static char *with_suffix(const char *name, const Suffix *suffix, gint64 number)
{
    g_autofree char *digits =
        g_strdup_printf("%s%0*" G_GINT64_FORMAT, suffix->delimiter, (int)suffix->digits, number);
    glong room = (glong)suffix->length_max - g_utf8_strlen(digits, -1);

    if (suffix->length_max > 0 && g_utf8_strlen(name, -1) > room) {
        g_autofree char *cut = g_utf8_substring(name, 0, MAX(room, 0));

        return g_strconcat(cut, digits, NULL);
    }
    return g_strconcat(name, digits, NULL);
}

static gboolean rule_unique_number_suffix(TgSchema *schema, const json_t *rule, GError **error)
{
    g_autoptr(GHashTable) original = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *delimiter = NULL;
    Suffix suffix = {0};

    if (!read_one(rule, "delimiter", "_", &delimiter, error) ||
        !tg_params_get_int64(rule, "digits", 0, &suffix.digits, error) ||
        !tg_params_get_int64(rule, "max_length", 0, &suffix.length_max, error) ||
        !tg_params_get_int64(rule, "offset", 1, &suffix.offset, error)) {
        return FALSE;
    }
    suffix.delimiter = delimiter;
    suffix.digits = CLAMP(suffix.digits, 0, 20);
    for (guint i = 0; i < schema->count; i++) {
        g_hash_table_add(original, g_strdup(schema->columns[i].name));
    }
    for (guint i = 0; i < schema->count; i++) {
        g_autofree char *name = g_strdup(schema->columns[i].name);

        if (suffix.length_max > 0 && g_utf8_strlen(name, -1) > suffix.length_max) {
            g_autofree char *cut = g_utf8_substring(name, 0, (glong)suffix.length_max);

            g_free(name);
            name = g_steal_pointer(&cut);
        }
        g_autofree char *candidate = g_strdup(name);
        gboolean was_given = strcmp(candidate, schema->columns[i].name) == 0;

        for (gint64 number = suffix.offset + 1;
             g_hash_table_contains(used, candidate) ||
             (!was_given && g_hash_table_contains(original, candidate));
             number++) {
            g_free(candidate);
            candidate = with_suffix(name, &suffix, number);
            was_given = FALSE;
        }
        g_hash_table_add(used, g_strdup(candidate));
        set_name(&schema->columns[i], g_steal_pointer(&candidate));
    }
    return TRUE;
}

static gboolean apply_rule(TgSchema *schema, const json_t *rule, GError **error)
{
    static const struct {
        const char *name;
        gboolean (*apply)(TgSchema *schema, const json_t *rule, GError **error);
    } rules[] = {
        {"character_types", rule_character_types},
        {"first_character_types", rule_first_character_types},
        {"lower_to_upper", rule_lower_to_upper},
        {"upper_to_lower", rule_upper_to_lower},
        {"truncate", rule_truncate},
        {"regex_replace", rule_regex_replace},
        {"unique_number_suffix", rule_unique_number_suffix},
    };
    g_autofree char *name = tg_params_dup_text(rule, "rule", error);

    if (name == NULL) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (strcmp(rules[i].name, name) == 0) {
            return rules[i].apply(schema, rule, error);
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "rules: there is no rule '%s'", name);
    return FALSE;
}

static TgFilter *filter_open(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                             const TgSchema *input, GError **error)
{
    static const TgFilterClass class = {.free = filter_free};
    g_autoptr(TgSchema) schema = tg_schema_copy(input);
    json_t *rule = NULL;
    size_t index = 0;

    if (!apply_map(schema, json_object_get(config, "columns"), error)) {
        return NULL;
    }
    json_array_foreach (json_object_get(config, "rules"), index, rule) {
        if (!apply_rule(schema, rule, error)) {
            return NULL;
        }
    }
    TgFilter *filter = g_new0(TgFilter, 1);

    filter->class = &class;
    filter->view = g_new0(guint, schema->count + 1);
    for (guint i = 0; i < schema->count; i++) {
        filter->view[i] = i;
    }
    filter->schema = g_steal_pointer(&schema);
    return filter;
}

static const TgLoaderOption options[] = {
    {"columns", "map", "{}", "Old name: new name."},
    {"rules", "list", "[]", "Rules for all names, applied in order."},
    {0}};

const TgFilterPlugin tg_filter_rename = {
    .name = "rename", .help = "Renames columns.", .options = options, .open = filter_open};
