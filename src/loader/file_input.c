/* Input role: files → decoders → parser. */
#include "loader/context.h"
#include "loader/stream.h"
#include "params/params.h"

#define DECODERS_MAX 16u

/* The decoders of a config, found and checked once. */
typedef struct {
    guint count;
    const TgDecoderPlugin *plugins[DECODERS_MAX];
    const json_t *configs[DECODERS_MAX]; /* lent from the config */
} Decoders;

struct TgFileTask {
    TgFiles *files;
    const Decoders *decoders;
    guint task;
    guint index;           /* of the next file */
    TgArchive *archive;    /* whose files are read now; NULL: none */
    guint archive_decoder; /* that opened it */
};

static gboolean decoders_find(TgLoaderContext *context, const json_t *config, Decoders *out,
                              GError **error)
{
    static const char *const frame_keys[] = {"type", NULL};
    const void *const *plugins = (const void *const *)context->job->plugins->decoders;
    const json_t *list = json_object_get(config, "decoders");
    json_t *block = NULL;
    size_t index = 0;
    guint archives = 0;

    if (list != NULL && !json_is_null(list) && !json_is_array(list)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "in.decoders must be a list of maps");
        return FALSE;
    }
    if (json_array_size(list) > DECODERS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "in.decoders has more than %u entries",
                    DECODERS_MAX);
        return FALSE;
    }
    json_array_foreach (list, index, block) {
        const TgDecoderPlugin *plugin = tg_loader_find_plugin(block, "in.decoders", plugins, error);

        if (plugin == NULL) {
            return FALSE;
        }
        tg_loader_warn_unknown(context, "in.decoders", block, plugin->options, frame_keys);
        if (plugin->open_archive != NULL && archives++ > 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "in.decoders: archives in archives cannot be read; unpack the outer one");
            return FALSE;
        }
        out->plugins[out->count] = plugin;
        out->configs[out->count++] = block;
    }
    return TRUE;
}

/* Puts the decoders from `first` on over a stream; an archive stays open in the task, and *out is
 * NULL then. */
static gboolean decode(TgFileTask *task, guint first, TgStream *take_stream, TgStream **out,
                       GError **error)
{
    g_autoptr(TgStream) stream = take_stream;

    for (guint i = first; stream != NULL && i < task->decoders->count; i++) {
        const TgDecoderPlugin *plugin = task->decoders->plugins[i];
        const json_t *config = task->decoders->configs[i];

        if (plugin->open_archive != NULL) {
            task->archive = plugin->open_archive(config, g_steal_pointer(&stream), error);
            task->archive_decoder = i;
            *out = NULL;
            return task->archive != NULL;
        }
        stream = plugin->open(config, g_steal_pointer(&stream), error);
        if (stream == NULL) {
            return FALSE;
        }
    }
    *out = g_steal_pointer(&stream);
    return TRUE;
}

static void close_archive(TgFileTask *task)
{
    if (task->archive != NULL) {
        task->archive->class->free(task->archive);
        task->archive = NULL;
    }
}

/* The next file as it comes from the archive that is open, or from the input. *out_first is the
 * decoder to begin with; *out NULL behind the last file. */
static gboolean next_raw(TgFileTask *task, TgStream **out, guint *out_first, GError **error)
{
    if (task->archive != NULL) {
        *out_first = task->archive_decoder + 1;
        if (!task->archive->class->next(task->archive, out, error)) {
            return FALSE;
        }
        if (*out != NULL) {
            return TRUE;
        }
        close_archive(task);
    }
    *out_first = 0;
    return task->files->class->open_file(task->files, task->task, task->index++, out, error);
}

gboolean tg_file_task_next(TgFileTask *task, TgStream **out, GError **error)
{
    TgStream *stream = NULL;
    guint first = 0;

    *out = NULL;
    while (*out == NULL) {
        if (!next_raw(task, &stream, &first, error)) {
            return FALSE;
        }
        if (stream == NULL) {
            return TRUE;
        }
        if (!decode(task, first, stream, out, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

void tg_file_task_free(TgFileTask *task)
{
    if (task != NULL) {
        close_archive(task);
        g_free(task);
    }
}

static TgFileTask *file_task_new(TgFiles *files, const Decoders *decoders, guint task)
{
    TgFileTask *self = g_new0(TgFileTask, 1);

    self->files = files;
    self->decoders = decoders;
    self->task = task;
    return self;
}

typedef struct {
    TgInput input;
    TgFiles *files;
    TgParser *parser;
    Decoders decoders;
    json_t *config; /* keeps what decoders borrow */
} FileInput;

static TgReader *input_open_task(TgInput *input, guint task, GError **error)
{
    FileInput *self = (FileInput *)input;

    return self->parser->class->open_task(self->parser,
                                          file_task_new(self->files, &self->decoders, task), error);
}

static json_t *input_finish(TgInput *input, GError **error)
{
    FileInput *self = (FileInput *)input;

    return self->files->class->finish(self->files, error);
}

static void parser_free(TgParser *parser)
{
    if (parser != NULL) {
        tg_schema_free(parser->schema);
        parser->class->free(parser);
    }
}

static void input_free(TgInput *input)
{
    FileInput *self = (FileInput *)input;

    parser_free(self->parser);
    if (self->files != NULL) {
        self->files->class->free(self->files);
    }
    json_decref(self->config);
    g_free(self);
}

void tg_input_free(TgInput *input)
{
    if (input != NULL) {
        tg_schema_free(input->schema);
        input->class->free(input);
    }
}

static TgParser *open_parser(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const char *const frame_keys[] = {"type", NULL};
    const void *const *plugins = (const void *const *)context->job->plugins->parsers;
    const json_t *block = json_object_get(config, "parser");

    if (block == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "in.parser is missing; write it, or let guess find it");
        return NULL;
    }
    const TgParserPlugin *plugin = tg_loader_find_plugin(block, "in.parser", plugins, error);

    if (plugin == NULL) {
        return NULL;
    }
    tg_loader_warn_unknown(context, "in.parser", block, plugin->options, frame_keys);
    TgParser *parser = plugin->open(context, block, error);

    if (parser == NULL) {
        g_prefix_error(error, "in.parser (%s): ", plugin->name);
    }
    return parser;
}

/* Finishes an input whose files are open; takes them even on failure. */
static TgInput *input_new(TgLoaderContext *context, const json_t *config, TgFiles *take_files,
                          gboolean with_decoders, GError **error)
{
    static const TgInputClass class = {
        .open_task = input_open_task, .finish = input_finish, .free = input_free};
    FileInput *self = g_new0(FileInput, 1);
    g_autoptr(TgInput) input = &self->input;

    self->input.class = &class;
    self->files = take_files;
    self->config = json_deep_copy(config);
    if (with_decoders && !decoders_find(context, self->config, &self->decoders, error)) {
        return NULL;
    }
    context->opening = input;
    self->parser = open_parser(context, self->config, error);
    context->opening = NULL;
    if (self->parser == NULL) {
        return NULL;
    }
    self->input.schema = tg_schema_copy(self->parser->schema);
    self->input.task_count = take_files->task_count;
    self->input.bytes_expected = take_files->bytes_expected;
    return g_steal_pointer(&input);
}

/* A file together with the task that it is read by. */
typedef struct {
    TgStream stream;
    TgStream *inner;
    TgFileTask *task;
} FirstFile;

static gssize first_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    TgStream *inner = ((FirstFile *)stream)->inner;

    return inner->class->read(inner, into, size_bytes, error);
}

static void first_free(TgStream *stream)
{
    FirstFile *self = (FirstFile *)stream;

    tg_stream_free(self->inner);
    tg_file_task_free(self->task);
    g_free(self);
}

gboolean tg_loader_open_first_file(TgLoaderContext *context, TgStream **out, GError **error)
{
    static const TgStreamClass class = {.read = first_read, .free = first_free};
    const FileInput *input = (const FileInput *)context->opening;

    *out = NULL;
    for (guint i = 0; input != NULL && i < input->files->task_count; i++) {
        g_autoptr(TgFileTask) task = file_task_new(input->files, &input->decoders, i);
        TgStream *inner = NULL;

        if (!tg_file_task_next(task, &inner, error)) {
            return FALSE;
        }
        if (inner != NULL) {
            FirstFile *file = g_new0(FirstFile, 1);

            file->stream.class = &class;
            file->stream.name = g_strdup(inner->name);
            file->inner = inner;
            file->task = g_steal_pointer(&task);
            *out = &file->stream;
            return TRUE;
        }
    }
    return TRUE;
}

gboolean tg_file_input_needs_whole(const TgLoaderContext *context, const json_t *in)
{
    const void *const *plugins = (const void *const *)context->job->plugins->parsers;
    const TgParserPlugin *parser =
        tg_loader_find_plugin(json_object_get(in, "parser"), "in.parser", plugins, NULL);

    return parser != NULL && parser->needs_whole_files;
}

static TgFiles *open_files(TgLoaderContext *context, const TgFileInputPlugin *plugin,
                           const json_t *config, GError **error)
{
    static const char *const frame_keys[] = {"type", "parser", "decoders", NULL};

    tg_loader_warn_unknown(context, "in", config, plugin->options, frame_keys);
    TgFiles *files = plugin->open(context, config, error);

    if (files == NULL) {
        g_prefix_error(error, "in (%s): ", plugin->name);
    }
    return files;
}

TgInput *tg_file_input_open(TgLoaderContext *context, const TgFileInputPlugin *plugin,
                            const json_t *config, GError **error)
{
    TgFiles *files = open_files(context, plugin, config, error);

    return files == NULL ? NULL : input_new(context, config, files, TRUE, error);
}

TgInput *tg_loader_open_files(TgLoaderContext *context, const json_t *config, TgFiles *take_files,
                              GError **error)
{
    return input_new(context, config, take_files, FALSE, error);
}

/* One file in memory. */
typedef struct {
    TgFiles files;
    const guint8 *bytes;
    gsize size_bytes;
} MemoryFiles;

static gboolean memory_open_file(TgFiles *files, guint task G_GNUC_UNUSED, guint index,
                                 TgStream **out, GError **error G_GNUC_UNUSED)
{
    MemoryFiles *self = (MemoryFiles *)files;

    *out = index > 0 ? NULL : tg_stream_new_memory("sample", self->bytes, self->size_bytes);
    return TRUE;
}

static json_t *memory_finish(TgFiles *files G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return json_object();
}

static void memory_free(TgFiles *files)
{
    g_free(files);
}

TgInput *tg_file_input_open_sample(TgLoaderContext *context, const json_t *config,
                                   const guint8 *bytes, gsize size_bytes, GError **error)
{
    static const TgFilesClass class = {
        .open_file = memory_open_file, .finish = memory_finish, .free = memory_free};
    MemoryFiles *files = g_new0(MemoryFiles, 1);

    files->files = (TgFiles){.class = &class, .task_count = 1, .bytes_expected = -1};
    files->bytes = bytes;
    files->size_bytes = size_bytes;
    return input_new(context, config, &files->files, FALSE, error);
}

/* Appends bytes of the files of a task until the sample is full. */
static gboolean sample_task(TgFileTask *task, gsize size_max, GByteArray *into,
                            gboolean *out_is_whole, GError **error)
{
    for (;;) {
        g_autoptr(TgStream) stream = NULL;
        gsize wanted = size_max - into->len;
        guint used = into->len;

        if (!tg_file_task_next(task, &stream, error)) {
            return FALSE;
        }
        if (stream == NULL) {
            return TRUE;
        }
        g_byte_array_set_size(into, (guint)size_max);
        gssize got = tg_stream_read_full(stream, into->data + used, wanted, error);

        g_byte_array_set_size(into, used + (guint)MAX(got, 0));
        if (got < 0) {
            return FALSE;
        }
        if (got > 0) {
            *out_is_whole = (gsize)got < wanted;
            return TRUE;
        }
    }
}

gboolean tg_file_input_read_sample(TgLoaderContext *context, const json_t *config, gsize size_max,
                                   GByteArray *into, gboolean *out_is_whole, GError **error)
{
    const void *const *plugins = (const void *const *)context->job->plugins->file_inputs;
    const TgFileInputPlugin *plugin = tg_loader_find_plugin(config, "in", plugins, error);
    Decoders decoders = {0};
    gboolean ok = TRUE;

    if (plugin == NULL || !decoders_find(context, config, &decoders, error)) {
        return FALSE;
    }
    TgFiles *files = open_files(context, plugin, config, error);

    if (files == NULL) {
        return FALSE;
    }
    *out_is_whole = TRUE;
    for (guint task = 0; ok && into->len == 0 && task < files->task_count; task++) {
        g_autoptr(TgFileTask) file_task = file_task_new(files, &decoders, task);

        ok = sample_task(file_task, size_max, into, out_is_whole, error);
    }
    files->class->free(files);
    return ok;
}
