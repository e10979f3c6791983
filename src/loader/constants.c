/* Values of a config as values of columns. */
#include "loader/constants.h"

#include <string.h>

#include "loader/time_literal.h"
#include "params/params.h"

static const char *set_literal_time(const char *text, TgVector *vector)
{
    const char *reason = "is no time such as 2016-08-06 06:38:07 +0900";
    TgInt128 nanos = 0;

    return tg_time_literal_parse(text, strlen(text), &nanos) &&
                   tg_timestamp_set_nanos(vector, 0, nanos, &reason)
               ? NULL
               : reason;
}

gboolean tg_constant_set(const TgLoaderContext *context, const json_t *value,
                         const TgTimestampReader *reader, TgVector *vector, GError **error)
{
    TgTextRules rules = {.exact = tg_loader_context_job(context)->exact_types,
                         .strict_booleans = TRUE,
                         .reader = reader};
    const char *reason = NULL;

    if (value == NULL || json_is_null(value)) {
        tg_vector_set_null(vector, 0);
        return TRUE;
    }
    g_autofree char *text = tg_params_to_text(value);

    if (reader == NULL &&
        (vector->type.id == TG_TYPE_TIMESTAMP || vector->type.id == TG_TYPE_DATE)) {
        reason = set_literal_time(text, vector);
    } else {
        reason = tg_text_value_set(&rules, text, strlen(text), vector, 0);
    }
    if (reason != NULL) {
        g_autofree char *type = tg_type_to_text(vector->type);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' %s (%s)", text, reason, type);
        return FALSE;
    }
    return TRUE;
}
