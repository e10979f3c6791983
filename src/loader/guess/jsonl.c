/* guess jsonl: a JSON object a line, with the columns and types that the sample shows. Exact loads
 * alone: Embulk's own guess makes them one json column. */
#include <string.h>

#include "loader/plugin.h"

#define LINES_MAX 5000u
#define COLUMNS_MAX 2000u

/* What values of a member were. */
enum { SEEN_INTEGER = 1, SEEN_REAL = 2, SEEN_BOOLEAN = 4, SEEN_TEXT = 8, SEEN_NESTED = 16 };

typedef struct {
    GPtrArray *names; /* in the order they came; owned by the table */
    GHashTable *seen; /* name → bits of the above */
    guint lines;
} Members;

static guint kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_INTEGER:
        return SEEN_INTEGER;
    case JSON_REAL:
        return SEEN_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return SEEN_BOOLEAN;
    case JSON_STRING:
        return SEEN_TEXT;
    case JSON_OBJECT:
    case JSON_ARRAY:
        return SEEN_NESTED;
    case JSON_NULL:
    default:
        return 0;
    }
}

static void add_record(Members *members, const json_t *record)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)record, key, value) {
        gpointer known = NULL;
        char *name = g_strdup(key);

        if (!g_hash_table_lookup_extended(members->seen, key, NULL, &known)) {
            g_ptr_array_add(members->names, name);
        }
        guint bits = GPOINTER_TO_UINT(known) | kind_of(value);

        /* a key that is there stays, and the new one is freed */
        (void)g_hash_table_insert(members->seen, name, GUINT_TO_POINTER(bits));
    }
}

/* FALSE when the line is no object. Blank lines are fine. */
static gboolean read_line(Members *members, const char *line, gsize size)
{
    while (size > 0 && g_ascii_isspace(line[size - 1])) {
        size--;
    }
    if (size == 0) {
        return TRUE;
    }
    json_t *record = json_loadb(line, size, JSON_ALLOW_NUL, NULL);
    gboolean is_object = json_is_object(record);

    if (is_object) {
        add_record(members, record);
        members->lines++;
    }
    json_decref(record);
    return is_object && members->names->len <= COLUMNS_MAX;
}

/* Whether the sample is lines of objects; the last may be cut off. */
static gboolean read_lines(Members *members, const TgGuessSample *sample)
{
    const char *at = (const char *)sample->bytes;
    const char *end = at + sample->size_bytes;

    if (end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    while (at < end && members->lines < LINES_MAX) {
        const char *lf = memchr(at, '\n', (gsize)(end - at));
        const char *stop = lf == NULL ? end : lf;

        if (lf == NULL && !sample->is_whole) {
            break;
        }
        if (!read_line(members, at, (gsize)(stop - at))) {
            return FALSE;
        }
        at = lf == NULL ? end : lf + 1;
    }
    return members->lines > 0;
}

static const char *type_of(guint seen)
{
    switch (seen) {
    case SEEN_INTEGER:
        return "long";
    case SEEN_REAL:
    case SEEN_REAL | SEEN_INTEGER:
        return "double";
    case SEEN_BOOLEAN:
        return "boolean";
    case 0:
    case SEEN_TEXT:
        return "string";
    default:
        return (seen & SEEN_NESTED) != 0 ? "json" : "string";
    }
}

static json_t *columns_of(const Members *members)
{
    json_t *columns = json_array();

    for (guint i = 0; i < members->names->len; i++) {
        const char *name = g_ptr_array_index(members->names, i);
        guint seen = GPOINTER_TO_UINT(g_hash_table_lookup(members->seen, name));

        json_array_append_new(columns,
                              json_pack("{s:s, s:s}", "name", name, "type", type_of(seen)));
    }
    return columns;
}

static json_t *guess_jsonl(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                           const TgGuessSample *sample, GError **error G_GNUC_UNUSED)
{
    const json_t *parser = json_object_get(config, "parser");
    const char *type = json_string_value(json_object_get(parser, "type"));
    Members members = {
        .names = g_ptr_array_new(),
        .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    json_t *found = NULL;

    if ((type == NULL || strcmp(type, "jsonl") == 0) &&
        json_object_get(parser, "columns") == NULL && read_lines(&members, sample) &&
        members.names->len > 0) {
        found =
            json_pack("{s:{s:s, s:o}}", "parser", "type", "jsonl", "columns", columns_of(&members));
    }
    g_ptr_array_unref(members.names);
    g_hash_table_unref(members.seen);
    return found == NULL ? json_object() : found;
}

const TgGuessPlugin tg_guess_jsonl = {.name = "jsonl",
                                      .help = "A JSON object a line, with its columns.",
                                      .is_exact = TRUE,
                                      .guess = guess_jsonl};
