/* out null: drops all rows. */
#include "loader/plugin.h"

static gboolean output_run_task(TgOutput *output G_GNUC_UNUSED, guint task G_GNUC_UNUSED,
                                TgRows *rows, json_t **out_report, GError **error)
{
    g_autoptr(TgCursor) cursor = tg_cursor_new(rows);
    const TgBatch *batch = NULL;

    do {
        if (!tg_cursor_next(cursor, &batch, error)) {
            return FALSE;
        }
    } while (batch != NULL);
    *out_report = json_object();
    return TRUE;
}

static gboolean output_commit(TgOutput *output G_GNUC_UNUSED, const json_t *reports G_GNUC_UNUSED,
                              json_t *receipt G_GNUC_UNUSED, json_t **out_diff,
                              GError **error G_GNUC_UNUSED)
{
    *out_diff = json_object();
    return TRUE;
}

static void output_free(TgOutput *output)
{
    g_free(output);
}

static TgOutput *output_open(TgLoaderContext *context G_GNUC_UNUSED,
                             const json_t *config G_GNUC_UNUSED,
                             const TgSchema *schema G_GNUC_UNUSED, guint task_count G_GNUC_UNUSED,
                             GError **error G_GNUC_UNUSED)
{
    static const TgOutputClass class = {
        .run_task = output_run_task, .commit = output_commit, .free = output_free};
    TgOutput *output = g_new0(TgOutput, 1);

    output->class = &class;
    return output;
}

static const TgLoaderOption options[] = {{0}};

const TgOutputPlugin tg_output_null = {
    .name = "null", .help = "Drops all rows.", .options = options, .open = output_open};
