/* JSON lines, read as a whole and parsed one by one when asked. */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "params/params.h"

#define LINE_START "{\"fullName\":\""

/* A line in the text. */
typedef struct {
    gsize at;
    gsize size_bytes;
} Line;

struct TgJournal {
    char *path;
    int fd; /* -1: not open for writing */
    gboolean is_read;
    char *text;
    GHashTable *lines; /* name -> Line, the last of each */
};

TgJournal *tg_journal_new(const char *path)
{
    TgJournal *journal = g_new0(TgJournal, 1);

    journal->path = g_strdup(path);
    journal->fd = -1;
    journal->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return journal;
}

void tg_journal_free(TgJournal *journal)
{
    if (journal == NULL) {
        return;
    }
    if (journal->fd >= 0) {
        (void)close(journal->fd);
    }
    g_free(journal->path);
    g_free(journal->text);
    g_hash_table_unref(journal->lines);
    g_free(journal);
}

/* A line that a crash cut short must not swallow the next one. */
static gboolean end_last_line(int fd)
{
    char last = '\n';
    off_t size = lseek(fd, 0, SEEK_END);

    return size <= 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n' ||
           write(fd, "\n", 1) == 1;
}

static gboolean open_for_writing(TgJournal *journal, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(journal->path);

    if (journal->fd >= 0) {
        return TRUE;
    }
    if (!tg_file_make_folder(folder, error)) {
        return FALSE;
    }
    int fd = open(journal->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0 || !end_last_line(fd)) {
        tg_error_set_file(error, errno, "write", journal->path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return FALSE;
    }
    journal->fd = fd;
    return TRUE;
}

gboolean tg_journal_append(TgJournal *journal, const json_t *document, gboolean is_flushed,
                           GError **error)
{
    g_autofree char *json = tg_params_to_json(document);
    g_autofree char *line = g_strconcat(json, "\n", NULL);
    gsize size = strlen(line);

    if (!open_for_writing(journal, error)) {
        return FALSE;
    }
    if (write(journal->fd, line, size) != (gssize)size ||
        (is_flushed && fdatasync(journal->fd) != 0)) {
        tg_error_set_file(error, errno, "write", journal->path);
        return FALSE;
    }
    return TRUE;
}

static void note_line(TgJournal *journal, gsize at, gsize size_bytes)
{
    const char *name = journal->text + at + strlen(LINE_START);
    const char *quote = NULL;

    if (size_bytes <= strlen(LINE_START) ||
        strncmp(journal->text + at, LINE_START, strlen(LINE_START)) != 0) {
        return;
    }
    quote = memchr(name, '"', size_bytes - strlen(LINE_START));
    if (quote != NULL) {
        Line *line = g_new(Line, 1);

        *line = (Line){.at = at, .size_bytes = size_bytes};
        g_hash_table_replace(journal->lines, g_strndup(name, (gsize)(quote - name)), line);
    }
}

static void read_lines(TgJournal *journal)
{
    gsize size = 0;

    journal->is_read = TRUE;
    if (!tg_file_read(journal->path, TG_JOURNAL_BYTES_MAX, &journal->text, &size, NULL)) {
        return;
    }
    for (gsize at = 0; at < size;) {
        const char *end = memchr(journal->text + at, '\n', size - at);
        gsize length = end == NULL ? size - at : (gsize)(end - journal->text) - at;

        note_line(journal, at, length);
        at += length + 1;
    }
}

json_t *tg_journal_get(TgJournal *journal, const char *name)
{
    const Line *line = NULL;

    if (!journal->is_read) {
        read_lines(journal);
    }
    line = g_hash_table_lookup(journal->lines, name);
    return line == NULL ? NULL : json_loadb(journal->text + line->at, line->size_bytes, 0, NULL);
}
