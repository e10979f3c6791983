/* Patterns of .gitignore. */
#include "project/ignore.h"

#include <fnmatch.h>
#include <string.h>

#include "base/file.h"

#define SIZE_MAX_BYTES ((gsize)1024 * 1024)

typedef struct {
    char *pattern;
    gboolean is_negated;  /* "!x": it is not ignored after all */
    gboolean only_folder; /* "x/" */
    gboolean is_anchored; /* it holds a '/': the whole path is compared */
} Rule;

struct TgIgnore {
    GArray *rules; /* of Rule */
};

static void rule_clear(gpointer data)
{
    g_free(((Rule *)data)->pattern);
}

void tg_ignore_free(TgIgnore *ignore)
{
    if (ignore != NULL) {
        g_array_unref(ignore->rules);
        g_free(ignore);
    }
}

static void add_rule(TgIgnore *ignore, const char *line)
{
    Rule rule = {.is_negated = *line == '!'};
    const char *text = rule.is_negated || *line == '\\' ? line + 1 : line;
    g_autofree char *pattern = g_strchomp(g_strdup(text));

    if (*pattern == '\0' || *line == '#') {
        return;
    }
    if (g_str_has_suffix(pattern, "/")) {
        rule.only_folder = TRUE;
        pattern[strlen(pattern) - 1] = '\0';
    }
    /* Without a '/' a pattern is for names at any depth, and so is one that begins with two stars.
     */
    const char *bare = g_str_has_prefix(pattern, "**/") ? pattern + strlen("**/") : pattern;

    rule.is_anchored = strchr(bare, '/') != NULL;
    rule.pattern = g_strdup(*bare == '/' ? bare + 1 : bare);
    g_array_append_val(ignore->rules, rule);
}

TgIgnore *tg_ignore_load(const char *folder, GError **error)
{
    g_autoptr(TgIgnore) ignore = g_new0(TgIgnore, 1);
    g_autofree char *path = g_build_filename(folder, ".digdagignore", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) problem = NULL;

    ignore->rules = g_array_new(FALSE, FALSE, sizeof(Rule));
    g_array_set_clear_func(ignore->rules, rule_clear);
    if (!tg_file_read(path, SIZE_MAX_BYTES, &text, NULL, &problem)) {
        if (g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
            return g_steal_pointer(&ignore);
        }
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        add_rule(ignore, lines[i]);
    }
    return g_steal_pointer(&ignore);
}

gboolean tg_ignore_matches(const TgIgnore *ignore, const char *path, gboolean is_folder)
{
    g_autofree char *name = g_path_get_basename(path);
    gboolean is_ignored = FALSE;

    for (guint i = 0; i < ignore->rules->len; i++) {
        const Rule *rule = &g_array_index(ignore->rules, Rule, i);
        gboolean has_stars = strstr(rule->pattern, "**") != NULL; /* they cross folders */

        if ((!rule->only_folder || is_folder) &&
            fnmatch(rule->pattern, rule->is_anchored ? path : name, has_stars ? 0 : FNM_PATHNAME) ==
                0) {
            is_ignored = !rule->is_negated;
        }
    }
    return is_ignored;
}
