/* A server that gives prepared answers, for tests. */
#pragma once

#include <glib.h>

typedef struct TgTestServer TgTestServer;

/**
 * Listens on a free port of 127.0.0.1. The n-th connection gets the n-th answer as it is (the last
 * one for all that follow) and is then closed; an empty answer keeps it open and says nothing.
 *
 * @answers NULL-terminated; lent
 */
TgTestServer *tg_test_server_new(const char *const *answers);
void tg_test_server_free(TgTestServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTestServer, tg_test_server_free)

guint tg_test_server_port(const TgTestServer *server);

/* All that was received so far. The caller frees. */
char *tg_test_server_received(TgTestServer *server);
