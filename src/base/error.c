/* Error domain and its mapping to exit status, HTTP status and retry. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

GQuark tg_error_quark(void)
{
    return g_quark_from_static_string("tegaru");
}

typedef struct {
    int exit_status;
    int http_status;
    gboolean retryable;
} ErrorMeaning;

static const ErrorMeaning meanings[] = {
    [TG_ERROR_CONFIG] = {1, 400, FALSE},   [TG_ERROR_NOT_FOUND] = {1, 404, FALSE},
    [TG_ERROR_CONFLICT] = {1, 409, FALSE}, [TG_ERROR_DENIED] = {1, 403, FALSE},
    [TG_ERROR_RETRY] = {1, 503, TRUE},     [TG_ERROR_CANCELLED] = {130, 499, FALSE},
    [TG_ERROR_TASK] = {1, 422, TRUE},      [TG_ERROR_BUG] = {70, 500, FALSE},
};

static const ErrorMeaning *meaning_of(const GError *error)
{
    static const ErrorMeaning foreign = {1, 500, FALSE};

    if (error == NULL || error->domain != TG_ERROR || error->code < 0 ||
        (gsize)error->code >= G_N_ELEMENTS(meanings)) {
        return &foreign;
    }
    return &meanings[error->code];
}

int tg_error_exit_status(const GError *error)
{
    return meaning_of(error)->exit_status;
}

int tg_error_http_status(const GError *error)
{
    return meaning_of(error)->http_status;
}

gboolean tg_error_is_retryable(const GError *error)
{
    return meaning_of(error)->retryable;
}

void tg_error_set_file(GError **error, int saved_errno, const char *verb, const char *path)
{
    TgErrorCode code = TG_ERROR_CONFIG;
    g_autofree char *shown = g_utf8_make_valid(path, -1);
    g_autofree char *why = g_utf8_strdown(g_strerror(saved_errno), -1);

    switch (saved_errno) {
    case ENOENT:
    case ENOTDIR:
        code = TG_ERROR_NOT_FOUND;
        g_free(why);
        why = g_strdup("there is no such file or folder; check the path");
        break;
    case EACCES:
    case EPERM:
        code = TG_ERROR_DENIED;
        g_free(why);
        why = g_strdup("no permission; check the owner and mode of the file and its folder");
        break;
    case EROFS:
        code = TG_ERROR_DENIED;
        g_free(why);
        why = g_strdup("the file system is read-only");
        break;
    case ENOSPC:
    case EDQUOT:
        code = TG_ERROR_RETRY;
        g_free(why);
        why = g_strdup("no space left on the device; free some and run again");
        break;
    case EIO:
        code = TG_ERROR_RETRY;
        break;
    default:
        break;
    }
    g_set_error(error, TG_ERROR, (int)code, "cannot %s '%s': %s", verb, shown, why);
}
