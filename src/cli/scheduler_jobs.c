/* Reads schedules. */
#include "cli/scheduler_jobs.h"

#include <glib/gstdio.h>
#include <string.h>

#include "params/params.h"
#include "schedule/zone.h"

static void job_free(gpointer data)
{
    TgSchedulerJob *job = data;

    g_free(job->name);
    g_free(job->text);
    g_clear_pointer(&job->zone, g_time_zone_unref);
    tg_schedule_free(job->schedule);
    g_free(job);
}

static TgSchedulerJob *job_new(const TgWorkflowFile *workflow, const json_t *config, GError **error)
{
    TgSchedulerJob *job = g_new0(TgSchedulerJob, 1);
    g_autoptr(GError) problem = NULL;

    job->name = g_strdup(workflow->name);
    job->zone = tg_zone_new(workflow->timezone, &problem);
    job->schedule = job->zone == NULL ? NULL : tg_schedule_parse(config, job->zone, &problem);
    if (job->schedule == NULL || !tg_schedule_parse_skip(config, &job->skip, &problem)) {
        tg_yaml_error(workflow->yaml, "schedule", error, "%s", problem->message);
        job_free(job);
        return NULL;
    }
    g_autofree char *json = tg_params_to_json(config);

    job->text = g_strconcat(workflow->timezone, " ", json, NULL);
    return job;
}

GPtrArray *tg_scheduler_jobs_load(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func(job_free);
    g_autoptr(TgProject) project = tg_project_load(folder, error);

    for (guint i = 0; project != NULL && i < project->workflows->len; i++) {
        const TgWorkflowFile *workflow = project->workflows->pdata[i];
        const json_t *config = json_object_get(workflow->config, "schedule");
        TgSchedulerJob *job = config == NULL ? NULL : job_new(workflow, config, error);

        if (config != NULL && job == NULL) {
            return NULL;
        }
        if (job != NULL) {
            g_ptr_array_add(jobs, job);
        }
    }
    return project == NULL ? NULL : g_steal_pointer(&jobs);
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *tg_scheduler_jobs_fingerprint(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    const char *name = NULL;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        GStatBuf status;

        if (g_str_has_suffix(name, ".dig") && g_stat(path, &status) == 0) {
            g_ptr_array_add(
                lines, g_strdup_printf("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld %lu",
                                       name, (gint64)status.st_size, (gint64)status.st_mtim.tv_sec,
                                       status.st_mtim.tv_nsec, (gulong)status.st_ino));
        }
    }
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}
