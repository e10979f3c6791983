/* The roles of loader plug-ins. One file a plug-in; each is a const struct named
 * tg_<role>_<name> whose options stand beside it. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "columns/batch.h"
#include "columns/type.h"
#include "loader/loader.h"

/* One option of a plug-in: checked, warned about when unknown, and printed in the reference. */
typedef struct {
    const char *name;
    const char *type;     /* "text", "integer", "boolean", "list", "map" */
    const char *fallback; /* default as the reference prints it; NULL: required */
    const char *help;     /* one sentence */
} TgLoaderOption;

/* What every struct of a plug-in begins with. */
typedef struct {
    const char *name;              /* the `type` of a config */
    const char *help;              /* one sentence */
    const TgLoaderOption *options; /* ends with {0}; NULL: none */
} TgPluginHead;

/* What a plug-in sees of the run. Any thread may use it. */
typedef struct TgLoaderContext TgLoaderContext;

const TgLoaderJob *tg_loader_context_job(const TgLoaderContext *context);

/* A path of the config, as seen from the base folder. The caller frees. */
char *tg_loader_context_path(const TgLoaderContext *context, const char *path);

void tg_loader_log(const TgLoaderContext *context, TgLoaderLevel level, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Threads that may read rows at a time: one for each core, or exec.max_threads if that is less. */
guint tg_loader_readers_max(const TgLoaderContext *context);

/* FALSE with TG_ERROR_CANCELLED when the user stopped the load: for those who wait. */
gboolean tg_loader_check_cancelled(const TgLoaderContext *context, GError **error);

/* Whether no filter and no output will look at a column of the input, so that a reader may leave it
 * null. Known when a task is opened. */
gboolean tg_loader_is_unused(const TgLoaderContext *context, guint column);

/* Counts towards progress and receipt. */
void tg_loader_count_bytes(TgLoaderContext *context, gint64 bytes);

/* A record that does not fit. Everything is lent. */
typedef struct {
    const char *file;
    guint64 line;       /* from 1; 0: the format has no lines */
    const char *column; /* NULL: the record as a whole */
    const char *reason;
    const char *raw; /* the record's bytes as they came */
    gsize raw_bytes;
} TgReject;

/* A parser skips a record: counts it, keeps it in the reject file, and stops the load (FALSE) when
 * there are more than exec.max_errors. Parsers log what they skip themselves. */
gboolean tg_loader_reject(TgLoaderContext *context, const TgReject *reject, GError **error);

/* What `stop_on_invalid_record` is by default: an exact load stops, unless its `exec` names a limit
 * or a file for such records. */
gboolean tg_loader_stops_on_invalid(const TgLoaderContext *context);

/* A stream of bytes to be read by one thread at a time. */
typedef struct TgStream TgStream;
typedef struct {
    /* Up to `size_bytes` bytes; 0 at the end; -1 with the error set. */
    gssize (*read)(TgStream *stream, void *into, gsize size_bytes, GError **error);
    void (*free)(TgStream *stream);
} TgStreamClass;
struct TgStream {
    const TgStreamClass *class;
    char *name; /* for messages: the path; owned */
};
void tg_stream_free(TgStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgStream, tg_stream_free)

/* Fills the buffer as far as the stream reaches; less than asked for means the end; -1: error. */
gssize tg_stream_read_full(TgStream *stream, void *into, gsize size_bytes, GError **error);

/* Rows of one input task. */
typedef struct TgReader TgReader;
typedef struct {
    /**
     * Puts up to TG_READER_ROWS rows into a cleared batch of the input's schema; none means the
     * end. Several threads may call it at a time, each with a batch of its own; the order of
     * the rows is then not defined.
     */
    gboolean (*next)(TgReader *reader, TgBatch *batch, GError **error);
    void (*free)(TgReader *reader);
    /**
     * For those who keep the order of the rows while several threads parse: takes the next part of
     * the task, as a block of a file; *out is NULL at the end. One thread at a time. NULL: the
     * reader has no parts. Either these or next() is called, not both.
     */
    gboolean (*take_part)(TgReader *reader, gpointer *out, GError **error);
    /* As next(), from a part alone; several threads may, each from its own. */
    gboolean (*next_of_part)(TgReader *reader, gpointer part, TgBatch *batch, GError **error);
    void (*end_part)(TgReader *reader, gpointer part);
} TgReaderClass;
struct TgReader {
    const TgReaderClass *class;
};
#define TG_READER_ROWS 2048u /* rows of one batch: DuckDB's vectors have as many */
void tg_reader_free(TgReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgReader, tg_reader_free)

/* An input in its transaction. */
typedef struct TgInput TgInput;
typedef struct {
    /* Starts a task (from 0); called from any thread. */
    TgReader *(*open_task)(TgInput *input, guint task, GError **error);
    /* The same as the config diff, but before the output commits, which may publish it together
     * with the rows; {}: none; a new reference. NULL: an input that never goes on. */
    json_t *(*get_position)(const TgInput *input, GError **error);
    /* After all tasks have succeeded: the config diff, a new reference. */
    json_t *(*finish)(TgInput *input, GError **error);
    void (*free)(TgInput *input);
} TgInputClass;
struct TgInput {
    const TgInputClass *class;
    TgSchema *schema; /* owned, freed by tg_input_free */
    guint task_count;
    gint64 bytes_expected; /* -1: not known */
};
void tg_input_free(TgInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgInput, tg_input_free)

struct TgInputPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options; /* ends with {0} */
    TgInput *(*open)(TgLoaderContext *context, const json_t *config, GError **error);
    /* `load guess`: what a look at the source adds to `in`, a map to be merged; a new reference.
     * NULL: there is nothing to guess. */
    json_t *(*guess)(TgLoaderContext *context, const json_t *config, GError **error);
};

/* The files of a file input in its transaction. */
typedef struct TgFiles TgFiles;
typedef struct {
    /* File `index` of a task; *out is NULL behind the last. Called from any thread. */
    gboolean (*open_file)(TgFiles *files, guint task, guint index, TgStream **out, GError **error);
    json_t *(*finish)(TgFiles *files, GError **error); /* the config diff */
    void (*free)(TgFiles *files);
} TgFilesClass;
struct TgFiles {
    const TgFilesClass *class;
    guint task_count;
    gint64 bytes_expected; /* -1: not known */
};

struct TgFileInputPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    TgFiles *(*open)(TgLoaderContext *context, const json_t *config, GError **error);
};

/* Files in a file. */
typedef struct TgArchive TgArchive;
typedef struct {
    /* The next file; *out is NULL behind the last. One stream is open at a time: it is freed before
     * the next is asked for, and before the archive. */
    gboolean (*next)(TgArchive *archive, TgStream **out, GError **error);
    void (*free)(TgArchive *archive);
} TgArchiveClass;
struct TgArchive {
    const TgArchiveClass *class;
};

struct TgDecoderPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    /* Wraps a stream; takes it even on failure. NULL: it opens an archive instead. */
    TgStream *(*open)(const json_t *config, TgStream *take_source, GError **error);
    /* The same for a file of many files. */
    TgArchive *(*open_archive)(const json_t *config, TgStream *take_source, GError **error);
};

/* The decoded files of one task, for a parser. */
typedef struct TgFileTask TgFileTask;
/* The next file; *out is NULL behind the last. The caller frees the stream. */
gboolean tg_file_task_next(TgFileTask *task, TgStream **out, GError **error);
void tg_file_task_free(TgFileTask *task);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgFileTask, tg_file_task_free)

/* The first file of the input whose parser is being opened, for schemas that stand in the files;
 * *out is NULL when there is none. */
gboolean tg_loader_open_first_file(TgLoaderContext *context, TgStream **out, GError **error);

/**
 * An input of files that the caller made, read by the parser that `config` names in `parser`.
 *
 * @take_files taken, also on failure
 */
TgInput *tg_loader_open_files(TgLoaderContext *context, const json_t *config, TgFiles *take_files,
                              GError **error);

/* A parser with its config read. */
typedef struct TgParser TgParser;
typedef struct {
    /* Takes the task even on failure. Called from any thread. */
    TgReader *(*open_task)(TgParser *parser, TgFileTask *take_files, GError **error);
    void (*free)(TgParser *parser);
} TgParserClass;
struct TgParser {
    const TgParserClass *class;
    TgSchema *schema; /* owned, freed by the frame */
};

struct TgParserPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    gboolean needs_whole_files; /* a sample of the first bytes is not enough for a preview */
    TgParser *(*open)(TgLoaderContext *context, const json_t *config, GError **error);
};

/* The rows that an output task pulls; may be shared by threads through one cursor each. */
typedef struct TgRows TgRows;
typedef struct TgCursor TgCursor;

const TgSchema *tg_rows_schema(const TgRows *rows);
guint tg_rows_threads_max(const TgRows *rows); /* cursors that may usefully pull at a time */
TgCursor *tg_cursor_new(TgRows *rows);
void tg_cursor_free(TgCursor *cursor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgCursor, tg_cursor_free)

/* The next batch, lent until the next call; *out is NULL at the end. */
gboolean tg_cursor_next(TgCursor *cursor, const TgBatch **out, GError **error);

/* Cursors that may usefully pull at a time by the two functions below. */
guint tg_rows_ordered_max(const TgRows *rows);

/**
 * Takes the next part of the rows, for an output that keeps their order: tickets count the parts
 * from 0, without a gap. *out_has is FALSE at the end; a failure has a ticket, too.
 */
gboolean tg_cursor_take_part(TgCursor *cursor, gboolean *out_has, guint64 *out_ticket,
                             GError **error);

/* As tg_cursor_next, from the part that was taken. */
gboolean tg_cursor_next_of_part(TgCursor *cursor, const TgBatch **out, GError **error);

/* A filter with its config read. */
typedef struct TgFilter TgFilter;
typedef struct {
    /* Makes `out`, which was made with its schema and is cleared, from `in`. Called from any
     * thread. NULL: the filter is a view. */
    gboolean (*apply)(const TgFilter *filter, const TgBatch *in, TgBatch *out, GError **error);
    void (*free)(TgFilter *filter);
    /* Of a filter that needs the rows of all tasks together, instead of apply: a reader of the
     * result. Called once; the rows outlive the reader. */
    TgReader *(*open_stream)(TgFilter *filter, TgRows *rows, GError **error);
} TgFilterClass;
struct TgFilter {
    const TgFilterClass *class;
    TgSchema *schema; /* of the result; owned, freed by the frame */
    guint *view;      /* of a filter that only chooses columns: column i of the result is column
                         view[i] of what comes in; owned, freed by the frame. Else NULL */
};

struct TgFilterPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    TgFilter *(*open)(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                      GError **error);
};

/* An output in its transaction. */
typedef struct TgOutput TgOutput;
typedef struct {
    /* Writes all rows of a task (from 0); *out_report is a new reference. From any thread. */
    gboolean (*run_task)(TgOutput *output, guint task, TgRows *rows, json_t **out_report,
                         GError **error);
    /**
     * All tasks succeeded: makes the result visible.
     *
     * @reports an array, one for each task
     * @receipt an object to be added to
     * @out_diff the config diff, a new reference
     */
    gboolean (*commit)(TgOutput *output, const json_t *reports, json_t *receipt, json_t **out_diff,
                       GError **error);
    /* Also when nothing was committed: removes what is not visible yet. */
    void (*free)(TgOutput *output);
} TgOutputClass;
struct TgOutput {
    const TgOutputClass *class;
};
void tg_output_free(TgOutput *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgOutput, tg_output_free)

struct TgOutputPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    gboolean merges; /* with exact types one task takes all rows, by several threads */
    TgOutput *(*open)(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                      guint task_count, GError **error);
    /* How each column would be stored, without storing: an array of {"stored", "glue", "athena",
     * "loss"}, each a text or absent; a new reference. NULL: texts, nothing to tell. */
    json_t *(*describe)(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                        GError **error);
    /* What earlier commits found as "positions" in their receipt and kept with the rows; a new
     * reference; {}: nothing. NULL: it keeps none. */
    json_t *(*get_positions)(TgLoaderContext *context, const json_t *config, GError **error);
};

/* Where bytes go; used by one thread at a time. */
typedef struct TgSink TgSink;
typedef struct {
    gboolean (*write)(TgSink *sink, const void *bytes, gsize size_bytes, GError **error);
    gboolean (*finish)(TgSink *sink, GError **error); /* flushes and closes, once */
    void (*free)(TgSink *sink);
} TgSinkClass;
struct TgSink {
    const TgSinkClass *class;
};
void tg_sink_free(TgSink *sink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSink, tg_sink_free)

/* A file output in its transaction. */
typedef struct TgFileSinks TgFileSinks;
typedef struct {
    /* Starts file `index` of a task. *out_path names it for the report. */
    TgSink *(*open_file)(TgFileSinks *sinks, guint task, guint index, char **out_path,
                         GError **error);
    /* All tasks succeeded: makes the files visible. NULL: they are since they were finished. */
    gboolean (*commit)(TgFileSinks *sinks, GError **error);
    void (*free)(TgFileSinks *sinks);
} TgFileSinksClass;
struct TgFileSinks {
    const TgFileSinksClass *class;
};

struct TgFileOutputPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    TgFileSinks *(*open)(TgLoaderContext *context, const json_t *config, guint task_count,
                         GError **error);
};

struct TgEncoderPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    gint64 level_default; /* of the option `level`, which the frame reads */
    gint64 level_min;
    gint64 level_max;
    /* Wraps a sink; takes it even on failure. */
    TgSink *(*open)(gint64 level, TgSink *take_target, GError **error);
};

/* A formatter with its config read; any thread may use it. */
typedef struct TgFormatter TgFormatter;
typedef struct {
    gboolean (*begin)(const TgFormatter *formatter, GString *out, GError **error); /* of a file */
    gboolean (*add)(const TgFormatter *formatter, const TgBatch *batch, GString *out,
                    GError **error);
    void (*free)(TgFormatter *formatter);
    /* Instead of begin and add, for files that are more than record after record: pulls all rows
     * and writes a file, but does not finish it. *out_bytes is what was written. */
    gboolean (*write_file)(const TgFormatter *formatter, TgRows *rows, TgSink *sink,
                           gint64 *out_bytes, GError **error);
} TgFormatterClass;
struct TgFormatter {
    const TgFormatterClass *class;
};

struct TgFormatterPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    TgFormatter *(*open)(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                         GError **error);
};

/* What is asked when a type stands in no table: plug-ins of others. */
struct TgExternalPlugins {
    /* @role "input", "filter" or "output" */
    gboolean (*has_type)(const TgLoaderJob *job, const char *role, const char *type);
    const TgInputPlugin *input;
    const TgFilterPlugin *filter;
    const TgOutputPlugin *output;
};

/* A sample of the input, for guessing. */
typedef struct {
    const guint8 *bytes;
    gsize size_bytes;
    gboolean is_whole; /* the sample is all there is */
} TgGuessSample;

struct TgGuessPlugin {
    const char *name;
    const char *help;
    const TgLoaderOption *options;
    gboolean
        is_standard;   /* takes part unless excluded; else only when exec.guess_plugins names it */
    gboolean is_exact; /* takes part in exact loads, unless excluded */
    /* What the sample says about `in`: a map to be merged, empty when nothing is new; a new
     * reference. NULL with the error set. */
    json_t *(*guess)(TgLoaderContext *context, const json_t *config, const TgGuessSample *sample,
                     GError **error);
};
