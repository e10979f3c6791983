/* ICU's charset detector. */
#include "loader/charset_detect.h"

#include <dlfcn.h>
#include <string.h>

#define VERSION_NEWEST 90 /* of ICU; its functions are named after it */
#define VERSION_OLDEST 50
#define CONFIDENCE_MIN 50

/* The functions of unicode/ucsdet.h; opaque types are pointers, UErrorCode an int (0 and below:
 * fine). */
typedef struct {
    void *(*open)(int *status);
    void (*close)(void *detector);
    void (*set_text)(void *detector, const char *text, gint32 size, int *status);
    const void **(*detect_all)(void *detector, gint32 *count, int *status);
    const char *(*name)(const void *match, int *status);
    gint32 (*confidence)(const void *match, int *status);
} IcuApi;

static gboolean resolve(void *library, int version, IcuApi *api)
{
    const struct {
        const char *name;
        void **into;
    } functions[] = {{"ucsdet_open", (void **)&api->open},
                     {"ucsdet_close", (void **)&api->close},
                     {"ucsdet_setText", (void **)&api->set_text},
                     {"ucsdet_detectAll", (void **)&api->detect_all},
                     {"ucsdet_getName", (void **)&api->name},
                     {"ucsdet_getConfidence", (void **)&api->confidence}};

    for (gsize i = 0; i < G_N_ELEMENTS(functions); i++) {
        g_autofree char *name = g_strdup_printf("%s_%d", functions[i].name, version);

        *functions[i].into = dlsym(library, name);
        if (*functions[i].into == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* NULL when no version is installed. */
static const IcuApi *api_get(void)
{
    static GMutex mutex;
    static IcuApi api;
    static gboolean has_looked;
    static gboolean is_there;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    (void)locker;
    for (int version = VERSION_NEWEST; !has_looked && !is_there && version >= VERSION_OLDEST;
         version--) {
        g_autofree char *file = g_strdup_printf("libicui18n.so.%d", version);
        void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

        is_there = library != NULL && resolve(library, version, &api);
    }
    has_looked = TRUE;
    return is_there ? &api : NULL;
}

static char *mapped(const char *name)
{
    if (name == NULL || strcmp(name, "ISO-8859-1") == 0) {
        return g_strdup("UTF-8");
    }
    return g_strdup(strcmp(name, "Shift_JIS") == 0 ? "MS932" : name);
}

/* The match with the highest confidence; of equal ones the last, as ICU for Java, which turns a
 * stable order round. */
static const void *best_of(const IcuApi *api, const void **matches, gint32 count, int *status)
{
    gint32 best = 0;

    for (gint32 i = 1; i < count; i++) {
        if (api->confidence(matches[i], status) >= api->confidence(matches[best], status)) {
            best = i;
        }
    }
    return count > 0 ? matches[best] : NULL;
}

char *tg_charset_detect(const guint8 *bytes, gsize size_bytes)
{
    const IcuApi *api = api_get();
    int status = 0;
    gint32 count = 0;
    void *detector = api == NULL ? NULL : api->open(&status);
    char *found = NULL;

    if (detector == NULL) {
        return NULL;
    }
    api->set_text(detector, (const char *)bytes, (gint32)MIN(size_bytes, G_MAXINT32), &status);
    const void **matches = status > 0 ? NULL : api->detect_all(detector, &count, &status);
    const void *match = status > 0 ? NULL : best_of(api, matches, count, &status);

    if (match != NULL && api->confidence(match, &status) >= CONFIDENCE_MIN) {
        found = mapped(api->name(match, &status));
    } else {
        found = g_strdup("UTF-8");
    }
    api->close(detector);
    return found;
}
