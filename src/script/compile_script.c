/* Build tool: compiles a JavaScript file to QuickJS bytecode in a C array.
 *   compile_script IN.js OUT.inc NAME */
#include <quickjs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* QuickJS is compiled with this name for localtime_r; at build time the zone does not matter. */
struct tm *tg_script_localtime_r(const time_t *clock, struct tm *result);

struct tm *tg_script_localtime_r(const time_t *clock, struct tm *result)
{
    return gmtime_r(clock, result);
}

static char *read_text(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long length = 0;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0) {
        return NULL;
    }
    rewind(file);
    text = calloc(1, (size_t)length + 1);
    *size = fread(text, 1, (size_t)length, file);
    (void)fclose(file);
    return text;
}

static int write_array(const char *path, const char *name, const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL) {
        return 1;
    }
    (void)fprintf(file, "static const unsigned char %s[] = {", name);
    for (size_t i = 0; i < size; i++) {
        (void)fprintf(file, "%s%u,", i % 24 == 0 ? "\n" : "", bytes[i]);
    }
    (void)fprintf(file, "\n};\n");
    return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    size_t size = 0;
    size_t out_size = 0;
    char *text = argc == 4 ? read_text(argv[1], &size) : NULL;

    if (text == NULL) {
        (void)fprintf(stderr, "usage: compile_script IN.js OUT.inc NAME\n");
        return 2;
    }
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = JS_NewContext(runtime);
    JSValue function =
        JS_Eval(context, text, size, "moment.js", JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY);

    if (JS_IsException(function)) {
        (void)fprintf(stderr, "%s: does not compile\n", argv[1]);
        return 1;
    }
    unsigned char *bytes = JS_WriteObject(context, &out_size, function, JS_WRITE_OBJ_BYTECODE);

    return bytes == NULL ? 1 : write_array(argv[2], argv[3], bytes, out_size);
}
