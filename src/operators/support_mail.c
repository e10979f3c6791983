/* MIME text, and the way to the server. */
#include "operators/support_mail.h"

#include <string.h>

#include "base/random.h"
#include "net/smtp.h"

#define TIMEOUT_MS 60000
#define LINE_MAX_BYTES 998 /* of a mail's line, RFC 5322 */
#define WORD_BYTES 42      /* of text in one encoded word, which may have 75 characters */
#define BASE64_LINE 76

static void file_free(gpointer data)
{
    TgOperatorMailFile *file = data;

    g_free(file->name);
    g_free(file->content_type);
    g_bytes_unref(file->bytes);
    g_free(file);
}

TgOperatorMail *tg_operator_mail_new(void)
{
    TgOperatorMail *mail = g_new0(TgOperatorMail, 1);

    mail->to = g_ptr_array_new_with_free_func(g_free);
    mail->cc = g_ptr_array_new_with_free_func(g_free);
    mail->bcc = g_ptr_array_new_with_free_func(g_free);
    mail->files = g_ptr_array_new_with_free_func(file_free);
    return mail;
}

void tg_operator_mail_free(TgOperatorMail *mail)
{
    if (mail == NULL) {
        return;
    }
    g_free(mail->host);
    g_free(mail->user);
    g_free(mail->password);
    g_free(mail->from);
    g_ptr_array_unref(mail->to);
    g_ptr_array_unref(mail->cc);
    g_ptr_array_unref(mail->bcc);
    g_free(mail->subject);
    g_free(mail->body);
    g_ptr_array_unref(mail->files);
    g_free(mail);
}

void tg_operator_mail_add_file(TgOperatorMail *mail, char *take_name, char *take_type,
                               GBytes *take_bytes)
{
    TgOperatorMailFile *file = g_new0(TgOperatorMailFile, 1);

    file->name = take_name;
    file->content_type = take_type;
    file->bytes = take_bytes;
    g_ptr_array_add(mail->files, file);
}

/* The address within "Name <a@b>"; NULL with an error when there is none. */
static char *bare_address(const char *text, GError **error)
{
    const char *open = strrchr(text, '<');
    const char *close = open == NULL ? NULL : strchr(open, '>');
    g_autofree char *address =
        close == NULL ? g_strdup(text) : g_strndup(open + 1, (gsize)(close - open - 1));

    (void)g_strstrip(address);
    if (*address == '\0' || strpbrk(address, " \t\r\n<>,;") != NULL ||
        strpbrk(text, "\r\n") != NULL || (open != NULL && close == NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid address: '%.100s'", text);
        return NULL;
    }
    return g_steal_pointer(&address);
}

static gboolean is_ascii_line(const char *text)
{
    for (const guchar *c = (const guchar *)text; *c != '\0'; c++) {
        if (*c >= 0x7F || *c < 0x20) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Text of a header: as it is, or as encoded words (RFC 2047), cut between characters. */
static char *header_text(const char *text)
{
    GString *out = g_string_new(NULL);

    if (is_ascii_line(text) && strstr(text, "=?") == NULL && strlen(text) < LINE_MAX_BYTES / 2) {
        return g_string_free(g_string_append(out, text), FALSE);
    }
    for (const char *at = text; *at != '\0';) {
        gsize size = 0;

        while (at[size] != '\0' && size < WORD_BYTES) {
            size = (gsize)(g_utf8_next_char(at + size) - at);
        }
        g_autofree char *word = g_base64_encode((const guchar *)at, size);

        g_string_append_printf(out, "%s=?utf-8?B?%s?=", out->len == 0 ? "" : "\r\n ", word);
        at += size;
    }
    return g_string_free(out, FALSE);
}

/* "Name <a@b>" with the name encoded. */
static char *header_address(const char *text)
{
    const char *open = strrchr(text, '<');
    g_autofree char *name = open == NULL ? NULL : g_strstrip(g_strndup(text, (gsize)(open - text)));

    if (name == NULL || is_ascii_line(text)) {
        return g_strdup(text);
    }
    g_autofree char *encoded = header_text(name);

    return g_strconcat(encoded, " ", open, NULL);
}

static void add_addresses(GString *out, const char *header, GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        g_autofree char *address = header_address(list->pdata[i]);

        if (i == 0) {
            g_string_append_printf(out, "%s: %s", header, address);
        } else {
            g_string_append_printf(out, ",\r\n %s", address);
        }
    }
    g_string_append(out, list->len == 0 ? "" : "\r\n");
}

static void add_base64(GString *out, const void *bytes, gsize size)
{
    g_autofree char *encoded = g_base64_encode(bytes, size);
    gsize length = strlen(encoded);

    for (gsize at = 0; at < length; at += BASE64_LINE) {
        g_string_append_len(out, encoded + at, (gssize)MIN(BASE64_LINE, length - at));
        g_string_append(out, "\r\n");
    }
}

/* Whether a text can go as it is: ASCII, no line too long. */
static gboolean is_seven_bit(const char *text)
{
    gsize length = 0;

    for (const guchar *c = (const guchar *)text; *c != '\0'; c++) {
        length = *c == '\n' ? 0 : length + 1;
        if (*c >= 0x80 || length > LINE_MAX_BYTES) {
            return FALSE;
        }
    }
    return TRUE;
}

static void add_body(GString *out, const TgOperatorMail *mail)
{
    const char *kind = mail->is_html ? "html" : "plain";

    if (!is_seven_bit(mail->body)) {
        g_string_append_printf(out,
                               "Content-Type: text/%s; charset=utf-8\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\n",
                               kind);
        add_base64(out, mail->body, strlen(mail->body));
        return;
    }
    g_auto(GStrv) lines = g_strsplit(mail->body, "\n", -1);

    g_string_append_printf(out,
                           "Content-Type: text/%s; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: 7bit\r\n\r\n",
                           kind);
    for (guint i = 0; lines[i] != NULL && (i == 0 || *lines[i] != '\0' || lines[i + 1] != NULL);
         i++) {
        gsize size = strlen(lines[i]);
        gsize shown = size > 0 && lines[i][size - 1] == '\r' ? size - 1 : size;

        g_string_append_len(out, lines[i], (gssize)shown);
        g_string_append(out, "\r\n");
    }
}

/* A value in quotes, which a quote or a backslash in it does not end. */
static char *quoted(const char *text)
{
    g_autofree char *encoded = header_text(text);
    g_auto(GStrv) back = g_strsplit(encoded, "\\", -1);
    g_autofree char *safe_back = g_strjoinv("\\\\", back);
    g_auto(GStrv) marks = g_strsplit(safe_back, "\"", -1);

    return g_strjoinv("\\\"", marks);
}

static void add_file(GString *out, const TgOperatorMailFile *file)
{
    g_autofree char *name = quoted(file->name);
    gsize size = 0;
    const void *bytes = g_bytes_get_data(file->bytes, &size);

    g_string_append_printf(out,
                           "Content-Type: %s; name=\"%s\"\r\n"
                           "Content-Transfer-Encoding: base64\r\n"
                           "Content-Disposition: attachment; filename=\"%s\"\r\n\r\n",
                           file->content_type, name, name);
    add_base64(out, bytes, size);
}

static void add_content(GString *out, const TgOperatorMail *mail, const char *id)
{
    if (mail->files->len == 0) {
        add_body(out, mail);
        return;
    }
    g_string_append_printf(out,
                           "Content-Type: multipart/mixed; boundary=\"part-%s\"\r\n\r\n"
                           "--part-%s\r\n",
                           id, id);
    add_body(out, mail);
    for (guint i = 0; i < mail->files->len; i++) {
        g_string_append_printf(out, "\r\n--part-%s\r\n", id);
        add_file(out, mail->files->pdata[i]);
    }
    g_string_append_printf(out, "\r\n--part-%s--\r\n", id);
}

static gboolean check_types(const TgOperatorMail *mail, GError **error)
{
    for (guint i = 0; i < mail->files->len; i++) {
        const TgOperatorMailFile *file = mail->files->pdata[i];

        if (!is_ascii_line(file->content_type) || strchr(file->content_type, '/') == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "attach_files: '%.100s' is no content type", file->content_type);
            return FALSE;
        }
    }
    return TRUE;
}

char *tg_operator_mail_text(const TgOperatorMail *mail, gint64 now_ms, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *sender = bare_address(mail->from, error);
    g_autofree char *id = tg_random_uuid();
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(now_ms / 1000);

    if (sender == NULL || !check_types(mail, error)) {
        return NULL;
    }
    g_autofree char *date = g_date_time_format(now, "%a, %d %b %Y %H:%M:%S +0000");
    g_autofree char *from = header_address(mail->from);
    g_autofree char *subject = header_text(mail->subject);
    const char *at = strchr(sender, '@');

    g_string_append_printf(out, "Date: %s\r\nFrom: %s\r\nSender: %s\r\n", date, from, from);
    add_addresses(out, "To", mail->to);
    add_addresses(out, "Cc", mail->cc);
    g_string_append_printf(out, "Message-ID: <%s@%s>\r\nSubject: %s\r\nMIME-Version: 1.0\r\n", id,
                           at == NULL ? "localhost" : at + 1, subject);
    add_content(out, mail, id);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static gboolean add_recipients(GPtrArray *recipients, GPtrArray *list, GError **error)
{
    for (guint i = 0; i < list->len; i++) {
        char *address = bare_address(list->pdata[i], error);

        if (address == NULL) {
            return FALSE;
        }
        g_ptr_array_add(recipients, address);
    }
    return TRUE;
}

static void note_line(gpointer data, const char *line)
{
    const TgTurn *turn = data;

    turn->services->note(turn->services, turn->task_name, line);
}

gboolean tg_operator_mail_send(const TgTurn *turn, const TgOperatorMail *mail, GError **error)
{
    g_autoptr(GPtrArray) recipients = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = tg_operator_mail_text(mail, turn->now_ms, error);
    g_autofree char *sender = text == NULL ? NULL : bare_address(mail->from, error);

    if (sender == NULL || !add_recipients(recipients, mail->to, error) ||
        !add_recipients(recipients, mail->cc, error) ||
        !add_recipients(recipients, mail->bcc, error)) {
        return FALSE;
    }
    if (recipients->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK, "No recipient addresses");
        return FALSE;
    }
    g_ptr_array_add(recipients, NULL);
    TgSmtpMail message = {.host = mail->host,
                          .port = mail->port,
                          .is_tls = mail->is_tls,
                          .starts_tls = mail->starts_tls,
                          .user = mail->user,
                          .password = mail->password,
                          .sender = sender,
                          .recipients = (const char *const *)recipients->pdata,
                          .message = text,
                          .message_size_bytes = strlen(text),
                          .timeout_ms = TIMEOUT_MS,
                          .is_cancelled = turn->services->is_cancelled,
                          .debug = mail->debug ? note_line : NULL,
                          .data = (gpointer)turn};

    return tg_smtp_send(&message, error);
}
