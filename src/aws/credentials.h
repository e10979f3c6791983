/* Who we are for AWS: keys that are given, or all the places where AWS's tools find them. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* What requests are signed with. Never shown. */
typedef struct {
    char *access_key_id;
    char *secret_access_key;
    char *session_token; /* NULL: none */
    guint generation;    /* of the source that gave them, for tg_aws_credentials_renew */
} TgAwsKeys;

void tg_aws_keys_clear(TgAwsKeys *keys);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAwsKeys, tg_aws_keys_clear)

/* A source of keys; any thread may use it. */
typedef struct TgAwsCredentials TgAwsCredentials;

/* Keys that are known. @session_token may be NULL */
TgAwsCredentials *tg_aws_credentials_new_static(const char *access_key_id,
                                                const char *secret_access_key,
                                                const char *session_token);

/**
 * AWS's default chain: environment, profile (keys, SSO, assumed role, process, web identity), web
 * identity of the environment, container, instance. With a profile named, that profile alone.
 * Nothing is read before the first fetch, which may use the network.
 *
 * @profile of ~/.aws/config and ~/.aws/credentials; NULL: the chain
 * @profile_file instead of these two; NULL: they
 */
TgAwsCredentials *tg_aws_credentials_new_default(const char *profile, const char *profile_file);

/* One place of the chain alone: the variables AWS_ACCESS_KEY_ID … */
TgAwsCredentials *tg_aws_credentials_new_environment(void);

/* One place of the chain alone: the machine's role, of a container or an EC2 instance. */
TgAwsCredentials *tg_aws_credentials_new_instance(void);

/* Nobody: requests are not signed. A fetch gives no keys. */
TgAwsCredentials *tg_aws_credentials_new_anonymous(void);
gboolean tg_aws_credentials_are_anonymous(const TgAwsCredentials *credentials);

/* A role to be assumed at STS; copied. */
typedef struct {
    TgAwsCredentials *base; /* who assumes it; a reference is kept. NULL: the holder of the token */
    const char *role_arn;
    const char *session_name;
    const char *external_id; /* NULL: none */
    const char *policy;      /* JSON that narrows the rights; NULL: none */
    const char *token_file;  /* of a web identity; read for each fetch. Without base */
    guint duration_s;        /* 0: an hour */
} TgAwsRole;

/* Credentials of a role, asked for anew some minutes before they expire. */
TgAwsCredentials *tg_aws_credentials_new_role(const TgAwsRole *role);

TgAwsCredentials *tg_aws_credentials_ref(TgAwsCredentials *credentials);
void tg_aws_credentials_unref(TgAwsCredentials *credentials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgAwsCredentials, tg_aws_credentials_unref)

/**
 * The keys that are valid now; they are kept until shortly before they expire.
 *
 * Errors: DENIED when no place has any, RETRY when a place does not answer in time, CANCELLED.
 *
 * @is_cancelled g_atomic_int_get; may be NULL
 */
gboolean tg_aws_credentials_fetch(TgAwsCredentials *credentials, const gint *is_cancelled,
                                  TgAwsKeys *out, GError **error);

/**
 * The server says that these keys have expired: forgets them, so that the next fetch asks the
 * source again. When another thread did so since they were fetched, nothing happens.
 *
 * @generation of the keys that were refused
 * @return FALSE: the source is keys that were given, which stay as they are
 */
gboolean tg_aws_credentials_renew(TgAwsCredentials *credentials, guint generation);

/* What to do when keys have expired and that did not help; for messages. */
const char *tg_aws_credentials_expired_hint(const TgAwsCredentials *credentials);

/**
 * Where the keys come from, in words: "the environment's AWS_ACCESS_KEY_ID", "profile 'prod' of
 * AWS's files", "role arn:…, assumed by …". Reads the environment and AWS's files, nothing else;
 * for the chain it is the first place that has something. The caller frees.
 */
char *tg_aws_credentials_describe(const TgAwsCredentials *credentials);
