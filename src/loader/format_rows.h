/* The rows of an output task as formatted bytes, in their order, by several threads. */
#pragma once

#include "loader/plugin.h"

/**
 * Writes all rows into a sink, which it neither finishes nor frees.
 *
 * @out_bytes added up: what was written
 */
gboolean tg_format_rows(const TgFormatter *formatter, TgRows *rows, TgSink *sink, gint64 *out_bytes,
                        GError **error);
