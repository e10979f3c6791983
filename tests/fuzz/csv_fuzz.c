/* The csv parser on any bytes: the first decides on options, the rest is the file. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>

#include "cli/loader_plugins.h"
#include "loader/loader.h"

static const char *const parsers[] = {
    "{\"type\": \"csv\", \"columns\": [{\"name\": \"a\", \"type\": \"long\"}, {\"name\": \"b\", "
    "\"type\": "
    "\"string\"}, {\"name\": \"c\", \"type\": \"double\"}]}",
    "{\"type\": \"csv\", \"quote\": \"'\", \"escape\": \"\\\\\", \"trim_if_not_quoted\": true, "
    "\"allow_optional_columns\": true, \"columns\": [{\"name\": \"a\", \"type\": \"json\"}, "
    "{\"name\": "
    "\"b\", \"type\": \"timestamp\", \"format\": \"%Y-%m-%d %H:%M:%S.%N %z\"}]}",
    "{\"type\": \"csv\", \"delimiter\": \"||\", \"allow_extra_columns\": true, "
    "\"skip_header_lines\": 1, "
    "\"max_quoted_size_limit\": 20, \"comment_line_marker\": \"#\", \"columns\": [{\"name\": "
    "\"a\", "
    "\"type\": \"boolean\"}, {\"name\": \"b\", \"type\": \"string\"}]}",
    "{\"type\": \"csv\", \"quotes_in_quoted_fields\": "
    "\"ACCEPT_STRAY_QUOTES_ASSUMING_NO_DELIMITERS_IN_FIELDS\", \"line_delimiter_recognized\": "
    "\"CRLF\", "
    "\"columns\": [{\"name\": \"a\", \"type\": \"string\"}]}",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const TgLoaderServices services = {0};

    if (size < 1) {
        return 0;
    }
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("tegaru-csv-fuzz-XXXXXX", &path, NULL);

    g_assert(fd >= 0 && g_close(fd, NULL));
    g_assert(g_file_set_contents(path, (const char *)data + 1, (gssize)size - 1, NULL));
    json_t *parser = json_loads(parsers[data[0] % G_N_ELEMENTS(parsers)], 0, NULL);
    json_t *config = json_pack("{s:{s:s, s:s, s:o}, s:{s:s}}", "in", "type", "file", "path_prefix",
                               path, "parser", parser, "out", "type", "null");
    TgLoaderJob job = {.config = config,
                       .config_name = "fuzz",
                       .exact_types = (data[0] & 0x80u) != 0,
                       .plugins = tg_loader_plugins_get(),
                       .services = &services,
                       .threads = 1};
    g_auto(TgLoaderReport) report = {0};
    g_autoptr(GError) error = NULL;

    (void)tg_loader_run(&job, &report, &error); /* any outcome but a crash is fine */
    json_decref(config);
    (void)g_remove(path);
    return 0;
}
