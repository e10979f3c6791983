/* QuickJS: limits, moment from bytecode, the time zone of the workflow. */
#include "script/engine_js.h"

#include <quickjs.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "moment_bytecode.inc"
#include "script/script.h"
#include "template_globals.inc"

#define SHARED_CALLS_MAX 5000
#define STACK_BYTES_MAX ((gsize)512 * 1024) /* a small part of a thread's stack */

struct TgJs {
    JSRuntime *runtime;
    JSContext *context;
    GTimeZone *zone;
    gint64 cpu_end_us;
    gboolean timed_out;
    gboolean has_moment;
    gboolean has_failed; /* the last call did */
    guint calls;
};

/* The zone of the script that this thread runs now; QuickJS asks for it below. */
static _Thread_local GTimeZone *current_zone;

/* quickjs.c is compiled with localtime_r renamed to this, so that the zone is the workflow's and
 * not the process's. Only tm_gmtoff is read. */
struct tm *tg_script_localtime_r(const time_t *clock, struct tm *result);

struct tm *tg_script_localtime_r(const time_t *clock, struct tm *result)
{
    memset(result, 0, sizeof *result);
    if (current_zone != NULL) {
        int interval = g_time_zone_find_interval(current_zone, G_TIME_TYPE_UNIVERSAL, *clock);

        result->tm_gmtoff = g_time_zone_get_offset(current_zone, interval);
    }
    return result;
}

static int check_time(JSRuntime *runtime G_GNUC_UNUSED, void *opaque)
{
    TgJs *js = opaque;

    js->timed_out = js->timed_out || tg_clock_thread_cpu_us() > js->cpu_end_us;
    return js->timed_out ? 1 : 0;
}

/* Runs a script that was compiled when this program was built. */
static JSValue run_bytecode(JSContext *context, const guint8 *bytes, gsize size_bytes)
{
    JSValue function = JS_ReadObject(context, bytes, size_bytes, JS_READ_OBJ_BYTECODE);

    return JS_EvalFunction(context, function); /* takes the function */
}

TgJs *tg_js_new(GTimeZone *zone)
{
    TgJs *js = g_new0(TgJs, 1);

    js->zone = zone;
    js->runtime = JS_NewRuntime();
    JS_SetMemoryLimit(js->runtime, TG_SCRIPT_HEAP_BYTES_MAX);
    JS_SetMaxStackSize(js->runtime, STACK_BYTES_MAX);
    js->context = JS_NewContextRaw(js->runtime);
    if (JS_AddIntrinsicBaseObjects(js->context) < 0 || JS_AddIntrinsicDate(js->context) < 0 ||
        JS_AddIntrinsicEval(js->context) < 0 || JS_AddIntrinsicRegExp(js->context) < 0 ||
        JS_AddIntrinsicJSON(js->context) < 0) {
        g_error("out of memory");
    }
    JS_AddIntrinsicRegExpCompiler(js->context);
    JS_FreeValue(js->context, run_bytecode(js->context, template_globals, sizeof template_globals));
    JS_SetInterruptHandler(js->runtime, check_time, js); /* the clock starts with a call */
    return js;
}

void tg_js_free(TgJs *js)
{
    if (js == NULL) {
        return;
    }
    JS_FreeContext(js->context);
    JS_FreeRuntime(js->runtime);
    g_free(js);
}

static void free_shared(gpointer js)
{
    tg_js_free(js);
}

static GPrivate shared_js = G_PRIVATE_INIT(free_shared);

TgJs *tg_js_shared(GTimeZone *zone)
{
    TgJs *js = g_private_get(&shared_js);

    /* Not for ever: what garbage and failures leave in the heap ends with it. */
    if (js == NULL || js->has_failed || js->calls >= SHARED_CALLS_MAX) {
        js = tg_js_new(zone);
        g_private_replace(&shared_js, js);
    }
    js->zone = zone;
    return js;
}

/* JavaScript's message of the pending exception. */
static void set_error(TgJs *js, GError **error)
{
    JSValue exception = JS_GetException(js->context);
    const char *text = js->timed_out ? NULL : JS_ToCString(js->context, exception);

    if (js->timed_out) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the expression ran over %d ms of CPU time",
                    TG_SCRIPT_CPU_MS_MAX);
    } else if (text == NULL || JS_IsNull(exception)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the expression needs more than %zu MiB of memory",
                    TG_SCRIPT_HEAP_BYTES_MAX / 1024 / 1024);
    } else {
        g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG, text);
    }
    if (text != NULL) {
        JS_FreeCString(js->context, text);
    }
    JS_FreeValue(js->context, exception);
}

/* moment takes 0.5 ms to set up, so only scripts that name it pay for it. */
static gboolean add_moment(TgJs *js, GError **error)
{
    JSValue result;

    js->has_moment = TRUE;
    result = run_bytecode(js->context, moment_bytecode, sizeof moment_bytecode);
    if (JS_IsException(result)) {
        set_error(js, error);
        return FALSE;
    }
    JS_FreeValue(js->context, result);
    return TRUE;
}

static char *call(TgJs *js, JSValue function, const char *scope_json, GError **error)
{
    JSValue scope = JS_ParseJSON(js->context, scope_json, strlen(scope_json), "<variables>");
    JSValue result = JS_UNDEFINED;
    const char *text = NULL;
    char *copy = NULL;

    if (!JS_IsException(scope)) {
        result = JS_Call(js->context, function, scope, 0, NULL);
        text = JS_IsException(result) ? NULL : JS_ToCString(js->context, result);
    }
    if (text == NULL) {
        set_error(js, error);
    } else {
        copy = g_strdup(text);
        JS_FreeCString(js->context, text);
    }
    JS_FreeValue(js->context, result);
    JS_FreeValue(js->context, scope);
    return copy;
}

char *tg_js_call(TgJs *js, const char *body, const char *scope_json, GError **error)
{
    g_autofree char *source = g_strdup_printf("(function(){%s})", body);
    char *text = NULL;
    JSValue function;

    current_zone = js->zone;
    js->timed_out = FALSE;
    js->calls++;
    js->cpu_end_us = tg_clock_thread_cpu_us() + (gint64)TG_SCRIPT_CPU_MS_MAX * 1000;
    JS_UpdateStackTop(js->runtime);
    if (!js->has_moment && strstr(body, "moment") != NULL && !add_moment(js, error)) {
        return NULL;
    }
    function = JS_Eval(js->context, source, strlen(source), "<template>", JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(function)) {
        set_error(js, error);
    } else {
        text = call(js, function, scope_json, error);
    }
    JS_FreeValue(js->context, function);
    js->has_failed = text == NULL;
    current_zone = NULL;
    return text;
}
