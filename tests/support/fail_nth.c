/* To be preloaded (LD_PRELOAD): lets the n-th call of one kind fail, as a full disk, a broken one
 * or a lack of memory would.
 *
 * TG_FAIL_CALL  read, write, sync, rename, open, create or malloc
 * TG_FAIL_AT    which call fails, from 1; 0: none, they are only counted
 * TG_FAIL_FOR   how many in a row (1)
 * TG_FAIL_KILL  when set, the process is killed (-9) at that call instead
 * TG_FAIL_TOLD  a file that gets the number of calls at the end
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    KIND_NONE,
    KIND_READ,
    KIND_WRITE,
    KIND_SYNC,
    KIND_RENAME,
    KIND_OPEN,
    KIND_CREATE,
    KIND_MALLOC
};

static int kind_chosen = KIND_NONE;
static long fail_at;
static long fail_for = 1;
static int kills;
static atomic_long calls;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

static long number_of(const char *name, long fallback)
{
    const char *text = getenv(name);

    return text == NULL ? fallback : strtol(text, NULL, 10);
}

__attribute__((constructor)) static void begin(void)
{
    static const char *const names[] = {"none",   "read", "write",  "sync",
                                        "rename", "open", "create", "malloc"};
    const char *wanted = getenv("TG_FAIL_CALL");

    fail_at = number_of("TG_FAIL_AT", 0);
    fail_for = number_of("TG_FAIL_FOR", 1);
    kills = getenv("TG_FAIL_KILL") != NULL;
    for (int i = 1; wanted != NULL && i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(names[i], wanted) == 0) {
            kind_chosen = i;
        }
    }
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("TG_FAIL_TOLD");
    char text[32];
    int size = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
    int fd = path == NULL
                 ? -1
                 : (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd >= 0) {
        (void)syscall(SYS_write, fd, text, size);
        (void)syscall(SYS_close, fd);
    }
}

/* The program may leave without destructors. */
void _exit(int status)
{
    end();
    for (;;) {
        (void)syscall(SYS_exit_group, status);
    }
}

/* Counts a call; whether it is to fail. */
static int fails(int kind, int error)
{
    if (kind != kind_chosen) {
        return 0;
    }
    long number = atomic_fetch_add(&calls, 1) + 1;

    if (fail_at == 0 || number < fail_at || number >= fail_at + fail_for) {
        return 0;
    }
    if (kills) {
        (void)kill(getpid(), SIGKILL);
    }
    errno = error;
    return 1;
}

/* The real function, found once. */
#define REAL(type, name, ...)                                                                      \
    static type (*real)(__VA_ARGS__);                                                              \
    if (real == NULL) {                                                                            \
        *(void **)&real = dlsym(RTLD_NEXT, name);                                                  \
    }

ssize_t read(int fd, void *into, size_t size)
{
    REAL(ssize_t, "read", int, void *, size_t)
    return fails(KIND_READ, EIO) ? -1 : real(fd, into, size);
}

ssize_t pread64(int fd, void *into, size_t size, off_t at)
{
    REAL(ssize_t, "pread64", int, void *, size_t, off_t)
    return fails(KIND_READ, EIO) ? -1 : real(fd, into, size, at);
}

ssize_t pread(int fd, void *into, size_t size, off_t at)
{
    return pread64(fd, into, size, at);
}

ssize_t write(int fd, const void *from, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t)
    return fd > 2 && fails(KIND_WRITE, ENOSPC) ? -1 : real(fd, from, size);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t)
    return fails(KIND_WRITE, ENOSPC) ? -1 : real(fd, from, size, at);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at)
{
    return pwrite64(fd, from, size, at);
}

int fsync(int fd)
{
    REAL(int, "fsync", int)
    return fails(KIND_SYNC, EIO) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int)
    return fails(KIND_SYNC, EIO) ? -1 : real(fd);
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *)
    return fails(KIND_RENAME, EIO) ? -1 : real(from, to);
}

int link(const char *from, const char *to)
{
    REAL(int, "link", const char *, const char *)
    return fails(KIND_RENAME, EIO) ? -1 : real(from, to);
}

static int fails_open(int flags)
{
    return (flags & O_CREAT) != 0 ? fails(KIND_CREATE, ENOSPC) : fails(KIND_OPEN, EMFILE);
}

int open64(const char *path, int flags, ...)
{
    REAL(int, "open64", const char *, int, ...)
    va_list more;

    va_start(more, flags);
    int mode = (flags & O_CREAT) != 0 ? va_arg(more, int) : 0;

    va_end(more);
    return fails_open(flags) ? -1 : real(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list more;

    va_start(more, flags);
    int mode = (flags & O_CREAT) != 0 ? va_arg(more, int) : 0;

    va_end(more);
    return open64(path, flags, mode);
}

void *malloc(size_t size)
{
    return fails(KIND_MALLOC, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(KIND_MALLOC, ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(KIND_MALLOC, ENOMEM) ? NULL : __libc_realloc(memory, size);
}
