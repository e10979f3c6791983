/* The parsers json and jsonl on any bytes. */
#include "load.h"

static const char *const blocks[] = {
    "{\"parser\": {\"type\": \"jsonl\", \"columns\": [{\"name\": \"a\", \"type\": \"long\"}, "
    "{\"name\": \"b\", \"type\": \"string\"}, {\"name\": \"c\", \"type\": \"json\"}, {\"name\": "
    "\"d\", \"type\": \"double\"}, {\"name\": \"e\", \"type\": \"boolean\"}]}}",
    "{\"parser\": {\"type\": \"jsonl\"}}",
    "{\"parser\": {\"type\": \"json\"}}",
    "{\"parser\": {\"type\": \"json\", \"root\": \"/a\", \"flatten_json_array\": true}}",
    "{\"parser\": {\"type\": \"json\", \"columns\": [{\"name\": \"a\", \"type\": \"long\", "
    "\"element_at\": \"/x/0\"}, {\"name\": \"b\", \"type\": \"string\"}]}}",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_load(blocks, G_N_ELEMENTS(blocks), FALSE, data, size);
}
