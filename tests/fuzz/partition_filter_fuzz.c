/* Filters of GetPartitions: any text is a filter or a refusal, and a filter has an answer. */
#include <stdint.h>

#include "endpoint/partition_filter.h"
#include "params/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(json_t) keys =
        json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "Name", "day", "Type", "date", "Name",
                  "n", "Type", "int", "Name", "x", "Type", "decimal(10,2)");
    g_autoptr(json_t) values = json_pack("[s, s, s]", "2024-01-02", "12", "1.50");
    g_autoptr(GError) error = NULL;
    g_autoptr(TgPartitionFilter) filter = tg_partition_filter_parse(text, keys, &error);

    g_assert_true((filter != NULL) == (error == NULL));
    if (filter != NULL) {
        (void)tg_partition_filter_matches(filter, values); /* no crash is all */
    }
    return 0;
}
