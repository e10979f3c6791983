/* A loader plug-in in all three roles, and with all the mistakes that one can make; built by
 * load_plugins.py. The options say what it does: {"mode": "…"}. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tegaru_plugin.h>

#ifndef ABI
#define ABI TEGARU_PLUGIN_ABI
#endif

/* The text of an option, or "". */
static const char *option(const char *options, const char *key)
{
    static char value[256];
    char wanted[64];
    const char *found = NULL;

    (void)snprintf(wanted, sizeof wanted, "\"%s\":\"", key);
    found = strstr(options, wanted);
    value[0] = '\0';
    if (found != NULL) {
        (void)snprintf(value, sizeof value, "%s", found + strlen(wanted));
        value[strcspn(value, "\"")] = '\0';
    }
    return value;
}

static int fail(struct TegaruError *error, int status, const char *message)
{
    (void)snprintf(error->message, sizeof error->message, "%s", message);
    return status;
}

/* --- input --- */

typedef struct {
    char mode[64];
    const struct TegaruHost *host;
} State;

typedef struct {
    State *state;
    int64_t partition;
    int given;
} Rows;

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    schema->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const Rows *rows = stream->private_data;
    const char *mode = rows->state->mode;
    const char *formats[] = {"l", strcmp(mode, "interval") == 0 ? "tiM" : "u"};
    const char *names[] = {
        strcmp(mode, "other_schema") == 0 && rows->partition == 1 ? "other" : "id", "name"};

    if (strcmp(mode, "no_columns") == 0) {
        *out = (struct ArrowSchema){.format = "l", .name = "", .release = release_schema};
        return 0;
    }
    *out = (struct ArrowSchema){.format = "+s", .name = "", .release = release_schema};
    out->n_children = 2;
    out->children = calloc(2, sizeof *out->children);
    for (int i = 0; i < 2; i++) {
        out->children[i] = calloc(1, sizeof *out->children[i]);
        *out->children[i] =
            (struct ArrowSchema){.format = formats[i], .name = names[i], .release = release_schema};
    }
    return 0;
}

static void release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i] != NULL) {
            array->children[i]->release(array->children[i]);
            free(array->children[i]);
        }
    }
    for (int64_t i = 0; i < array->n_buffers; i++) {
        free((void *)array->buffers[i]);
    }
    free(array->children);
    free(array->buffers);
    array->release = NULL;
}

static struct ArrowArray *array_new(int64_t length, int64_t offset, int64_t buffers)
{
    struct ArrowArray *array = calloc(1, sizeof *array);

    array->length = length;
    array->offset = offset;
    array->null_count = -1;
    array->n_buffers = buffers;
    array->buffers = calloc((size_t)buffers, sizeof *array->buffers);
    array->release = release_array;
    return array;
}

static void *copy(const void *bytes, size_t size)
{
    void *made = malloc(size);

    memcpy(made, bytes, size);
    return made;
}

/* Two rows behind one that the offsets skip: of the struct by one, of the texts by one more. */
static void make_rows(const Rows *rows, struct ArrowArray *out)
{
    const char *mode = rows->state->mode;
    int64_t first = rows->partition * 10;
    int64_t ids[] = {-1, first, first + 1};
    int32_t offsets[] = {0, 5, 6, 6, 9};
    uint8_t valid[] = {0x0f & ~0x04};
    struct ArrowArray *root = array_new(2, 1, 1);

    root->n_children = 2;
    root->children = calloc(2, sizeof *root->children);
    root->children[0] = array_new(3, 0, 2);
    root->children[0]->buffers[1] = copy(ids, sizeof ids);
    root->children[1] = array_new(3, 1, 3);
    if (strcmp(mode, "bad_offsets") == 0) {
        offsets[2] = 1000000;
    }
    if (strcmp(mode, "short_child") == 0) {
        root->children[0]->length = 2;
    }
    if (strcmp(mode, "negative_length") == 0) {
        root->length = -5;
    }
    if (strcmp(mode, "no_child") == 0) {
        root->children[0]->release(root->children[0]);
        free(root->children[0]);
        root->children[0] = NULL;
    }
    root->children[1]->buffers[0] = copy(valid, sizeof valid);
    root->children[1]->buffers[1] = copy(offsets, sizeof offsets);
    root->children[1]->buffers[2] = copy(strcmp(mode, "no_utf8") == 0 ? "skip?a\xff\xff"
                                                                        "c"
                                                                      : "skip?aabc",
                                         9);
    *out = *root;
    free(root);
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    Rows *rows = stream->private_data;

    *out = (struct ArrowArray){0};
    if (strcmp(rows->state->mode, "fails_next") == 0) {
        return EIO;
    }
    if (strcmp(rows->state->mode, "waits") == 0) {
        while (!rows->state->host->is_cancelled(rows->state->host)) {
        }
        return ECANCELED;
    }
    if (rows->given++ == 0) {
        make_rows(rows, out);
    }
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "the source went away";
}

static void release_stream(struct ArrowArrayStream *stream)
{
    free(stream->private_data);
    stream->release = NULL;
}

static int input_open(const struct TegaruHost *host, const char *options, void **out_state,
                      struct TegaruError *error)
{
    State *state = NULL;
    char line[300];

    if (strcmp(option(options, "mode"), "fails_open") == 0) {
        return fail(error, EINVAL, "no such place: write another");
    }
    if (strcmp(option(options, "mode"), "silent") == 0) {
        return EINVAL;
    }
    state = calloc(1, sizeof *state);
    (void)snprintf(state->mode, sizeof state->mode, "%s", option(options, "mode"));
    state->host = host;
    (void)snprintf(line, sizeof line, "exact %u in %s", host->exact_types, host->folder);
    host->log(host, TEGARU_LOG_INFO, line);
    *out_state = state;
    return 0;
}

static int64_t input_count(void *state)
{
    return strcmp(((State *)state)->mode, "no_partitions") == 0 ? 0 : 3;
}

static int input_read(void *state, int64_t partition, struct ArrowArrayStream *out,
                      struct TegaruError *error)
{
    Rows *rows = NULL;

    if (strcmp(((State *)state)->mode, "fails_read") == 0 && partition == 1) {
        return fail(error, EINVAL, "partition 1 is gone: read anew");
    }
    if (strcmp(((State *)state)->mode, "no_stream") == 0) {
        *out = (struct ArrowArrayStream){0};
        return 0;
    }
    rows = calloc(1, sizeof *rows);
    rows->state = state;
    rows->partition = partition;
    *out = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, rows};
    return 0;
}

static const char *input_position(void *state)
{
    return strcmp(((State *)state)->mode, "bad_position") == 0 ? "[1]" : "{\"last\":21}";
}

const struct TegaruInput *tegaru_input(void)
{
    static const struct TegaruInput input = {ABI,        "Test.",        input_open, input_count,
                                             input_read, input_position, free};

    return &input;
}

/* --- filter: every array twice --- */

typedef struct {
    struct ArrowArrayStream in;
    char mode[64];
} Filter;

static int filter_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    Filter *filter = stream->private_data;

    return filter->in.get_schema(&filter->in, out);
}

static int filter_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    Filter *filter = stream->private_data;

    return filter->in.get_next(&filter->in, out);
}

static const char *filter_error(struct ArrowArrayStream *stream)
{
    Filter *filter = stream->private_data;

    return filter->in.get_last_error(&filter->in);
}

static void filter_release(struct ArrowArrayStream *stream)
{
    Filter *filter = stream->private_data;

    filter->in.release(&filter->in);
    free(filter);
    stream->release = NULL;
}

static int filter_run(const struct TegaruHost *host, const char *options,
                      struct ArrowArrayStream *in, struct ArrowArrayStream *out,
                      struct TegaruError *error)
{
    Filter *filter = NULL;
    struct ArrowArray early = {0};

    (void)host;
    if (strcmp(option(options, "mode"), "fails") == 0) {
        return fail(error, EINVAL, "this filter never works");
    }
    if (strcmp(option(options, "mode"), "early") == 0 && in->get_next(in, &early) != 0) {
        return fail(error, EINVAL, in->get_last_error(in));
    }
    filter = calloc(1, sizeof *filter);
    filter->in = *in;
    in->release = NULL;
    *out =
        (struct ArrowArrayStream){filter_schema, filter_next, filter_error, filter_release, filter};
    return 0;
}

const struct TegaruFilter *tegaru_filter(void)
{
    static const struct TegaruFilter filter = {ABI, "Test.", filter_run};

    return &filter;
}

/* --- output: a line for each task and array, in a file that appears with the commit --- */

typedef struct {
    char path[256];
    char mode[64];
    char text[4096];
    int committed;
} Output;

static int output_open(const struct TegaruHost *host, const char *options,
                       const struct ArrowSchema *schema, int64_t tasks, void **out_state,
                       struct TegaruError *error)
{
    Output *output = NULL;

    (void)host;
    (void)tasks;
    if (strcmp(option(options, "mode"), "fails_open") == 0) {
        return fail(error, EINVAL, "nothing can be written there");
    }
    output = calloc(1, sizeof *output);
    (void)snprintf(output->path, sizeof output->path, "%s", option(options, "path"));
    (void)snprintf(output->mode, sizeof output->mode, "%s", option(options, "mode"));
    for (int64_t i = 0; i < schema->n_children; i++) {
        size_t used = strlen(output->text);

        (void)snprintf(output->text + used, sizeof output->text - used, "%s %s%s",
                       schema->children[i]->name, schema->children[i]->format,
                       i + 1 == schema->n_children ? "\n" : ", ");
    }
    *out_state = output;
    return 0;
}

static int output_write(void *state, int64_t task, struct ArrowArrayStream *rows,
                        struct TegaruError *error)
{
    Output *output = state;
    int status = 0;

    (void)task;
    if (strcmp(output->mode, "fails_write") == 0) {
        return fail(error, EAGAIN, "the place is full: try later");
    }
    for (;;) {
        struct ArrowArray array = {0};
        size_t used = strlen(output->text);

        status = rows->get_next(rows, &array);
        if (status != 0 || array.release == NULL) {
            break;
        }
        (void)snprintf(output->text + used, sizeof output->text - used, "%d rows\n",
                       (int)array.length);
        array.release(&array);
    }
    if (status != 0) {
        (void)fail(error, status, rows->get_last_error(rows));
    }
    rows->release(rows);
    return strcmp(output->mode, "ignores") == 0 ? 0 : status;
}

static int output_commit(void *state, struct TegaruError *error)
{
    Output *output = state;
    FILE *file = NULL;

    if (strcmp(output->mode, "fails_commit") == 0) {
        return fail(error, EINVAL, "no commit today");
    }
    file = fopen(output->path, "w");
    (void)fputs(output->text, file);
    (void)fclose(file);
    return 0;
}

const struct TegaruOutput *tegaru_output(void)
{
    static const struct TegaruOutput output = {ABI,          "Test.",       output_open,
                                               output_write, output_commit, free};

    return &output;
}
