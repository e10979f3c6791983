/* libcurl's SMTP. */
#include "net/smtp.h"

#include <string.h>

#include "net/curl_api.h"

typedef struct {
    const TgCurlApi *api;
    CURL *handle;
    const TgSmtpMail *mail;
    gsize sent;
    struct curl_slist *recipients;
    char message[CURL_ERROR_SIZE];
} Delivery;

static size_t give_message(char *buffer, size_t size, size_t count, void *data)
{
    Delivery *delivery = data;
    gsize part = MIN(size * count, delivery->mail->message_size_bytes - delivery->sent);

    memcpy(buffer, delivery->mail->message + delivery->sent, part);
    delivery->sent += part;
    return part;
}

static int check_cancelled(void *data, curl_off_t total_down G_GNUC_UNUSED,
                           curl_off_t down G_GNUC_UNUSED, curl_off_t total_up G_GNUC_UNUSED,
                           curl_off_t up G_GNUC_UNUSED)
{
    const gint *flag = ((Delivery *)data)->mail->is_cancelled;

    return flag != NULL && g_atomic_int_get(flag) != 0 ? 1 : 0;
}

static int pass_debug(CURL *handle G_GNUC_UNUSED, curl_infotype type, char *bytes, size_t size,
                      void *data)
{
    const TgSmtpMail *mail = ((Delivery *)data)->mail;

    if (type == CURLINFO_HEADER_IN || type == CURLINFO_HEADER_OUT) {
        g_autofree char *line = g_strchomp(g_strndup(bytes, size));

        mail->debug(mail->data, line);
    }
    return 0;
}

#define SET(option, value)                                                                         \
    (void)delivery->api->curl_easy_setopt(delivery->handle, CURLOPT_##option, value)

static void set_all(Delivery *delivery, const char *url)
{
    const TgSmtpMail *mail = delivery->mail;

    SET(URL, url);
    SET(PROTOCOLS_STR, "smtp,smtps");
    SET(PROXY, "");
    SET(USE_SSL, mail->starts_tls || mail->is_tls ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_NONE);
    SET(MAIL_FROM, mail->sender);
    SET(MAIL_RCPT, delivery->recipients);
    SET(UPLOAD, 1L);
    SET(READFUNCTION, give_message);
    SET(READDATA, delivery);
    SET(INFILESIZE_LARGE, (curl_off_t)mail->message_size_bytes);
    SET(ERRORBUFFER, delivery->message);
    SET(CONNECTTIMEOUT_MS, 10000L);
    SET(TIMEOUT_MS, (long)mail->timeout_ms);
    SET(NOPROGRESS, 0L);
    SET(XFERINFOFUNCTION, check_cancelled);
    SET(XFERINFODATA, delivery);
    SET(NOSIGNAL, 1L);
    if (mail->user != NULL) {
        SET(USERNAME, mail->user);
        SET(PASSWORD, mail->password == NULL ? "" : mail->password);
    }
    if (mail->debug != NULL) {
        SET(VERBOSE, 1L);
        SET(DEBUGFUNCTION, pass_debug);
        SET(DEBUGDATA, delivery);
    }
}

#undef SET

/* 5xx of the server is for good, but for a login; 4xx may pass. */
static TgErrorCode code_of(const Delivery *delivery, CURLcode code)
{
    long answer = 0;

    (void)delivery->api->curl_easy_getinfo(delivery->handle, CURLINFO_RESPONSE_CODE, &answer);
    if (code == CURLE_SEND_ERROR && answer >= 500) {
        return TG_ERROR_CONFIG;
    }
    return tg_curl_api_code(code);
}

gboolean tg_smtp_send(const TgSmtpMail *mail, GError **error)
{
    Delivery delivery = {.api = tg_curl_api_get(error), .mail = mail};
    g_autofree char *url =
        g_strdup_printf(strchr(mail->host, ':') == NULL ? "%s://%s:%u/" : "%s://[%s]:%u/",
                        mail->is_tls ? "smtps" : "smtp", mail->host, mail->port);

    if (delivery.api == NULL) {
        return FALSE;
    }
    for (guint i = 0; mail->recipients[i] != NULL; i++) {
        delivery.recipients =
            delivery.api->curl_slist_append(delivery.recipients, mail->recipients[i]);
    }
    delivery.handle = delivery.api->curl_easy_init();
    set_all(&delivery, url);
    CURLcode code = delivery.api->curl_easy_perform(delivery.handle);

    if (code == CURLE_ABORTED_BY_CALLBACK) {
        g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "sending mail was stopped");
    } else if (code != CURLE_OK) {
        g_set_error(error, TG_ERROR, (int)code_of(&delivery, code), "mail server %s:%u: %s",
                    mail->host, mail->port,
                    *delivery.message != '\0' ? delivery.message
                                              : delivery.api->curl_easy_strerror(code));
    }
    delivery.api->curl_easy_cleanup(delivery.handle);
    delivery.api->curl_slist_free_all(delivery.recipients);
    return code == CURLE_OK;
}
