/* Providers of aws-c-auth, waited for. */
#include "aws/credentials.h"

#include <aws/auth/credentials.h>
#include <aws/common/error.h>
#include <string.h>

#include "aws/config_file.h"
#include "aws/runtime.h"
#include "aws/sts.h"
#include "base/clock.h"
#include "base/file.h"

#define FETCH_TIMEOUT_US (60 * G_TIME_SPAN_SECOND)
#define STEP_US (100 * G_TIME_SPAN_MILLISECOND) /* how soon a cancel is seen */
#define PROVIDERS_MAX 8
#define REFRESH_MS 900000 /* keys without an end are asked for again */
#define ROLE_MARGIN_US                                                                             \
    (5 * G_TIME_SPAN_MINUTE) /* a role's keys are renewed so long before the end */
#define ROLE_DURATION_S 3600
#define TOKEN_BYTES_MAX ((gsize)64 * 1024)

/* Which places are looked at. */
typedef enum {
    KIND_KNOWN,
    KIND_CHAIN,
    KIND_ENVIRONMENT,
    KIND_INSTANCE,
    KIND_ANONYMOUS,
    KIND_ROLE
} Kind;

struct TgAwsCredentials {
    gint references;
    GMutex mutex;
    struct aws_credentials_provider *provider; /* made by the first fetch */
    Kind kind;
    TgAwsKeys known; /* static keys, or the role's newest */
    char *profile;
    char *profile_file;
    TgAwsRole role;    /* texts are owned */
    gint64 expires_us; /* of the role's keys, on the monotonic clock */
    guint generation;  /* counts renewals; under the mutex */
};

void tg_aws_keys_clear(TgAwsKeys *keys)
{
    g_clear_pointer(&keys->access_key_id, g_free);
    g_clear_pointer(&keys->secret_access_key, g_free);
    g_clear_pointer(&keys->session_token, g_free);
}

static TgAwsCredentials *credentials_new(Kind kind)
{
    TgAwsCredentials *credentials = g_new0(TgAwsCredentials, 1);

    credentials->kind = kind;
    credentials->references = 1;
    g_mutex_init(&credentials->mutex);
    return credentials;
}

TgAwsCredentials *tg_aws_credentials_new_static(const char *access_key_id,
                                                const char *secret_access_key,
                                                const char *session_token)
{
    TgAwsCredentials *credentials = credentials_new(KIND_KNOWN);

    credentials->known.access_key_id = g_strdup(access_key_id);
    credentials->known.secret_access_key = g_strdup(secret_access_key);
    credentials->known.session_token = g_strdup(session_token);
    return credentials;
}

TgAwsCredentials *tg_aws_credentials_new_default(const char *profile, const char *profile_file)
{
    TgAwsCredentials *credentials = credentials_new(KIND_CHAIN);

    credentials->profile = g_strdup(profile);
    credentials->profile_file = g_strdup(profile_file);
    return credentials;
}

TgAwsCredentials *tg_aws_credentials_new_environment(void)
{
    return credentials_new(KIND_ENVIRONMENT);
}

TgAwsCredentials *tg_aws_credentials_new_instance(void)
{
    return credentials_new(KIND_INSTANCE);
}

TgAwsCredentials *tg_aws_credentials_new_anonymous(void)
{
    return credentials_new(KIND_ANONYMOUS);
}

gboolean tg_aws_credentials_are_anonymous(const TgAwsCredentials *credentials)
{
    return credentials->kind == KIND_ANONYMOUS;
}

TgAwsCredentials *tg_aws_credentials_new_role(const TgAwsRole *role)
{
    TgAwsCredentials *credentials = credentials_new(KIND_ROLE);

    credentials->role =
        (TgAwsRole){.base = role->base == NULL ? NULL : tg_aws_credentials_ref(role->base),
                    .role_arn = g_strdup(role->role_arn),
                    .session_name = g_strdup(role->session_name),
                    .external_id = g_strdup(role->external_id),
                    .policy = g_strdup(role->policy),
                    .token_file = g_strdup(role->token_file),
                    .duration_s = role->duration_s == 0 ? ROLE_DURATION_S : role->duration_s};
    return credentials;
}

TgAwsCredentials *tg_aws_credentials_ref(TgAwsCredentials *credentials)
{
    g_atomic_int_inc(&credentials->references);
    return credentials;
}

void tg_aws_credentials_unref(TgAwsCredentials *credentials)
{
    if (credentials == NULL || !g_atomic_int_dec_and_test(&credentials->references)) {
        return;
    }
    if (credentials->provider != NULL) {
        (void)aws_credentials_provider_release(credentials->provider); /* NULL, always */
    }
    tg_aws_keys_clear(&credentials->known);
    tg_aws_credentials_unref(credentials->role.base);
    g_free((char *)credentials->role.role_arn);
    g_free((char *)credentials->role.session_name);
    g_free((char *)credentials->role.external_id);
    g_free((char *)credentials->role.policy);
    g_free((char *)credentials->role.token_file);
    g_mutex_clear(&credentials->mutex);
    g_free(credentials->profile);
    g_free(credentials->profile_file);
    g_free(credentials);
}

static void fail_no_provider(GError **error)
{
    tg_aws_set_error(error, TG_ERROR_DENIED, "cannot look for AWS credentials", aws_last_error());
}

/* Wraps a provider so that keys are asked for only when they are old. Takes `source`. */
static struct aws_credentials_provider *cached_new(struct aws_credentials_provider *take_source)
{
    struct aws_credentials_provider_cached_options options = {
        .source = take_source, .refresh_time_in_milliseconds = REFRESH_MS};
    struct aws_credentials_provider *cached = NULL;

    if (take_source != NULL) {
        cached = aws_credentials_provider_new_cached(tg_aws_runtime_get(), &options);
        (void)aws_credentials_provider_release(take_source); /* NULL, always */
    }
    return cached;
}

/* The providers of a chain. */
typedef struct {
    struct aws_credentials_provider *items[PROVIDERS_MAX];
    gsize count;
} Chain;

/* A provider is only made where its settings are; takes it. */
static void chain_add(Chain *chain, struct aws_credentials_provider *take_provider)
{
    if (take_provider != NULL) {
        chain->items[chain->count++] = take_provider;
    }
}

static struct aws_credentials_provider *chain_end(Chain *chain)
{
    struct aws_credentials_provider_chain_options options = {.providers = chain->items,
                                                             .provider_count = chain->count};
    struct aws_credentials_provider *provider = NULL;

    if (chain->count > 0) {
        provider = aws_credentials_provider_new_chain(tg_aws_runtime_get(), &options);
    }
    for (gsize i = 0; i < chain->count; i++) {
        (void)aws_credentials_provider_release(chain->items[i]); /* NULL, always; it has its own */
    }
    return cached_new(provider);
}

/* What a profile can say: keys or a role, SSO, a program, a token for a role. */
static void chain_add_profile(Chain *chain, const TgAwsCredentials *credentials,
                              struct aws_client_bootstrap *bootstrap)
{
    struct aws_allocator *allocator = tg_aws_runtime_get();
    struct aws_byte_cursor name = tg_aws_cursor(credentials->profile);
    struct aws_byte_cursor file = tg_aws_cursor(credentials->profile_file);
    struct aws_credentials_provider_profile_options profile = {.profile_name_override = name,
                                                               .config_file_name_override = file,
                                                               .credentials_file_name_override =
                                                                   file,
                                                               .bootstrap = bootstrap,
                                                               .tls_ctx = tg_aws_runtime_tls()};
    struct aws_credentials_provider_sso_options sso = {.profile_name_override = name,
                                                       .config_file_name_override = file,
                                                       .bootstrap = bootstrap,
                                                       .tls_ctx = tg_aws_runtime_tls()};
    struct aws_credentials_provider_process_options process = {.profile_to_use = name};
    struct aws_credentials_provider_sts_web_identity_options web = {
        .profile_name_override = name, .bootstrap = bootstrap, .tls_ctx = tg_aws_runtime_tls()};

    chain_add(chain, aws_credentials_provider_new_profile(allocator, &profile));
    chain_add(chain, aws_credentials_provider_new_sso(allocator, &sso));
    chain_add(chain, aws_credentials_provider_new_process(allocator, &process));
    chain_add(chain, aws_credentials_provider_new_sts_web_identity(allocator, &web));
}

/* Where a machine in AWS has its role: its container, else the instance. */
static void chain_add_machine(Chain *chain, struct aws_client_bootstrap *bootstrap)
{
    struct aws_allocator *allocator = tg_aws_runtime_get();
    struct aws_credentials_provider_ecs_environment_options container = {
        .bootstrap = bootstrap, .tls_ctx = tg_aws_runtime_tls()}; /* required, for http, too */
    struct aws_credentials_provider_imds_options instance = {.bootstrap = bootstrap};
    const char *is_disabled = g_getenv("AWS_EC2_METADATA_DISABLED");

    chain_add(chain, aws_credentials_provider_new_ecs_from_environment(allocator, &container));
    if (is_disabled == NULL || g_ascii_strcasecmp(is_disabled, "true") != 0) {
        chain_add(chain, aws_credentials_provider_new_imds(allocator, &instance));
    }
}

static void fail_no_place(const TgAwsCredentials *credentials, GError **error)
{
    if (credentials->profile != NULL || credentials->profile_file != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_DENIED,
                    "the AWS profile '%s' does not exist or gives no credentials; check "
                    "~/.aws/config and ~/.aws/credentials",
                    credentials->profile == NULL ? "default" : credentials->profile);
    } else if (credentials->kind == KIND_ENVIRONMENT) {
        g_set_error(error, TG_ERROR, TG_ERROR_DENIED,
                    "the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    } else {
        fail_no_provider(error);
    }
}

/* The library's own default chain leaves out SSO and programs, so it is put together here. */
static struct aws_credentials_provider *provider_new(const TgAwsCredentials *credentials,
                                                     GError **error)
{
    struct aws_client_bootstrap *bootstrap = tg_aws_runtime_network(error);
    struct aws_credentials_provider_environment_options environment = {{NULL, NULL}};
    gboolean is_named = credentials->profile != NULL || credentials->profile_file != NULL;
    gboolean is_chain = credentials->kind == KIND_CHAIN;
    Chain chain = {{NULL}, 0};

    if (bootstrap == NULL) {
        return NULL;
    }
    if (credentials->kind == KIND_ENVIRONMENT || (is_chain && !is_named)) {
        chain_add(&chain,
                  aws_credentials_provider_new_environment(tg_aws_runtime_get(), &environment));
    }
    if (is_chain) {
        chain_add_profile(&chain, credentials, bootstrap);
    }
    if (credentials->kind == KIND_INSTANCE || (is_chain && !is_named)) {
        chain_add_machine(&chain, bootstrap);
    }
    struct aws_credentials_provider *provider = chain_end(&chain);

    if (provider == NULL) {
        fail_no_place(credentials, error);
    }
    return provider;
}

/* What a callback of the library's thread fills in; freed by the last of the two. */
typedef struct {
    gint references;
    GMutex mutex;
    GCond cond;
    gboolean is_done;
    int code;
    TgAwsKeys keys;
} Answer;

static void answer_unref(Answer *answer)
{
    if (answer != NULL && g_atomic_int_dec_and_test(&answer->references)) {
        tg_aws_keys_clear(&answer->keys);
        g_mutex_clear(&answer->mutex);
        g_cond_clear(&answer->cond);
        g_free(answer);
    }
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answer, answer_unref)

static char *text_of(struct aws_byte_cursor cursor)
{
    return cursor.len == 0 ? NULL : g_strndup((const char *)cursor.ptr, cursor.len);
}

static void on_credentials(struct aws_credentials *credentials, int code, void *data)
{
    g_autoptr(Answer) answer = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&answer->mutex);

    (void)locker;
    answer->is_done = TRUE;
    answer->code = code;
    if (credentials != NULL) {
        answer->keys.access_key_id = text_of(aws_credentials_get_access_key_id(credentials));
        answer->keys.secret_access_key =
            text_of(aws_credentials_get_secret_access_key(credentials));
        answer->keys.session_token = text_of(aws_credentials_get_session_token(credentials));
    }
    g_cond_signal(&answer->cond);
}

/* FALSE when the time is over or it was cancelled. */
static gboolean wait_answer(Answer *answer, const gint *is_cancelled)
{
    gint64 deadline_us = tg_clock_monotonic_us() + FETCH_TIMEOUT_US;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&answer->mutex);

    (void)locker;
    while (!answer->is_done) {
        gint64 now_us = tg_clock_monotonic_us();

        if (now_us > deadline_us || (is_cancelled != NULL && g_atomic_int_get(is_cancelled) != 0)) {
            return FALSE;
        }
        (void)g_cond_wait_until(&answer->cond, &answer->mutex, now_us + STEP_US);
    }
    return TRUE;
}

static gboolean fail_wait(const gint *is_cancelled, GError **error)
{
    if (is_cancelled != NULL && g_atomic_int_get(is_cancelled) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED,
                    "stopped while AWS credentials were asked "
                    "for");
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "AWS credentials: no answer within a minute from the profile's source");
    }
    return FALSE;
}

/* The caller releases it: a renewal may drop the source's own reference meanwhile. */
static struct aws_credentials_provider *provider_of(TgAwsCredentials *credentials,
                                                    guint *out_generation, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&credentials->mutex);

    (void)locker;
    if (credentials->provider == NULL) {
        credentials->provider = provider_new(credentials, error);
    }
    *out_generation = credentials->generation;
    return credentials->provider == NULL ? NULL
                                         : aws_credentials_provider_acquire(credentials->provider);
}

static void copy_keys(const TgAwsKeys *from, TgAwsKeys *to)
{
    to->access_key_id = g_strdup(from->access_key_id);
    to->secret_access_key = g_strdup(from->secret_access_key);
    to->session_token = g_strdup(from->session_token);
}

static gboolean fetch_provided(struct aws_credentials_provider *provider, const gint *is_cancelled,
                               TgAwsKeys *out, GError **error)
{
    g_autoptr(Answer) answer = g_new0(Answer, 1);

    answer->references = 2;
    g_mutex_init(&answer->mutex);
    g_cond_init(&answer->cond);
    if (aws_credentials_provider_get_credentials(provider, on_credentials, answer) != 0) {
        answer->references = 1; /* it will not be called */
        fail_no_provider(error);
        return FALSE;
    }
    if (!wait_answer(answer, is_cancelled)) {
        return fail_wait(is_cancelled, error);
    }
    if (answer->keys.access_key_id == NULL || answer->keys.secret_access_key == NULL) {
        tg_aws_set_error(error, TG_ERROR_DENIED,
                         "no AWS credentials were found: set the secrets aws.access_key_id and "
                         "aws.secret_access_key, or AWS_PROFILE, or the environment's keys",
                         answer->code);
        return FALSE;
    }
    copy_keys(&answer->keys, out);
    return TRUE;
}

/* Asks STS for the keys of a role. The mutex is held. */
static gboolean renew_role(TgAwsCredentials *credentials, const gint *is_cancelled, GError **error)
{
    const TgAwsRole *role = &credentials->role;
    g_auto(TgAwsKeys) base = {0};
    g_auto(TgAwsKeys) fresh = {0};
    g_autofree char *token = NULL;
    gsize size = 0;

    if (role->base != NULL && !tg_aws_credentials_fetch(role->base, is_cancelled, &base, error)) {
        return FALSE;
    }
    if (role->base == NULL &&
        !tg_file_read(role->token_file, TOKEN_BYTES_MAX, &token, &size, error)) {
        g_prefix_error(error, "web identity: ");
        return FALSE;
    }
    TgStsRequest request = {.role_arn = role->role_arn,
                            .session_name = role->session_name,
                            .external_id = role->external_id,
                            .web_identity_token = token == NULL ? NULL : g_strstrip(token),
                            .duration_s = role->duration_s,
                            .policy = role->policy,
                            .is_cancelled = is_cancelled};

    if (!tg_sts_get_keys(&base, &request, &fresh, error)) {
        g_prefix_error(error, "role %s: ", role->role_arn);
        return FALSE;
    }
    tg_aws_keys_clear(&credentials->known);
    credentials->known = fresh;
    fresh = (TgAwsKeys){0};
    credentials->expires_us =
        tg_clock_monotonic_us() + role->duration_s * G_TIME_SPAN_SECOND - ROLE_MARGIN_US;
    return TRUE;
}

static gboolean fetch_role(TgAwsCredentials *credentials, const gint *is_cancelled, TgAwsKeys *out,
                           GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&credentials->mutex);

    (void)locker;
    if (tg_clock_monotonic_us() >= credentials->expires_us &&
        !renew_role(credentials, is_cancelled, error)) {
        return FALSE;
    }
    copy_keys(&credentials->known, out);
    out->generation = credentials->generation;
    return TRUE;
}

gboolean tg_aws_credentials_fetch(TgAwsCredentials *credentials, const gint *is_cancelled,
                                  TgAwsKeys *out, GError **error)
{
    struct aws_credentials_provider *provider = NULL;
    guint generation = 0;
    gboolean ok = FALSE;

    switch (credentials->kind) {
    case KIND_ANONYMOUS:
        return TRUE;
    case KIND_KNOWN:
        copy_keys(&credentials->known, out);
        return TRUE;
    case KIND_ROLE:
        return fetch_role(credentials, is_cancelled, out, error);
    case KIND_CHAIN:
    case KIND_ENVIRONMENT:
    case KIND_INSTANCE:
    default:
        provider = provider_of(credentials, &generation, error);
        ok = provider != NULL && fetch_provided(provider, is_cancelled, out, error);
        (void)aws_credentials_provider_release(provider); /* NULL, always */
        out->generation = ok ? generation : out->generation;
        return ok;
    }
}

/* Forgets what was fetched. The mutex is held. */
static void forget(TgAwsCredentials *credentials)
{
    credentials->generation++;
    credentials->expires_us = 0;
    if (credentials->provider != NULL) {
        (void)aws_credentials_provider_release(credentials->provider); /* NULL, always */
        credentials->provider = NULL;
    }
}

static gboolean is_renewable(const TgAwsCredentials *credentials)
{
    return credentials->kind == KIND_CHAIN || credentials->kind == KIND_INSTANCE ||
           credentials->kind == KIND_ROLE;
}

gboolean tg_aws_credentials_renew(TgAwsCredentials *credentials, guint generation)
{
    if (!is_renewable(credentials)) {
        return FALSE;
    }
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&credentials->mutex);

    (void)locker;
    if (credentials->generation != generation) {
        return TRUE;
    }
    forget(credentials);
    if (credentials->role.base != NULL && is_renewable(credentials->role.base)) {
        /* who assumes the role may have expired, too */
        g_autoptr(GMutexLocker) of_base = g_mutex_locker_new(&credentials->role.base->mutex);

        (void)of_base;
        forget(credentials->role.base);
    }
    return TRUE;
}

const char *tg_aws_credentials_expired_hint(const TgAwsCredentials *credentials)
{
    return is_renewable(credentials)
               ? "asked again, the place where the credentials come from gave none that are "
                 "newer; log in again or have it renewed"
               : "keys that are given in the config or the environment cannot be renewed; get new "
                 "ones, or use auth_method profile, instance or assume_role";
}

/* The first place of the chain that has something. */
static char *describe_chain(const TgAwsCredentials *credentials)
{
    static const char *const settings[][2] = {{"aws_access_key_id", "keys"},
                                              {"role_arn", "an assumed role"},
                                              {"sso_session", "SSO"},
                                              {"sso_start_url", "SSO"},
                                              {"credential_process", "a program"}};
    const char *variable = g_getenv("AWS_PROFILE");
    const char *name = credentials->profile != NULL ? credentials->profile
                       : variable != NULL           ? variable
                                                    : "default";

    if (credentials->profile == NULL && g_getenv("AWS_ACCESS_KEY_ID") != NULL) {
        return g_strdup("the environment's AWS_ACCESS_KEY_ID");
    }
    for (gsize i = 0; credentials->profile_file == NULL && i < G_N_ELEMENTS(settings); i++) {
        g_autofree char *found = tg_aws_config_file_get(credentials->profile, settings[i][0]);

        if (found != NULL) {
            return g_strdup_printf("profile '%s' of AWS's files (%s)", name, settings[i][1]);
        }
    }
    if (credentials->profile != NULL || credentials->profile_file != NULL) {
        return g_strdup_printf("profile '%s' of %s", name,
                               credentials->profile_file == NULL ? "AWS's files"
                                                                 : credentials->profile_file);
    }
    return g_strdup(g_getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != NULL
                        ? "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE"
                        : "the role of this machine");
}

char *tg_aws_credentials_describe(const TgAwsCredentials *credentials)
{
    g_autofree char *base = NULL;

    switch (credentials->kind) {
    case KIND_KNOWN:
        return g_strdup("keys that are given");
    case KIND_ENVIRONMENT:
        return g_strdup("the environment's AWS_ACCESS_KEY_ID");
    case KIND_INSTANCE:
        return g_strdup("the role of this machine");
    case KIND_ANONYMOUS:
        return g_strdup("nobody: requests are not signed");
    case KIND_ROLE:
        base = credentials->role.base == NULL ? g_strdup("a web identity")
                                              : tg_aws_credentials_describe(credentials->role.base);
        return g_strdup_printf("role %s, assumed by %s", credentials->role.role_arn, base);
    case KIND_CHAIN:
    default:
        return describe_chain(credentials);
    }
}
