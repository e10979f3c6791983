/* Decoders on any bytes. */
#include "load.h"

#define PARSER                                                                                     \
    "\"parser\": {\"type\": \"csv\", \"columns\": [{\"name\": \"a\", \"type\": \"string\"}]}"

static const char *const blocks[] = {
    "{\"decoders\": [{\"type\": \"gzip\"}], " PARSER "}",
    "{\"decoders\": [{\"type\": \"bzip2\"}], " PARSER "}",
    "{\"decoders\": [{\"type\": \"zstd\"}], " PARSER "}",
    "{\"decoders\": [{\"type\": \"lz4\"}], " PARSER "}",
    "{\"decoders\": [{\"type\": \"zip\"}], " PARSER "}",
    "{\"decoders\": [{\"type\": \"rejects\"}], " PARSER "}",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_load(blocks, G_N_ELEMENTS(blocks), FALSE, data, size);
}
