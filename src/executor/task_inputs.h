/* What a task's result depends on, as hashes: whether a saved result still holds. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "workflow/attempt.h"

#define TG_TASK_INPUTS_FILE_BYTES_MAX ((gsize)16 * 1024 * 1024) /* of larger ones size and time */

/* What inputs are made of; all is lent. */
typedef struct {
    const TgTask *task;
    const json_t *params;    /* what the task sees: tg_attempt_collect_params */
    const char *work_folder; /* where the files that it names lie; absolute */
    const json_t *upstreams; /* full name -> hash of a task that it waits for, with all below */
} TgTaskInputsRequest;

/**
 * The inputs of a task: {config, files: {name}, params: {name}, upstreams: {name}}, each a hash.
 * Its own keys as written; the content of the files with code, SQL or configuration that they name
 * (also the module of py> and the workflow of call>, without their suffix); the parameters that its
 * keys or those files mention, and those that these mention in turn; what it waits for. Not: what
 * differs in each run, such as session_uuid. SHA-256, shortened to 64 bits.
 *
 * @return a new reference
 */
json_t *tg_task_inputs_new(const TgTaskInputsRequest *request);

/* Why a result made from other inputs no longer holds: "load.sql changed", "the parameter 'x'
 * changed", "+main+load ran again"; NULL: it holds. The caller frees. */
char *tg_task_inputs_difference(const json_t *then, const json_t *now);

/**
 * The hash of a task that is done: its inputs, its receipt, the hashes of its children in order.
 *
 * @children of char *; may be empty
 */
char *tg_task_inputs_hash(const json_t *inputs, const json_t *receipt, const GPtrArray *children);
