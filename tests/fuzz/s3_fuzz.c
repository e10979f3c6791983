/* Answers of S3: any bytes give a value or an error. */
#include <stdint.h>

#include "aws/s3_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(TgS3Answer) answer = {NULL};

    (void)tg_s3_answer_parse((const char *)data, size, &answer, NULL); /* no crash is all */
    return 0;
}
