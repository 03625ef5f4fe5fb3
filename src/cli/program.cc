#include "cli/program.h"

#include "base/text.h"
#include "cli/command_table.h"
#include "cli/help.h"
#include "cli/interruption.h"
#include "cli/signals.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace custody {
namespace {

// What is needed before the command line can be read, because its help is in a language: --lang and --config, and --json for
// errors in the rest.
GlobalFlags first_look(int argc, char** argv) {
    GlobalFlags flags;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--") break;
        if (word == "--json") flags.json = true;
        for (const auto& [name, into] : {std::pair{std::string("--lang"), &flags.language}, {"--config", &flags.config}}) {
            if (word == name && i + 1 < argc) *into = argv[i + 1];
            if (word.starts_with(name + "=")) *into = word.substr(name.size() + 1);
        }
    }
    return flags;
}

// A wrong --lang or an unreadable configuration is reported later, in the language that can be told without it.
void set_language_early(const GlobalFlags& flags) {
    const auto settings = load_settings(flags);
    const auto chosen = choose_language(flags.language, settings.ok() ? settings->language : "");
    const auto fallback = choose_language("", "");
    if (chosen.ok()) {
        set_language(chosen.value());
    } else if (fallback.ok()) {
        set_language(fallback.value());
    }
}

const CLI::App& selected(const CLI::App& root) {
    const CLI::App* app = &root;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
    return *app;
}

std::string before(const std::string& text, const std::string& mark) { return text.substr(0, text.find(mark)); }

std::string after(const std::string& text, const std::string& mark) {
    const std::size_t at = text.find(mark);
    return at == std::string::npos ? text : text.substr(at + mark.size());
}

// What CLI11 found wrong, in our words.
std::string usage_message(const CLI::App& root, const CLI::ParseError& error) {
    const std::string what = error.what();
    const CLI::App& command = selected(root);
    const std::string path = command_path(command);
    const std::string help = path.empty() ? "custody --help" : "custody " + path + " --help";
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
        const bool no_command = what.find("subcommand") != std::string::npos;
        const std::vector<std::string> extras = root.remaining(true);
        if (no_command && !extras.empty()) return say("'{}' is not understood here; see '{}'", printable(extras.front()), help);
        return no_command ? say("which command? '{}' lists them", help)
                          : say("{} is missing; see '{}'", before(what, " is required"), help);
    }
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        const std::vector<std::string> extras = root.remaining(true);
        return say("'{}' is not understood here; see '{}'", printable(extras.empty() ? after(what, ": ") : extras.front()), help);
    }
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
        return say("{}: a whole number is needed; see '{}'", printable(after(what, "convert: ")), help);
    }
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
        return say("{} needs a value, once; see '{}'", printable(before(what, ":")), help);
    }
    return say("wrong usage: {}; see '{}'", printable(what), help);
}

void add_all_commands(CommandTable& table) {
    add_vault_commands(table);
    add_backup_command(table);
    add_look_commands(table);
    add_restore_commands(table);
    add_verify_commands(table);
    add_retention_commands(table);
    add_label_commands(table);
    add_key_commands(table);
    add_status_command(table);
    add_plan_commands(table);
    add_job_commands(table);
    add_media_commands(table);
    add_alert_commands(table);
    add_catalog_commands(table);
    add_setup_command(table);
    add_recover_command(table);
    add_completion_command(table);
    add_later_commands(table);
}

// On standard error; with --json also as the document, unless one was begun.
int report_error(Output& output, ProgressLine& progress, const Error& error) {
    const int code = exit_code_of(error.code);
    progress.error(printable(error.message));
    if (!output.json_begun()) {
        output.document({{"error", {{"code", code_word(error.code)}, {"exit", code}, {"message", error.message}}}});
    }
    return code;
}

// What follows from an error depends on the command that met it.
Error with_consequence(Error error, const CLI::App& command) {
    const std::string path = command_path(command);
    constexpr std::array kWriters = {"backup", "copy", "prune", "forget", "repair", "hold add", "hold release"};
    const bool writes = std::find(kWriters.begin(), kWriters.end(), path) != kWriters.end();
    if (error.code == Code::no_space && writes) {
        error.message +=
            say("; make room: end snapshots with 'custody forget', then run 'custody prune', or use a larger medium");
    }
    if (error.code == Code::read_only && (writes || path == "init")) {
        error.message += say("; mount its medium for writing, or look whether it is write-protected, and run the command again");
    }
    // A question that was not answered says so itself: nothing was begun.
    const std::string left = after_interrupt(command);
    if (error.code == Code::interrupted && error.message == say("interrupted") && !left.empty()) error.message += "; " + left;
    return error;
}

// An option or operand that was given as nothing: a variable of a script that is not set, most often.
std::optional<std::string> empty_value(const CLI::App& root) {
    for (const CLI::App* app = &root; app != nullptr;) {
        for (const CLI::Option* option : app->get_options()) {
            if (option->count() == 0 || option->get_items_expected_max() == 0) continue;
            const std::vector<std::string>& values = option->results();
            const bool any = std::any_of(values.begin(), values.end(), [](const std::string& one) { return one.empty(); });
            if (any) return option->get_positional() ? option->get_name(true) : option->get_name();
        }
        const auto below = app->get_subcommands();
        app = below.empty() ? nullptr : below.back();
    }
    return std::nullopt;
}

// "--vault=" by itself: CLI11 would take the next word as its value.
std::optional<std::string> empty_assignment(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--") break;
        if (word.starts_with("--") && word.find('=') == word.size() - 1) return std::string(word.substr(0, word.size() - 1));
    }
    return std::nullopt;
}

Error empty_error(const std::string& option) {
    return {Code::usage, say("{} is empty: give it a value, or leave it out", printable(option))};
}

int finish(Output& output, ProgressLine& progress, int code) {
    const Status flushed = output.finish();
    if (flushed.ok()) return code;
    if (flushed.error().code == Code::interrupted) {  // `custody verify | head`: what was done was done
        progress.note(say("note: {}, not everything was printed", flushed.error().message));
        return code;
    }
    progress.error(flushed.error().message);
    return code == kExitDone ? kExitFailed : code;
}

int fail_early(bool json, const Error& error) {
    Output output(json);
    ProgressLine progress(ProgressMode::none, system_clock(), 2);
    const int code = report_error(output, progress, error);
    return finish(output, progress, code);
}

int print_and_end(bool json, const std::string& text, const Json& document) {
    end_quietly_on_closed_output();
    Output output(json);
    ProgressLine progress(ProgressMode::none, system_clock(), 2);
    output.line(text);
    output.document(document);
    return finish(output, progress, kExitDone);
}

Result<int> run_guarded(const Action& action, Context& context) {
    try {
        return action(context);
    } catch (const std::bad_alloc&) {
        return Error{Code::failed, say("out of memory")};
    } catch (const std::exception& error) {
        return Error{Code::failed, say("an error that should not happen: {}", error.what())};
    }
}

// Commands that only print end by SIGPIPE when nobody reads on. The others go on, and their exit code says what came of it.
bool only_prints(const std::string& path) {
    constexpr std::array kPrinters = {"snapshots", "ls",         "cat",      "find",      "diff",
                                      "status",    "label list", "key list", "hold list", "completion"};
    return std::find(kPrinters.begin(), kPrinters.end(), path) != kPrinters.end();
}

int run_action(const CommandTable& table, const GlobalFlags& globals, Passphrases passphrases) {
    const std::string command = command_path(selected(table.root()));
    GlobalFlags flags = globals;
    flags.makes_config = command == "setup" || command == "recover";
    auto settings = load_settings(flags);
    if (!settings.ok()) return fail_early(globals.json, settings.error());
    const auto language = choose_language(globals.language, settings->language);
    if (!language.ok()) return fail_early(globals.json, language.error());
    const auto mode = parse_progress_mode(globals.progress, 2);
    if (!mode.ok()) return fail_early(globals.json, mode.error());
    Context context(std::move(settings).value(), std::move(passphrases), globals.json, mode.value(), stop_flag_of_process());
    if (only_prints(command)) end_quietly_on_closed_output();
    const Result<int> result = run_guarded(table.action(), context);
    context.progress().clear();
    const int code = result.ok() ? result.value()
                                 : report_error(context.output(), context.progress(),
                                                with_consequence(result.error(), selected(table.root())));
    return finish(context.output(), context.progress(), code);
}

int parse_and_run(int argc, char** argv, Passphrases passphrases) {
    const GlobalFlags early = first_look(argc, argv);
    set_language_early(early);
    GlobalFlags globals;
    CommandTable table(globals);
    add_all_commands(table);
    if (const auto option = empty_assignment(argc, argv)) return fail_early(early.json, empty_error(*option));
    try {
        table.root().parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        const std::string help = table.help(selected(table.root()));
        return print_and_end(early.json, help, {{"help", help}});
    } catch (const CLI::CallForVersion&) {
        return print_and_end(early.json, std::string("custody ") + CUSTODY_VERSION, {{"version", CUSTODY_VERSION}});
    } catch (const CLI::ParseError& error) {
        return fail_early(early.json, Error{Code::usage, usage_message(table.root(), error)});
    }
    if (const auto option = empty_value(table.root())) return fail_early(early.json, empty_error(*option));
    return run_action(table, globals, std::move(passphrases));
}

}  // namespace

int run_program(int argc, char** argv, Passphrases passphrases) {
    try {
        return parse_and_run(argc, argv, std::move(passphrases));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "custody: an error that should not happen: %s\n", error.what());
        return kExitFailed;
    }
}

}  // namespace custody
