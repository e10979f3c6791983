/* libarchive finds the part, expat reads it; sizes are bounded, for a zip may grow a thousandfold.
 */
#include "loader/workbook/xml.h"

#include <expat.h>
#include <string.h>
#include <unistd.h>

#include "loader/archive_api.h"

#define CHUNK_BYTES 65536
#define BLOCK_BYTES ((size_t)64 * 1024)
#define ENTRIES_MAX 100000u
#define DEPTH_MAX 200u

struct TgWorkbookXml {
    const TgArchiveApi *api;
    void *archive;
    XML_Parser expat;
    TgWorkbookHandlers handlers;
    gpointer data;
    char *name; /* for messages */
    guint64 bytes;
    guint64 bytes_max;
    guint depth;
    gboolean is_paused;
    gboolean is_last;
    GError *error; /* of a handler */
};

/* --- expat's handlers --- */

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon == NULL ? name : colon + 1;
}

const char *tg_workbook_xml_attribute(const char **attributes, const char *name)
{
    for (; *attributes != NULL; attributes += 2) {
        if (strcmp(local_name(attributes[0]), name) == 0) {
            return attributes[1];
        }
    }
    return NULL;
}

static void start_element(void *data, const XML_Char *name, const XML_Char **attributes)
{
    TgWorkbookXml *self = data;

    if (++self->depth > DEPTH_MAX) {
        tg_workbook_xml_fail(self, "elements are nested deeper than %u", DEPTH_MAX);
        return;
    }
    self->handlers.start(self->data, local_name(name), attributes);
}

static void end_element(void *data, const XML_Char *name)
{
    TgWorkbookXml *self = data;

    self->depth--;
    self->handlers.end(self->data, local_name(name));
}

static void add_text(void *data, const XML_Char *text, int size)
{
    TgWorkbookXml *self = data;

    self->handlers.text(self->data, text, (gsize)size);
}

/* A workbook has no document type; one would be there to do harm. */
static void refuse_doctype(void *data, const XML_Char *name G_GNUC_UNUSED,
                           const XML_Char *system G_GNUC_UNUSED,
                           const XML_Char *public G_GNUC_UNUSED, int has_subset G_GNUC_UNUSED)
{
    tg_workbook_xml_fail(data, "it declares a document type, which no workbook does");
}

void tg_workbook_xml_pause(TgWorkbookXml *xml)
{
    xml->is_paused = TRUE;
    (void)XML_StopParser(xml->expat, XML_TRUE); /* fails only when it has stopped already */
}

void tg_workbook_xml_fail(TgWorkbookXml *xml, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    if (xml->error == NULL) {
        xml->error = g_error_new(TG_ERROR, TG_ERROR_CONFIG, "%s: %s", xml->name, text);
    }
    (void)XML_StopParser(xml->expat, XML_FALSE); /* the same */
}

/* --- opening --- */

static gboolean fail_archive(const TgWorkbookXml *self, GError **error)
{
    const char *reason = self->api->error(self->archive);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: %s; is it an .xlsx file, and whole? (An older .xls must be saved as .xlsx)",
                self->name, reason == NULL ? "damaged" : reason);
    return FALSE;
}

/* Puts the archive before the part. FALSE without an error: there is none. */
static gboolean find_part(TgWorkbookXml *self, const TgWorkbookPart *part, GError **error)
{
    void *entry = NULL;
    int result = 0;

    if (lseek(part->fd, 0, SEEK_SET) != 0 ||
        self->api->format_zip(self->archive) < TG_ARCHIVE_WARN ||
        self->api->open_fd(self->archive, part->fd, BLOCK_BYTES) < TG_ARCHIVE_WARN) {
        return fail_archive(self, error);
    }
    for (guint i = 0; i < ENTRIES_MAX; i++) {
        result = self->api->next_header(self->archive, &entry);
        if (result == TG_ARCHIVE_EOF) {
            return FALSE;
        }
        if (result < TG_ARCHIVE_WARN) {
            return fail_archive(self, error);
        }
        const char *name = self->api->name(entry);

        if (name != NULL && strcmp(name, part->part) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

TgWorkbookXml *tg_workbook_xml_open(const TgWorkbookPart *part, const TgWorkbookHandlers *handlers,
                                    gpointer data, GError **error)
{
    const TgArchiveApi *api = tg_archive_api_get(error);
    g_autoptr(TgWorkbookXml) self = NULL;

    if (api == NULL) {
        return NULL;
    }
    self = g_new0(TgWorkbookXml, 1);
    self->api = api;
    self->archive = api->new ();
    self->handlers = *handlers;
    self->data = data;
    self->name = g_strdup_printf("%s:%s", part->file, part->part);
    self->bytes_max = part->bytes_max;
    if (!find_part(self, part, error)) {
        return NULL;
    }
    self->expat = XML_ParserCreate(NULL);
    XML_SetUserData(self->expat, self);
    XML_SetElementHandler(self->expat, start_element, end_element);
    XML_SetCharacterDataHandler(self->expat, add_text);
    XML_SetStartDoctypeDeclHandler(self->expat, refuse_doctype);
    return g_steal_pointer(&self);
}

void tg_workbook_xml_free(TgWorkbookXml *xml)
{
    if (xml == NULL) {
        return;
    }
    if (xml->expat != NULL) {
        XML_ParserFree(xml->expat);
    }
    (void)xml->api->free(xml->archive); /* only frees */
    g_clear_error(&xml->error);
    g_free(xml->name);
    g_free(xml);
}

/* --- reading --- */

static gboolean check_status(TgWorkbookXml *self, enum XML_Status status, GError **error)
{
    if (self->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&self->error));
        return FALSE;
    }
    if (status == XML_STATUS_ERROR) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s:%lu: no well-formed XML: %s; save the workbook anew", self->name,
                    (unsigned long)XML_GetCurrentLineNumber(self->expat),
                    XML_ErrorString(XML_GetErrorCode(self->expat)));
        return FALSE;
    }
    return TRUE;
}

static gboolean parse_more(TgWorkbookXml *self, GError **error)
{
    void *buffer = XML_GetBuffer(self->expat, CHUNK_BYTES);
    gssize got = buffer == NULL ? -1 : self->api->data(self->archive, buffer, CHUNK_BYTES);

    if (got < 0) {
        return fail_archive(self, error);
    }
    self->bytes += (guint64)got;
    self->is_last = got == 0;
    if (self->bytes > self->bytes_max) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: it has more than %" G_GUINT64_FORMAT
                    " bytes when unpacked, which is more than is read; split the workbook",
                    self->name, self->bytes_max);
        return FALSE;
    }
    return check_status(self, XML_ParseBuffer(self->expat, (int)got, self->is_last), error);
}

gboolean tg_workbook_xml_step(TgWorkbookXml *xml, gboolean *out_more, GError **error)
{
    gboolean ok = TRUE;

    if (xml->is_paused) {
        xml->is_paused = FALSE;
        ok = check_status(xml, XML_ResumeParser(xml->expat), error);
    } else {
        ok = parse_more(xml, error);
    }
    *out_more = xml->is_paused || !xml->is_last;
    return ok;
}

gboolean tg_workbook_xml_read(const TgWorkbookPart *part, const TgWorkbookHandlers *handlers,
                              gpointer data, gboolean *out_found, GError **error)
{
    GError *problem = NULL;
    g_autoptr(TgWorkbookXml) xml = tg_workbook_xml_open(part, handlers, data, &problem);
    gboolean more = TRUE;

    *out_found = xml != NULL;
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    ((TgWorkbookData *)data)->xml = xml;
    while (xml != NULL && more) {
        if (!tg_workbook_xml_step(xml, &more, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The last bytes of a chunk stay in front of the next, for words that are cut in two. */
static gboolean search(TgWorkbookXml *xml, const char *word, gboolean *out, GError **error)
{
    gsize overlap = strlen(word) - 1;
    g_autofree char *buffer = g_malloc0(overlap + CHUNK_BYTES);
    guint64 total = 0;

    while (!*out) {
        gssize got = xml->api->data(xml->archive, buffer + overlap, CHUNK_BYTES);

        if (got < 0) {
            return fail_archive(xml, error);
        }
        total += (guint64)got;
        if (got == 0 || total > xml->bytes_max) { /* what is too large is told when it is read */
            return TRUE;
        }
        *out = memmem(buffer, overlap + (gsize)got, word, overlap + 1) != NULL;
        memmove(buffer, buffer + got, overlap);
    }
    return TRUE;
}

gboolean tg_workbook_xml_contains(const TgWorkbookPart *part, const char *word, gboolean *out,
                                  GError **error)
{
    static const TgWorkbookHandlers none = {0};
    GError *problem = NULL;
    g_autoptr(TgWorkbookXml) xml = tg_workbook_xml_open(part, &none, NULL, &problem);

    *out = FALSE;
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    return xml == NULL || search(xml, word, out, error);
}
