/* The parsers xml and fixed on any bytes. */
#include "load.h"

static const char *const blocks[] = {
    "{\"parser\": {\"type\": \"xml\", \"root\": \"data/row\", \"schema\": [{\"name\": \"a\", "
    "\"type\": "
    "\"long\"}, {\"name\": \"b\", \"type\": \"string\"}, {\"name\": \"c\", \"type\": "
    "\"timestamp\", "
    "\"format\": \"%Y-%m-%d\"}]}}",
    "{\"parser\": {\"type\": \"xml\", \"root\": \"a\", \"schema\": [{\"name\": \"b\", \"type\": "
    "\"string\"}]}}",
    "{\"parser\": {\"type\": \"fixed\", \"columns\": [{\"name\": \"a\", \"type\": \"long\", "
    "\"pos\": "
    "\"0..4\"}, {\"name\": \"b\", \"type\": \"string\", \"pos\": \"4..9\"}]}}",
    "{\"parser\": {\"type\": \"fixed\", \"stop_on_invalid_record\": false, \"columns\": "
    "[{\"name\": "
    "\"a\", \"type\": \"double\", \"pos\": \"2..\"}]}}",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_load(blocks, G_N_ELEMENTS(blocks), FALSE, data, size);
}
