/* The tables that the corpus reads: TPC-H's (h_lineitem …) and TPC-DS's in the database tpc. They
 * lie in tests/cases/athena/tables, made by tables.py there. */
#pragma once

#include <string.h>

#include "base/file.h"
#include "catalog/table.h"
#include "engine/engine.h"

typedef struct {
    char *folder;
    TgCatalog *catalog;
    TgObjectStore *objects;
    TgEngine *engine;
} CorpusTables;

/* A line of columns.txt: "name column:type …". */
static void corpus_add_table(TgCatalog *catalog, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char *location = g_strdup_printf("s3://tables/%s/", words[0]);
    json_t *table = tg_table_new("tpc", words[0], TG_FORMAT_PARQUET, location, NULL);

    for (guint i = 1; words[i] != NULL; i++) {
        char *colon = strchr(words[i], ':');

        *colon = '\0';
        tg_table_add_column(table, words[i], colon + 1, NULL);
    }
    g_assert_true(tg_catalog_create_table(catalog, "tpc", table, NULL));
    json_decref(table);
}

static void corpus_tables_set_up(CorpusTables *tables)
{
    g_autofree char *objects =
        g_build_filename(g_getenv("TG_SOURCE_DIR"), "tests", "cases", "athena", NULL);
    g_autofree char *columns = g_build_filename(objects, "tables", "columns.txt", NULL);
    g_autofree char *content = NULL;
    g_autofree char *file = NULL;
    g_auto(GStrv) lines = NULL;

    tables->folder = g_dir_make_tmp("tegaru-corpus-XXXXXX", NULL);
    file = g_build_filename(tables->folder, "catalog.sqlite", NULL);
    tables->catalog = tg_catalog_open(file, NULL);
    tables->objects = tg_object_store_new_folder(objects);
    g_assert_true(tg_catalog_ensure_database(tables->catalog, "tpc", NULL));
    g_assert_true(g_file_get_contents(columns, &content, NULL, NULL));
    lines = g_strsplit(content, "\n", -1);
    for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
        corpus_add_table(tables->catalog, lines[i]);
    }
    tables->engine = tg_engine_new(tables->catalog, tables->objects, NULL);
}

static void corpus_tables_tear_down(CorpusTables *tables)
{
    tg_engine_free(tables->engine);
    tg_object_store_free(tables->objects);
    tg_catalog_free(tables->catalog);
    g_assert_true(tg_file_remove_folder(tables->folder, NULL));
    g_free(tables->folder);
}
