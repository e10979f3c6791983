/* tar (POSIX ustar, pax headers for long names) in gzip. */
#include "project/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "project/ignore.h"

#define BLOCK_BYTES 512
#define DEPTH_MAX 100
#define COPY_BYTES ((gsize)64 * 1024)

/* The fields of a header, in order; all are text. */
typedef struct {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[8]; /* "ustar\0" "00" */
    char owner[32];
    char group[32];
    char device[16];
    char prefix[155];
    char rest[12];
} Header;

G_STATIC_ASSERT(sizeof(Header) == BLOCK_BYTES);

typedef struct {
    const TgArchiveOptions *options;
    char *folder; /* absolute */
    char *output; /* absolute */
    char *draft;
    TgIgnore *ignore;
    gzFile gzip;
} Archive;

/* One member. */
typedef struct {
    const char *name;
    const char *link; /* NULL: a file */
    char type;        /* '0' file, '2' link, 'x' what the next one is called */
    guint mode;
    guint64 size;
    gint64 mtime_s;
} Member;

static gboolean put(const Archive *archive, gconstpointer bytes, gsize size, GError **error)
{
    if (size > 0 && gzwrite(archive->gzip, bytes, (guint)size) != (int)size) {
        tg_error_set_file(error, errno, "write", archive->output);
        return FALSE;
    }
    return TRUE;
}

static gboolean pad(const Archive *archive, guint64 size, GError **error)
{
    static const char zeros[BLOCK_BYTES];
    guint rest = (guint)(size % BLOCK_BYTES);

    return put(archive, zeros, rest == 0 ? 0 : BLOCK_BYTES - rest, error);
}

/* Fields of tar need no NUL at their end. */
static void set_text(char *field, gsize size, const char *text)
{
    for (gsize i = 0; i < size && text[i] != '\0'; i++) {
        field[i] = text[i];
    }
}

static void set_octal(char *field, gsize size, guint64 value)
{
    g_autofree char *text = g_strdup_printf("%0*" G_GINT64_MODIFIER "o", (int)size - 1, value);

    set_text(field, size, text);
}

static gboolean put_header(const Archive *archive, const Member *member, GError **error)
{
    Header header;
    const guchar *bytes = (const guchar *)&header;
    guint sum = 0;

    memset(&header, 0, sizeof header);
    set_text(header.name, sizeof header.name, member->name);
    set_octal(header.mode, sizeof header.mode, member->mode);
    set_octal(header.uid, sizeof header.uid, 0);
    set_octal(header.gid, sizeof header.gid, 0);
    set_octal(header.size, sizeof header.size, member->size);
    set_octal(header.mtime, sizeof header.mtime, (guint64)MAX(member->mtime_s, 0));
    header.type = member->type;
    set_text(header.link, sizeof header.link, member->link == NULL ? "" : member->link);
    memcpy(header.magic,
           "ustar\0"
           "00",
           sizeof header.magic);
    memset(header.checksum, ' ', sizeof header.checksum);
    for (gsize i = 0; i < sizeof header; i++) {
        sum += bytes[i];
    }
    set_octal(header.checksum, sizeof header.checksum - 1, sum);
    header.checksum[sizeof header.checksum - 2] = '\0';
    return put(archive, &header, sizeof header, error);
}

/* "27 path=…\n", the length counting itself. */
static void add_record(GString *records, const char *key, const char *value)
{
    gsize rest = strlen(key) + strlen(value) + 3; /* blank, '=', newline */
    gsize size = rest + 1;
    g_autofree char *digits = NULL;

    for (digits = g_strdup_printf("%zu", size); size != rest + strlen(digits);) {
        size = rest + strlen(digits);
        g_free(digits);
        digits = g_strdup_printf("%zu", size);
    }
    g_string_append_printf(records, "%s %s=%s\n", digits, key, value);
}

static gboolean begin_member(const Archive *archive, const Member *member, GError **error)
{
    g_autoptr(GString) records = g_string_new(NULL);

    if (strlen(member->name) > sizeof((Header *)NULL)->name) {
        add_record(records, "path", member->name);
    }
    if (member->link != NULL && strlen(member->link) > sizeof((Header *)NULL)->link) {
        add_record(records, "linkpath", member->link);
    }
    if (records->len > 0) {
        const Member extra = {
            .name = "PaxHeaders", .type = 'x', .mode = 0644, .size = records->len};

        if (!put_header(archive, &extra, error) ||
            !put(archive, records->str, records->len, error) ||
            !pad(archive, records->len, error)) {
            return FALSE;
        }
    }
    return put_header(archive, member, error);
}

static gboolean put_bytes_of(const Archive *archive, const char *path, int fd, guint64 size,
                             GError **error)
{
    g_autofree char *buffer = g_malloc(COPY_BYTES);
    guint64 rest = size;

    while (rest > 0) {
        gssize got = read(fd, buffer, MIN(rest, COPY_BYTES));

        if (got <= 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                        "'%s' changed while it was archived; try again", path);
            return FALSE;
        }
        if (!put(archive, buffer, (gsize)got, error)) {
            return FALSE;
        }
        rest -= (guint64)got;
    }
    return pad(archive, size, error);
}

static gboolean put_file(const Archive *archive, const char *name, const char *path, GError **error)
{
    int fd = g_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0) {
        tg_error_set_file(error, errno, "read", path);
        return FALSE;
    }
    if (!S_ISREG(status.st_mode)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is neither a file, a folder nor a link",
                    path);
        (void)close(fd);
        return FALSE;
    }
    const Member member = {.name = name,
                           .type = '0',
                           .mode = status.st_mode & 0777u,
                           .size = (guint64)status.st_size,
                           .mtime_s = status.st_mtime};

    archive->options->told(archive->options->data, name, NULL);
    gboolean ok = begin_member(archive, &member, error) &&
                  put_bytes_of(archive, path, fd, member.size, error);

    (void)close(fd);
    return ok;
}

/* Where an absolute path lies, seen from the folder of another: "../b/c". */
static char *relative_to(const char *folder, const char *path)
{
    g_auto(GStrv) from = g_strsplit(folder, "/", -1);
    g_auto(GStrv) to = g_strsplit(path, "/", -1);
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    guint same = 0;

    while (from[same] != NULL && to[same] != NULL && strcmp(from[same], to[same]) == 0) {
        same++;
    }
    for (guint i = same; from[i] != NULL; i++) {
        g_ptr_array_add(parts, (gpointer) "..");
    }
    for (guint i = same; to[i] != NULL; i++) {
        g_ptr_array_add(parts, to[i]);
    }
    g_ptr_array_add(parts, NULL);
    return g_strjoinv("/", (char **)parts->pdata);
}

/* *out_done: it is in the archive as a link; else what it shows is to be copied. */
static gboolean put_link(const Archive *archive, const char *name, const char *path,
                         gboolean *out_done, GError **error)
{
    g_autofree char *written = g_file_read_link(path, NULL);
    g_autofree char *above = g_path_get_dirname(path);
    g_autofree char *target = g_canonicalize_filename(written == NULL ? "" : written, above);
    gsize size = strlen(archive->folder);
    gboolean is_inside = strncmp(target, archive->folder, size) == 0 &&
                         (target[size] == '/' || target[size] == '\0');

    *out_done = is_inside;
    if (!is_inside) {
        if (archive->options->copy_outgoing_symlinks) {
            return TRUE;
        }
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Invalid symbolic link: Given path '%s' is outside of project directory '%s'. "
                    "Consider to add --copy-outgoing-symlinks option",
                    target, archive->folder);
        return FALSE;
    }
    g_autofree char *link = relative_to(above, target);
    const Member member = {.name = name, .link = link, .type = '2', .mode = 0777};

    archive->options->told(archive->options->data, name, link);
    return begin_member(archive, &member, error);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *list_names(const char *folder, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &problem);
    GPtrArray *names = NULL;
    const char *name = NULL;

    if (dir == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_DENIED, "%s", problem->message);
        return NULL;
    }
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (*name != '.') {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

static gboolean put_folder(const Archive *archive, const char *prefix, guint depth, GError **error);

/* Whether it is the archive itself, maybe seen through a link. */
static gboolean is_itself(const Archive *archive, const char *path)
{
    GStatBuf one;
    GStatBuf other;

    return strcmp(path, archive->output) == 0 ||
           (g_stat(path, &one) == 0 && g_stat(archive->draft, &other) == 0 &&
            one.st_dev == other.st_dev && one.st_ino == other.st_ino);
}

static gboolean put_one(const Archive *archive, const char *name, guint depth, GError **error)
{
    g_autofree char *path = g_build_filename(archive->folder, name, NULL);
    gboolean is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    gboolean is_done = FALSE;

    if (tg_ignore_matches(archive->ignore, name, is_folder) || is_itself(archive, path)) {
        return TRUE;
    }
    if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) &&
        (!put_link(archive, name, path, &is_done, error) || is_done)) {
        return is_done;
    }
    return is_folder ? put_folder(archive, name, depth + 1, error)
                     : put_file(archive, name, path, error);
}

static gboolean put_folder(const Archive *archive, const char *prefix, guint depth, GError **error)
{
    g_autofree char *path = g_build_filename(archive->folder, prefix, NULL);
    g_autoptr(GPtrArray) names = NULL;

    if (depth > DEPTH_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' lies more than %d folders deep; a link to a folder above it?", path,
                    DEPTH_MAX);
        return FALSE;
    }
    names = list_names(path, error);
    for (guint i = 0; names != NULL && i < names->len; i++) {
        g_autofree char *name = *prefix == '\0' ? g_strdup(names->pdata[i])
                                                : g_strconcat(prefix, "/", names->pdata[i], NULL);

        if (!put_one(archive, name, depth, error)) {
            return FALSE;
        }
    }
    return names != NULL;
}

static gboolean write_all(Archive *archive, GError **error)
{
    static const char end[2 * BLOCK_BYTES];
    gboolean ok = FALSE;

    archive->gzip = gzopen(archive->draft, "wbe");
    if (archive->gzip == NULL) {
        tg_error_set_file(error, errno, "write", archive->output);
        return FALSE;
    }
    ok = put_folder(archive, "", 0, error) && put(archive, end, sizeof end, error);
    if (gzclose(archive->gzip) != Z_OK && ok) {
        tg_error_set_file(error, errno, "write", archive->output);
        ok = FALSE;
    }
    if (ok && g_rename(archive->draft, archive->output) != 0) {
        tg_error_set_file(error, errno, "write", archive->output);
        ok = FALSE;
    }
    if (!ok) {
        (void)g_unlink(archive->draft); /* the error is told already */
    }
    return ok;
}

gboolean tg_archive_write(const TgArchiveOptions *options, GError **error)
{
    g_autofree char *folder = g_canonicalize_filename(options->folder, NULL);
    g_autofree char *output = g_canonicalize_filename(options->output, NULL);
    g_autofree char *draft = g_strconcat(output, ".draft", NULL);
    g_autoptr(TgIgnore) ignore = tg_ignore_load(folder, error);
    Archive archive = {
        .options = options, .folder = folder, .output = output, .draft = draft, .ignore = ignore};

    return ignore != NULL && write_all(&archive, error);
}
