/* Schemas of messages as those of the C interface: a format text for each type. */
#include "arrow/ipc_internal.h"

#define DEPTH_MAX 32u
#define FIELDS_MAX 20000u
#define METADATA_MAX 1000u

enum {
    FIELD_NAME,
    FIELD_NULLABLE,
    FIELD_TYPE_TYPE,
    FIELD_TYPE,
    FIELD_DICTIONARY,
    FIELD_CHILDREN,
    FIELD_METADATA
};
enum { ENCODING_ID, ENCODING_INDEX_TYPE };

/* Kinds of types, as the union Type numbers them. */
enum {
    TYPE_NULL = 1,
    TYPE_INT,
    TYPE_FLOAT,
    TYPE_BINARY,
    TYPE_UTF8,
    TYPE_BOOL,
    TYPE_DECIMAL,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_TIMESTAMP,
    TYPE_INTERVAL,
    TYPE_LIST,
    TYPE_STRUCT,
    TYPE_UNION,
    TYPE_FIXED_BINARY,
    TYPE_FIXED_LIST,
    TYPE_MAP,
    TYPE_DURATION,
    TYPE_LARGE_BINARY,
    TYPE_LARGE_UTF8,
    TYPE_LARGE_LIST,
    TYPE_RUN_END,
    TYPE_BINARY_VIEW,
    TYPE_UTF8_VIEW,
    TYPE_LIST_VIEW,
    TYPE_LARGE_LIST_VIEW,
    TYPE_COUNT
};

/* --- formats --- */

static char *int_format(const TgFlatTable *type)
{
    static const char letters[] = "cCsSiIlL";
    gint64 bits = tg_flat_get_number(type, 0, 4, 0);
    gboolean is_signed = tg_flat_get_number(type, 1, 1, 0) != 0;
    guint width = bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : bits == 64 ? 3 : 4;

    return width == 4 ? NULL : g_strdup_printf("%c", letters[width * 2 + (is_signed ? 0 : 1)]);
}

/* One character of `letters` for a number in a field. */
static char *pick_format(const TgFlatTable *type, const char *before, const char *letters,
                         gint64 fallback)
{
    gint64 number = tg_flat_get_number(type, 0, 2, fallback);

    return number < 0 || number >= (gint64)strlen(letters)
               ? NULL
               : g_strdup_printf("%s%c", before, letters[number]);
}

static char *timestamp_format(const TgFlatTable *type)
{
    g_autofree char *unit = pick_format(type, "ts", "smun", 0);
    g_autofree char *zone = tg_flat_dup_text(type, 1);

    return unit == NULL ? NULL : g_strdup_printf("%s:%s", unit, zone == NULL ? "" : zone);
}

static char *parameter_format(gint64 kind, const TgFlatTable *type)
{
    switch (kind) {
    case TYPE_INT:
        return int_format(type);
    case TYPE_FLOAT:
        return pick_format(type, "", "efg", 0);
    case TYPE_DECIMAL:
        return g_strdup_printf("d:%d,%d,%d", (int)tg_flat_get_number(type, 0, 4, 0),
                               (int)tg_flat_get_number(type, 1, 4, 0),
                               (int)tg_flat_get_number(type, 2, 4, 128));
    case TYPE_DATE:
        return pick_format(type, "td", "Dm", 1);
    case TYPE_TIME:
        return pick_format(type, "tt", "smun", 1);
    case TYPE_TIMESTAMP:
        return timestamp_format(type);
    case TYPE_DURATION:
        return pick_format(type, "tD", "smun", 1);
    case TYPE_INTERVAL:
        return pick_format(type, "ti", "MDn", 0);
    case TYPE_UNION:
        return pick_format(type, "+u", "sd", 0);
    case TYPE_FIXED_BINARY:
        return g_strdup_printf("w:%d", (int)tg_flat_get_number(type, 0, 4, 0));
    case TYPE_FIXED_LIST:
        return g_strdup_printf("+w:%d", (int)tg_flat_get_number(type, 0, 4, 0));
    default:
        return NULL;
    }
}

/* The format of a type; NULL: none that is known. The caller frees. */
static char *format_of(gint64 kind, const TgFlatTable *type)
{
    static const char *const plain[TYPE_COUNT] = {
        [TYPE_NULL] = "n",        [TYPE_BINARY] = "z",       [TYPE_UTF8] = "u",
        [TYPE_BOOL] = "b",        [TYPE_LIST] = "+l",        [TYPE_STRUCT] = "+s",
        [TYPE_MAP] = "+m",        [TYPE_LARGE_BINARY] = "Z", [TYPE_LARGE_UTF8] = "U",
        [TYPE_LARGE_LIST] = "+L", [TYPE_RUN_END] = "+r",     [TYPE_BINARY_VIEW] = "vz",
        [TYPE_UTF8_VIEW] = "vu",  [TYPE_LIST_VIEW] = "+vl",  [TYPE_LARGE_LIST_VIEW] = "+vL",
    };

    if (kind < 1 || kind >= TYPE_COUNT) {
        return NULL;
    }
    return plain[kind] != NULL ? g_strdup(plain[kind]) : parameter_format(kind, type);
}

/* --- metadata --- */

static void append_text(GByteArray *out, const char *text)
{
    gint32 size = (gint32)strlen(text);

    g_byte_array_append(out, (const guint8 *)&size, sizeof size);
    g_byte_array_append(out, (const guint8 *)text, (guint)size);
}

/* In the layout of the C interface; NULL: none. The caller frees. */
static char *metadata_of(const TgFlatTable *field)
{
    TgFlatList list = tg_flat_get_list(field, FIELD_METADATA, 4);
    gint32 count = (gint32)MIN(list.count, METADATA_MAX);
    GByteArray *out = NULL;

    if (count == 0) {
        return NULL;
    }
    out = g_byte_array_new();
    g_byte_array_append(out, (const guint8 *)&count, sizeof count);
    for (gint32 i = 0; i < count; i++) {
        TgFlatTable pair = tg_flat_list_get_table(&list, (guint32)i);
        g_autofree char *key = tg_flat_dup_text(&pair, 0);
        g_autofree char *value = tg_flat_dup_text(&pair, 1);

        append_text(out, key == NULL ? "" : key);
        append_text(out, value == NULL ? "" : value);
    }
    return (char *)g_byte_array_free(out, FALSE);
}

/* --- the tree --- */

static void schema_release(struct ArrowSchema *schema)
{
    for (gint64 i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release != NULL) {
            schema->children[i]->release(schema->children[i]);
        }
        g_free(schema->children[i]);
    }
    if (schema->dictionary != NULL && schema->dictionary->release != NULL) {
        schema->dictionary->release(schema->dictionary);
    }
    g_free(schema->dictionary);
    g_free(schema->children);
    g_free((char *)schema->format);
    g_free((char *)schema->name);
    g_free((char *)schema->metadata);
    schema->release = NULL;
}

/* What is read, and how much of it so far. */
typedef struct {
    GArray *ids;
    guint fields;
} Walk;

static gboolean read_field(Walk *walk, const TgFlatTable *field, guint depth,
                           struct ArrowSchema *out, GError **error);

static gboolean read_children(Walk *walk, const TgFlatList *list, guint depth,
                              struct ArrowSchema *out, GError **error)
{
    out->children = g_new0(struct ArrowSchema *, (gsize)list->count + 1);
    for (guint32 i = 0; i < list->count; i++) {
        TgFlatTable child = tg_flat_list_get_table(list, i);

        out->children[i] = g_new0(struct ArrowSchema, 1);
        out->n_children++;
        if (!read_field(walk, &child, depth + 1, out->children[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean fail(const char *name, const char *what, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "column '%s': its description in the Arrow stream %s", name == NULL ? "" : name,
                what);
    return FALSE;
}

/* The field's type, into the schema itself or, with a dictionary, into that of its values. */
static gboolean read_type(Walk *walk, const TgFlatTable *field, guint depth,
                          struct ArrowSchema *out, GError **error)
{
    TgFlatTable encoding = tg_flat_get_table(field, FIELD_DICTIONARY);
    TgFlatTable type = tg_flat_get_table(field, FIELD_TYPE);
    TgFlatList children = tg_flat_get_list(field, FIELD_CHILDREN, 4);
    struct ArrowSchema *into = out;

    if (encoding.flat != NULL) {
        TgFlatTable index = tg_flat_get_table(&encoding, ENCODING_INDEX_TYPE);
        gint64 id = tg_flat_get_number(&encoding, ENCODING_ID, 8, 0);

        out->format = index.flat == NULL ? g_strdup("i") : int_format(&index);
        out->dictionary = g_new0(struct ArrowSchema, 1);
        out->dictionary->release = schema_release;
        into = out->dictionary;
        g_array_append_val(walk->ids, id);
        if (out->format == NULL) {
            return fail(out->name, "has indexes that are no integers", error);
        }
    }
    into->format = format_of(tg_flat_get_number(field, FIELD_TYPE_TYPE, 1, 0), &type);
    if (into->format == NULL) {
        return fail(out->name, "has a type that is not known; cast it in the source", error);
    }
    return read_children(walk, &children, depth, into, error);
}

static gboolean read_field(Walk *walk, const TgFlatTable *field, guint depth,
                           struct ArrowSchema *out, GError **error)
{
    out->release = schema_release;
    out->name = tg_flat_dup_text(field, FIELD_NAME);
    out->metadata = metadata_of(field);
    if (++walk->fields > FIELDS_MAX || depth > DEPTH_MAX) {
        return fail(out->name, "has too many fields, or is nested too deep; flatten it", error);
    }
    return read_type(walk, field, depth, out, error);
}

gboolean tg_ipc_schema_read(const TgFlatTable *schema, struct ArrowSchema *out, GArray *out_ids,
                            GError **error)
{
    TgFlatList fields = tg_flat_get_list(schema, SCHEMA_FIELDS, 4);
    Walk walk = {.ids = out_ids};

    *out = (struct ArrowSchema){
        .format = g_strdup("+s"), .name = g_strdup(""), .release = schema_release};
    if (tg_flat_get_number(schema, SCHEMA_ENDIANNESS, 2, 0) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the Arrow stream is big-endian; write it on or for a little-endian machine");
        return FALSE;
    }
    return read_children(&walk, &fields, 0, out, error);
}

/* --- numbers of dictionaries --- */

static void number_field(const TgArrowField *field, const GArray *ids, GArray *out)
{
    const TgArrowField *values = field->dictionary == NULL ? field : field->dictionary;

    if (field->dictionary != NULL && out->len < ids->len) {
        TgIpcDictionary numbered = {field, g_array_index(ids, gint64, out->len)};

        g_array_append_val(out, numbered);
    }
    for (guint i = 0; i < values->child_count; i++) {
        number_field(values->children[i], ids, out);
    }
}

GArray *tg_ipc_number_fields(const TgArrowField *root, const GArray *ids)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(TgIpcDictionary));

    number_field(root, ids, out);
    return out;
}
