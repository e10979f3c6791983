/* What the filter column does inside of json columns: `$.payload.key` as a name. */
#pragma once

#include "loader/json_path.h"

/* A container of a json column, or what stands in one. */
typedef struct TgColumnPlace TgColumnPlace;

typedef enum { TG_PLACE_KEEP, TG_PLACE_ADD, TG_PLACE_DROP } TgPlaceAction;

/* One place that a config names. */
typedef struct {
    TgPlaceAction action;
    const char *path;     /* below the column: "$.key[0]" */
    const char *source;   /* KEEP, ADD: the path it is copied from; NULL: itself */
    const char *fallback; /* compact JSON in place of a missing value; NULL: null */
} TgPlaceChange;

TgColumnPlace *tg_column_place_new(void);
void tg_column_place_free(TgColumnPlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgColumnPlace, tg_column_place_free)

/* Adds a change to the place of a column; CONFIG for paths that cannot be. */
gboolean tg_column_place_add(TgColumnPlace *root, const TgPlaceChange *change, GError **error);

/* Appends a compact JSON text with all changes made. */
void tg_column_place_apply(const TgColumnPlace *place, TgJsonSlice value, GString *out);
