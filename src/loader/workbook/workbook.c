/* The parts beside the sheets: which sheets there are, shared texts, which styles are dates. */
#include "loader/workbook/workbook.h"

#include <string.h>

#define SMALL_BYTES_MAX (G_GUINT64_CONSTANT(64) * 1024 * 1024)
#define TEXTS_XML_BYTES_MAX (G_GUINT64_CONSTANT(4) * 1024 * 1024 * 1024)
#define TEXTS_BYTES_MAX ((gsize)512 * 1024 * 1024)
#define TEXTS_MAX 50000000u
#define STYLES_MAX 100000u
#define SHEETS_MAX 10000u
#define RELATIONS_MAX 20000u

/* A relation of a part to others. */
typedef struct {
    char *id;
    char *type;
    char *target;
} Relation;

static void relation_clear(gpointer data)
{
    Relation *relation = data;

    g_free(relation->id);
    g_free(relation->type);
    g_free(relation->target);
}

static void sheet_clear(gpointer data)
{
    TgWorkbookSheetInfo *sheet = data;

    g_free(sheet->name);
    g_free(sheet->part);
}

static void ignore_end(gpointer data G_GNUC_UNUSED, const char *name G_GNUC_UNUSED)
{
}

static void ignore_text(gpointer data G_GNUC_UNUSED, const char *text G_GNUC_UNUSED,
                        gsize size G_GNUC_UNUSED)
{
}

static gboolean read_part(const TgWorkbook *book, const char *part,
                          const TgWorkbookHandlers *handlers, gpointer data, gboolean *out_found,
                          GError **error)
{
    gboolean is_texts = strstr(part, "haredStrings") != NULL;
    TgWorkbookPart wanted = {.fd = book->spool->fd,
                             .file = book->file,
                             .part = part,
                             .bytes_max = is_texts ? TEXTS_XML_BYTES_MAX : SMALL_BYTES_MAX};

    return tg_workbook_xml_read(&wanted, handlers, data, out_found, error);
}

/* --- relations --- */

typedef struct {
    TgWorkbookData data;
    GArray *relations;
    const char *folder; /* that targets are relative to, with its '/' */
} RelationsData;

static void relations_start(gpointer data, const char *name, const char **attributes)
{
    RelationsData *self = data;
    const char *target = tg_workbook_xml_attribute(attributes, "Target");
    const char *id = tg_workbook_xml_attribute(attributes, "Id");
    const char *type = tg_workbook_xml_attribute(attributes, "Type");

    if (strcmp(name, "Relationship") != 0 || target == NULL || id == NULL || type == NULL) {
        return;
    }
    Relation relation = {.id = g_strdup(id), .type = g_strdup(type)};

    relation.target =
        *target == '/' ? g_strdup(target + 1) : g_strconcat(self->folder, target, NULL);
    g_array_append_val(self->relations, relation);
    if (self->relations->len > RELATIONS_MAX) {
        tg_workbook_xml_fail(self->data.xml, "it has too many parts");
    }
}

static GArray *read_relations(const TgWorkbook *book, const char *part, const char *folder,
                              GError **error)
{
    static const TgWorkbookHandlers handlers = {relations_start, ignore_end, ignore_text};
    RelationsData data = {.relations = g_array_new(FALSE, TRUE, sizeof(Relation)),
                          .folder = folder};
    gboolean is_found = FALSE;

    g_array_set_clear_func(data.relations, relation_clear);
    if (read_part(book, part, &handlers, &data, &is_found, error)) {
        return data.relations;
    }
    g_array_unref(data.relations);
    return NULL;
}

/* Where a relation leads, by its id or by the end of its type. Lent; NULL: nowhere. */
static const char *find_target(const GArray *relations, const char *id, const char *type)
{
    for (guint i = 0; i < relations->len; i++) {
        const Relation *one = &g_array_index(relations, Relation, i);

        if ((id != NULL && strcmp(one->id, id) == 0) ||
            (type != NULL && g_str_has_suffix(one->type, type))) {
            return one->target;
        }
    }
    return NULL;
}

/* --- the workbook --- */

typedef struct {
    TgWorkbookData data;
    TgWorkbook *book;
    const GArray *relations;
} BookData;

static void book_start(gpointer data, const char *name, const char **attributes)
{
    BookData *self = data;
    const char *is_1904 = tg_workbook_xml_attribute(attributes, "date1904");
    const char *sheet = tg_workbook_xml_attribute(attributes, "name");
    const char *id = tg_workbook_xml_attribute(attributes, "id");

    if (strcmp(name, "workbookPr") == 0 && is_1904 != NULL) {
        self->book->is_1904 = strcmp(is_1904, "1") == 0 || strcmp(is_1904, "true") == 0;
    }
    if (strcmp(name, "sheet") != 0 || sheet == NULL || id == NULL) {
        return;
    }
    const char *target = find_target(self->relations, id, NULL);

    if (target != NULL && strstr(target, "worksheets/") != NULL) { /* charts have no cells */
        TgWorkbookSheetInfo info = {g_strdup(sheet), g_strdup(target)};

        g_array_append_val(self->book->sheets, info);
    }
    if (self->book->sheets->len > SHEETS_MAX) {
        tg_workbook_xml_fail(self->data.xml, "it has more than %u sheets", SHEETS_MAX);
    }
}

/* --- shared texts --- */

typedef struct {
    TgWorkbookData data;
    TgWorkbook *book;
    gboolean is_text; /* inside <t> */
    guint phonetic;   /* depth inside <rPh>, whose texts are no part of the value */
} TextsData;

static void texts_start(gpointer data, const char *name, const char **attributes G_GNUC_UNUSED)
{
    TextsData *self = data;

    self->phonetic += strcmp(name, "rPh") == 0 ? 1 : 0;
    self->is_text = strcmp(name, "t") == 0 && self->phonetic == 0;
}

static void texts_end(gpointer data, const char *name)
{
    TextsData *self = data;
    gsize end = self->book->texts->len;

    self->is_text = FALSE;
    self->phonetic -= strcmp(name, "rPh") == 0 && self->phonetic > 0 ? 1 : 0;
    if (strcmp(name, "si") == 0) {
        g_array_append_val(self->book->text_ends, end);
    }
    if (self->book->text_ends->len > TEXTS_MAX) {
        tg_workbook_xml_fail(self->data.xml, "it has more than %u texts; split the workbook",
                             TEXTS_MAX);
    }
}

static void texts_text(gpointer data, const char *text, gsize size)
{
    TextsData *self = data;

    if (!self->is_text) {
        return;
    }
    if (self->book->texts->len + size > TEXTS_BYTES_MAX) {
        tg_workbook_xml_fail(self->data.xml,
                             "its texts have more than %" G_GSIZE_FORMAT
                             " bytes; split the workbook",
                             TEXTS_BYTES_MAX);
        return;
    }
    g_byte_array_append(self->book->texts, (const guint8 *)text, (guint)size);
}

/* --- styles --- */

typedef struct {
    TgWorkbookData data;
    TgWorkbook *book;
    GHashTable *formats; /* number: whether it is a date's */
    gboolean is_cell;    /* inside <cellXfs> */
} StylesData;

/* Formats that need no definition: dates and times, also those of Japan, Korea and China. */
static gboolean is_builtin_date(guint64 id)
{
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
           (id >= 50 && id <= 58);
}

/* Whether a format's code shows parts of a date: letters that are neither quoted nor a colour. */
static gboolean is_date_code(const char *code)
{
    gboolean is_quoted = FALSE;

    for (const char *c = code; *c != '\0'; c++) {
        if (*c == '"') {
            is_quoted = !is_quoted;
        } else if (is_quoted) {
            continue;
        } else if (*c == ';') {
            return FALSE; /* the first section is that of positive numbers */
        } else if ((*c == '\\' || *c == '_' || *c == '*') && c[1] != '\0') {
            c++;
        } else if (*c == '[' && strchr("hHmMsS", c[1]) == NULL) {
            c = strchr(c, ']') == NULL ? c : strchr(c, ']');
        } else if (strchr("yYmMdDhHsS", *c) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

static void styles_start(gpointer data, const char *name, const char **attributes)
{
    StylesData *self = data;
    const char *id = tg_workbook_xml_attribute(attributes, "numFmtId");
    const char *code = tg_workbook_xml_attribute(attributes, "formatCode");
    guint64 number = id == NULL ? 0 : g_ascii_strtoull(id, NULL, 10);

    if (strcmp(name, "cellXfs") == 0) {
        self->is_cell = TRUE;
    } else if (strcmp(name, "numFmt") == 0 && code != NULL) {
        g_hash_table_insert(self->formats, GUINT_TO_POINTER((guint)number),
                            GINT_TO_POINTER(is_date_code(code) ? 1 : 2));
    } else if (strcmp(name, "xf") == 0 && self->is_cell) {
        int known =
            GPOINTER_TO_INT(g_hash_table_lookup(self->formats, GUINT_TO_POINTER((guint)number)));
        gboolean is_date = known == 0 ? is_builtin_date(number) : known == 1;

        g_array_append_val(self->book->dates, is_date);
    }
    if (self->book->dates->len > STYLES_MAX || g_hash_table_size(self->formats) > STYLES_MAX) {
        tg_workbook_xml_fail(self->data.xml, "it has more than %u styles", STYLES_MAX);
    }
}

static void styles_end(gpointer data, const char *name)
{
    StylesData *self = data;

    self->is_cell = self->is_cell && strcmp(name, "cellXfs") != 0;
}

/* --- all together --- */

static gboolean read_styles(TgWorkbook *book, const char *part, GError **error)
{
    static const TgWorkbookHandlers handlers = {styles_start, styles_end, ignore_text};
    g_autoptr(GHashTable) formats = g_hash_table_new(NULL, NULL);
    StylesData data = {.book = book, .formats = formats};
    gboolean is_found = FALSE;

    return part == NULL || read_part(book, part, &handlers, &data, &is_found, error);
}

static gboolean read_texts(TgWorkbook *book, const char *part, GError **error)
{
    static const TgWorkbookHandlers handlers = {texts_start, texts_end, texts_text};
    TextsData data = {.book = book};
    gboolean is_found = FALSE;

    return part == NULL || read_part(book, part, &handlers, &data, &is_found, error);
}

/* "xl/_rels/workbook.xml.rels" of "xl/workbook.xml". The caller frees. */
static char *relations_part(const char *part, char **out_folder)
{
    const char *slash = strrchr(part, '/');
    gsize folder = slash == NULL ? 0 : (gsize)(slash + 1 - part);

    *out_folder = g_strndup(part, folder);
    return g_strdup_printf("%s_rels/%s.rels", *out_folder, part + folder);
}

static gboolean read_workbook(TgWorkbook *book, const char *part, GError **error)
{
    static const TgWorkbookHandlers handlers = {book_start, ignore_end, ignore_text};
    g_autofree char *folder = NULL;
    g_autofree char *beside = relations_part(part, &folder);
    g_autoptr(GArray) relations = read_relations(book, beside, folder, error);
    BookData data = {.book = book, .relations = relations};
    gboolean is_found = FALSE;

    if (relations == NULL || !read_part(book, part, &handlers, &data, &is_found, error) ||
        !read_styles(book, find_target(relations, NULL, "/styles"), error) ||
        !read_texts(book, find_target(relations, NULL, "/sharedStrings"), error)) {
        return FALSE;
    }
    if (book->sheets->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: this is no workbook: it has no sheet; save it as .xlsx", book->file);
    }
    return book->sheets->len > 0;
}

TgWorkbook *tg_workbook_open(TgStream *stream, GError **error)
{
    g_autoptr(TgWorkbook) book = g_new0(TgWorkbook, 1);
    g_autoptr(GArray) relations = NULL;
    const char *part = NULL;

    book->file = g_strdup(stream->name);
    book->sheets = g_array_new(FALSE, TRUE, sizeof(TgWorkbookSheetInfo));
    g_array_set_clear_func(book->sheets, sheet_clear);
    book->texts = g_byte_array_new();
    book->text_ends = g_array_new(FALSE, FALSE, sizeof(gsize));
    book->dates = g_array_new(FALSE, FALSE, sizeof(gboolean));
    book->spool = tg_spool_new(error);
    if (book->spool == NULL || !tg_spool_fill(book->spool, stream, error)) {
        return NULL;
    }
    relations = read_relations(book, "_rels/.rels", "", error);
    if (relations == NULL) {
        return NULL;
    }
    part = find_target(relations, NULL, "/officeDocument");
    return read_workbook(book, part == NULL ? "xl/workbook.xml" : part, error)
               ? g_steal_pointer(&book)
               : NULL;
}

void tg_workbook_free(TgWorkbook *book)
{
    if (book == NULL) {
        return;
    }
    tg_spool_free(book->spool);
    g_array_unref(book->sheets);
    g_byte_array_unref(book->texts);
    g_array_unref(book->text_ends);
    g_array_unref(book->dates);
    g_free(book->file);
    g_free(book);
}
