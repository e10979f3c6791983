/* Data tests on what a load staged. */
#include "cli/loader_tests.h"

#include "engine/data_test.h"

gboolean tg_cli_run_loader_tests(TgEngine *engine, const json_t *tests,
                                 const TgLoaderStaged *staged, json_t **out_results, GError **error)
{
    TgStagedData data = {.format = TG_FORMAT_PARQUET,
                         .columns = staged->columns,
                         .partition_keys = staged->partition_keys,
                         .prefix = staged->prefix,
                         .objects = staged->objects};

    *out_results = tg_data_tests_run(engine, tests, &data, error);
    return *out_results != NULL;
}
