/* Nested values as JSON: lists, structs and maps of anything. */
#include "arrow/check.h"
#include "arrow/value.h"
#include "loader/json_text.h"
#include "loader/time_format.h"
#include "loader/utf8.h"
#include "loader/value_text.h"

static void append_quoted(GString *out, const char *text, gsize size)
{
    static const char digits[] = "0123456789abcdef";

    g_string_append_c(out, '"');
    for (gsize i = 0; i < size; i++) {
        guchar c = (guchar)text[i];

        if (c == '"' || c == '\\') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, (char)c);
        } else if (c < 0x20) {
            g_string_append_printf(out, "\\u00%c%c", digits[c >> 4], digits[c & 15]);
        } else {
            g_string_append_c(out, (char)c);
        }
    }
    g_string_append_c(out, '"');
}

/* A vector of one row, for what columns already write as text. */
static TgBatch *scratch_new(TgType type)
{
    g_autoptr(TgSchema) schema = tg_schema_new();

    (void)tg_schema_append(schema, "", type);
    return tg_batch_new(schema);
}

static void append_timestamp(const TgVector *vector, gboolean is_utc, GString *out)
{
    g_autoptr(TgTimeFormat) format =
        tg_time_format_new(is_utc ? "%Y-%m-%dT%H:%M:%S.%NZ" : "%Y-%m-%dT%H:%M:%S.%N", NULL);
    g_autoptr(TgTimeZone) zone = tg_time_zone_new("UTC", NULL);

    tg_time_format_write(format, zone, tg_vector_get_nanos(vector, 0), out);
}

static const char *append_flat(const TgArrowField *field, const struct ArrowArray *array,
                               gint64 index, GString *out)
{
    g_autoptr(TgBatch) scratch = scratch_new(field->type);
    TgVector *vector = scratch->vectors[0];
    const char *reason = tg_arrow_set(field, array, index, vector, 0);
    gboolean is_quoted = field->type.id == TG_TYPE_DATE || field->type.id == TG_TYPE_TIME ||
                         field->type.id == TG_TYPE_TIMESTAMP;

    if (reason != NULL) {
        return reason;
    }
    g_string_append(out, is_quoted ? "\"" : "");
    if (field->type.id == TG_TYPE_TIMESTAMP) {
        append_timestamp(vector, field->type.is_utc, out);
    } else {
        tg_value_append(out, vector, 0);
    }
    g_string_append(out, is_quoted ? "\"" : "");
    return NULL;
}

static const char *append_bytes(const TgArrowField *field, const struct ArrowArray *array,
                                gint64 index, GString *out)
{
    gsize size = 0;
    gsize used = 0;
    const char *bytes = tg_arrow_get_bytes(field, array, index, &size);

    if (size > TG_ARROW_VALUE_BYTES_MAX) {
        return "is larger than 64 MiB";
    }
    if (field->type.id == TG_TYPE_BINARY) {
        g_autofree char *encoded = g_base64_encode((const guchar *)bytes, size);

        append_quoted(out, encoded, strlen(encoded));
        return NULL;
    }
    if (!tg_utf8_is_valid(bytes, size)) {
        return "is no UTF-8; hand it over as binary, or repair it in the source";
    }
    if (field->type.id == TG_TYPE_JSON) {
        return tg_json_text_append(out, bytes, size, TG_JSON_KEEP_NUMBERS, &used);
    }
    append_quoted(out, bytes, size);
    return NULL;
}

/* Values `from` to `to` of a list's child. */
static const char *append_list(const TgArrowField *field, const struct ArrowArray *array,
                               const gint64 range[2], GString *out)
{
    const struct ArrowArray *child = array->children[0];

    g_string_append_c(out, '[');
    for (gint64 i = range[0]; i < range[1]; i++) {
        const char *reason = NULL;

        g_string_append(out, i == range[0] ? "" : ",");
        reason = tg_arrow_append_json(field->children[0], child, child->offset + i, out);
        if (reason != NULL) {
            return reason;
        }
    }
    g_string_append_c(out, ']');
    return NULL;
}

static const char *append_struct(const TgArrowField *field, const struct ArrowArray *array,
                                 gint64 index, GString *out)
{
    g_string_append_c(out, '{');
    for (guint i = 0; i < field->child_count; i++) {
        const TgArrowField *child = field->children[i];
        const char *reason = NULL;

        g_string_append(out, i == 0 ? "" : ",");
        append_quoted(out, child->name, strlen(child->name));
        g_string_append_c(out, ':');
        /* the parent's offset counts for the children, too */
        reason = tg_arrow_append_json(child, array->children[i], array->children[i]->offset + index,
                                      out);
        if (reason != NULL) {
            return reason;
        }
    }
    g_string_append_c(out, '}');
    return NULL;
}

/* One entry of a map; keys become texts. */
static const char *append_entry(const TgArrowField *entries, const struct ArrowArray *array,
                                gint64 index, GString *out)
{
    g_autoptr(GString) key = g_string_new(NULL);
    const struct ArrowArray *keys = array->children[0];
    const struct ArrowArray *values = array->children[1];
    const char *reason =
        tg_arrow_append_json(entries->children[0], keys, keys->offset + index, key);

    if (reason != NULL) {
        return reason;
    }
    if (key->str[0] == '"') {
        g_string_append_len(out, key->str, (gssize)key->len);
    } else {
        append_quoted(out, key->str, key->len);
    }
    g_string_append_c(out, ':');
    return tg_arrow_append_json(entries->children[1], values, values->offset + index, out);
}

static const char *append_map(const TgArrowField *field, const struct ArrowArray *array,
                              const gint64 range[2], GString *out)
{
    const struct ArrowArray *entries = array->children[0];

    g_string_append_c(out, '{');
    for (gint64 i = range[0]; i < range[1]; i++) {
        const char *reason = NULL;

        g_string_append(out, i == range[0] ? "" : ",");
        reason = append_entry(field->children[0], entries, entries->offset + i, out);
        if (reason != NULL) {
            return reason;
        }
    }
    g_string_append_c(out, '}');
    return NULL;
}

/* The values of the child that a row of a list or map has. */
static void read_range(const TgArrowField *field, const struct ArrowArray *array, gint64 index,
                       gint64 range[2])
{
    if (field->layout == TG_ARROW_FIXED_LIST) {
        range[0] = index * (gint64)field->width;
        range[1] = range[0] + (gint64)field->width;
        return;
    }
    range[0] = tg_arrow_offset(array->buffers[1], field->offset_width, index);
    range[1] = field->layout == TG_ARROW_LIST_VIEW
                   ? range[0] + tg_arrow_offset(array->buffers[2], field->offset_width, index)
                   : tg_arrow_offset(array->buffers[1], field->offset_width, index + 1);
}

static const char *append_value(const TgArrowField *field, const struct ArrowArray *array,
                                gint64 index, GString *out)
{
    gint64 range[2];
    gsize before = out->len;

    switch ((int)field->layout) {
    case TG_ARROW_BYTES:
    case TG_ARROW_BYTES_VIEW:
    case TG_ARROW_FIXED_BYTES:
        return append_bytes(field, array, index, out);
    case TG_ARROW_LIST:
    case TG_ARROW_LIST_VIEW:
    case TG_ARROW_FIXED_LIST:
        read_range(field, array, index, range);
        return append_list(field, array, range, out);
    case TG_ARROW_MAP:
        read_range(field, array, index, range);
        return append_map(field, array, range, out);
    case TG_ARROW_STRUCT:
        return append_struct(field, array, index, out);
    default:
        if (!tg_arrow_append_number(field, array, index, out)) {
            return append_flat(field, array, index, out);
        }
        return strpbrk(out->str + before, "NI") == NULL ? NULL
                                                        : "has NaN or an infinity, which JSON "
                                                          "does not; make it null in the source";
    }
}

const char *tg_arrow_append_json(const TgArrowField *field, const struct ArrowArray *array,
                                 gint64 index, GString *out)
{
    const char *reason = NULL;

    if (out->len > TG_ARROW_VALUE_BYTES_MAX) {
        return "is larger than 64 MiB as JSON";
    }
    if (!tg_arrow_is_valid(field, array, index)) {
        g_string_append(out, "null");
        return NULL;
    }
    reason = tg_arrow_resolve(&field, &array, &index);
    if (reason != NULL) {
        return reason;
    }
    if (!tg_arrow_is_valid(field, array, index)) {
        g_string_append(out, "null");
        return NULL;
    }
    return append_value(field, array, index, out);
}
