/* Chains of statements in Athena. */
#include "operators/support_athena_statement.h"

#include <string.h>

#include "aws/sts.h"
#include "base/random.h"
#include "operators/support.h"
#include "operators/support_duration.h"
#include "params/params.h"

#define CHAIN "athena" /* key of the turn's state */
#define RUNNING                                                                                    \
    "running" /* key of the turn's state: it has to be stopped when the task is killed */
/* Keys of an execution: what was asked for of it. A turn goes through all statements that have
 * ended, and would ask again. */
#define ROWS "Rows"
#define COUNT "Count"
#define PRICE_PER_TB 5.0
#define BILLED_BYTES_MIN 10e6 /* of a query that reads anything at all */
#define TB_BYTES 1e12

/* --- options --- */

void tg_athena_chain_clear(TgAthenaChain *chain)
{
    g_free(chain->workgroup);
    g_free(chain->output);
    g_free(chain->token_prefix);
    *chain = (TgAthenaChain){NULL};
}

static json_t *chain_state(const TgTurn *turn)
{
    json_t *state = json_object_get(turn->state, CHAIN);

    if (!json_is_object(state)) {
        state = json_pack("{s:{}, s:{}}", "statements", "texts");
        json_object_set_new(turn->state, CHAIN, state);
    }
    return state;
}

/* "20GB", "1.5 TB", a number of bytes. */
static gboolean parse_size(const char *text, gint64 *out)
{
    static const struct {
        const char *unit;
        double bytes;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"KB", 1e3},
                 {"MB", 1e6},
                 {"GB", 1e9},
                 {"TB", 1e12},
                 {"KIB", 1024},
                 {"MIB", 1048576},
                 {"GIB", 1073741824.0},
                 {"TIB", 1099511627776.0}};
    char *end = NULL;
    double number = g_ascii_strtod(text, &end);
    g_autofree char *unit = g_ascii_strup(g_strstrip(end), -1);

    for (gsize i = 0; end != text && number >= 0 && i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].unit, unit) == 0 && number * units[i].bytes < 9e18) {
            *out = (gint64)(number * units[i].bytes);
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean read_number(TgAthenaChain *chain, const char *key, double fallback, double *out,
                            GError **error)
{
    g_autofree char *text = NULL;
    char *end = NULL;

    if (!tg_operator_athena_text(chain->turn, chain->op, key, NULL, &text, error)) {
        return FALSE;
    }
    *out = text == NULL ? fallback : g_ascii_strtod(text, &end);
    if (text != NULL && (end == text || *end != '\0' || *out < 0)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: '%s' is no amount in dollars", key,
                    text);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_limits(TgAthenaChain *chain, GError **error)
{
    g_autofree char *scan = NULL;
    double cost = -1;

    chain->scan_bytes_max = -1;
    if (!tg_operator_athena_text(chain->turn, chain->op, "max_scan", NULL, &scan, error) ||
        !read_number(chain, "price_per_tb", PRICE_PER_TB, &chain->price_per_tb, error) ||
        !read_number(chain, "max_cost", -1, &cost, error)) {
        return FALSE;
    }
    if (scan != NULL && !parse_size(scan, &chain->scan_bytes_max)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "max_scan: '%s' is no size; write it as 20GB",
                    scan);
        return FALSE;
    }
    if (cost >= 0 && chain->price_per_tb > 0) {
        double bytes = cost / chain->price_per_tb * TB_BYTES;

        if (bytes < 9e18 && (chain->scan_bytes_max < 0 || bytes < (double)chain->scan_bytes_max)) {
            chain->scan_bytes_max = (gint64)bytes;
        }
    }
    return TRUE;
}

static gboolean read_timeout(TgAthenaChain *chain, GError **error)
{
    const json_t *given = tg_operator_athena_option(chain->turn, chain->op, "timeout");
    g_autoptr(json_t) alone = json_object();

    if (given != NULL) {
        json_object_set(alone, "timeout", (json_t *)given);
    }
    return tg_operator_duration_get(alone, "timeout", 600, &chain->timeout_s, error);
}

/* The original's place for results of the account. */
static gboolean find_default_output(TgAthenaChain *chain, char **out, GError **error)
{
    const TgAwsSettings *aws = &chain->place->aws;
    const char *region = aws->region == NULL ? "us-east-1" : aws->region;
    g_auto(TgAwsKeys) keys = {NULL};
    g_auto(TgStsIdentity) identity = {NULL};

    if (!tg_aws_credentials_fetch(aws->credentials, NULL, &keys, error) ||
        !tg_sts_get_identity(&keys, region, NULL, &identity, error)) {
        g_prefix_error(error, "'output_location' is not given, and the account, whose place would "
                              "be taken, is not known: ");
        return FALSE;
    }
    *out = g_strdup_printf("s3://aws-athena-query-results-%s-%s/", identity.account, region);
    return TRUE;
}

static gboolean find_output(TgAthenaChain *chain, char **out, gboolean *out_is_workgroups,
                            GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) group =
        tg_athena_get_workgroup(chain->place->athena, chain->workgroup, &problem);
    const json_t *configuration = json_object_get(group, "Configuration");
    const char *location = json_string_value(
        json_object_get(json_object_get(configuration, "ResultConfiguration"), "OutputLocation"));

    *out_is_workgroups = location != NULL && *location != '\0';
    if (*out_is_workgroups) {
        *out = g_strdup(location);
        return TRUE;
    }
    if (group == NULL) {
        chain->turn->services->note(chain->turn->services, chain->turn->task_name,
                                    problem->message);
    }
    return find_default_output(chain, out, error);
}

static gboolean read_output(TgAthenaChain *chain, GError **error)
{
    if (!tg_operator_athena_text(chain->turn, chain->op, "output_location", NULL, &chain->output,
                                 error)) {
        return FALSE;
    }
    if (chain->output != NULL) {
        return TRUE;
    }
    if (!tg_athena_chain_has(chain->turn, "output")) {
        g_autofree char *found = NULL;
        gboolean is_workgroups = FALSE;

        if (!find_output(chain, &found, &is_workgroups, error)) {
            return FALSE;
        }
        tg_athena_chain_set(chain->turn, "output", found);
        tg_athena_chain_set(chain->turn, "output_of", is_workgroups ? "workgroup" : "account");
    }
    chain->output = g_strdup(tg_athena_chain_get(chain->turn, "output"));
    chain->is_workgroups =
        g_strcmp0(tg_athena_chain_get(chain->turn, "output_of"), "workgroup") == 0;
    return TRUE;
}

gboolean tg_athena_chain_open(TgTurn *turn, const char *op, const TgAthenaPlace *place,
                              TgAthenaChain *out, GError **error)
{
    g_autofree char *prefix = strcmp(op, "query") == 0 ? g_strdup("digdag-athena")
                                                       : g_strconcat("digdag-athena-", op, NULL);

    out->turn = turn;
    out->op = op;
    out->place = place;
    return tg_operator_athena_text(turn, op, "workgroup", "primary", &out->workgroup, error) &&
           tg_operator_athena_text(turn, op, "token_prefix", prefix, &out->token_prefix, error) &&
           read_timeout(out, error) && read_limits(out, error) &&
           (place->athena == NULL || read_output(out, error));
}

/* --- statements --- */

const char *tg_athena_chain_get(const TgTurn *turn, const char *key)
{
    return json_string_value(
        json_object_get(json_object_get(json_object_get(turn->state, CHAIN), "texts"), key));
}

gboolean tg_athena_chain_has(const TgTurn *turn, const char *key)
{
    return tg_athena_chain_get(turn, key) != NULL;
}

void tg_athena_chain_set(TgTurn *turn, const char *key, const char *text)
{
    json_object_set_new(json_object_get(chain_state(turn), "texts"), key, json_string(text));
}

static json_t *request_of(const TgAthenaChain *chain, const TgAthenaStatement *statement)
{
    json_t *request =
        json_pack("{s:s, s:s}", "QueryString", statement->sql, "WorkGroup", chain->workgroup);

    if (statement->database != NULL) {
        json_object_set_new(request, "QueryExecutionContext",
                            json_pack("{s:s}", "Database", statement->database));
    }
    if (!chain->is_workgroups) {
        json_object_set_new(request, "ResultConfiguration",
                            json_pack("{s:s}", "OutputLocation", chain->output));
    }
    return request;
}

/* The same for each try to start this statement in this attempt, also after a crash: Athena then
 * gives the query that runs already. */
static char *token_of(TgAthenaChain *chain, const char *name)
{
    const char *uuid = json_string_value(json_object_get(chain->turn->params, "session_uuid"));
    g_autofree char *wish =
        g_strdup_printf("%s/%s/%s/%s/%s", chain->token_prefix, uuid == NULL ? "" : uuid,
                        chain->turn->task_name, name, tg_athena_chain_get(chain->turn, "nonce"));

    return tg_athena_token(wish);
}

static gboolean stop_one(const TgAthenaPlace *place, const json_t *state, GError **error)
{
    const char *id = json_string_value(json_object_get(state, "id"));

    return place->trino != NULL ? tg_trino_cancel(place->trino, state, error)
                                : tg_athena_stop(place->athena, id, error);
}

static void stop_quietly(const TgAthenaChain *chain, const json_t *state)
{
    const char *id = json_string_value(json_object_get(state, "id"));
    g_autoptr(GError) problem = NULL;

    if (id != NULL && !stop_one(chain->place, state, &problem)) {
        chain->turn->services->note(chain->turn->services, chain->turn->task_name,
                                    problem->message);
    }
}

/* "3.0 GB", with a plain blank. The caller frees. */
static char *size_text(gint64 bytes)
{
    g_autofree char *text = g_format_size((guint64)bytes);
    g_auto(GStrv) parts = g_strsplit(text, "\302\240", -1);

    return g_strjoinv(" ", parts);
}

/* What is over a limit fails, and is stopped then: it would cost on. */
static gboolean check_limits(const TgAthenaChain *chain, const json_t *state, gint64 scanned_bytes,
                             GError **error)
{
    const char *id = json_string_value(json_object_get(state, "id"));
    gint64 began_ms = json_integer_value(json_object_get(state, "began_ms"));

    if (chain->scan_bytes_max >= 0 && scanned_bytes > chain->scan_bytes_max) {
        g_autofree char *read = size_text(scanned_bytes);
        g_autofree char *limit = size_text(chain->scan_bytes_max);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "query %s was stopped: it had read %s, more than max_scan or max_cost allows "
                    "(%s). Read fewer partitions or columns, or raise the limit",
                    id, read, limit);
    } else if (chain->turn->now_ms - began_ms > chain->timeout_s * 1000) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "query %s was stopped: it ran longer than 'timeout' (%" G_GINT64_FORMAT
                    " s); raise it, or make the query smaller",
                    id == NULL ? "(not started)" : id, chain->timeout_s);
    } else {
        return TRUE;
    }
    return FALSE;
}

/* It ended: its record without the text, which may be large, stays in the state. */
static gboolean take_end(TgAthenaChain *chain, json_t *state, json_t *take_execution,
                         json_t **out_execution, GError **error)
{
    g_autoptr(json_t) execution = take_execution;
    gint64 scanned = json_integer_value(
        json_object_get(json_object_get(execution, "Statistics"), "DataScannedInBytes"));
    gint64 millis = json_integer_value(
        json_object_get(json_object_get(execution, "Statistics"), "EngineExecutionTimeInMillis"));
    g_autofree char *line = NULL;

    json_object_del(chain->turn->state, RUNNING);
    json_object_del(execution, "Query");
    json_object_set(state, "execution", execution);
    if (!tg_athena_check(execution, error)) {
        return FALSE;
    }
    line = g_strdup_printf(
        "Executed %s (scan: %" G_GINT64_FORMAT " bytes, time: %" G_GINT64_FORMAT "ms)",
        json_string_value(json_object_get(execution, "QueryExecutionId")), scanned, millis);
    chain->turn->services->note(chain->turn->services, chain->turn->task_name, line);
    *out_execution = g_steal_pointer(&execution);
    return TRUE;
}

static gboolean step_athena(TgAthenaChain *chain, const TgAthenaStatement *statement, json_t *state,
                            json_t **out_execution, GError **error)
{
    g_autoptr(json_t) request = request_of(chain, statement);
    g_autofree char *token = token_of(chain, statement->name);
    TgAthenaStep step = {
        .request = request, .token = token, .now_ms = chain->turn->now_ms, .state = state};

    if (!tg_athena_step(chain->place->athena, &step, error)) {
        return FALSE;
    }
    if (step.execution != NULL) {
        return take_end(chain, state, step.execution, out_execution, error);
    }
    chain->turn->poll_at_ms = step.poll_at_ms;
    return check_limits(chain, state, step.scanned_bytes, error);
}

/* --- Trino --- */

#define TRINO_ROWS_KEPT 10001 /* of a result that is looked at */

/* Athena's record of a statement that Trino has FINISHED. */
static json_t *execution_of(const TgAthenaChain *chain, const json_t *state)
{
    const char *update = json_string_value(json_object_get(state, "update_type"));
    gint64 began_ms = json_integer_value(json_object_get(state, "began_ms"));

    return json_pack(
        "{s:O, s:s, s:s, s:{s:s, s:f, s:f}, s:{s:I, s:I}, s:{s:O*, s:O*, s:O*}}",
        "QueryExecutionId", json_object_get(state, "id"), "StatementType",
        update == NULL                  ? "DML"
        : strcmp(update, "INSERT") == 0 ? "DML"
                                        : "DDL",
        "SubstatementType", update == NULL ? "SELECT" : update, "Status", "State", "SUCCEEDED",
        "SubmissionDateTime", (double)began_ms / 1000, "CompletionDateTime",
        (double)chain->turn->now_ms / 1000, "Statistics", "DataScannedInBytes",
        (json_int_t)json_integer_value(json_object_get(state, "scanned_bytes")),
        "EngineExecutionTimeInMillis",
        (json_int_t)json_integer_value(json_object_get(state, "elapsed_ms")), "Trino", "columns",
        json_object_get(state, "columns"), "rows", json_object_get(state, "rows"), "count",
        json_object_get(state, "update_count"));
}

static gboolean step_trino(TgAthenaChain *chain, const TgAthenaStatement *statement, json_t *state,
                           json_t **out_execution, GError **error)
{
    TgTrinoStep step = {.sql = statement->sql,
                        .now_ms = chain->turn->now_ms,
                        .state = state,
                        .rows_keep = TRINO_ROWS_KEPT};

    if (!tg_trino_step(chain->place->trino, &step, error)) {
        return FALSE;
    }
    if (step.is_done) {
        json_t *execution = execution_of(chain, state);

        json_object_del(state, "rows"); /* they stand in the execution now */
        return take_end(chain, state, execution, out_execution, error);
    }
    chain->turn->poll_at_ms = step.poll_at_ms;
    return check_limits(chain, state, json_integer_value(json_object_get(state, "scanned_bytes")),
                        error);
}

/* Texts as Athena gives them. */
static json_t *texts_of(const json_t *rows, guint rows_max)
{
    json_t *all = json_array();
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)rows, i, row) {
        json_t *texts = json_array();
        json_t *value = NULL;
        gsize k = 0;

        if (i == rows_max) {
            json_decref(texts);
            break;
        }
        json_array_foreach (row, k, value) {
            g_autofree char *text = json_is_null(value) ? NULL : tg_params_to_text(value);

            json_array_append_new(texts, text == NULL ? json_null() : json_string(text));
        }
        json_array_append_new(all, texts);
    }
    return all;
}

static json_t *rows_of_trino(const json_t *execution, guint rows_max)
{
    const json_t *trino = json_object_get(execution, "Trino");
    json_t *columns = json_array();
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach (json_object_get(trino, "columns"), i, column) {
        json_t *name = json_object_get(column, "name");

        json_array_append_new(columns,
                              json_pack("{s:O, s:O, s:O, s:s}", "Name", name, "Label", name, "Type",
                                        json_object_get(column, "type"), "CatalogName", "trino"));
    }
    return json_pack("{s:o, s:o}", "columns", columns, "rows",
                     texts_of(json_object_get(trino, "rows"), rows_max));
}

json_t *tg_athena_chain_rows(const TgAthenaChain *chain, json_t *execution, guint rows_max,
                             GError **error)
{
    json_t *known = json_object_get(execution, ROWS);
    const TgAthenaRows which = {
        .id = json_string_value(json_object_get(execution, "QueryExecutionId")),
        .has_header = TRUE,
        .rows_max = rows_max};

    if (known != NULL) {
        return json_incref(known);
    }
    json_t *rows = chain->place->trino != NULL
                       ? rows_of_trino(execution, rows_max)
                       : tg_athena_list_rows(chain->place->athena, &which, error);

    if (rows != NULL) {
        json_object_set(execution, ROWS, rows);
    }
    return rows;
}

gboolean tg_athena_chain_count(const TgAthenaChain *chain, json_t *execution, gint64 *out_rows,
                               GError **error)
{
    const char *id = json_string_value(json_object_get(execution, "QueryExecutionId"));
    const json_t *trino = json_object_get(json_object_get(execution, "Trino"), "count");
    const json_t *known = json_object_get(execution, COUNT);

    known = known == NULL ? trino : known;
    *out_rows = json_is_integer(known) ? json_integer_value(known) : -1;
    if (known != NULL || chain->place->trino != NULL) {
        return TRUE;
    }
    if (!tg_athena_update_count(chain->place->athena, id, out_rows, error)) {
        return FALSE;
    }
    json_object_set_new(execution, COUNT, json_integer(*out_rows));
    return TRUE;
}

/* Once the statement has an id, it is known as such: the state is saved again. */
static void note_running(TgTurn *turn, const char *name, const json_t *state)
{
    const char *id = json_string_value(json_object_get(state, "id"));

    if (json_object_get(turn->state, RUNNING) != NULL && id != NULL) {
        g_autofree char *text = g_strdup_printf("%s %s", name, id);

        json_object_set_new(turn->state, RUNNING, json_string(text));
    }
}

gboolean tg_athena_chain_run(TgAthenaChain *chain, const TgAthenaStatement *statement,
                             json_t **out_execution, GError **error)
{
    json_t *statements = json_object_get(chain_state(chain->turn), "statements");
    json_t *state = json_object_get(statements, statement->name);
    json_t *ended = json_object_get(state, "execution");

    *out_execution = NULL;
    if (ended != NULL) {
        *out_execution = json_incref(ended);
        return TRUE;
    }
    if (state == NULL) {
        /* The wish is saved before it is told to Athena, so that a crash in between starts nothing
         * twice. */
        state = json_pack("{s:I}", "began_ms", (json_int_t)chain->turn->now_ms);
        json_object_set_new(statements, statement->name, state);
        json_object_set_new(chain->turn->state, RUNNING, json_string(statement->name));
        if (!tg_athena_chain_has(chain->turn, "nonce")) {
            g_autofree char *nonce = tg_random_id(12);

            tg_athena_chain_set(chain->turn, "nonce", nonce);
        }
        chain->turn->poll_at_ms = chain->turn->now_ms;
        return TRUE;
    }
    gboolean ok = chain->place->trino != NULL
                      ? step_trino(chain, statement, state, out_execution, error)
                      : step_athena(chain, statement, state, out_execution, error);

    note_running(chain->turn, statement->name, state);
    if (!ok && json_object_get(state, "execution") == NULL) {
        stop_quietly(chain, state); /* nobody looks at it any more */
    }
    return ok;
}
gboolean tg_athena_chain_select(TgAthenaChain *chain, const TgAthenaStatement *statement,
                                guint rows_max, json_t **out_result, GError **error)
{
    g_autoptr(json_t) execution = NULL;

    *out_result = NULL;
    if (!tg_athena_chain_run(chain, statement, &execution, error)) {
        return FALSE;
    }
    if (execution == NULL) {
        return TRUE;
    }
    *out_result = tg_athena_chain_rows(chain, execution, rows_max, error);
    return *out_result != NULL;
}

void tg_athena_chain_reset(TgTurn *turn)
{
    json_object_del(turn->state, CHAIN);
    json_object_del(turn->state, RUNNING);
}

gboolean tg_athena_chain_stop(TgTurn *turn, const TgAthenaPlace *place, GError **error)
{
    const json_t *statements = json_object_get(json_object_get(turn->state, CHAIN), "statements");
    const char *name = NULL;
    json_t *state = NULL;
    gboolean ok = TRUE;

    json_object_foreach ((json_t *)statements, name, state) {
        const char *id = json_string_value(json_object_get(state, "id"));

        if (id != NULL && json_object_get(state, "execution") == NULL) {
            ok = stop_one(place, state, error) && ok;
        }
    }
    return ok;
}

void tg_athena_chain_note(const TgAthenaChain *chain, json_t *receipt)
{
    const json_t *statements =
        json_object_get(json_object_get(chain->turn->state, CHAIN), "statements");
    json_t *ids = json_array();
    json_int_t scanned = 0;
    double cost = 0;
    const char *name = NULL;
    json_t *state = NULL;

    json_object_foreach ((json_t *)statements, name, state) {
        const json_t *execution = json_object_get(state, "execution");
        json_int_t bytes = json_integer_value(
            json_object_get(json_object_get(execution, "Statistics"), "DataScannedInBytes"));
        json_t *id = json_object_get(state, "id");

        if (id != NULL) {
            json_array_append(ids, id);
        }
        scanned += bytes;
        cost +=
            bytes == 0 ? 0 : MAX((double)bytes, BILLED_BYTES_MIN) / TB_BYTES * chain->price_per_tb;
    }
    json_object_set_new(receipt, "query_ids", ids);
    json_object_set_new(receipt, "scanned_bytes", json_integer(scanned));
    json_object_set_new(receipt, "cost_usd", json_real(cost));
}
