/* A mail for mail> and notify>: server, addresses, text, files. */
#pragma once

#include "operators/services.h"

typedef struct {
    char *name;
    char *content_type;
    GBytes *bytes;
} TgOperatorMailFile;

/* A mail under construction; texts are owned, NULL where nothing was said. */
typedef struct {
    char *host;
    guint port;
    gboolean is_tls;
    gboolean starts_tls;
    gboolean debug;
    char *user;
    char *password;
    char *from; /* these as people write them: "A <a@b>" */
    GPtrArray *to;
    GPtrArray *cc;
    GPtrArray *bcc;
    char *subject;
    char *body;
    gboolean is_html;
    GPtrArray *files; /* of TgOperatorMailFile */
} TgOperatorMail;

TgOperatorMail *tg_operator_mail_new(void);
void tg_operator_mail_free(TgOperatorMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgOperatorMail, tg_operator_mail_free)

/* Takes both texts and adds a file. */
void tg_operator_mail_add_file(TgOperatorMail *mail, char *take_name, char *take_type,
                               GBytes *take_bytes);

/* The message as it goes over the wire; NULL with CONFIG for an address that is none. */
char *tg_operator_mail_text(const TgOperatorMail *mail, gint64 now_ms, GError **error);

/* Sends it. The time limits are Digdag's: 10 s to connect, 60 s in all. */
gboolean tg_operator_mail_send(const TgTurn *turn, const TgOperatorMail *mail, GError **error);
