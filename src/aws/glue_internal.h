/* What the files of the Glue client share: requests, single answers, batches. */
#pragma once

#include "aws/glue.h"

struct TgGlue {
    TgAwsClient *client;
    char *catalog_id; /* NULL: that of who asks */
};

/* {"CatalogId", "DatabaseName", `key`: name} as far as they are given; a new reference. */
json_t *tg_glue_request(const TgGlue *glue, const char *database, const char *key,
                        const char *name);

/* Sends; takes the request. `member` of the answer, an object, or with NULL the answer itself; a
 * new reference. Errors begin with the thing's name. */
json_t *tg_glue_ask(TgGlue *glue, const char *action, json_t *take_request, const char *member,
                    GError **error);

/* The same, when the answer says nothing. */
gboolean tg_glue_do(TgGlue *glue, const char *action, json_t *take_request, GError **error);

/* A call for many things at a time. */
typedef struct {
    const char *action;
    const char *member; /* of the request, that holds the things */
    gsize count_max;    /* of one call */
} TgGlueBatch;

/* Calls with a slice of `things` each; takes the request. Gathers Errors. */
gboolean tg_glue_send_batches(TgGlue *glue, const TgGlueBatch *batch, json_t *take_request,
                              const json_t *things, json_t **out_errors, GError **error);

/* Items from..from + count of an array, as far as there are; a new reference. */
json_t *tg_glue_slice(const json_t *array, gsize from, gsize count);

/* "DATABASE.TABLE: " and the like before an error. */
void tg_glue_prefix_error(const json_t *request, GError **error);
