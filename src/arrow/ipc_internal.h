/* What the files of the IPC reader share. */
#pragma once

#include "arrow/field.h"
#include "arrow/flat.h"

/* A message of values: its description, and the bytes behind it, which arrays point into. */
typedef struct {
    GBytes *metadata;
    GBytes *body;
} TgIpcMessage;

void tg_ipc_message_free(TgIpcMessage *message);

/**
 * ipc_schema.c: the schema of a message, as the C interface has it.
 *
 * @out_ids numbers of the dictionaries, in the order in which a walk from the root meets them
 */
gboolean tg_ipc_schema_read(const TgFlatTable *schema, struct ArrowSchema *out, GArray *out_ids,
                            GError **error);

/* Gives the fields of the tree their numbers again. */
typedef struct {
    const TgArrowField *field; /* that has the dictionary */
    gint64 id;
} TgIpcDictionary;
GArray *tg_ipc_number_fields(const TgArrowField *root, const GArray *ids);

/**
 * ipc_array.c: the columns of a batch as one array; buffers are as long as the lengths need, and
 * offsets end inside.
 *
 * @out released by whoever has it
 */
typedef struct {
    const GArray *dictionaries; /* of TgIpcDictionary */
    GHashTable *values;         /* number (gint64 *): TgIpcMessage */
} TgIpcContext;
gboolean tg_ipc_array_read(const TgIpcContext *context, const TgArrowField *root,
                           const TgIpcMessage *message, struct ArrowArray *out, GError **error);

/* Fields of the tables, as Schema.fbs and Message.fbs of the Apache Arrow project number them. */
enum { MESSAGE_VERSION, MESSAGE_HEADER_TYPE, MESSAGE_HEADER, MESSAGE_BODY_LENGTH };
enum { HEADER_SCHEMA = 1, HEADER_DICTIONARY, HEADER_RECORD };
enum { SCHEMA_ENDIANNESS, SCHEMA_FIELDS };
enum { RECORD_LENGTH, RECORD_NODES, RECORD_BUFFERS, RECORD_COMPRESSION, RECORD_VARIADIC };
enum { DICTIONARY_ID, DICTIONARY_DATA, DICTIONARY_IS_DELTA };
