/* Starting AWS's C libraries. They stay until the program ends: nothing of them must be saved. */
#include "aws/runtime.h"

#include <aws/auth/auth.h>
#include <aws/common/error.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/io/host_resolver.h>
#include <aws/io/tls_channel_handler.h>

#define HOSTS_MAX 16

struct aws_allocator *tg_aws_runtime_get(void)
{
    static gsize started;

    if (g_once_init_enter(&started)) {
        aws_auth_library_init(aws_default_allocator());
        g_once_init_leave(&started, 1);
    }
    return aws_default_allocator();
}

static struct aws_client_bootstrap *start_network(void)
{
    struct aws_allocator *allocator = tg_aws_runtime_get();
    struct aws_event_loop_group *loops = aws_event_loop_group_new_default(allocator, 1, NULL);
    struct aws_host_resolver_default_options resolver_options = {.max_entries = HOSTS_MAX,
                                                                 .el_group = loops};
    struct aws_host_resolver *resolver =
        loops == NULL ? NULL : aws_host_resolver_new_default(allocator, &resolver_options);
    struct aws_client_bootstrap_options options = {.event_loop_group = loops,
                                                   .host_resolver = resolver};

    return resolver == NULL ? NULL : aws_client_bootstrap_new(allocator, &options);
}

struct aws_client_bootstrap *tg_aws_runtime_network(GError **error)
{
    static GMutex mutex;
    static struct aws_client_bootstrap *bootstrap;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    (void)locker;
    if (bootstrap == NULL) {
        bootstrap = start_network();
    }
    if (bootstrap == NULL) {
        tg_aws_set_error(error, TG_ERROR_BUG, "cannot start AWS's network client",
                         aws_last_error());
    }
    return bootstrap;
}

struct aws_tls_ctx *tg_aws_runtime_tls(void)
{
    static GMutex mutex;
    static struct aws_tls_ctx *context;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    (void)locker;
    if (context == NULL) {
        struct aws_tls_ctx_options options;

        aws_tls_ctx_options_init_default_client(&options, tg_aws_runtime_get());
        context = aws_tls_client_ctx_new(tg_aws_runtime_get(), &options);
        aws_tls_ctx_options_clean_up(&options);
    }
    return context;
}

struct aws_byte_cursor tg_aws_cursor(const char *text)
{
    return text == NULL ? (struct aws_byte_cursor){0} : aws_byte_cursor_from_c_str(text);
}

void tg_aws_set_error(GError **error, TgErrorCode code, const char *what, int library_code)
{
    g_set_error(error, TG_ERROR, (int)code, "%s: %s", what, aws_error_str(library_code));
}
