/* s3_move>: copies objects, looks at the copies and deletes the source. */
#include "operators/support_s3_move.h"

static gboolean s3_move_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    return tg_s3_action_run(turn, TG_S3_MOVE, out, error);
}

static const char *const options[] = {"if_missing", "dry_run",          "max_objects", "to",
                                      "overwrite",  TG_BUCKETS_OPTIONS, NULL};

const TgOperator tg_operator_s3_move = {.name = "s3_move",
                                        .help = "Moves an object or all below a prefix",
                                        .options = options,
                                        .honours_retry = TRUE,
                                        .run = s3_move_run};
