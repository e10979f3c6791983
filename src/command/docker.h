/* Runs a program in a container of the `docker` program. Digdag's DockerCommandExecutor.java. */
#pragma once

#include <jansson.h>

#include "command/command.h"

/* One run; everything is lent. */
typedef struct {
    const json_t *options;      /* `docker:` of a task: image, docker, build, build_options,
                                   run_options, pull_always, selinux */
    const char *project_folder; /* absolute; mounted at the same path, read and write */
    const char *folder;         /* absolute, below the project: where the program starts */
    const char *private_folder; /* absolute: for files of this run that only we may read */
    const char *const *argv;    /* NULL-terminated: what runs in the container */
    const json_t *variables;    /* object of texts: its environment. Never an argument */
    const gint *is_cancelled;   /* and the next two: as in TgCommandRequest */
    void (*output)(gpointer data, const char *bytes, gsize size_bytes);
    gpointer data;
} TgDockerRequest;

/**
 * Builds the image when `build` is there and the same was not built before, or pulls it when
 * `pull_always` says so; then runs and waits. A cancelled run's container is removed, not only
 * left by its client.
 *
 * @out_status exit status of the program, or of docker (125 and up)
 * @return FALSE with CONFIG for a wrong option, NOT_FOUND without docker, RETRY when the image
 *         cannot be built or pulled, CANCELLED
 */
gboolean tg_docker_execute(const TgDockerRequest *request, int *out_status, GError **error);
