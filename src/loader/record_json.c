/* Values to JSON. */
#include "loader/record_json.h"

#include <math.h>
#include <string.h>

#include "loader/json_path.h"
#include "loader/utf8.h"
#include "loader/value_text.h"
#include "params/params.h"

typedef struct {
    char *name; /* `"name":`; NULL: a later column has the name, too */
    TgTimeFormat *format;
    TgTimeZone *zone;
} Column;

struct TgRecordJson {
    guint count;
    Column *columns;
    gboolean is_lenient; /* NaN is null */
};

static void append_string(GString *out, const char *text, gsize size)
{
    if (tg_utf8_is_valid(text, size)) {
        tg_json_quote_append(out, text, size);
        return;
    }
    g_autoptr(GString) repaired = g_string_new(NULL);

    tg_utf8_append_repaired(repaired, text, size);
    tg_json_quote_append(out, repaired->str, repaired->len);
}

static char *quote_name(const char *name)
{
    GString *out = g_string_new(NULL);

    append_string(out, name, strlen(name));
    g_string_append_c(out, ':');
    return g_string_free(out, FALSE);
}

static gboolean is_repeated(const TgSchema *schema, guint index)
{
    for (guint i = index + 1; i < schema->count; i++) {
        if (strcmp(schema->columns[i].name, schema->columns[index].name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

TgRecordJson *tg_record_json_new(const TgSchema *schema, const char *time_format,
                                 const char *timezone, GError **error)
{
    g_autoptr(TgRecordJson) self = g_new0(TgRecordJson, 1);

    self->count = schema->count;
    self->columns = g_new0(Column, schema->count + 1);
    for (guint i = 0; i < schema->count; i++) {
        self->columns[i].name = is_repeated(schema, i) ? NULL : quote_name(schema->columns[i].name);
        if (tg_value_is_instant(schema->columns[i].type) &&
            !tg_record_json_set_format(self, i, time_format, timezone, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&self);
}

void tg_record_json_set_lenient(TgRecordJson *self)
{
    self->is_lenient = TRUE;
}

gboolean tg_record_json_set_format(TgRecordJson *self, guint column, const char *time_format,
                                   const char *timezone, GError **error)
{
    g_autoptr(TgTimeFormat) format = tg_time_format_new(time_format, error);
    TgTimeZone *zone = format == NULL ? NULL : tg_time_zone_new(timezone, error);

    if (zone == NULL) {
        return FALSE;
    }
    tg_time_format_free(self->columns[column].format);
    tg_time_zone_free(self->columns[column].zone);
    self->columns[column].format = g_steal_pointer(&format);
    self->columns[column].zone = zone;
    return TRUE;
}

TgRecordJson *tg_record_json_new_configured(const TgSchema *schema, const json_t *config,
                                            GError **error)
{
    const json_t *columns = json_object_get(config, "column_options");
    g_autoptr(TgRecordJson) self = NULL;
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;

    if (!tg_params_dup_text_or(config, "default_timestamp_format", "%Y-%m-%d %H:%M:%S.%6N %z",
                               &format, error) ||
        !tg_params_dup_text_or(config, "default_timezone", "UTC", &zone, error)) {
        return NULL;
    }
    self = tg_record_json_new(schema, format, zone, error);
    for (guint i = 0; self != NULL && i < schema->count; i++) {
        const json_t *column = json_object_get(columns, schema->columns[i].name);
        g_autofree char *own_format = NULL;
        g_autofree char *own_zone = NULL;

        if (column == NULL || !tg_value_is_instant(schema->columns[i].type)) {
            continue;
        }
        if (!tg_params_dup_text_or(column, "format", format, &own_format, error) ||
            !tg_params_dup_text_or(column, "timezone", zone, &own_zone, error) ||
            !tg_record_json_set_format(self, i, own_format, own_zone, error)) {
            g_prefix_error(error, "column_options: '%s': ", schema->columns[i].name);
            return NULL;
        }
    }
    return g_steal_pointer(&self);
}

void tg_record_json_free(TgRecordJson *self)
{
    if (self == NULL) {
        return;
    }
    for (guint i = 0; i < self->count; i++) {
        g_free(self->columns[i].name);
        tg_time_format_free(self->columns[i].format);
        tg_time_zone_free(self->columns[i].zone);
    }
    g_free(self->columns);
    g_free(self);
}

static gboolean append_real(const TgRecordJson *self, const TgVector *vector, guint row,
                            GString *out, GError **error)
{
    float narrow = 0.0F;
    double value = 0.0;

    if (vector->type.id == TG_TYPE_FLOAT) {
        memcpy(&narrow, vector->data + (gsize)row * sizeof narrow, sizeof narrow);
        value = (double)narrow;
    } else {
        value = tg_vector_get_double(vector, row);
    }
    if (!isfinite(value) && self->is_lenient) {
        g_string_append(out, "null");
        return TRUE;
    }
    if (!isfinite(value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "JSON has no NaN and no infinity; make the column a string or filter it out");
        return FALSE;
    }
    tg_value_append(out, vector, row);
    return TRUE;
}

static void append_quoted_value(const TgVector *vector, guint row, GString *out)
{
    g_string_append_c(out, '"');
    tg_value_append(out, vector, row);
    g_string_append_c(out, '"');
}

static gboolean append_value(const TgRecordJson *self, guint index, const TgVector *vector,
                             guint row, GString *out, GError **error)
{
    const Column *column = &self->columns[index];
    const char *bytes = NULL;
    gsize size = 0;

    switch ((int)vector->type.id) {
    case TG_TYPE_FLOAT:
    case TG_TYPE_DOUBLE:
        return append_real(self, vector, row, out, error);
    case TG_TYPE_STRING:
        bytes = tg_vector_get_bytes(vector, row, &size);
        append_string(out, bytes, size);
        return TRUE;
    case TG_TYPE_BINARY: {
        bytes = tg_vector_get_bytes(vector, row, &size);
        g_autofree char *base64 = g_base64_encode((const guchar *)bytes, size);

        g_string_append_printf(out, "\"%s\"", base64);
        return TRUE;
    }
    case TG_TYPE_TIMESTAMP:
        g_string_append_c(out, '"');
        tg_time_format_write(column->format, column->zone, tg_vector_get_nanos(vector, row), out);
        g_string_append_c(out, '"');
        return TRUE;
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        append_quoted_value(vector, row, out);
        return TRUE;
    default: /* booleans, integers, decimals, json */
        tg_value_append(out, vector, row);
        return TRUE;
    }
}

gboolean tg_record_json_append(const TgRecordJson *self, const TgBatch *batch, guint row,
                               GString *out, GError **error)
{
    char separator = '{';

    for (guint i = 0; i < self->count; i++) {
        const TgVector *vector = batch->vectors[i];

        if (self->columns[i].name == NULL) {
            continue;
        }
        g_string_append_c(out, separator);
        g_string_append(out, self->columns[i].name);
        separator = ',';
        if (!tg_vector_is_valid(vector, row)) {
            g_string_append(out, "null");
        } else if (!append_value(self, i, vector, row, out, error)) {
            return FALSE;
        }
    }
    g_string_append(out, separator == '{' ? "{}" : "}");
    return TRUE;
}
