/* Connections to Redis. The client library is loaded with the first one. */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct TgRedis TgRedis;

/**
 * Connects and signs in. Used by one thread at a time.
 *
 * Errors: RETRY when the server is not there, DENIED for the password, NOT_FOUND when the client
 * library is not installed.
 *
 * @password never shown; NULL: none
 * @timeout_s of the connection and of each command
 */
TgRedis *tg_redis_open(const char *host, guint port, const char *password, guint timeout_s,
                       GError **error);
void tg_redis_free(TgRedis *redis);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRedis, tg_redis_free)

/**
 * Runs a command, such as {"SETEX", "key", "60", "value", NULL}. What the server refuses is CONFIG,
 * also inside of an EXEC; a lost connection RETRY.
 *
 * @out the text of the answer, NULL for none ("nil"), which the caller frees; may be NULL
 */
gboolean tg_redis_command(TgRedis *redis, const char *const *words, char **out, GError **error);
