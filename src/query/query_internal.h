/* Inside of query/. */
#pragma once

#include "catalog/partition_files.h"
#include "catalog/publish.h"
#include "catalog/table.h"
#include "engine/data_test.h"
#include "engine/engine.h"
#include "query/query.h"

struct TgQuery {
    TgCatalog *catalog;
    TgObjectStore *objects;
    TgEngine *engine;
    GMutex mutex;         /* over what follows */
    GHashTable *prepared; /* name in lower case → text */
};

/* Rows come from the engine, or from a list that was made here (SHOW, DESCRIBE, EXPLAIN). */
struct TgQueryResult {
    char *id;
    TgQueryKind kind;
    TgQueryStatistics statistics;
    gint64 started_us;
    char *url;
    json_t *receipt;
    TgEngineRows *rows;
    TgStatement *statement; /* the rows read its arena */
    GPtrArray *columns;     /* of TgQueryColumn */
    GPtrArray *list;        /* of GPtrArray of char * (or NULL) */
    guint at;
};

typedef struct {
    char *name;
    char *type;
} TgQueryColumn;

/* A result of its own without columns. */
TgQueryResult *tg_query_result_new(TgQueryKind kind);
void tg_query_result_add_column(TgQueryResult *result, const char *name, const char *type);

/* Appends a row of `count` texts to a list result; copies. */
void tg_query_result_add_row(TgQueryResult *result, guint count, const char *const *texts);

/* query_save.c */
gboolean tg_query_save(TgQuery *query, TgQueryResult *result, GError **error);

/* query_ddl.c, query_show.c: statements that run on the catalog alone. NULL with an error. */
TgQueryResult *tg_query_ddl(TgQuery *query, const TgStatement *statement,
                            const TgQueryRequest *request, GError **error);
TgQueryResult *tg_query_show(TgQuery *query, const TgStatement *statement,
                             const TgQueryRequest *request, GError **error);

/* query_write.c: a SELECT that is staged below a publish, counted and tested. */
typedef struct {
    TgQuery *query;
    TgEnginePlan *plan;
    TgTableFormat format;
    const char *compression;
    const char *delimiter;
    const json_t *columns;    /* [{"Name", "Type"}] without keys */
    const json_t *keys;       /* the same for partition keys; empty: none */
    const char *folder;       /* "k=v/": the one partition all rows go to; NULL: by the keys */
    const char *const *names; /* of the query's columns by position; NULL: its own */
    const json_t *table;      /* for SerDe of CSV and JSON */
    const json_t *tests;
    const char *database;
} TgQueryWrite;

/* Writes the objects; *out_rows is what COPY counted, checked against the footers. */
gboolean tg_query_write(const TgQueryWrite *write, TgPublish *publish, gint64 *out_rows,
                        GError **error);

/* Runs the tests on what lies below the publish; *out_tests NULL without tests. */
gboolean tg_query_test(const TgQueryWrite *write, TgPublish *publish, json_t **out_tests,
                       GError **error);

/* query_ctas.c: the same with a statement that was parsed already. */
gboolean tg_query_ctas_statement(TgQuery *query, const TgCtasRequest *request,
                                 TgStatement *statement, json_t **out_receipt, GError **error);

/* query_insert.c */
gboolean tg_query_insert(TgQuery *query, TgStatement *statement, const TgQueryRequest *request,
                         json_t **out_receipt, GError **error);

/* query_write.c: the same below any prefix that ends in '/', without a publish. */
gboolean tg_query_write_to(const TgQueryWrite *write, const char *prefix, gint64 *out_rows,
                           GError **error);

/* query_unload.c */
TgQueryResult *tg_query_unload(TgQuery *query, TgStatement *statement,
                               const TgQueryRequest *request, GError **error);

/* query_prepared.c: the statement of a request, `?` filled in and EXECUTE looked up. */
TgStatement *tg_query_parse(TgQuery *query, const TgQueryRequest *request, GError **error);

/* "parquet", "textfile", "csv", "json" in any case; FALSE with an error. */
gboolean tg_query_parse_format(const char *text, TgTableFormat *out, GError **error);
