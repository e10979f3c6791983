/* One snapshot for all connections of a load, also for those that are made anew (PostgreSQL's
 * pg_export_snapshot). */
#include "loader/input/postgresql.h"

/* Lets others have the lane's snapshot for as long as its transaction lasts. */
static gboolean export_snapshot(PgInput *self, guint lane, GError **error)
{
    g_autoptr(GPtrArray) rows = tg_postgresql_fetch(self->lanes[lane].server,
                                                    "SELECT pg_export_snapshot()", NULL, 0, error);

    if (rows == NULL) {
        return FALSE;
    }
    g_mutex_lock(&self->turns.mutex);
    g_free(self->snapshots[lane]);
    self->snapshots[lane] = g_strdup(((char **)g_ptr_array_index(rows, 0))[0]);
    g_mutex_unlock(&self->turns.mutex);
    return TRUE;
}

/* Begins the lane's transaction with a snapshot that another lane has exported. */
static gboolean import_snapshot(PgInput *self, guint lane, const char *id, GError **error)
{
    TgPostgresql *server = self->lanes[lane].server;
    g_autofree char *quoted = tg_postgresql_quote(server, id, error);
    g_autofree char *sql = NULL;

    if (quoted == NULL) {
        return FALSE;
    }
    sql = g_strdup_printf(PG_BEGIN "; SET TRANSACTION SNAPSHOT %s; " PG_SAME_ORDER, quoted);
    return tg_postgresql_execute(server, sql, NULL, error);
}

/* Every lane exports the snapshot, so that any of them may be lost. */
static gboolean share(PgInput *self, guint connections, GError **error)
{
    if (!export_snapshot(self, 0, error)) {
        return FALSE;
    }
    for (guint i = 1; i < connections; i++) {
        PgLane *lane = &self->lanes[i];

        if (lane->server == NULL) {
            lane->server = tg_postgresql_open(&self->server.options, error);
        }
        if (lane->server == NULL || !import_snapshot(self, i, self->snapshots[0], error) ||
            !export_snapshot(self, i, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean pg_snapshot_share(PgInput *input, GError **error)
{
    g_autoptr(GError) problem = NULL;

    input->turns.lane_count =
        MIN(MIN(tg_loader_readers_max(input->context), TG_LANES_MAX), input->turns.splits);
    if (input->is_redshift || input->query.is_incremental) {
        return TRUE; /* one lane, which is not made anew */
    }
    /* The second connection is there anyway: with one lane it keeps the snapshot, if it can. */
    if (!share(input, MAX(input->turns.lane_count, 2), &problem)) {
        if (input->turns.lane_count > 1) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        return TRUE;
    }
    input->turns.can_resume = TRUE;
    return TRUE;
}

/* The snapshots that are exported, as far as one knows; free with g_ptr_array_unref. */
static GPtrArray *list_snapshots(PgInput *self)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    g_mutex_lock(&self->turns.mutex);
    for (guint i = 0; i < TG_LANES_MAX; i++) {
        if (self->snapshots[i] != NULL) {
            g_ptr_array_add(ids, g_strdup(self->snapshots[i]));
        }
    }
    g_mutex_unlock(&self->turns.mutex);
    return ids;
}

gboolean pg_snapshot_rejoin(PgInput *input, guint lane, GError **error)
{
    g_autoptr(GPtrArray) ids = list_snapshots(input);
    g_autoptr(GError) problem = NULL;

    g_clear_pointer(&input->lanes[lane].server, tg_postgresql_free);
    input->lanes[lane].server = tg_postgresql_open(&input->server.options, error);
    if (input->lanes[lane].server == NULL) {
        return FALSE;
    }
    for (guint i = 0; i < ids->len; i++) {
        g_clear_error(&problem);
        if (import_snapshot(input, lane, g_ptr_array_index(ids, i), &problem)) {
            return export_snapshot(input, lane, error);
        }
        /* the exporting transaction is gone: perhaps another one still has it */
        if (!tg_postgresql_execute(input->lanes[lane].server, "ROLLBACK", NULL, error)) {
            return FALSE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                "the server no longer has the load's snapshot: %s",
                problem == NULL ? "none was exported" : problem->message);
    return FALSE;
}
