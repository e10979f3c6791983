/* Format strings and metadata of the Arrow C data interface. */
#include "arrow/field.h"

#include <stdlib.h>

#define DEPTH_MAX 32u
#define CHILDREN_MAX 20000
#define NAME_BYTES_MAX 65536u
#define METADATA_KEYS_MAX 1000
#define DECIMAL_DIGITS_MAX 38
#define FIXED_WIDTH_MAX G_GINT64_CONSTANT(16777216) /* 16 MiB */

/* --- flat types --- */

/* A format without parameters. */
typedef struct {
    const char *format;
    gsize width;
    TgType type;
    TgArrowLayout layout;
    gboolean is_signed;
} Flat;

static const Flat flats[] = {
    {"n", 0, {.id = TG_TYPE_STRING}, TG_ARROW_NULL, FALSE},
    {"b", 0, {.id = TG_TYPE_BOOLEAN}, TG_ARROW_BOOLEAN, FALSE},
    {"c", 1, {.id = TG_TYPE_INT8}, TG_ARROW_INTEGER, TRUE},
    {"C", 1, {.id = TG_TYPE_UINT8}, TG_ARROW_INTEGER, FALSE},
    {"s", 2, {.id = TG_TYPE_INT16}, TG_ARROW_INTEGER, TRUE},
    {"S", 2, {.id = TG_TYPE_UINT16}, TG_ARROW_INTEGER, FALSE},
    {"i", 4, {.id = TG_TYPE_INT32}, TG_ARROW_INTEGER, TRUE},
    {"I", 4, {.id = TG_TYPE_UINT32}, TG_ARROW_INTEGER, FALSE},
    {"l", 8, {.id = TG_TYPE_INT64}, TG_ARROW_INTEGER, TRUE},
    {"L", 8, {.id = TG_TYPE_UINT64}, TG_ARROW_INTEGER, FALSE},
    {"e", 2, {.id = TG_TYPE_FLOAT}, TG_ARROW_HALF, FALSE},
    {"f", 4, {.id = TG_TYPE_FLOAT}, TG_ARROW_FLOAT, FALSE},
    {"g", 8, {.id = TG_TYPE_DOUBLE}, TG_ARROW_DOUBLE, FALSE},
    {"u", 4, {.id = TG_TYPE_STRING}, TG_ARROW_BYTES, FALSE},
    {"U", 8, {.id = TG_TYPE_STRING}, TG_ARROW_BYTES, FALSE},
    {"vu", 16, {.id = TG_TYPE_STRING}, TG_ARROW_BYTES_VIEW, FALSE},
    {"z", 4, {.id = TG_TYPE_BINARY}, TG_ARROW_BYTES, FALSE},
    {"Z", 8, {.id = TG_TYPE_BINARY}, TG_ARROW_BYTES, FALSE},
    {"vz", 16, {.id = TG_TYPE_BINARY}, TG_ARROW_BYTES_VIEW, FALSE},
};

static gboolean read_flat(TgArrowField *field)
{
    for (gsize i = 0; i < G_N_ELEMENTS(flats); i++) {
        if (strcmp(flats[i].format, field->format) == 0) {
            field->layout = flats[i].layout;
            field->width = flats[i].width;
            field->offset_width = flats[i].width;
            field->is_signed = flats[i].is_signed;
            field->type = flats[i].type;
            return TRUE;
        }
    }
    return FALSE;
}

/* --- times --- */

static gboolean read_unit(char unit, gint64 *out_per_second)
{
    static const char units[] = "smun";
    const char *found = unit == '\0' ? NULL : strchr(units, unit);
    static const gint64 per_second[] = {1, 1000, 1000000, 1000000000};

    if (found == NULL) {
        return FALSE;
    }
    *out_per_second = per_second[found - units];
    return TRUE;
}

/* "tdD", "ttu", "tsn:Asia/Tokyo" */
static gboolean read_time(TgArrowField *field)
{
    const char *format = field->format;
    gint64 per_second = 0;

    if (strcmp(format, "tdD") == 0) {
        field->type.id = TG_TYPE_DATE;
        field->width = 4;
        field->multiplier = 1;
        return TRUE;
    }
    if (strcmp(format, "tdm") == 0) {
        field->type.id = TG_TYPE_DATE;
        field->width = 8;
        field->divisor = (gint64)86400 * 1000;
        return TRUE;
    }
    if (g_str_has_prefix(format, "tt") && read_unit(format[2], &per_second) && format[3] == '\0') {
        field->type.id = TG_TYPE_TIME;
        field->width = per_second <= 1000 ? 4 : 8;
    } else if (g_str_has_prefix(format, "ts") && read_unit(format[2], &per_second) &&
               format[3] == ':') {
        field->type.id = TG_TYPE_TIMESTAMP;
        field->type.unit = per_second > 1000000 ? TG_UNIT_NANO : TG_UNIT_MICRO;
        field->type.is_utc = format[4] != '\0';
        field->width = 8;
    } else {
        return FALSE;
    }
    field->multiplier = per_second > 1000000 ? 0 : 1000000 / per_second;
    if (field->type.id == TG_TYPE_TIMESTAMP && field->multiplier == 0) {
        field->multiplier = 1;
    }
    field->divisor = 1000;
    return TRUE;
}

/* --- types with parameters --- */

static gboolean read_number(const char **at, gint64 max, gint64 *out)
{
    char *end = NULL;
    gint64 value = 0;

    if (!g_ascii_isdigit(**at) && **at != '-') {
        return FALSE;
    }
    value = g_ascii_strtoll(*at, &end, 10);
    *at = end;
    *out = value;
    return value >= -max && value <= max;
}

/* "d:10,2" and "d:10,2,256"; FALSE without an error: malformed. */
static gboolean read_decimal(TgArrowField *field, GError **error)
{
    const char *at = field->format + 2;
    gint64 precision = 0;
    gint64 scale = 0;
    gint64 bits = 128;

    if (!read_number(&at, G_MAXINT16, &precision) || *at++ != ',' ||
        !read_number(&at, G_MAXINT16, &scale) ||
        (*at == ',' && (at++, !read_number(&at, 256, &bits))) || *at != '\0' ||
        (bits != 32 && bits != 64 && bits != 128 && bits != 256)) {
        return FALSE;
    }
    if (precision < 1 || precision > DECIMAL_DIGITS_MAX || scale < 0 || scale > precision) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s': decimal(%d,%d) has no place in a column: at most %d digits, of "
                    "them 0 to all behind the point; cast it in the source",
                    field->name, (int)precision, (int)scale, DECIMAL_DIGITS_MAX);
        return FALSE;
    }
    field->layout = TG_ARROW_DECIMAL;
    field->width = (gsize)bits / 8;
    field->type.id = TG_TYPE_DECIMAL;
    field->type.precision = (guint8)precision;
    field->type.scale = (guint8)scale;
    return TRUE;
}

/* "w:16" and "+w:3" */
static gboolean read_fixed(TgArrowField *field, const char *number, TgArrowLayout layout)
{
    gint64 width = 0;

    if (!read_number(&number, FIXED_WIDTH_MAX, &width) || *number != '\0' || width < 0) {
        return FALSE;
    }
    field->layout = layout;
    field->width = (gsize)width;
    field->type.id = layout == TG_ARROW_FIXED_BYTES ? TG_TYPE_BINARY : TG_TYPE_JSON;
    return TRUE;
}

static gboolean read_nested(TgArrowField *field)
{
    static const struct {
        const char *format;
        TgArrowLayout layout;
        gsize offset_width;
    } nested[] = {
        {"+l", TG_ARROW_LIST, 4},       {"+L", TG_ARROW_LIST, 8},   {"+vl", TG_ARROW_LIST_VIEW, 4},
        {"+vL", TG_ARROW_LIST_VIEW, 8}, {"+s", TG_ARROW_STRUCT, 0}, {"+m", TG_ARROW_MAP, 4},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(nested); i++) {
        if (strcmp(nested[i].format, field->format) == 0) {
            field->layout = nested[i].layout;
            field->offset_width = nested[i].offset_width;
            field->type.id = TG_TYPE_JSON;
            return TRUE;
        }
    }
    return g_str_has_prefix(field->format, "+w:") &&
           read_fixed(field, field->format + 3, TG_ARROW_FIXED_LIST);
}

/* What a format that has no column is called. */
static const char *refused_kind(const char *format)
{
    static const char *const kinds[][2] = {
        {"tD", "a duration"},       {"tiM", "an interval of months"},
        {"tiD", "an interval"},     {"tin", "an interval"},
        {"+ud", "a union"},         {"+us", "a union"},
        {"+r", "run-end encoding"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_has_prefix(format, kinds[i][0])) {
            return kinds[i][1];
        }
    }
    return "nothing that is known";
}

static gboolean read_format(TgArrowField *field, GError **error)
{
    const char *format = field->format;
    GError *problem = NULL;
    gboolean ok = FALSE;

    if (g_str_has_prefix(format, "d:")) {
        ok = read_decimal(field, &problem);
    } else if (g_str_has_prefix(format, "w:")) {
        ok = read_fixed(field, format + 2, TG_ARROW_FIXED_BYTES);
    } else if (*format == '+') {
        ok = read_nested(field);
    } else if (*format == 't') {
        field->layout = TG_ARROW_INTEGER;
        field->is_signed = TRUE;
        ok = read_time(field);
    } else {
        ok = read_flat(field);
    }
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s': the Arrow type '%.40s' is %s, which no column can hold; cast it "
                    "in the source (to an integer, a text or a struct)",
                    field->name, format, refused_kind(format));
    }
    return ok;
}

/* --- metadata --- */

/* The next counted text; NULL: its size is none. */
static const char *take_text(const char **at, gint32 *out_size)
{
    const char *text = *at + sizeof *out_size;

    memcpy(out_size, *at, sizeof *out_size);
    if (*out_size < 0) {
        return NULL;
    }
    *at = text + *out_size;
    return text;
}

/* Whether the extension type is JSON; the metadata are a count and pairs of counted texts. */
static gboolean is_json_extension(const char *metadata)
{
    static const char key[] = "ARROW:extension:name";
    static const char json[] = "arrow.json";
    gint32 count = 0;

    if (metadata == NULL) {
        return FALSE;
    }
    memcpy(&count, metadata, sizeof count);
    metadata += sizeof count;
    for (gint32 i = 0; i < MIN(count, METADATA_KEYS_MAX); i++) {
        gint32 name_size = 0;
        gint32 value_size = 0;
        const char *name = take_text(&metadata, &name_size);
        const char *value = name == NULL ? NULL : take_text(&metadata, &value_size);

        if (value == NULL) {
            return FALSE;
        }
        if (name_size == sizeof key - 1 && memcmp(name, key, sizeof key - 1) == 0) {
            return value_size == sizeof json - 1 && memcmp(value, json, sizeof json - 1) == 0;
        }
    }
    return FALSE;
}

/* --- the tree --- */

static TgArrowField *field_new(const struct ArrowSchema *schema, guint depth, GError **error);

static gboolean fail_shape(const TgArrowField *field, const char *what, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "column '%s': its Arrow schema ('%.40s') %s; the plug-in or driver is broken",
                field->name, field->format, what);
    return FALSE;
}

/* How many children a layout has; -1: any number. */
static gint64 children_of(TgArrowLayout layout)
{
    switch ((int)layout) {
    case TG_ARROW_STRUCT:
        return -1;
    case TG_ARROW_LIST:
    case TG_ARROW_LIST_VIEW:
    case TG_ARROW_FIXED_LIST:
    case TG_ARROW_MAP:
        return 1;
    default:
        return 0;
    }
}

static gboolean has_right_count(const TgArrowField *field, const struct ArrowSchema *schema)
{
    gint64 wanted = children_of(field->layout);

    return schema->n_children >= 0 && schema->n_children <= CHILDREN_MAX &&
           (wanted < 0 || schema->n_children == wanted) &&
           (schema->n_children == 0 || schema->children != NULL);
}

static gboolean is_map(const TgArrowField *field)
{
    return field->children[0]->layout == TG_ARROW_STRUCT && field->children[0]->child_count == 2;
}

static void prefix_parent(const TgArrowField *field, guint depth, GError **error)
{
    if (depth > 0) { /* the root is no column */
        g_prefix_error(error, "in column '%s': ", field->name);
    }
}

static gboolean read_children(TgArrowField *field, const struct ArrowSchema *schema, guint depth,
                              GError **error)
{
    if (!has_right_count(field, schema)) {
        return fail_shape(field, "has a wrong number of children", error);
    }
    field->children = g_new0(TgArrowField *, (gsize)schema->n_children + 1);
    for (gint64 i = 0; i < schema->n_children; i++) {
        TgArrowField *child = field_new(schema->children[i], depth + 1, error);

        if (child == NULL) {
            prefix_parent(field, depth, error);
            return FALSE;
        }
        field->children[field->child_count++] = child;
    }
    if (field->layout == TG_ARROW_MAP && !is_map(field)) {
        return fail_shape(field, "is a map without keys and values", error);
    }
    return TRUE;
}

static gboolean read_dictionary(TgArrowField *field, const struct ArrowSchema *schema, guint depth,
                                GError **error)
{
    if (schema->dictionary == NULL) {
        return TRUE;
    }
    if (field->layout != TG_ARROW_INTEGER || field->multiplier != 0 || field->divisor != 0) {
        return fail_shape(field, "has a dictionary without integers as indexes", error);
    }
    field->dictionary = field_new(schema->dictionary, depth + 1, error);
    if (field->dictionary != NULL && field->dictionary->dictionary != NULL) {
        return fail_shape(field, "is a dictionary of dictionaries", error);
    }
    return field->dictionary != NULL;
}

static gboolean read_schema(TgArrowField *field, const struct ArrowSchema *schema, guint depth,
                            GError **error)
{
    if (!read_format(field, error) || !read_children(field, schema, depth, error) ||
        !read_dictionary(field, schema, depth, error)) {
        return FALSE;
    }
    if (field->type.id == TG_TYPE_STRING && field->layout != TG_ARROW_NULL &&
        is_json_extension(schema->metadata)) {
        field->type.id = TG_TYPE_JSON;
    }
    if (field->dictionary != NULL) {
        field->type = field->dictionary->type;
    }
    return TRUE;
}

static TgArrowField *field_new(const struct ArrowSchema *schema, guint depth, GError **error)
{
    if (depth > DEPTH_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "its Arrow schema is nested deeper than %u levels; flatten it in the source",
                    DEPTH_MAX);
        return NULL;
    }
    if (schema == NULL || schema->release == NULL || schema->format == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "its Arrow schema has a hole: the plug-in or driver is broken");
        return NULL;
    }
    const char *name = schema->name == NULL ? "" : schema->name;
    g_autoptr(TgArrowField) field = g_new0(TgArrowField, 1);

    field->name = g_utf8_make_valid(name, (gssize)strnlen(name, NAME_BYTES_MAX));
    field->format = g_strndup(schema->format, NAME_BYTES_MAX);
    return read_schema(field, schema, depth, error) ? g_steal_pointer(&field) : NULL;
}

TgArrowField *tg_arrow_field_new(const struct ArrowSchema *schema, GError **error)
{
    return field_new(schema, 0, error);
}

void tg_arrow_field_free(TgArrowField *field)
{
    if (field == NULL) {
        return;
    }
    for (guint i = 0; i < field->child_count; i++) {
        tg_arrow_field_free(field->children[i]);
    }
    tg_arrow_field_free(field->dictionary);
    g_free(field->children);
    g_free(field->name);
    g_free(field->format);
    g_free(field);
}

gboolean tg_arrow_field_equal(const TgArrowField *a, const TgArrowField *b)
{
    if (strcmp(a->name, b->name) != 0 || strcmp(a->format, b->format) != 0 ||
        a->type.id != b->type.id || a->child_count != b->child_count ||
        (a->dictionary == NULL) != (b->dictionary == NULL)) {
        return FALSE;
    }
    for (guint i = 0; i < a->child_count; i++) {
        if (!tg_arrow_field_equal(a->children[i], b->children[i])) {
            return FALSE;
        }
    }
    return a->dictionary == NULL || tg_arrow_field_equal(a->dictionary, b->dictionary);
}

gint64 tg_arrow_field_buffers(const TgArrowField *field)
{
    switch (field->layout) {
    case TG_ARROW_NULL:
        return 0;
    case TG_ARROW_STRUCT:
    case TG_ARROW_FIXED_LIST:
        return 1;
    case TG_ARROW_BYTES:
    case TG_ARROW_BYTES_VIEW: /* and one for each block of bytes */
    case TG_ARROW_LIST_VIEW:
        return 3;
    case TG_ARROW_BOOLEAN:
    case TG_ARROW_INTEGER:
    case TG_ARROW_HALF:
    case TG_ARROW_FLOAT:
    case TG_ARROW_DOUBLE:
    case TG_ARROW_DECIMAL:
    case TG_ARROW_FIXED_BYTES:
    case TG_ARROW_LIST:
    case TG_ARROW_MAP:
    default:
        return 2;
    }
}
