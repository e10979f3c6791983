/* The compiled form of a time format, shared by parser and writer. */
#pragma once

#include "loader/time_format.h"

#define TG_TIME_TOKENS_MAX 256u

typedef struct {
    char directive;         /* as behind '%'; 0: literal text */
    guint8 colons;          /* of %:z */
    char padding;           /* '-' none, '_' blanks, '0' zeros; 0: as usual */
    gboolean upper;         /* '^' */
    gboolean change;        /* '#' */
    gboolean has_flags;     /* any of these */
    gint width;             /* 0: as usual */
    gboolean is_time;       /* a field of the day's time, the zone or an epoch */
    gboolean before_number; /* the next token begins with digits: then a year has four at most */
    const char *text;       /* literal, or the directive as written; lent from the format's text */
    gsize size_bytes;
} TgTimeToken;

/* A field at a fixed place of what is written. */
typedef struct {
    guint8 at;
    guint8 width;
    char directive;
} TgTimeField;

#define TG_TIME_PLAIN_BYTES 64u
#define TG_TIME_PLAIN_FIELDS 16u

/* What a format writes when all of it has a fixed width, as most formats do. */
typedef struct {
    guint size_bytes; /* 0: it has not */
    guint count;
    TgTimeField fields[TG_TIME_PLAIN_FIELDS];
    char text[TG_TIME_PLAIN_BYTES]; /* literals at their places */
} TgTimePlain;

struct TgTimeFormat {
    char *text;         /* what the tokens point into */
    gboolean is_usual;  /* "%Y-%m-%d %H:%M:%S": read without looking at the tokens */
    gboolean is_strict; /* java: the text must end with the format */
    TgTimePlain plain;
    guint count;
    TgTimeToken tokens[TG_TIME_TOKENS_MAX];
};

/* What a directive that stands for several means, their letters without %: "H:M:S" of T; NULL: it
 * stands for itself. Static. */
const char *tg_time_expansion(char directive);
