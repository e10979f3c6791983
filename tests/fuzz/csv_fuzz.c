/* The csv parser on any bytes: the first decides on options, the rest is the file. */
#include "load.h"

static const char *const blocks[] = {
    "{\"parser\": {\"type\": \"csv\", \"columns\": [{\"name\": \"a\", \"type\": \"long\"}, "
    "{\"name\": \"b\", "
    "\"type\": "
    "\"string\"}, {\"name\": \"c\", \"type\": \"double\"}]}}",
    "{\"parser\": {\"type\": \"csv\", \"quote\": \"'\", \"escape\": \"\\\\\", "
    "\"trim_if_not_quoted\": true, "
    "\"allow_optional_columns\": true, \"columns\": [{\"name\": \"a\", \"type\": \"json\"}, "
    "{\"name\": "
    "\"b\", \"type\": \"timestamp\", \"format\": \"%Y-%m-%d %H:%M:%S.%N %z\"}]}}",
    "{\"parser\": {\"type\": \"csv\", \"delimiter\": \"||\", \"allow_extra_columns\": true, "
    "\"skip_header_lines\": 1, "
    "\"max_quoted_size_limit\": 20, \"comment_line_marker\": \"#\", \"columns\": [{\"name\": "
    "\"a\", "
    "\"type\": \"boolean\"}, {\"name\": \"b\", \"type\": \"string\"}]}}",
    "{\"parser\": {\"type\": \"csv\", \"quotes_in_quoted_fields\": "
    "\"ACCEPT_STRAY_QUOTES_ASSUMING_NO_DELIMITERS_IN_FIELDS\", \"line_delimiter_recognized\": "
    "\"CRLF\", "
    "\"columns\": [{\"name\": \"a\", \"type\": \"string\"}]}}",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_load(blocks, G_N_ELEMENTS(blocks), FALSE, data, size);
}
