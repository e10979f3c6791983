/* strptime and strftime: a format, a line break, a text. */
#include <stdint.h>
#include <string.h>

#include "loader/time_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *all = g_strndup((const char *)data, size);
    char *text = strchr(all, '\n');
    g_autoptr(TgTimeZone) zone = tg_time_zone_new("Asia/Tokyo", NULL);
    TgTimeDefaults defaults = {.zone = zone};
    TgInt128 nanos = 0;

    if (text == NULL || zone == NULL) {
        return 0;
    }
    *text++ = '\0';
    g_autoptr(TgTimeFormat) format = tg_time_format_new(all, NULL);
    g_autoptr(GString) out = g_string_new(NULL);

    if (format != NULL && tg_time_format_parse(format, &defaults, text, strlen(text), &nanos)) {
        tg_time_format_write(format, zone, nanos, out);
    }
    return 0;
}
