/* Starting and stopping a private MariaDB. */
#include "support/mariadb.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/file.h"
#include "database/mysql.h"

#define TRIES_MAX 1500u
#define TRY_PAUSE_US 20000

static char *find_program(const char *name)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/usr/local/sbin"};

    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        char *path = g_build_filename(folders[i], name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE)) {
            return path;
        }
        g_free(path);
    }
    return NULL;
}

static gboolean install(const char *folder)
{
    g_autofree char *program = find_program("mariadb-install-db");
    g_autofree char *data = g_strdup_printf("--datadir=%s/data", folder);
    g_autofree char *user = g_strdup_printf("--user=%s", g_get_user_name());
    const char *argv[] = {program,
                          "--no-defaults",
                          data,
                          user,
                          "--auth-root-authentication-method=normal",
                          "--skip-test-db",
                          NULL};
    int status = 1;

    return program != NULL &&
           g_spawn_sync(NULL, (char **)argv, NULL,
                        G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                        NULL, &status, NULL) &&
           status == 0;
}

static gboolean can_connect(const TgTestMariadb *server)
{
    TgMysqlOptions options = {.socket = server->socket,
                              .user = "root",
                              .password = "",
                              .connect_timeout_s = 10,
                              .read_timeout_s = 10};
    g_autoptr(TgMysql) mysql = tg_mysql_open(&options, NULL);

    return mysql != NULL;
}

TgTestMariadb *tg_test_mariadb_start(void)
{
    g_autofree char *program = find_program("mariadbd");
    g_autoptr(TgTestMariadb) server = g_new0(TgTestMariadb, 1);

    server->folder = g_dir_make_tmp("tegaru-maria-XXXXXX", NULL);
    server->socket = g_build_filename(server->folder, "s.sock", NULL);
    if (program == NULL || !install(server->folder)) {
        return NULL;
    }
    g_autofree char *data = g_strdup_printf("--datadir=%s/data", server->folder);
    g_autofree char *socket = g_strdup_printf("--socket=%s", server->socket);
    g_autofree char *user = g_strdup_printf("--user=%s", g_get_user_name());
    const char *argv[] = {program,
                          "--no-defaults",
                          data,
                          socket,
                          user,
                          "--skip-networking",
                          "--innodb-buffer-pool-size=32M",
                          "--innodb-log-file-size=8M",
                          NULL};

    if (!g_spawn_async(NULL, (char **)argv, NULL,
                       G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                           G_SPAWN_STDERR_TO_DEV_NULL,
                       NULL, NULL, &server->pid, NULL)) {
        return NULL;
    }
    for (guint i = 0; i < TRIES_MAX; i++) {
        if (can_connect(server)) {
            return g_steal_pointer(&server);
        }
        g_usleep(TRY_PAUSE_US); /* until it listens */
    }
    return NULL;
}

void tg_test_mariadb_kill(TgTestMariadb *server)
{
    if (server->pid != 0) {
        (void)kill(server->pid, SIGKILL);
        (void)waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

void tg_test_mariadb_free(TgTestMariadb *server)
{
    if (server == NULL) {
        return;
    }
    tg_test_mariadb_kill(server);
    g_assert_true(tg_file_remove_folder(server->folder, NULL));
    g_free(server->folder);
    g_free(server->socket);
    g_free(server);
}
