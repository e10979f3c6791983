/* for_each>: runs `_do` for every combination of values. Digdag's ForEachOperatorFactory.java. */
#include <string.h>

#include "operators/support.h"
#include "params/params.h"

#define TAG_CHARACTERS 8 /* of a value that a task's name shows */

/* java.net.URLEncoder, with %20 for blanks. */
static void append_tag(GString *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    const char *end = g_utf8_strlen(valid, -1) > TAG_CHARACTERS
                          ? g_utf8_offset_to_pointer(valid, TAG_CHARACTERS)
                          : valid + strlen(valid);

    for (const char *c = valid; c < end; c++) {
        if (g_ascii_isalnum(*c) || strchr("*-._", *c) != NULL) {
            g_string_append_c(name, *c);
        } else {
            g_string_append_printf(name, "%%%02X", (guint)(guchar)*c);
        }
    }
}

/* The lists by variable, each given as a list or as JSON text. */
static json_t *read_lists(const json_t *map, GError **error)
{
    json_t *lists = json_object();
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)map, key, value) {
        json_t *list = tg_params_parse_list(map, key, error);

        if (list == NULL) {
            json_decref(lists);
            return NULL;
        }
        json_object_set_new(lists, key, list);
    }
    return lists;
}

/* How many of the variables stand before the first that counts: an empty list drops itself and all
 * before it. Digdag's buildCombinations. */
static gsize count_dropped(const json_t *lists)
{
    gsize dropped = 0;
    gsize position = 0;
    const char *key = NULL;
    json_t *list = NULL;

    json_object_foreach ((json_t *)lists, key, list) {
        position++;
        dropped = json_array_size(list) == 0 ? position : dropped;
    }
    return dropped;
}

/* The number of combinations; G_MAXINT64 when it overflows. */
static gint64 count_combinations(const json_t *lists, gsize dropped)
{
    gint64 count = json_object_size(lists) == dropped ? 0 : 1;
    gsize position = 0;
    const char *key = NULL;
    json_t *list = NULL;

    json_object_foreach ((json_t *)lists, key, list) {
        gint64 size = position++ < dropped ? 1 : (gint64)json_array_size(list);

        count = size != 0 && count > G_MAXINT64 / size ? G_MAXINT64 : count * size;
    }
    return count;
}

/* The combination with a number: the first variable varies slowest. */
static void add_combination(json_t *subtasks, const json_t *do_map, const json_t *lists,
                            gint64 number, gint64 count)
{
    gsize dropped = count_dropped(lists);
    g_autoptr(GString) name = g_string_new("+for-");
    json_t *variables = json_object();
    gint64 block = count;
    gsize position = 0;
    const char *key = NULL;
    json_t *list = NULL;

    json_object_foreach ((json_t *)lists, key, list) {
        if (position++ < dropped) {
            continue;
        }
        block /= (gint64)json_array_size(list);
        gint64 index = number / block % (gint64)json_array_size(list);
        json_t *value = json_array_get(list, (gsize)index);
        g_autofree char *text = tg_params_to_text(value);

        g_string_append_printf(name, "%s%" G_GSIZE_FORMAT "=", position - 1 == dropped ? "" : "&",
                               position - 1);
        append_tag(name, key);
        g_string_append_printf(name, "=%" G_GINT64_FORMAT "=", index);
        append_tag(name, text);
        json_object_set(variables, key, value);
    }
    tg_operator_add_subtask(subtasks, name->str, do_map, variables);
}

static gboolean for_each_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    const json_t *do_map = tg_operator_do(turn, error);
    g_autoptr(json_t) map =
        do_map == NULL ? NULL : tg_params_parse_map(turn->params, "_command", error);
    g_autoptr(json_t) lists = map == NULL ? NULL : read_lists(map, error);

    if (lists == NULL) {
        return FALSE;
    }
    gint64 count = count_combinations(lists, count_dropped(lists));

    if (!tg_operator_check_limit(turn, "for_each", count, error)) {
        return FALSE;
    }
    json_t *subtasks = json_object();

    for (gint64 i = 0; i < count; i++) {
        add_combination(subtasks, do_map, lists, i, count);
    }
    *out = TG_OUTCOME_DONE;
    return tg_operator_finish_subtasks(turn, subtasks, error);
}

static const char *const options[] = {"_do", "_parallel", NULL};

const TgOperator tg_operator_for_each = {.name = "for_each",
                                         .help = "Runs _do for every combination of values",
                                         .options = options,
                                         .is_instant = TRUE,
                                         .run = for_each_run};
