/* Redis by hiredis, opened with dlopen. */
#include "database/redis.h"

#include <hiredis/hiredis.h>
#include <stddef.h>
#include <string.h>

#include "base/library.h"

#define REDIS_FUNCTIONS(F)                                                                         \
    F(redisConnectWithTimeout)                                                                     \
    F(redisSetTimeout)                                                                             \
    F(redisFree)                                                                                   \
    F(redisCommandArgv)                                                                            \
    F(freeReplyObject)

typedef struct {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member cannot stand in parentheses */
#define REDIS_POINTER(name) __typeof__(&(name)) name;
    REDIS_FUNCTIONS(REDIS_POINTER)
#undef REDIS_POINTER
} RedisApi;

struct TgRedis {
    const RedisApi *api;
    redisContext *context;
    char *place;
};

/* The version counts: later ones have another redisReply. */
static const RedisApi *api_get(GError **error)
{
#define SYMBOL(name) {#name, offsetof(RedisApi, name)},
    static const TgLibrarySymbol symbols[] = {REDIS_FUNCTIONS(SYMBOL){NULL, 0}};
#undef SYMBOL
    static RedisApi api;
    static TgLibrary library = {.file = "libhiredis.so.0.14",
                                .called = "the Redis client library",
                                .package = "libhiredis0.14",
                                .symbols = symbols,
                                .functions = &api};

    return tg_library_load(&library, error);
}

static gboolean fail(const TgRedis *redis, const char *what, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                "%s Redis at %s: %s; is the server up and "
                "reachable?",
                what, redis->place,
                redis->context == NULL ? "out of memory" : redis->context->errstr);
    return FALSE;
}

static gboolean sign_in(TgRedis *redis, const char *password, GError **error)
{
    const char *const words[] = {"AUTH", password, NULL};
    g_autoptr(GError) problem = NULL;

    if (tg_redis_command(redis, words, NULL, &problem)) {
        return TRUE;
    }
    if (problem->code == TG_ERROR_CONFIG) {
        problem->code = TG_ERROR_DENIED;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

TgRedis *tg_redis_open(const char *host, guint port, const char *password, guint timeout_s,
                       GError **error)
{
    const RedisApi *api = api_get(error);
    struct timeval timeout = {.tv_sec = timeout_s};
    g_autoptr(TgRedis) redis = NULL;

    if (api == NULL) {
        return NULL;
    }
    redis = g_new0(TgRedis, 1);
    redis->api = api;
    redis->place = g_strdup_printf("%s:%u", host, port);
    redis->context = api->redisConnectWithTimeout(host, (int)port, timeout);
    if (redis->context == NULL || redis->context->err != 0 ||
        api->redisSetTimeout(redis->context, timeout) != REDIS_OK) {
        (void)fail(redis, "cannot connect to", error);
        return NULL;
    }
    if (password != NULL && !sign_in(redis, password, error)) {
        return NULL;
    }
    return g_steal_pointer(&redis);
}

void tg_redis_free(TgRedis *redis)
{
    if (redis == NULL) {
        return;
    }
    if (redis->context != NULL) {
        redis->api->redisFree(redis->context);
    }
    g_free(redis->place);
    g_free(redis);
}

/* The first error in an answer or in the answers that it consists of. */
static const char *error_in(const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return reply->str;
    }
    for (gsize i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        const char *inner =
            reply->element[i]->type == REDIS_REPLY_ERROR ? reply->element[i]->str : NULL;

        if (inner != NULL) {
            return inner;
        }
    }
    return NULL;
}

static char *text_of(const redisReply *reply)
{
    switch (reply->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        return g_strndup(reply->str, reply->len);
    case REDIS_REPLY_INTEGER:
        return g_strdup_printf("%lld", reply->integer);
    default:
        return NULL;
    }
}

gboolean tg_redis_command(TgRedis *redis, const char *const *words, char **out, GError **error)
{
    int count = (int)g_strv_length((char **)words);
    redisReply *reply =
        redis->api->redisCommandArgv(redis->context, count, (const char **)words, NULL);
    const char *refusal = reply == NULL ? NULL : error_in(reply);

    if (reply == NULL) {
        return fail(redis, "lost the connection to", error);
    }
    if (refusal != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Redis at %s refuses %s: %s", redis->place,
                    words[0], refusal);
    } else if (out != NULL) {
        *out = text_of(reply);
    }
    redis->api->freeReplyObject(reply);
    return refusal == NULL;
}
