/* A formatter on libyaml's tokens: lines get new indents, gaps after `:` and `-` one blank. */
#include "params/yaml_format.h"

#include <string.h>
#include <yaml.h>

#define INDENT 2

/* What a line of the old text is. */
typedef enum {
    LINE_OTHER,   /* blank, a comment, or not yet known */
    LINE_START,   /* begins with a token: gets the indent of its level */
    LINE_MOVES,   /* inside a flow collection or plain text: moves with the line that begins it */
    LINE_QUOTED,  /* inside quotes: the same, and its end is not trimmed */
    LINE_CONTENT, /* of a block scalar: as it is, but for its indent */
} LineKind;

typedef struct {
    const char *text; /* in the source, without its line end */
    gsize size;
    gsize blanks; /* before its first character */
    LineKind kind;
    int indent;        /* START: the new one */
    int shift;         /* MOVES, QUOTED, CONTENT: what the new one adds to the old one */
    gboolean is_kept;  /* an empty line that says something */
    GPtrArray *levels; /* START: of Level that are open at its end */
} Line;

typedef struct {
    int old_indent;
    int new_indent;
    gboolean is_sequence;
    gboolean is_virtual; /* a sequence as deep as the key above it */
} Level;

/* A gap between two tokens of a line that becomes `text`. */
typedef struct {
    guint line;
    gsize from; /* bytes from the start of the line */
    gsize to;
    const char *text;
} Edit;

typedef struct {
    yaml_parser_t parser;
    GArray *lines; /* of Line */
    GArray *levels;
    GArray *edits;
    guint flow_depth;
    guint flow_line;      /* where the outermost flow collection begins */
    yaml_token_t before;  /* type and marks only */
    gboolean has_content; /* `before` is a scalar with characters */

    /* Where the last searches ended, so that long lines and long comments take one pass. */
    yaml_mark_t mark;
    gsize mark_byte;
    guint upcoming; /* the first START line after the one that is written, or the end */
} Formatter;

static Line *line_at(const Formatter *f, gsize number)
{
    return &g_array_index(f->lines, Line, MIN(number, f->lines->len - 1));
}

static const Level *top(const Formatter *f)
{
    return f->levels->len == 0 ? NULL : &g_array_index(f->levels, Level, f->levels->len - 1);
}

static int indent_inside(const Formatter *f)
{
    return f->levels->len == 0 ? 0 : top(f)->new_indent + INDENT;
}

static gsize byte_of(Formatter *f, yaml_mark_t mark)
{
    const Line *line = line_at(f, mark.line);
    gboolean goes_on = mark.line == f->mark.line && mark.column >= f->mark.column;
    const char *at = line->text + (goes_on ? f->mark_byte : 0);

    for (gsize i = goes_on ? f->mark.column : 0; i < mark.column && at < line->text + line->size;
         i++) {
        at = g_utf8_next_char(at);
    }
    f->mark = mark;
    f->mark_byte = MIN((gsize)(at - line->text), line->size);
    return f->mark_byte;
}

static gboolean is_first(Formatter *f, yaml_mark_t mark)
{
    return byte_of(f, mark) == line_at(f, mark.line)->blanks;
}

/* ---- what each token says of its lines ---- */

static void push_level(Formatter *f, yaml_mark_t mark, gboolean is_sequence, gboolean is_virtual)
{
    Level level = {.old_indent = (int)mark.column,
                   .new_indent = indent_inside(f),
                   .is_sequence = is_sequence,
                   .is_virtual = is_virtual};

    g_array_append_val(f->levels, level);
}

static void pop_level(Formatter *f)
{
    if (f->levels->len > 0) {
        g_array_set_size(f->levels, f->levels->len - 1);
    }
}

static void pop_virtual(Formatter *f)
{
    if (f->levels->len > 0 && top(f)->is_virtual) {
        pop_level(f);
    }
}

static void start_line(Formatter *f, yaml_mark_t mark, int indent)
{
    Line *line = line_at(f, mark.line);

    if (f->flow_depth == 0 && line->kind == LINE_OTHER && is_first(f, mark)) {
        line->kind = LINE_START;
        line->indent = indent;
    }
}

/* What the lines after a token's first one add to their indents. */
static int shift_of(const Formatter *f, gsize number)
{
    const Line *line = line_at(f, number);

    return line->kind == LINE_START ? line->indent - (int)line->blanks : line->shift;
}

static void move_lines(Formatter *f, yaml_mark_t from, yaml_mark_t to, LineKind kind)
{
    int shift = shift_of(f, from.line);

    for (gsize i = from.line + 1; i <= to.line && i < f->lines->len; i++) {
        Line *line = line_at(f, i);

        line->kind = kind;
        line->shift = shift;
        line->is_kept = TRUE;
    }
}

/* The content of a block scalar: up to the last line with characters, all of it with `+`. */
static void take_block(Formatter *f, const yaml_token_t *token)
{
    const Line *header = line_at(f, token->start_mark.line);
    gsize start = byte_of(f, token->start_mark);
    gsize first = token->start_mark.line + 1;
    gsize end = MIN((gsize)token->end_mark.line + (token->end_mark.column > 0), f->lines->len);
    const char *sign = header->text + start + 1; /* of `|`, `>2-`, `|+` */
    gsize signs = strspn(sign, "+-123456789");
    gboolean keeps = memchr(sign, '+', signs) != NULL;
    gboolean has_indent = g_ascii_isdigit(sign[0]) || (signs > 1 && g_ascii_isdigit(sign[1]));
    int shift = shift_of(f, token->start_mark.line);

    while (!keeps && end > first && line_at(f, end - 1)->size == line_at(f, end - 1)->blanks) {
        end--;
    }
    for (gsize i = first; i < end && !has_indent; i++) {
        if (line_at(f, i)->size > line_at(f, i)->blanks) {
            shift = indent_inside(f) - (int)line_at(f, i)->blanks;
            break;
        }
    }
    for (gsize i = first; i < end; i++) {
        Line *line = line_at(f, i);

        line->kind = LINE_CONTENT;
        line->shift = shift;
        line->is_kept = TRUE;
    }
}

static void take_scalar(Formatter *f, const yaml_token_t *token)
{
    yaml_scalar_style_t style = token->data.scalar.style;

    if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) {
        take_block(f, token);
    } else if (f->flow_depth == 0 || style != YAML_PLAIN_SCALAR_STYLE) {
        move_lines(f, token->start_mark, token->end_mark,
                   style == YAML_PLAIN_SCALAR_STYLE ? LINE_MOVES : LINE_QUOTED);
    }
}

static void add_edit(Formatter *f, yaml_mark_t from, yaml_mark_t to, const char *text)
{
    Edit edit = {
        .line = (guint)from.line, .from = byte_of(f, from), .to = byte_of(f, to), .text = text};

    if (from.line == to.line && edit.from <= edit.to) {
        g_array_append_val(f->edits, edit);
    }
}

static gboolean has_text(yaml_token_type_t type)
{
    return type != YAML_BLOCK_END_TOKEN && type != YAML_BLOCK_MAPPING_START_TOKEN &&
           type != YAML_BLOCK_SEQUENCE_START_TOKEN && type != YAML_STREAM_END_TOKEN;
}

/* The gaps before this token. A key before `:` must have characters: `!include :` is a tag. */
static void edit_gap(Formatter *f, const yaml_token_t *token)
{
    if (token->type == YAML_VALUE_TOKEN && f->has_content) {
        add_edit(f, f->before.end_mark, token->start_mark, "");
    } else if ((f->before.type == YAML_VALUE_TOKEN || f->before.type == YAML_BLOCK_ENTRY_TOKEN) &&
               token->type != YAML_KEY_TOKEN) {
        add_edit(f, f->before.end_mark, token->start_mark, " ");
    }
}

static void take_flow(Formatter *f, const yaml_token_t *token, gboolean opens)
{
    if (opens) {
        f->flow_line = f->flow_depth == 0 ? (guint)token->start_mark.line : f->flow_line;
        f->flow_depth++;
        return;
    }
    f->flow_depth -= f->flow_depth > 0 ? 1 : 0;
    if (f->flow_depth == 0) {
        int shift = shift_of(f, f->flow_line);

        for (gsize i = f->flow_line + 1; i <= token->start_mark.line; i++) {
            Line *line = line_at(f, i);

            line->kind = line->kind == LINE_QUOTED ? LINE_QUOTED : LINE_MOVES;
            line->shift = shift;
        }
    }
}

/* Levels open and close. */
static void take_structure(Formatter *f, const yaml_token_t *token)
{
    yaml_mark_t mark = token->start_mark;

    switch ((int)token->type) {
    case YAML_BLOCK_MAPPING_START_TOKEN:
        push_level(f, mark, FALSE, FALSE);
        break;
    case YAML_BLOCK_SEQUENCE_START_TOKEN:
        push_level(f, mark, TRUE, FALSE);
        break;
    case YAML_BLOCK_END_TOKEN:
        pop_virtual(f);
        pop_level(f);
        break;
    case YAML_BLOCK_ENTRY_TOKEN:
        if (f->levels->len == 0 || !top(f)->is_sequence) {
            push_level(f, mark, TRUE, TRUE);
        }
        break;
    case YAML_KEY_TOKEN:
        if (f->flow_depth == 0) {
            pop_virtual(f);
        }
        break;
    default:
        break;
    }
}

static gboolean is_at_level(yaml_token_type_t type)
{
    return type == YAML_KEY_TOKEN || type == YAML_BLOCK_ENTRY_TOKEN || type == YAML_VALUE_TOKEN;
}

static gboolean is_at_margin(yaml_token_type_t type)
{
    return type == YAML_DOCUMENT_START_TOKEN || type == YAML_DOCUMENT_END_TOKEN ||
           type == YAML_VERSION_DIRECTIVE_TOKEN || type == YAML_TAG_DIRECTIVE_TOKEN;
}

static void take_token(Formatter *f, const yaml_token_t *token)
{
    yaml_token_type_t type = token->type;

    take_structure(f, token);
    if (type == YAML_STREAM_START_TOKEN || !has_text(type)) {
        return;
    }
    start_line(f, token->start_mark,
               is_at_margin(type)                        ? 0
               : is_at_level(type) && f->levels->len > 0 ? top(f)->new_indent
                                                         : indent_inside(f));
    Line *line = line_at(f, token->start_mark.line);

    if (f->flow_depth == 0 && line->levels == NULL) {
        line->levels = g_ptr_array_new_with_free_func(g_free);
    }
    if (line->levels != NULL) {
        g_ptr_array_set_size(line->levels, 0);
        for (guint i = 0; i < f->levels->len; i++) {
            g_ptr_array_add(line->levels,
                            g_memdup2(&g_array_index(f->levels, Level, i), sizeof(Level)));
        }
    }
    edit_gap(f, token);
    if (type == YAML_SCALAR_TOKEN) {
        take_scalar(f, token);
    } else if (type == YAML_FLOW_MAPPING_START_TOKEN || type == YAML_FLOW_SEQUENCE_START_TOKEN) {
        take_flow(f, token, TRUE);
    } else if (type == YAML_FLOW_MAPPING_END_TOKEN || type == YAML_FLOW_SEQUENCE_END_TOKEN) {
        take_flow(f, token, FALSE);
    }
    if (type == YAML_KEY_TOKEN && token->end_mark.index == token->start_mark.index) {
        return; /* an implicit key has no character of its own; the gap before it stays open */
    }
    f->before = *token;
    f->has_content = type == YAML_SCALAR_TOKEN && token->data.scalar.length > 0;
}

/* The text was parsed before, so that the scanner finds no fault. */
static void take_all(Formatter *f, const char *text, gsize size)
{
    gboolean more = TRUE;

    (void)yaml_parser_initialize(&f->parser);
    yaml_parser_set_input_string(&f->parser, (const guchar *)text, size);
    while (more) {
        yaml_token_t token;

        if (!yaml_parser_scan(&f->parser, &token)) {
            break;
        }
        more = token.type != YAML_STREAM_END_TOKEN;
        take_token(f, &token);
        yaml_token_delete(&token);
    }
    yaml_parser_delete(&f->parser);
}

/* ---- the new text ---- */

static gboolean is_empty(const Line *line)
{
    return line->blanks == line->size;
}

/* The next line that is not a comment, nor empty; NULL at the end. */
static const Line *next_start(Formatter *f, guint from)
{
    if (f->upcoming <= from) {
        f->upcoming = from;
        while (f->upcoming < f->lines->len && line_at(f, f->upcoming)->kind != LINE_START) {
            f->upcoming++;
        }
    }
    return f->upcoming == f->lines->len ? NULL : line_at(f, f->upcoming);
}

/* A comment belongs to the line after it, unless it stands deeper: then to what is open before. */
static int comment_indent(Formatter *f, guint number, const GPtrArray *open)
{
    const Line *comment = line_at(f, number);
    const Line *next = next_start(f, number);
    int indent = next == NULL ? 0 : next->indent;
    int old = next == NULL ? 0 : (int)next->blanks;

    if ((int)comment->blanks <= old) {
        return indent;
    }
    for (guint i = 0; open != NULL && i < open->len; i++) {
        const Level *level = open->pdata[i];

        if (level->old_indent <= (int)comment->blanks && level->new_indent > indent) {
            indent = level->new_indent;
        }
    }
    return indent;
}

/* The line after its indent, with its gaps closed. */
static void append_edited(const Formatter *f, guint number, GString *out, guint *edit)
{
    const Line *line = line_at(f, number);
    gsize at = line->blanks;

    for (; *edit < f->edits->len; (*edit)++) {
        const Edit *e = &g_array_index(f->edits, Edit, *edit);

        if (e->line > number) {
            break;
        }
        if (e->line == number && e->from >= at) {
            g_string_append_len(out, line->text + at, (gssize)(e->from - at));
            g_string_append(out, e->text);
            at = e->to;
        }
    }
    g_string_append_len(out, line->text + at, (gssize)(line->size - at));
}

static void trim_end(GString *out, gsize from)
{
    while (out->len > from && (out->str[out->len - 1] == ' ' || out->str[out->len - 1] == '\t')) {
        g_string_truncate(out, out->len - 1);
    }
}

static void append_blanks(GString *out, int count)
{
    for (int i = 0; i < count; i++) {
        g_string_append_c(out, ' ');
    }
}

static void append_line(Formatter *f, guint number, GString *out, guint *edit,
                        const GPtrArray *open)
{
    const Line *line = line_at(f, number);
    gsize start = out->len;
    int indent = line->kind == LINE_START   ? line->indent
                 : line->kind == LINE_OTHER ? comment_indent(f, number, open)
                                            : (int)line->blanks + line->shift;

    if (!is_empty(line) || (line->kind == LINE_CONTENT && indent > 0)) {
        append_blanks(out, indent);
    }
    append_edited(f, number, out, edit);
    if (line->kind != LINE_QUOTED && line->kind != LINE_CONTENT) {
        trim_end(out, start);
    }
    g_string_append_c(out, '\n');
}

/* Whether an empty line goes: the first ones, and all but one in a row. */
static gboolean is_superfluous(const Formatter *f, guint number)
{
    const Line *line = line_at(f, number);

    return is_empty(line) && !line->is_kept && (number == 0 || is_empty(line_at(f, number - 1)));
}

static char *write_all(Formatter *f)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const GPtrArray *open = NULL;
    guint edit = 0;

    for (guint i = 0; i < f->lines->len; i++) {
        const Line *line = line_at(f, i);

        if (!is_superfluous(f, i)) {
            append_line(f, i, out, &edit, open);
        }
        open = line->levels == NULL ? open : line->levels;
    }
    gboolean is_content = f->lines->len > 0 && line_at(f, f->lines->len - 1)->is_kept;

    while (!is_content && g_str_has_suffix(out->str, "\n\n")) {
        g_string_truncate(out, out->len - 1);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- around it ---- */

static void clear_line(gpointer data)
{
    Line *line = data;

    g_clear_pointer(&line->levels, g_ptr_array_unref);
}

static void split_lines(Formatter *f, const char *text)
{
    const char *at = text;

    while (*at != '\0') {
        gsize size = strcspn(at, "\n");
        Line line = {.text = at, .size = size, .blanks = strspn(at, " \t")};

        line.blanks = MIN(line.blanks, size);
        g_array_append_val(f->lines, line);
        at += size + (at[size] == '\n' ? 1 : 0);
    }
}

static char *without_blanks(const char *text)
{
    GString *out = g_string_new(NULL);

    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isspace(*c)) {
            g_string_append_c(out, *c);
        }
    }
    return g_string_free(out, FALSE);
}

/* The value in the order of its keys. */
static char *value_of(const char *name, const char *text, const char *include_folder,
                      GError **error)
{
    const TgYamlOptions options = {.flavour = TG_YAML_DIGDAG, .include_folder = include_folder};
    const TgSource source = {.name = name, .text = text, .size_bytes = strlen(text)};
    g_autoptr(TgYaml) yaml = tg_yaml_parse(&source, &options, error);

    return yaml == NULL ? NULL
                        : json_dumps(tg_yaml_root(yaml), JSON_COMPACT | JSON_REAL_PRECISION(17));
}

static char *format(const char *text)
{
    Formatter f = {.lines = g_array_new(FALSE, FALSE, sizeof(Line)),
                   .levels = g_array_new(FALSE, FALSE, sizeof(Level)),
                   .edits = g_array_new(FALSE, FALSE, sizeof(Edit))};
    char *out = NULL;

    g_array_set_clear_func(f.lines, clear_line);
    split_lines(&f, text);
    take_all(&f, text, strlen(text));
    out = write_all(&f);
    g_array_unref(f.lines);
    g_array_unref(f.levels);
    g_array_unref(f.edits);
    return out;
}

/* `again` is `after`, formatted: it must not change any more. */
static gboolean check_same(const char *name, const char *before, const char *after,
                           const char *again, const char *include_folder, GError **error)
{
    g_autofree char *old_value = value_of(name, before, include_folder, error);
    g_autofree char *new_value =
        old_value == NULL ? NULL : value_of(name, after, include_folder, NULL);
    g_autofree char *old_signs = without_blanks(before);
    g_autofree char *new_signs = without_blanks(after);

    if (old_value == NULL) {
        return FALSE;
    }
    if (g_strcmp0(old_value, new_value) != 0 || strcmp(old_signs, new_signs) != 0 ||
        strcmp(after, again) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: its layout cannot be changed without changing what it says; left as it is",
                    name);
        return FALSE;
    }
    return TRUE;
}

/* YAML 1.1 breaks lines at these, too, or skips them; the formatter counts by newlines alone. */
static gboolean has_odd_signs(const char *text)
{
    return strchr(text, '\r') != NULL || strstr(text, "\xc2\x85") != NULL ||
           strstr(text, "\xe2\x80\xa8") != NULL || strstr(text, "\xe2\x80\xa9") != NULL ||
           strstr(text, "\xef\xbb\xbf") != NULL;
}

char *tg_yaml_format(const TgSource *source, const char *include_folder, GError **error)
{
    g_autofree char *given = g_strndup(source->text, source->size_bytes);
    g_auto(GStrv) lines = NULL;
    g_autofree char *before = NULL;
    g_autofree char *valid = value_of(source->name, given, include_folder, error);

    if (valid == NULL) {
        return NULL;
    }
    if (strlen(given) != source->size_bytes) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: holds a NUL byte; left as it is",
                    source->name);
        return NULL;
    }
    lines = g_strsplit(g_str_has_prefix(given, "\xef\xbb\xbf") ? given + 3 : given, "\r\n", -1);
    before = g_strjoinv("\n", lines);
    if (has_odd_signs(before)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: holds a carriage return alone, a line separator of Unicode or a byte "
                    "order mark after its start; write newlines",
                    source->name);
        return NULL;
    }
    g_autofree char *once = format(before);
    g_autofree char *after = format(once);
    g_autofree char *again = format(after);

    if (!check_same(source->name, before, after, again, include_folder, error)) {
        return NULL;
    }
    return g_steal_pointer(&after);
}
