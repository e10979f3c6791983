/* Records that do not fit: counted, written to a reject file, and stopped at a limit. */
#include "loader/rejects.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "params/params.h"

#define RAW_BYTES_MAX ((gsize)1024 * 1024) /* of one record that are kept */

struct TgRejects {
    GMutex mutex; /* over the file and the count */
    char *path;   /* NULL: no file */
    FILE *file;   /* NULL until the first */
    gint64 count;
    gint64 count_max;   /* -1: any number */
    double percent_max; /* of all records; -1: any share */
};

/* "10" or "0.5%". */
static gboolean read_limit(TgRejects *self, const json_t *exec, GError **error)
{
    g_autofree char *text = NULL;
    char *end = NULL;

    self->count_max = -1;
    self->percent_max = -1;
    if (!tg_params_dup_text_or(exec, "max_errors", NULL, &text, error) || text == NULL) {
        return text == NULL && (error == NULL || *error == NULL);
    }
    double value = g_ascii_strtod(text, &end);

    if (end != text && value >= 0 && strcmp(end, "%") == 0 && value <= 100) {
        self->percent_max = value;
        return TRUE;
    }
    if (end != text && value >= 0 && *end == '\0' && value < 9e15 && value == floor(value)) {
        self->count_max = (gint64)value;
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "exec: 'max_errors' must be a number of records (10) or a share of them (0.5%%), "
                "not '%s'",
                text);
    return FALSE;
}

TgRejects *tg_rejects_new(const TgLoaderContext *context, const json_t *exec, GError **error)
{
    g_autoptr(TgRejects) self = g_new0(TgRejects, 1);
    g_autofree char *path = NULL;

    g_mutex_init(&self->mutex);
    if (!read_limit(self, exec, error) ||
        !tg_params_dup_text_or(exec, "reject_file", NULL, &path, error)) {
        return NULL;
    }
    if (path != NULL) {
        self->path = tg_loader_context_path(context, path);
        /* an older one would be taken for that of this load */
        if (remove(self->path) != 0 && errno != ENOENT) {
            tg_error_set_file(error, errno, "replace", self->path);
            return NULL;
        }
    }
    return g_steal_pointer(&self);
}

void tg_rejects_free(TgRejects *rejects)
{
    if (rejects == NULL) {
        return;
    }
    if (rejects->file != NULL) {
        (void)fclose(rejects->file); /* flushed by finish, or the load has failed anyway */
    }
    g_mutex_clear(&rejects->mutex);
    g_free(rejects->path);
    g_free(rejects);
}

gboolean tg_rejects_are_wanted(const json_t *exec)
{
    return tg_params_has(exec, "max_errors") || tg_params_has(exec, "reject_file");
}

/* A cell of CSV as RFC 4180 has it; the bytes stay as they are. */
static void write_cell(FILE *file, const char *bytes, gsize size_bytes)
{
    (void)putc('"', file);
    for (gsize i = 0; i < size_bytes; i++) {
        if (bytes[i] == '"') {
            (void)putc('"', file);
        }
        (void)putc(bytes[i], file);
    }
    (void)putc('"', file);
}

static void write_text(FILE *file, const char *text)
{
    if (text != NULL) {
        write_cell(file, text, strlen(text));
    }
    (void)putc(',', file);
}

static gboolean write_row(TgRejects *self, const TgReject *reject, GError **error)
{
    if (self->path == NULL) {
        return TRUE;
    }
    if (self->file == NULL) {
        self->file = fopen(self->path, "wbe");
        if (self->file == NULL) {
            tg_error_set_file(error, errno, "write", self->path);
            return FALSE;
        }
        (void)fputs(TG_REJECTS_HEADER, self->file);
    }
    write_text(self->file, reject->file);
    (void)fprintf(self->file, "%" G_GUINT64_FORMAT ",", reject->line);
    write_text(self->file, reject->column);
    write_text(self->file, reject->reason);
    write_cell(self->file, reject->raw, MIN(reject->raw_bytes, RAW_BYTES_MAX));
    (void)putc('\n', self->file);
    if (ferror(self->file) != 0) {
        tg_error_set_file(error, errno, "write", self->path);
        return FALSE;
    }
    return TRUE;
}

static void set_too_many(const TgRejects *self, const char *limit, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%" G_GINT64_FORMAT " records do not fit, more than max_errors (%s) allows; %s%s",
                self->count, limit,
                self->path == NULL ? "name an exec.reject_file to see all of them"
                                   : "they stand in ",
                self->path == NULL ? "" : self->path);
}

gboolean tg_rejects_add(TgRejects *rejects, const TgReject *reject, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&rejects->mutex);

    (void)locker;
    rejects->count++;
    if (!write_row(rejects, reject, error)) {
        return FALSE;
    }
    if (rejects->count_max >= 0 && rejects->count > rejects->count_max) {
        g_autofree char *limit = g_strdup_printf("%" G_GINT64_FORMAT, rejects->count_max);

        set_too_many(rejects, limit, error);
        g_prefix_error(error, "%s:%" G_GUINT64_FORMAT ": %s: ", reject->file, reject->line,
                       reject->reason);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_rejects_finish(TgRejects *rejects, gint64 rows_read, json_t *receipt, GError **error)
{
    gint64 all = rows_read + rejects->count;

    if (rejects->file != NULL && fflush(rejects->file) != 0) {
        tg_error_set_file(error, errno, "write", rejects->path);
        return FALSE;
    }
    if (rejects->percent_max >= 0 &&
        (double)rejects->count * 100 > rejects->percent_max * (double)all) {
        g_autofree char *limit =
            g_strdup_printf("%g%% of %" G_GINT64_FORMAT, rejects->percent_max, all);

        set_too_many(rejects, limit, error);
        return FALSE;
    }
    if (rejects->file != NULL) {
        json_object_set_new(receipt, "reject_file", json_string(rejects->path));
    }
    return TRUE;
}
