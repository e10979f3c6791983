/* The other side of Signature Version 4: header and presigned. */
#include "endpoint/signer.h"

#include <string.h>

#include "base/clock.h"

#define SKEW_MS ((gint64)15 * 60 * 1000)
#define PRESIGNED_S_MAX 604800
#define SIGNED_HEADERS_MAX 100

typedef struct {
    char *secret;
    char *token; /* or NULL */
} Keys;

struct TgSigner {
    GMutex mutex;
    GHashTable *keys; /* id → Keys */
};

/* A signature as a request carries it. */
typedef struct {
    char *key_id;
    char *scope; /* date/region/service/aws4_request */
    char *date;  /* 20130524T000000Z */
    char *headers;
    char *signature;
    char *token;
    gint64 expires_s; /* of a presigned one; 0 else */
    gboolean is_presigned;
} Claim;

static const TgSignerRefusal missing = {"AccessDenied", "MissingAuthenticationTokenException",
                                        "Missing Authentication Token"};
static const TgSignerRefusal malformed = {"AuthorizationHeaderMalformed",
                                          "IncompleteSignatureException",
                                          "The authorization is malformed."};
static const TgSignerRefusal unknown_key = {
    "InvalidAccessKeyId", "UnrecognizedClientException",
    "The AWS Access Key Id you provided does not exist in our records: start the endpoint with "
    "this --access-key."};
static const TgSignerRefusal bad_token = {"InvalidToken", "UnrecognizedClientException",
                                          "The security token included in the request is invalid."};
static const TgSignerRefusal skewed = {
    "RequestTimeTooSkewed", "InvalidSignatureException",
    "The difference between the request time and the current time is too large."};
static const TgSignerRefusal expired = {"AccessDenied", "ExpiredTokenException",
                                        "Request has expired"};
static const TgSignerRefusal unsigned_headers = {
    "AccessDenied", "InvalidSignatureException",
    "There were headers present in the request which were not signed"};
static const TgSignerRefusal mismatch = {
    "SignatureDoesNotMatch", "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method."};

static void keys_free(gpointer data)
{
    Keys *keys = data;

    g_free(keys->secret);
    g_free(keys->token);
    g_free(keys);
}

static void claim_clear(Claim *claim)
{
    g_free(claim->key_id);
    g_free(claim->scope);
    g_free(claim->date);
    g_free(claim->headers);
    g_free(claim->signature);
    g_free(claim->token);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Claim, claim_clear)

TgSigner *tg_signer_new(const char *access_key_id, const char *secret_access_key)
{
    TgSigner *signer = g_new0(TgSigner, 1);

    g_mutex_init(&signer->mutex);
    signer->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, keys_free);
    tg_signer_add(signer, access_key_id, secret_access_key, NULL);
    return signer;
}

void tg_signer_free(TgSigner *signer)
{
    if (signer != NULL) {
        g_hash_table_unref(signer->keys);
        g_mutex_clear(&signer->mutex);
        g_free(signer);
    }
}

void tg_signer_add(TgSigner *signer, const char *access_key_id, const char *secret_access_key,
                   const char *session_token)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&signer->mutex);
    Keys *keys = g_new0(Keys, 1);

    (void)locker;
    keys->secret = g_strdup(secret_access_key);
    keys->token = g_strdup(session_token);
    g_hash_table_replace(signer->keys, g_strdup(access_key_id), keys);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The value of "Name=value" in an Authorization header. */
static char *part_of(const char *header, const char *name)
{
    const char *start = strstr(header, name);

    if (start == NULL) {
        return NULL;
    }
    start += strlen(name);
    return g_strndup(start, strcspn(start, ", "));
}

/* "KEY/date/region/service/aws4_request" as key and scope. */
static void set_credential(Claim *claim, char *take_text)
{
    const char *slash = take_text == NULL ? NULL : strchr(take_text, '/');

    if (slash != NULL) {
        claim->key_id = g_strndup(take_text, (gsize)(slash - take_text));
        claim->scope = g_strdup(slash + 1);
    }
    g_free(take_text);
}

static gboolean read_claim(const TgHttpCall *call, Claim *claim)
{
    const char *header = tg_http_call_header(call, "Authorization");

    if (header != NULL) {
        const char *date = tg_http_call_header(call, "X-Amz-Date");

        set_credential(claim, part_of(header, "Credential="));
        claim->headers = part_of(header, "SignedHeaders=");
        claim->signature = part_of(header, "Signature=");
        claim->date = g_strdup(date);
        claim->token = g_strdup(tg_http_call_header(call, "X-Amz-Security-Token"));
        return TRUE;
    }
    if (!tg_http_call_has_parameter(call, "X-Amz-Signature")) {
        return FALSE;
    }
    g_autofree char *expires = tg_http_call_parameter(call, "X-Amz-Expires");

    set_credential(claim, tg_http_call_parameter(call, "X-Amz-Credential"));
    claim->headers = tg_http_call_parameter(call, "X-Amz-SignedHeaders");
    claim->signature = tg_http_call_parameter(call, "X-Amz-Signature");
    claim->date = tg_http_call_parameter(call, "X-Amz-Date");
    claim->token = tg_http_call_parameter(call, "X-Amz-Security-Token");
    claim->expires_s = expires == NULL ? 0 : g_ascii_strtoll(expires, NULL, 10);
    claim->is_presigned = TRUE;
    return TRUE;
}

char *tg_signer_caller(const TgHttpCall *call)
{
    g_auto(Claim) claim = {NULL};

    (void)read_claim(call, &claim);
    return g_strdup(claim.key_id == NULL ? "" : claim.key_id);
}

/* ---- the canonical request ------------------------------------------------------------------ */

static void append_escaped(GString *out, const char *text, const char *kept)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (g_ascii_isalnum(*p) || strchr("-._~", *p) != NULL || strchr(kept, *p) != NULL) {
            g_string_append_c(out, *p);
        } else {
            g_string_append_printf(out, "%%%02X", (guchar)*p);
        }
    }
}

/* As sent: S3's is escaped once by the client; others escape it again. */
static void append_path(GString *out, const char *path, gboolean is_s3)
{
    g_autofree char *plain = is_s3 ? g_uri_unescape_string(path, NULL) : g_strdup(path);

    append_escaped(out, plain == NULL ? path : plain, "/");
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One "name=value" of the query in canonical escapes; NULL for broken ones. */
static char *canonical_pair(const char *pair)
{
    const char *equals = strchr(pair, '=');
    g_autofree char *raw_name =
        equals == NULL ? g_strdup(pair) : g_strndup(pair, (gsize)(equals - pair));
    g_autofree char *name = g_uri_unescape_string(raw_name, NULL);
    g_autofree char *value = g_uri_unescape_string(equals == NULL ? "" : equals + 1, NULL);
    GString *out = g_string_new(NULL);

    append_escaped(out, name == NULL ? "" : name, "");
    g_string_append_c(out, '=');
    append_escaped(out, value == NULL ? "" : value, "");
    return g_string_free(out, FALSE);
}

static void append_query(GString *out, const char *query)
{
    g_auto(GStrv) pairs = g_strsplit(query == NULL ? "" : query, "&", -1);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; pairs[i] != NULL; i++) {
        if (*pairs[i] != '\0' && !g_str_has_prefix(pairs[i], "X-Amz-Signature=")) {
            g_ptr_array_add(sorted, canonical_pair(pairs[i]));
        }
    }
    g_ptr_array_sort(sorted, compare_texts);
    for (guint i = 0; i < sorted->len; i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "" : "&", (char *)sorted->pdata[i]);
    }
}

/* Runs of spaces become one. */
static void append_value(GString *out, const char *value)
{
    g_autofree char *copy = g_strstrip(g_strdup(value));

    for (const char *p = copy; *p != '\0'; p++) {
        if (*p != ' ' || p[1] != ' ') {
            g_string_append_c(out, *p);
        }
    }
}

static gboolean append_headers(GString *out, const TgHttpCall *call, const char *names)
{
    g_auto(GStrv) list = g_strsplit(names, ";", SIGNED_HEADERS_MAX);
    gboolean has_host = FALSE;

    for (guint i = 0; list[i] != NULL; i++) {
        g_autofree char *value = tg_http_call_header_all(call, list[i]);

        g_string_append_printf(out, "%s:", list[i]);
        append_value(out, value == NULL ? "" : value);
        g_string_append_c(out, '\n');
        has_host = has_host || strcmp(list[i], "host") == 0;
    }
    g_string_append_c(out, '\n');
    return has_host;
}

/* Whether every header that AWS gives a meaning to is signed: none may be added on the way. */
static gboolean signs_all(const TgHttpCall *call, const char *names)
{
    g_autoptr(GPtrArray) present = tg_http_call_header_names(call);
    g_auto(GStrv) list = g_strsplit(names, ";", SIGNED_HEADERS_MAX);

    for (guint i = 0; i < present->len; i++) {
        const char *name = present->pdata[i];

        if (g_str_has_prefix(name, "x-amz-") && !g_strv_contains((const char *const *)list, name)) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *body_hash(const TgHttpCall *call, const Claim *claim, gboolean is_s3)
{
    const char *given = tg_http_call_header(call, "X-Amz-Content-Sha256");
    const GByteArray *body = NULL;

    if (given != NULL || is_s3) {
        return g_strdup(given == NULL || claim->is_presigned ? "UNSIGNED-PAYLOAD" : given);
    }
    body = tg_http_call_body(call);
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, body->data, body->len);
}

/* ---- the signature -------------------------------------------------------------------------- */

static void sign(const guint8 *key, gsize key_size, const char *text, guint8 out[32])
{
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, key, key_size);
    gsize size = 32;

    g_hmac_update(hmac, (const guchar *)text, -1);
    g_hmac_get_digest(hmac, out, &size);
    g_hmac_unref(hmac);
}

static char *signature_of(const char *secret, const Claim *claim, const char *canonical)
{
    g_auto(GStrv) scope = g_strsplit(claim->scope, "/", 5);
    g_autofree char *start = g_strconcat("AWS4", secret, NULL);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, canonical, -1);
    g_autofree char *text =
        g_strdup_printf("AWS4-HMAC-SHA256\n%s\n%s\n%s", claim->date, claim->scope, hash);
    guint8 key[32] = {0};
    GString *hex = g_string_new(NULL);

    if (g_strv_length(scope) == 4) {
        sign((const guint8 *)start, strlen(start), scope[0], key);
        for (guint i = 1; i < 4; i++) {
            sign(key, sizeof key, scope[i], key);
        }
        sign(key, sizeof key, text, key);
        for (gsize i = 0; i < sizeof key; i++) {
            g_string_append_printf(hex, "%02x", key[i]);
        }
    }
    return g_string_free(hex, FALSE);
}

/* Takes as long for a wrong first letter as for a wrong last one. */
static gboolean is_same(const char *a, const char *b)
{
    gsize size = strlen(a);
    guint difference = size == strlen(b) && size == 64 ? 0 : 1;

    for (gsize i = 0; i < MIN(size, strlen(b)); i++) {
        difference |= (guint)((guchar)a[i] ^ (guchar)b[i]);
    }
    return difference == 0;
}

/* "20130524T000000Z" */
static gboolean read_date(const char *text, gint64 *out_ms)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) at =
        text == NULL || strlen(text) != 16 ? NULL : g_date_time_new_from_iso8601(text, utc);

    if (at != NULL) {
        *out_ms = g_date_time_to_unix(at) * 1000;
    }
    return at != NULL;
}

static const TgSignerRefusal *check_time(const Claim *claim)
{
    gint64 at_ms = 0;
    gint64 now_ms = tg_clock_now_ms();

    if (!read_date(claim->date, &at_ms)) {
        return &malformed;
    }
    if (claim->is_presigned) {
        gboolean is_valid = claim->expires_s >= 1 && claim->expires_s <= PRESIGNED_S_MAX;

        return !is_valid                                  ? &malformed
               : now_ms > at_ms + claim->expires_s * 1000 ? &expired
               : at_ms > now_ms + SKEW_MS                 ? &skewed
                                                          : NULL;
    }
    return ABS(now_ms - at_ms) > SKEW_MS ? &skewed : NULL;
}

static const TgSignerRefusal *check_signature(const TgHttpCall *call, const Claim *claim,
                                              const Keys *keys, gboolean is_s3)
{
    g_autoptr(GString) canonical = g_string_new(tg_http_call_method(call));
    g_autofree char *hash = body_hash(call, claim, is_s3);
    g_autofree char *expected = NULL;

    g_string_append_c(canonical, '\n');
    append_path(canonical, tg_http_call_path(call), is_s3);
    g_string_append_c(canonical, '\n');
    append_query(canonical, tg_http_call_query(call));
    g_string_append_c(canonical, '\n');
    if (!append_headers(canonical, call, claim->headers)) {
        return &malformed; /* a signature that does not name the host fits any */
    }
    if (!signs_all(call, claim->headers)) {
        return &unsigned_headers;
    }
    g_string_append_printf(canonical, "%s\n%s", claim->headers, hash);
    expected = signature_of(keys->secret, claim, canonical->str);
    return is_same(expected, claim->signature) ? NULL : &mismatch;
}

static const TgSignerRefusal *check(TgSigner *signer, const TgHttpCall *call, gboolean is_s3)
{
    g_auto(Claim) claim = {NULL};
    const TgSignerRefusal *refusal = NULL;
    const Keys *keys = NULL;

    if (!read_claim(call, &claim)) {
        return &missing;
    }
    if (claim.key_id == NULL || claim.headers == NULL || claim.signature == NULL) {
        return &malformed;
    }
    g_mutex_lock(&signer->mutex);
    keys = g_hash_table_lookup(signer->keys, claim.key_id); /* replaced never: ids are random */
    g_mutex_unlock(&signer->mutex);
    if (keys == NULL) {
        return &unknown_key;
    }
    if (keys->token != NULL && g_strcmp0(keys->token, claim.token) != 0) {
        return &bad_token;
    }
    refusal = check_time(&claim);
    return refusal != NULL ? refusal : check_signature(call, &claim, keys, is_s3);
}

gboolean tg_signer_check(TgSigner *signer, const TgHttpCall *call, gboolean is_s3,
                         TgSignerRefusal *out)
{
    const TgSignerRefusal *refusal = signer == NULL ? NULL : check(signer, call, is_s3);

    if (refusal != NULL) {
        *out = *refusal;
    }
    return refusal == NULL;
}
