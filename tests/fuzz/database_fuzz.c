/* What MySQL and PostgreSQL may answer, as values of every kind of column: the first three bytes
 * choose, the rest is the text of the server, or a message of PostgreSQL's binary COPY. */
#include <glib.h>
#include <stdint.h>

#include "loader/input/mysql.h"
#include "loader/input/postgresql.h"

#define HEADER_BYTES 3
#define FIELDS 3u

static const TgType types[] = {
    {.id = TG_TYPE_BOOLEAN},
    {.id = TG_TYPE_INT8},
    {.id = TG_TYPE_INT64},
    {.id = TG_TYPE_UINT32},
    {.id = TG_TYPE_UINT64},
    {.id = TG_TYPE_FLOAT},
    {.id = TG_TYPE_DOUBLE},
    {.id = TG_TYPE_DECIMAL, .precision = 38, .scale = 10},
    {.id = TG_TYPE_DECIMAL, .precision = 5, .scale = 0},
    {.id = TG_TYPE_DATE},
    {.id = TG_TYPE_TIME},
    {.id = TG_TYPE_TIMESTAMP},
    {.id = TG_TYPE_TIMESTAMP, .unit = TG_UNIT_WIDE, .is_utc = TRUE},
    {.id = TG_TYPE_STRING},
    {.id = TG_TYPE_BINARY},
    {.id = TG_TYPE_JSON},
};

static void set_postgresql(PgKind kind, TgType type, gboolean exact, const char *text, gsize size)
{
    PgColumn column = {.kind = kind, .column = {.type = type}};
    PgPlan plan = {.count = 1, .columns = &column, .exact = exact};
    g_autoptr(TgSchema) schema = tg_schema_new();

    (void)tg_schema_append(schema, "c", type);
    g_autoptr(TgBatch) batch = tg_batch_new(schema);

    tg_batch_begin_row(batch);
    (void)pg_value_set(&plan, 0, text, size, batch->vectors[0], 0);
}

static void set_mysql(TgMysqlKind kind, TgType type, gboolean exact, const char *text, gsize size)
{
    MysqlColumn column = {.kind = kind, .column = {.type = type}};
    MysqlPlan plan = {.count = 1, .columns = &column, .exact = exact};
    g_autoptr(TgSchema) schema = tg_schema_new();

    (void)tg_schema_append(schema, "c", type);
    g_autoptr(TgBatch) batch = tg_batch_new(schema);

    tg_batch_begin_row(batch);
    TgMysqlValue value = {.form = TG_MYSQL_AS_TEXT, .text = text, .size_bytes = size};

    (void)mysql_value_set(&plan, 0, &value, batch->vectors[0], 0);
}

/* All fields of a message, with and without its header, as values of one form. */
static void set_binary(guint form, TgType type, gboolean exact, const char *bytes, gsize size)
{
    PgColumn column = {.kind = PG_TEXT, .form = (PgForm)form, .column = {.type = type}};
    PgPlan plan = {.count = 1, .columns = &column, .exact = exact, .is_binary = TRUE};
    PgField fields[FIELDS] = {{NULL, 0}};
    gboolean has_header = (size & 1u) != 0;
    gint count = pg_binary_cut(bytes, size, &has_header, fields, FIELDS);
    g_autoptr(TgSchema) schema = tg_schema_new();

    (void)tg_schema_append(schema, "c", type);
    g_autoptr(TgBatch) batch = tg_batch_new(schema);

    for (gint i = 0; i < count && i < (gint)FIELDS; i++) {
        tg_batch_begin_row(batch);
        if (fields[i].bytes != NULL) {
            (void)pg_binary_show(column.form, &fields[i]);
            (void)pg_binary_set(&plan, 0, &fields[i], batch->vectors[0], batch->rows);
        }
    }
}

static const guint oids[] = {TG_POSTGRESQL_BOOL, TG_POSTGRESQL_INT2,      TG_POSTGRESQL_INT4,
                             TG_POSTGRESQL_INT8, TG_POSTGRESQL_FLOAT4,    TG_POSTGRESQL_FLOAT8,
                             TG_POSTGRESQL_DATE, TG_POSTGRESQL_TIMESTAMP, TG_POSTGRESQL_TIME,
                             TG_POSTGRESQL_TEXT, TG_POSTGRESQL_NUMERIC,   TG_POSTGRESQL_BYTEA};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER_BYTES) {
        return 0;
    }
    /* Both clients end a text with a NUL. */
    g_autofree char *text =
        g_strndup((const char *)data + HEADER_BYTES, (gsize)size - HEADER_BYTES);
    TgType type = types[data[1] % G_N_ELEMENTS(types)];
    gboolean exact = (data[2] & 1u) != 0;

    if ((data[2] & 4u) != 0) {
        PgForm form = pg_binary_form(oids[data[0] % G_N_ELEMENTS(oids)], type);

        if (form > PG_AS_PRINTED) { /* texts are those below */
            set_binary(form, type, exact, (const char *)data + HEADER_BYTES, size - HEADER_BYTES);
        }
    } else if ((data[2] & 2u) != 0) {
        set_postgresql((PgKind)(data[0] % (PG_TEXT + 1)), type, exact, text, strlen(text));
    } else {
        set_mysql((TgMysqlKind)(data[0] % (TG_MYSQL_OTHER + 1)), type, exact, text, strlen(text));
    }
    return 0;
}
