/* A catalog and a store in a temporary folder, and statements over them. */
#pragma once

#include <string.h>

#include "base/file.h"
#include "query/query.h"

#define NOW_MS ((gint64)1700000000000)

typedef struct {
    char *folder;
    TgCatalog *catalog;
    TgObjectStore *objects;
    TgQuery *query;
    const char *const *parameters; /* values of `?` for the next statement */
} World;

static void set_up(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *file = NULL;
    g_autofree char *objects = NULL;

    world->folder = g_dir_make_tmp("tegaru-query-XXXXXX", NULL);
    file = g_build_filename(world->folder, "catalog.sqlite", NULL);
    objects = g_build_filename(world->folder, "objects", NULL);
    world->catalog = tg_catalog_open(file, NULL);
    world->objects = tg_object_store_new_folder(objects);
    world->query = tg_query_new(world->catalog, world->objects, NULL);
}

static void tear_down(World *world, gconstpointer data G_GNUC_UNUSED)
{
    tg_query_free(world->query);
    tg_object_store_free(world->objects);
    tg_catalog_free(world->catalog);
    g_assert_true(tg_file_remove_folder(world->folder, NULL));
    g_free(world->folder);
}

/* Rows as "a,b;c,d", or the message of the error after '!'. */
static char *run(World *world, const char *sql)
{
    TgQueryRequest request = {
        .sql = sql, .source_name = "t.sql", .parameters = world->parameters, .now_ms = NOW_MS};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgQueryResult) result = tg_query_run(world->query, &request, &error);
    g_autoptr(GString) out = g_string_new(NULL);
    const char *const *row = NULL;

    do {
        if (result == NULL || !tg_query_result_next(result, &row, &error)) {
            g_string_printf(out, "!%s", error->message);
            return g_string_free(g_steal_pointer(&out), FALSE);
        }
        for (guint i = 0; row != NULL && i < tg_query_result_column_count(result); i++) {
            g_string_append_printf(out, "%s%s", i > 0 ? "," : (out->len > 0 ? ";" : ""),
                                   row[i] == NULL ? "NULL" : row[i]);
        }
    } while (row != NULL);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void expect(World *world, const char *sql, const char *expected)
{
    g_autofree char *got = run(world, sql);
    gboolean is_prefix = *expected == '!';

    if (is_prefix ? strstr(got, strchr(expected, '!') + 1) == NULL : strcmp(got, expected) != 0) {
        g_error("%s\nexpected: %s\ngot:      %s", sql, expected, got);
    }
}
