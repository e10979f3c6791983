/* What s3_wait>, s3_copy>, s3_delete> and s3_move> share: buckets of S3, or those of the local
 * store when nothing says how to reach S3. */
#pragma once

#include "aws/s3.h"
#include "operators/services.h"

/* The most objects that one task copies or deletes. */
#define TG_OPERATOR_S3_OBJECTS_MAX 100000u

typedef struct TgBuckets TgBuckets;

/**
 * Reads the task's parameters over `aws: {s3: …}` over `aws:` — region, endpoint,
 * path_style_access, profile_name — and the secrets aws.s3.* over aws.*. Without keys, endpoint,
 * profile and AWS's own variables in the environment it is the local store.
 */
TgBuckets *tg_buckets_open(const TgTurn *turn, GError **error);
void tg_buckets_free(TgBuckets *buckets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgBuckets, tg_buckets_free)

/* The parameters as above. A new reference. */
json_t *tg_buckets_params(const TgTurn *turn);

/* What is known of an object; NOT_FOUND when it is not there. */
gboolean tg_buckets_head(TgBuckets *buckets, const TgS3Place *place, TgS3Info *out, GError **error);

/* Objects below a prefix, sorted by key; an array of TgS3Object. */
GPtrArray *tg_buckets_list(TgBuckets *buckets, const char *bucket, const char *prefix,
                           GError **error);

/* Copies one object and looks at the copy: it must have the size of the source. */
gboolean tg_buckets_copy(TgBuckets *buckets, const TgS3Place *from, const TgS3Place *to,
                         const TgS3Object *object, char **out_etag, GError **error);

gboolean tg_buckets_delete(TgBuckets *buckets, const TgS3Place *place, GError **error);

/* What such an operator reads beside its own options. */
#define TG_BUCKETS_OPTIONS "aws", "region", "endpoint", "path_style_access", "profile_name"
