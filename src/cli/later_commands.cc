// Commands that belong to the service or to later versions: known by name, so that a script gets words and not "unknown".
#include "base/text.h"
#include "cli/command_table.h"

#include <array>

namespace custody {
namespace {

// One for each, so that the callback knows its name.
struct LaterFlags {
    std::string name;
};

Result<int> refuse(Context&, const LaterFlags& flags) {
    if (flags.name == "wipe") {
        return Error{Code::usage, say("'wipe' is not part of this version: nothing is erased")};
    }
    return Error{Code::usage,
                 say("'{}' is not part of this version; 'custody --help' lists the commands that there are", flags.name)};
}

}  // namespace

void add_later_commands(CommandTable& table) {
    constexpr std::array kNames = {"drill", "history", "integrity", "mount",  "officer", "approve",
                                   "asset", "minutes", "journal",   "report", "wipe"};
    for (const char* name : kNames) {
        auto flags = std::make_shared<LaterFlags>();
        flags->name = name;
        CLI::App& command = table.add(table.root(), name, say("(not in this version)"), {std::string(name) + " ...", {}, ""});
        command.group("");
        command.fallthrough(false);
        command.allow_extras();  // whatever follows is not looked at, except in which form the refusal is wanted
        command.add_flag_callback("--json", [json = table.root().get_option("--json")] {
            if (json->count() != 0) return;
            json->add_result("true");
            json->run_callback();
        });
        table.runs(command, flags, refuse);
    }
}

}  // namespace custody
