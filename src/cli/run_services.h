/* What operators of a local run may use: built from the project, its state and the display. */
#pragma once

#include "cli/run_display.h"
#include "cli/state.h"
#include "operators/services.h"
#include "project/project.h"

typedef struct TgRunServices TgRunServices;

/* @is_cancelled see TgServices; all is lent */
TgRunServices *tg_run_services_new(TgCliState *state, const TgProject *project,
                                   TgRunDisplay *display, const gint *is_cancelled,
                                   guint subtasks_max);
void tg_run_services_free(TgRunServices *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRunServices, tg_run_services_free)

/* Lent. */
TgServices *tg_run_services_get(TgRunServices *self);
