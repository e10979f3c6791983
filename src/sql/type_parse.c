/* Reading a type's text, in Hive's or Trino's form. */
#include <string.h>

#include "base/suggest.h"
#include "sql/type.h"

#define TYPE_DEPTH_MAX 32
#define TYPE_FIELDS_MAX 2000

typedef struct {
    TgSqlArena *arena;
    const char *text;
    const char *p;
    guint depth;
    GError **error;
} Reader;

static const TgSqlType *read_type(Reader *reader);

static const TgSqlType *fail(const Reader *reader, const char *what)
{
    if (reader->error != NULL && *reader->error == NULL) {
        g_set_error(reader->error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is not a type: %s",
                    reader->text, what);
    }
    return NULL;
}

static void skip_blank(Reader *reader)
{
    while (g_ascii_isspace(*reader->p)) {
        reader->p++;
    }
}

static gboolean accept(Reader *reader, char c)
{
    skip_blank(reader);
    if (*reader->p != c) {
        return FALSE;
    }
    reader->p++;
    return TRUE;
}

/* A word in lower case, or a quoted name as it is; "" when there is none. */
static char *read_word(Reader *reader)
{
    const char *start = NULL;

    skip_blank(reader);
    start = reader->p;
    if (*start == '"' || *start == '`') {
        const char *close = strchr(start + 1, *start);

        if (close == NULL) {
            return tg_sql_arena_copy(reader->arena, "", 0);
        }
        reader->p = close + 1;
        return tg_sql_arena_copy(reader->arena, start + 1, (gsize)(close - start - 1));
    }
    while (g_ascii_isalnum(*reader->p) || strchr("_-$@", *reader->p) != NULL ||
           (guchar)*reader->p >= 0x80) {
        if (*reader->p == '\0') {
            break;
        }
        reader->p++;
    }
    char *word = tg_sql_arena_copy(reader->arena, start, (gsize)(reader->p - start));

    return tg_sql_arena_lower(reader->arena, word);
}

static gboolean accept_word(Reader *reader, const char *word)
{
    const char *before = reader->p;

    if (strcmp(read_word(reader), word) == 0) {
        return TRUE;
    }
    reader->p = before;
    return FALSE;
}

/* "(10, 2)": at most two numbers; none leaves them. */
static gboolean read_numbers(Reader *reader, guint *a, guint *b)
{
    guint *numbers[] = {a, b};

    if (!accept(reader, '(')) {
        return TRUE;
    }
    for (guint i = 0; i < 2; i++) {
        char *end = NULL;

        skip_blank(reader);
        guint64 value = g_ascii_strtoull(reader->p, &end, 10);

        if (end == reader->p || value > G_MAXINT) {
            return FALSE;
        }
        *numbers[i] = (guint)value;
        reader->p = end;
        if (!accept(reader, ',')) {
            break;
        }
    }
    return accept(reader, ')');
}

static const TgSqlType *read_decimal(Reader *reader)
{
    guint precision = 0;
    guint scale = 0;

    if (!read_numbers(reader, &precision, &scale)) {
        return fail(reader, "decimal takes a precision and a scale: decimal(10,2)");
    }
    precision = precision == 0 ? 38 : precision; /* Trino's default; Hive's is 10 */
    if (precision > 38 || scale > precision) {
        return fail(reader, "a decimal has at most 38 digits, and no more after the point");
    }
    return tg_sql_type_new(reader->arena, TG_SQL_DECIMAL, precision, scale);
}

static const TgSqlType *read_time(Reader *reader, TgSqlTypeId id)
{
    guint precision = 3;
    guint unused = 0;
    gboolean has_zone = FALSE;

    if (!read_numbers(reader, &precision, &unused) || precision > 12) {
        return fail(reader, "the precision of a time is 0 to 12");
    }
    if (accept_word(reader, "with")) {
        has_zone = accept_word(reader, "time") && accept_word(reader, "zone");
        if (!has_zone || id == TG_SQL_TIME) {
            return fail(reader, "it may be 'timestamp with time zone'");
        }
    } else if (accept_word(reader, "without")) {
        if (!accept_word(reader, "time") || !accept_word(reader, "zone")) {
            return fail(reader, "it may be 'timestamp without time zone'");
        }
    }
    return tg_sql_type_new(reader->arena, has_zone ? TG_SQL_TIMESTAMP_TZ : id, precision, 0);
}

static const TgSqlType *read_interval(Reader *reader)
{
    if (accept_word(reader, "day") && accept_word(reader, "to") && accept_word(reader, "second")) {
        return &tg_sql_type_interval_day;
    }
    if (accept_word(reader, "year") && accept_word(reader, "to") && accept_word(reader, "month")) {
        return &tg_sql_type_interval_month;
    }
    return fail(reader, "it may be 'interval day to second' or 'interval year to month'");
}

/* Hive's "a:int" or Trino's "a integer", or a type without a name. */
static gboolean read_field(Reader *reader, GPtrArray *items, GPtrArray *names)
{
    const char *before = reader->p;
    char *name = read_word(reader);
    const TgSqlType *type = NULL;

    if (!accept(reader, ':')) {
        skip_blank(reader);
        if (*reader->p == ')' || *reader->p == ',' || *reader->p == '(' || *reader->p == '>') {
            reader->p = before;
            name = NULL;
        }
    }
    type = read_type(reader);
    if (type == NULL || items->len >= TYPE_FIELDS_MAX) {
        return FALSE;
    }
    g_ptr_array_add(items, (gpointer)type);
    g_ptr_array_add(names, name);
    return TRUE;
}

/* What stands between the brackets: types, for a row with names. */
static gboolean read_items(Reader *reader, TgSqlTypeId id, GPtrArray *items, GPtrArray *names)
{
    do {
        const TgSqlType *type = NULL;

        if (id == TG_SQL_ROW && !read_field(reader, items, names)) {
            return FALSE;
        }
        if (id == TG_SQL_ROW) {
            continue;
        }
        type = read_type(reader);
        if (type == NULL || items->len >= 2) {
            return FALSE;
        }
        g_ptr_array_add(items, (gpointer)type);
    } while (accept(reader, ','));
    return TRUE;
}

static const TgSqlType *read_nested(Reader *reader, TgSqlTypeId id)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    gboolean is_hive = accept(reader, '<');

    if (!is_hive && !accept(reader, '(')) {
        return fail(reader, "array, map and row need types of their elements: array(integer)");
    }
    if (!read_items(reader, id, items, names)) {
        return fail(reader, "a type within is wrong");
    }
    if (!accept(reader, is_hive ? '>' : ')')) {
        return fail(reader, "a closing bracket is missing");
    }
    const TgSqlType *const *types = (const TgSqlType *const *)items->pdata;

    if (id == TG_SQL_ROW) {
        return tg_sql_type_row(reader->arena, items->len, types, (const char *const *)names->pdata);
    }
    if (items->len != (id == TG_SQL_ARRAY ? 1 : 2)) {
        return fail(reader, "array takes one type, map two");
    }
    return id == TG_SQL_ARRAY ? tg_sql_type_array(reader->arena, types[0])
                              : tg_sql_type_map(reader->arena, types[0], types[1]);
}

static const TgSqlType *read_unknown(const Reader *reader, const char *name)
{
    static const char *const names[] = {
        "boolean", "tinyint", "smallint", "int",      "integer",   "bigint",    "float",
        "real",    "double",  "decimal",  "string",   "varchar",   "char",      "binary",
        "date",    "time",    "json",     "uuid",     "timestamp", "varbinary", "array",
        "map",     "row",     "struct",   "interval", NULL};
    g_autofree char *hint = tg_suggest_phrase(name, names);
    g_autofree char *what = g_strdup_printf("there is no '%s'%s", name, hint);

    return fail(reader, what);
}

static const TgSqlType *read_named(Reader *reader)
{
    char *name = read_word(reader);
    TgSqlTypeId id = TG_SQL_UNKNOWN;
    guint length = 0;
    guint unused = 0;

    if (strcmp(name, "interval") == 0) {
        return read_interval(reader);
    }
    if (!tg_sql_type_find(name, &id) || id == TG_SQL_UNKNOWN) {
        return read_unknown(reader, name);
    }
    if (id == TG_SQL_DECIMAL) {
        return read_decimal(reader);
    }
    if (id == TG_SQL_TIME || id == TG_SQL_TIMESTAMP) {
        return read_time(reader, id);
    }
    if (id >= TG_SQL_ARRAY) {
        return read_nested(reader, id);
    }
    if (id == TG_SQL_DOUBLE) {
        (void)accept_word(reader, "precision"); /* "double precision" is the same */
    }
    if ((id == TG_SQL_VARCHAR || id == TG_SQL_CHAR) && !read_numbers(reader, &length, &unused)) {
        return fail(reader, "a length is a whole number: varchar(10)");
    }
    length = id == TG_SQL_CHAR && length == 0 ? 1 : length;
    return tg_sql_type_new(reader->arena, id, length, 0);
}

static const TgSqlType *read_type(Reader *reader)
{
    const TgSqlType *type = NULL;

    if (reader->depth >= TYPE_DEPTH_MAX) {
        return fail(reader, "it is nested too deeply");
    }
    reader->depth++;
    type = read_named(reader);
    reader->depth--;
    return type;
}

const TgSqlType *tg_sql_type_parse(TgSqlArena *arena, const char *text, GError **error)
{
    g_autoptr(GError) local = NULL;
    Reader reader = {arena, text, text, 0, &local};
    const TgSqlType *type = read_type(&reader);

    skip_blank(&reader);
    if (type != NULL && *reader.p != '\0') {
        type = fail(&reader, "something follows it");
    }
    if (type == NULL) {
        g_propagate_error(error, g_steal_pointer(&local));
    }
    return type;
}
