/* Starting and stopping a private PostgreSQL. */
#include "support/postgresql.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define TRIES_MAX 1500u
#define TRY_PAUSE_US 20000

/* The newest server of Debian's folders. */
static char *find_program(const char *name)
{
    for (int version = 30; version >= 9; version--) {
        g_autofree char *path = g_strdup_printf("/usr/lib/postgresql/%d/bin/%s", version, name);

        if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE)) {
            return g_steal_pointer(&path);
        }
    }
    return g_find_program_in_path(name);
}

/* The server refuses root: then it runs as the user that Debian's package made. */
static const struct passwd *other_user(void)
{
    return getuid() == 0 ? getpwnam("postgres") : NULL;
}

static void become(gpointer data)
{
    const struct passwd *user = data;

    if (user != NULL && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 ||
                         setuid(user->pw_uid) != 0 || chdir("/") != 0)) {
        _exit(1);
    }
}

static gboolean install(const TgTestPostgresql *server, const struct passwd *user)
{
    g_autofree char *program = find_program("initdb");
    g_autofree char *data = g_build_filename(server->folder, "data", NULL);
    g_autofree char *password = g_build_filename(server->folder, "password", NULL);
    g_autofree char *password_option = g_strdup_printf("--pwfile=%s", password);
    const char *argv[] = {
        program, "-D", data,   "-U",         "postgres",      "-A", "scram-sha-256",
        "-N",    "-E", "UTF8", "--locale=C", password_option, NULL};
    int status = 1;

    return program != NULL &&
           g_file_set_contents(password, TG_TEST_POSTGRESQL_PASSWORD "\n", -1, NULL) &&
           (user == NULL || (chown(server->folder, user->pw_uid, user->pw_gid) == 0 &&
                             chown(password, user->pw_uid, user->pw_gid) == 0)) &&
           g_spawn_sync(NULL, (char **)argv, NULL,
                        G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, become,
                        (gpointer)user, NULL, NULL, &status, NULL) &&
           status == 0;
}

/* A port that was free a moment ago. */
static guint free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
    g_assert_cmpint(close(fd), ==, 0);
    return ntohs(address.sin_port);
}

static gboolean spawn(TgTestPostgresql *server, const struct passwd *user)
{
    g_autofree char *program = find_program("postgres");
    g_autofree char *data = g_build_filename(server->folder, "data", NULL);
    g_autofree char *port = g_strdup_printf("%u", server->port);
    const char *argv[] = {
        program,     "-D", data,        "-k", server->folder,        "-p", port, "-h",
        "127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB", NULL};

    return g_spawn_async(NULL, (char **)argv, NULL,
                         G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                             G_SPAWN_STDERR_TO_DEV_NULL,
                         become, (gpointer)user, &server->pid, NULL);
}

TgPostgresqlOptions tg_test_postgresql_options(const TgTestPostgresql *server)
{
    return (TgPostgresqlOptions){.host = server->folder,
                                 .port = server->port,
                                 .user = "postgres",
                                 .password = TG_TEST_POSTGRESQL_PASSWORD,
                                 .database = "postgres",
                                 .time_zone = "UTC",
                                 .connect_timeout_s = 10,
                                 .socket_timeout_s = 60};
}

TgTestPostgresql *tg_test_postgresql_start(void)
{
    g_autoptr(TgTestPostgresql) server = g_new0(TgTestPostgresql, 1);
    const struct passwd *user = other_user();

    server->folder = g_dir_make_tmp("tegaru-pg-XXXXXX", NULL);
    server->port = free_port();
    if ((getuid() == 0 && user == NULL) || !install(server, user) || !spawn(server, user)) {
        return NULL;
    }
    TgPostgresqlOptions options = tg_test_postgresql_options(server);

    for (guint i = 0; i < TRIES_MAX; i++) {
        g_autoptr(TgPostgresql) postgresql = tg_postgresql_open(&options, NULL);

        if (postgresql != NULL) {
            return g_steal_pointer(&server);
        }
        g_usleep(TRY_PAUSE_US); /* until it listens */
    }
    return NULL;
}

void tg_test_postgresql_kill(TgTestPostgresql *server)
{
    if (server->pid != 0) {
        (void)kill(server->pid, SIGQUIT); /* its children go with it */
        (void)waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

void tg_test_postgresql_free(TgTestPostgresql *server)
{
    if (server == NULL) {
        return;
    }
    tg_test_postgresql_kill(server);
    g_assert_true(tg_file_remove_folder(server->folder, NULL));
    g_free(server->folder);
    g_free(server);
}
