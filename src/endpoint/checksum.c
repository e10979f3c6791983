/* Reflected CRCs, eight bytes a step. */
#include "endpoint/checksum.h"

#include <string.h>

typedef struct {
    const char *name;
    guint64 polynomial; /* reflected */
    guint bits;
} Kind;

static const Kind kinds[] = {
    [TG_CHECKSUM_CRC32] = {"crc32", 0xedb88320U, 32},
    [TG_CHECKSUM_CRC32C] = {"crc32c", 0x82f63b78U, 32},
    [TG_CHECKSUM_CRC64NVME] = {"crc64nvme", G_GUINT64_CONSTANT(0x9a6c9329ac4bc9b5), 64},
};

/* tables[kind][k][b]: what byte b does to the sum k bytes later. */
static guint64 tables[G_N_ELEMENTS(kinds)][8][256];

static void make_table(const Kind *kind, guint64 table[8][256])
{
    for (guint64 byte = 0; byte < 256; byte++) {
        guint64 sum = byte;

        for (guint bit = 0; bit < 8; bit++) {
            sum = (sum & 1) != 0 ? (sum >> 1) ^ kind->polynomial : sum >> 1;
        }
        table[0][byte] = sum;
    }
    for (gsize k = 1; k < 8; k++) {
        for (gsize byte = 0; byte < 256; byte++) {
            table[k][byte] = table[0][table[k - 1][byte] & 0xff] ^ (table[k - 1][byte] >> 8);
        }
    }
}

static void make_tables(void)
{
    static gsize once;

    if (!g_once_init_enter(&once)) {
        return;
    }
    for (gsize kind = 1; kind < G_N_ELEMENTS(kinds); kind++) {
        make_table(&kinds[kind], tables[kind]);
    }
    g_once_init_leave(&once, 1);
}

TgChecksumKind tg_checksum_kind(const char *name)
{
    static const char prefix[] = "x-amz-checksum-";
    const char *bare = name != NULL && g_ascii_strncasecmp(name, prefix, sizeof prefix - 1) == 0
                           ? name + sizeof prefix - 1
                           : name;

    for (gsize i = 1; bare != NULL && i < G_N_ELEMENTS(kinds); i++) {
        if (g_ascii_strcasecmp(bare, kinds[i].name) == 0) {
            return (TgChecksumKind)i;
        }
    }
    return TG_CHECKSUM_NONE;
}

guint64 tg_checksum_update(TgChecksumKind kind, guint64 sum, const void *bytes, gsize size_bytes)
{
    const guint64 ones = kinds[kind].bits == 64 ? G_MAXUINT64 : G_MAXUINT32;
    const guint8 *p = bytes;

    make_tables();
    sum ^= ones;
    for (; size_bytes >= 8; size_bytes -= 8, p += 8) {
        guint64 word = 0;

        memcpy(&word, p, sizeof word);
        word = GUINT64_FROM_LE(word) ^ sum;
        sum = 0;
        for (guint k = 0; k < 8; k++) {
            sum ^= tables[kind][7 - k][(word >> (8 * k)) & 0xff];
        }
    }
    for (; size_bytes > 0; size_bytes--, p++) {
        sum = tables[kind][0][(sum ^ *p) & 0xff] ^ (sum >> 8);
    }
    return sum ^ ones;
}

char *tg_checksum_format(TgChecksumKind kind, guint64 sum)
{
    guint bytes = kinds[kind].bits / 8;
    guint64 big = GUINT64_TO_BE(sum);

    return g_base64_encode((const guchar *)&big + (8 - bytes), bytes);
}
