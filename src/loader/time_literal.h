/* Times in configs whose format nobody names. */
#pragma once

#include "loader/time_format.h"

/* "2016-08-06 06:38:07.747123 +0900" and its shorter forms, UTC without a zone, as
 * embulk-filter-row reads them. */
gboolean tg_time_literal_parse(const char *text, gsize size_bytes, TgInt128 *out_nanos);

/* As Embulk's Timestamp.toString: "2016-08-06 06:38:07.747 UTC". */
void tg_time_literal_append(GString *out, TgInt128 nanos);

/* A pattern of Joda-Time ("yyyy-MM-dd HH:mm:ss.SSS Z", with nnnnnn and nnnnnnnnn for fractions) as
 * a format of Ruby; what has a % is returned as it is. Unknown letters are CONFIG. The caller
 * frees. */
char *tg_time_pattern_to_ruby(const char *pattern, GError **error);
