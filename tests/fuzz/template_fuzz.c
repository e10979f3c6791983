/* Templates: any text is filled in or refused, within the limits. */
#include <stdint.h>

#include "params/params.h"
#include "script/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autoptr(TgScript) script = tg_script_new(zone);
    g_autoptr(json_t) scope =
        json_pack("{s:s, s:i, s:{s:[i,i]}}", "day", "2020-01-01", "n", 5, "m", "l", 1, 2);

    if (g_utf8_validate(text, -1, NULL)) {
        g_free(tg_script_fill(script, text, scope, NULL));
    }
    return 0;
}
