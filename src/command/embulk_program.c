/* Looks along the PATH, and through links, so as never to find ourselves. */
#include "command/embulk_program.h"

#include <sys/stat.h>
#include <unistd.h>

/* Links and hard links lead to the same file. */
static gboolean is_this_program(const char *path)
{
    struct stat other = {0};
    struct stat own = {0};

    return stat(path, &other) == 0 && stat("/proc/self/exe", &own) == 0 &&
           other.st_dev == own.st_dev && other.st_ino == own.st_ino;
}

static gboolean is_program(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_REGULAR) && access(path, X_OK) == 0;
}

char *tg_embulk_program_find(void)
{
    const char *path = g_getenv("PATH");

    if (path == NULL || g_getenv(TG_EMBULK_GUARD) != NULL) {
        return NULL;
    }
    g_auto(GStrv) folders = g_strsplit(path, ":", -1);

    for (char **folder = folders; *folder != NULL; folder++) {
        /* An empty or relative part means the working folder, which anybody may have filled. */
        g_autofree char *program = g_build_filename(*folder, "embulk", NULL);

        if (g_path_is_absolute(*folder) && is_program(program) && !is_this_program(program)) {
            return g_steal_pointer(&program);
        }
    }
    return NULL;
}
