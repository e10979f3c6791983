/* The ABI of ADBC drivers, as far as it is used, and how one is found and loaded.
 *
 * The structs say again what the header adbc.h of the Apache Arrow project lays down (Arrow
 * Database Connectivity, API revision 1.0.0; Apache License 2.0): members in that order, and
 * drivers of all later revisions fill them when they are asked for this one. */
#pragma once

#include <stddef.h>
#include <tegaru_plugin.h>

#include "loader/plugin.h"

#define TG_ADBC_VERSION 1000000 /* 1.0.0 */

/* What functions return; others are failures, too. */
enum {
    TG_ADBC_OK = 0,
    TG_ADBC_NOT_IMPLEMENTED = 2,
    TG_ADBC_NOT_FOUND = 3,
    TG_ADBC_IO = 10,
    TG_ADBC_CANCELLED = 11,
    TG_ADBC_TIMEOUT = 12,
    TG_ADBC_UNAUTHENTICATED = 13,
    TG_ADBC_UNAUTHORIZED = 14
};

typedef struct TgAdbcError TgAdbcError;
struct TgAdbcError {
    char *message;
    gint32 vendor_code;
    char sqlstate[5];
    void (*release)(TgAdbcError *error);
};

/* A database, a connection or a statement: all are laid out alike. */
typedef struct {
    void *private_data; /* NULL: not there */
    void *private_driver;
} TgAdbcObject;

typedef struct TgAdbcPartitions TgAdbcPartitions;
struct TgAdbcPartitions {
    size_t count;
    const guint8 **partitions;
    const size_t *sizes;
    void *private_data;
    void (*release)(TgAdbcPartitions *partitions);
};

typedef guint8 TgAdbcStatus;
typedef TgAdbcStatus (*TgAdbcCall)(TgAdbcObject *, TgAdbcError *);
typedef TgAdbcStatus (*TgAdbcSet)(TgAdbcObject *, const char *, const char *, TgAdbcError *);
typedef void (*TgAdbcUnused)(void);

/* The driver's functions; any may be NULL. */
typedef struct TgAdbcDriver TgAdbcDriver;
struct TgAdbcDriver {
    void *private_data;
    void *private_manager;
    TgAdbcStatus (*release)(TgAdbcDriver *, TgAdbcError *);

    TgAdbcCall database_init;
    TgAdbcCall database_new;
    TgAdbcSet database_set_option;
    TgAdbcCall database_release;

    TgAdbcCall connection_commit;
    TgAdbcUnused connection_get_info;
    TgAdbcUnused connection_get_objects;
    TgAdbcUnused connection_get_table_schema;
    TgAdbcUnused connection_get_table_types;
    TgAdbcStatus (*connection_init)(TgAdbcObject *, TgAdbcObject *database, TgAdbcError *);
    TgAdbcCall connection_new;
    TgAdbcSet connection_set_option;
    TgAdbcStatus (*connection_read_partition)(TgAdbcObject *, const guint8 *, size_t,
                                              struct ArrowArrayStream *, TgAdbcError *);
    TgAdbcCall connection_release;
    TgAdbcCall connection_rollback;

    TgAdbcUnused statement_bind;
    TgAdbcUnused statement_bind_stream;
    TgAdbcStatus (*statement_execute_query)(TgAdbcObject *, struct ArrowArrayStream *, gint64 *,
                                            TgAdbcError *);
    TgAdbcStatus (*statement_execute_partitions)(TgAdbcObject *, struct ArrowSchema *,
                                                 TgAdbcPartitions *, gint64 *, TgAdbcError *);
    TgAdbcUnused statement_get_parameter_schema;
    TgAdbcStatus (*statement_new)(TgAdbcObject *connection, TgAdbcObject *, TgAdbcError *);
    TgAdbcCall statement_prepare;
    TgAdbcCall statement_release;
    TgAdbcSet statement_set_option;
    TgAdbcStatus (*statement_set_sql_query)(TgAdbcObject *, const char *, TgAdbcError *);
    TgAdbcUnused statement_set_substrait_plan;
};

/**
 * Loads a driver; its shared object stays for the life of the program.
 *
 * @name a path, or a name: then libadbc_driver_<name>.so in the folders of plug-ins, else where the
 *       system looks for libraries
 * @entrypoint NULL: the usual ones
 * @driver zeroed
 */
gboolean tg_adbc_driver_load(TgLoaderContext *context, const char *name, const char *entrypoint,
                             TgAdbcDriver *driver, GError **error);

/* Sets the error of a call that did not return OK, in the driver's words without the secrets of
 * the options, and releases what it said. @what was tried: "connect" */
void tg_adbc_set_error(GError **error, const json_t *config, const char *what, TgAdbcStatus status,
                       TgAdbcError *said);
