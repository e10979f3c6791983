/* A sample of rows through input and filters, and how `embulk preview` prints it. */
#include <string.h>

#include "loader/context.h"
#include "loader/rows.h"
#include "loader/time_format.h"
#include "loader/value_text.h"
#include "params/params.h"

#define SAMPLE_BYTES_DEFAULT ((gint64)32 * 1024)
#define SAMPLE_BYTES_MAX ((gint64)64 * 1024 * 1024)
#define SAMPLE_ROWS_DEFAULT 15
#define SAMPLE_ROWS_MAX 100000

static void free_row(gpointer row)
{
    g_ptr_array_unref(row);
}

/* "1,000,000" */
static char *with_separators(const char *digits)
{
    g_autoptr(GString) out = g_string_new(digits);
    gsize first = *digits == '-' ? 1 : 0;

    for (gsize at = out->len; at > first + 3; at -= 3) {
        g_string_insert_c(out, (gssize)(at - 3), ',');
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static gboolean is_integer(TgType type)
{
    return type.id >= TG_TYPE_INT8 && type.id <= TG_TYPE_UINT64;
}

/* Fractions in threes, as java.time prints them: none, .5 becomes .500. */
static void append_instant(GString *out, const TgVector *vector, guint row, gboolean is_vertical)
{
    TgInt128 nanos = tg_vector_get_nanos(vector, row);
    gint64 rest =
        (gint64)(((nanos % TG_NANOS_PER_SECOND) + TG_NANOS_PER_SECOND) % TG_NANOS_PER_SECOND);
    const char *fraction = rest == 0             ? ""
                           : rest % 1000000 == 0 ? ".%3N"
                           : rest % 1000 == 0    ? ".%6N"
                                                 : ".%9N";
    g_autofree char *text = is_vertical
                                ? g_strdup_printf("%%Y-%%m-%%dT%%H:%%M:%%S%sZ", fraction)
                                : g_strdup_printf("%%Y-%%m-%%d %%H:%%M:%%S%s UTC", fraction);
    g_autoptr(TgTimeFormat) format = tg_time_format_new(text, NULL);
    g_autoptr(TgTimeZone) zone = tg_time_zone_new("UTC", NULL);

    tg_time_format_write(format, zone, nanos, out);
}

static char *show_value(const TgVector *vector, guint row, gboolean is_vertical)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (!tg_vector_is_valid(vector, row)) {
        return NULL;
    }
    if (tg_value_is_instant(vector->type)) {
        append_instant(out, vector, row, is_vertical);
    } else {
        tg_value_append(out, vector, row);
    }
    if (!is_vertical && is_integer(vector->type)) {
        return with_separators(out->str);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void add_rows(TgLoaderSample *sample, const TgBatch *batch)
{
    for (guint row = 0; row < batch->rows && sample->rows->len < SAMPLE_ROWS_MAX; row++) {
        GPtrArray *flat = g_ptr_array_new_with_free_func(g_free);
        GPtrArray *vertical = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < batch->count; i++) {
            g_ptr_array_add(flat, show_value(batch->vectors[i], row, FALSE));
            g_ptr_array_add(vertical, show_value(batch->vectors[i], row, TRUE));
        }
        g_ptr_array_add(sample->rows, flat);
        g_ptr_array_add(sample->rows_vertical, vertical);
    }
}

/* Whole batches until there are enough rows, as Embulk cuts at its pages. */
static gboolean collect(TgLoaderContext *context, TgInput **input, const json_t *config,
                        gint64 rows_min, TgLoaderSample *out, GError **error)
{
    g_auto(TgFilterChain) chain = {0};
    const TgBatch *batch = NULL;

    if (!tg_filter_chain_open(context, config, (*input)->schema, &chain, error)) {
        return FALSE;
    }
    tg_filter_chain_join(context, input, &chain);
    out->schema = tg_schema_copy(chain.schema);
    out->rows = g_ptr_array_new_with_free_func(free_row);
    out->rows_vertical = g_ptr_array_new_with_free_func(free_row);
    if (!context->job->exact_types) { /* Embulk shows the first task alone */
        (*input)->task_count = MIN((*input)->task_count, 1);
    }
    g_autoptr(TgRows) rows = tg_rows_new_merged(context, &chain, *input, 1);
    g_autoptr(TgCursor) cursor = tg_cursor_new(rows);

    while (out->rows->len < rows_min) {
        if (!tg_cursor_next(cursor, &batch, error)) {
            return FALSE;
        }
        if (batch == NULL) {
            break;
        }
        add_rows(out, batch);
    }
    return TRUE;
}

static gboolean preview_config(TgLoaderContext *context, const json_t *config, TgLoaderSample *out,
                               GError **error)
{
    const json_t *exec = json_object_get(config, "exec");
    const json_t *in = json_object_get(config, "in");
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(TgInput) input = NULL;
    gint64 size = 0;
    gint64 rows_min = 0;
    gboolean is_whole = FALSE;

    if (!tg_params_get_int64(exec, "preview_sample_buffer_bytes", SAMPLE_BYTES_DEFAULT, &size,
                             error) ||
        !tg_params_get_int64(exec, "preview_sample_rows", SAMPLE_ROWS_DEFAULT, &rows_min, error)) {
        return FALSE;
    }
    if (!tg_loader_is_file_input(context, in) || tg_file_input_needs_whole(context, in)) {
        input = tg_loader_open_input(context, in, error);
    } else if (tg_file_input_read_sample(context, in, (gsize)CLAMP(size, 1, SAMPLE_BYTES_MAX),
                                         bytes, &is_whole, error)) {
        /* the last line is cut where the sample ends */
        if (!is_whole && context->job->exact_types) {
            const guint8 *lf = memrchr(bytes->data, '\n', bytes->len);

            g_byte_array_set_size(bytes, lf == NULL ? bytes->len : (guint)(lf + 1 - bytes->data));
        }
        input = tg_file_input_open_sample(context, in, bytes->data, bytes->len, error);
    }
    return input != NULL &&
           collect(context, &input, config, CLAMP(rows_min, 1, SAMPLE_ROWS_MAX), out, error);
}

gboolean tg_loader_preview(const TgLoaderJob *job, TgLoaderSample *out, GError **error)
{
    TgLoaderContext context = {.job = job, .bytes_expected = -1};
    g_autoptr(json_t) config = tg_loader_guess_missing(&context, error);

    if (config == NULL) {
        return FALSE;
    }
    if (!preview_config(&context, config, out, error)) {
        g_prefix_error(error, "%s: ", job->config_name);
        tg_loader_sample_clear(out);
        return FALSE;
    }
    return TRUE;
}

void tg_loader_sample_clear(TgLoaderSample *sample)
{
    g_clear_pointer(&sample->schema, tg_schema_free);
    g_clear_pointer(&sample->rows, g_ptr_array_unref);
    g_clear_pointer(&sample->rows_vertical, g_ptr_array_unref);
}

/* Java counts UTF-16 units. */
static gsize text_width(const char *text)
{
    gsize width = 0;

    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        width += (guchar)*text >= 0xf0 ? 2 : 1;
    }
    return width;
}

static void append_right(GString *out, const char *text, gsize width)
{
    for (gsize i = text_width(text); i < width; i++) {
        g_string_append_c(out, ' ');
    }
    g_string_append(out, text);
}

static void append_border(GString *out, const gsize *widths, guint count)
{
    for (guint i = 0; i < count; i++) {
        g_string_append(out, "+-");
        for (gsize j = 0; j < widths[i] + 1; j++) {
            g_string_append_c(out, '-');
        }
    }
    g_string_append(out, "+\n");
}

static const char *cell(const GPtrArray *row, guint column)
{
    const char *text = g_ptr_array_index(row, column);

    return text == NULL ? "" : text;
}

static char *format_table(const TgLoaderSample *sample)
{
    guint count = sample->schema->count;
    g_autofree gsize *widths = g_new0(gsize, count + 1);
    g_auto(GStrv) headers = g_new0(char *, (gsize)count + 1);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < count; i++) {
        const TgColumn *column = &sample->schema->columns[i];

        headers[i] = g_strdup_printf("%s:%s", column->name, tg_type_embulk_name(column->type));
        widths[i] = text_width(headers[i]);
        for (guint row = 0; row < sample->rows->len; row++) {
            widths[i] = MAX(widths[i], text_width(cell(g_ptr_array_index(sample->rows, row), i)));
        }
    }
    append_border(out, widths, count);
    for (guint row = 0; row <= sample->rows->len; row++) {
        for (guint i = 0; i < count; i++) {
            g_string_append(out, "| ");
            append_right(out,
                         row == 0 ? headers[i] : cell(g_ptr_array_index(sample->rows, row - 1), i),
                         widths[i]);
            g_string_append_c(out, ' ');
        }
        g_string_append(out, "|\n");
        if (row == 0) {
            append_border(out, widths, count);
        }
    }
    append_border(out, widths, count);
    return g_string_free(out, FALSE);
}

static char *format_vertical(const TgLoaderSample *sample)
{
    static const char stars[] = "***************************";
    GString *out = g_string_new(NULL);
    gsize name_width = 0;
    gsize type_width = 0;

    for (guint i = 0; i < sample->schema->count; i++) {
        const TgColumn *column = &sample->schema->columns[i];

        name_width = MAX(name_width, text_width(column->name));
        type_width = MAX(type_width, strlen(tg_type_embulk_name(column->type)));
    }
    for (guint row = 0; row < sample->rows_vertical->len; row++) {
        g_string_append_printf(out, "%s %u %s\n", stars, row, stars);
        for (guint i = 0; i < sample->schema->count; i++) {
            const TgColumn *column = &sample->schema->columns[i];
            const char *text =
                g_ptr_array_index((GPtrArray *)g_ptr_array_index(sample->rows_vertical, row), i);

            append_right(out, column->name, name_width);
            g_string_append(out, " (");
            append_right(out, tg_type_embulk_name(column->type), type_width);
            g_string_append_printf(out, ") : %s\n", text == NULL ? "null" : text);
        }
    }
    return g_string_free(out, FALSE);
}

char *tg_loader_sample_format(const TgLoaderSample *sample, gboolean is_vertical)
{
    return is_vertical ? format_vertical(sample) : format_table(sample);
}
