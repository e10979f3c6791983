/* Workbooks of any bytes. The seeds are not compressed, so that a change reaches the XML. */
#include "load.h"

static const char *const blocks[] = {
    "{\"parser\": {\"type\": \"excel\"}}",
    "{\"parser\": {\"type\": \"excel\", \"sheets\": [\"*\"], \"stop_on_invalid_record\": false, "
    "\"columns\": [{\"name\": \"a\", \"type\": \"long\"}, {\"name\": \"b\", \"type\": \"string\"}, "
    "{\"name\": \"c\", \"type\": \"timestamp\"}, {\"name\": \"d\", \"type\": \"json\"}, "
    "{\"name\": \"e\", \"type\": \"boolean\", \"on_cell_error\": \"error_code\"}, "
    "{\"name\": \"f\", \"type\": \"string\", \"cell_column\": \"=a\"}]}}",
    "{\"parser\": {\"type\": \"excel\", \"columns\": [{\"name\": \"a\", \"type\": \"string\"}]}}",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_load(blocks, G_N_ELEMENTS(blocks), FALSE, data, size);
}
