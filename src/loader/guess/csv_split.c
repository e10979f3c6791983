/* Splitting a sample: like the csv parser, but forgiving. */
#include <string.h>

#include "loader/guess/csv.h"

typedef struct {
    const CsvDialect *dialect;
    const char *at;
    const char *end;
    GString *scratch;
} Split;

static void clear_cell(gpointer data)
{
    g_free(((CsvCell *)data)->text);
}

static void free_record(gpointer record)
{
    g_array_unref(record);
}

static gboolean is_eol(char c)
{
    return c == '\n' || c == '\r';
}

static void skip_eol(Split *self)
{
    if (self->at < self->end && *self->at == '\r') {
        self->at++;
        if (self->at < self->end && *self->at == '\n') {
            self->at++;
        }
    } else if (self->at < self->end) {
        self->at++;
    }
}

static void take_quoted(Split *self, GString *into)
{
    const CsvDialect *dialect = self->dialect;

    for (self->at++; self->at < self->end; self->at++) {
        char next = (char)(self->at + 1 < self->end ? self->at[1] : '\0');

        if (*self->at == dialect->quote && next != dialect->quote) {
            self->at++;
            return;
        }
        if (*self->at == dialect->quote || (dialect->escape != 0 && *self->at == dialect->escape &&
                                            (next == dialect->quote || next == dialect->escape))) {
            self->at++;
        }
        g_string_append_c(into, *self->at);
    }
}

/* An unquoted value, as it stands between delimiters. */
static char *take_plain(Split *self)
{
    const CsvDialect *dialect = self->dialect;
    const char *start = self->at;

    while (self->at < self->end && *self->at != dialect->delimiter && !is_eol(*self->at)) {
        self->at++;
    }
    const char *end = self->at;

    while (dialect->trim && end > start && end[-1] == ' ') {
        end--;
    }
    return end > start ? g_strndup(start, (gsize)(end - start)) : NULL;
}

static void take_cell(Split *self, GArray *record)
{
    const CsvDialect *dialect = self->dialect;
    CsvCell cell = {0};

    while (dialect->trim && self->at < self->end && *self->at == ' ') {
        self->at++;
    }
    if (dialect->quote != 0 && self->at < self->end && *self->at == dialect->quote) {
        g_string_truncate(self->scratch, 0);
        take_quoted(self, self->scratch);
        g_free(take_plain(self)); /* what stands behind the closing quote is dropped */
        cell.is_quoted = TRUE;
        cell.text = g_strndup(self->scratch->str, self->scratch->len);
    } else {
        cell.text = take_plain(self);
    }
    g_array_append_val(record, cell);
}

static GArray *take_record(Split *self)
{
    GArray *record = g_array_new(FALSE, FALSE, sizeof(CsvCell));

    g_array_set_clear_func(record, clear_cell);
    for (;;) {
        take_cell(self, record);
        if (self->at >= self->end || *self->at != self->dialect->delimiter) {
            break;
        }
        self->at++;
    }
    skip_eol(self);
    return record;
}

static void skip_line(Split *self)
{
    while (self->at < self->end && !is_eol(*self->at)) {
        self->at++;
    }
    skip_eol(self);
}

GPtrArray *csv_split(const char *text, gsize size_bytes, const CsvDialect *dialect)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    Split self = {.dialect = dialect, .at = text, .end = text + size_bytes, .scratch = scratch};
    GPtrArray *records = g_ptr_array_new_with_free_func(free_record);
    gsize comment = dialect->comment == NULL ? 0 : strlen(dialect->comment);

    while (self.at < self.end) {
        if (dialect->skip_empty && is_eol(*self.at)) {
            skip_eol(&self);
        } else if (comment > 0 && (gsize)(self.end - self.at) >= comment &&
                   memcmp(self.at, dialect->comment, comment) == 0) {
            skip_line(&self);
        } else {
            g_ptr_array_add(records, take_record(&self));
        }
    }
    return records;
}

GPtrArray *csv_split_lines(const char *text, gsize size_bytes, gboolean is_whole)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    Split self = {.at = text, .end = text + size_bytes};

    while (self.at < self.end) {
        const char *start = self.at;

        while (self.at < self.end && !is_eol(*self.at)) {
            self.at++;
        }
        if (self.at == self.end && !is_whole && lines->len > 0) {
            break;
        }
        g_ptr_array_add(lines, g_strndup(start, (gsize)(self.at - start)));
        skip_eol(&self);
    }
    return lines;
}
