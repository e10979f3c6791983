/* A private PostgreSQL server for one test program: Unix socket, temporary folder. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "database/postgresql.h"

#define TG_TEST_POSTGRESQL_PASSWORD "se'kret \\1"

typedef struct {
    char *folder; /* holds the socket: the host to connect to */
    guint port;   /* of the socket's name, also open on 127.0.0.1 */
    pid_t pid;
} TgTestPostgresql;

/* NULL when no PostgreSQL server is installed. The user is "postgres". */
TgTestPostgresql *tg_test_postgresql_start(void);

/* How to connect to it. */
TgPostgresqlOptions tg_test_postgresql_options(const TgTestPostgresql *server);

/* Kills the server at once, as a crash would. */
void tg_test_postgresql_kill(TgTestPostgresql *server);

void tg_test_postgresql_free(TgTestPostgresql *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTestPostgresql, tg_test_postgresql_free)
