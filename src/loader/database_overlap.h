/* `incremental_overlap`: a window before the last record that is read again, for rows that became
 * visible late; those that the load before had are left out. */
#pragma once

#include <jansson.h>

#include "base/error.h"

typedef struct TgDatabaseOverlap TgDatabaseOverlap;

/* Reads incremental_overlap and overlap_rows. TRUE with *out NULL: there is no window. */
gboolean tg_database_overlap_read(const json_t *config, TgDatabaseOverlap **out, GError **error);
void tg_database_overlap_free(TgDatabaseOverlap *overlap);

/* Where the window before a value of the first incremental column begins; a new reference. CONFIG
 * when it is neither integer nor time. */
json_t *tg_database_overlap_start(const TgDatabaseOverlap *overlap, const json_t *last,
                                  GError **error);

/* Takes notice of a row, in the order of the first of its values; *out_is_new is FALSE when the
 * load before had it. `values` are those of the incremental columns and of the key. */
gboolean tg_database_overlap_see(TgDatabaseOverlap *overlap, const json_t *values,
                                 gboolean *out_is_new, GError **error);

/* The rows of the window at the end as a text for overlap_rows. The caller frees; CONFIG when they
 * are too many to be kept. */
char *tg_database_overlap_rows(const TgDatabaseOverlap *overlap, GError **error);
