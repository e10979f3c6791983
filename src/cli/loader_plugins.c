/* The tables of loader plug-ins. */
#include "cli/loader_plugins.h"

#include "extension/search.h"
#include "loader/plugin.h"

#define TG_LOADER_INPUT(name) extern const TgInputPlugin tg_input_##name;
#define TG_LOADER_FILE_INPUT(name) extern const TgFileInputPlugin tg_file_input_##name;
#define TG_LOADER_DECODER(name) extern const TgDecoderPlugin tg_decoder_##name;
#define TG_LOADER_PARSER(name) extern const TgParserPlugin tg_parser_##name;
#define TG_LOADER_FILTER(name) extern const TgFilterPlugin tg_filter_##name;
#define TG_LOADER_FORMATTER(name) extern const TgFormatterPlugin tg_formatter_##name;
#define TG_LOADER_ENCODER(name) extern const TgEncoderPlugin tg_encoder_##name;
#define TG_LOADER_OUTPUT(name) extern const TgOutputPlugin tg_output_##name;
#define TG_LOADER_FILE_OUTPUT(name) extern const TgFileOutputPlugin tg_file_output_##name;
#define TG_LOADER_GUESS(name) extern const TgGuessPlugin tg_guess_##name;
#include "loader_declarations.def"

static const TgInputPlugin *const inputs[] = {
#include "loader_input.def"
    NULL};
static const TgFileInputPlugin *const file_inputs[] = {
#include "loader_file_input.def"
    NULL};
static const TgDecoderPlugin *const decoders[] = {
#include "loader_decoder.def"
    NULL};
static const TgParserPlugin *const parsers[] = {
#include "loader_parser.def"
    NULL};
static const TgFilterPlugin *const filters[] = {
#include "loader_filter.def"
    NULL};
static const TgFormatterPlugin *const formatters[] = {
#include "loader_formatter.def"
    NULL};
static const TgEncoderPlugin *const encoders[] = {
#include "loader_encoder.def"
    NULL};
static const TgOutputPlugin *const outputs[] = {
#include "loader_output.def"
    NULL};
static const TgFileOutputPlugin *const file_outputs[] = {
#include "loader_file_output.def"
    NULL};
static const TgGuessPlugin *const guesses[] = {
#include "loader_guess.def"
    NULL};

/* For types that stand in no table. */
extern const TgInputPlugin tg_external_input;
extern const TgFilterPlugin tg_external_filter;
extern const TgOutputPlugin tg_external_output;

static const TgExternalPlugins external = {.has_type = tg_extension_exists,
                                           .input = &tg_external_input,
                                           .filter = &tg_external_filter,
                                           .output = &tg_external_output};

const TgLoaderPlugins *tg_loader_plugins_get(void)
{
    static const TgLoaderPlugins plugins = {
        .inputs = inputs,
        .file_inputs = file_inputs,
        .decoders = decoders,
        .parsers = parsers,
        .filters = filters,
        .formatters = formatters,
        .encoders = encoders,
        .outputs = outputs,
        .file_outputs = file_outputs,
        .guesses = guesses,
        .external = &external,
    };

    return &plugins;
}
