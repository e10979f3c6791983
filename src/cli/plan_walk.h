/* What a run would do, found by going through it without running anything. */
#pragma once

#include "cli/run_setup.h"
#include "workflow/operator.h"

#define TG_PLAN_TASKS_MAX 20000 /* with those of loops */

typedef enum {
    TG_PLAN_RUN,    /* it would run */
    TG_PLAN_REUSE,  /* its saved result holds */
    TG_PLAN_SKIP,   /* left out by --goal or --end */
    TG_PLAN_INSIDE, /* a group: its tasks say */
} TgPlanKind;

/* One task. */
typedef struct {
    guint id; /* parents come before their children */
    int parent_id;
    char *full_name;
    TgPlanKind kind;
    char *why;       /* in words; NULL for groups */
    char *type;      /* "athena.ctas"; NULL: none */
    char *command;   /* what follows `>`, filled in as far as known; NULL */
    char *unknown;   /* why something is shown as written; NULL: all is known */
    json_t *options; /* its other keys, filled in; an object */
    char *sql;       /* NULL: it has none */
    char *sql_name;  /* the file it stands in, or NULL */
    json_t *tables;  /* list of {"table", "bytes", "objects"} that the SQL reads; NULL: not known */
} TgPlanTask;

typedef struct {
    GPtrArray *tasks; /* of TgPlanTask by id */
} TgPlan;

/* @setup prepared; nothing of it is changed, no state is written */
TgPlan *tg_plan_new(const TgRunSetup *setup, GError **error);
void tg_plan_free(TgPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgPlan, tg_plan_free)

/* "run", "reuse", "skip", "group". Static. */
const char *tg_plan_kind_name(TgPlanKind kind);
