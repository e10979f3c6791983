/* tegaru load types FILE: what becomes of the type of each column. */
#include <stdio.h>

#include "cli/load_actions.h"
#include "params/params.h"

typedef struct {
    const char *key;
    const char *title;
} LedgerColumn;

static const LedgerColumn ledger[] = {
    {"name", "column"}, {"source", "source type"}, {"page", "page type"}, {"stored", "Parquet"},
    {"glue", "Glue"},   {"athena", "Athena"},      {"loss", "loss"},
};

static const char *cell(const json_t *row, guint column)
{
    const char *text = json_string_value(json_object_get(row, ledger[column].key));

    return text == NULL ? "" : text;
}

static void measure(const json_t *types, glong *widths)
{
    json_t *row = NULL;
    size_t index = 0;

    for (guint i = 0; i < G_N_ELEMENTS(ledger); i++) {
        widths[i] = 0;
        json_array_foreach (types, index, row) {
            widths[i] = MAX(widths[i], g_utf8_strlen(cell(row, i), -1));
        }
        /* a column that says nothing is left out */
        widths[i] = widths[i] == 0 ? 0 : MAX(widths[i], g_utf8_strlen(ledger[i].title, -1));
    }
}

static void append_padded(GString *line, const char *text, glong width)
{
    g_string_append(line, text);
    for (glong k = g_utf8_strlen(text, -1); k < width + 2; k++) {
        g_string_append_c(line, ' ');
    }
}

/* A line without blanks at its end. `row` NULL: the titles. */
static void print_line(const json_t *row, const glong *widths)
{
    g_autoptr(GString) line = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(ledger); i++) {
        const char *text = row == NULL ? ledger[i].title : cell(row, i);

        if (widths[i] > 0) {
            append_padded(line, text, widths[i]);
        }
    }
    (void)puts(g_strchomp(line->str));
}

static void print_table(const json_t *types)
{
    glong widths[G_N_ELEMENTS(ledger)] = {0};
    json_t *row = NULL;
    size_t index = 0;
    guint losses = 0;

    measure(types, widths);
    print_line(NULL, widths);
    json_array_foreach (types, index, row) {
        print_line(row, widths);
        losses += *cell(row, G_N_ELEMENTS(ledger) - 1) != '\0';
    }
    if (losses == 0) {
        (void)puts("\nNo column loses anything.");
    } else {
        (void)printf("\n%u of %u columns lose something.\n", losses, (guint)json_array_size(types));
    }
}

int tg_load_action_types(const TgCli *cli, TgCliLoad *load, const TgLoadOptions *options)
{
    GError *error = NULL;
    g_autoptr(json_t) types = tg_loader_types(&load->job, &error);

    if (types == NULL) {
        return tg_cli_fail(cli, error);
    }
    if (options->json) {
        g_autofree char *text = tg_params_to_json(types);

        (void)puts(text);
        return 0;
    }
    print_table(types);
    return 0;
}
