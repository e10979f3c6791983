/* "Did you mean …?": likely names for a mistyped one. */
#pragma once

#include <glib.h>

/**
 * The likeliest of `names` (NULL-terminated) for `typed`, or NULL when none is near: similarity
 * (1 - edit distance / longer length, letters compared without case) below 0.5. Lent from `names`.
 * Same threshold as Digdag's EditDistance.java.
 */
const char *tg_suggest_one(const char *typed, const char *const *names);

/* " (did you mean 'x'?)" or "": to append to a message. The caller frees. */
char *tg_suggest_phrase(const char *typed, const char *const *names);
