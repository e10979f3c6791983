/* Hands one message to a mail server. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* A message on its way; everything is lent. */
typedef struct {
    const char *host;
    guint port;
    gboolean is_tls;     /* TLS from the first byte (port 465) */
    gboolean starts_tls; /* change to TLS when the server offers it */
    const char *user;    /* NULL: no login */
    const char *password;
    const char *sender;            /* bare address: "a@example.com" */
    const char *const *recipients; /* bare addresses, NULL-terminated, at least one */
    const char *message;           /* headers and body, lines ended by CR LF */
    gsize message_size_bytes;
    gint64 timeout_ms;        /* of all of it */
    const gint *is_cancelled; /* as in TgHttpRequest */

    /* Takes each line of the talk with the server; NULL: nobody wants it. It may hold the password
     * in base64. */
    void (*debug)(gpointer data, const char *line);
    gpointer data;
} TgSmtpMail;

/**
 * Sends and waits.
 *
 * @return FALSE with DENIED (login or certificate refused), CONFIG (an address refused for good),
 *         RETRY (network, a busy server), CANCELLED
 */
gboolean tg_smtp_send(const TgSmtpMail *mail, GError **error);
