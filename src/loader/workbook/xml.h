/* One part of an .xlsx file, an XML document in a zip archive, read in steps. */
#pragma once

#include "loader/plugin.h"

/* Names come without their namespaces' prefixes. */
typedef struct {
    void (*start)(gpointer data, const char *name, const char **attributes);
    void (*end)(gpointer data, const char *name);
    void (*text)(gpointer data, const char *text, gsize size);
} TgWorkbookHandlers;

typedef struct TgWorkbookXml TgWorkbookXml;

/* What is read. */
typedef struct {
    int fd;           /* of the archive, seekable */
    const char *file; /* for messages; lent */
    const char *part; /* "xl/workbook.xml"; lent */
    guint64 bytes_max;
} TgWorkbookPart;

/* NULL without an error: there is no such part. `data` is lent. */
TgWorkbookXml *tg_workbook_xml_open(const TgWorkbookPart *part, const TgWorkbookHandlers *handlers,
                                    gpointer data, GError **error);
void tg_workbook_xml_free(TgWorkbookXml *xml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgWorkbookXml, tg_workbook_xml_free)

/* Goes on up to a pause, or until it has read some more; *out_more FALSE at the end. */
gboolean tg_workbook_xml_step(TgWorkbookXml *xml, gboolean *out_more, GError **error);

/* For handlers: ends the step, or all with an error. */
void tg_workbook_xml_pause(TgWorkbookXml *xml);
void tg_workbook_xml_fail(TgWorkbookXml *xml, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The value of an attribute by its name without prefix; NULL: none. Lent. */
const char *tg_workbook_xml_attribute(const char **attributes, const char *name);

/* Whether a word stands anywhere in a part: much faster than reading it. FALSE when it cannot be
 * read; a part that is not there has no words. */
gboolean tg_workbook_xml_contains(const TgWorkbookPart *part, const char *word, gboolean *out,
                                  GError **error);

/* Reads a part as a whole; *out_found FALSE: it is not there. */
gboolean tg_workbook_xml_read(const TgWorkbookPart *part, const TgWorkbookHandlers *handlers,
                              gpointer data, gboolean *out_found, GError **error);

/* For the handlers of tg_workbook_xml_read, which get the document itself as their data's first
 * member.
 */
typedef struct {
    TgWorkbookXml *xml;
} TgWorkbookData;
