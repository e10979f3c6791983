/* Scalar functions of ours, one call a row; DuckDB's C interface stays in native.c. */
#pragma once

#include "engine/duckdb_api.h"
#include "engine/engine_internal.h"

#define TG_NATIVE_ARGUMENTS_MAX 5

/* A text or bytes of an argument. Lent for the call. */
typedef struct {
    const char *bytes;
    gsize size;
} TgNativeText;

/* One row of one call; arguments that are NULL never get here: the result is NULL. */
typedef struct {
    const TgDuckdbApi *api;
    duckdb_function_info info;
    duckdb_vector output;
    guint64 row;
    const void *data[TG_NATIVE_ARGUMENTS_MAX];
    void *out;        /* the result's values */
    GString *scratch; /* empty at each row */
} TgNativeCall;

/* FALSE after tg_native_fail(). */
typedef gboolean (*TgNativeRun)(TgNativeCall *call);

/* Letters: v text, x binary, i integer, b bigint, f real, d double, T timestamp, D date, B boolean,
 * V list of texts (a result). */
typedef struct {
    const char *name;
    const char *arguments;
    char result;
    TgNativeRun run;
} TgNative;

TgNativeText tg_native_text(const TgNativeCall *call, guint argument);
gint64 tg_native_int64(const TgNativeCall *call, guint argument); /* b, T */
gint32 tg_native_int32(const TgNativeCall *call, guint argument); /* i, D */
double tg_native_double(const TgNativeCall *call, guint argument);

/* Each returns TRUE, but for fail. */
gboolean tg_native_return_text(TgNativeCall *call, const char *bytes, gsize size);
gboolean tg_native_return_scratch(TgNativeCall *call);
gboolean tg_native_return_int64(TgNativeCall *call, gint64 value);
gboolean tg_native_return_int32(TgNativeCall *call, gint32 value);
gboolean tg_native_return_double(TgNativeCall *call, double value);
gboolean tg_native_return_boolean(TgNativeCall *call, gboolean value);
gboolean tg_native_return_null(TgNativeCall *call);
gboolean tg_native_return_list(TgNativeCall *call,
                               const GPtrArray *texts); /* of char *; NULL: NULL */
gboolean tg_native_fail(TgNativeCall *call, const char *format, ...) G_GNUC_PRINTF(2, 3);

gboolean tg_native_register(const TgDuckdbApi *api, duckdb_connection connection, GError **error);

/* Each ends with a row of NULL. */
extern const TgNative tg_natives_text[];
extern const TgNative tg_natives_format[];
extern const TgNative tg_natives_url[];
extern const TgNative tg_natives_regexp[];
extern const TgNative tg_natives_binary[];
extern const TgNative tg_natives_math[];
extern const TgNative tg_natives_statistics[];
extern const TgNative tg_natives_words[];
extern const TgNative tg_natives_json[];
extern const TgNative tg_natives_time[];
extern const TgNative tg_natives_time_parse[];
