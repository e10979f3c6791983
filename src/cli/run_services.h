/* What operators of a local run may use: built from the project, its state and the display. */
#pragma once

#include "cli/run_display.h"
#include "cli/run_required.h"
#include "cli/state.h"
#include "operators/services.h"
#include "project/project.h"

typedef struct TgRunServices TgRunServices;

/* What a run hands to its operators; all is lent. */
typedef struct {
    TgCliState *state;
    const TgProject *project;
    TgRunDisplay *display;
    TgRedactor *redactor;        /* learns of each secret that is handed out */
    const json_t *system_config; /* see TgServices */
    const gint *is_cancelled;    /* see TgServices */
    guint subtasks_max;          /* see TgServices */
} TgRunServicesOptions;

TgRunServices *tg_run_services_new(const TgRunServicesOptions *options);
void tg_run_services_free(TgRunServices *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRunServices, tg_run_services_free)

/* Who starts what require> asks for; lent. Set before the run. */
void tg_run_services_set_required(TgRunServices *self, TgRunRequired *required);

/* Lent. */
TgServices *tg_run_services_get(TgRunServices *self);
