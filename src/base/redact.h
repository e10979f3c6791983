/* Takes secret values out of whatever is shown or written. */
#pragma once

#include <glib.h>
#include <jansson.h>

/**
 * Knows the secrets that were handed out and replaces each by "***": as it is, with URL or JSON
 * escapes, and as base64 (all three alignments, both alphabets, also broken into lines). Values of
 * less than three bytes, "true" and "false" are no secrets: they stand everywhere. Any thread may
 * call. All functions take NULL for "no secrets".
 */
typedef struct TgRedactor TgRedactor;

TgRedactor *tg_redactor_new(void);
void tg_redactor_free(TgRedactor *redactor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRedactor, tg_redactor_free)

/* From now on this value is a secret. Space and line ends around it do not count. */
void tg_redactor_add(TgRedactor *redactor, const char *value);

/* A copy without secrets; NULL for NULL. The caller frees. */
char *tg_redactor_text(TgRedactor *redactor, const char *text);

/* A copy of a JSON value without secrets in its texts and keys; NULL for NULL. A new reference. */
json_t *tg_redactor_json(TgRedactor *redactor, const json_t *value);

/* Whether a secret stands in a text or key of the value (NULL: no). */
gboolean tg_redactor_finds(TgRedactor *redactor, const json_t *value);

/* Text that comes in pieces, which may cut a secret in two. Used by one thread at a time. */
typedef struct TgRedactStream TgRedactStream;

/* @redactor lent */
TgRedactStream *tg_redact_stream_new(TgRedactor *redactor);
void tg_redact_stream_free(TgRedactStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRedactStream, tg_redact_stream_free)

/* Appends to `out` what is safe to show; a possible beginning of a secret is held back. */
void tg_redact_stream_push(TgRedactStream *stream, const char *bytes, gsize size_bytes,
                           GString *out);

/* Appends what was held back: nothing follows. */
void tg_redact_stream_end(TgRedactStream *stream, GString *out);
