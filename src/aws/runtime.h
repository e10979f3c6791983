/* AWS's C libraries, started when they are first used. Internal to this folder. */
#pragma once

#include <aws/common/allocator.h>
#include <aws/common/byte_buf.h>
#include <glib.h>

#include "base/error.h"

struct aws_client_bootstrap;
struct aws_tls_ctx;

/* Starts signing and credentials: no thread, no file, no network. */
struct aws_allocator *tg_aws_runtime_get(void);

/* Starts what the providers of credentials need for the network: one thread. Lent; NULL with BUG.
 */
struct aws_client_bootstrap *tg_aws_runtime_network(GError **error);

/* How TLS is spoken; NULL when it cannot be. Lent, stays. */
struct aws_tls_ctx *tg_aws_runtime_tls(void);

/* A text for a call; lives as long as the text. NULL is empty. */
struct aws_byte_cursor tg_aws_cursor(const char *text);

/* Sets *error to "WHAT: the library's words". */
void tg_aws_set_error(GError **error, TgErrorCode code, const char *what, int library_code);
