/* Fills in TgServices. */
#include "cli/run_services.h"

#include "cli/loader_plugins.h"
#include "cli/loader_tests.h"
#include "engine/engine.h"

struct TgRunServices {
    TgServices base; /* first, so that a pointer to it is one to this */
    TgCliState *state;
    const TgProject *project;
    TgRunDisplay *display;
    GMutex mutex; /* over the query */
    TgQuery *query;
};

static TgRunServices *self_of(TgServices *services)
{
    return (TgRunServices *)services;
}

static TgCatalog *get_catalog(TgServices *services, GError **error)
{
    return tg_cli_state_catalog(self_of(services)->state, error);
}

static TgObjectStore *get_objects(TgServices *services)
{
    return tg_cli_state_objects(self_of(services)->state);
}

static TgQuery *get_query(TgServices *services, GError **error)
{
    TgRunServices *self = self_of(services);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    TgCatalog *catalog = get_catalog(services, error);

    (void)locker;
    if (self->query == NULL && catalog != NULL) {
        const TgQueryOptions options = {.leave_open = TRUE};

        self->query = tg_query_new(catalog, get_objects(services), &options);
    }
    return self->query;
}

static gboolean run_tests(TgServices *services, const json_t *tests, const json_t *columns,
                          GPtrArray *staged, json_t **out_results, GError **error)
{
    TgQuery *query = get_query(services, error);

    return query != NULL && tg_cli_run_loader_tests(tg_query_engine(query), tests, columns, staged,
                                                    out_results, error);
}

static void print(TgServices *services, const char *task_name G_GNUC_UNUSED, const char *text,
                  gsize size_bytes)
{
    tg_run_display_print(self_of(services)->display, text, size_bytes);
}

static void note(TgServices *services, const char *task_name, const char *message)
{
    tg_run_display_note(self_of(services)->display, task_name, message);
}

static void progress(TgServices *services, const char *task_name, const TgLoaderProgress *now)
{
    tg_run_display_progress(self_of(services)->display, task_name, now);
}

static json_t *load_workflow(TgServices *services, const char *work_folder, const char *path,
                             GError **error)
{
    return tg_project_load_called(self_of(services)->project, work_folder, path, error);
}

TgRunServices *tg_run_services_new(TgCliState *state, const TgProject *project,
                                   TgRunDisplay *display, const gint *is_cancelled,
                                   guint subtasks_max)
{
    TgRunServices *self = g_new0(TgRunServices, 1);

    self->base = (TgServices){.project_folder = project->folder,
                              .subtasks_max = subtasks_max,
                              .is_cancelled = is_cancelled,
                              .plugins = tg_loader_plugins_get(),
                              .catalog = get_catalog,
                              .objects = get_objects,
                              .query = get_query,
                              .run_tests = run_tests,
                              .print = print,
                              .note = note,
                              .progress = progress,
                              .load_workflow = load_workflow};
    self->state = state;
    self->project = project;
    self->display = display;
    g_mutex_init(&self->mutex);
    return self;
}

void tg_run_services_free(TgRunServices *self)
{
    if (self == NULL) {
        return;
    }
    tg_query_free(self->query);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

TgServices *tg_run_services_get(TgRunServices *self)
{
    return &self->base;
}
