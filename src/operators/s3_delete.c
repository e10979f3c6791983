/* s3_delete>: deletes objects of S3. */
#include "operators/support_s3_move.h"

static gboolean s3_delete_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    return tg_s3_action_run(turn, TG_S3_DELETE, out, error);
}

static const char *const options[] = {"if_missing", "dry_run", "max_objects", TG_BUCKETS_OPTIONS,
                                      NULL};

const TgOperator tg_operator_s3_delete = {.name = "s3_delete",
                                          .help = "Deletes an object or all below a prefix",
                                          .options = options,
                                          .honours_retry = TRUE,
                                          .run = s3_delete_run};
