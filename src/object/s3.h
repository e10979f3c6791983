/* A store in real S3, or a server that speaks like it. */
#pragma once

#include <jansson.h>

#include "aws/auth_method.h"
#include "aws/http_proxy.h"
#include "aws/settings.h"
#include "object/store.h"

/* The rows of an option table: keys that tg_object_store_new_s3 reads beside those of
 * TG_AWS_AUTH_OPTIONS. */
#define TG_OBJECT_S3_OPTIONS                                                                       \
    TG_AWS_AUTH_OPTIONS, {"region", "text", "us-east-1 (AWS_REGION)", "Where the bucket lies."},   \
        {"endpoint", "text", "null", "Another server than AWS: http://host:9000."},                \
        {"path_style_access_enabled", "boolean", "false", "The bucket in the path of URLs."},      \
        TG_AWS_PROXY_OPTION,                                                                       \
        {"canned_acl", "text", "null", "Access list of new objects, as private."},                 \
        {"maximum_retries", "integer", "7", "How often a call is tried again."},                   \
        {"stall_seconds", "integer", "60", "A call without a byte for so long is tried again."},   \
    {                                                                                              \
        "buffer_dir", "text", "a temporary folder", "Where files lie before they are sent."        \
    }

/**
 * A store in S3 from the options of a config. Drafts are local files until they are committed; a
 * commit sends one, in parts when it is large. tg_object_engine_path is not supported (CONFIG).
 *
 * Errors: CONFIG for bad options, else as tg_error_set_file for the buffer folder.
 */
TgObjectStore *tg_object_store_new_s3(const json_t *config, GError **error);

/* Where it is, when not as AWS's variables and files say; all may be NULL. */
typedef struct {
    const char *endpoint;
    const char *proxy;
    const gint *is_cancelled; /* lives as long as the store */
} TgObjectS3As;

/* The same for somebody who is known already. */
TgObjectStore *tg_object_store_new_s3_as(const TgAwsSettings *who, const TgObjectS3As *options,
                                         GError **error);

/**
 * The store that a plug-in for S3 works in: S3 when the config or the environment says who asks or
 * there is no local store, else the local one.
 *
 * @local lent; may be NULL
 * @out_own a store that was made for it; the caller frees. NULL when it is the local one
 * @return lent; NULL as for tg_object_store_new_s3
 */
TgObjectStore *tg_object_store_choose_s3(TgObjectStore *local, const json_t *config,
                                         TgObjectStore **out_own, GError **error);

/* Which uploads in parts are given up. */
typedef struct {
    gint64 begun_before_ms; /* Unix time: younger ones may be under way */
    const char *suffix;     /* of the keys; NULL: any */
    gboolean dry_run;       /* only tell */
    void (*tell)(gpointer data, const char *url, gint64 begun_at_ms); /* each; may be NULL */
    gpointer data;
} TgObjectS3Collect;

/**
 * Gives up uploads that killed processes began below a prefix: their parts are nowhere to be seen,
 * and cost money.
 *
 * @store from tg_object_store_new_s3
 * @url "s3://bucket/prefix"
 * @out_count is added to
 */
gboolean tg_object_s3_collect(TgObjectStore *store, const char *url,
                              const TgObjectS3Collect *options, guint *out_count, GError **error);
