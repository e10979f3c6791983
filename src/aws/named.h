/* Named profiles of a workflow or a load: `aws: {prod: {role_arn: …}}`, chosen by `aws: prod`. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/**
 * The options of a named profile, in the words of aws/auth_method.h, with `region` and
 * `catalog_id`. Its keys: `profile` (of ~/.aws/config), `role_arn`, `external_id`, `session_name`,
 * `duration_seconds`, `region`, `catalog_id`, and `source`: the named profile that assumes the
 * role, which may have a role of its own.
 *
 * Errors: CONFIG for a name that is not there (with a likely one), an unknown key, a `source`
 * without role_arn, and sources in a circle.
 *
 * @profiles the map below `aws`; maps in it are profiles. May be NULL
 * @return a new reference
 */
json_t *tg_aws_named_find(const json_t *profiles, const char *name, GError **error);

/**
 * A load's config whose `in` and `out` choose a profile: `aws: NAME` in them is replaced by the
 * profile's options; those that stand there themselves win. `name` counts for plug-ins of AWS that
 * choose none. Profiles that stand in the config, below its own `aws`, come first, and its `aws:
 * {use: NAME}` before `name`.
 *
 * @profiles of the workflow; may be NULL
 * @name chosen on the task; may be NULL
 */
gboolean tg_aws_named_expand_load(json_t *config, const json_t *profiles, const char *name,
                                  GError **error);
