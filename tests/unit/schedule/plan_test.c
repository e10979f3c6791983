/* A scheduler's next step, under a clock that the test turns. */
#include "schedule/plan.h"

#include "params/params.h"
#include "schedule/zone.h"

#define SECOND ((gint64)1000)

typedef struct {
    TgSchedule *schedule;
    TgScheduleSkip skip;
    TgPlan plan;
} World;

static void world_clear(World *world)
{
    tg_schedule_free(world->schedule);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static void world_set(World *world, const char *json)
{
    g_autoptr(json_t) config = json_loads(json, 0, NULL);
    g_autoptr(GTimeZone) zone = tg_zone_new("UTC", NULL);

    tg_schedule_free(world->schedule);
    world->schedule = tg_schedule_parse(config, zone, NULL);
    g_assert_nonnull(world->schedule);
    g_assert_true(tg_schedule_parse_skip(config, &world->skip, NULL));
}

static gboolean step(World *world, guint active, gint64 now_s, TgPlanCommand *out)
{
    return tg_plan_step(&world->plan, world->schedule, &world->skip, active, now_s * SECOND, out);
}

static void test_missed_times_come_one_by_one(void)
{
    g_auto(World) world = {NULL};
    TgPlanCommand command;
    gint64 last = TG_PLAN_NEVER;

    world_set(&world, "{\"seconds_interval>\": 10, \"delay\": 3}");
    tg_plan_begin(&world.plan, world.schedule, 1001 * SECOND);
    g_assert_false(step(&world, 0, 1012, &command)); /* 1010 runs at 1013 */
    for (gint64 session = 1010; session <= 1040; session += 10) {
        g_assert_true(step(&world, 5, 1045, &command));
        g_assert_cmpint(command.act, ==, TG_PLAN_START);
        g_assert_cmpint(command.time.session_ms, ==, session * SECOND);
        g_assert_cmpint(command.time.run_ms, ==, (session + 3) * SECOND);
        g_assert_cmpint(command.last_executed_ms, ==, last);
        last = session * SECOND;
    }
    g_assert_false(step(&world, 0, 1045, &command));
}

static void test_late_and_overlapping_ones_are_left_out(void)
{
    g_auto(World) world = {NULL};
    TgPlanCommand command;

    world_set(&world, "{\"seconds_interval>\": 10, \"skip_on_overtime\": true, "
                      "\"skip_delayed_by\": \"15s\"}");
    tg_plan_begin(&world.plan, world.schedule, 1000 * SECOND);
    g_assert_true(step(&world, 0, 1016, &command));
    g_assert_cmpint(command.act, ==, TG_PLAN_SKIP_LATE); /* 1000 */
    g_assert_true(step(&world, 1, 1016, &command));
    g_assert_cmpint(command.act, ==, TG_PLAN_SKIP_OVERTIME); /* 1010 */
    g_assert_cmpint(world.plan.last_executed_ms, ==, TG_PLAN_NEVER);
    g_assert_true(step(&world, 0, 1035, &command));
    g_assert_cmpint(command.act, ==, TG_PLAN_START); /* 1020: exactly 15 s are not too late */
    g_assert_cmpint(world.plan.last_executed_ms, ==, 1020 * SECOND);
}

static void test_a_changed_schedule_goes_on_after_the_last_session(void)
{
    g_auto(World) world = {NULL};
    TgPlanCommand command;

    world_set(&world, "{\"seconds_interval>\": 10}");
    tg_plan_begin(&world.plan, world.schedule, 1000 * SECOND);
    world_set(&world, "{\"seconds_interval>\": 60}");
    tg_plan_change(&world.plan, world.schedule, 2000 * SECOND);
    g_assert_cmpint(world.plan.next.session_ms, ==, 2040 * SECOND); /* nothing ran: from now on */
    g_assert_true(step(&world, 0, 2041, &command));
    world_set(&world, "{\"seconds_interval>\": 100}");
    tg_plan_change(&world.plan, world.schedule, 5000 * SECOND);
    g_assert_cmpint(world.plan.next.session_ms, ==, 2100 * SECOND);
}

static void test_a_schedule_ends(void)
{
    g_auto(World) world = {NULL};
    TgPlanCommand command;

    world_set(&world, "{\"daily>\": \"00:00:00\", \"end\": \"1970-01-02\"}");
    tg_plan_begin(&world.plan, world.schedule, 10 * SECOND);
    g_assert_true(world.plan.has_next);
    g_assert_true(step(&world, 0, 90000, &command));
    g_assert_false(world.plan.has_next);
    g_assert_false(step(&world, 0, 9000000, &command));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/plan/missed-times", test_missed_times_come_one_by_one);
    g_test_add_func("/schedule/plan/left-out", test_late_and_overlapping_ones_are_left_out);
    g_test_add_func("/schedule/plan/changed",
                    test_a_changed_schedule_goes_on_after_the_last_session);
    g_test_add_func("/schedule/plan/ends", test_a_schedule_ends);
    return g_test_run();
}
