/* A task's files as blocks that begin and end at record borders, so that threads can parse them
 * apart. */
#include <string.h>

#include "loader/parser/csv.h"
#include "loader/stream.h"

#define SLACK_BYTES 64

struct CsvBlocks {
    const CsvConfig *config;
    TgFileTask *files;
    TgStream *stream; /* of the current file; NULL: open the next */
    gboolean has_ended;
    gboolean is_file_start;
    GByteArray *rest; /* bytes behind the last border */
    guint64 next_line;
};

CsvBlocks *csv_blocks_new(const CsvConfig *config, TgFileTask *take_files)
{
    CsvBlocks *blocks = g_new0(CsvBlocks, 1);

    blocks->config = config;
    blocks->files = take_files;
    blocks->rest = g_byte_array_new();
    return blocks;
}

void csv_blocks_free(CsvBlocks *blocks)
{
    if (blocks == NULL) {
        return;
    }
    tg_stream_free(blocks->stream);
    tg_file_task_free(blocks->files);
    (void)g_byte_array_free(blocks->rest, TRUE);
    g_free(blocks);
}

static gboolean open_next_file(CsvBlocks *blocks, GError **error)
{
    g_autoptr(TgStream) stream = NULL;

    if (!tg_file_task_next(blocks->files, &stream, error)) {
        return FALSE;
    }
    if (stream == NULL) {
        blocks->has_ended = TRUE;
        return TRUE;
    }
    blocks->stream = tg_stream_new_charset(g_steal_pointer(&stream), blocks->config->charset,
                                           blocks->config->exact, error);
    blocks->is_file_start = TRUE;
    blocks->next_line = 1;
    return blocks->stream != NULL;
}

static void reserve(CsvBlock *block, gsize capacity)
{
    if (block->capacity < capacity) {
        block->bytes = g_realloc(block->bytes, capacity + SLACK_BYTES);
        block->capacity = capacity;
    }
}

/* Reads until the block is full; *out_is_last at the end of the file. */
static gboolean fill(CsvBlocks *blocks, CsvBlock *block, gsize wanted, gboolean *out_is_last,
                     GError **error)
{
    reserve(block, wanted);
    gssize got = tg_stream_read_full(blocks->stream, block->bytes + block->size_bytes,
                                     wanted - block->size_bytes, error);

    if (got < 0) {
        return FALSE;
    }
    *out_is_last = block->size_bytes + (gsize)got < wanted;
    block->size_bytes += (gsize)got;
    return TRUE;
}

/* Without quotes every line end is a border. A CR at the very end may be half of a CRLF. */
static gsize last_line_border(const CsvConfig *config, const CsvBlock *block)
{
    const char *end = block->bytes + block->size_bytes;
    const char *lf = config->ends_lf || config->ends_crlf
                         ? memrchr(block->bytes, '\n', block->size_bytes)
                         : NULL;
    const char *next = NULL;

    if (lf != NULL && config->ends_lf) {
        return (gsize)(lf + 1 - block->bytes);
    }
    for (const char *at = end - 2; at >= block->bytes; at--) {
        if (csv_is_eol(config, at, end, &next)) {
            return (gsize)(next - block->bytes);
        }
    }
    return 0;
}

/* Reads a record to its end; FALSE when the bytes end in a quoted value. */
static gboolean scan_record(CsvScan *scan)
{
    CsvField field = {0};
    CsvEnd end = CSV_MORE;

    while (end == CSV_MORE) {
        end = csv_scan_field(scan, &field);
    }
    if (end != CSV_BAD) {
        return TRUE;
    }
    if (scan->hit_end) {
        return FALSE;
    }
    csv_scan_skip_line_of(scan, &field);
    return TRUE;
}

/* With quotes the records are read from the start, which is a border; the last that is whole ends
 * the block. */
static gsize last_record_border(const CsvConfig *config, const CsvBlock *block)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    CsvScan scan = {.config = config,
                    .at = block->bytes,
                    .end = block->bytes + block->size_bytes,
                    .line = block->bytes,
                    .scratch = scratch};
    gsize border = 0;

    while (csv_scan_begin_record(&scan) && scan_record(&scan)) {
        if (scan.at < scan.end) { /* what reaches the end may go on in the next block */
            border = (gsize)(scan.at - block->bytes);
        }
    }
    return border;
}

static gsize find_border(const CsvConfig *config, const CsvBlock *block)
{
    gboolean has_quotes =
        config->quote != 0 && memchr(block->bytes, config->quote, block->size_bytes) != NULL;

    return has_quotes ? last_record_border(config, block) : last_line_border(config, block);
}

static guint64 count_lines(const CsvConfig *config, const CsvBlock *block)
{
    const char *end = block->bytes + block->size_bytes;
    const char *next = NULL;
    guint64 lines = 0;

    if (config->ends_lf && memchr(block->bytes, '\r', block->size_bytes) == NULL) {
        for (gsize i = 0; i < block->size_bytes; i++) {
            lines += block->bytes[i] == '\n' ? 1 : 0;
        }
        return lines;
    }
    for (const char *at = block->bytes; at < end; at = next) {
        if (csv_line_end(config, at, end, &next) == end) {
            break;
        }
        lines++;
    }
    return lines;
}

/* Drops a byte order mark (with exact types; Embulk keeps it in the first value) and the header
 * lines. */
static void skip_start(CsvBlocks *blocks, CsvBlock *block)
{
    const CsvConfig *config = blocks->config;
    const char *start = block->bytes;
    const char *end = block->bytes + block->size_bytes;

    if (config->exact && end - start >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) {
        start += 3;
    }
    for (guint i = 0; i < config->skip_header_lines && start < end; i++) {
        (void)csv_line_end(config, start, end, &start);
        blocks->next_line++;
    }
    block->size_bytes = (gsize)(end - start);
    memmove(block->bytes, start, block->size_bytes);
    block->first_line = blocks->next_line;
    blocks->is_file_start = FALSE;
}

static gboolean fail_too_long(const CsvBlocks *blocks, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s:%" G_GUINT64_FORMAT ": the record is longer than %u MiB, the limit; is there a "
                "quote that is never closed, or another line end ('newline')? If the file "
                "is right, split the record",
                blocks->stream->name, blocks->next_line,
                (guint)(CSV_RECORD_BYTES_MAX / 1024 / 1024));
    return FALSE;
}

/* Cuts the block at a border; the rest goes to the next one. */
static gboolean cut(CsvBlocks *blocks, CsvBlock *block, gboolean is_last, GError **error)
{
    gsize border = is_last ? block->size_bytes : find_border(blocks->config, block);

    while (border == 0 && !is_last) {
        if (block->size_bytes >= CSV_RECORD_BYTES_MAX) {
            return fail_too_long(blocks, error);
        }
        if (!fill(blocks, block, MAX(block->size_bytes * 2, CSV_BLOCK_BYTES), &is_last, error)) {
            return FALSE;
        }
        border = is_last ? block->size_bytes : find_border(blocks->config, block);
    }
    g_byte_array_set_size(blocks->rest, 0);
    g_byte_array_append(blocks->rest, (const guint8 *)block->bytes + border,
                        (guint)(block->size_bytes - border));
    block->size_bytes = border;
    if (is_last) {
        g_clear_pointer(&blocks->stream, tg_stream_free);
    }
    return TRUE;
}

gboolean csv_blocks_take(CsvBlocks *blocks, CsvBlock *block, gboolean *out_has, GError **error)
{
    *out_has = FALSE;
    while (!*out_has) {
        gboolean is_last = FALSE;

        if (blocks->stream == NULL && !blocks->has_ended && !open_next_file(blocks, error)) {
            return FALSE;
        }
        if (blocks->has_ended) {
            return TRUE;
        }
        gsize left = blocks->rest->len;

        reserve(block, MAX(CSV_BLOCK_BYTES, left * 2));
        memcpy(block->bytes, blocks->rest->data == NULL ? (const guint8 *)"" : blocks->rest->data,
               left);
        g_byte_array_set_size(blocks->rest, 0);
        block->size_bytes = left;
        if (!fill(blocks, block, MAX(CSV_BLOCK_BYTES, left * 2), &is_last, error)) {
            return FALSE;
        }
        g_free(block->file_name);
        block->file_name = g_strdup(blocks->stream->name);
        block->first_line = blocks->next_line;
        if (blocks->is_file_start) {
            skip_start(blocks, block);
        }
        if (!cut(blocks, block, is_last, error)) {
            return FALSE;
        }
        blocks->next_line += count_lines(blocks->config, block);
        *out_has = block->size_bytes > 0;
    }
    return TRUE;
}
