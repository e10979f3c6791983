/* Databases and tables as texts for other tools. */
#pragma once

#include <glib.h>
#include <jansson.h>

/**
 * Athena's DDL that makes the same table, without a semicolon: CREATE EXTERNAL TABLE as SHOW CREATE
 * TABLE prints it, or CREATE OR REPLACE VIEW. The caller frees.
 */
char *tg_table_to_sql(const json_t *table);

/**
 * ALTER TABLE … ADD IF NOT EXISTS PARTITION …; with as many partitions in a statement as Athena
 * takes (100). Empty without partitions. The caller frees.
 *
 * @partitions Glue's Partition objects
 */
char *tg_table_partitions_to_sql(const json_t *table, const json_t *partitions);

/* Terraform resources of the AWS provider: aws_glue_catalog_database, aws_glue_catalog_table. What
 * a publish changes is left to the publisher by `ignore_changes`. The caller frees. */
char *tg_database_to_terraform(const json_t *database);
char *tg_table_to_terraform(const json_t *table);
