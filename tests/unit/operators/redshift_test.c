/* The statements of redshift_load> and redshift_unload>, as the original's tests have them. */
#include <string.h>

#include "operators/support_redshift.h"
#include "params/params.h"

static TgAwsKeys keys_of(const char *token)
{
    return (TgAwsKeys){.access_key_id = (char *)"my-access-key-id",
                       .secret_access_key = (char *)"my-secret-access-key",
                       .session_token = (char *)token};
}

static const struct {
    const char *params;
    const char *sql; /* NULL: refused */
    const char *message;
} copies[] = {
    {"{\"table\": \"my_table\", \"from\": \"s3://my-bucket/my-path\"}",
     "COPY \"my_table\" FROM 's3://my-bucket/my-path'\n"
     "CREDENTIALS "
     "'aws_access_key_id=my-access-key-id;aws_secret_access_key=my-secret-access-key;token=tok'\n",
     NULL},
    {"{\"table\": \"t\", \"from\": \"s3://b/p\", \"csv\": \"'\", \"manifest\": true, \"gzip\": "
     "false, \"region\": \"us-east-1\", \"delimiter\": \"$\", \"readratio\": 50, \"dateformat\": "
     "\"yyyy-MM-dd\", \"encoding\": \"UTF16\", \"null_as\": \"nu\\\\ll\", \"ignoreheader\": \"3\", "
     "\"compupdate\": \"ON\", \"noload\": true, \"acceptinvchars\": \"\"}",
     "COPY \"t\" FROM 's3://b/p'\n"
     "CREDENTIALS "
     "'aws_access_key_id=my-access-key-id;aws_secret_access_key=my-secret-access-key;token=tok'\n"
     "READRATIO 50\nMANIFEST\nREGION 'us-east-1'\nCSV QUOTE ''''\nDELIMITER '$'\nACCEPTINVCHARS\n"
     "DATEFORMAT 'yyyy-MM-dd'\nENCODING UTF16\nIGNOREHEADER 3\nNULL AS 'nu\\\\ll'\nCOMPUPDATE "
     "ON\nNOLOAD\n",
     NULL},
    {"{\"from\": \"s3://b/p\"}", NULL, "'table'"},
    {"{\"table\": \"t\"}", NULL, "'from'"},
    {"{\"table\": \"t\", \"from\": \"f\", \"csv\": \"\", \"fixedwidth\": \"a:1\"}", NULL,
     "CSV cannot be used with FIXEDWIDTH, REMOVEQUOTES, or ESCAPE"},
    {"{\"table\": \"t\", \"from\": \"f\", \"json\": \"auto\", \"delimiter\": \",\"}", NULL,
     "JSON cannot be used with CSV"},
    {"{\"table\": \"t\", \"from\": \"f\", \"avro\": \"auto\", \"csv\": \"\"}", NULL,
     "AVRO cannot be used with"},
    {"{\"table\": \"t\", \"from\": \"f\", \"statupdate\": \"maybe\"}", NULL,
     "STATUPDATE should be in ON/OFF/TRUE/FALSE: maybe"},
};

static void check(const char *sql, const char *wanted, const GError *error, const char *message)
{
    g_assert_cmpstr(sql, ==, wanted);
    g_assert_true(wanted != NULL || strstr(error->message, message) != NULL);
}

static void test_copy(void)
{
    TgAwsKeys keys = keys_of("tok");

    for (gsize i = 0; i < G_N_ELEMENTS(copies); i++) {
        g_autoptr(json_t) params = json_loads(copies[i].params, 0, NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *sql = tg_redshift_copy_statement(params, &keys, &error);

        check(sql, copies[i].sql, error, copies[i].message);
    }
}

static const struct {
    const char *params;
    const char *sql;
    const char *message;
} unloads[] = {
    {"{\"query\": \"select * from t where a = 'x'\", \"to\": \"s3://b/p\", \"manifest\": true, "
     "\"parallel\": \"off\", \"fixedwidth\": \"c1:1\", \"allowoverwrite\": true}",
     "UNLOAD ('select * from t where a = ''x''') TO 's3://b/p/id_'\n"
     "CREDENTIALS 'aws_access_key_id=my-access-key-id;aws_secret_access_key=my-secret-access-key'\n"
     "MANIFEST\nFIXEDWIDTH 'c1:1'\nALLOWOVERWRITE\nPARALLEL off\n",
     NULL},
    {"{\"query\": \"q\", \"to\": \"b/p\"}", NULL, "'to' should start with 's3://'"},
    {"{\"query\": \"q\", \"to\": \"s3:///p\"}", NULL, "'to' includes empty bucket"},
    {"{\"to\": \"s3://b/p\"}", NULL, "'query'"},
    {"{\"query\": \"q\", \"to\": \"s3://b/p\", \"parallel\": \"2\"}", NULL,
     "PARALLEL should be in ON/OFF/TRUE/FALSE: 2"},
};

static void test_unload(void)
{
    TgAwsKeys keys = keys_of(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(unloads); i++) {
        g_autoptr(json_t) params = json_loads(unloads[i].params, 0, NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *sql = tg_redshift_unload_statement(params, "id", &keys, &error);

        check(sql, unloads[i].sql, error, unloads[i].message);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operators/redshift/copy-statements", test_copy);
    g_test_add_func("/operators/redshift/unload-statements", test_unload);
    return g_test_run();
}
