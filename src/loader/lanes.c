/* Who reads which split. */
#include "loader/lanes.h"

void tg_lanes_init(TgLanes *lanes, guint lane_count, guint splits)
{
    *lanes = (TgLanes){.lane_count = CLAMP(lane_count, 1, TG_LANES_MAX), .splits = splits};
    g_mutex_init(&lanes->mutex);
    g_cond_init(&lanes->changed);
}

void tg_lanes_clear(TgLanes *lanes)
{
    g_mutex_clear(&lanes->mutex);
    g_cond_clear(&lanes->changed);
}

void tg_lanes_set_started(TgLanes *lanes, guint lane)
{
    lanes->has_split[lane] = TRUE;
    lanes->next_split++;
    lanes->active++;
}

gboolean tg_lanes_take(TgLanes *lanes, guint *out_lane, guint *out_split, gboolean *out_start)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lanes->mutex);

    (void)locker;
    for (;;) {
        guint idle = lanes->lane_count;

        for (guint i = 0; i < lanes->lane_count; i++) {
            if (!lanes->is_busy[i] && lanes->has_split[i]) {
                lanes->is_busy[i] = TRUE;
                *out_lane = i;
                *out_start = FALSE;
                return TRUE;
            }
            idle = lanes->is_busy[i] || idle < lanes->lane_count ? idle : i;
        }
        if (idle < lanes->lane_count && lanes->next_split < lanes->splits) {
            lanes->is_busy[idle] = TRUE;
            lanes->has_split[idle] = TRUE;
            lanes->active++;
            *out_lane = idle;
            *out_split = lanes->next_split++;
            *out_start = TRUE;
            return TRUE;
        }
        if (lanes->active == 0) {
            return FALSE;
        }
        g_cond_wait(&lanes->changed, &lanes->mutex);
    }
}

void tg_lanes_give_back(TgLanes *lanes, guint lane, gboolean has_ended)
{
    g_mutex_lock(&lanes->mutex);
    lanes->is_busy[lane] = FALSE;
    if (has_ended) {
        lanes->has_split[lane] = FALSE;
        lanes->active--;
    }
    g_cond_broadcast(&lanes->changed);
    g_mutex_unlock(&lanes->mutex);
}
