/* What differs between the workflows of two revisions. */
#pragma once

#include "cli/diff_revision.h"

/**
 * All differences, as `--format json` prints them:
 *
 *     {"from", "to", "added", "removed", "changed",
 *      "workflows": [{"workflow": "main.dig", "tasks": [
 *        {"task": "+main+a", "change": "added" | "removed" | "changed", "what": "sh> echo a",
 *         "below": N, "keys": [{"key": "out/bucket", "old": …, "new": …, "hunks": "@@ …"}],
 *         "files": ["a.sql"]}]}],
 *      "files": [{"file": "a.sql", "hunks": "@@ …"}]}
 *
 * An added or removed group stands for the tasks below it. `old` and `new` are left out where there
 * is nothing; `hunks` stands beside texts of several lines. A workflow is its first task: schedule,
 * timezone and _export are keys of it. "order" is a key of a group whose tasks changed places.
 *
 * @return a new reference
 */
json_t *tg_diff_new(const TgRevision *from, const TgRevision *to, GError **error);
