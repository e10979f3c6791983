/* A recursive descent to a tree, and its evaluation. */
#include "endpoint/partition_filter.h"

#include <string.h>

#define NULL_VALUE "__HIVE_DEFAULT_PARTITION__"
#define NODES_MAX 4096

typedef enum { NODE_AND, NODE_OR, NODE_NOT, NODE_COMPARE, NODE_IN, NODE_LIKE, NODE_NULL } NodeKind;

typedef struct Node Node;
struct Node {
    NodeKind kind;
    Node *left;
    Node *right;
    gsize key;
    char sign[3];      /* of a comparison */
    GPtrArray *values; /* of texts */
};

struct TgPartitionFilter {
    Node *root;
    json_t *keys;
    gboolean *is_number; /* a key */
};

typedef enum { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_SIGN } TokenKind;

typedef struct {
    TgPartitionFilter *filter;
    const char *p;
    TokenKind kind;
    GString *text;
    guint depth;
    guint nodes;
    gboolean is_broken;
} Parser;

static void node_free(Node *node)
{
    if (node != NULL) {
        node_free(node->left);
        node_free(node->right);
        if (node->values != NULL) {
            g_ptr_array_unref(node->values);
        }
        g_free(node);
    }
}

void tg_partition_filter_free(TgPartitionFilter *filter)
{
    if (filter != NULL) {
        node_free(filter->root);
        json_decref(filter->keys);
        g_free(filter->is_number);
        g_free(filter);
    }
}

/* ---- tokens --------------------------------------------------------------------------------- */

static void read_quoted(Parser *parser, char mark)
{
    for (parser->p++; *parser->p != '\0'; parser->p++) {
        if (*parser->p == mark && parser->p[1] == mark) {
            parser->p++;
        } else if (*parser->p == mark) {
            parser->p++;
            return;
        }
        g_string_append_c(parser->text, *parser->p);
    }
    parser->is_broken = TRUE; /* it does not end */
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || (guchar)c >= 0x80;
}

static void read_sign(Parser *parser)
{
    static const char *const signs[] = {"<>", "<=", ">=", "!=", "=", "<", ">", "(", ")", ","};

    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (g_str_has_prefix(parser->p, signs[i])) {
            g_string_append(parser->text, signs[i]);
            parser->p += strlen(signs[i]);
            parser->kind = TOKEN_SIGN;
            return;
        }
    }
    parser->is_broken = TRUE;
}

static void next(Parser *parser)
{
    g_string_truncate(parser->text, 0);
    while (g_ascii_isspace(*parser->p)) {
        parser->p++;
    }
    if (*parser->p == '\0' || parser->is_broken) {
        parser->kind = TOKEN_END;
    } else if (*parser->p == '\'') {
        read_quoted(parser, '\'');
        parser->kind = TOKEN_TEXT;
    } else if (*parser->p == '"' || *parser->p == '`') {
        read_quoted(parser, *parser->p);
        parser->kind = TOKEN_WORD;
    } else if (g_ascii_isdigit(*parser->p) ||
               (strchr("+-.", *parser->p) != NULL &&
                (g_ascii_isdigit(parser->p[1]) || parser->p[1] == '.'))) {
        gsize size = 1 + strspn(parser->p + 1, "0123456789.eE");

        g_string_append_len(parser->text, parser->p, (gssize)size);
        parser->p += size;
        parser->kind = TOKEN_NUMBER;
    } else if (is_word(*parser->p)) {
        for (; is_word(*parser->p); parser->p++) {
            g_string_append_c(parser->text, *parser->p);
        }
        parser->kind = TOKEN_WORD;
    } else {
        read_sign(parser);
    }
}

static gboolean is_keyword(const Parser *parser, const char *word)
{
    return parser->kind == TOKEN_WORD && g_ascii_strcasecmp(parser->text->str, word) == 0;
}

static gboolean accept(Parser *parser, const char *word_or_sign)
{
    gboolean is_it = is_keyword(parser, word_or_sign) ||
                     (parser->kind == TOKEN_SIGN && strcmp(parser->text->str, word_or_sign) == 0);

    if (is_it) {
        next(parser);
    }
    return is_it;
}

/* ---- the tree -------------------------------------------------------------------------------- */

static Node *node_new(Parser *parser, NodeKind kind)
{
    Node *node = g_new0(Node, 1);

    node->kind = kind;
    parser->nodes++;
    parser->is_broken = parser->is_broken || parser->nodes > NODES_MAX;
    return node;
}

static Node *broken(Parser *parser, Node *node)
{
    parser->is_broken = TRUE;
    node_free(node);
    return NULL;
}

static gboolean find_key(const Parser *parser, gsize *out)
{
    for (gsize i = 0; i < json_array_size(parser->filter->keys); i++) {
        const json_t *key = json_array_get(parser->filter->keys, i);
        const char *name = json_string_value(json_object_get(key, "Name"));

        if (name != NULL && g_ascii_strcasecmp(name, parser->text->str) == 0) {
            *out = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* A text or a number; also DATE '…' and TIMESTAMP '…'. */
static gboolean read_value(Parser *parser, Node *node)
{
    if (is_keyword(parser, "date") || is_keyword(parser, "timestamp")) {
        next(parser);
    }
    if (parser->kind != TOKEN_TEXT && parser->kind != TOKEN_NUMBER) {
        return FALSE;
    }
    if (node->values == NULL) {
        node->values = g_ptr_array_new_with_free_func(g_free);
    }
    g_ptr_array_add(node->values, g_strdup(parser->text->str));
    next(parser);
    return node->values->len <= NODES_MAX;
}

static Node *negated(Parser *parser, Node *node, gboolean is_not)
{
    Node *not = node;

    if (is_not) {
        not = node_new(parser, NODE_NOT);
        not ->left = node;
    }
    return not ;
}

/* a BETWEEN x AND y is a >= x AND a <= y */
static Node *parse_between(Parser *parser, gsize key)
{
    Node *and = node_new(parser, NODE_AND);

    and->left = node_new(parser, NODE_COMPARE);
    and->right = node_new(parser, NODE_COMPARE);
    and->left->key = key;
    and->right->key = key;
    (void)g_strlcpy(and->left->sign, ">=", sizeof and->left->sign);
    (void)g_strlcpy(and->right->sign, "<=", sizeof and->right->sign);
    if (!read_value(parser, and->left) || !accept(parser, "and") ||
        !read_value(parser, and->right)) {
        return broken(parser, and);
    }
    return and;
}

static Node *parse_in(Parser *parser, gsize key)
{
    Node *in = node_new(parser, NODE_IN);

    in->key = key;
    if (!accept(parser, "(")) {
        return broken(parser, in);
    }
    do {
        if (!read_value(parser, in)) {
            return broken(parser, in);
        }
    } while (accept(parser, ","));
    return accept(parser, ")") ? in : broken(parser, in);
}

static Node *parse_comparison(Parser *parser, gsize key)
{
    Node *node = node_new(parser, NODE_COMPARE);

    node->key = key;
    if (parser->kind != TOKEN_SIGN || strchr("=<>!", *parser->text->str) == NULL) {
        return broken(parser, node);
    }
    (void)g_strlcpy(node->sign, parser->text->str, sizeof node->sign);
    next(parser);
    return read_value(parser, node) ? node : broken(parser, node);
}

static Node *parse_like(Parser *parser, gsize key)
{
    Node *node = node_new(parser, NODE_LIKE);

    node->key = key;
    return read_value(parser, node) ? node : broken(parser, node);
}

static Node *parse_null(Parser *parser, gsize key)
{
    gboolean is_not = accept(parser, "not");
    Node *node = node_new(parser, NODE_NULL);

    node->key = key;
    return accept(parser, "null") ? negated(parser, node, is_not) : broken(parser, node);
}

/* What follows a key. */
static Node *parse_condition(Parser *parser, gsize key)
{
    gboolean is_not = accept(parser, "not");

    if (accept(parser, "in")) {
        return negated(parser, parse_in(parser, key), is_not);
    }
    if (accept(parser, "between")) {
        return negated(parser, parse_between(parser, key), is_not);
    }
    if (accept(parser, "like")) {
        return negated(parser, parse_like(parser, key), is_not);
    }
    if (is_not) {
        return broken(parser, NULL);
    }
    return accept(parser, "is") ? parse_null(parser, key) : parse_comparison(parser, key);
}

static const char *mirrored(const char *sign)
{
    return strcmp(sign, "<") == 0    ? ">"
           : strcmp(sign, ">") == 0  ? "<"
           : strcmp(sign, "<=") == 0 ? ">="
           : strcmp(sign, ">=") == 0 ? "<="
                                     : sign;
}

/* 5 < a is a > 5 */
static Node *parse_turned(Parser *parser)
{
    Node *node = node_new(parser, NODE_COMPARE);

    if (!read_value(parser, node) || parser->kind != TOKEN_SIGN ||
        strchr("=<>!", *parser->text->str) == NULL) {
        return broken(parser, node);
    }
    (void)g_strlcpy(node->sign, mirrored(parser->text->str), sizeof node->sign);
    next(parser);
    if (parser->kind != TOKEN_WORD || !find_key(parser, &node->key)) {
        return broken(parser, node);
    }
    next(parser);
    return node;
}

static Node *parse_or(Parser *parser);

static Node *parse_primary(Parser *parser)
{
    Node *node = NULL;
    gsize key = 0;

    parser->depth++;
    if (parser->depth > TG_PARTITION_FILTER_DEPTH_MAX || parser->is_broken) {
        parser->is_broken = TRUE;
    } else if (accept(parser, "(")) {
        node = parse_or(parser);
        node = accept(parser, ")") ? node : broken(parser, node);
    } else if (is_keyword(parser, "not")) {
        next(parser);
        node = negated(parser, parse_primary(parser), TRUE);
    } else if (parser->kind == TOKEN_WORD && find_key(parser, &key)) {
        next(parser);
        node = parse_condition(parser, key);
    } else {
        node = parse_turned(parser);
    }
    parser->depth--;
    return node;
}

static Node *parse_and(Parser *parser)
{
    Node *left = parse_primary(parser);

    while (!parser->is_broken && accept(parser, "and")) {
        Node *and = node_new(parser, NODE_AND);

        and->left = left;
        and->right = parse_primary(parser);
        left = and;
    }
    return left;
}

static Node *parse_or(Parser *parser)
{
    Node *left = parse_and(parser);

    while (!parser->is_broken && accept(parser, "or")) {
        Node * or = node_new(parser, NODE_OR);

        or->left = left;
        or->right = parse_and(parser);
        left = or ;
    }
    return left;
}

static gboolean is_number_type(const char *type)
{
    static const char *const names[] = {"tinyint", "smallint", "int",    "integer", "bigint",
                                        "long",    "short",    "double", "float",   NULL};

    return type != NULL && (g_strv_contains(names, type) || g_str_has_prefix(type, "decimal"));
}

TgPartitionFilter *tg_partition_filter_parse(const char *text, const json_t *keys, GError **error)
{
    g_autoptr(TgPartitionFilter) filter = g_new0(TgPartitionFilter, 1);
    Parser parser = {.filter = filter, .p = text, .text = g_string_new(NULL)};

    filter->keys = json_incref((json_t *)keys);
    filter->is_number = g_new0(gboolean, json_array_size(keys) + 1);
    for (gsize i = 0; i < json_array_size(keys); i++) {
        filter->is_number[i] =
            is_number_type(json_string_value(json_object_get(json_array_get(keys, i), "Type")));
    }
    parser.is_broken = strlen(text) > TG_PARTITION_FILTER_BYTES_MAX;
    next(&parser);
    filter->root = parse_or(&parser);
    g_string_free(parser.text, TRUE);
    if (parser.is_broken || parser.kind != TOKEN_END || *parser.p != '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Unsupported expression: it stands for conditions on partition keys, like "
                    "year = '2024' AND month IN ('01', '02'); broken near '%.40s'",
                    parser.p);
        return NULL;
    }
    return g_steal_pointer(&filter);
}

/* ---- evaluation ------------------------------------------------------------------------------ */

/* Numbers as numbers; dates and texts as texts, which sort the same. */
static int compare(gboolean is_number, const char *a, const char *b)
{
    if (is_number) {
        double left = g_ascii_strtod(a, NULL);
        double right = g_ascii_strtod(b, NULL);

        return left < right ? -1 : left > right ? 1 : 0;
    }
    return strcmp(a, b);
}

/* % is anything, _ one character; linear but for a step back to the last %. */
static gboolean is_like(const char *text, const char *pattern)
{
    const char *star = NULL;
    const char *mark = NULL;

    while (*text != '\0') {
        if (*pattern == '%') {
            star = pattern++;
            mark = text;
        } else if (*pattern == '_' || (*pattern == *text && *pattern != '\0')) {
            text = *pattern == '_' ? g_utf8_next_char(text) : text + 1;
            pattern++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++mark;
        } else {
            return FALSE;
        }
    }
    while (*pattern == '%') {
        pattern++;
    }
    return *pattern == '\0';
}

static gboolean compares(const TgPartitionFilter *filter, const Node *node, const char *value)
{
    int order = compare(filter->is_number[node->key], value, node->values->pdata[0]);

    if (strcmp(node->sign, "=") == 0) {
        return order == 0;
    }
    if (strcmp(node->sign, "<>") == 0 || strcmp(node->sign, "!=") == 0) {
        return order != 0;
    }
    return node->sign[0] == '<' ? order < 0 || (node->sign[1] == '=' && order == 0)
                                : order > 0 || (node->sign[1] == '=' && order == 0);
}

static gboolean is_in(const TgPartitionFilter *filter, const Node *node, const char *value)
{
    for (guint i = 0; i < node->values->len; i++) {
        if (compare(filter->is_number[node->key], value, node->values->pdata[i]) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean evaluate(const TgPartitionFilter *filter, const Node *node, const json_t *values)
{
    const char *value = json_string_value(json_array_get(values, node->key));
    gboolean is_null = value == NULL || strcmp(value, NULL_VALUE) == 0;

    switch (node->kind) {
    case NODE_AND:
        return evaluate(filter, node->left, values) && evaluate(filter, node->right, values);
    case NODE_OR:
        return evaluate(filter, node->left, values) || evaluate(filter, node->right, values);
    case NODE_NOT:
        return !evaluate(filter, node->left, values);
    case NODE_NULL:
        return is_null;
    case NODE_LIKE:
        return !is_null && is_like(value, node->values->pdata[0]);
    case NODE_IN:
        return !is_null && is_in(filter, node, value);
    case NODE_COMPARE:
    default:
        return !is_null && compares(filter, node, value);
    }
}

gboolean tg_partition_filter_matches(const TgPartitionFilter *filter, const json_t *values)
{
    return evaluate(filter, filter->root, values);
}
