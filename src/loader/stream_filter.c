/* Filters that need the whole stream, as an input that takes the place of the real one. */
#include "loader/context.h"
#include "loader/rows.h"

/* The input, the filters in front of one that needs all rows, and that one. */
typedef struct {
    TgInput input;
    TgLoaderContext *context;
    TgInput *inner;
    TgFilterChain before;
    TgFilter *filter;
} JoinedInput;

typedef struct {
    TgReader reader;
    TgReader *inner;
    TgRows *rows; /* outlive it */
} JoinedReader;

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    TgReader *inner = ((JoinedReader *)reader)->inner;

    return inner->class->next(inner, batch, error);
}

static void reader_free(TgReader *reader)
{
    JoinedReader *self = (JoinedReader *)reader;

    tg_reader_free(self->inner);
    tg_rows_free(self->rows);
    g_free(self);
}

static TgReader *input_open_task(TgInput *input, guint task G_GNUC_UNUSED, GError **error)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    JoinedInput *self = (JoinedInput *)input;
    g_autoptr(TgRows) rows = tg_rows_new_inner(self->context, &self->before, self->inner,
                                               tg_loader_readers_max(self->context));
    TgReader *inner = self->filter->class->open_stream(self->filter, rows, error);

    if (inner == NULL) {
        return NULL;
    }
    JoinedReader *reader = g_new0(JoinedReader, 1);

    reader->reader.class = &class;
    reader->inner = inner;
    reader->rows = g_steal_pointer(&rows);
    return &reader->reader;
}

static json_t *input_finish(TgInput *input, GError **error)
{
    TgInput *inner = ((JoinedInput *)input)->inner;

    return inner->class->finish(inner, error);
}

static void input_free(TgInput *input)
{
    JoinedInput *self = (JoinedInput *)input;

    tg_filter_chain_clear(&self->before);
    tg_schema_free(self->filter->schema);
    self->filter->class->free(self->filter);
    tg_input_free(self->inner);
    g_free(self);
}

/* Makes the filters up to `index` a part of the input. */
static void join(TgLoaderContext *context, TgInput **input, TgFilterChain *chain, guint index)
{
    static const TgInputClass class = {
        .open_task = input_open_task, .finish = input_finish, .free = input_free};
    JoinedInput *self = g_new0(JoinedInput, 1);
    TgFilterChain rest = {.count = chain->count - index - 1};

    self->input.class = &class;
    self->input.task_count = 1;
    self->input.bytes_expected = (*input)->bytes_expected;
    self->context = context;
    self->inner = *input;
    self->filter = chain->filters[index];
    self->input.schema = tg_schema_copy(self->filter->schema);
    self->before.count = index;
    self->before.filters = g_new0(TgFilter *, index + 1);
    for (guint i = 0; i < index; i++) {
        self->before.filters[i] = chain->filters[i];
    }
    self->before.schema = index == 0 ? (*input)->schema : chain->filters[index - 1]->schema;
    rest.filters = g_new0(TgFilter *, rest.count + 1);
    for (guint i = 0; i < rest.count; i++) {
        rest.filters[i] = chain->filters[index + 1 + i];
    }
    rest.schema = rest.count == 0 ? self->input.schema : chain->schema;
    g_free(chain->filters);
    *chain = rest;
    *input = &self->input;
    context->has_stream_filter = TRUE;
}

void tg_filter_chain_join(TgLoaderContext *context, TgInput **input, TgFilterChain *chain)
{
    for (guint i = 0; i < chain->count; i++) {
        if (chain->filters[i]->class->open_stream != NULL) {
            join(context, input, chain, i);
            i = G_MAXUINT; /* begins anew with the rest */
        }
    }
}
