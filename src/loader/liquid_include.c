/* include 'a/b': the file a/_b.yml.liquid beside the template, with its variables. */
#include <string.h>

#include "base/file.h"
#include "loader/liquid_internal.h"
#include "params/params.h"

/* "a/b" as a file; CONFIG for names that LocalFileSystem of the gem refuses, too. */
static char *find_file(const Liquid *self, const char *name, GError **error)
{
    const char *slash = strrchr(name, '/');
    const char *last = slash == NULL ? name : slash + 1;
    gboolean is_fine = *name != '\0' && *name != '/' && *last != '\0' &&
                       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_/") == strlen(name);

    if (self->include_folder == NULL || !is_fine) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Liquid: '%s' cannot be included; include 'a/b' is the file a/_b.yml.liquid "
                    "beside the config",
                    name);
        return NULL;
    }
    g_autofree char *folder = g_strndup(name, slash == NULL ? 0 : (gsize)(slash - name));
    g_autofree char *file = g_strdup_printf("_%s.yml.liquid", last);

    return g_build_filename(self->include_folder, folder, file, NULL);
}

static gboolean render_file(Liquid *self, const char *name, GError **error)
{
    g_autofree char *path = find_file(self, name, error);
    g_autofree char *text = NULL;
    gsize size = 0;
    gboolean ok = FALSE;

    if (path == NULL) {
        return FALSE;
    }
    if (self->includes >= TG_LIQUID_INCLUDES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Liquid: '%s': templates include each other without end", name);
        return FALSE;
    }
    if (!tg_file_read(path, TG_LIQUID_OUTPUT_BYTES_MAX, &text, &size, error)) {
        return FALSE;
    }
    TgSource source = {.name = path, .text = text, .size_bytes = size};

    self->includes++;
    ok = tg_liquid_render_inner(self, &source, error);
    self->includes--;
    return ok;
}

/* What stands behind the name: with VALUE, for LIST, and key: value. */
typedef struct {
    json_t *value; /* NULL: the variable of the template's own name */
    gboolean is_for;
    json_t *keys;
} IncludeArguments;

static gboolean read_arguments(const Liquid *self, const char *at, IncludeArguments *out,
                               GError **error)
{
    if (g_str_has_prefix(at, "with ") || g_str_has_prefix(at, "for ")) {
        out->is_for = *at == 'f';
        at += out->is_for ? 4 : 5;
        out->value = tg_liquid_take_value(&self->scope, &at, error);
        if (out->value == NULL) {
            return FALSE;
        }
    }
    while (*at != '\0') {
        at += strspn(at, ", \t\r\n");
        gsize length = strcspn(at, ": ,");
        g_autofree char *key = g_strndup(at, length);

        at += length;
        at += strspn(at, " ");
        if (*at != ':' || length == 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "Liquid: write include 'name', key: value");
            return FALSE;
        }
        at++;
        json_t *value = tg_liquid_take_value(&self->scope, &at, error);

        if (value == NULL) {
            return FALSE;
        }
        json_object_set_new(out->keys, key, value);
    }
    return TRUE;
}

/* Renders the file once for a value of the variable that has the template's name. */
static gboolean render_with(Liquid *self, const char *name, const json_t *value, GError **error)
{
    const char *slash = strrchr(name, '/');
    const char *variable = slash == NULL ? name : slash + 1;

    if (value != NULL) {
        json_object_set(self->scope.scope, variable, (json_t *)value);
    }
    return render_file(self, name, error);
}

static gboolean include(Liquid *self, const LiquidToken *tag, GError **error)
{
    const char *at = tag->arguments;
    g_autoptr(json_t) name = tg_liquid_take_value(&self->scope, &at, error);
    g_autoptr(json_t) keys = json_object();
    IncludeArguments arguments = {.keys = keys};
    json_t *value = NULL;
    size_t index = 0;

    if (name == NULL || !read_arguments(self, at, &arguments, error)) {
        json_decref(arguments.value);
        return FALSE;
    }
    g_autofree char *text = tg_liquid_to_text(name);
    g_autoptr(json_t) before = json_copy(self->scope.scope);
    g_autoptr(json_t) given = arguments.value;
    gboolean ok = TRUE;

    json_object_update(self->scope.scope, keys);
    if (json_is_array(given)) { /* `with` a list does the same, as in the gem */
        json_array_foreach (given, index, value) {
            ok = ok && render_with(self, text, value, error);
        }
    } else {
        ok = render_with(self, text, given, error);
    }
    const char *key = NULL;

    json_object_foreach (keys, key, value) { /* they end with the file */
        json_t *old = json_object_get(before, key);

        if (old == NULL) {
            json_object_del(self->scope.scope, key);
        } else {
            json_object_set(self->scope.scope, key, old);
        }
    }
    return ok;
}

gboolean tg_liquid_include(Liquid *self, const LiquidToken *tag, gboolean is_active, GError **error)
{
    GError *problem = NULL;

    self->at++;
    if (!is_active || include(self, tag, &problem)) {
        return TRUE;
    }
    return tg_liquid_fail_here(self, tag, problem, error);
}
