/* Sums over bytes. */
#pragma once

#include <glib.h>

guint32 tg_hash_crc32(const char *bytes, gsize size);
guint64 tg_hash_xx64(const char *bytes, gsize size);
void tg_hash_murmur3(const char *bytes, gsize size, guint64 out[2]);
