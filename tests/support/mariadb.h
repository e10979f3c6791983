/* A private MariaDB server for one test program: Unix socket, temporary folder. */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
    char *folder;
    char *socket;
    pid_t pid;
} TgTestMariadb;

/* NULL when no mariadbd is installed. */
TgTestMariadb *tg_test_mariadb_start(void);

/* Kills the server at once, as a crash would. */
void tg_test_mariadb_kill(TgTestMariadb *server);

void tg_test_mariadb_free(TgTestMariadb *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTestMariadb, tg_test_mariadb_free)
