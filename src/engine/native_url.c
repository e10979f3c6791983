/* URLs by the rules of java.net.URI, and form encoding. */
#include <string.h>

#include "engine/native.h"

static gboolean hex_pair(const char *p, const char *end, guchar *out)
{
    if (end - p < 2 || !g_ascii_isxdigit(p[0]) || !g_ascii_isxdigit(p[1])) {
        return FALSE;
    }
    *out = (guchar)(g_ascii_xdigit_value(p[0]) * 16 + g_ascii_xdigit_value(p[1]));
    return TRUE;
}

/* %XX and, in forms, + for a blank; FALSE: a broken escape. */
static gboolean decode(const char *p, const char *end, gboolean is_form, GString *out)
{
    for (; p < end; p++) {
        guchar byte = 0;

        if (*p == '+' && is_form) {
            g_string_append_c(out, ' ');
        } else if (*p != '%') {
            g_string_append_c(out, *p);
        } else if (hex_pair(p + 1, end, &byte)) {
            g_string_append_c(out, (char)byte);
            p += 2;
        } else {
            return FALSE;
        }
    }
    return TRUE;
}

/* Bytes that are no UTF-8 become U+FFFD, as in Java. */
static gboolean return_valid(TgNativeCall *call)
{
    g_autofree char *valid = g_utf8_make_valid(call->scratch->str, (gssize)call->scratch->len);

    return tg_native_return_text(call, valid, strlen(valid));
}

static gboolean url_decode(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);

    if (!decode(text.bytes, text.bytes + text.size, TRUE, call->scratch)) {
        return tg_native_fail(call, "url_decode(): a %% without two hex digits");
    }
    return return_valid(call);
}

static gboolean url_encode(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);

    for (gsize i = 0; i < text.size; i++) {
        char c = text.bytes[i];

        if (g_ascii_isalnum(c) || (c != '\0' && strchr("*-._", c) != NULL)) {
            g_string_append_c(call->scratch, c);
        } else if (c == ' ') {
            g_string_append_c(call->scratch, '+');
        } else {
            g_string_append_printf(call->scratch, "%%%02X", (guint)(guchar)c);
        }
    }
    return tg_native_return_scratch(call);
}

typedef struct {
    const char *start;
    const char *end; /* NULL: the part is not there */
} Part;

typedef struct {
    Part scheme;
    Part authority;
    Part path;
    Part query;
    Part fragment;
    gboolean is_opaque; /* mailto:a@b.c */
} Url;

/* What java.net.URI takes: no blanks, controls or <>"{}|\^`; % before two hex digits. */
static gboolean has_legal_characters(const char *p, const char *end)
{
    for (; p < end; p++) {
        guchar byte = 0;

        if ((guchar)*p <= ' ' || *p == 0x7f || strchr("<>\"{}|\\^`", *p) != NULL ||
            (*p == '%' && !hex_pair(p + 1, end, &byte))) {
            return FALSE;
        }
    }
    return TRUE;
}

static const char *find_any(const char *p, const char *end, const char *marks)
{
    while (p < end && strchr(marks, *p) == NULL) {
        p++;
    }
    return p;
}

static gboolean split(TgNativeText text, Url *out)
{
    const char *p = text.bytes;
    const char *end = p + text.size;
    const char *mark = find_any(p, end, ":/?#");

    if (!has_legal_characters(p, end)) {
        return FALSE;
    }
    if (mark < end && *mark == ':') {
        if (mark == p || !g_ascii_isalpha(*p) || mark + 1 == end) {
            return FALSE;
        }
        out->scheme = (Part){p, mark};
        p = mark + 1;
        out->is_opaque = *p != '/';
    }
    mark = find_any(p, end, "#");
    if (mark < end) {
        out->fragment = (Part){mark + 1, end};
        end = mark;
    }
    if (out->is_opaque) {
        return TRUE;
    }
    if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
        mark = find_any(p + 2, end, "/?");
        out->authority = (Part){p + 2, mark};
        p = mark;
    }
    mark = find_any(p, end, "?");
    out->path = (Part){p, mark};
    if (mark < end) {
        out->query = (Part){mark + 1, end};
    }
    return TRUE;
}

/* user@host:port → host and port. */
static void split_authority(const Part *authority, Part *host, Part *port)
{
    const char *p = authority->start;
    const char *at = memchr(p, '@', (gsize)(authority->end - p));
    const char *colon = NULL;

    p = at == NULL ? p : at + 1;
    colon = p < authority->end && *p == '[' ? find_any(p, authority->end, "]") : p;
    colon = find_any(colon, authority->end, ":");
    *host = (Part){p, colon};
    if (colon < authority->end) {
        *port = (Part){colon + 1, authority->end};
    }
}

/* A host that a server can have, or what URI keeps as a registry's name without a host. */
static gboolean is_host(const Part *host)
{
    if (host->start == host->end) {
        return FALSE;
    }
    for (const char *p = host->start; *host->start != '[' && p < host->end; p++) {
        if (!g_ascii_isalnum(*p) && *p != '-' && *p != '.') {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean return_part(TgNativeCall *call, const Part *part, gboolean is_encoded)
{
    if (part->end == NULL) {
        return tg_native_return_text(call, "", 0);
    }
    if (!is_encoded) {
        return tg_native_return_text(call, part->start, (gsize)(part->end - part->start));
    }
    (void)decode(part->start, part->end, FALSE, call->scratch);
    return return_valid(call);
}

static gboolean url_part(TgNativeCall *call)
{
    TgNativeText name = tg_native_text(call, 1);
    Url url = {.is_opaque = FALSE};
    Part host = {NULL, NULL};
    Part port = {NULL, NULL};

    if (!split(tg_native_text(call, 0), &url)) {
        return tg_native_return_null(call);
    }
    switch (*name.bytes) {
    case 's':
        return return_part(call, &url.scheme, FALSE);
    case 'p':
        return return_part(call, &url.path, TRUE);
    case 'q':
        return return_part(call, &url.query, TRUE);
    case 'f':
        return return_part(call, &url.fragment, TRUE);
    default:
        if (url.authority.end != NULL) {
            split_authority(&url.authority, &host, &port);
        }
        return return_part(call, is_host(&host) ? &host : &(Part){NULL, NULL}, FALSE);
    }
}

static gboolean url_port(TgNativeCall *call)
{
    Url url = {.is_opaque = FALSE};
    Part host = {NULL, NULL};
    Part port = {NULL, NULL};

    if (!split(tg_native_text(call, 0), &url) || url.authority.end == NULL) {
        return tg_native_return_null(call);
    }
    split_authority(&url.authority, &host, &port);
    if (port.end == NULL || port.start == port.end || !is_host(&host)) {
        return tg_native_return_null(call);
    }
    return tg_native_return_int64(call, g_ascii_strtoll(port.start, NULL, 10));
}

static gboolean url_parameter(TgNativeCall *call)
{
    TgNativeText name = tg_native_text(call, 1);
    Url url = {.is_opaque = FALSE};

    if (!split(tg_native_text(call, 0), &url) || url.query.end == NULL) {
        return tg_native_return_null(call);
    }
    for (const char *p = url.query.start; p <= url.query.end;) {
        const char *end = find_any(p, url.query.end, "&");
        const char *equals = find_any(p, end, "=");

        if ((gsize)(equals - p) == name.size && memcmp(p, name.bytes, name.size) == 0) {
            (void)decode(equals < end ? equals + 1 : end, end, TRUE, call->scratch);
            return return_valid(call);
        }
        p = end + 1;
    }
    return tg_native_return_null(call);
}

const TgNative tg_natives_url[] = {
    {"tg_url_decode", "v", 'v', url_decode},        {"tg_url_encode", "v", 'v', url_encode},
    {"tg_url_part", "vv", 'v', url_part},           {"tg_url_port", "v", 'b', url_port},
    {"tg_url_parameter", "vv", 'v', url_parameter}, {NULL, NULL, 0, NULL},
};
