/* Calls to Glue's Data Catalog, or a server that speaks like it: databases, tables, partitions. */
#pragma once

#include <jansson.h>

#include "aws/client.h"

#define TG_GLUE_ITEMS_MAX ((gsize)1000000) /* of a list that is kept whole */

/**
 * Documents are Glue's own JSON, in and out: Database, DatabaseInput, Table, TableInput, Partition,
 * PartitionInput, ErrorDetail, as its API reference has them. Times are seconds since 1970 with a
 * fraction. Names are folded to lower case by Glue.
 *
 * Errors of all calls: NOT_FOUND is EntityNotFoundException and nothing else; CONFLICT is
 * AlreadyExistsException, or somebody changing the same thing; else as tg_aws_client_call. Calls
 * are tried again, also those that change something: when the answer to a first try was lost, a
 * creation says AlreadyExistsException and a deletion EntityNotFoundException although it was this
 * call that did it.
 *
 * Any thread may use it.
 */
typedef struct TgGlue TgGlue;

/* @catalog_id the account whose catalog it is; NULL: that of who asks. CONFIG for an endpoint that
 * is no address. */
TgGlue *tg_glue_new(const TgAwsClientOptions *options, const char *catalog_id, GError **error);
void tg_glue_free(TgGlue *glue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgGlue, tg_glue_free)

/* The client behind it, for calls that stand not here. Lent. */
TgAwsClient *tg_glue_client(TgGlue *glue);

/* --- databases --- */

/* A Database; a new reference. */
json_t *tg_glue_get_database(TgGlue *glue, const char *database, GError **error);

/* All Databases, an array; a new reference. */
json_t *tg_glue_list_databases(TgGlue *glue, GError **error);

/* @input a DatabaseInput */
gboolean tg_glue_create_database(TgGlue *glue, const json_t *input, GError **error);
gboolean tg_glue_update_database(TgGlue *glue, const char *database, const json_t *input,
                                 GError **error);

/* Its tables go with it. */
gboolean tg_glue_delete_database(TgGlue *glue, const char *database, GError **error);

/* --- tables --- */

/* A Table; a new reference. */
json_t *tg_glue_get_table(TgGlue *glue, const char *database, const char *table, GError **error);

/**
 * Tables of a database, an array; a new reference.
 *
 * @expression a regular expression over the whole name; NULL: all
 */
json_t *tg_glue_list_tables(TgGlue *glue, const char *database, const char *expression,
                            GError **error);

/* @input a TableInput */
gboolean tg_glue_create_table(TgGlue *glue, const char *database, const json_t *input,
                              GError **error);

/* How a table is changed; {0} is the default. */
typedef struct {
    const char *version_id; /* only while the table has this VersionId, else CONFLICT; NULL: any */
    gboolean skip_archive;  /* keep no version of what was */
} TgGlueUpdate;

/* @input a TableInput: all of the table, also what stays. @update may be NULL */
gboolean tg_glue_update_table(TgGlue *glue, const char *database, const json_t *input,
                              const TgGlueUpdate *update, GError **error);

/* Its partitions go with it; objects stay. */
gboolean tg_glue_delete_table(TgGlue *glue, const char *database, const char *table,
                              GError **error);

/**
 * Deletes many tables, 100 a call. TRUE when all calls were answered; what single tables failed for
 * is in the array. When a call fails, those before it are done, as the message says.
 *
 * @names an array of texts
 * @out_errors [{"TableName", "ErrorDetail": {"ErrorCode", "ErrorMessage"}}], a new reference
 */
gboolean tg_glue_delete_tables(TgGlue *glue, const char *database, const json_t *names,
                               json_t **out_errors, GError **error);

/* All versions of a table, the newest first: [{"Table", "VersionId"}]; a new reference. */
json_t *tg_glue_list_table_versions(TgGlue *glue, const char *database, const char *table,
                                    GError **error);

/* {"Table", "VersionId"}; a new reference. */
json_t *tg_glue_get_table_version(TgGlue *glue, const char *database, const char *table,
                                  const char *version_id, GError **error);

/* As tg_glue_delete_tables. @version_ids an array of texts. @out_errors [{"TableName", "VersionId",
 * "ErrorDetail"}] */
gboolean tg_glue_delete_table_versions(TgGlue *glue, const char *database, const char *table,
                                       const json_t *version_ids, json_t **out_errors,
                                       GError **error);

/* --- partitions; values are arrays of texts in the order of the table's PartitionKeys --- */

/* A Partition; a new reference. */
json_t *tg_glue_get_partition(TgGlue *glue, const char *database, const char *table,
                              const json_t *values, GError **error);

/* Which partitions; lent. */
typedef struct {
    const char *database;
    const char *table;
    const char *expression;    /* Glue's: "dt = '2026-01-01' AND n > 3"; NULL: all */
    guint segment;             /* of `segments` parts that are read at the same time */
    guint segments;            /* at most 10; 0: all in one */
    gboolean excludes_columns; /* answers without StorageDescriptor.Columns: much smaller */
} TgGluePartitions;

/* Pages of Partitions as they come; take() gets arrays of them. */
gboolean tg_glue_each_partitions(TgGlue *glue, const TgGluePartitions *which, TgAwsTakePage take,
                                 gpointer data, GError **error);

/* The same in one array; more than TG_GLUE_ITEMS_MAX is CONFIG. A new reference. */
json_t *tg_glue_list_partitions(TgGlue *glue, const TgGluePartitions *which, GError **error);

/**
 * Partitions by their values, 1,000 a call; what Glue leaves undone is asked for again.
 *
 * @values_list an array of values
 * @return those that are there, in any order; a new reference
 */
json_t *tg_glue_get_partitions(TgGlue *glue, const char *database, const char *table,
                               const json_t *values_list, GError **error);

/**
 * Adds partitions, 100 a call; errors as with tg_glue_delete_tables.
 *
 * @inputs an array of PartitionInput
 * @out_errors [{"PartitionValues", "ErrorDetail"}], a new reference; those that are there already
 *             have the ErrorCode AlreadyExistsException
 */
gboolean tg_glue_create_partitions(TgGlue *glue, const char *database, const char *table,
                                   const json_t *inputs, json_t **out_errors, GError **error);

/* Changes partitions, 100 a call. @entries [{"PartitionValueList", "PartitionInput"}]. @out_errors
 * [{"PartitionValueList", "ErrorDetail"}] */
gboolean tg_glue_update_partitions(TgGlue *glue, const char *database, const char *table,
                                   const json_t *entries, json_t **out_errors, GError **error);

/* Deletes partitions, 25 a call. @values_list an array of values. @out_errors [{"PartitionValues",
 * "ErrorDetail"}] */
gboolean tg_glue_delete_partitions(TgGlue *glue, const char *database, const char *table,
                                   const json_t *values_list, json_t **out_errors, GError **error);

/* One partition, changed or deleted; NOT_FOUND when it is not there. @input a PartitionInput */
gboolean tg_glue_update_partition(TgGlue *glue, const char *database, const char *table,
                                  const json_t *values, const json_t *input, GError **error);
gboolean tg_glue_delete_partition(TgGlue *glue, const char *database, const char *table,
                                  const json_t *values, GError **error);
