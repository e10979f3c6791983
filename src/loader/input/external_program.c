/* Rows of a program: JSON lines or an Arrow IPC stream on its stdout. docs/loader-plugins.md. */
#include <string.h>

#include "arrow/ipc.h"
#include "arrow/stream.h"
#include "base/file.h"
#include "command/pipe.h"
#include "loader/input/external.h"

#define PROTOCOL 1
#define FIRST_LINE_BYTES_MAX (16u * 1024u * 1024u)
#define POSITION_BYTES_MAX ((gsize)1024 * 1024)
#define READ_BYTES ((gsize)64 * 1024)
#define ARROW_FIRST_BYTE 0xffu

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    char *path;
    char *folder; /* temporary, for the position */
    TgPipe *pipe;
    GByteArray *ahead; /* read, not handed out yet */
    gsize ahead_at;
    TgInput *lines;                 /* of JSON lines; NULL: Arrow */
    struct ArrowArrayStream stream; /* of Arrow; moved to the task */
    TgArrowImport *import;
} ProgramInput;

/* --- the program --- */

static gboolean may_go_on(gpointer data, GError **error)
{
    return tg_loader_check_cancelled(((const ProgramInput *)data)->context, error);
}

static void log_line(gpointer data, const char *line)
{
    const ProgramInput *self = data;
    g_autofree char *name = g_path_get_basename(self->path);

    tg_loader_log(self->context, TG_LOADER_INFO, "%s: %s", name, line);
}

/* What it reads from its stdin. The caller frees. */
static char *request_text(const ProgramInput *self, const json_t *config)
{
    const TgLoaderJob *job = tg_loader_context_job(self->context);
    g_autofree char *here = g_get_current_dir();
    g_autofree char *position = g_build_filename(self->folder, "position.json", NULL);
    json_t *request = json_pack("{s:i, s:O, s:O, s:b, s:s, s:s, s:I}", "protocol", PROTOCOL,
                                "input", json_object_get(config, "type"), "options", config,
                                "exact_types", job->exact_types ? 1 : 0, "work_folder",
                                job->base_folder == NULL ? here : job->base_folder, "position_file",
                                position, "now_ms", (json_int_t)job->now_ms);
    char *text = json_dumps(request, JSON_COMPACT);

    json_decref(request);
    return text;
}

static gboolean start(ProgramInput *self, const json_t *config, GError **error)
{
    const TgLoaderJob *job = tg_loader_context_job(self->context);
    g_autofree char *here = g_get_current_dir();
    g_autofree char *request = NULL;
    g_auto(GStrv) environment = g_get_environ();
    const char *const argv[] = {self->path, NULL};
    GError *problem = NULL;

    self->folder = g_dir_make_tmp("tegaru-input-XXXXXX", &problem);
    if (self->folder == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "%s", problem->message);
        g_error_free(problem);
        return FALSE;
    }
    request = request_text(self, config);
    TgPipeRequest pipe = {.argv = argv,
                          .environment = (const char *const *)environment,
                          .folder = job->base_folder == NULL ? here : job->base_folder,
                          .input = request,
                          .may_go_on = may_go_on,
                          .line = log_line,
                          .data = self};

    tg_loader_log(self->context, TG_LOADER_INFO, "Plug-in: %s", self->path);
    self->pipe = tg_pipe_start(&pipe, error);
    return self->pipe != NULL;
}

/* What was read ahead, then what comes. */
static gssize read_output(gpointer data, void *into, gsize size_bytes, GError **error)
{
    ProgramInput *self = data;
    gsize left = self->ahead->len - self->ahead_at;

    if (left == 0) {
        return tg_pipe_read(self->pipe, into, size_bytes, error);
    }
    left = MIN(left, size_bytes);
    memcpy(into, self->ahead->data + self->ahead_at, left);
    self->ahead_at += left;
    return (gssize)left;
}

/* Reads ahead once. FALSE without an error at the end. */
static gboolean read_ahead(ProgramInput *self, GError **error)
{
    guint before = self->ahead->len;

    g_byte_array_set_size(self->ahead, before + READ_BYTES);
    gssize got = tg_pipe_read(self->pipe, self->ahead->data + before, READ_BYTES, error);

    g_byte_array_set_size(self->ahead, before + (guint)MAX(got, 0));
    return got > 0;
}

/* --- JSON lines --- */

typedef struct {
    TgStream stream;
    ProgramInput *input;
} LinesStream;

typedef struct {
    TgFiles files;
    ProgramInput *input;
} LinesFiles;

static gssize lines_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    ProgramInput *self = ((LinesStream *)stream)->input;
    gssize got = read_output(self, into, size_bytes, error);

    tg_loader_count_bytes(self->context, MAX(got, 0));
    return got;
}

static void lines_stream_free(TgStream *stream)
{
    g_free(stream);
}

static gboolean lines_open_file(TgFiles *files, guint task G_GNUC_UNUSED, guint index,
                                TgStream **out, GError **error G_GNUC_UNUSED)
{
    static const TgStreamClass class = {.read = lines_read, .free = lines_stream_free};
    ProgramInput *self = ((LinesFiles *)files)->input;
    LinesStream *stream = NULL;

    *out = NULL;
    if (index > 0) {
        return TRUE;
    }
    stream = g_new0(LinesStream, 1);
    stream->stream.class = &class;
    stream->stream.name = g_strdup(self->path);
    stream->input = self;
    *out = &stream->stream;
    return TRUE;
}

static json_t *lines_finish(TgFiles *files G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return json_object();
}

static void lines_files_free(TgFiles *files)
{
    g_free(files);
}

/* The first line, without its end; NULL with an error. */
static char *take_first_line(ProgramInput *self, GError **error)
{
    const guint8 *end = NULL;
    GError *problem = NULL;

    for (;;) {
        end = memchr(self->ahead->data, '\n', self->ahead->len);
        if (end != NULL || self->ahead->len > FIRST_LINE_BYTES_MAX || !read_ahead(self, &problem)) {
            break;
        }
    }
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return NULL;
    }
    if (end == NULL && self->ahead->len > FIRST_LINE_BYTES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the first line of '%s' has more than %u bytes: it shall be the columns",
                    self->path, FIRST_LINE_BYTES_MAX);
        return NULL;
    }
    self->ahead_at = end == NULL ? self->ahead->len : (gsize)(end + 1 - self->ahead->data);
    return g_strndup((const char *)self->ahead->data,
                     end == NULL ? self->ahead->len : (gsize)(end - self->ahead->data));
}

/* {"columns": [{"name", "type"}]} as the config of a parser; a new reference. */
static json_t *parser_config(const ProgramInput *self, const char *line, GError **error)
{
    json_error_t place = {0};
    json_t *columns = json_loads(line, 0, &place);

    if (!json_is_object(columns) || !json_is_array(json_object_get(columns, "columns"))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the first line of '%s' must be {\"columns\": [{\"name\": …, \"type\": …}]}, "
                    "but %s: %.80s",
                    self->path, columns == NULL ? place.text : "is something else", line);
        json_decref(columns);
        return NULL;
    }
    json_object_set_new(columns, "type", json_string("jsonl"));
    json_object_set_new(columns, "stop_on_invalid_record", json_true());
    return json_pack("{s:o}", "parser", columns);
}

static gboolean open_lines(ProgramInput *self, GError **error)
{
    static const TgFilesClass class = {
        .open_file = lines_open_file, .finish = lines_finish, .free = lines_files_free};
    g_autofree char *line = take_first_line(self, error);
    json_t *config = line == NULL ? NULL : parser_config(self, line, error);
    LinesFiles *files = NULL;

    if (config == NULL) {
        return FALSE;
    }
    files = g_new0(LinesFiles, 1);
    files->files = (TgFiles){.class = &class, .task_count = 1, .bytes_expected = -1};
    files->input = self;
    self->lines = tg_loader_open_files(self->context, config, &files->files, error);
    json_decref(config);
    if (self->lines == NULL) {
        g_prefix_error(error, "the first line of '%s': ", self->path);
        return FALSE;
    }
    self->input.schema = tg_schema_copy(self->lines->schema);
    return TRUE;
}

/* --- Arrow --- */

static gboolean open_arrow(ProgramInput *self, GError **error)
{
    const TgArrowBytes bytes = {.read = read_output, .data = self};

    if (!tg_arrow_ipc_open(&bytes, &self->stream, error)) {
        g_prefix_error(error, "'%s': ", self->path);
        return FALSE;
    }
    self->import = tg_arrow_stream_import(&self->stream,
                                          tg_loader_context_job(self->context)->exact_types, error);
    if (self->import != NULL) {
        self->input.schema = tg_schema_copy(tg_arrow_import_schema(self->import));
    }
    return self->import != NULL;
}

/* --- the input --- */

static TgReader *input_open_task(TgInput *input, guint task, GError **error)
{
    ProgramInput *self = (ProgramInput *)input;

    return self->lines != NULL
               ? self->lines->class->open_task(self->lines, task, error)
               : tg_arrow_reader_new(self->context, self->import, &self->stream, error);
}

/* What the program left for the next load; a new reference. */
static json_t *read_position(const ProgramInput *self, GError **error)
{
    g_autofree char *path = g_build_filename(self->folder, "position.json", NULL);
    g_autofree char *text = NULL;
    json_error_t place = {0};
    gsize size = 0;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return json_object();
    }
    if (!tg_file_read(path, POSITION_BYTES_MAX, &text, &size, error)) {
        return NULL;
    }
    json_t *position = json_loadb(text, size, 0, &place);

    if (!json_is_object(position)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "what '%s' wrote into its position file must be a JSON map, but %s", self->path,
                    position == NULL ? place.text : "is something else");
        json_decref(position);
        return NULL;
    }
    return position;
}

static json_t *input_get_position(const TgInput *input, GError **error)
{
    return read_position((const ProgramInput *)input, error);
}

static json_t *input_finish(TgInput *input, GError **error)
{
    return read_position((const ProgramInput *)input, error);
}

static void input_free(TgInput *input)
{
    ProgramInput *self = (ProgramInput *)input;

    tg_input_free(self->lines);
    tg_arrow_stream_release(&self->stream);
    tg_arrow_import_free(self->import);
    tg_pipe_free(self->pipe);
    if (self->folder != NULL) {
        (void)tg_file_remove_folder(self->folder, NULL); /* nobody could do more about it */
    }
    g_byte_array_unref(self->ahead);
    g_free(self->folder);
    g_free(self->path);
    g_free(self);
}

/* What the program writes tells the format. */
static gboolean open_output(ProgramInput *self, GError **error)
{
    GError *problem = NULL;

    if (!read_ahead(self, &problem)) {
        if (problem != NULL) {
            g_propagate_error(error, problem);
        } else {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'%s' wrote nothing: without rows, too, it must tell its columns",
                        self->path);
        }
        return FALSE;
    }
    if (self->ahead->data[0] == ARROW_FIRST_BYTE) {
        return open_arrow(self, error);
    }
    if (self->ahead->data[0] == '{') {
        return open_lines(self, error);
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'%s' must write a line {\"columns\": …} and JSON lines, or an Arrow IPC stream, "
                "to its stdout; words belong on stderr",
                self->path);
    return FALSE;
}

TgInput *external_program_open(TgLoaderContext *context, const char *path, const json_t *config,
                               GError **error)
{
    static const TgInputClass class = {.open_task = input_open_task,
                                       .get_position = input_get_position,
                                       .finish = input_finish,
                                       .free = input_free};
    ProgramInput *self = g_new0(ProgramInput, 1);
    g_autoptr(TgInput) input = &self->input;

    self->input.class = &class;
    self->input.task_count = 1;
    self->input.bytes_expected = -1;
    self->context = context;
    self->path = g_strdup(path);
    self->ahead = g_byte_array_new();
    return start(self, config, error) && open_output(self, error) ? g_steal_pointer(&input) : NULL;
}
