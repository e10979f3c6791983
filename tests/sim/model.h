/* A random world: which workflow there is and how each run of a task ends, by a seed alone. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct {
    guint64 seed;
    guint64 state; /* of the generator that makes the workflow */
    guint tasks;   /* made so far */
} TgSimModel;

void tg_sim_model_init(TgSimModel *model, guint64 seed);

/* A random number below `limit`, from the model's sequence. */
guint tg_sim_random(TgSimModel *model, guint limit);

/* The same number for the same seed, text and turn: below `limit`. */
guint tg_sim_fate(const TgSimModel *model, const char *what, const char *name, guint turn,
                  guint limit);

/* The map of a workflow, as a .dig file would have it. A new reference. */
json_t *tg_sim_model_workflow(TgSimModel *model);

/* Whether the turn-th run (from 0) of a task fails. */
gboolean tg_sim_model_fails(const TgSimModel *model, const char *full_name, guint turn);

/* The subtasks that each run of a task gives; NULL: none. A new reference. */
json_t *tg_sim_model_subtasks(const TgSimModel *model, const char *full_name);

/* Whether a task deals with a failure, which concerns the run that saw it alone. */
gboolean tg_sim_is_about_failure(const char *full_name);

/* What may happen from outside in this world. */
gboolean tg_sim_model_crashes(const TgSimModel *model);
gboolean tg_sim_model_is_killed(const TgSimModel *model);
