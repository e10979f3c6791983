/* A load in a folder of its own, with a catalog and an object store. */
#pragma once

#include "catalog/catalog.h"
#include "loader/loader.h"
#include "object/store.h"

typedef struct {
    char *folder;
    TgCatalog *catalog;
    TgObjectStore *objects;
    TgLoaderServices services;
    TgLoaderReport report; /* of the last run */
    GString *log;          /* lines "WARN message" */
    GString *printed;      /* what `type: stdout` printed */
    GMutex mutex;
    guint cancel_after; /* is_cancelled() says yes from this call on; 0: never */
    guint asked;
    gboolean fails_tests; /* run_tests() refuses */
    guint threads;
} TgTestLoad;

TgTestLoad *tg_test_load_new(void);
void tg_test_load_free(TgTestLoad *load);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTestLoad, tg_test_load_free)

/* Writes a file of the folder. */
void tg_test_load_write(const TgTestLoad *load, const char *name, const void *bytes, gsize size);
void tg_test_load_write_text(const TgTestLoad *load, const char *name, const char *text);

/* The text of a file of the folder; the caller frees. */
char *tg_test_load_read(const TgTestLoad *load, const char *name);

/* Runs a config (YAML); fails the test on an error. */
void tg_test_load_run(TgTestLoad *load, const char *yaml, gboolean exact_types);

/* Runs a config that must fail; the message, which the caller frees. */
char *tg_test_load_fail(TgTestLoad *load, const char *yaml, gboolean exact_types);

/* A job for a config; the config lives until the next call. */
TgLoaderJob tg_test_load_job(TgTestLoad *load, json_t *config, gboolean exact_types);
json_t *tg_test_load_parse(const char *yaml);
