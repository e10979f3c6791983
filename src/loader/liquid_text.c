/* Liquid's filters of texts. */
#include <string.h>

#include "loader/liquid_internal.h"
#include "params/params.h"

static json_t *text_value(char *take_text)
{
    g_autofree char *text = take_text;

    return json_string(text);
}

static json_t *filter_downcase(const LiquidCall *call)
{
    return text_value(g_utf8_strdown(call->text, -1));
}

static json_t *filter_upcase(const LiquidCall *call)
{
    return text_value(g_utf8_strup(call->text, -1));
}

static json_t *filter_capitalize(const LiquidCall *call)
{
    g_autofree char *lower = g_utf8_strdown(call->text, -1);
    g_autofree char *first =
        g_utf8_strup(lower, *lower == '\0' ? 0 : g_utf8_next_char(lower) - lower);

    return text_value(g_strconcat(first, *lower == '\0' ? "" : g_utf8_next_char(lower), NULL));
}

static json_t *filter_append(const LiquidCall *call)
{
    return text_value(g_strconcat(call->text, call->first, NULL));
}

static json_t *filter_prepend(const LiquidCall *call)
{
    return text_value(g_strconcat(call->first, call->text, NULL));
}

static json_t *filter_strip(const LiquidCall *call)
{
    return text_value(g_strstrip(g_strdup(call->text)));
}

static json_t *filter_replace(const LiquidCall *call)
{
    g_auto(GStrv) parts = g_strsplit(call->text, call->first, -1);

    return *call->first == '\0' ? json_string(call->text)
                                : text_value(g_strjoinv(call->second, parts));
}

static json_t *filter_remove(const LiquidCall *call)
{
    g_auto(GStrv) parts = g_strsplit(call->text, call->first, -1);

    return *call->first == '\0' ? json_string(call->text) : text_value(g_strjoinv("", parts));
}

static json_t *filter_slice(const LiquidCall *call)
{
    glong length = g_utf8_strlen(call->text, -1);
    gint64 start = g_ascii_strtoll(call->first, NULL, 10);
    gint64 wanted = *call->second == '\0' ? 1 : g_ascii_strtoll(call->second, NULL, 10);

    start = start < 0 ? start + length : start;
    if (start < 0 || start >= length || wanted <= 0) {
        return json_string("");
    }
    return text_value(g_utf8_substring(call->text, start, MIN(start + wanted, length)));
}

static json_t *filter_lstrip(const LiquidCall *call)
{
    return text_value(g_strchug(g_strdup(call->text)));
}

static json_t *filter_rstrip(const LiquidCall *call)
{
    return text_value(g_strchomp(g_strdup(call->text)));
}

/* The first place of the first argument becomes the second. */
static json_t *replace_one(const LiquidCall *call, const char *with)
{
    const char *found = strstr(call->text, call->first);

    if (found == NULL) {
        return json_string(call->text);
    }
    g_autofree char *before = g_strndup(call->text, (gsize)(found - call->text));

    return text_value(g_strconcat(before, with, found + strlen(call->first), NULL));
}

static json_t *filter_replace_first(const LiquidCall *call)
{
    return replace_one(call, call->second);
}

static json_t *filter_remove_first(const LiquidCall *call)
{
    return replace_one(call, "");
}

/* Characters that HTML gives a meaning; an entity that is there stays with `once`. */
static json_t *escape(const char *text, gboolean once)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GRegex) entity = g_regex_new("^&(?:[a-zA-Z]+|#[0-9]+|#x[0-9a-fA-F]+);", 0, 0, NULL);

    for (; *text != '\0'; text++) {
        const char *found = strchr(special, *text);

        if (found == NULL || (once && *text == '&' && g_regex_match(entity, text, 0, NULL))) {
            g_string_append_c(out, *text);
        } else {
            g_string_append(out, entities[found - special]);
        }
    }
    return json_string(out->str);
}

static json_t *filter_escape(const LiquidCall *call)
{
    return json_is_null(call->input) ? json_null() : escape(call->text, FALSE);
}

static json_t *filter_escape_once(const LiquidCall *call)
{
    return escape(call->text, TRUE);
}

static json_t *filter_url_encode(const LiquidCall *call)
{
    g_autofree char *encoded = g_uri_escape_string(call->text, " ", FALSE);

    g_strdelimit(encoded, " ", '+');
    return json_is_null(call->input) ? json_null() : json_string(encoded);
}

static json_t *filter_url_decode(const LiquidCall *call)
{
    g_autofree char *spaced = g_strdelimit(g_strdup(call->text), "+", ' ');
    g_autofree char *decoded = g_uri_unescape_string(spaced, NULL);

    return json_string(decoded == NULL ? spaced : decoded);
}

/* All matches become a text. */
static json_t *replace_pattern(const char *text, const char *pattern, const char *with)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_DOTALL | G_REGEX_CASELESS, 0, NULL);

    return text_value(g_regex_replace_literal(regex, text, -1, 0, with, 0, NULL));
}

static json_t *filter_newline_to_br(const LiquidCall *call)
{
    return replace_pattern(call->text, "\\n", "<br />\n");
}

static json_t *filter_strip_newlines(const LiquidCall *call)
{
    return replace_pattern(call->text, "\\r?\\n", "");
}

static json_t *filter_strip_html(const LiquidCall *call)
{
    return replace_pattern(call->text, "<script.*?</script>|<!--.*?-->|<style.*?</style>|<.*?>",
                           "");
}

static json_t *filter_truncate(const LiquidCall *call)
{
    gint64 wanted = *call->first == '\0' ? 50 : g_ascii_strtoll(call->first, NULL, 10);
    const char *dots = json_array_size(call->arguments) < 2 ? "..." : call->second;
    gint64 kept = MAX(wanted - (gint64)g_utf8_strlen(dots, -1), 0);

    if (g_utf8_strlen(call->text, -1) <= wanted) {
        return json_string(call->text);
    }
    g_autofree char *cut = g_utf8_substring(call->text, 0, (glong)kept);

    return text_value(g_strconcat(cut, dots, NULL));
}

static json_t *filter_truncatewords(const LiquidCall *call)
{
    gint64 wanted = *call->first == '\0' ? 15 : g_ascii_strtoll(call->first, NULL, 10);
    const char *dots = json_array_size(call->arguments) < 2 ? "..." : call->second;
    g_autoptr(GString) out = g_string_new(NULL);
    g_auto(GStrv) words = g_strsplit_set(call->text, " \t\r\n", -1);
    gint64 count = 0;

    wanted = MAX(wanted, 1);
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0') {
            continue;
        }
        if (count++ == wanted) {
            return text_value(g_strconcat(out->str, dots, NULL));
        }
        g_string_append(out, count == 1 ? "" : " ");
        g_string_append(out, *word);
    }
    return json_string(call->text);
}

const LiquidFilter tg_liquid_text_filters[] = {{"append", filter_append},
                                               {"capitalize", filter_capitalize},
                                               {"downcase", filter_downcase},
                                               {"escape", filter_escape},
                                               {"escape_once", filter_escape_once},
                                               {"h", filter_escape},
                                               {"lstrip", filter_lstrip},
                                               {"newline_to_br", filter_newline_to_br},
                                               {"prepend", filter_prepend},
                                               {"remove", filter_remove},
                                               {"remove_first", filter_remove_first},
                                               {"replace", filter_replace},
                                               {"replace_first", filter_replace_first},
                                               {"rstrip", filter_rstrip},
                                               {"slice", filter_slice},
                                               {"strip", filter_strip},
                                               {"strip_html", filter_strip_html},
                                               {"strip_newlines", filter_strip_newlines},
                                               {"truncate", filter_truncate},
                                               {"truncatewords", filter_truncatewords},
                                               {"upcase", filter_upcase},
                                               {"url_decode", filter_url_decode},
                                               {"url_encode", filter_url_encode},
                                               {NULL, NULL}};
