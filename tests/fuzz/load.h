/* A load of fuzzed bytes: the first byte chooses the `in` block, its high bit the types. */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>

#include "cli/loader_plugins.h"
#include "loader/loader.h"

/**
 * Runs (or, with is_guess, guesses) a load of the bytes behind the first.
 *
 * @blocks JSON of `in` blocks without type and path_prefix
 */
static inline int fuzz_load(const char *const *blocks, gsize count, gboolean is_guess,
                            const uint8_t *data, size_t size)
{
    static const TgLoaderServices services = {0};

    if (size < 1) {
        return 0;
    }
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("tegaru-load-fuzz-XXXXXX", &path, NULL);

    g_assert(fd >= 0 && g_close(fd, NULL));
    g_assert(g_file_set_contents(path, (const char *)data + 1, (gssize)size - 1, NULL));
    json_t *in = json_loads(blocks[data[0] % count], 0, NULL);

    g_assert(in != NULL);
    json_object_set_new(in, "type", json_string("file"));
    json_object_set_new(in, "path_prefix", json_string(path));
    json_t *config = json_pack("{s:o, s:{s:s}}", "in", in, "out", "type", "null");
    TgLoaderJob job = {.config = config,
                       .config_name = "fuzz",
                       .exact_types = (data[0] & 0x80u) != 0,
                       .plugins = tg_loader_plugins_get(),
                       .services = &services,
                       .threads = 1};
    g_auto(TgLoaderReport) report = {0};
    g_autoptr(GError) error = NULL;

    if (is_guess) {
        json_decref(tg_loader_guess(&job, &error));
    } else {
        (void)tg_loader_run(&job, &report, &error); /* any outcome but a crash is fine */
    }
    json_decref(config);
    (void)g_remove(path);
    return 0;
}
