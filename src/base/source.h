/* A text that a user wrote, and errors that point into it. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* Borrowed view of a text with the name that errors show. */
typedef struct {
    const char *name; /* as the user knows it: "daily.dig", "<command line>" */
    const char *text; /* not necessarily NUL-terminated */
    gsize size_bytes;
} TgSource;

/* A place in a source. 0 in either means "not known". */
typedef struct {
    guint line;   /* from 1 */
    guint column; /* from 1, in characters */
} TgPlace;

/* The place of a byte offset; an offset past the end gives the place after the last character. */
TgPlace tg_source_place(const TgSource *source, gsize offset);

/**
 * Sets a TG_ERROR_CONFIG whose message is
 *
 *     NAME:LINE:COLUMN: MESSAGE
 *       LINE | text of the line
 *            | ^
 *
 * Long lines are cut around the place; control characters are shown as dots. With line 0 only
 * NAME: MESSAGE; source->text may then be NULL.
 */
void tg_source_error(GError **error, const TgSource *source, TgPlace place, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
