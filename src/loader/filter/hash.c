/* filter hash: values as hexadecimal digests (embulk-filter-hash). */
#include <string.h>

#include "loader/plugin.h"
#include "loader/time_literal.h"
#include "loader/value_text.h"
#include "params/params.h"

/* One column of the config. */
typedef struct {
    guint column; /* of input and result */
    GChecksumType type;
    gboolean is_keyed;
    char *key;
} HashColumn;

typedef struct {
    TgFilter filter;
    gint *sources; /* one a column of the result; -1: a hash */
    HashColumn *columns;
    guint count;
} HashFilter;

/* As Java's toString(): what the original hashes. */
static void append_plain(GString *out, const TgVector *vector, guint row)
{
    if (tg_value_is_instant(vector->type)) {
        tg_time_literal_append(out, tg_vector_get_nanos(vector, row));
    } else {
        tg_value_append(out, vector, row);
    }
}

static void hash_column(const HashColumn *column, const TgVector *from, TgVector *into, guint rows)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GChecksum) checksum = g_checksum_new(column->type);

    for (guint row = 0; row < rows; row++) {
        if (!tg_vector_is_valid(from, row)) {
            tg_vector_set_null(into, row);
            continue;
        }
        g_string_truncate(text, 0);
        append_plain(text, from, row);
        if (column->is_keyed) {
            g_autofree char *digest =
                g_compute_hmac_for_data(column->type, (const guchar *)column->key,
                                        strlen(column->key), (const guchar *)text->str, text->len);

            tg_vector_set_bytes(into, row, digest, strlen(digest));
            continue;
        }
        g_checksum_reset(checksum);
        g_checksum_update(checksum, (const guchar *)text->str, (gssize)text->len);
        const char *digest = g_checksum_get_string(checksum);

        tg_vector_set_bytes(into, row, digest, strlen(digest));
    }
}

static gboolean filter_apply(const TgFilter *filter, const TgBatch *in, TgBatch *out,
                             GError **error G_GNUC_UNUSED)
{
    const HashFilter *self = (const HashFilter *)filter;

    tg_batch_share(out, in, self->sources);
    for (guint i = 0; i < self->count; i++) {
        guint column = self->columns[i].column;

        hash_column(&self->columns[i], in->vectors[column], out->vectors[column], in->rows);
    }
    return TRUE;
}

static void filter_free(TgFilter *filter)
{
    HashFilter *self = (HashFilter *)filter;

    for (guint i = 0; i < self->count; i++) {
        g_free(self->columns[i].key);
    }
    g_free(self->columns);
    g_free(self->sources);
    g_free(self);
}

static gboolean read_algorithm(const char *name, HashColumn *out, GError **error)
{
    static const struct {
        const char *name;
        GChecksumType type;
        gboolean is_keyed;
    } algorithms[] = {
        {"MD5", G_CHECKSUM_MD5, FALSE},          {"SHA", G_CHECKSUM_SHA1, FALSE},
        {"SHA1", G_CHECKSUM_SHA1, FALSE},        {"SHA-1", G_CHECKSUM_SHA1, FALSE},
        {"SHA-256", G_CHECKSUM_SHA256, FALSE},   {"SHA-384", G_CHECKSUM_SHA384, FALSE},
        {"SHA-512", G_CHECKSUM_SHA512, FALSE},   {"HmacMD5", G_CHECKSUM_MD5, TRUE},
        {"HmacSHA1", G_CHECKSUM_SHA1, TRUE},     {"HmacSHA256", G_CHECKSUM_SHA256, TRUE},
        {"HmacSHA384", G_CHECKSUM_SHA384, TRUE}, {"HmacSHA512", G_CHECKSUM_SHA512, TRUE}};

    for (gsize i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        if (g_ascii_strcasecmp(algorithms[i].name, name) == 0) {
            out->type = algorithms[i].type;
            out->is_keyed = algorithms[i].is_keyed;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "there is no algorithm '%s'; there are MD5, SHA-1, SHA-256, SHA-384, SHA-512 and "
                "HmacMD5, HmacSHA1, HmacSHA256, HmacSHA384, HmacSHA512",
                name);
    return FALSE;
}

/* Reads one of `columns` and gives its column of the result name and type. */
static gboolean read_column(const json_t *config, const TgSchema *input, TgSchema *schema,
                            HashColumn *out, GError **error)
{
    g_autofree char *name = tg_params_dup_text(config, "name", error);
    g_autofree char *algorithm = NULL;
    g_autofree char *new_name = NULL;
    int index = name == NULL ? -1 : tg_schema_find(input, name);

    if (name == NULL) {
        return FALSE;
    }
    if (index < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no column '%s'", name);
        return FALSE;
    }
    if (!tg_params_dup_text_or(config, "algorithm", "SHA-256", &algorithm, error) ||
        !tg_params_dup_text_or(config, "new_name", NULL, &new_name, error) ||
        !tg_params_dup_text_or(config, "secret_key", NULL, &out->key, error) ||
        !read_algorithm(algorithm, out, error)) {
        return FALSE;
    }
    if (out->is_keyed && out->key == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' needs a 'secret_key'", algorithm);
        return FALSE;
    }
    TgColumn *column = &schema->columns[index];

    out->column = (guint)index;
    column->type = (TgType){.id = TG_TYPE_STRING};
    g_clear_pointer(&column->format, g_free);
    if (new_name != NULL) {
        g_free(column->name);
        column->name = g_steal_pointer(&new_name);
    }
    return TRUE;
}

static TgFilter *filter_open(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                             const TgSchema *input, GError **error)
{
    static const TgFilterClass class = {.apply = filter_apply, .free = filter_free};
    const json_t *columns = json_object_get(config, "columns");
    json_t *column = NULL;
    size_t index = 0;

    if (!json_is_array(columns)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'columns' is missing or no list of maps");
        return NULL;
    }
    HashFilter *self = g_new0(HashFilter, 1);

    self->filter.class = &class;
    self->filter.schema = tg_schema_copy(input);
    self->sources = g_new0(gint, input->count + 1);
    self->columns = g_new0(HashColumn, json_array_size(columns) + 1);
    for (guint i = 0; i < input->count; i++) {
        self->sources[i] = (gint)i;
    }
    json_array_foreach (columns, index, column) {
        HashColumn *into = &self->columns[self->count++];

        if (!read_column(column, input, self->filter.schema, into, error)) {
            g_prefix_error(error, "columns[%zu]: ", index);
            tg_schema_free(self->filter.schema);
            filter_free(&self->filter);
            return NULL;
        }
        self->sources[into->column] = -1;
    }
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"columns", "list", NULL,
     "Columns as {name, algorithm, secret_key, new_name}; the algorithm is SHA-256 unless named."},
    {0}};

const TgFilterPlugin tg_filter_hash = {.name = "hash",
                                       .help = "Replaces values by their hash.",
                                       .options = options,
                                       .open = filter_open};
