/* Fetches the rows of a query to nowhere, for comparing: mysql_nowhere SOCKET DATABASE QUERY */
#include <stdio.h>

#include "database/mysql.h"

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgMysql) mysql = NULL;
    g_autoptr(TgMysqlCursor) cursor = NULL;
    const char *const *values = NULL;
    const unsigned long *sizes = NULL;
    guint64 rows = 0;

    if (argc != 4) {
        return 2;
    }
    TgMysqlOptions options = {.socket = argv[1],
                              .user = "root",
                              .password = "",
                              .database = argv[2],
                              .connect_timeout_s = 10,
                              .read_timeout_s = 600};

    mysql = tg_mysql_open(&options, &error);
    cursor = mysql == NULL ? NULL : tg_mysql_query(mysql, argv[3], &error);
    while (cursor != NULL && tg_mysql_cursor_next(cursor, &values, &sizes, &error)) {
        if (values == NULL) {
            (void)printf("%" G_GUINT64_FORMAT "\n", rows);
            return 0;
        }
        rows++;
    }
    (void)fprintf(stderr, "%s\n", error->message);
    return 1;
}
