/* Rows of a load as an ArrowArrayStream. */
#pragma once

#include <tegaru_plugin.h>

#include "loader/plugin.h"

/* What a stream pulls from; its rows may come after it. Reference-counted, for a stream may outlive
 * those who made it. */
typedef struct TgArrowSource TgArrowSource;

/* Makes a stream with these columns. Until it has rows, asking for them fails with words. */
TgArrowSource *tg_arrow_source_new(const TgSchema *schema, struct ArrowArrayStream *out);
void tg_arrow_source_unref(TgArrowSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgArrowSource, tg_arrow_source_unref)

/* @rows lent until it is set to NULL; then the stream fails again */
void tg_arrow_source_set_rows(TgArrowSource *source, TgRows *rows);

/* The error by which the rows ended, if they did: it says more than what the plug-in makes of it.
 * FALSE with *error set then. */
gboolean tg_arrow_source_check(TgArrowSource *source, GError **error);
