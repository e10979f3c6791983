/* Values of a config as columns: what insert, column and add_time put into every row. */
#pragma once

#include "loader/text_value.h"

/**
 * Sets row 0 of a vector from a value of a config, NULL and null to a null. Texts are read as csv
 * reads them, times by `reader`, or without one as tg_time_literal_parse.
 */
gboolean tg_constant_set(const TgLoaderContext *context, const json_t *value,
                         const TgTimestampReader *reader, TgVector *vector, GError **error);
