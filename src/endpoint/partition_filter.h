/* GetPartitions' Expression: SQL-like conditions on partition keys. Source: spec/athena.md 2. */
#pragma once

#include <jansson.h>

#include "base/error.h"

#define TG_PARTITION_FILTER_BYTES_MAX 16384
#define TG_PARTITION_FILTER_DEPTH_MAX 64

typedef struct TgPartitionFilter TgPartitionFilter;

/**
 * Parses "year = '2024' and month in ('01', '02')": = <> != < <= > >= IN BETWEEN LIKE IS NULL NOT
 * AND OR and parentheses. CONFIG when it is broken or names no key.
 *
 * @keys [{"Name", "Type"}], kept by reference; values compare as their types say
 */
TgPartitionFilter *tg_partition_filter_parse(const char *text, const json_t *keys, GError **error);
void tg_partition_filter_free(TgPartitionFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgPartitionFilter, tg_partition_filter_free)

/* Whether a partition with these values (of texts, in the keys' order) fits. */
gboolean tg_partition_filter_matches(const TgPartitionFilter *filter, const json_t *values);
