/* The rejected records of a load: `exec: {max_errors: 10, reject_file: rejects.csv}`. */
#pragma once

#include "loader/plugin.h"

/* The first line of a reject file, which is CSV as RFC 4180 has it; `raw` holds the record's bytes
 * as they were. The decoder `rejects` reads it back. */
#define TG_REJECTS_HEADER "file,line,column,reason,raw\n"

typedef struct TgRejects TgRejects;

/* Reads the options; an older reject file of that name is removed. CONFIG for a bad limit. */
TgRejects *tg_rejects_new(const TgLoaderContext *context, const json_t *exec, GError **error);
void tg_rejects_free(TgRejects *rejects);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRejects, tg_rejects_free)

/* Whether `exec` says what to do with records that do not fit: then they are skipped. */
gboolean tg_rejects_are_wanted(const json_t *exec);

/* Counts and writes one; from any thread. CONFIG when there are more than the limit allows. */
gboolean tg_rejects_add(TgRejects *rejects, const TgReject *reject, GError **error);

/* All rows were read: holds the share against the limit and adds `reject_file` to the receipt. */
gboolean tg_rejects_finish(TgRejects *rejects, gint64 rows_read, json_t *receipt, GError **error);
