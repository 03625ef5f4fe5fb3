#include "cli/command_table.h"

#include "base/text.h"
#include "cli/help.h"

namespace custody {
namespace {

// CLI11 asks its formatter for --help; the text is ours.
class HelpFormatter final : public CLI::FormatterBase {
public:
    explicit HelpFormatter(const CommandTable& table) : table_(table) {}
    std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override { return table_.help(*app); }

private:
    const CommandTable& table_;
};

}  // namespace

CommandTable::CommandTable(GlobalFlags& globals)
    : root_(say("Custody: encrypted, deduplicated backups that can be proven, and restored exactly"), "custody") {
    root_.formatter(std::make_shared<HelpFormatter>(*this));
    root_.set_help_flag("-h,--help", say("Shows this help and ends"));
    root_.set_version_flag("--version", std::string("custody ") + CUSTODY_VERSION, say("Shows the version and ends"));
    root_.require_subcommand(1);
    add_value(root_, "--vault", globals.vault, "V", say("The vault: a folder or file:// URL (CUSTODY_VAULT)"));
    add_value(root_, "--keyring", globals.keyring, "DIR", say("The keyring's folder (CUSTODY_KEYRING)"));
    add_value(root_, "--officer-key", globals.officer_key, "FILE",
              say("An officer's key that opens keyring or kit, instead of its passphrase (CUSTODY_OFFICER_KEY)"));
    add_value(root_, "--config", globals.config, "FILE",
              say("Settings (CUSTODY_CONFIG; otherwise /etc/custody/custody.toml if there is one)"));
    add_value(root_, "--lang", globals.language, "vi|en", say("Language of all messages"));
    add_value(root_, "--progress", globals.progress, "none|plain|json", say("Progress on standard error"));
    root_.add_flag("--json", globals.json, say("One JSON document on standard output"));
    texts_[&root_] = {
        "COMMAND ...",
        {"custody init --vault /mnt/disk-a/vault", "custody backup /etc --label config --vault /mnt/disk-a/vault",
         "custody snapshots --vault /mnt/disk-a/vault", "custody restore latest --target /tmp/back --vault /mnt/disk-a/vault"},
        say("'custody COMMAND --help' tells more about one command. An option counts before its environment variable, that "
            "before "
            "the settings; an environment variable that is empty counts as not set.")};
}

CLI::App& CommandTable::add(CLI::App& parent, const std::string& name, const std::string& description, CommandText text) {
    CLI::App* command = parent.add_subcommand(name, description);
    command->fallthrough();  // common options may stand anywhere
    command->formatter(parent.get_formatter());
    command->set_help_flag("-h,--help", say("Shows this help and ends"));
    texts_[command] = std::move(text);
    return *command;
}

CLI::App& CommandTable::add_family(CLI::App& parent, const std::string& name, const std::string& description) {
    const std::string path = parent.get_parent() == nullptr ? name : parent.get_name() + " " + name;
    CLI::App& family = add(parent, name, description, {path + " COMMAND ...", {}, ""});
    family.require_subcommand(1);
    return family;
}

std::string CommandTable::help(const CLI::App& command) const {
    const auto found = texts_.find(&command);
    CommandText text = found == texts_.end() ? CommandText{} : found->second;
    if (text.examples.empty()) add_examples_of_members(command, text.examples);
    return help_text(root_, command, text);
}

// The first of each: what the family is for shows at a glance.
void CommandTable::add_examples_of_members(const CLI::App& family, std::vector<std::string>& examples) const {
    for (const CLI::App* member : family.get_subcommands(nullptr)) {
        const auto text = texts_.find(member);
        if (text != texts_.end() && !text->second.examples.empty()) examples.push_back(text->second.examples.front());
        if (text == texts_.end() || text->second.examples.empty()) add_examples_of_members(*member, examples);
    }
}

CLI::Option* add_repeated(CLI::App& command, const std::string& name, std::vector<std::string>& into, const std::string& value,
                          const std::string& help) {
    return command.add_option(name, into, help)->type_name(value)->type_size(1)->allow_extra_args(false);
}

CLI::Option* add_value(CLI::App& command, const std::string& name, std::string& into, const std::string& value,
                       const std::string& help) {
    return command.add_option(name, into, help)->type_name(value);
}

CLI::Option* add_operands(CLI::App& command, const std::string& value, std::vector<std::string>& into, const std::string& help) {
    return command.add_option(value, into, help);
}

CLI::Option* add_operand(CLI::App& command, const std::string& value, std::string& into, const std::string& help) {
    return command.add_option(value, into, help);
}

}  // namespace custody
