/* Where an output task's rows come from: one input task, all of them, or a share of one. */
#pragma once

#include "loader/context.h"

/* Rows of one reader, which it takes; ordered_max threads may filter and write them. */
TgRows *tg_rows_new_reader(TgLoaderContext *context, const TgFilterChain *filters,
                           const TgSchema *input_schema, TgReader *take_reader, guint ordered_max);

/* All tasks of an input, one after another, for threads_max threads. */
TgRows *tg_rows_new_merged(TgLoaderContext *context, const TgFilterChain *filters, TgInput *input,
                           guint threads_max);

/* The same for a filter of the whole stream: they count as read, not as written. */
TgRows *tg_rows_new_inner(TgLoaderContext *context, const TgFilterChain *filters, TgInput *input,
                          guint threads_max);

/* Deals the batches of one reader to `lanes` takers in turn, as Embulk's scatter deals pages. */
typedef struct TgDealer TgDealer;
TgDealer *tg_dealer_new(TgReader *take_reader, const TgSchema *schema, guint lanes);
void tg_dealer_free(TgDealer *dealer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgDealer, tg_dealer_free)

/* The share of one lane; freeing it lets the others go on without it. */
TgRows *tg_rows_new_dealt(TgLoaderContext *context, const TgFilterChain *filters,
                          const TgSchema *input_schema, TgDealer *dealer, guint lane);

void tg_rows_free(TgRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRows, tg_rows_free)
