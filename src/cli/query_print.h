/* Rows as a table, CSV or JSON. */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "query/query.h"

typedef enum { TG_PRINT_TABLE, TG_PRINT_CSV, TG_PRINT_JSON, TG_PRINT_PARQUET } TgPrintFormat;

/* NULL is table; FALSE: no such format. */
gboolean tg_print_format_parse(const char *name, TgPrintFormat *out);

/**
 * Reads all rows and prints them. A table's widths are those of its first 1000 rows, so that any
 * number of rows is printed in bounded memory.
 */
gboolean tg_query_print(TgQueryResult *result, TgPrintFormat format, FILE *out, gboolean has_colour,
                        GError **error);

/* "3 rows (0.021 s, 1.2 MB read)". */
void tg_query_print_summary(const TgQueryResult *result, FILE *out);
