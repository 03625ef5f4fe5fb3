// The tree of commands: what each is called, what it takes, what its help says and what it runs. The one door to CLI11 is this
// header with command_table.cc, help.cc, completion.cc and program.cc; a command family only declares its options.
//
// A command's callback stores an Action; program.cc runs it once settings and outputs are ready. Threads: one.
#pragma once

#include "base/result.h"
#include "cli/context.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace custody {

// The exit code, or why there is none.
using Action = std::function<Result<int>(Context&)>;

struct CommandText {
    std::string usage;                  // what follows "custody": "backup PATH... --label L"
    std::vector<std::string> examples;  // whole command lines
    std::string more;                   // paragraphs below the options, a line each; may be empty
};

class CommandTable {
public:
    explicit CommandTable(GlobalFlags& globals);
    CommandTable(const CommandTable&) = delete;
    CommandTable& operator=(const CommandTable&) = delete;

    [[nodiscard]] CLI::App& root() { return root_; }
    [[nodiscard]] const CLI::App& root() const { return root_; }

    // A command below `parent`, its options in a Flags of its own that lives as long as the table.
    CLI::App& add(CLI::App& parent, const std::string& name, const std::string& description, CommandText text);
    // What it runs: run(context, flags).
    template <class Flags>
    void runs(CLI::App& command, std::shared_ptr<Flags> flags, Result<int> (*run)(Context&, const Flags&)) {
        command.callback([this, flags, run] { action_ = [flags, run](Context& context) { return run(context, *flags); }; });
    }
    // A family whose members do the work: "key", "label", "hold".
    CLI::App& add_family(CLI::App& parent, const std::string& name, const std::string& description);

    [[nodiscard]] const Action& action() const { return action_; }
    void set_action(Action action) { action_ = std::move(action); }
    [[nodiscard]] std::string help(const CLI::App& command) const;

private:
    void add_examples_of_members(const CLI::App& family, std::vector<std::string>& examples) const;

    CLI::App root_;
    std::map<const CLI::App*, CommandText> texts_;
    Action action_;
};

// One value a flag: --exclude A --exclude B.
CLI::Option* add_repeated(CLI::App& command, const std::string& name, std::vector<std::string>& into, const std::string& value,
                          const std::string& help);
CLI::Option* add_value(CLI::App& command, const std::string& name, std::string& into, const std::string& value,
                       const std::string& help);
CLI::Option* add_operands(CLI::App& command, const std::string& value, std::vector<std::string>& into, const std::string& help);
CLI::Option* add_operand(CLI::App& command, const std::string& value, std::string& into, const std::string& help);

// The families; each in its own file.
void add_vault_commands(CommandTable& table);      // init
void add_backup_command(CommandTable& table);      // backup
void add_look_commands(CommandTable& table);       // snapshots ls cat find diff
void add_restore_commands(CommandTable& table);    // restore export
void add_verify_commands(CommandTable& table);     // verify repair
void add_retention_commands(CommandTable& table);  // hold forget prune copy
void add_label_commands(CommandTable& table);      // label
void add_key_commands(CommandTable& table);        // key
void add_status_command(CommandTable& table);      // status
void add_plan_commands(CommandTable& table);       // plan
void add_job_commands(CommandTable& table);        // job
void add_alert_commands(CommandTable& table);      // alert
void add_catalog_commands(CommandTable& table);    // catalog
void add_setup_command(CommandTable& table);       // setup
void add_recover_command(CommandTable& table);     // recover
void add_completion_command(CommandTable& table);  // completion
void add_media_commands(CommandTable& table);      // media
void add_later_commands(CommandTable& table);      // what belongs to the service: refused in words

}  // namespace custody
