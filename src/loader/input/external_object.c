/* Rows of a shared object: struct TegaruInput of include/tegaru_plugin.h. */
#include <string.h>

#include "arrow/stream.h"
#include "extension/object.h"
#include "loader/input/external.h"

#define PARTITIONS_MAX 100000

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    const struct TegaruInput *plugin;
    TgExtensionHost host;
    void *state;
    gboolean is_open;
    TgArrowImport *import;
    struct ArrowArrayStream first; /* of partition 0, opened for its schema; moved to its task */
} ObjectInput;

static gboolean read_partition(ObjectInput *self, gint64 partition, struct ArrowArrayStream *out,
                               GError **error)
{
    struct TegaruError said = {{0}};
    int status = self->plugin->read(self->state, partition, out, &said);

    if (status != 0) {
        out->release = NULL; /* nothing that it left there counts */
        tg_extension_set_error(error, status, &said);
    }
    return status == 0;
}

static TgReader *input_open_task(TgInput *input, guint task, GError **error)
{
    ObjectInput *self = (ObjectInput *)input;
    struct ArrowArrayStream stream = {0};

    if (task == 0 && self->first.release != NULL) {
        stream = self->first;
        self->first.release = NULL;
    } else if (!read_partition(self, task, &stream, error)) {
        return NULL;
    }
    TgReader *reader = tg_arrow_reader_new(self->context, self->import, &stream, error);

    if (reader == NULL) {
        g_prefix_error(error, "partition %u: ", task);
    }
    return reader;
}

/* What the next load gets, a new reference. */
static json_t *read_position(const ObjectInput *self, GError **error)
{
    const char *text =
        self->plugin->get_position == NULL ? NULL : self->plugin->get_position(self->state);
    json_error_t place = {0};
    json_t *position = text == NULL ? json_object() : json_loads(text, 0, &place);

    if (!json_is_object(position)) {
        json_decref(position);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the plug-in's position is no JSON map (%s): its author must repair it",
                    position == NULL ? place.text : "something else");
        return NULL;
    }
    return position;
}

static json_t *input_get_position(const TgInput *input, GError **error)
{
    return read_position((const ObjectInput *)input, error);
}

static json_t *input_finish(TgInput *input, GError **error)
{
    return read_position((const ObjectInput *)input, error);
}

static void input_free(TgInput *input)
{
    ObjectInput *self = (ObjectInput *)input;

    tg_arrow_stream_release(&self->first);
    if (self->is_open) {
        self->plugin->close(self->state);
    }
    tg_arrow_import_free(self->import);
    tg_extension_host_clear(&self->host);
    g_free(self);
}

static gboolean count_partitions(ObjectInput *self, GError **error)
{
    gint64 count =
        self->plugin->count_partitions == NULL ? 1 : self->plugin->count_partitions(self->state);

    if (count < 1 || count > PARTITIONS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the plug-in has %" G_GINT64_FORMAT " partitions; 1 to %d are possible", count,
                    PARTITIONS_MAX);
        return FALSE;
    }
    self->input.task_count = (guint)count;
    return TRUE;
}

static gboolean open_plugin(ObjectInput *self, const json_t *config, GError **error)
{
    g_autofree char *options = tg_extension_options(config);
    struct TegaruError said = {{0}};
    int status = 0;

    if (self->plugin->open == NULL || self->plugin->read == NULL || self->plugin->close == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the plug-in lacks open, read or close: its author must add them");
        return FALSE;
    }
    status = self->plugin->open(&self->host.host, options, &self->state, &said);
    if (status != 0) {
        tg_extension_set_error(error, status, &said);
        return FALSE;
    }
    self->is_open = TRUE;
    if (!count_partitions(self, error) || !read_partition(self, 0, &self->first, error)) {
        return FALSE;
    }
    self->import = tg_arrow_stream_import(&self->first,
                                          tg_loader_context_job(self->context)->exact_types, error);
    return self->import != NULL;
}

TgInput *external_object_open(TgLoaderContext *context, const char *path, const json_t *config,
                              GError **error)
{
    static const TgInputClass class = {.open_task = input_open_task,
                                       .get_position = input_get_position,
                                       .finish = input_finish,
                                       .free = input_free};
    const struct TegaruInput *plugin = tg_extension_load(path, "input", error);
    ObjectInput *self = NULL;
    g_autoptr(TgInput) input = NULL;

    if (plugin == NULL) {
        return NULL;
    }
    self = g_new0(ObjectInput, 1);
    input = &self->input;
    self->input.class = &class;
    self->input.bytes_expected = -1;
    self->context = context;
    self->plugin = plugin;
    tg_extension_host_init(&self->host, context);
    tg_loader_log(context, TG_LOADER_INFO, "Plug-in: %s", path);
    if (!open_plugin(self, config, error)) {
        return NULL;
    }
    self->input.schema = tg_schema_copy(tg_arrow_import_schema(self->import));
    return g_steal_pointer(&input);
}
