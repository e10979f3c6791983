/* Each script knows all commands and options; it starts the program for names of tasks alone. */
#include "cli/completion_scripts.h"

#include <string.h>

/* "--project -p " of all options for which `wanted` holds; `all`: of every one. */
static void append_names(GString *out, const TgCompletionCommand *command, gboolean all,
                         TgCompleteValue value, const char *separator)
{
    gboolean is_first = TRUE;

    for (guint i = 0; i < command->options->len; i++) {
        const TgCompletionOption *option = command->options->pdata[i];

        if (!all && (!option->takes_value || option->value != value)) {
            continue;
        }
        g_string_append_printf(out, "%s--%s", is_first ? "" : separator, option->name);
        if (option->letter != 0) {
            g_string_append_printf(out, "%s-%c", separator, option->letter);
        }
        is_first = FALSE;
    }
}

/* A text in single quotes, as all three shells read them. */
static void append_quoted(GString *out, const char *text, const char *quote)
{
    g_string_append_c(out, '\'');
    for (const char *c = text; *c != '\0'; c++) {
        g_string_append(out, *c == '\'' ? quote : ((char[]){*c, '\0'}));
    }
    g_string_append_c(out, '\'');
}

/* ---- bash ---- */

static const char bash_begin[] =
    "# tegaru completion bash: put  eval \"$(tegaru completion bash)\"  into ~/.bashrc\n"
    "_tegaru() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command=${COMP_WORDS[1]} options= words= digs= tasks= values= kind= file= word\n"
    "    COMPREPLY=()\n"
    "    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then "
    "prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n";

static const char bash_end[] =
    "    if ((COMP_CWORD == 2)) && [[ -n $words && $cur != -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return\n"
    "    fi\n"
    "    for word in \"${COMP_WORDS[@]:2}\"; do\n"
    "        if [[ $word == *.dig ]]; then file=$word; break; fi\n"
    "        if [[ -z $file && $word != -* && -e $word.dig ]]; then file=$word.dig; fi\n"
    "    done\n"
    "    if [[ -z $kind && $cur == +* && -n $tasks ]]; then kind=task; fi\n"
    "    if [[ -z $kind && $cur == -* ]]; then kind=option; fi\n"
    "    case $kind in\n"
    "    option) COMPREPLY=($(compgen -W \"$options --help\" -- \"$cur\")) ;;\n"
    "    task) [[ -n $file ]] && COMPREPLY=($(compgen -W "
    "\"$(\"${COMP_WORDS[0]}\" complete-tasks \"$file\" 2>/dev/null)\" -- \"$cur\")) ;;\n"
    "    folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
    "    nothing) ;;\n"
    "    *) compopt -o filenames\n"
    "        if [[ -n $digs && $kind != file ]]; then\n"
    "            if [[ -n $tasks && -n $file && $file != \"$cur\" ]]; then\n"
    "                COMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" complete-tasks \"$file\" "
    "2>/dev/null)\" -- \"$cur\"))\n"
    "                return\n"
    "            fi\n"
    "            mapfile -t COMPREPLY < <(compgen -f -X '!*.dig' -- \"$cur\"; compgen -d -- "
    "\"$cur\")\n"
    "        else\n"
    "            mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "        fi ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _tegaru tegaru\n";

static const char *const kind_names[] = {"nothing", "file", "folder", "task"};

static void bash_command(GString *out, const TgCompletionCommand *command)
{
    g_string_append_printf(out, "    %s) options='", command->name);
    append_names(out, command, TRUE, 0, " ");
    g_string_append(out, "'");
    if (command->words != NULL) {
        g_autofree char *words = g_strjoinv(" ", command->words);

        g_string_append_printf(out, " words='%s'", words);
    }
    g_string_append_printf(out, "%s%s\n", command->takes_digs ? " digs=1" : "",
                           command->takes_tasks ? " tasks=1" : "");
    g_string_append(out, "        case $prev in\n");
    for (gsize kind = 0; kind < G_N_ELEMENTS(kind_names); kind++) {
        g_autoptr(GString) names = g_string_new(NULL);

        append_names(names, command, FALSE, (TgCompleteValue)kind, "|");
        if (names->len > 0) {
            g_string_append_printf(out, "        %s) kind=%s ;;\n", names->str, kind_names[kind]);
        }
    }
    g_string_append(out, "        esac ;;\n");
}

char *tg_completion_bash(const GPtrArray *commands)
{
    GString *out = g_string_new(bash_begin);

    g_string_append(out, "    if ((COMP_CWORD == 1)); then\n"
                         "        COMPREPLY=($(compgen -W '");
    for (guint i = 0; i < commands->len; i++) {
        g_string_append_printf(out, "%s ", ((TgCompletionCommand *)commands->pdata[i])->name);
    }
    g_string_append(out, "--help --version' -- \"$cur\")); return\n    fi\n    case $command in\n");
    for (guint i = 0; i < commands->len; i++) {
        bash_command(out, commands->pdata[i]);
    }
    g_string_append(out, "    esac\n");
    g_string_append(out, bash_end);
    return g_string_free(out, FALSE);
}

/* ---- zsh ---- */

static const char zsh_begin[] =
    "#compdef tegaru\n"
    "# tegaru completion zsh: write it to a file _tegaru in a folder of $fpath, or put\n"
    "#   eval \"$(tegaru completion zsh)\"  after compinit into ~/.zshrc\n"
    "_tegaru_tasks() {\n"
    "  local file= word\n"
    "  for word in ${words[3,-1]}; do\n"
    "    if [[ $word == *.dig ]]; then file=$word; break; fi\n"
    "    if [[ -z $file && $word != -* && -e $word.dig ]]; then file=$word.dig; fi\n"
    "  done\n"
    "  [[ -n $file ]] && compadd -- ${(f)\"$(${words[1]} complete-tasks $file 2>/dev/null)\"}\n"
    "}\n"
    "_tegaru() {\n"
    "  local -a commands\n";

/* In _arguments a bracket or a colon of a help text needs a backslash. */
static void zsh_help(GString *out, const char *text)
{
    g_string_append_c(out, '[');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            g_string_append(out, "'\\''");
            continue;
        }
        if (strchr("[]:\\", *c) != NULL) {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *c);
    }
    g_string_append_c(out, ']');
}

static const char *zsh_value(const TgCompletionOption *option)
{
    static const char *const actions[] = {":value: ", ":file:_files", ":folder:_files -/",
                                          ":task:_tegaru_tasks"};

    return option->takes_value ? actions[option->value] : "";
}

static void zsh_command(GString *out, const TgCompletionCommand *command)
{
    g_string_append_printf(out, "    %s) _arguments", command->name);
    for (guint i = 0; i < command->options->len; i++) {
        const TgCompletionOption *option = command->options->pdata[i];

        g_string_append_printf(out, " \\\n      '*--%s%s", option->name,
                               option->takes_value ? "=" : "");
        zsh_help(out, option->help);
        g_string_append_printf(out, "%s'", zsh_value(option));
        if (option->letter != 0) {
            g_string_append_printf(out, " '*-%c", option->letter);
            zsh_help(out, option->help);
            g_string_append_printf(out, "%s'", zsh_value(option));
        }
    }
    g_string_append(out, " \\\n      '--help[Show the help]'");
    if (command->words != NULL) {
        g_autofree char *words = g_strjoinv(" ", command->words);

        g_string_append_printf(out, " '1:action:(%s)'", words);
    }
    if (command->takes_tasks) {
        g_string_append(out, " '1:workflow:_files -g \"*.dig\"' '2:task:_tegaru_tasks'");
    } else {
        g_string_append_printf(out, " '*:file:_files%s'",
                               command->takes_digs ? " -g \"*.dig\"" : "");
    }
    g_string_append(out, " ;;\n");
}

char *tg_completion_zsh(const GPtrArray *commands)
{
    GString *out = g_string_new(zsh_begin);

    g_string_append(out, "  commands=(\n");
    for (guint i = 0; i < commands->len; i++) {
        const TgCompletionCommand *command = commands->pdata[i];
        g_autofree char *line = g_strdup_printf("%s:%s", command->name, command->summary);

        g_string_append(out, "    ");
        append_quoted(out, line, "'\\''");
        g_string_append_c(out, '\n');
    }
    g_string_append(out, "  )\n"
                         "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
                         "  local command=$words[2] program=$words[1]\n"
                         "  words=($program $words[3,-1]); (( CURRENT-- ))\n"
                         "  case $command in\n");
    for (guint i = 0; i < commands->len; i++) {
        zsh_command(out, commands->pdata[i]);
    }
    g_string_append(out, "  esac\n}\nif [[ $funcstack[1] == _tegaru ]]; then _tegaru \"$@\"; else "
                         "compdef _tegaru tegaru; fi\n");
    return g_string_free(out, FALSE);
}

/* ---- fish ---- */

static const char fish_begin[] =
    "# tegaru completion fish: write it to ~/.config/fish/completions/tegaru.fish\n"
    "function __tegaru_tasks\n"
    "    for word in (commandline -opc)\n"
    "        if string match -q '*.dig' -- $word\n"
    "            tegaru complete-tasks $word 2>/dev/null\n"
    "            return\n"
    "        end\n"
    "        if test -e $word.dig\n"
    "            tegaru complete-tasks $word.dig 2>/dev/null\n"
    "            return\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c tegaru -f\n";

static void fish_option(GString *out, const char *condition, const TgCompletionOption *option)
{
    static const char *const values[] = {" -x", " -r -F", " -x -a '(__fish_complete_directories)'",
                                         " -x -a '(__tegaru_tasks)'"};

    g_string_append_printf(out, "%s -l %s", condition, option->name);
    if (option->letter != 0) {
        g_string_append_printf(out, " -s %c", option->letter);
    }
    g_string_append(out, option->takes_value ? values[option->value] : "");
    g_string_append(out, " -d ");
    append_quoted(out, option->help, "\\'");
    g_string_append_c(out, '\n');
}

static void fish_command(GString *out, const TgCompletionCommand *command)
{
    g_autofree char *condition =
        g_strdup_printf("complete -c tegaru -n '__fish_seen_subcommand_from %s'", command->name);

    g_string_append_printf(out, "complete -c tegaru -n __fish_use_subcommand -a %s -d ",
                           command->name);
    append_quoted(out, command->summary, "\\'");
    g_string_append_c(out, '\n');
    for (guint i = 0; i < command->options->len; i++) {
        fish_option(out, condition, command->options->pdata[i]);
    }
    if (command->words != NULL) {
        g_autofree char *words = g_strjoinv(" ", command->words);

        g_string_append_printf(out, "%s -a '%s'\n", condition, words);
    }
    if (command->takes_digs) {
        g_string_append_printf(out, "%s -a '(__fish_complete_suffix .dig)'\n", condition);
    } else {
        g_string_append_printf(out, "%s -F\n", condition);
    }
    if (command->takes_tasks) {
        g_string_append_printf(out, "%s -a '(__tegaru_tasks)'\n", condition);
    }
}

char *tg_completion_fish(const GPtrArray *commands)
{
    GString *out = g_string_new(fish_begin);

    for (guint i = 0; i < commands->len; i++) {
        fish_command(out, commands->pdata[i]);
    }
    return g_string_free(out, FALSE);
}
