/* AWS's files by aws-c-sdkutils, which knows their syntax. */
#include "aws/config_file.h"

#include <aws/common/string.h>
#include <aws/sdkutils/aws_profile.h>

#include "aws/runtime.h"

#define FILE_BYTES_MAX ((gsize)1024 * 1024)

static char *take_text(struct aws_string *take_text)
{
    char *text = take_text == NULL ? NULL : g_strdup(aws_string_c_str(take_text));

    aws_string_destroy(take_text);
    return text;
}

/* NULL for a file that is not there, and for one that is surely something else. */
static struct aws_profile_collection *read_one(struct aws_string *take_path,
                                               enum aws_profile_source_type type)
{
    g_autofree char *path = take_text(take_path);
    g_autofree char *text = NULL;
    gsize size = 0;

    if (path == NULL || !g_file_get_contents(path, &text, &size, NULL) || size > FILE_BYTES_MAX) {
        return NULL;
    }
    struct aws_byte_buf buffer = aws_byte_buf_from_array(text, size);

    return aws_profile_collection_new_from_buffer(tg_aws_runtime_get(), &buffer, type);
}

static struct aws_profile_collection *read_files(void)
{
    struct aws_allocator *allocator = tg_aws_runtime_get();
    struct aws_profile_collection *config =
        read_one(aws_get_config_file_path(allocator, NULL), AWS_PST_CONFIG);
    struct aws_profile_collection *credentials =
        read_one(aws_get_credentials_file_path(allocator, NULL), AWS_PST_CREDENTIALS);
    struct aws_profile_collection *both = NULL;

    if (config != NULL || credentials != NULL) {
        both = aws_profile_collection_new_from_merge(allocator, config, credentials);
    }
    (void)aws_profile_collection_release(config); /* NULL, always */
    (void)aws_profile_collection_release(credentials);
    return both;
}

static const struct aws_profile *section_of(const struct aws_profile_collection *files,
                                            enum aws_profile_section_type type, const char *name)
{
    struct aws_string *text = aws_string_new_from_c_str(tg_aws_runtime_get(), name);
    const struct aws_profile *section = aws_profile_collection_get_section(files, type, text);

    aws_string_destroy(text);
    return section;
}

static const struct aws_profile_property *property_of(const struct aws_profile *section,
                                                      const char *key)
{
    struct aws_string *text = aws_string_new_from_c_str(tg_aws_runtime_get(), key);
    const struct aws_profile_property *property =
        section == NULL ? NULL : aws_profile_get_property(section, text);

    aws_string_destroy(text);
    return property;
}

static const struct aws_profile *profile_of(const struct aws_profile_collection *files,
                                            const char *profile)
{
    const char *variable = g_getenv("AWS_PROFILE");
    const char *name = profile != NULL ? profile : variable != NULL ? variable : "default";

    return section_of(files, AWS_PROFILE_SECTION_TYPE_PROFILE, name);
}

/* Empty is not set. */
static char *text_of(const struct aws_string *value)
{
    return value == NULL || value->len == 0 ? NULL : g_strdup(aws_string_c_str(value));
}

char *tg_aws_config_file_get(const char *profile, const char *key)
{
    struct aws_profile_collection *files = read_files();
    char *text = NULL;

    if (files != NULL) {
        const struct aws_profile_property *property = property_of(profile_of(files, profile), key);

        text = property == NULL ? NULL : text_of(aws_profile_property_get_value(property));
    }
    (void)aws_profile_collection_release(files); /* NULL, always */
    return text;
}

static char *find_of_service(const struct aws_profile_collection *files, const char *profile,
                             const char *service, const char *key)
{
    const struct aws_profile_property *name = property_of(profile_of(files, profile), "services");
    const struct aws_profile *section =
        name == NULL ? NULL
                     : section_of(files, AWS_PROFILE_SECTION_TYPE_SERVICES,
                                  aws_string_c_str(aws_profile_property_get_value(name)));
    const struct aws_profile_property *property = property_of(section, service);

    if (property == NULL) {
        return NULL;
    }
    struct aws_string *text = aws_string_new_from_c_str(tg_aws_runtime_get(), key);
    char *found = text_of(aws_profile_property_get_sub_property(property, text));

    aws_string_destroy(text);
    return found;
}

char *tg_aws_config_file_get_of_service(const char *profile, const char *service, const char *key)
{
    struct aws_profile_collection *files = read_files();
    char *text = files == NULL ? NULL : find_of_service(files, profile, service, key);

    (void)aws_profile_collection_release(files); /* NULL, always */
    return text;
}
