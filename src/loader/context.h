/* The inside of a run that the files of loader/ share; plug-ins see plugin.h alone. */
#pragma once

#include <stdatomic.h>

#include "loader/plugin.h"
#include "loader/rejects.h"

#define TG_LOADER_MEMORY_DEFAULT ((gint64)192 * 1024 * 1024) /* bytes of buffers */
#define TG_LOADER_THREADS_MAX 64u

struct TgLoaderContext {
    const TgLoaderJob *job;
    TgRejects *rejects; /* NULL in a preview: then records are only counted */
    gint64 bytes_expected;
    TgInput *opening;      /* the file input whose parser is being opened */
    json_t *position_read; /* that the load goes on from; NULL: none is kept with its rows; owned */
    guint8 *unused;        /* by column of the input, as tg_loader_is_unused; NULL: all are used */
    guint unused_count;    /* how many it tells about */
    gboolean has_stream_filter; /* then the rows behind it are not counted as read */
    _Atomic gint64 rows_read;
    _Atomic gint64 rows_written;
    _Atomic gint64 rows_rejected;
    _Atomic gint64 bytes_read;
};

/* Finds a plug-in by the `type` of its config block in a NULL-terminated list of structs that begin
 * with the name; unknown ones are CONFIG with a likely name. Lent. */
const void *tg_loader_find_plugin(const json_t *config, const char *role,
                                  const void *const *plugins, GError **error);

/* Whether a list of plug-ins has the type that the config names. */
gboolean tg_loader_has_type(const json_t *config, const void *const *plugins);

/* Whether a plug-in of somebody else takes a type that stands in none of the lists.
 * @role as TgExternalPlugins.has_type */
gboolean tg_loader_is_external(const TgLoaderJob *job, const char *role, const json_t *config,
                               const void *const *plugins);

/* Warns about keys of a config block that are in neither list. `options` may be NULL; `frame_keys`
 * (NULL-terminated) are those that the frame reads. */
void tg_loader_warn_unknown(const TgLoaderContext *context, const char *role, const json_t *config,
                            const TgLoaderOption *options, const char *const *frame_keys);

/* Tells progress() the counters. */
void tg_loader_tell_progress(const TgLoaderContext *context);

guint tg_loader_threads(const TgLoaderContext *context);

/* Opens the input that `in` describes: an input plug-in, or a file input with its parser. */
TgInput *tg_loader_open_input(TgLoaderContext *context, const json_t *config, GError **error);

/* The same for `out`. `files` of a file output are made by its formatter and encoders. */
TgOutput *tg_loader_open_output(TgLoaderContext *context, const json_t *config,
                                const TgSchema *schema, guint task_count, GError **error);
gboolean tg_loader_output_merges(const TgLoaderContext *context, const json_t *config);

/* loader/file_input.c: a file input with decoders and parser as one input. */
TgInput *tg_file_input_open(TgLoaderContext *context, const TgFileInputPlugin *plugin,
                            const json_t *config, GError **error);

/* A parser over bytes in memory, for preview and guess. `bytes` must outlive the input. */
TgInput *tg_file_input_open_sample(TgLoaderContext *context, const json_t *config,
                                   const guint8 *bytes, gsize size_bytes, GError **error);

/* The first bytes of the first file, through the decoders that the config names. */
gboolean tg_file_input_read_sample(TgLoaderContext *context, const json_t *config, gsize size_max,
                                   GByteArray *into, gboolean *out_is_whole, GError **error);

/* Whether the parser that `in` names reads whole files alone. */
gboolean tg_file_input_needs_whole(const TgLoaderContext *context, const json_t *in);

/* loader/file_output.c: formatter and encoders over a file output as one output. */
TgOutput *tg_file_output_open(TgLoaderContext *context, const TgFileOutputPlugin *plugin,
                              const json_t *config, const TgSchema *schema, guint task_count,
                              GError **error);

/* Whether `in` names a file input. */
gboolean tg_loader_is_file_input(const TgLoaderContext *context, const json_t *in);

/* The config of the job; an exact load has what it leaves out guessed: a file input without parser,
 * csv without columns. A new reference. */
json_t *tg_loader_guess_missing(const TgLoaderContext *context, GError **error);

/* The filters of a config, first to last. */
typedef struct {
    guint count;
    TgFilter **filters;     /* owned */
    const TgSchema *schema; /* of the last; that of the input without filters; lent */
} TgFilterChain;

gboolean tg_filter_chain_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                              TgFilterChain *out, GError **error);
/* loader/stream_filter.c: makes the filters up to the last one that needs the whole stream a part
 * of the input, which then has one task. */
void tg_filter_chain_join(TgLoaderContext *context, TgInput **input, TgFilterChain *chain);
/* Tells the context which columns of the input the leading filters leave out. */
void tg_filter_chain_find_unused(TgLoaderContext *context, const TgFilterChain *chain,
                                 const TgSchema *input);
void tg_filter_chain_clear(TgFilterChain *chain);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgFilterChain, tg_filter_chain_clear)
