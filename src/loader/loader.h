/* The bulk loader: input → filters → output as one transaction, in Embulk's terms. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "columns/type.h"

/* Defined in object/store.h and catalog/catalog.h: handed through to the outputs that need them. */
typedef struct TgObjectStore TgObjectStore;
typedef struct TgCatalog TgCatalog;

/* Defined in loader/plugin.h. */
typedef struct TgInputPlugin TgInputPlugin;
typedef struct TgFileInputPlugin TgFileInputPlugin;
typedef struct TgDecoderPlugin TgDecoderPlugin;
typedef struct TgParserPlugin TgParserPlugin;
typedef struct TgFilterPlugin TgFilterPlugin;
typedef struct TgFormatterPlugin TgFormatterPlugin;
typedef struct TgEncoderPlugin TgEncoderPlugin;
typedef struct TgOutputPlugin TgOutputPlugin;
typedef struct TgFileOutputPlugin TgFileOutputPlugin;
typedef struct TgGuessPlugin TgGuessPlugin;
typedef struct TgExternalPlugins TgExternalPlugins;

/* The plug-ins of this program, each list NULL-terminated; built by cli/loader_plugins.c. */
typedef struct {
    const TgInputPlugin *const *inputs;
    const TgFileInputPlugin *const *file_inputs;
    const TgDecoderPlugin *const *decoders;
    const TgParserPlugin *const *parsers;
    const TgFilterPlugin *const *filters;
    const TgFormatterPlugin *const *formatters;
    const TgEncoderPlugin *const *encoders;
    const TgOutputPlugin *const *outputs;
    const TgFileOutputPlugin *const *file_outputs;
    const TgGuessPlugin *const *guesses;
    const TgExternalPlugins *external; /* NULL: no others */
} TgLoaderPlugins;

typedef enum { TG_LOADER_DEBUG, TG_LOADER_INFO, TG_LOADER_WARN, TG_LOADER_ERROR } TgLoaderLevel;

/* How far a load has come. */
typedef struct {
    gint64 rows;           /* read so far */
    gint64 bytes;          /* of the input read so far, as stored (compressed) */
    gint64 bytes_expected; /* of the whole input; -1: not known */
} TgLoaderProgress;

/* What a load staged for its data tests; lent. */
typedef struct {
    const json_t *columns; /* [{"Name", "Type"}] in Hive's types, as the catalog will have them */
    const json_t *partition_keys; /* the same; may be empty */
    const char *prefix;           /* "s3://…/": partitions lie below it as k=v/ */
    GPtrArray *objects;           /* of TgObjectInfo */
} TgLoaderStaged;

/* What a load may use of the world; members are lent and called from any thread. Functions may be
 * NULL (then nothing happens, no tests can be run, nothing is cancelled). */
typedef struct {
    TgObjectStore *objects; /* where s3_parquet writes; NULL: it refuses to */
    TgCatalog *catalog;     /* for `catalog:`; NULL: it is refused */

    /**
     * Runs the data tests of a `tests:` block on objects that no reader sees yet.
     *
     * @out_results an array for the receipt, a new reference; also set when a test failed
     * @return FALSE with TG_ERROR_CONFIG when a test failed: nothing is published then
     */
    gboolean (*run_tests)(gpointer data, const json_t *tests, const TgLoaderStaged *staged,
                          json_t **out_results, GError **error);
    gboolean (*is_cancelled)(gpointer data);
    void (*progress)(gpointer data, const TgLoaderProgress *progress);
    void (*log)(gpointer data, TgLoaderLevel level, const char *message);
    void (*print)(gpointer data, const char *bytes, gsize size_bytes); /* of `type: stdout` */
    gpointer data;
} TgLoaderServices;

/* One load. Everything is lent for the time of the call. */
typedef struct {
    const json_t *config;       /* {"in", "filters", "out", "exec"}, templates filled in */
    const char *config_name;    /* for messages: "load.yml" */
    const char *base_folder;    /* absolute; paths of the config are relative to it. NULL: as they
                                   are (the working directory), as Embulk */
    const char *project_folder; /* absolute, where plug-ins of a project stand; NULL: the working
                                   directory */
    gboolean exact_types;       /* TRUE: types arrive exactly, an invalid record stops the load,
                                   missing columns are guessed (`tegaru load`, load>); FALSE: as
                                   Embulk (`embulk`, embulk>) */
    const TgLoaderPlugins *plugins;
    const TgLoaderServices *services;
    const char *task_name; /* for the history of the catalog; may be NULL */
    gint64 now_ms;         /* Unix time: the transaction time */
    gint64 memory_bytes;   /* limit for buffers and the Parquet writer; 0: 192 MiB */
    guint threads;         /* 0: one for each core */
    json_t *resume_state;  /* what an earlier run left in the report; NULL: from the start */
} TgLoaderJob;

/* What a load did. */
typedef struct {
    /* {"rows_read", "rows_written", "rows_rejected", "bytes_read", "objects": [{"url" or "path",
     * "size"}], "table": what tg_publish_commit_table returned, "columns": [{"name", "type"}],
     * "duration_ms"}; NULL after a failure */
    json_t *receipt;
    json_t *config_diff;  /* {"in": {…}, "out": {…}}; NULL after a failure */
    json_t *resume_state; /* after a failure of a task: which tasks are done; else NULL */
} TgLoaderReport;

void tg_loader_report_clear(TgLoaderReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgLoaderReport, tg_loader_report_clear)

/**
 * Runs a load; blocks until it ended. A task that fails lets the others finish. After a failure
 * nothing of an object store output is visible; files of the `file` output stay, as with Embulk.
 *
 * Errors: CONFIG for the config and the data (file, line, column and text), NOT_FOUND and DENIED
 * for files, RETRY for servers and disks, CANCELLED.
 *
 * @out cleared by the caller, also after a failure
 */
gboolean tg_loader_run(const TgLoaderJob *job, TgLoaderReport *out, GError **error);

/**
 * Fills in what the config leaves out from a sample of the input (decoders, parser, columns).
 *
 * @return the whole config with the guessed parts merged in; a new reference
 */
json_t *tg_loader_guess(const TgLoaderJob *job, GError **error);

/**
 * What a config names that only an Embulk with plug-ins of its own can have: "in: there is no
 * plug-in of type 'x' here". NULL: nothing, or the config says `types: exact`, which an Embulk
 * cannot keep. The caller frees.
 */
char *tg_loader_describe_foreign(const TgLoaderJob *job);

/* Which types a config wants: its `types: exact` or `types: embulk`, else `fallback`. The key
 * stands at the top, where Embulk ignores what it does not know. */
gboolean tg_loader_read_types(const json_t *config, gboolean fallback, gboolean *out_exact,
                              GError **error);

/**
 * What becomes of the type of each column, without loading: opens the input and the filters.
 *
 * @return [{"name", "source", "page", "stored", "glue", "athena", "loss"}], absent when there is
 *         nothing to say; a new reference
 */
json_t *tg_loader_types(const TgLoaderJob *job, GError **error);

/* A sample of the rows after the filters. */
typedef struct {
    TgSchema *schema;
    GPtrArray *rows; /* of GPtrArray of texts as preview shows them; a NULL text is a null */
    GPtrArray *rows_vertical; /* the same, values as `preview -G` shows them */
} TgLoaderSample;

void tg_loader_sample_clear(TgLoaderSample *sample);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgLoaderSample, tg_loader_sample_clear)

/* Reads a sample (32 KiB unless exec.preview_sample_buffer_bytes) through input and filters. */
gboolean tg_loader_preview(const TgLoaderJob *job, TgLoaderSample *out, GError **error);

/* A sample as the table that `embulk preview` prints, or as its vertical form. The caller frees. */
char *tg_loader_sample_format(const TgLoaderSample *sample, gboolean is_vertical);
