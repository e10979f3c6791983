/* Fills in TgServices. */
#include "cli/run_services.h"

#include "cli/config.h"
#include "cli/loader_plugins.h"
#include "cli/loader_tests.h"
#include "cli/operators.h"
#include "engine/engine.h"

struct TgRunServices {
    TgServices base; /* first, so that a pointer to it is one to this */
    TgCliState *state;
    const TgProject *project;
    TgRunDisplay *display;
    TgRedactor *redactor;
    TgSecretFolder *secrets;
    TgRunRequired *required;
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

static gboolean run_tests(TgServices *services, const json_t *tests, const TgLoaderStaged *staged,
                          json_t **out_results, GError **error)
{
    TgQuery *query = get_query(services, error);

    return query != NULL &&
           tg_cli_run_loader_tests(tg_query_engine(query), tests, staged, out_results, error);
}

static void print(TgServices *services, const char *task_name, const char *text, gsize size_bytes)
{
    tg_run_display_print(self_of(services)->display, task_name, text, size_bytes);
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

static gboolean start_session(TgServices *services, const TgSessionRequest *request,
                              TgSessionAnswer *out, GError **error)
{
    return tg_run_required_start(self_of(services)->required, request, out, error);
}

void tg_run_services_set_required(TgRunServices *self, TgRunRequired *required)
{
    self->required = required;
}

/* Digdag's LocalSecretStoreManager: the system configuration, then the files. */
static gboolean secret(TgServices *services, const char *key, char **out, GError **error)
{
    TgRunServices *self = self_of(services);
    g_autofree char *name = g_strconcat("secrets.", key, NULL);
    const json_t *configured = json_object_get(services->system_config, name);

    if (json_is_string(configured)) {
        *out = g_strdup(json_string_value(configured));
    } else if (!tg_secret_folder_get(self->secrets, key, out, error)) {
        return FALSE;
    }
    if (*out != NULL) {
        tg_redactor_add(self->redactor, *out);
    }
    return TRUE;
}

static void hide(TgServices *services, const char *value)
{
    tg_redactor_add(self_of(services)->redactor, value);
}

TgRunServices *tg_run_services_new(const TgRunServicesOptions *options)
{
    TgRunServices *self = g_new0(TgRunServices, 1);

    self->base = (TgServices){.project_folder = options->project->folder,
                              .subtasks_max = options->subtasks_max,
                              .is_cancelled = options->is_cancelled,
                              .plugins = tg_loader_plugins_get(),
                              .operators = tg_cli_operators(),
                              .system_config = options->system_config,
                              .catalog = get_catalog,
                              .objects = get_objects,
                              .query = get_query,
                              .run_tests = run_tests,
                              .print = print,
                              .note = note,
                              .progress = progress,
                              .load_workflow = load_workflow,
                              .start_session = start_session,
                              .secret = secret,
                              .hide = hide};
    self->state = options->state;
    self->project = options->project;
    self->display = options->display;
    self->redactor = options->redactor;
    self->secrets = tg_cli_secrets();
    g_mutex_init(&self->mutex);
    return self;
}

void tg_run_services_free(TgRunServices *self)
{
    if (self == NULL) {
        return;
    }
    tg_query_free(self->query);
    tg_secret_folder_free(self->secrets);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

TgServices *tg_run_services_get(TgRunServices *self)
{
    return &self->base;
}
