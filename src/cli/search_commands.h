// The two commands that look through whole snapshots: find and diff.
#pragma once

#include "cli/command_table.h"

namespace custody {

// Parts of snapshots that a look through them could not read: each is named on standard error and passed over, and the exit code
// tells at the end. Threads: one. Refers to the context.
class PassedOver {
public:
    explicit PassedOver(Context& context) : context_(&context) {}
    void name(const Error& why) {
        context_->progress().warn(why.message);
        (why.code == Code::denied ? denied_ : damaged_) = true;
    }
    // kExitDone when there was none.
    [[nodiscard]] int exit() const { return damaged_ ? kExitDamage : denied_ ? kExitFailed : kExitDone; }

private:
    Context* context_;
    bool damaged_ = false, denied_ = false;
};

void add_find_command(CommandTable& table);
void add_diff_command(CommandTable& table);

}  // namespace custody
