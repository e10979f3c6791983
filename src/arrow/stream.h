/* An ArrowArrayStream of somebody else as a reader of a load. */
#pragma once

#include <tegaru_plugin.h>

#include "arrow/import.h"
#include "loader/plugin.h"

void tg_arrow_stream_release(struct ArrowArrayStream *stream);
void tg_arrow_array_release(struct ArrowArray *array);
void tg_arrow_schema_release(struct ArrowSchema *schema);

/**
 * Reads the schema of a stream.
 *
 * @exact_types as TgLoaderJob.exact_types
 */
TgArrowImport *tg_arrow_stream_import(struct ArrowArrayStream *stream, gboolean exact_types,
                                      GError **error);

/**
 * A reader of all its rows; several threads may pull. Moves the stream away, and releases it in the
 * end. A stream whose columns are not those of `import` is CONFIG.
 *
 * @import lent; outlives the reader
 */
TgReader *tg_arrow_reader_new(TgLoaderContext *context, const TgArrowImport *import,
                              struct ArrowArrayStream *stream, GError **error);
