/* mail>: sends a mail. Digdag's MailOperatorFactory.java. */
#include <string.h>

#include "base/file.h"
#include "operators/support.h"
#include "operators/support_http.h"
#include "operators/support_mail.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define FILE_BYTES_MAX ((gsize)32 * 1024 * 1024) /* of one attachment */

/* A setting of the user's own server: the secret first, then the parameter. */
static gboolean own_text(const TgTurn *turn, const json_t *params, const char *key, char **out,
                         GError **error)
{
    g_autofree char *secret = g_strconcat("mail.", key, NULL);

    return tg_operator_secret_or_null(turn, secret, out, error) &&
           (*out != NULL || tg_params_dup_text_or(params, key, NULL, out, error));
}

static gboolean own_flag(const TgTurn *turn, const json_t *params, const char *key,
                         gboolean fallback, gboolean *out, GError **error)
{
    g_autofree char *text = NULL;

    if (!own_text(turn, params, key, &text, error)) {
        return FALSE;
    }
    *out = text == NULL ? fallback : g_ascii_strcasecmp(text, "true") == 0;
    return TRUE;
}

static gboolean parse_port(const char *text, guint *out, GError **error)
{
    guint64 port = 0;

    if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    text == NULL ? "Parameter 'port' is required but not set"
                                 : "Parameter 'port' must be a number from 1 to 65535: %s",
                    text);
        return FALSE;
    }
    *out = (guint)port;
    return TRUE;
}

/* The user's server. Nothing of the system's is mixed in: its password must not go to a server that
 * a workflow names. */
static gboolean read_own_server(const TgTurn *turn, const json_t *params, TgOperatorMail *mail,
                                GError **error)
{
    g_autofree char *port = NULL;

    return own_text(turn, params, "port", &port, error) && parse_port(port, &mail->port, error) &&
           own_flag(turn, params, "tls", TRUE, &mail->starts_tls, error) &&
           own_flag(turn, params, "ssl", FALSE, &mail->is_tls, error) &&
           tg_params_get_boolean(params, "debug", FALSE, &mail->debug, error) &&
           own_text(turn, params, "username", &mail->user, error) &&
           tg_operator_secret_or_null(turn, "mail.password", &mail->password, error);
}

static gboolean system_flag(const TgTurn *turn, const char *key, gboolean fallback)
{
    const char *text = tg_operator_system_text(turn, key);

    return text == NULL ? fallback : strcmp(text, "true") == 0;
}

static gboolean read_system_server(const TgTurn *turn, TgOperatorMail *mail, GError **error)
{
    const char *host = tg_operator_system_text(turn, "config.mail.host");

    if (host == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK, "Missing SMTP configuration");
        return FALSE;
    }
    mail->host = g_strdup(host);
    mail->starts_tls = system_flag(turn, "config.mail.tls", TRUE);
    mail->is_tls = system_flag(turn, "config.mail.ssl", FALSE);
    mail->debug = system_flag(turn, "config.mail.debug", FALSE);
    mail->user = g_strdup(tg_operator_system_text(turn, "config.mail.username"));
    mail->password = g_strdup(tg_operator_system_text(turn, "config.mail.password"));
    if (mail->password != NULL) {
        turn->services->hide(turn->services, mail->password);
    }
    return parse_port(tg_operator_system_text(turn, "config.mail.port"), &mail->port, error);
}

static gboolean read_server(const TgTurn *turn, const json_t *params, TgOperatorMail *mail,
                            GError **error)
{
    if (!own_text(turn, params, "host", &mail->host, error)) {
        return FALSE;
    }
    return mail->host != NULL ? read_own_server(turn, params, mail, error)
                              : read_system_server(turn, mail, error);
}

/* A list of addresses, or one as text. */
static gboolean read_addresses(const json_t *params, const char *key, gboolean required,
                               GPtrArray *out, GError **error)
{
    const json_t *given = json_object_get(params, key);
    g_autoptr(json_t) list = NULL;
    json_t *item = NULL;
    gsize i = 0;

    if (!required && !tg_params_has(params, key)) {
        return TRUE;
    }
    list = json_is_array(given) ? json_incref((json_t *)given)
                                : tg_params_parse_list(params, key, NULL);
    if (list == NULL) {
        char *one = tg_params_dup_text(params, key, error);

        if (one != NULL) {
            g_ptr_array_add(out, one);
        }
        return one != NULL;
    }
    json_array_foreach (list, i, item) {
        g_ptr_array_add(out, tg_params_to_text(item));
    }
    return TRUE;
}

/* The body: a file with templates, `data:` inline, or `body`. */
static char *read_body(const TgTurn *turn, const json_t *params, GError **error)
{
    const json_t *command = json_object_get(params, "_command");
    g_autofree char *path = NULL;

    if (!tg_params_has(params, "_command")) {
        return tg_params_dup_text(params, "body", error);
    }
    if (json_is_object(command)) {
        return tg_params_dup_text(command, "data", error);
    }
    path = tg_params_dup_text(params, "_command", error);
    return path == NULL ? NULL : tg_operator_read_template(turn, path, error);
}

static gboolean read_file(const TgTurn *turn, const json_t *given, TgOperatorMail *mail,
                          GError **error)
{
    g_autofree char *path = tg_params_dup_text(given, "path", error);
    g_autofree char *base = path == NULL ? NULL : g_path_get_basename(path);
    g_autofree char *name = NULL;
    g_autofree char *type = NULL;
    g_autofree char *full = NULL;
    char *bytes = NULL;
    gsize size = 0;

    if (path == NULL || !tg_params_dup_text_or(given, "filename", base, &name, error) ||
        !tg_params_dup_text_or(given, "content_type", "application/octet-stream", &type, error)) {
        return FALSE;
    }
    full = tg_operator_find_file(turn, path, error);
    if (full == NULL || !tg_file_read(full, FILE_BYTES_MAX, &bytes, &size, error)) {
        return FALSE;
    }
    tg_operator_mail_add_file(mail, g_steal_pointer(&name), g_steal_pointer(&type),
                              g_bytes_new_take(bytes, size));
    return TRUE;
}

static gboolean read_files(const TgTurn *turn, const json_t *params, TgOperatorMail *mail,
                           GError **error)
{
    g_autoptr(json_t) list = NULL;
    json_t *given = NULL;
    gsize i = 0;

    if (!tg_params_has(params, "attach_files")) {
        return TRUE;
    }
    list = tg_params_parse_list(params, "attach_files", error);
    if (list == NULL) {
        return FALSE;
    }
    json_array_foreach (list, i, given) {
        if (!read_file(turn, given, mail, error)) {
            g_prefix_error(error, "attach_files: ");
            return FALSE;
        }
    }
    return TRUE;
}

/* A parameter, else the system's default, else an error that asks for it. */
static gboolean read_default(const TgTurn *turn, const json_t *params, const char *key,
                             const char *system_key, char **out)
{
    const char *fallback = tg_operator_system_text(turn, system_key);

    *out = tg_params_has(params, key) ? tg_params_to_text(json_object_get(params, key))
                                      : g_strdup(fallback);
    return *out != NULL;
}

static gboolean fail_missing(const char *key, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' is required but not set", key);
    return FALSE;
}

static gboolean mail_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    const json_t *defaults = json_object_get(turn->params, "mail");
    g_autoptr(json_t) params = json_is_object(defaults) ? json_deep_copy(defaults) : json_object();
    g_autoptr(TgOperatorMail) mail = tg_operator_mail_new();

    tg_params_merge(params, turn->params);
    mail->body = read_body(turn, params, error);
    if (mail->body == NULL) {
        return FALSE;
    }
    if (!read_default(turn, params, "subject", "config.mail.subject", &mail->subject)) {
        return fail_missing("subject", error);
    }
    if (!read_addresses(params, "to", TRUE, mail->to, error) ||
        !read_addresses(params, "cc", FALSE, mail->cc, error) ||
        !read_addresses(params, "bcc", FALSE, mail->bcc, error) ||
        !tg_params_get_boolean(params, "html", FALSE, &mail->is_html, error) ||
        !read_server(turn, params, mail, error)) {
        return FALSE;
    }
    if (!read_default(turn, params, "from", "config.mail.from", &mail->from)) {
        return fail_missing("from", error);
    }
    *out = TG_OUTCOME_DONE;
    return read_files(turn, params, mail, error) && tg_operator_mail_send(turn, mail, error);
}

static const char *const options[] = {"subject",      "to",    "cc",       "bcc",  "from", "html",
                                      "attach_files", "body",  "mail",     "host", "port", "tls",
                                      "ssl",          "debug", "username", NULL};

const TgOperator tg_operator_mail = {.name = "mail",
                                     .help = "Sends a mail",
                                     .options = options,
                                     .honours_retry = TRUE,
                                     .run = mail_run};
