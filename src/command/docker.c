/* Image, arguments, environment, and the end of a container. */
#include "command/docker.h"

#include <string.h>

#include "base/file.h"
#include "params/params.h"

#define ENV_LINE_BYTES_MAX 60000 /* docker reads an --env-file by lines of at most 64 KiB */
#define OUTPUT_BYTES_MAX 65536   /* of docker's own answers */
#define CONTAINER_ID_BYTES_MAX ((gsize)4096)

/* A run under way. */
typedef struct {
    const TgDockerRequest *request;
    char *program;
    char **environment; /* of the docker program */
    char *image;
    char *id_path; /* where docker writes the container's id */
} Docker;

static void docker_clear(Docker *docker)
{
    g_free(docker->program);
    g_strfreev(docker->environment);
    g_free(docker->image);
    g_free(docker->id_path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Docker, docker_clear)

static void add(GPtrArray *argv, const char *text)
{
    g_ptr_array_add(argv, g_strdup(text));
}

/* Appends the texts of a list option; a missing one adds nothing. */
static gboolean add_list(GPtrArray *argv, const json_t *options, const char *key, GError **error)
{
    g_autoptr(json_t) list = NULL;
    json_t *item = NULL;
    gsize i = 0;

    if (!tg_params_has(options, key)) {
        return TRUE;
    }
    list = tg_params_parse_list(options, key, error);
    if (list == NULL) {
        g_prefix_error(error, "docker: ");
        return FALSE;
    }
    json_array_foreach (list, i, item) {
        g_ptr_array_add(argv, tg_params_to_text(item));
    }
    return TRUE;
}

/* Runs docker itself; what it says goes to `output`. Takes argv. */
static gboolean run_docker(const Docker *docker, GPtrArray *take_argv,
                           void (*output)(gpointer, const char *, gsize), gpointer data,
                           int *out_status, GError **error)
{
    g_autoptr(GPtrArray) argv = take_argv;

    g_ptr_array_add(argv, NULL);
    TgCommandRequest command = {.argv = (const char *const *)argv->pdata,
                                .environment = (const char *const *)docker->environment,
                                .folder = docker->request->folder,
                                .is_cancelled = docker->request->is_cancelled,
                                .output = output,
                                .data = data};

    return tg_command_execute(&command, out_status, error);
}

static GPtrArray *argv_new(const Docker *docker, const char *verb)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

    add(argv, docker->program);
    add(argv, verb);
    return argv;
}

static void gather(gpointer data, const char *bytes, gsize size_bytes)
{
    GString *text = data;

    if (text->len < OUTPUT_BYTES_MAX) {
        g_string_append_len(text, bytes, (gssize)size_bytes);
    }
}

static void add_steps(GString *text, const char *command)
{
    g_auto(GStrv) lines = g_strsplit(command, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (*g_strstrip(lines[i]) != '\0') {
            g_string_append_printf(text, "RUN %s\n", lines[i]);
        }
    }
}

/* "FROM image" and a RUN for each line of the commands. */
static char *dockerfile_of(const char *base, GPtrArray *commands)
{
    GString *text = g_string_new("FROM ");

    g_string_append_printf(text, "%.*s\n", (int)strcspn(base, "\n"), base);
    for (guint i = 0; i < commands->len; i++) {
        add_steps(text, commands->pdata[i]);
    }
    return g_string_free(text, FALSE);
}

static gboolean image_exists(const Docker *docker, gboolean *out, GError **error)
{
    GPtrArray *argv = argv_new(docker, "images");
    g_autoptr(GString) said = g_string_new(NULL);
    int status = 0;

    add(argv, "-q");
    add(argv, docker->image);
    if (!run_docker(docker, argv, gather, said, &status, error)) {
        return FALSE;
    }
    *out = status == 0 && *g_strstrip(said->str) != '\0';
    return TRUE;
}

static gboolean build(const Docker *docker, const char *dockerfile, GError **error)
{
    const TgDockerRequest *request = docker->request;
    g_autofree char *path = g_build_filename(request->private_folder, "Dockerfile", NULL);
    GPtrArray *argv = argv_new(docker, "build");
    int status = 0;

    if (!tg_file_write_unflushed(path, dockerfile, strlen(dockerfile), error) ||
        !add_list(argv, request->options, "build_options", error)) {
        g_ptr_array_unref(argv);
        return FALSE;
    }
    add(argv, "-f");
    add(argv, path);
    add(argv, "--force-rm");
    add(argv, "-t");
    add(argv, docker->image);
    add(argv, request->project_folder);
    if (!run_docker(docker, argv, request->output, request->data, &status, error)) {
        return FALSE;
    }
    if (status != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "Docker build failed (exit status %d)",
                    status);
    }
    return status == 0;
}

/* An image named by what it is made of, so that the same is built once. */
static gboolean prepare_built(Docker *docker, const char *base, GError **error)
{
    g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);
    gboolean is_there = FALSE;

    if (!add_list(commands, docker->request->options, "build", error)) {
        return FALSE;
    }
    g_autofree char *dockerfile = dockerfile_of(base, commands);
    g_autofree char *seed = g_strconcat(docker->request->project_folder, "\n", dockerfile, NULL);
    g_autofree char *tag = g_compute_checksum_for_string(G_CHECKSUM_SHA256, seed, -1);

    docker->image = g_strdup_printf("tegaru-project:%.40s", tag);
    return image_exists(docker, &is_there, error) && (is_there || build(docker, dockerfile, error));
}

static gboolean pull(const Docker *docker, GError **error)
{
    GPtrArray *argv = argv_new(docker, "pull");
    int status = 0;

    add(argv, docker->image);
    if (!run_docker(docker, argv, docker->request->output, docker->request->data, &status, error)) {
        return FALSE;
    }
    if (status != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "Docker pull failed (exit status %d)", status);
    }
    return status == 0;
}

static gboolean prepare_image(Docker *docker, GError **error)
{
    const json_t *options = docker->request->options;
    g_autofree char *image = tg_params_dup_text(options, "image", error);
    gboolean pull_always = FALSE;

    if (image == NULL ||
        !tg_params_get_boolean(options, "pull_always", FALSE, &pull_always, error)) {
        g_prefix_error(error, "docker: ");
        return FALSE;
    }
    if (tg_params_has(options, "build")) {
        return prepare_built(docker, image, error);
    }
    docker->image = g_steal_pointer(&image);
    return !pull_always || pull(docker, error);
}

/* Variables go by a file that only we may read; one that does not fit into a line of it goes
 * through the environment of the docker program. */
static gboolean add_variables(Docker *docker, GPtrArray *argv, GError **error)
{
    g_autofree char *path = g_build_filename(docker->request->private_folder, "env", NULL);
    g_autoptr(GString) file = g_string_new(NULL);
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)docker->request->variables, name, value) {
        const char *text = json_string_value(value);

        if (strpbrk(text, "\r\n") == NULL && strlen(text) < ENV_LINE_BYTES_MAX) {
            g_string_append_printf(file, "%s=%s\n", name, text);
            continue;
        }
        docker->environment = g_environ_setenv(docker->environment, name, text, TRUE);
        add(argv, "-e");
        add(argv, name);
    }
    if (file->len > 0) {
        add(argv, "--env-file");
        add(argv, path);
    }
    return file->len == 0 || tg_file_write_unflushed(path, file->str, file->len, error);
}

/* "docker run …" as Digdag writes it, and a file for the container's id. */
static GPtrArray *run_argv(Docker *docker, GError **error)
{
    const TgDockerRequest *request = docker->request;
    g_autoptr(GPtrArray) argv = argv_new(docker, "run");
    gboolean selinux = FALSE;

    if (!add_list(argv, request->options, "run_options", error) ||
        !tg_params_get_boolean(request->options, "selinux", FALSE, &selinux, error)) {
        return NULL;
    }
    add(argv, "--rm");
    add(argv, "--cidfile");
    add(argv, docker->id_path);
    add(argv, "-v");
    g_ptr_array_add(argv, g_strdup_printf("%s:%s:rw%s", request->project_folder,
                                          request->project_folder, selinux ? ",Z" : ""));
    add(argv, "-w");
    add(argv, request->folder);
    if (!add_variables(docker, argv, error)) {
        return NULL;
    }
    add(argv, docker->image);
    for (guint i = 0; request->argv[i] != NULL; i++) {
        add(argv, request->argv[i]);
    }
    return g_steal_pointer(&argv);
}

static void ignore(gpointer data G_GNUC_UNUSED, const char *bytes G_GNUC_UNUSED,
                   gsize size_bytes G_GNUC_UNUSED)
{
}

/* The client is dead; its container need not be. Nothing more can be done when this fails. */
static void remove_container(const Docker *docker)
{
    g_autofree char *id = NULL;
    int status = 0;

    if (!tg_file_read(docker->id_path, CONTAINER_ID_BYTES_MAX, &id, NULL, NULL) || *id == '\0') {
        return;
    }
    const char *const argv[] = {docker->program, "rm", "-f", g_strstrip(id), NULL};
    TgCommandRequest command = {.argv = argv,
                                .environment = (const char *const *)docker->environment,
                                .folder = docker->request->folder,
                                .output = ignore};

    (void)tg_command_execute(&command, &status, NULL);
}

gboolean tg_docker_execute(const TgDockerRequest *request, int *out_status, GError **error)
{
    g_auto(Docker) docker = {.request = request, .environment = g_get_environ()};
    GPtrArray *argv = NULL;
    g_autoptr(GError) problem = NULL;

    if (!tg_params_dup_text_or(request->options, "docker", "docker", &docker.program, error)) {
        return FALSE;
    }
    docker.id_path = g_build_filename(request->private_folder, "container-id", NULL);
    argv = prepare_image(&docker, error) ? run_argv(&docker, error) : NULL;
    if (argv == NULL) {
        return FALSE;
    }
    gboolean ok = run_docker(&docker, argv, request->output, request->data, out_status, &problem);

    if (g_error_matches(problem, TG_ERROR, TG_ERROR_CANCELLED)) {
        remove_container(&docker);
    }
    if (!ok) {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return ok;
}
