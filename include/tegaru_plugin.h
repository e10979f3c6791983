/*
 * Plug-ins for loads of tegaru, as shared objects. This header is all that one needs: no library is
 * linked. docs/loader-plugins.md tells the rest and has a whole example.
 *
 * A plug-in is a file tegaru_ROLE_NAME.so, ROLE being input, filter or output, that exports one
 * function: tegaru_input(), tegaru_filter() or tegaru_output(). It gives a struct that lives as
 * long as the program. `in: {type: NAME, …}` then uses it; the whole block reaches it as JSON.
 *
 * Rows travel through the Arrow C stream interface. Any library that speaks it will do: Arrow C++,
 * nanoarrow, arrow-rs, or a struct filled by hand.
 *
 * Functions return 0, or for a failure an errno, after writing a message into *error that says what
 * is wrong and what to do. EAGAIN and EIO mean that trying again may help. They must not exit,
 * change the working folder or signal handlers, and must not write to standard output.
 */
#ifndef TEGARU_PLUGIN_H
#define TEGARU_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The Arrow C data interface and the Arrow C stream interface, as their specification prints them:
 * "The Arrow C data interface", "The Arrow C stream interface" of the Apache Arrow project, Apache
 * License 2.0. They are an ABI and never change. The guards are those of the specification, so
 * that this header and Arrow's own may both be included.
 */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    /* Array type description */
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;

    /* Release callback */
    void (*release)(struct ArrowSchema *);
    /* Opaque producer-specific data */
    void *private_data;
};

struct ArrowArray {
    /* Array data description */
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;

    /* Release callback */
    void (*release)(struct ArrowArray *);
    /* Opaque producer-specific data */
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    /* Callbacks providing stream functionality; 0, or an errno */
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    /* Success with a released array (release == NULL) is the end */
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);

    /* Release callback */
    void (*release)(struct ArrowArrayStream *);
    /* Opaque producer-specific data */
    void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

/* What `abi` of the structs below must be. A later version adds members at their ends and is told
 * by a greater number; a plug-in keeps working with the number that it was built with. */
#define TEGARU_PLUGIN_ABI 1

#define TEGARU_ERROR_BYTES 1024

/* Where a failing function puts why, as UTF-8 with a NUL at its end. Secrets do not belong there.
 */
struct TegaruError {
    char message[TEGARU_ERROR_BYTES];
};

enum { TEGARU_LOG_DEBUG = 0, TEGARU_LOG_INFO = 1, TEGARU_LOG_WARN = 2 };

/* What a plug-in may ask of the load; it lives until close() returns. Any thread may call. */
struct TegaruHost {
    uint32_t abi;
    uint32_t exact_types; /* 0: the load has Embulk's six types, as `embulk` and embulk> */
    const char *folder;   /* absolute; relative paths of the options start here */
    void (*log)(const struct TegaruHost *host, int level, const char *message);
    /* Not 0 when the load was stopped: whoever waits must give up soon. */
    int (*is_cancelled)(const struct TegaruHost *host);
};

/*
 * Where rows come from.
 *
 * open() is called once, the others with its state, close() in the end also after failures (not
 * after a failure of open itself). read() gives the rows of one partition, each asked for once; it,
 * and the streams, are called from several threads, one stream from one thread at a time. All
 * partitions have the schema of the first. Columns are the children of a struct ("+s").
 */
struct TegaruInput {
    uint32_t abi;     /* TEGARU_PLUGIN_ABI */
    const char *help; /* one sentence */
    int (*open)(const struct TegaruHost *host, const char *options_json, void **out_state,
                struct TegaruError *error);
    int64_t (*count_partitions)(void *state); /* NULL: there is one */
    int (*read)(void *state, int64_t partition, struct ArrowArrayStream *out,
                struct TegaruError *error);
    /* After all rows were read: options for the next load, as a JSON map, for loads that go on
     * where this one ended; lent until close(). NULL, and a NULL from it: none. */
    const char *(*get_position)(void *state);
    void (*close)(void *state);
};

/*
 * All rows of a load in, other rows out. run() fills *out at once, without pulling from *in yet:
 * out->get_schema() may only ask in->get_schema(); the rows of *in can be had from the first
 * out->get_next() on. It takes *in (moves it away, and releases it with *out), also on failure. A
 * load that is only looked at (types) never pulls.
 */
struct TegaruFilter {
    uint32_t abi;
    const char *help;
    int (*run)(const struct TegaruHost *host, const char *options_json, struct ArrowArrayStream *in,
               struct ArrowArrayStream *out, struct TegaruError *error);
};

/*
 * Where rows go. write() is called once for each task, from several threads at a time, and pulls
 * all of *rows; it releases them, also on failure. commit() is called once if all tasks succeeded,
 * and only it makes rows visible; close() without a commit() before it removes what was written.
 */
struct TegaruOutput {
    uint32_t abi;
    const char *help;
    int (*open)(const struct TegaruHost *host, const char *options_json,
                const struct ArrowSchema *schema, int64_t tasks, void **out_state,
                struct TegaruError *error);
    int (*write)(void *state, int64_t task, struct ArrowArrayStream *rows,
                 struct TegaruError *error);
    int (*commit)(void *state, struct TegaruError *error);
    void (*close)(void *state);
};

/* What a plug-in exports: one of these, with visibility. */
const struct TegaruInput *tegaru_input(void);
const struct TegaruFilter *tegaru_filter(void);
const struct TegaruOutput *tegaru_output(void);

#ifdef __cplusplus
}
#endif

#endif
