/* YAML as Digdag and Embulk read it, with the place of every key. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/source.h"

#define TG_YAML_SIZE_MAX ((gsize)16 * 1024 * 1024) /* bytes of one file */
#define TG_YAML_DEPTH_MAX 200                      /* nested collections */
#define TG_YAML_ALIAS_NODES_MAX 100000             /* nodes that aliases may add */
#define TG_YAML_INCLUDES_MAX 1000                  /* files that one file may pull in */

/**
 * Which plain scalars get a type.
 * DIGDAG: only true/false, integers, floats that do not start with 0, null (Digdag's
 *         YamlTagResolver.java; cases t14, t15). Duplicate keys are errors.
 * EMBULK: YAML 1.1 as SnakeYAML's safe loader reads it (yes/no/on/off, octal, 1_000, 1:30);
 *         dates stay text; the last of duplicate keys counts.
 * EMBULK_TIMES: the same, but dates and times become milliseconds since 1970, as Embulk makes them.
 */
typedef enum { TG_YAML_DIGDAG, TG_YAML_EMBULK, TG_YAML_EMBULK_TIMES } TgYamlFlavour;

typedef struct {
    TgYamlFlavour flavour;
    const char *include_folder; /* where `!include : path` looks; NULL refuses includes */
} TgYamlOptions;

/* A parsed document: its value and where each key stands. */
typedef struct TgYaml TgYaml;

/**
 * Parses one document whose top is a map (an empty text gives an error: Digdag's case d46).
 * Every error is TG_ERROR_CONFIG with file, line and column.
 */
TgYaml *tg_yaml_parse(const TgSource *source, const TgYamlOptions *options, GError **error);

/* Reads and parses a file; includes are looked up beside it. `name` is what errors show. */
TgYaml *tg_yaml_load(const char *path, const char *name, TgYamlFlavour flavour, GError **error);

void tg_yaml_free(TgYaml *yaml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgYaml, tg_yaml_free)

/* The value: an object, keys in the order of the file. Lent. */
json_t *tg_yaml_root(const TgYaml *yaml);

/**
 * Sets an error that points at a key.
 *
 * @path keys from the top joined by '/' ("+a/sh>"); when it is unknown the nearest known parent is
 *       shown, at last only the file's name
 */
void tg_yaml_error(const TgYaml *yaml, const char *path, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* Whether the document has a place for the path. */
gboolean tg_yaml_has_place(const TgYaml *yaml, const char *path);
