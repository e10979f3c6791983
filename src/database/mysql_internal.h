/* What the files of the MySQL client share. */
#pragma once

#include <mysql.h>

#include "database/mysql.h"

#define MYSQL_FUNCTIONS(F)                                                                         \
    F(mysql_init)                                                                                  \
    F(mysql_options)                                                                               \
    F(mysql_real_connect)                                                                          \
    F(mysql_close)                                                                                 \
    F(mysql_real_query)                                                                            \
    F(mysql_use_result)                                                                            \
    F(mysql_store_result)                                                                          \
    F(mysql_free_result)                                                                           \
    F(mysql_num_fields)                                                                            \
    F(mysql_fetch_fields)                                                                          \
    F(mysql_fetch_row)                                                                             \
    F(mysql_fetch_lengths)                                                                         \
    F(mysql_get_ssl_cipher)                                                                        \
    F(mysql_errno)                                                                                 \
    F(mysql_error)                                                                                 \
    F(mysql_field_count)                                                                           \
    F(mysql_set_local_infile_handler)                                                              \
    F(mysql_warning_count)                                                                         \
    F(mysql_real_escape_string)                                                                    \
    F(mysql_stmt_init)                                                                             \
    F(mysql_stmt_prepare)                                                                          \
    F(mysql_stmt_result_metadata)                                                                  \
    F(mysql_stmt_bind_result)                                                                      \
    F(mysql_stmt_execute)                                                                          \
    F(mysql_stmt_fetch)                                                                            \
    F(mysql_stmt_fetch_column)                                                                     \
    F(mysql_stmt_errno)                                                                            \
    F(mysql_stmt_error)                                                                            \
    F(mysql_stmt_close)                                                                            \
    F(mariadb_cancel)

typedef struct {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member cannot stand in parentheses */
#define MYSQL_POINTER(name) __typeof__(&(name)) name;
    MYSQL_FUNCTIONS(MYSQL_POINTER)
#undef MYSQL_POINTER
} MysqlApi;

struct TgMysql {
    const MysqlApi *api;
    MYSQL *handle;
    char *place;
};

/* A failure of the server as `number` and `message` tell it; `what` begins the sentence. FALSE. */
gboolean tg_mysql_fail(const TgMysql *mysql, const char *what, unsigned number, const char *message,
                       GError **error);

/* Ends a connection whose rows nobody wants any more: the library would read them all, however many
 * there are. Any later use of it fails. */
void tg_mysql_cut(TgMysql *mysql);

/* The library's fields as ours; their names stay lent. The caller frees. */
TgMysqlField *tg_mysql_describe(const MYSQL_FIELD *fields, guint count);
