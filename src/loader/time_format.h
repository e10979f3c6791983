/* Instants from and to text, by the formats of Ruby's strptime and strftime as Embulk reads them
 * (embulk-util-rubytime, embulk-util-timestamp; cases ts-*, fmt-strftime-*). */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "columns/type.h"

#define TG_NANOS_PER_SECOND ((TgInt128)1000000000)

/* A zone of a config: a tz database id, or a short name or offset with a fixed distance. */
typedef struct TgTimeZone TgTimeZone;

/**
 * Embulk's legacy names: "PST" and "PDT" are both -08:00, tz database ids as they are, then Ruby's
 * zone names ("JST") and offsets ("+09:00", "UTC+9"). Unknown ones are CONFIG.
 */
TgTimeZone *tg_time_zone_new(const char *name, GError **error);
void tg_time_zone_free(TgTimeZone *zone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTimeZone, tg_time_zone_free)

/* Seconds east of Greenwich at an instant, and for a local time (in a gap or an overlap that of the
 * time before, as java.time). */
gint64 tg_time_zone_offset_at(const TgTimeZone *zone, gint64 utc_seconds);
gint64 tg_time_zone_offset_of_local(const TgTimeZone *zone, gint64 local_seconds);

/* The zone's short name at an instant: "EST", "UTC". The caller frees. */
char *tg_time_zone_abbreviation(const TgTimeZone *zone, gint64 utc_seconds);

/* Offset of a zone written in a text ("+0900", "JST", "UTC+9"), Ruby's zone table; FALSE: unknown.
 */
gboolean tg_time_zone_parse_offset(const char *text, gsize size_bytes, gint64 *out_seconds);

/* A compiled format; any thread may use it. */
typedef struct TgTimeFormat TgTimeFormat;

/**
 * Compiles a Ruby format, or with the prefix "java:" a pattern of java.time (letters y M d H h m s
 * S a E; zones are refused, as Embulk refuses them).
 */
TgTimeFormat *tg_time_format_new(const char *format, GError **error);
void tg_time_format_free(TgTimeFormat *format);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTimeFormat, tg_time_format_free)

/* What a text leaves out. */
typedef struct {
    const TgTimeZone *zone;
    gint64 year;
    guint month;
    guint day;
} TgTimeDefaults;

/* "2015-01-27" into the date of the defaults. */
gboolean tg_time_defaults_set_date(TgTimeDefaults *defaults, const char *date, GError **error);

/* FALSE when the text does not fit. Text behind the format's end is ignored, as Ruby does. */
gboolean tg_time_format_parse(const TgTimeFormat *format, const TgTimeDefaults *defaults,
                              const char *text, gsize size_bytes, TgInt128 *out_nanos);

/* Appends the instant (nanoseconds since 1970 UTC) as local time of the zone. */
void tg_time_format_write(const TgTimeFormat *format, const TgTimeZone *zone, TgInt128 nanos,
                          GString *out);

/* Days since 1970-01-01 of a day in the proleptic Gregorian calendar, and back. */
gint64 tg_days_from_date(gint64 year, guint month, guint day);
void tg_days_to_date(gint64 days, gint64 *out_year, guint *out_month, guint *out_day);
