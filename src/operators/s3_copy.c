/* s3_copy>: copies objects from one place of S3 to another. */
#include "operators/support_s3_move.h"

static gboolean s3_copy_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    return tg_s3_action_run(turn, TG_S3_COPY, out, error);
}

static const char *const options[] = {"if_missing", "dry_run",          "max_objects", "to",
                                      "overwrite",  TG_BUCKETS_OPTIONS, NULL};

const TgOperator tg_operator_s3_copy = {.name = "s3_copy",
                                        .help = "Copies an object or all below a prefix",
                                        .options = options,
                                        .honours_retry = TRUE,
                                        .run = s3_copy_run};
