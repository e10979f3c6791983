/* Reading `columns:`. */
#include "loader/column_config.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "params/params.h"

#define COLUMNS_MAX 10000u

typedef struct {
    char *format;
    char *timezone;
    char *date;
} Defaults;

static void defaults_clear(Defaults *defaults)
{
    g_free(defaults->format);
    g_free(defaults->timezone);
    g_free(defaults->date);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Defaults, defaults_clear)

static gboolean parse_decimal(const char *text, TgType *out)
{
    guint precision = 0;
    guint scale = 0;
    int used = 0;

    /* NOLINTNEXTLINE(cert-err34-c): the ranges are checked below */
    if (sscanf(text, "decimal(%2u,%2u)%n", &precision, &scale, &used) != 2 ||
        (gsize)used != strlen(text) || precision < 1 || precision > 38 || scale > precision) {
        return FALSE;
    }
    *out = (TgType){.id = TG_TYPE_DECIMAL, .precision = (guint8)precision, .scale = (guint8)scale};
    return TRUE;
}

gboolean tg_column_type_parse(const char *text, gboolean exact_types, TgType *out, GError **error)
{
    static const char *const names[] = {"boolean", "long", "double",        "string", "timestamp",
                                        "json",    "date", "decimal(10,2)", NULL};
    static const TgTypeId ids[] = {TG_TYPE_BOOLEAN,   TG_TYPE_INT64, TG_TYPE_DOUBLE, TG_TYPE_STRING,
                                   TG_TYPE_TIMESTAMP, TG_TYPE_JSON,  TG_TYPE_DATE};
    gsize count = exact_types ? G_N_ELEMENTS(ids) : G_N_ELEMENTS(ids) - 1;

    for (gsize i = 0; i < count; i++) {
        if (strcmp(text, names[i]) != 0) {
            continue;
        }
        *out = (TgType){.id = ids[i]};
        if (ids[i] == TG_TYPE_TIMESTAMP && !exact_types) {
            out->unit = TG_UNIT_WIDE;
            out->is_utc = TRUE;
        }
        return TRUE;
    }
    if (exact_types && parse_decimal(text, out)) {
        return TRUE;
    }
    g_autofree char *hint = tg_suggest_phrase(text, names);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "unknown type '%s'%s; types are boolean, long, double, string, timestamp, json%s",
                text, hint, exact_types ? ", date, decimal(p,s)" : "");
    return FALSE;
}

gboolean tg_timestamp_reader_init(TgTimestampReader *reader, const char *format,
                                  const char *timezone, const char *date, GError **error)
{
    reader->format = tg_time_format_new(format, error);
    reader->zone = reader->format == NULL ? NULL : tg_time_zone_new(timezone, error);
    if (reader->zone == NULL ||
        !tg_time_defaults_set_date(&reader->defaults, date == NULL ? "1970-01-01" : date, error)) {
        tg_timestamp_reader_clear(reader);
        return FALSE;
    }
    reader->defaults.zone = reader->zone;
    return TRUE;
}

gboolean tg_timestamp_reader_open(TgTimestampReader *reader, const json_t *config,
                                  const json_t *column, GError **error)
{
    static const struct {
        const char *key;
        const char *default_key;
        const char *fallback;
    } keys[] = {{"format", "default_timestamp_format", "%Y-%m-%d %H:%M:%S.%N %z"},
                {"timezone", "default_timezone", "UTC"},
                {"date", "default_date", "1970-01-01"}};
    g_auto(GStrv) texts = g_new0(char *, G_N_ELEMENTS(keys) + 1);

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *fallback = NULL;

        if (!tg_params_dup_text_or(config, keys[i].default_key, keys[i].fallback, &fallback,
                                   error) ||
            !tg_params_dup_text_or(column, keys[i].key, fallback, &texts[i], error)) {
            return FALSE;
        }
    }
    return tg_timestamp_reader_init(reader, texts[0], texts[1], texts[2], error);
}

void tg_timestamp_reader_clear(TgTimestampReader *reader)
{
    tg_time_format_free(reader->format);
    tg_time_zone_free(reader->zone);
    *reader = (TgTimestampReader){0};
}

/* What a timestamp column says, or the default. */
static gboolean open_reader(const json_t *column, const Defaults *defaults,
                            TgTimestampReader *reader, TgColumn *into, GError **error)
{
    g_autofree char *format = NULL;
    g_autofree char *timezone = NULL;
    g_autofree char *date = NULL;

    if (!tg_params_dup_text_or(column, "format", defaults->format, &format, error) ||
        !tg_params_dup_text_or(column, "timezone", defaults->timezone, &timezone, error) ||
        !tg_params_dup_text_or(column, "date", defaults->date, &date, error)) {
        return FALSE;
    }
    if (!tg_timestamp_reader_init(reader, format, timezone, date, error)) {
        return FALSE;
    }
    if (tg_params_has(column, "format")) {
        into->format = g_steal_pointer(&format); /* `stdout` prints in it */
    }
    return TRUE;
}

static gboolean add_column(TgColumnConfig *self, const json_t *column, const Defaults *defaults,
                           gboolean exact_types, GError **error)
{
    TgType type = {0};
    g_autofree char *name = NULL;
    g_autofree char *type_name = NULL;
    guint index = self->schema->count;

    if (!json_is_object(column)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "columns[%u] must be a map of name and type",
                    index);
        return FALSE;
    }
    name = tg_params_dup_text(column, "name", error);
    type_name = name == NULL ? NULL : tg_params_dup_text(column, "type", error);
    if (type_name == NULL || !tg_column_type_parse(type_name, exact_types, &type, error)) {
        g_prefix_error(error, "columns[%u]%s%s: ", index, name == NULL ? "" : " ",
                       name == NULL ? "" : name);
        return FALSE;
    }
    TgColumn *added = tg_schema_append(self->schema, name, type);

    if ((type.id == TG_TYPE_TIMESTAMP || type.id == TG_TYPE_DATE) &&
        !open_reader(column, defaults, &self->readers[index], added, error)) {
        g_prefix_error(error, "column '%s': ", name);
        return FALSE;
    }
    return tg_params_dup_text_or(column, "element_at", NULL, &self->pointers[index], error);
}

TgColumnConfig *tg_column_config_new(const TgLoaderContext *context, const json_t *config,
                                     GError **error)
{
    g_autoptr(TgColumnConfig) self = g_new0(TgColumnConfig, 1);
    g_auto(Defaults) defaults = {0};
    const json_t *columns = json_object_get(config, "columns");
    json_t *column = NULL;
    size_t index = 0;

    if (!json_is_array(columns) || json_array_size(columns) > COLUMNS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'columns' is missing or no list of at most %u {name, type}", COLUMNS_MAX);
        return NULL;
    }
    if (!tg_params_dup_text_or(config, "default_timestamp_format", "%Y-%m-%d %H:%M:%S.%N %z",
                               &defaults.format, error) ||
        !tg_params_dup_text_or(config, "default_timezone", "UTC", &defaults.timezone, error) ||
        !tg_params_dup_text_or(config, "default_date", "1970-01-01", &defaults.date, error)) {
        return NULL;
    }
    self->schema = tg_schema_new();
    self->readers = g_new0(TgTimestampReader, json_array_size(columns) + 1);
    self->pointers = g_new0(char *, json_array_size(columns) + 1);
    json_array_foreach (columns, index, column) {
        if (!add_column(self, column, &defaults, tg_loader_context_job(context)->exact_types,
                        error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&self);
}

void tg_column_config_free(TgColumnConfig *config)
{
    if (config == NULL) {
        return;
    }
    for (guint i = 0; config->schema != NULL && i < config->schema->count; i++) {
        tg_timestamp_reader_clear(&config->readers[i]);
        g_free(config->pointers[i]);
    }
    g_free(config->readers);
    g_free(config->pointers);
    tg_schema_free(config->schema);
    g_free(config);
}

static gboolean set_micros(TgVector *vector, guint row, TgInt128 nanos, const char **out_reason)
{
    gboolean is_near = nanos == (gint64)nanos; /* much cheaper than 128 bits */
    TgInt128 micros = is_near ? (gint64)nanos / 1000 : nanos / 1000;

    if (micros * 1000 != nanos) {
        *out_reason = "has digits beyond microseconds, which a Parquet timestamp cannot hold";
        return FALSE;
    }
    if (micros > G_MAXINT64 || micros < G_MININT64) {
        *out_reason = "is outside of the years that a Parquet timestamp can hold";
        return FALSE;
    }
    tg_vector_set_int64(vector, row, (gint64)micros);
    return TRUE;
}

static gboolean set_date(TgVector *vector, guint row, TgInt128 nanos, const char **out_reason)
{
    const TgInt128 day = TG_NANOS_PER_SECOND * 86400;
    gint32 days = (gint32)(nanos / day);

    if ((TgInt128)days * day != nanos) {
        *out_reason = "is not a date alone";
        return FALSE;
    }
    tg_vector_set_fixed(vector, row, &days);
    return TRUE;
}

static gboolean set_nano(TgVector *vector, guint row, TgInt128 nanos, const char **out_reason)
{
    if (nanos > G_MAXINT64 || nanos < G_MININT64) {
        *out_reason = "is outside of the years 1677 to 2262, which nanoseconds can hold";
        return FALSE;
    }
    tg_vector_set_int64(vector, row, (gint64)nanos);
    return TRUE;
}

gboolean tg_timestamp_set_nanos(TgVector *vector, guint row, TgInt128 nanos,
                                const char **out_reason)
{
    if (vector->type.id == TG_TYPE_DATE) {
        return set_date(vector, row, nanos, out_reason);
    }
    if (vector->type.unit == TG_UNIT_MICRO) {
        return set_micros(vector, row, nanos, out_reason);
    }
    if (vector->type.unit == TG_UNIT_NANO) {
        return set_nano(vector, row, nanos, out_reason);
    }
    tg_vector_set_int128(vector, row, nanos);
    return TRUE;
}

gboolean tg_timestamp_reader_set(const TgTimestampReader *reader, const char *text,
                                 gsize size_bytes, TgVector *vector, guint row,
                                 const char **out_reason)
{
    TgInt128 nanos = 0;

    if (!tg_time_format_parse(reader->format, &reader->defaults, text, size_bytes, &nanos)) {
        *out_reason = "does not fit the column's time format";
        return FALSE;
    }
    return tg_timestamp_set_nanos(vector, row, nanos, out_reason);
}
