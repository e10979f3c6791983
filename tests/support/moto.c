/* A process that lives as long as its input is open. */
#include "support/moto.h"

#include <sys/wait.h>
#include <unistd.h>

struct TgTestMoto {
    GPid pid;
    int input;
    int output;
    char *endpoint;
};

TgTestMoto *tg_test_moto_new(void)
{
    g_autofree char *script =
        g_build_filename(g_getenv("TG_SOURCE_DIR"), "tests/support/moto_server.py", NULL);
    const char *argv[] = {"/usr/bin/env", "python3", script, NULL};
    TgTestMoto *moto = g_new0(TgTestMoto, 1);
    g_auto(GStrv) environment = g_environ_unsetenv(g_get_environ(), "LD_PRELOAD");
    char port[16] = "";

    g_assert_true(g_spawn_async_with_pipes(
        NULL, (char **)argv, environment, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
        NULL, NULL, &moto->pid, &moto->input, &moto->output, NULL, NULL));
    if (read(moto->output, port, sizeof(port) - 1) <= 0) {
        tg_test_moto_free(moto);
        return NULL;
    }
    moto->endpoint = g_strdup_printf("http://127.0.0.1:%s", g_strchomp(port));
    return moto;
}

void tg_test_moto_free(TgTestMoto *moto)
{
    if (moto == NULL) {
        return;
    }
    g_assert_cmpint(close(moto->input), ==, 0);
    g_assert_cmpint(close(moto->output), ==, 0);
    (void)waitpid(moto->pid, NULL, 0);
    g_spawn_close_pid(moto->pid);
    g_free(moto->endpoint);
    g_free(moto);
}

const char *tg_test_moto_endpoint(const TgTestMoto *moto)
{
    return moto->endpoint;
}
