/* Refusals of AWS's services and dates in their headers: any bytes give a meaning. */
#include <stdint.h>
#include <string.h>

#include "aws/reply.h"
#include "net/http_date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(TgAwsReply) reply = {0};
    g_autofree char *text = g_strndup((const char *)data, size);
    const char *hint = NULL;
    TgAwsRemedy remedy = TG_AWS_REFUSED;
    gint64 at_ms = 0;

    tg_aws_reply_read(&reply, (const char *)data, size, text);
    reply.status = 400;
    (void)tg_aws_reply_meaning(&reply, NULL, &hint, &remedy); /* no crash is all */
    (void)tg_http_date_parse(text, &at_ms);
    g_assert(hint != NULL && (reply.message == NULL || g_utf8_validate(reply.message, -1, NULL)));
    return 0;
}
