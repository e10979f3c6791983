/* for_range>: runs `_do` for the pieces of a range of numbers. Digdag's ForRangeOperatorFactory. */
#include "operators/support.h"
#include "params/params.h"

static gboolean read_bound(const json_t *range, const char *key, gint64 *out, GError **error)
{
    if (!tg_params_has(range, key)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' is required but not set",
                    key);
        return FALSE;
    }
    return tg_params_get_int64(range, key, 0, out, error);
}

/* The length of a piece. */
static gboolean read_step(const json_t *range, gint64 size, gint64 *out, GError **error)
{
    gboolean has_step = tg_params_has(range, "step");
    const char *key = has_step ? "step" : "slices";
    gint64 value = 0;

    if (has_step == tg_params_has(range, "slices")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    has_step ? "Setting both step and slices options to for_range is invalid"
                             : "step or slices option is required for for_range");
        return FALSE;
    }
    if (!tg_params_get_int64(range, key, 0, &value, error)) {
        return FALSE;
    }
    if (value <= 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s option must be same or greater than 1 but got %" G_GINT64_FORMAT, key,
                    value);
        return FALSE;
    }
    *out = has_step ? value : MAX(size / value + (size % value != 0), 1);
    return TRUE;
}

static json_t *range_variables(json_int_t from, json_int_t to, json_int_t index)
{
    return json_pack("{s:{s:I, s:I, s:I}}", "range", "from", from, "to", to, "index", index);
}

static gboolean for_range_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    const json_t *do_map = tg_operator_do(turn, error);
    g_autoptr(json_t) range =
        do_map == NULL ? NULL : tg_params_parse_map(turn->params, "_command", error);
    gint64 from = 0;
    gint64 to = 0;
    gint64 step = 0;

    if (range == NULL || !read_bound(range, "from", &from, error) ||
        !read_bound(range, "to", &to, error)) {
        return FALSE;
    }
    gint64 size = from >= to ? 0 : (gint64)MIN((guint64)to - (guint64)from, (guint64)G_MAXINT64);

    if (!read_step(range, size, &step, error) ||
        !tg_operator_check_limit(turn, "for_range", size / step + (size % step != 0), error)) {
        return FALSE;
    }
    json_t *subtasks = json_object();

    for (gint64 offset = 0, index = 0; offset < size; index++) {
        gint64 length = MIN(step, size - offset);
        gint64 start = from + offset;
        g_autofree char *name = g_strdup_printf(
            "+range-from=%" G_GINT64_FORMAT "&to=%" G_GINT64_FORMAT, start, start + length);

        tg_operator_add_subtask(subtasks, name, do_map,
                                range_variables(start, start + length, index));
        offset += length;
    }
    *out = TG_OUTCOME_DONE;
    return tg_operator_finish_subtasks(turn, subtasks, error);
}

static const char *const options[] = {"_do", "_parallel", NULL};

const TgOperator tg_operator_for_range = {.name = "for_range",
                                          .help = "Runs _do for the pieces of a range of numbers",
                                          .options = options,
                                          .is_instant = TRUE,
                                          .run = for_range_run};
