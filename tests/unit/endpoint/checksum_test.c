/* Sums against their published check values. */
#include "endpoint/checksum.h"

#include <string.h>

/* Sums of "123456789", as base64 of big-endian bytes: CBF43926, E3069283, AE8B14860A799888. */
static void test_known_sums(void)
{
    static const struct {
        const char *name;
        const char *sum;
    } rows[] = {{"crc32", "y/Q5Jg=="}, {"crc32c", "4waSgw=="}, {"crc64nvme", "rosUhgp5mIg="}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TgChecksumKind kind = tg_checksum_kind(rows[i].name);
        g_autofree char *sum =
            tg_checksum_format(kind, tg_checksum_update(kind, 0, "123456789", 9));

        g_test_message("%s", rows[i].name);
        g_assert_cmpint(kind, !=, TG_CHECKSUM_NONE);
        g_assert_cmpstr(sum, ==, rows[i].sum);
    }
}

static void test_names_come_in_any_case_and_as_headers(void)
{
    g_assert_cmpint(tg_checksum_kind("CRC32C"), ==, TG_CHECKSUM_CRC32C);
    g_assert_cmpint(tg_checksum_kind("x-amz-checksum-crc64nvme"), ==, TG_CHECKSUM_CRC64NVME);
    g_assert_cmpint(tg_checksum_kind("md5"), ==, TG_CHECKSUM_NONE);
}

/* However the bytes are cut, the sum is the same. */
static void test_pieces_give_the_sum_of_the_whole(void)
{
    static const TgChecksumKind kinds[] = {TG_CHECKSUM_CRC32, TG_CHECKSUM_CRC32C,
                                           TG_CHECKSUM_CRC64NVME};
    guint8 bytes[1000];

    for (gsize i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (guint8)(i * i * 7 + i / 3);
    }
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
        guint64 whole = tg_checksum_update(kinds[k], 0, bytes, sizeof(bytes));

        for (gsize cut = 0; cut < 70; cut++) {
            guint64 first = tg_checksum_update(kinds[k], 0, bytes, cut);

            g_assert_cmpuint(tg_checksum_update(kinds[k], first, bytes + cut, sizeof(bytes) - cut),
                             ==, whole);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/endpoint/checksum/known-sums", test_known_sums);
    g_test_add_func("/endpoint/checksum/names-come-in-any-case-and-as-headers",
                    test_names_come_in_any_case_and_as_headers);
    g_test_add_func("/endpoint/checksum/pieces-give-the-sum-of-the-whole",
                    test_pieces_give_the_sum_of_the_whole);
    return g_test_run();
}
