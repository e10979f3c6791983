/* Arrow's IPC stream format, as a program writes it. */
#pragma once

#include <tegaru_plugin.h>

#include "base/error.h"

#define TG_ARROW_IPC_METADATA_MAX (16u * 1024u * 1024u) /* bytes of a message's description */
#define TG_ARROW_IPC_BODY_MAX (G_GINT64_CONSTANT(1024) * 1024 * 1024) /* bytes of its values */

/* Where the bytes come from. */
typedef struct {
    /* As TgStreamClass.read. */
    gssize (*read)(gpointer data, void *into, gsize size_bytes, GError **error);
    void (*free)(gpointer data);
    gpointer data;
} TgArrowBytes;

/**
 * Reads the schema, and makes a stream of the record batches behind it. Not read are big-endian
 * streams, compressed bodies and deltas of dictionaries: CONFIG with what to do.
 *
 * @take_bytes freed with the stream; at once on failure
 * @out released by whoever has it
 */
gboolean tg_arrow_ipc_open(const TgArrowBytes *take_bytes, struct ArrowArrayStream *out,
                           GError **error);
