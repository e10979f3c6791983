/* Batches in the types that are written. */
#include <math.h>
#include <string.h>

#include "loader/number_text.h"
#include "loader/output/s3_parquet.h"

struct S3ParquetConverter {
    const S3ParquetPlan *plan;
    TgBatch *own;       /* of the converted columns; the others are lent */
    TgVector **vectors; /* of the view */
    TgBatch view;
    GString *text;
};

S3ParquetConverter *s3_parquet_converter_new(const S3ParquetPlan *plan)
{
    S3ParquetConverter *self = g_new0(S3ParquetConverter, 1);

    self->plan = plan;
    self->own = tg_batch_new(plan->schema);
    self->vectors = g_new0(TgVector *, plan->count + 1);
    self->text = g_string_new(NULL);
    return self;
}

void s3_parquet_converter_free(S3ParquetConverter *converter)
{
    if (converter == NULL) {
        return;
    }
    tg_batch_free(converter->own);
    g_free(converter->vectors);
    (void)g_string_free(converter->text, TRUE);
    g_free(converter);
}

static void set_integer(TgVector *vector, guint row, TgInt128 value)
{
    gint64 narrow = (gint64)value;

    if (vector->type.id == TG_TYPE_DECIMAL) {
        tg_vector_set_int128(vector, row, value);
        return;
    }
    tg_vector_set_fixed(vector, row, &narrow); /* little-endian: the low bytes come first */
}

/* The integer that a value of any type stands for, halves rounded up. */
static gboolean read_integer(const TgVector *vector, guint row, TgInt128 *out)
{
    gsize size = 0;
    double real = 0.0;
    gint64 integer = 0;
    const char *text = NULL;

    if (vector->type.id == TG_TYPE_BOOLEAN) {
        *out = tg_vector_get_boolean(vector, row);
        return TRUE;
    }
    if (vector->type.id != TG_TYPE_DOUBLE && !tg_type_is_bytes(vector->type)) {
        *out = tg_vector_get_integer(vector, row);
        return TRUE;
    }
    if (vector->type.id == TG_TYPE_DOUBLE) {
        real = tg_vector_get_double(vector, row);
    } else {
        text = tg_vector_get_bytes(vector, row, &size);
        if (tg_int64_parse(text, size, &integer)) {
            *out = integer;
            return TRUE;
        }
        if (!tg_double_parse(text, size, &real)) {
            return FALSE;
        }
    }
    if (!(fabs(real) < 1e30)) {
        return FALSE;
    }
    *out = (TgInt128)floor(real + 0.5);
    return TRUE;
}

static gboolean convert_integer(const S3ParquetColumn *plan, const TgVector *from, guint row,
                                TgVector *into)
{
    TgInt128 value = 0;

    if (!read_integer(from, row, &value) || value < plan->minimum || value > plan->maximum) {
        return FALSE;
    }
    set_integer(into, row, value);
    return TRUE;
}

static gboolean convert_instant(const S3ParquetPlan *plan, const TgVector *from, guint row,
                                TgVector *into)
{
    TgInt128 nanos = tg_vector_get_nanos(from, row);
    TgInt128 unit = into->type.unit == TG_UNIT_NANO ? 1 : 1000;
    TgInt128 value = nanos / unit - (nanos % unit < 0 ? 1 : 0);

    if (value > G_MAXINT64 || value < G_MININT64 || (nanos % unit != 0 && !plan->is_lossy)) {
        return FALSE;
    }
    tg_vector_set_int64(into, row, (gint64)value);
    return TRUE;
}

static gboolean convert_date(const TgVector *from, guint row, TgVector *into)
{
    TgInt128 days = tg_vector_get_nanos(from, row) / (TG_NANOS_PER_SECOND * 86400);
    gint32 narrow = (gint32)days;

    tg_vector_set_fixed(into, row, &narrow);
    return days == narrow;
}

static gboolean convert_decimal(const S3ParquetColumn *plan, const TgVector *from, guint row,
                                TgVector *into)
{
    char text[TG_DOUBLE_TEXT_BYTES];
    gsize size = 0;
    const char *bytes = text;
    TgInt128 value = 0;

    if (from->type.id == TG_TYPE_DOUBLE) {
        size = (gsize)g_snprintf(text, sizeof text, "%.*f", (int)MIN(plan->type.scale, 17),
                                 tg_vector_get_double(from, row));
    } else if (tg_type_is_bytes(from->type)) {
        bytes = tg_vector_get_bytes(from, row, &size);
    } else {
        tg_vector_set_int128(into, row, tg_vector_get_integer(from, row)); /* raw, as Embulk */
        return TRUE;
    }
    if (size >= sizeof text && bytes == text) {
        return FALSE;
    }
    if (!tg_decimal_parse(bytes, size, plan->type.precision, plan->type.scale, &value)) {
        return FALSE;
    }
    tg_vector_set_int128(into, row, value);
    return TRUE;
}

/* "-838:59:59.000001", without the fraction when it is zero. */
static void format_time(gint64 micros, GString *out)
{
    guint64 rest = (guint64)ABS(micros);
    guint64 seconds = rest / 1000000;

    g_string_append_printf(out, "%s%02u:%02u:%02u", micros < 0 ? "-" : "", (guint)(seconds / 3600),
                           (guint)(seconds / 60 % 60), (guint)(seconds % 60));
    if (rest % 1000000 != 0) {
        g_string_append_printf(out, ".%06u", (guint)(rest % 1000000));
    }
}

static gboolean convert_value(S3ParquetConverter *self, guint column, const TgVector *from,
                              guint row)
{
    const S3ParquetColumn *plan = &self->plan->columns[column];
    TgVector *into = self->own->vectors[column];

    switch (plan->kind) {
    case S3_PARQUET_INTEGER:
        return convert_integer(plan, from, row, into);
    case S3_PARQUET_INSTANT:
        return convert_instant(self->plan, from, row, into);
    case S3_PARQUET_DATE:
        return convert_date(from, row, into);
    case S3_PARQUET_DECIMAL:
        return convert_decimal(plan, from, row, into);
    case S3_PARQUET_TIMESTAMP_TEXT:
        g_string_truncate(self->text, 0);
        tg_time_format_write(plan->format, plan->zone, tg_vector_get_nanos(from, row), self->text);
        tg_vector_set_bytes(into, row, self->text->str, self->text->len);
        return TRUE;
    case S3_PARQUET_TIME_TEXT:
        g_string_truncate(self->text, 0);
        format_time(tg_vector_get_int64(from, row), self->text);
        tg_vector_set_bytes(into, row, self->text->str, self->text->len);
        return TRUE;
    case S3_PARQUET_AS_IS:
    default:
        return TRUE;
    }
}

static gboolean convert_column(S3ParquetConverter *self, guint column, const TgBatch *batch,
                               GError **error)
{
    const TgVector *from = batch->vectors[column];

    for (guint row = 0; row < batch->rows; row++) {
        if (!tg_vector_is_valid(from, row)) {
            tg_vector_set_null(self->own->vectors[column], row);
        } else if (!convert_value(self, column, from, row)) {
            g_autofree char *type = tg_type_to_text(self->plan->columns[column].type);

            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "column '%s' holds a value that does not fit the Parquet type %s without "
                        "loss; write 'lossy: allow' in 'out', or load the column as a string",
                        self->plan->schema->columns[column].name, type);
            return FALSE;
        }
    }
    return TRUE;
}

const TgBatch *s3_parquet_convert(S3ParquetConverter *converter, const TgBatch *batch,
                                  GError **error)
{
    tg_batch_clear(converter->own);
    tg_batch_reserve(converter->own, batch->rows);
    for (guint i = 0; i < converter->plan->count; i++) {
        if (converter->plan->columns[i].kind == S3_PARQUET_AS_IS) {
            converter->vectors[i] = batch->vectors[i];
            continue;
        }
        if (!convert_column(converter, i, batch, error)) {
            return NULL;
        }
        converter->vectors[i] = converter->own->vectors[i];
    }
    converter->view = (TgBatch){
        .rows = batch->rows, .count = converter->plan->count, .vectors = converter->vectors};
    return &converter->view;
}
