// custody label list and add.
#include "base/text.h"
#include "cli/command_table.h"

#include <algorithm>
#include <iterator>

namespace custody {
namespace {

struct LabelAddFlags {
    std::string name;
};
struct LabelNoFlags {};

bool is_built_in(const std::string& name) {
    return std::find(std::begin(kBuiltInLabels), std::end(kBuiltInLabels), name) != std::end(kBuiltInLabels);
}

std::string meaning_of(const std::string& name) {
    if (name == "config") return say("system configuration files");
    if (name == "image") return say("images of operating systems");
    if (name == "database") return say("databases");
    if (name == "business") return say("business data");
    if (name == "log") return say("event logs");
    return "";
}

Result<int> run_list(Context& context, const LabelNoFlags&) {
    TRY_ASSIGN(const Keyring* keyring, context.keyring());
    Json array = Json::array();
    std::vector<std::vector<std::string>> rows = {{say("Label"), say("Epoch"), say("Content readable"), say("Meaning")}};
    for (const LabelInfo& label : keyring->labels()) {
        array.push_back({{"name", label.name},
                         {"id", label.id.hex()},
                         {"epoch", label.epoch},
                         {"has_secret", label.has_secret},
                         {"built_in", is_built_in(label.name)}});
        rows.push_back(
            {label.name, std::to_string(label.epoch), label.has_secret ? say("yes") : say("no"), meaning_of(label.name)});
    }
    context.output().document(array);
    for (const std::string& line : format_table(rows)) context.output().line(line);
    return kExitDone;
}

Result<int> run_label_add(Context& context, const LabelAddFlags& flags) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY(keyring->add_label(flags.name));
    context.output().document({{"label", flags.name}});
    context.output().line(say("label {} added, with keys of its own", flags.name));
    context.progress().warn(
        say("recovery kits made before do not hold its keys: make a new one with "
            "'custody key export --recovery --output KIT'"));
    return kExitDone;
}

}  // namespace

void add_label_commands(CommandTable& table) {
    CLI::App& label = table.add_family(table.root(), "label", say("Labelled groups of data, each with keys of its own"));
    CLI::App& list = table.add(label, "list", say("Lists the labels"), {"label list", {"custody label list"}, ""});
    table.runs(list, std::make_shared<LabelNoFlags>(), run_list);
    auto flags = std::make_shared<LabelAddFlags>();
    CLI::App& add =
        table.add(label, "add", say("Adds a label, and makes its keys: nothing else is needed ('key add' does the same)"),
                  {"label add NAME", {"custody label add network"}, ""});
    add_operand(add, "NAME", flags->name, say("Lower-case letters, digits and '-'"))->required();
    table.runs(add, flags, run_label_add);
}

}  // namespace custody
