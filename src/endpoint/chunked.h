/* The encoding aws-chunked of a body: sizes, bytes, trailers. Source: spec/athena.md 2 (S3). */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct TgChunked TgChunked;

/* Takes the decoded bytes. */
typedef gboolean (*TgChunkedWrite)(gpointer data, const char *bytes, gsize size_bytes,
                                   GError **error);

TgChunked *tg_chunked_new(TgChunkedWrite write, gpointer data);
void tg_chunked_free(TgChunked *chunked);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgChunked, tg_chunked_free)

/* The next bytes as they came, cut anywhere. CONFIG when they are no such encoding. */
gboolean tg_chunked_push(TgChunked *chunked, const char *bytes, gsize size_bytes, GError **error);

/* Whether all has come; CONFIG when not. */
gboolean tg_chunked_end(const TgChunked *chunked, GError **error);

/* A trailer by its name in lower case, or NULL. Lent. */
const char *tg_chunked_trailer(const TgChunked *chunked, const char *name);
