/* tegaru catalog gc for S3: uploads in parts that killed processes left behind. */
#pragma once

#include "cli/command.h"

typedef struct {
    gint64 begun_before_ms; /* Unix time: younger ones may be under way */
    gboolean dry_run;
    gboolean as_json;
} TgCliUploadsGc;

/**
 * Gives up unfinished uploads and prints them.
 *
 * @place "s3://bucket/prefix", who asks by AWS's own places; or a load config, whose `out` says
 *        where, how keys end and who asks
 */
gboolean tg_cli_uploads_gc(const TgCli *cli, const char *place, const TgCliUploadsGc *options,
                           GError **error);
