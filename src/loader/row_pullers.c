/* Rows of a load as the engine pulls them. */
#include "loader/row_pullers.h"

gpointer tg_row_puller_open(gpointer rows)
{
    return tg_cursor_new(rows);
}

gboolean tg_row_puller_pull(gpointer puller, const TgBatch **out, GError **error)
{
    return tg_cursor_next(puller, out, error);
}

void tg_row_puller_close(gpointer puller)
{
    tg_cursor_free(puller);
}
