/* What becomes of each type: in Parquet, in Glue, in Athena, and what is lost on the way. */
#include <string.h>

#include "loader/output/s3_parquet.h"

/* The physical type of Parquet with its logical one, as the format's documents write it
 * (github.com/apache/parquet-format, LogicalTypes.md). The caller frees. */
static char *parquet_type(TgType type)
{
    static const char *const names[] = {
        [TG_TYPE_BOOLEAN] = "BOOLEAN",
        [TG_TYPE_INT8] = "INT32 (INT(8, signed))",
        [TG_TYPE_INT16] = "INT32 (INT(16, signed))",
        [TG_TYPE_INT32] = "INT32",
        [TG_TYPE_INT64] = "INT64",
        [TG_TYPE_FLOAT] = "FLOAT",
        [TG_TYPE_DOUBLE] = "DOUBLE",
        [TG_TYPE_DATE] = "INT32 (DATE)",
        [TG_TYPE_JSON] = "BYTE_ARRAY (STRING)",
        [TG_TYPE_STRING] = "BYTE_ARRAY (STRING)",
        [TG_TYPE_BINARY] = "BYTE_ARRAY",
    };

    if (type.id == TG_TYPE_DECIMAL) {
        const char *physical = type.precision <= 9    ? "INT32"
                               : type.precision <= 18 ? "INT64"
                                                      : "FIXED_LEN_BYTE_ARRAY(16)";

        return g_strdup_printf("%s (DECIMAL(%u,%u))", physical, (guint)type.precision,
                               (guint)type.scale);
    }
    if (type.id == TG_TYPE_TIMESTAMP) {
        return g_strdup_printf("INT64 (TIMESTAMP(%s, %s))",
                               type.unit == TG_UNIT_NANO ? "NANOS" : "MICROS",
                               type.is_utc && type.unit == TG_UNIT_MICRO ? "UTC" : "local");
    }
    return g_strdup(names[type.id]);
}

/* Athena's name for a type of Hive (Athena: "Data types in Amazon Athena"). The caller frees. */
static char *athena_type(const char *hive)
{
    static const struct {
        const char *hive;
        const char *athena;
    } names[] = {{"int", "integer"},
                 {"float", "real"},
                 {"string", "varchar"},
                 {"binary", "varbinary"},
                 {"timestamp", "timestamp(3)"}};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].hive, hive) == 0) {
            return g_strdup(names[i].athena);
        }
    }
    return g_strdup(hive);
}

static const char *loss_of(const S3ParquetPlan *plan, const S3ParquetColumn *column,
                           const TgColumn *from)
{
    gboolean is_finer =
        from->type.id == TG_TYPE_TIMESTAMP && from->type.unit != TG_UNIT_MICRO && plan->is_lossy;

    switch (column->kind) {
    case S3_PARQUET_TIMESTAMP_TEXT:
        return "the type: a text, which Athena does not compare as a time";
    case S3_PARQUET_DATE:
        return "the time of the day";
    case S3_PARQUET_INSTANT:
        return is_finer ? "digits below a microsecond" : NULL;
    case S3_PARQUET_TIME_TEXT:
    case S3_PARQUET_INTEGER:
    case S3_PARQUET_DECIMAL:
    case S3_PARQUET_AS_IS:
    default:
        return NULL;
    }
}

json_t *s3_parquet_plan_describe(const S3ParquetPlan *plan, const TgSchema *schema)
{
    json_t *list = json_array();

    for (guint i = 0; i < plan->count; i++) {
        const S3ParquetColumn *column = &plan->columns[i];
        g_autofree char *stored = parquet_type(column->type);
        g_autofree char *athena = athena_type(column->hive_type);
        json_t *row = json_pack("{s:s, s:s, s:s}", "stored", stored, "glue", column->hive_type,
                                "athena", athena);
        const char *loss = loss_of(plan, column, &schema->columns[i]);

        if (loss != NULL) {
            json_object_set_new(row, "loss", json_string(loss));
        }
        json_array_append_new(list, row);
    }
    return list;
}
