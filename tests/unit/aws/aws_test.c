/* Signatures against the examples that AWS has published, and where credentials come from. */
#include <glib/gstdio.h>
#include <string.h>

#include "aws/credentials.h"
#include "aws/signature.h"
#include "base/file.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define EXAMPLE_MS G_GINT64_CONSTANT(1369353600000) /* 2013-05-24T00:00:00Z */

static TgAwsKeys example_keys(void)
{
    return (TgAwsKeys){.access_key_id = (char *)"AKIAIOSFODNN7EXAMPLE",
                       .secret_access_key = (char *)"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
}

static const char *header_of(char **headers, const char *name)
{
    for (; *headers != NULL; headers += 2) {
        if (g_ascii_strcasecmp(headers[0], name) == 0) {
            return headers[1];
        }
    }
    return NULL;
}

/* "Signature Calculations for the Authorization Header" of the S3 reference. */
static const struct {
    const char *method;
    const char *path;
    const char *headers[5];
    const char *body_sha256;
    const char *signature;
} examples[] = {
    {"GET",
     "/test.txt",
     {"range", "bytes=0-9", NULL},
     EMPTY_SHA256,
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"PUT",
     "/test%24file.text",
     {"date", "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class", "REDUCED_REDUNDANCY", NULL},
     "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"GET",
     "/?lifecycle",
     {NULL},
     EMPTY_SHA256,
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"GET",
     "/?max-keys=2&prefix=J",
     {NULL},
     EMPTY_SHA256,
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static void test_published_signatures(void)
{
    TgAwsKeys keys = example_keys();

    for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
        TgAwsRequest request = {.method = examples[i].method,
                                .host = "examplebucket.s3.amazonaws.com",
                                .path = examples[i].path,
                                .region = "us-east-1",
                                .service = "s3",
                                .headers = examples[i].headers,
                                .body_sha256 = examples[i].body_sha256,
                                .now_ms = EXAMPLE_MS};
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) headers = tg_aws_sign(&keys, &request, &error);

        g_assert_no_error(error);
        const char *authorization = header_of(headers, "authorization");
        const char *signature = strstr(authorization, "Signature=");

        g_assert_cmpstr(signature + strlen("Signature="), ==, examples[i].signature);
        g_assert_cmpstr(header_of(headers, "x-amz-content-sha256"), ==, examples[i].body_sha256);
        g_assert_cmpstr(header_of(headers, "x-amz-date"), ==, "20130524T000000Z");
        g_assert_cmpstr(header_of(headers, "host"), ==, "examplebucket.s3.amazonaws.com");
    }
}

static void test_a_session_token_is_signed(void)
{
    TgAwsKeys keys = example_keys();
    TgAwsRequest request = {.method = "POST",
                            .host = "sts.amazonaws.com",
                            .path = "/",
                            .region = "us-east-1",
                            .service = "sts",
                            .body_sha256 = EMPTY_SHA256,
                            .now_ms = EXAMPLE_MS};

    keys.session_token = (char *)"token";
    g_auto(GStrv) headers = tg_aws_sign(&keys, &request, NULL);

    g_assert_cmpstr(header_of(headers, "x-amz-security-token"), ==, "token");
    g_assert_nonnull(strstr(header_of(headers, "authorization"), "x-amz-security-token"));
    g_assert_null(header_of(headers, "x-amz-content-sha256"));
}

static void test_keys_that_cannot_sign(void)
{
    TgAwsKeys keys = example_keys();
    TgAwsRequest request = {.method = "GET",
                            .host = "h",
                            .path = "/",
                            .region = "",
                            .service = "s3",
                            .body_sha256 = EMPTY_SHA256,
                            .now_ms = EXAMPLE_MS};
    g_autoptr(GError) error = NULL;

    g_assert_null(tg_aws_sign(&keys, &request, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

static void test_the_hash_of_a_body(void)
{
    g_autofree char *empty = tg_aws_sha256("", 0);

    g_assert_cmpstr(empty, ==, EMPTY_SHA256);
}

static void test_static_keys(void)
{
    g_autoptr(TgAwsCredentials) credentials = tg_aws_credentials_new_static("id", "secret", NULL);
    g_auto(TgAwsKeys) keys = {0};

    g_assert_true(tg_aws_credentials_fetch(credentials, NULL, &keys, NULL));
    g_assert_cmpstr(keys.access_key_id, ==, "id");
    g_assert_cmpstr(keys.secret_access_key, ==, "secret");
    g_assert_null(keys.session_token);
}

static void test_the_environment_comes_first(void)
{
    g_autoptr(TgAwsCredentials) credentials = tg_aws_credentials_new_default(NULL, NULL);
    g_auto(TgAwsKeys) keys = {0};
    g_autoptr(GError) error = NULL;

    g_setenv("AWS_ACCESS_KEY_ID", "from", TRUE);
    g_setenv("AWS_SECRET_ACCESS_KEY", "environment", TRUE);
    g_setenv("AWS_SESSION_TOKEN", "too", TRUE);
    (void)tg_aws_credentials_fetch(credentials, NULL, &keys, &error);
    g_unsetenv("AWS_ACCESS_KEY_ID");
    g_unsetenv("AWS_SECRET_ACCESS_KEY");
    g_unsetenv("AWS_SESSION_TOKEN");
    g_assert_no_error(error);
    g_assert_cmpstr(keys.access_key_id, ==, "from");
    g_assert_cmpstr(keys.secret_access_key, ==, "environment");
    g_assert_cmpstr(keys.session_token, ==, "too");
}

/* A file of profiles; the caller frees the path. */
static char *write_profiles(const char *folder, const char *text)
{
    char *path = g_build_filename(folder, "config", NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

/* @id NULL: refused */
static void expect_profile(const char *profile, const char *id)
{
    g_autoptr(TgAwsCredentials) credentials = tg_aws_credentials_new_default(profile, NULL);
    g_auto(TgAwsKeys) keys = {0};
    g_autoptr(GError) error = NULL;

    (void)tg_aws_credentials_fetch(credentials, NULL, &keys, &error);
    g_assert_cmpstr(keys.access_key_id, ==, id);
    if (id == NULL) {
        g_assert_error(error, TG_ERROR, TG_ERROR_DENIED);
    }
}

static void test_profiles(void)
{
    g_autofree char *folder = g_dir_make_tmp("tegaru-aws-XXXXXX", NULL);
    g_autofree char *path = write_profiles(
        folder, "[profile plain]\naws_access_key_id = AKIDPLAIN\naws_secret_access_key = s\n"
                "[profile runs]\ncredential_process = printf '{\"Version\": 1, \"AccessKeyId\": "
                "\"AKIDRUN\", \"SecretAccessKey\": \"s\"}'\n[profile nothing]\nregion = x\n");

    g_setenv("AWS_CONFIG_FILE", path, TRUE);
    g_setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", TRUE);
    expect_profile("plain", "AKIDPLAIN");
    expect_profile("runs", "AKIDRUN");
    expect_profile("nothing", NULL);
    expect_profile("absent", NULL);
    g_unsetenv("AWS_CONFIG_FILE");
    g_unsetenv("AWS_SHARED_CREDENTIALS_FILE");
    g_assert_true(tg_file_remove_folder(folder, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("AWS_EC2_METADATA_DISABLED", "true", TRUE);
    g_test_add_func("/aws/signature/equals-the-published-ones", test_published_signatures);
    g_test_add_func("/aws/signature/covers-a-session-token", test_a_session_token_is_signed);
    g_test_add_func("/aws/signature/refuses-an-empty-region", test_keys_that_cannot_sign);
    g_test_add_func("/aws/signature/hashes-bodies", test_the_hash_of_a_body);
    g_test_add_func("/aws/credentials/are-keys-that-are-known", test_static_keys);
    g_test_add_func("/aws/credentials/come-from-the-environment", test_the_environment_comes_first);
    g_test_add_func("/aws/credentials/come-from-a-named-profile", test_profiles);
    return g_test_run();
}
