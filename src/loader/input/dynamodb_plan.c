/* Columns for items: those of the config, or those that a sample shows. */
#include <string.h>

#include "loader/input/dynamodb.h"
#include "params/params.h"

#define COLUMNS_MAX 10000u
#define DIGITS_MAX 38u /* of a decimal */

/* --- columns of the config --- */

static gboolean parse_type(const char *text, gboolean exact, TgType *out, GError **error)
{
    if (exact && strcmp(text, "binary") == 0) {
        *out = (TgType){.id = TG_TYPE_BINARY};
        return TRUE;
    }
    return tg_column_type_parse(text, exact, out, error);
}

static gboolean parse_kind(const json_t *column, DynamodbKind *out, GError **error)
{
    g_autofree char *text = NULL;

    *out = DYNAMODB_KINDS;
    if (!tg_params_dup_text_or(column, "attribute_type", NULL, &text, error)) {
        return FALSE;
    }
    if (text == NULL) {
        return TRUE;
    }
    for (guint i = 0; i < DYNAMODB_KINDS; i++) {
        if (strcmp(text, dynamodb_kind_names[i]) == 0) {
            *out = (DynamodbKind)i;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "attribute_type must be S, N, B, BOOL, NULL, M, L, SS, NS or BS, not '%s'", text);
    return FALSE;
}

/* For the ledger of types: what comes, and what reading it loses. */
static void describe(TgColumn *column, const char *sampled, DynamodbKind only)
{
    const char *of_kind =
        only == DYNAMODB_KINDS ? NULL : "values of other attribute types become null";
    const char *of_type =
        column->type.id == TG_TYPE_DOUBLE ? "digits beyond a double's 15 to 17" : NULL;

    column->source_type = g_strdup(only != DYNAMODB_KINDS ? dynamodb_kind_names[only]
                                   : sampled != NULL      ? sampled
                                                          : "attribute");
    if (of_kind != NULL || of_type != NULL) {
        column->source_loss = g_strconcat(of_kind == NULL ? "" : of_kind,
                                          of_kind != NULL && of_type != NULL ? "; " : "",
                                          of_type == NULL ? "" : of_type, NULL);
    } else if (sampled != NULL && strchr(sampled, ',') != NULL &&
               column->type.id == TG_TYPE_STRING) {
        column->source_loss = g_strdup("numbers and booleans become texts");
    }
}

static gboolean add_column(DynamodbPlan *plan, const json_t *config, const json_t *column,
                           TgSchema *schema, GError **error)
{
    DynamodbColumn *about = &plan->columns[schema->count];
    g_autofree char *name = tg_params_dup_text(column, "name", error);
    g_autofree char *text = name == NULL ? NULL : tg_params_dup_text(column, "type", error);
    TgType type = {0};

    if (text == NULL || !parse_type(text, plan->exact, &type, error) ||
        !parse_kind(column, &about->only, error)) {
        return FALSE;
    }
    TgColumn *added = tg_schema_append(schema, name, type);

    describe(added, json_string_value(json_object_get(column, "sampled")), about->only);
    if (type.id != TG_TYPE_TIMESTAMP && type.id != TG_TYPE_DATE) {
        return TRUE;
    }
    return tg_timestamp_reader_open(&about->reader, config, column, error) &&
           tg_params_dup_text_or(column, "format", NULL, &added->format, error);
}

static gboolean read_columns(DynamodbPlan *plan, const json_t *config, const json_t *columns,
                             TgSchema *schema, GError **error)
{
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (columns, index, column) {
        if (!json_is_object(column)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "columns[%" G_GSIZE_FORMAT "] must be a map of name and type",
                        (gsize)index);
            return FALSE;
        }
        if (!add_column(plan, config, column, schema, error)) {
            const char *name = json_string_value(json_object_get(column, "name"));

            g_prefix_error(error, "columns[%" G_GSIZE_FORMAT "]%s%s: ", (gsize)index,
                           name == NULL ? "" : " ", name == NULL ? "" : name);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean dynamodb_plan_read(DynamodbPlan *plan, const json_t *config, const json_t *columns,
                            TgSchema *schema, GError **error)
{
    g_autofree char *record = NULL;
    gsize count = json_array_size(columns);

    plan->schema = schema;
    if (count > COLUMNS_MAX ||
        (columns != NULL && !json_is_null(columns) && !json_is_array(columns))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'columns' must be a list of at most %u {name, type}", COLUMNS_MAX);
        return FALSE;
    }
    plan->columns = g_new0(DynamodbColumn, count + 1);
    plan->count = (guint)count;
    if (count > 0) {
        return read_columns(plan, config, columns, schema, error);
    }
    if (!tg_params_dup_text_or(config, "json_column_name", "record", &record, error)) {
        return FALSE;
    }
    plan->is_record = TRUE;
    describe(tg_schema_append(schema, record, (TgType){.id = TG_TYPE_JSON}), "item",
             DYNAMODB_KINDS);
    return TRUE;
}

void dynamodb_plan_clear(DynamodbPlan *plan)
{
    for (guint i = 0; i < plan->count; i++) {
        tg_timestamp_reader_clear(&plan->columns[i].reader);
    }
    g_clear_pointer(&plan->columns, g_free);
}

/* --- columns of a sample --- */

/* What the sample shows of one attribute. */
typedef struct {
    guint kinds;     /* bit 1 << DynamodbKind */
    guint whole;     /* most digits before the point */
    guint scale;     /* most digits behind it */
    gboolean is_big; /* a number is no integer of 64 bits */
    gboolean is_odd; /* one has a form that is not known */
} Seen;

static void see_number(Seen *seen, const json_t *value)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    if (!json_is_string(value) || !dynamodb_number_append(plain, json_string_value(value))) {
        seen->is_odd = TRUE;
        return;
    }
    const char *digits = plain->str + (*plain->str == '-' ? 1 : 0);
    const char *point = strchr(digits, '.');
    guint whole = (guint)(point == NULL ? strlen(digits) : (gsize)(point - digits));
    guint scale = point == NULL ? 0 : (guint)strlen(point + 1);

    whole = whole == 1 && *digits == '0' ? 0 : whole;
    seen->whole = MAX(seen->whole, whole);
    seen->scale = MAX(seen->scale, scale);
    /* 18 digits fit for sure; the few more that would are not worth a column that may break */
    seen->is_big = seen->is_big || scale > 0 || whole > 18;
}

static void see_item(GHashTable *attributes, const json_t *item)
{
    const char *name = NULL;
    json_t *attribute = NULL;

    json_object_foreach ((json_t *)item, name, attribute) {
        const json_t *value = NULL;
        DynamodbKind kind = dynamodb_kind_of(attribute, &value);
        Seen *seen = g_hash_table_lookup(attributes, name);

        if (seen == NULL) {
            seen = g_new0(Seen, 1);
            g_hash_table_insert(attributes, g_strdup(name), seen);
        }
        seen->kinds |= kind == DYNAMODB_KINDS ? 0 : 1u << kind;
        if (kind == DYNAMODB_N) {
            see_number(seen, value);
        }
    }
}

/* The type of a column that holds all that was seen. The caller frees. */
static char *type_of(const Seen *seen)
{
    guint kinds = seen->kinds & ~(1u << DYNAMODB_NULL);
    const guint scalars = 1u << DYNAMODB_S | 1u << DYNAMODB_N | 1u << DYNAMODB_BOOL;

    if (kinds == 1u << DYNAMODB_N && !seen->is_odd) {
        return !seen->is_big ? g_strdup("long")
               : seen->whole + seen->scale <= DIGITS_MAX
                   ? g_strdup_printf("decimal(38,%u)", seen->scale)
                   : g_strdup("string");
    }
    if (kinds == 1u << DYNAMODB_BOOL) {
        return g_strdup("boolean");
    }
    if (kinds == 1u << DYNAMODB_B) {
        return g_strdup("binary");
    }
    return g_strdup((kinds & ~scalars) == 0 ? "string" : "json");
}

/* "N, S". The caller frees. */
static char *names_of(const Seen *seen)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < DYNAMODB_KINDS; i++) {
        if ((seen->kinds & 1u << i) != 0 && (i != DYNAMODB_NULL || seen->kinds == 1u << i)) {
            g_string_append_printf(out, "%s%s", out->len == 0 ? "" : ", ", dynamodb_kind_names[i]);
        }
    }
    return g_string_free(out, FALSE);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

json_t *dynamodb_plan_sample(const GPtrArray *items, GError **error)
{
    g_autoptr(GHashTable) attributes =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GList) names = NULL;
    json_t *columns = NULL;

    for (guint i = 0; i < items->len; i++) {
        see_item(attributes, g_ptr_array_index(items, i));
    }
    if (g_hash_table_size(attributes) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "there are no items that columns could be taken from; write 'columns'");
        return NULL;
    }
    columns = json_array();
    names = g_list_sort(g_hash_table_get_keys(attributes), compare_names);
    for (const GList *name = names; name != NULL; name = name->next) {
        const Seen *seen = g_hash_table_lookup(attributes, name->data);
        g_autofree char *type = type_of(seen);
        g_autofree char *sampled = names_of(seen);

        json_array_append_new(columns, json_pack("{s:s, s:s, s:s}", "name", name->data, "type",
                                                 type, "sampled", sampled));
    }
    return columns;
}
