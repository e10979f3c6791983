/* moto, a stand-in for AWS, behind a check of requests against botocore's models. */
#pragma once

#include <glib.h>

typedef struct TgTestMoto TgTestMoto;

/* NULL when moto is not installed: skip the test. */
TgTestMoto *tg_test_moto_new(void);
void tg_test_moto_free(TgTestMoto *moto);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTestMoto, tg_test_moto_free)

/* "http://127.0.0.1:PORT". Lent. */
const char *tg_test_moto_endpoint(const TgTestMoto *moto);
