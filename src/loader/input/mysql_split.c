/* Ranges of a table's key, read by several connections in one snapshot. */
#include <string.h>

#include "loader/input/mysql.h"
#include "params/params.h"

#define SPLIT_BYTES ((gint64)32 * 1024 * 1024) /* of the table, by its statistics */
#define SNAPSHOT "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"

/* The first row of a statement; *out NULL when there is none. Free with g_strfreev. */
static gboolean ask_row(TgMysql *mysql, const char *sql, char ***out, GError **error)
{
    g_autoptr(GPtrArray) rows = tg_mysql_fetch(mysql, sql, error);

    *out = rows == NULL || rows->len == 0 ? NULL : g_strdupv(g_ptr_array_index(rows, 0));
    return rows != NULL;
}

/* Size of a table that keeps versions of its rows (InnoDB); 0 for others. */
static gboolean ask_size(const MysqlInput *self, gint64 *out, GError **error)
{
    TgMysql *mysql = self->lanes[0].mysql;
    g_autofree char *table = tg_mysql_quote(mysql, self->query.table, strlen(self->query.table));
    g_autofree char *sql =
        g_strdup_printf("SELECT data_length FROM information_schema.tables WHERE table_schema = "
                        "database() AND table_name = %s AND engine = 'InnoDB'",
                        table);
    g_auto(GStrv) row = NULL;

    *out = 0;
    if (!ask_row(mysql, sql, &row, error)) {
        return FALSE;
    }
    *out = row == NULL ? 0 : g_ascii_strtoll(row[0], NULL, 10);
    return TRUE;
}

/* `split_column`, or the first column of the primary key; NULL when it is no integer. */
static gboolean find_column(const MysqlInput *self, char **out, GError **error)
{
    TgMysql *mysql = self->lanes[0].mysql;
    g_autofree char *table = tg_mysql_quote(mysql, self->query.table, strlen(self->query.table));
    g_autofree char *named = NULL;
    g_autofree char *quoted = NULL;
    g_autofree char *sql = NULL;
    g_auto(GStrv) row = NULL;

    if (!tg_params_dup_text_or(self->config, "split_column", NULL, &named, error)) {
        return FALSE;
    }
    quoted = named == NULL ? NULL : tg_mysql_quote(mysql, named, strlen(named));
    sql = g_strdup_printf(
        "SELECT c.column_name, c.data_type FROM information_schema.columns c WHERE c.table_schema "
        "= "
        "database() AND c.table_name = %s AND c.is_nullable = 'NO' AND c.column_name = %s",
        table,
        quoted != NULL ? quoted
                       : "(SELECT k.column_name FROM information_schema.key_column_usage k WHERE "
                         "k.constraint_name = 'PRIMARY' AND k.table_schema = c.table_schema AND "
                         "k.table_name = "
                         "c.table_name AND k.ordinal_position = 1)");
    if (!ask_row(mysql, sql, &row, error)) {
        return FALSE;
    }
    if (row != NULL && g_str_has_suffix(row[1], "int")) {
        *out = g_strdup(row[0]);
    } else if (named != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "split_column '%s' must be a column of '%s' of an integer type and NOT NULL",
                    named, self->query.table);
        return FALSE;
    }
    return TRUE;
}

/* Least and greatest value; *out_ok FALSE for an empty table and values beyond 64 bits with sign.
 */
static gboolean ask_range(MysqlInput *self, const char *column, gboolean *out_ok, GError **error)
{
    g_autofree char *name = mysql_quote_name(NULL, column);
    g_autofree char *table = mysql_quote_name(NULL, self->query.table);
    g_autofree char *sql = g_strdup_printf("SELECT min(%s), max(%s) FROM %s", name, name, table);
    g_auto(GStrv) row = NULL;

    if (!ask_row(self->lanes[0].mysql, sql, &row, error)) {
        return FALSE;
    }
    *out_ok = row != NULL && g_strv_length(row) == 2 && row[0][0] != '\0' &&
              g_ascii_strtoll(row[1], NULL, 10) < G_MAXINT64 - (gint64)2 * TG_LANES_SPLITS_MAX &&
              g_ascii_strtoll(row[0], NULL, 10) > G_MININT64;
    if (*out_ok) {
        self->split_first = g_ascii_strtoll(row[0], NULL, 10);
        self->split_last = g_ascii_strtoll(row[1], NULL, 10);
        self->split_column = g_steal_pointer(&name);
    }
    return TRUE;
}

/* How many splits; 1 for what cannot be cut. */
static gboolean count_splits(MysqlInput *self, guint *out, GError **error)
{
    g_autofree char *column = NULL;
    gint64 wanted = 0;
    gint64 size = 0;
    gboolean ok = FALSE;

    *out = 1;
    if (!tg_lanes_read_splits(self->config, &wanted, error)) {
        return FALSE;
    }
    if (self->query.table == NULL || self->query.is_incremental || self->query.order_by != NULL ||
        wanted == 1) {
        return TRUE;
    }
    if (!ask_size(self, &size, error) || !find_column(self, &column, error)) {
        return FALSE;
    }
    wanted = wanted == 0 ? size / SPLIT_BYTES : wanted;
    if (size == 0 || wanted <= 1 || column == NULL) {
        return TRUE;
    }
    if (!ask_range(self, column, &ok, error)) {
        return FALSE;
    }
    if (ok) {
        *out = (guint)CLAMP(wanted, 1, TG_LANES_SPLITS_MAX);
    }
    return TRUE;
}

/* --- one snapshot --- */

/* How far the binary log has come, by transactions (GTID) or by bytes; *out NULL without a log, or
 * the right to ask. Whether it is the same twice is all that counts. */
static void ask_position(TgMysql *mysql, char **out)
{
    static const char *const statements[] = {
        "SELECT nullif(@@GLOBAL.gtid_binlog_pos, '')", /* MariaDB */
        "SELECT nullif(@@GLOBAL.gtid_executed, '')",   /* MySQL with gtid_mode */
        "SHOW MASTER STATUS", "SHOW BINARY LOG STATUS"};

    *out = NULL;
    for (gsize i = 0; *out == NULL && i < G_N_ELEMENTS(statements); i++) {
        g_auto(GStrv) row = NULL;

        if (ask_row(mysql, statements[i], &row, NULL) && row != NULL && row[0] != NULL &&
            row[0][0] != '\0') {
            *out = g_strjoinv(" ", row);
        }
    }
}

/* Starts a transaction on each connection while nobody can write. */
static gboolean start_together(MysqlInput *self, guint first, guint count, char **out_position,
                               GError **error)
{
    TgMysql *locker = self->lanes[first].mysql;
    gboolean ok = TRUE;

    if (!tg_mysql_execute(locker, "FLUSH TABLES WITH READ LOCK", error)) {
        return FALSE;
    }
    ask_position(locker, out_position);
    for (guint i = first + 1; ok && i < first + count; i++) {
        ok = tg_mysql_execute(self->lanes[i].mysql, SNAPSHOT, error);
    }
    ok = ok && tg_mysql_execute(locker, SNAPSHOT, error);
    return tg_mysql_execute(locker, "UNLOCK TABLES", ok ? error : NULL) && ok;
}

static gboolean share_snapshot(MysqlInput *self, guint lanes, GError **error)
{
    for (guint i = 1; i < lanes; i++) {
        self->lanes[i].mysql = tg_mysql_open(&self->server.options, error);
        if (self->lanes[i].mysql == NULL) {
            return FALSE;
        }
    }
    return start_together(self, 0, lanes, &self->position, error);
}

gboolean mysql_split_rejoin(MysqlInput *input, guint lane, GError **error)
{
    g_autofree char *position = NULL;

    g_clear_pointer(&input->lanes[lane].mysql, tg_mysql_free);
    input->lanes[lane].mysql = tg_mysql_open(&input->server.options, error);
    if (input->lanes[lane].mysql == NULL || !start_together(input, lane, 1, &position, error)) {
        return FALSE;
    }
    if (g_strcmp0(position, input->position) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "rows may have changed since the load began, says the server's binary log");
        return FALSE;
    }
    return TRUE;
}

gboolean mysql_split_plan(MysqlInput *input, GError **error)
{
    g_autoptr(GError) problem = NULL;
    guint splits = 1;

    if (!count_splits(input, &splits, error)) {
        return FALSE;
    }
    guint lanes = MIN(MIN(tg_loader_readers_max(input->context), TG_LANES_MAX), splits);

    if (lanes > 1 && !share_snapshot(input, lanes, &problem)) {
        /* one connection needs no lock: it sees one state anyway */
        tg_loader_log(input->context, TG_LOADER_INFO,
                      "the table is read by one connection, for the others cannot have its "
                      "snapshot: %s; GRANT RELOAD makes it faster",
                      problem->message);
        lanes = 1;
    }
    input->turns.lane_count = lanes;
    input->turns.splits = lanes == 1 ? 1 : splits; /* one query sees one state */
    input->turns.can_resume = lanes > 1 && input->position != NULL;
    return TRUE;
}

char *mysql_split_sql(const MysqlInput *input, guint split)
{
    guint splits = input->turns.splits;
    guint64 width = ((guint64)input->split_last - (guint64)input->split_first) / splits + 1;
    g_autoptr(GString) sql = g_string_new(input->sql);
    const char *joint = input->query.where == NULL ? " WHERE" : " AND";

    if (splits == 1) {
        return g_strdup(input->sql);
    }
    if (split > 0) {
        g_string_append_printf(sql, "%s %s >= %" G_GINT64_FORMAT, joint, input->split_column,
                               (gint64)((guint64)input->split_first + split * width));
        joint = " AND";
    }
    if (split + 1 < splits) {
        g_string_append_printf(sql, "%s %s < %" G_GINT64_FORMAT, joint, input->split_column,
                               (gint64)((guint64)input->split_first + (split + 1) * width));
    }
    return g_string_free(g_steal_pointer(&sql), FALSE);
}
