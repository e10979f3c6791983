/* An ADBC driver whose results have three partitions, on top of test_plugin.c; built by
 * load_adbc.py. It knows one option of the database: mode. */
#include "test_plugin.c"

/* The structs as adbc.h of the Apache Arrow project has them (API revision 1.0.0, Apache License
 * 2.0), in fewer words. */
struct error {
    char *message;
    int32_t vendor_code;
    char sqlstate[5];
    void (*release)(struct error *);
};
struct object {
    void *private_data;
    void *private_driver;
};
struct partitions {
    size_t count;
    const uint8_t **partitions;
    const size_t *sizes;
    void *private_data;
    void (*release)(struct partitions *);
};
typedef uint8_t (*call)(struct object *, struct error *);
struct driver {
    void *private_data, *private_manager;
    uint8_t (*release)(struct driver *, struct error *);
    call database_init, database_new;
    uint8_t (*database_set)(struct object *, const char *, const char *, struct error *);
    call database_release, commit;
    void (*unused1[4])(void);
    uint8_t (*connection_init)(struct object *, struct object *, struct error *);
    call connection_new;
    void (*connection_set)(void);
    uint8_t (*read_partition)(struct object *, const uint8_t *, size_t, struct ArrowArrayStream *,
                              struct error *);
    call connection_release, rollback;
    void (*unused2[2])(void);
    uint8_t (*execute)(struct object *, struct ArrowArrayStream *, int64_t *, struct error *);
    uint8_t (*execute_partitions)(struct object *, struct ArrowSchema *, struct partitions *,
                                  int64_t *, struct error *);
    void (*unused3)(void);
    uint8_t (*statement_new)(struct object *, struct object *, struct error *);
    call prepare, statement_release;
    void (*statement_set)(void);
    uint8_t (*set_query)(struct object *, const char *, struct error *);
    void (*unused4)(void);
};

static State state;
static const uint8_t names[] = {0, 1, 2};
static const uint8_t *partitions[] = {&names[0], &names[1], &names[2]};
static const size_t sizes[] = {1, 1, 1};

static void leave_error(struct error *error)
{
    (void)error;
}

static uint8_t refuse(struct error *error, uint8_t status, char *message)
{
    error->message = message;
    error->release = leave_error;
    return status;
}

static uint8_t make(struct object *object, struct error *error)
{
    (void)error;
    object->private_data = &state;
    return 0;
}

static uint8_t drop(struct object *object, struct error *error)
{
    (void)error;
    object->private_data = NULL;
    return 0;
}

static uint8_t database_set(struct object *object, const char *key, const char *value,
                            struct error *error)
{
    static char text[256];

    (void)object;
    if (strcmp(key, "mode") == 0) {
        (void)snprintf(state.mode, sizeof state.mode, "%s", value);
        return 0;
    }
    (void)snprintf(text, sizeof text, "no option %s, so no '%s'", key, value);
    return refuse(error, 5, text);
}

static uint8_t connection_init(struct object *connection, struct object *database,
                               struct error *error)
{
    (void)connection;
    (void)database;
    if (strcmp(state.mode, "no_access") == 0) {
        return refuse(error, 14, "you may not");
    }
    return strcmp(state.mode, "offline") == 0 ? refuse(error, 10, "nobody answers") : 0;
}

static uint8_t statement_new(struct object *connection, struct object *statement,
                             struct error *error)
{
    (void)connection;
    return make(statement, error);
}

static uint8_t set_query(struct object *statement, const char *query, struct error *error)
{
    (void)statement;
    return strstr(query, "bad") == NULL ? 0 : refuse(error, 5, "bad query");
}

static uint8_t read_partition(struct object *connection, const uint8_t *bytes, size_t size,
                              struct ArrowArrayStream *out, struct error *error)
{
    struct TegaruError said;

    (void)connection;
    (void)size;
    if (input_read(&state, bytes[0], out, &said) != 0) {
        return refuse(error, 10, "the partition is gone");
    }
    return 0;
}

static uint8_t execute(struct object *statement, struct ArrowArrayStream *out, int64_t *affected,
                       struct error *error)
{
    (void)affected;
    return read_partition(statement, names, 1, out, error);
}

static void release_partitions(struct partitions *made)
{
    made->release = NULL;
}

static uint8_t execute_partitions(struct object *statement, struct ArrowSchema *schema,
                                  struct partitions *out, int64_t *affected, struct error *error)
{
    struct ArrowArrayStream stream;

    (void)execute(statement, &stream, affected, error);
    (void)stream.get_schema(&stream, schema);
    stream.release(&stream);
    *out = (struct partitions){3, partitions, sizes, NULL, release_partitions};
    return 0;
}

uint8_t AdbcDriverInit(int version, void *into, struct error *error)
{
    struct driver *driver = into;

    if (version != 1000000) {
        return refuse(error, 2, "another version");
    }
    memset(driver, 0, sizeof *driver);
    driver->database_init = make;
    driver->database_new = make;
    driver->database_set = database_set;
    driver->database_release = drop;
    driver->connection_init = connection_init;
    driver->connection_new = make;
    driver->connection_release = drop;
    driver->read_partition = read_partition;
    driver->execute = execute;
    driver->execute_partitions = execute_partitions;
    driver->statement_new = statement_new;
    driver->statement_release = drop;
    driver->set_query = set_query;
    return 0;
}

uint8_t Incomplete(int version, void *into, struct error *error)
{
    (void)version;
    (void)error;
    memset(into, 0, sizeof(struct driver));
    return 0;
}
