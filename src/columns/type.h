/* Types of columns, and the schema of a stream of rows. */
#pragma once

#include <glib.h>

#include "base/error.h"

__extension__ typedef __int128 TgInt128;

/* Fixed-width values lie in memory as Arrow's columnar format says, little-endian. */
typedef enum {
    TG_TYPE_BOOLEAN, /* one bit a row */
    TG_TYPE_INT8,
    TG_TYPE_INT16,
    TG_TYPE_INT32,
    TG_TYPE_INT64,
    TG_TYPE_UINT8,
    TG_TYPE_UINT16,
    TG_TYPE_UINT32,
    TG_TYPE_UINT64,
    TG_TYPE_FLOAT,
    TG_TYPE_DOUBLE,
    TG_TYPE_DECIMAL,   /* TgInt128 unscaled; precision 1 to 38, scale 0 to precision */
    TG_TYPE_DATE,      /* gint32 days since 1970-01-01 */
    TG_TYPE_TIME,      /* gint64 microseconds since midnight; may exceed a day, as MySQL's TIME */
    TG_TYPE_TIMESTAMP, /* see TgTimeUnit; without is_utc the time of an unnamed zone */
    TG_TYPE_STRING,    /* UTF-8 */
    TG_TYPE_BINARY,
    TG_TYPE_JSON /* UTF-8 of one JSON value */
} TgTypeId;

typedef enum {
    TG_UNIT_MICRO, /* gint64 */
    TG_UNIT_NANO,  /* gint64: the years 1677 to 2262 */
    TG_UNIT_WIDE   /* TgInt128 nanoseconds: all of what Embulk's timestamp can hold */
} TgTimeUnit;

typedef struct {
    TgTypeId id;
    TgTimeUnit unit;  /* TIMESTAMP only */
    gboolean is_utc;  /* TIMESTAMP only: an instant */
    guint8 precision; /* DECIMAL only */
    guint8 scale;     /* DECIMAL only */
} TgType;

typedef struct {
    char *name;
    TgType type;
    char *format;      /* how a parser read a timestamp, or NULL; some outputs write it so */
    char *timezone;    /* the zone that went with it, or NULL */
    char *source_type; /* as the source calls it: "decimal(10,2) unsigned"; NULL: it has no types */
    char *source_loss; /* what reading it loses, or may lose: "zero dates become NULL"; or NULL */
} TgColumn;

/* Names need not be unique (Embulk allows duplicates). */
typedef struct {
    guint count;
    TgColumn *columns;
} TgSchema;

TgSchema *tg_schema_new(void);
TgSchema *tg_schema_copy(const TgSchema *schema);
void tg_schema_free(TgSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSchema, tg_schema_free)

/* Appends a column and lends it until the next append. */
TgColumn *tg_schema_append(TgSchema *schema, const char *name, TgType type);

/* Appends a copy of another schema's column. */
void tg_schema_append_copy(TgSchema *schema, const TgColumn *column);

/* Index of the first column with that name, or -1. */
int tg_schema_find(const TgSchema *schema, const char *name);

/* Bytes of one value; 0 for booleans and for types of variable length. */
gsize tg_type_width(TgType type);

/* Whether values are byte strings with offsets. */
gboolean tg_type_is_bytes(TgType type);

/* Embulk's name of the nearest of its six types: "long", "timestamp" … Lent. */
const char *tg_type_embulk_name(TgType type);

/* The exact name: "int64", "decimal(10,2)", "timestamp(us, utc)" … The caller frees. */
char *tg_type_to_text(TgType type);
