/* Guessing on any bytes. */
#include "load.h"

static const char *const blocks[] = {"{}", "{\"parser\": {\"type\": \"csv\"}}",
                                     "{\"parser\": {\"type\": \"jsonl\"}}"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_load(blocks, G_N_ELEMENTS(blocks), TRUE, data, size);
}
