/* notify>: tells someone by mail, HTTP, a command or Slack, as `notification.*` of the system
 * configuration says; without it nobody is told. Digdag's NotifyOperatorFactory.java and
 * core/notification. */
#include <string.h>

#include "base/file.h"
#include "command/command.h"
#include "operators/support.h"
#include "operators/support_http.h"
#include "operators/support_mail.h"
#include "operators/support_script.h"
#include "params/params.h"
#include "script/script.h"

#define TEMPLATE_BYTES_MAX ((gsize)1024 * 1024)
#define HTTP_TIMEOUT_MS 30000

static const char body_template[] = "Digdag Notification\n\n"
                                    "Message: ${message}\n"
                                    "Date: ${timestamp}\n\n"
                                    "Site Id: ${site_id}\n"
                                    "Project Name: ${project_name}\n"
                                    "Project Id: ${project_id}\n"
                                    "Workflow Name: ${workflow_name}\n"
                                    "Revision: ${revision}\n"
                                    "Attempt Id: ${attempt_id}\n"
                                    "Session Id: ${session_id}\n"
                                    "Task Name: ${task_name}\n"
                                    "Time Zone: ${timezone}\n"
                                    "Session Uuid: ${session_uuid}\n"
                                    "Session Time: ${session_time}\n";

/* A setting that must be there. */
static const char *required(const TgTurn *turn, const char *key, GError **error)
{
    const char *text = tg_operator_system_text(turn, key);

    if (text == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is missing in the system configuration (-X, -c or its file)", key);
    }
    return text;
}

static gboolean flag(const TgTurn *turn, const char *key, gboolean fallback)
{
    const char *text = tg_operator_system_text(turn, key);

    return text == NULL ? fallback : strcmp(text, "true") == 0;
}

static void copy(json_t *into, const TgTurn *turn, const char *key)
{
    json_t *value = json_object_get(turn->params, key);

    if (value != NULL) {
        json_object_set(into, key, value);
    }
}

/* What is told, in the names of Digdag's Notification.java. */
static json_t *notification_of(const TgTurn *turn, const char *message)
{
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(turn->now_ms / 1000);
    g_autofree char *timestamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    const char *name = turn->task_name + (*turn->task_name == '+' ? 1 : 0);
    g_autofree char *workflow = g_strndup(name, strcspn(name, "+^"));
    json_t *all =
        json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s}", "timestamp", timestamp, "message",
                  message, "site_id", 0, "project_name", "default", "workflow_name", workflow,
                  "revision", "", "task_name", turn->task_name, "timezone", turn->timezone);

    copy(all, turn, "project_id");
    copy(all, turn, "attempt_id");
    copy(all, turn, "session_id");
    copy(all, turn, "session_uuid");
    copy(all, turn, "session_time");
    return all;
}

static char *mail_body(const TgTurn *turn, const json_t *told, GError **error)
{
    const char *path = tg_operator_system_text(turn, "notification.mail.body_template_file");
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autoptr(TgScript) script = tg_script_new(zone);
    g_autofree char *text = NULL;

    if (path != NULL && !tg_file_read(path, TEMPLATE_BYTES_MAX, &text, NULL, error)) {
        return NULL;
    }
    return tg_script_fill(script, text == NULL ? body_template : text, told, error);
}

static void add_address(const TgTurn *turn, const char *key, GPtrArray *list)
{
    const char *address = tg_operator_system_text(turn, key);

    if (address != NULL && *address != '\0') {
        g_ptr_array_add(list, g_strdup(address));
    }
}

static gboolean send_mail(const TgTurn *turn, const json_t *told, GError **error)
{
    g_autoptr(TgOperatorMail) mail = tg_operator_mail_new();
    const char *host = required(turn, "notification.mail.host", error);
    const char *port = host == NULL ? NULL : required(turn, "notification.mail.port", error);
    const char *from = port == NULL ? NULL : required(turn, "notification.mail.from", error);
    const char *to = from == NULL ? NULL : required(turn, "notification.mail.to", error);
    const char *subject = tg_operator_system_text(turn, "notification.mail.subject");

    if (to == NULL) {
        return FALSE;
    }
    mail->host = g_strdup(host);
    mail->port = (guint)g_ascii_strtoull(port, NULL, 10);
    mail->from = g_strdup(from);
    add_address(turn, "notification.mail.to", mail->to);
    add_address(turn, "notification.mail.cc", mail->cc);
    add_address(turn, "notification.mail.bcc", mail->bcc);
    mail->subject = g_strdup(subject == NULL ? "Digdag Notification" : subject);
    mail->is_html = flag(turn, "notification.mail.html", FALSE);
    mail->starts_tls = flag(turn, "notification.mail.tls", TRUE);
    mail->is_tls = flag(turn, "notification.mail.ssl", FALSE);
    mail->debug = flag(turn, "notification.mail.debug", FALSE);
    mail->user = g_strdup(tg_operator_system_text(turn, "notification.mail.username"));
    mail->password = g_strdup(tg_operator_system_text(turn, "notification.mail.password"));
    if (mail->password != NULL) {
        turn->services->hide(turn->services, mail->password);
    }
    mail->body = mail_body(turn, told, error);
    return mail->body != NULL && tg_operator_mail_send(turn, mail, error);
}

/* The headers `notification.http.headers.NAME`, and the type of the body. Lent by the config. */
static GArray *http_headers(const TgTurn *turn)
{
    static const char prefix[] = "notification.http.headers.";
    GArray *headers = g_array_new(FALSE, FALSE, sizeof(TgHttpHeader));
    TgHttpHeader type = {"Content-Type", "application/json"};
    const char *key = NULL;
    json_t *value = NULL;

    g_array_append_val(headers, type);
    json_object_foreach ((json_t *)turn->services->system_config, key, value) {
        TgHttpHeader header = {key + strlen(prefix), json_string_value(value)};

        if (g_str_has_prefix(key, prefix)) {
            g_array_append_val(headers, header);
        }
    }
    return headers;
}

/* Posts JSON; a URL may hold a token and is not shown. */
static gboolean post(const TgTurn *turn, const char *url, const json_t *content, GError **error)
{
    g_autofree char *body = tg_params_to_json(content);
    g_autoptr(GArray) headers = http_headers(turn);
    const char *method = tg_operator_system_text(turn, "notification.http.method");
    TgHttpRequest request = {.method = method == NULL ? "POST" : method,
                             .url = url,
                             .shown_url = "the notification's URL",
                             .headers = (const TgHttpHeader *)(gpointer)headers->data,
                             .headers_count = headers->len,
                             .body = body,
                             .body_size_bytes = strlen(body),
                             .timeout_ms = HTTP_TIMEOUT_MS,
                             .is_cancelled = turn->services->is_cancelled};

    turn->services->hide(turn->services, url);
    g_autoptr(TgHttpAnswer) answer = tg_http_send(NULL, &request, error);

    if (answer != NULL && (answer->status < 200 || answer->status >= 300)) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "Failed to send HTTP notification: status=%u %s", answer->status,
                    tg_http_status_text(answer->status));
        return FALSE;
    }
    return answer != NULL;
}

static gboolean send_http(const TgTurn *turn, const json_t *told, GError **error)
{
    const char *url = required(turn, "notification.http.url", error);

    return url != NULL && post(turn, url, told, error);
}

/* What Slack's incoming webhooks, and those that copy them, take. */
static gboolean send_slack(const TgTurn *turn, const json_t *told, GError **error)
{
    const char *url = required(turn, "notification.slack.url", error);
    g_autofree char *text =
        g_strdup_printf("%s\n%s (%s)", json_string_value(json_object_get(told, "message")),
                        turn->task_name, json_string_value(json_object_get(told, "session_time")));
    g_autoptr(json_t) content = json_pack("{s:s}", "text", text);

    return url != NULL && post(turn, url, content, error);
}

static void ignore(gpointer data G_GNUC_UNUSED, const char *bytes G_GNUC_UNUSED,
                   gsize size_bytes G_GNUC_UNUSED)
{
}

static gboolean send_shell(const TgTurn *turn, const json_t *told, GError **error)
{
    g_auto(TgOperatorScript) script = {NULL};
    const char *command = required(turn, "notification.shell.command", error);
    g_autofree char *text = tg_params_to_json(told);
    g_auto(GStrv) environment = g_get_environ();
    g_autofree char *input = NULL;
    int status = 0;

    if (command == NULL || !tg_operator_script_begin(&script, turn, "notify", error)) {
        return FALSE;
    }
    input = tg_operator_script_write(&script, "input.json", text, error);
    if (input == NULL) {
        return FALSE;
    }
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    TgCommandRequest request = {
        .argv = argv,
        .environment = (const char *const *)environment,
        .folder = turn->services->project_folder,
        .is_cancelled = turn->services->is_cancelled,
        .input_path = input,
        .timeout_ms = tg_operator_system_int64(turn, "notification.shell.timeout", 30000),
        .output = ignore};
    g_autoptr(GError) problem = NULL;

    if (!tg_command_execute(&request, &status, &problem)) {
        gboolean is_late = g_error_matches(problem, TG_ERROR, TG_ERROR_RETRY);

        g_set_error(error, TG_ERROR, problem->code, "%s: %s",
                    is_late ? "Notification shell command timed out"
                            : "Failed to execute notification shell command",
                    is_late ? command : problem->message);
        return FALSE;
    }
    if (status != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "Notification shell command failed: %s, exit code = %d", command, status);
    }
    return status == 0;
}

static const struct {
    const char *type;
    gboolean (*send)(const TgTurn *turn, const json_t *told, GError **error);
} senders[] = {
    {"mail", send_mail}, {"http", send_http}, {"shell", send_shell}, {"slack", send_slack}};

static gboolean send_by(const TgTurn *turn, const char *type, const json_t *told, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(senders); i++) {
        if (strcmp(senders[i].type, type) == 0) {
            return senders[i].send(turn, told, error);
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "notification.type '%s' is not known: there are mail, http, shell and slack", type);
    return FALSE;
}

/* Again later, or FALSE when it was tried often enough or cannot get better. */
static gboolean wait_for_next(TgTurn *turn, const GError *problem)
{
    gint64 retries = tg_operator_system_int64(turn, "notification.retries", 10);
    gint64 wait_ms = tg_operator_system_int64(turn, "notification.min_retry_wait", 1000);
    gint64 max_ms = tg_operator_system_int64(turn, "notification.max_retry_wait", 30000);
    gint64 done = json_integer_value(json_object_get(turn->state, "retries"));

    if (done >= retries || problem->code == TG_ERROR_CONFIG ||
        problem->code == TG_ERROR_CANCELLED) {
        return FALSE;
    }
    for (gint64 i = 0; i < done && wait_ms < max_ms; i++) {
        wait_ms *= 2;
    }
    json_object_set_new(turn->state, "retries", json_integer((json_int_t)done + 1));
    turn->poll_at_ms = turn->now_ms + CLAMP(wait_ms, 0, max_ms);
    g_autofree char *line = g_strdup_printf("Sending notification failed: retry %" G_GINT64_FORMAT
                                            " of %" G_GINT64_FORMAT ": %s",
                                            done + 1, retries, problem->message);

    turn->services->note(turn->services, turn->task_name, line);
    return TRUE;
}

static gboolean notify_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *message = tg_params_dup_text(turn->params, "_command", error);
    const char *type = tg_operator_system_text(turn, "notification.type");
    g_autoptr(json_t) told = message == NULL ? NULL : notification_of(turn, message);
    g_autoptr(GError) problem = NULL;

    *out = TG_OUTCOME_DONE;
    if (message == NULL || type == NULL) {
        return message != NULL;
    }
    if (send_by(turn, type, told, &problem)) {
        return TRUE;
    }
    if (wait_for_next(turn, problem)) {
        *out = TG_OUTCOME_POLL;
        return TRUE;
    }
    g_set_error(error, TG_ERROR, problem->code, "Sending notification failed: %s",
                problem->message);
    return FALSE;
}

static const char *const options[] = {NULL};

const TgOperator tg_operator_notify = {
    .name = "notify", .help = "Sends a notification", .options = options, .run = notify_run};
