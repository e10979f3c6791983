/* Texts of fields to values of columns. */
#include <string.h>

#include "loader/parser/csv.h"
#include "loader/text_value.h"

gboolean csv_value_is_null(const CsvConfig *config, const CsvField *field)
{
    if (config->null_count == 0) {
        return field->size_bytes == 0 && !field->is_quoted;
    }
    if (config->has_null_list && field->is_quoted) {
        return FALSE;
    }
    for (guint i = 0; i < config->null_count; i++) {
        const CsvText *text = &config->nulls[i];

        if (text->size_bytes == field->size_bytes &&
            memcmp(text->bytes, field->bytes, field->size_bytes) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

const char *csv_value_set(const CsvConfig *config, guint column, const CsvField *field,
                          TgVector *vector, guint row)
{
    TgTextRules rules = {.exact = config->exact,
                         .strict_booleans = config->exact,
                         .reader = &config->columns->readers[column]};

    if (field->is_ascii && vector->type.id == TG_TYPE_STRING) {
        tg_vector_set_bytes(vector, row, field->bytes, field->size_bytes);
        return NULL;
    }
    return tg_text_value_set(&rules, field->bytes, field->size_bytes, vector, row);
}
