/* What s3_copy>, s3_move> and s3_delete> share: one object, or all below a prefix. */
#pragma once

#include "operators/support_s3.h"

typedef enum { TG_S3_COPY, TG_S3_MOVE, TG_S3_DELETE } TgS3Action;

/**
 * One turn. `_command` is s3://bucket/key, or s3://bucket/prefix/ for all below it; `to` likewise.
 * Objects of a move are deleted when all have been copied and looked at, so a failure leaves the
 * source whole. A repeated turn goes on where it ended.
 */
gboolean tg_s3_action_run(TgTurn *turn, TgS3Action action, TgOutcome *out, GError **error);
