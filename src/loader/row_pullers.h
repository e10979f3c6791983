/* Rows of a load as the engine pulls them: the members of a TgBatchSource over TgRows. */
#pragma once

#include "loader/plugin.h"

gpointer tg_row_puller_open(gpointer rows);
gboolean tg_row_puller_pull(gpointer puller, const TgBatch **out, GError **error);
void tg_row_puller_close(gpointer puller);
