/* Words, numbers, texts and signs of a statement. */
#pragma once

#include <glib.h>

#include "base/source.h"
#include "sql/arena.h"

typedef enum {
    TG_TOKEN_WORD,   /* keyword or name */
    TG_TOKEN_QUOTED, /* "name" or `name`; text without quotes */
    TG_TOKEN_STRING, /* 'text'; text without quotes */
    TG_TOKEN_BINARY, /* X'65 66'; text is the hex digits */
    TG_TOKEN_INTEGER,
    TG_TOKEN_DECIMAL, /* 1.5 */
    TG_TOKEN_DOUBLE,  /* 1e0 */
    TG_TOKEN_SIGN,    /* one of ( ) , . ; + - * / % || = <> != < <= > >= -> => [ ] ? : { } */
    TG_TOKEN_END
} TgTokenKind;

typedef struct {
    TgTokenKind kind;
    guint32 offset; /* bytes from the start of the source */
    guint32 end;    /* byte after the token */
    char *text;     /* of the arena */
    char mark;      /* QUOTED: '"' or '`' */
} TgToken;

/**
 * Splits a statement; comments (`--`, slash-star) and white space fall away. The last token is END.
 *
 * Errors with place: an open text, name or comment, a character that SQL does not have, invalid
 * UTF-8, a NUL.
 *
 * @return of TgToken; unref it. Texts lie in the arena
 */
GArray *tg_sql_tokens(TgSqlArena *arena, const TgSource *source, GError **error);
