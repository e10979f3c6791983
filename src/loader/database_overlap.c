/* The window of rows that incremental loads read twice. */
#include "loader/database_overlap.h"

#include <string.h>

#include "loader/database_column.h"
#include "loader/time_format.h"
#include "params/params.h"

#define ID_BYTES 12u    /* of a hash: two rows that share one do not come up */
#define ROWS_MAX 25000u /* a parameter of a Glue table holds 512 KB */
#define ROWS_UNDERWAY_MAX 4000000u
#define SECOND_MICROS ((gint64)1000000)
#define DAY_MICROS (SECOND_MICROS * 86400)

typedef struct {
    gint64 at; /* value of the first column: the integer, or microseconds */
    guint8 id[ID_BYTES];
} SeenRow;

struct TgDatabaseOverlap {
    gint64 width;     /* units of an integer, or seconds */
    GHashTable *seen; /* GBytes: ids of the load before */
    GArray *window;   /* of SeenRow, ascending */
    guint first;      /* of the window that still is in it */
};

/* "90", "10m", "2h", "1d" */
static gboolean parse_width(const char *text, gint64 *out)
{
    static const struct {
        const char *unit;
        gint64 seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end = NULL;

    *out = g_ascii_strtoll(text, &end, 10);
    for (gsize i = 0; i < G_N_ELEMENTS(units) && end != text; i++) {
        if (strcmp(end, units[i].unit) == 0) {
            return *out > 0 && *out <= G_MAXINT64 / SECOND_MICROS / 86400 &&
                   (*out *= units[i].seconds) > 0;
        }
    }
    return FALSE;
}

static gboolean read_rows(TgDatabaseOverlap *overlap, const char *text, GError **error)
{
    gsize size = 0;
    g_autofree guchar *bytes = g_base64_decode(text, &size);

    if (size % ID_BYTES != 0 || size > (gsize)ROWS_MAX * ID_BYTES) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'overlap_rows' is not what a load wrote; remove it together with "
                    "'last_record' to begin anew");
        return FALSE;
    }
    for (gsize at = 0; at < size; at += ID_BYTES) {
        (void)g_hash_table_add(overlap->seen, g_bytes_new(bytes + at, ID_BYTES));
    }
    return TRUE;
}

gboolean tg_database_overlap_read(const json_t *config, TgDatabaseOverlap **out, GError **error)
{
    g_autofree char *width = NULL;
    g_autofree char *rows = NULL;
    TgDatabaseOverlap *overlap = NULL;
    gint64 value = 0;

    if (!tg_params_dup_text_or(config, "incremental_overlap", NULL, &width, error) ||
        !tg_params_dup_text_or(config, "overlap_rows", "", &rows, error)) {
        return FALSE;
    }
    if (width == NULL) {
        return TRUE;
    }
    if (!parse_width(width, &value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'incremental_overlap' must be a number, or a time as 30s, 10m, 2h or 1d, not "
                    "'%s'",
                    width);
        return FALSE;
    }
    overlap = g_new0(TgDatabaseOverlap, 1);
    overlap->width = value;
    overlap->seen =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    overlap->window = g_array_new(FALSE, FALSE, sizeof(SeenRow));
    *out = overlap;
    return read_rows(overlap, rows, error);
}

void tg_database_overlap_free(TgDatabaseOverlap *overlap)
{
    if (overlap == NULL) {
        return;
    }
    g_hash_table_unref(overlap->seen);
    g_array_unref(overlap->window);
    g_free(overlap);
}

/* Where a value stands, and how wide the window is there. */
static gboolean measure(const TgDatabaseOverlap *overlap, const json_t *value, gint64 *out_at,
                        gint64 *out_width, GError **error)
{
    const char *text = json_string_value(value);

    if (json_is_integer(value)) {
        *out_at = json_integer_value(value);
        *out_width = overlap->width;
        return TRUE;
    }
    *out_width = overlap->width * SECOND_MICROS;
    if (text != NULL && tg_database_parse_timestamp(text, strlen(text), out_at)) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'incremental_overlap' needs an integer or a time as the first of the incremental "
                "columns, not '%s'",
                text == NULL ? "null" : text);
    return FALSE;
}

json_t *tg_database_overlap_start(const TgDatabaseOverlap *overlap, const json_t *last,
                                  GError **error)
{
    const char *text = json_string_value(last);
    gint64 at = 0;
    gint64 width = 0;
    gint64 year = 0;
    guint month = 0;
    guint day = 0;

    if (!measure(overlap, last, &at, &width, error)) {
        return NULL;
    }
    if (__builtin_sub_overflow(at, width, &at)) {
        at = G_MININT64;
    }
    if (text == NULL) {
        return json_integer(at);
    }
    gint64 days = at / DAY_MICROS - (at % DAY_MICROS < 0 ? 1 : 0);
    gint64 rest = at - days * DAY_MICROS;
    gint64 seconds = rest / SECOND_MICROS;
    /* in UTC, as the sessions are; the text tells whether the column has a zone */
    const char *zone = strchr(text, '+') == NULL ? "" : "+00";

    tg_days_to_date(days, &year, &month, &day);
    /* without zeros behind: SQLite compares texts */
    g_autofree char *fraction = rest % SECOND_MICROS == 0
                                    ? g_strdup("")
                                    : g_strdup_printf(".%06u", (guint)(rest % SECOND_MICROS));
    g_autofree char *start =
        g_strdup_printf("%04" G_GINT64_FORMAT "-%02u-%02u%c%02u:%02u:%02u%s%s", MAX(year, 1), month,
                        day, strchr(text, 'T') == NULL ? ' ' : 'T', (guint)(seconds / 3600),
                        (guint)(seconds / 60 % 60), (guint)(seconds % 60), fraction, zone);

    return json_string(start);
}

static void hash_row(const json_t *values, guint8 id[ID_BYTES])
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *text = tg_params_to_json(values);
    guint8 digest[32];
    gsize size = sizeof digest;

    g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text));
    g_checksum_get_digest(checksum, digest, &size);
    memcpy(id, digest, ID_BYTES);
}

/* Forgets rows that are behind the window, and moves the others now and then. */
static void drop_left(TgDatabaseOverlap *overlap, gint64 at, gint64 width)
{
    const GArray *window = overlap->window;

    while (overlap->first < window->len &&
           g_array_index(window, SeenRow, overlap->first).at < at - width) {
        overlap->first++;
    }
    if (overlap->first > ROWS_MAX && overlap->first > window->len / 2) {
        (void)g_array_remove_range(overlap->window, 0, overlap->first);
        overlap->first = 0;
    }
}

gboolean tg_database_overlap_see(TgDatabaseOverlap *overlap, const json_t *values,
                                 gboolean *out_is_new, GError **error)
{
    SeenRow row = {.at = 0};
    gint64 width = 0;

    if (!measure(overlap, json_array_get(values, 0), &row.at, &width, error)) {
        return FALSE;
    }
    hash_row(values, row.id);
    drop_left(overlap, row.at, width);
    if (overlap->window->len - overlap->first > ROWS_UNDERWAY_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "more than %u rows lie within 'incremental_overlap'; choose a smaller one",
                    ROWS_UNDERWAY_MAX);
        return FALSE;
    }
    g_array_append_val(overlap->window, row);
    g_autoptr(GBytes) id = g_bytes_new_static(row.id, ID_BYTES);

    *out_is_new = !g_hash_table_contains(overlap->seen, id);
    return TRUE;
}

char *tg_database_overlap_rows(const TgDatabaseOverlap *overlap, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    GHashTableIter iter;
    gpointer id = NULL;
    guint count = overlap->window->len - overlap->first;

    if (count > ROWS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%u rows lie within 'incremental_overlap' of the last record, more than the %u "
                    "that are kept; choose a smaller one",
                    count, ROWS_MAX);
        return NULL;
    }
    for (guint i = overlap->first; i < overlap->window->len; i++) {
        g_byte_array_append(bytes, g_array_index(overlap->window, SeenRow, i).id, ID_BYTES);
    }
    g_hash_table_iter_init(&iter, overlap->seen);
    while (overlap->window->len == 0 && g_hash_table_iter_next(&iter, &id, NULL)) {
        g_byte_array_append(bytes, g_bytes_get_data(id, NULL), ID_BYTES); /* nothing was read */
    }
    return g_base64_encode(bytes->data, bytes->len);
}
