/* A buffer over the files of a task, cut at line ends. */
#include "loader/lines.h"

#include <string.h>

#include "loader/stream.h"

#define BUFFER_BYTES ((gsize)256 * 1024)

struct TgLines {
    TgFileTask *files;
    char *charset;
    gboolean is_strict;
    guint skip;
    TgStream *stream; /* NULL: open the next file */
    char *name;       /* of the file of the last line */
    char *bytes;
    gsize capacity;
    gsize at;          /* of the next line */
    gsize end;         /* of what was read */
    gboolean is_whole; /* the stream has ended */
    guint64 number;
};

TgLines *tg_lines_new(TgFileTask *take_files, const char *charset, gboolean is_strict)
{
    TgLines *lines = g_new0(TgLines, 1);

    lines->files = take_files;
    lines->charset = g_strdup(charset);
    lines->is_strict = is_strict;
    lines->capacity = BUFFER_BYTES;
    lines->bytes = g_malloc(BUFFER_BYTES);
    return lines;
}

void tg_lines_free(TgLines *lines)
{
    if (lines != NULL) {
        tg_stream_free(lines->stream);
        tg_file_task_free(lines->files);
        g_free(lines->charset);
        g_free(lines->name);
        g_free(lines->bytes);
        g_free(lines);
    }
}

void tg_lines_skip(TgLines *lines, guint count)
{
    lines->skip = count;
}

const char *tg_lines_file(const TgLines *lines)
{
    return lines->name;
}

guint64 tg_lines_number(const TgLines *lines)
{
    return lines->number;
}

/* FALSE without an error: there is no file any more. */
static gboolean open_file(TgLines *self, GError **error)
{
    TgStream *stream = NULL;

    if (!tg_file_task_next(self->files, &stream, error) || stream == NULL) {
        return FALSE;
    }
    g_free(self->name);
    self->name = g_strdup(stream->name);
    self->stream = tg_stream_new_charset(stream, self->charset, self->is_strict, error);
    self->at = 0;
    self->end = 0;
    self->is_whole = FALSE;
    self->number = 0;
    return self->stream != NULL;
}

/* Reads more behind what is left of the buffer. */
static gboolean fill(TgLines *self, GError **error)
{
    gssize got = 0;

    memmove(self->bytes, self->bytes + self->at, self->end - self->at);
    self->end -= self->at;
    self->at = 0;
    if (self->end == self->capacity) {
        if (self->capacity >= TG_LINE_BYTES_MAX) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "%s:%" G_GUINT64_FORMAT ": the line is longer than 16 MiB", self->name,
                        self->number + 1);
            return FALSE;
        }
        self->capacity *= 2;
        self->bytes = g_realloc(self->bytes, self->capacity);
    }
    got = tg_stream_read_full(self->stream, self->bytes + self->end, self->capacity - self->end,
                              error);
    if (got < 0) {
        return FALSE;
    }
    self->is_whole = (gsize)got < self->capacity - self->end;
    self->end += (gsize)got;
    return TRUE;
}

/* The end of the line at `at`; NULL: it is not in the buffer, or might be half of CR LF. */
static const char *find_end(const TgLines *self)
{
    const char *from = self->bytes + self->at;
    gsize size = self->end - self->at;
    const char *lf = memchr(from, '\n', size);
    const char *cr = memchr(from, '\r', lf == NULL ? size : (gsize)(lf - from));

    if (cr != NULL && cr + 1 == self->bytes + self->end && !self->is_whole) {
        return NULL;
    }
    return cr == NULL ? lf : cr;
}

/* One line of the file; *out NULL at its end. */
static gboolean next_of_file(TgLines *self, const char **out, gsize *out_size, GError **error)
{
    const char *end = find_end(self);

    while (end == NULL && !self->is_whole) {
        if (!fill(self, error)) {
            return FALSE;
        }
        end = find_end(self);
    }
    *out = NULL;
    if (end == NULL && self->at == self->end) {
        return TRUE;
    }
    *out = self->bytes + self->at;
    *out_size = end == NULL ? self->end - self->at : (gsize)(end - *out);
    self->at += *out_size;
    if (end != NULL) {
        gboolean is_pair = *end == '\r' && self->at + 1 < self->end && end[1] == '\n';

        self->at += is_pair ? 2 : 1;
    }
    self->number++;
    return TRUE;
}

/* Opens the next file when none is open; *out_has FALSE behind the last. */
static gboolean need_file(TgLines *lines, gboolean *out_has, GError **error)
{
    GError *problem = NULL;

    *out_has = lines->stream != NULL || open_file(lines, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    return TRUE;
}

/* The next line, header or not; *out NULL behind the last file. */
static gboolean next_any(TgLines *lines, const char **out, gsize *out_size, GError **error)
{
    gboolean has_file = TRUE;

    *out = NULL;
    while (*out == NULL && has_file) {
        if (!need_file(lines, &has_file, error) ||
            (has_file && !next_of_file(lines, out, out_size, error))) {
            return FALSE;
        }
        if (has_file && *out == NULL) {
            tg_stream_free(lines->stream);
            lines->stream = NULL;
        }
    }
    return TRUE;
}

gboolean tg_lines_next(TgLines *lines, const char **out, gsize *out_size, GError **error)
{
    do {
        if (!next_any(lines, out, out_size, error)) {
            return FALSE;
        }
    } while (*out != NULL && lines->number <= lines->skip);
    return TRUE;
}
