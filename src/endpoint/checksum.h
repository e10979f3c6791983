/* S3's checksums of a body: those that cost next to nothing. */
#pragma once

#include <glib.h>

typedef enum {
    TG_CHECKSUM_NONE,
    TG_CHECKSUM_CRC32,
    TG_CHECKSUM_CRC32C,
    TG_CHECKSUM_CRC64NVME
} TgChecksumKind;

/* "crc32" in any case, or "x-amz-checksum-crc32"; NONE for others. */
TgChecksumKind tg_checksum_kind(const char *name);

/* Goes on from `sum`; the first is 0. */
guint64 tg_checksum_update(TgChecksumKind kind, guint64 sum, const void *bytes, gsize size_bytes);

/* Base64 of the sum's big-endian bytes, as S3's headers have it. The caller frees. */
char *tg_checksum_format(TgChecksumKind kind, guint64 sum);
