// custody completion bash: a completion script made from the tree of commands itself, so that it never lags behind.
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/help.h"

#include <array>

namespace custody {
namespace {

struct CompletionFlags {
    const CLI::App* root = nullptr;
    std::string shell;
};

constexpr const char* kShell = "bash";

// Without those in `but`, which are offered anyway.
std::string flag_names(const CLI::App& app, const std::string& but = "") {
    std::string names;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) continue;
        for (const std::string& name : option->get_lnames()) {
            if ((but + " ").find(" --" + name + " ") == std::string::npos) names += " --" + name;
        }
    }
    return names;
}

std::string command_names(const CLI::App& app) {
    std::string names;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        if (!command->get_group().empty()) names += " " + command->get_name();
    }
    return names;
}

// One case for each command: what may follow it.
void add_cases(const CLI::App& app, const std::string& common, std::string& out) {
    const std::string path = command_path(app);
    const bool takes_shell = path == "completion";  // an operand that is one of few words follows as a command does
    const std::string words = takes_shell ? std::string(" ") + kShell : command_names(app);
    out += "        '" + path + "') commands='" + words + "' flags='" + flag_names(app, common) + "' ;;\n";
    if (takes_shell) out += "        '" + path + words + "') commands='' flags='' ;;\n";
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        if (!command->get_group().empty()) add_cases(*command, common, out);
    }
}

// Values that are words: the type "a|b|c" of an option names them. Flags whose values are not words complete to files.
void add_values(const CLI::App& app, std::string& out) {
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_items_expected_max() == 0 || option->get_lnames().empty()) continue;
        std::string words = option->get_type_name();
        if (words.find('|') == std::string::npos || words.find_first_of(".(") != std::string::npos) continue;
        for (char& c : words) c = c == '|' ? ' ' : c;
        const std::string entry = "        --" + option->get_lnames().front() + ") values='" + words + "' ;;\n";
        if (out.find(entry) == std::string::npos) out += entry;
    }
    for (const CLI::App* command : app.get_subcommands(nullptr)) add_values(*command, out);
}

std::string bash_script(const CLI::App& root) {
    std::string cases, values;
    const std::string common = flag_names(root);
    add_cases(root, common, cases);
    add_values(root, values);
    std::string valued;  // flags that take a value: the word after one is no command
    const auto collect = [&valued](const auto& self, const CLI::App& app) -> void {
        for (const CLI::Option* option : app.get_options()) {
            if (option->get_items_expected_max() == 0 || option->get_lnames().empty()) continue;
            const std::string name = " --" + option->get_lnames().front() + " ";
            if (valued.find(name) == std::string::npos) valued += name;
        }
        for (const CLI::App* command : app.get_subcommands(nullptr)) self(self, *command);
    };
    collect(collect, root);
    return "# bash completion for custody: source <(custody completion bash)\n"
           "_custody() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' word skip='' i commands flags "
           "values=''\n"
           "    local valued='" +
           valued + "' common='" + common +
           "'\n"
           "    case $prev in\n" +
           values +
           "        --level) values='structure sample full' ;;\n"
           "        --label) values=$(custody label list --json 2>/dev/null | tr '{' '\\n' | sed -n "
           "'s/.*\"name\":\"\\([^\"]*\\)\".*/\\1/p') ;;\n"
           "    esac\n"
           "    if [ -n \"$values\" ]; then COMPREPLY=($(compgen -W \"$values\" -- \"$cur\")); return; fi\n"
           "    case $valued in *\" $prev \"*) COMPREPLY=($(compgen -f -- \"$cur\")); return ;; esac\n"
           "    _custody_follow() {\n"
           "        case $1 in\n" +
           cases +
           "        *) return 1 ;;\n"
           "        esac\n"
           "    }\n"
           "    _custody_follow ''\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        word=${COMP_WORDS[i]}\n"
           "        if [ -n \"$skip\" ]; then skip=''; continue; fi\n"
           "        case $word in -*) case $valued in *\" $word \"*) skip=yes ;; esac; continue ;; esac\n"
           "        case \" $commands \" in *\" $word \"*) path=\"${path:+$path }$word\"; _custody_follow \"$path\" ;; esac\n"
           "    done\n"
           "    if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$flags $common\" -- \"$cur\")); return; fi\n"
           "    if [ -n \"$commands\" ]; then COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\")); return; fi\n"
           "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
           "}\n"
           "complete -o filenames -F _custody custody\n";
}

Result<int> run_completion(Context& context, const CompletionFlags& flags) {
    if (flags.shell != kShell) return Error{Code::usage, say("no completion for '{}': there is one for bash", flags.shell)};
    const std::string script = bash_script(*flags.root);
    context.output().document({{"shell", flags.shell}, {"script", script}});
    context.output().line(script);
    return kExitDone;
}

}  // namespace

void add_completion_command(CommandTable& table) {
    auto flags = std::make_shared<CompletionFlags>();
    flags->root = &table.root();
    CLI::App& completion =
        table.add(table.root(), "completion", say("Prints a script that completes commands in the shell"),
                  {"completion bash",
                   {"source <(custody completion bash)", "custody completion bash >/etc/bash_completion.d/custody"},
                   ""});
    add_operand(completion, "SHELL", flags->shell, say("The shell: bash"))->required();
    table.runs(completion, flags, run_completion);
}

}  // namespace custody
