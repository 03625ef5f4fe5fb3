// custody key unlock, lock: a label's secret for the service and for later commands, for a time.
#include "base/text.h"
#include "cli/key_commands.h"
#include "vault/keys/unlocked_labels.h"

namespace custody {
namespace {

struct UnlockFlags {
    std::string label, duration;
};
struct LockFlags {
    std::string label;
};

Result<std::vector<LabelInfo>> chosen_labels(const Keyring& keyring, const std::string& name) {
    std::vector<LabelInfo> labels = keyring.labels();
    if (name.empty()) return labels;
    TRY(keyring.writer_keys(name));  // usage, listing the labels there are
    std::erase_if(labels, [&](const LabelInfo& label) { return label.name != name; });
    return labels;
}

Result<int> lock(Context& context, const std::string& name) {
    TRY_ASSIGN(const Keyring* keyring, context.keyring());
    TRY_ASSIGN(const std::vector<LabelInfo> labels, chosen_labels(*keyring, name));
    Json locked = Json::array();
    for (const LabelInfo& label : labels) {
        TRY_ASSIGN(const bool was_unlocked, lock_label(keyring->family(), label.id));
        if (!was_unlocked) continue;
        locked.push_back(label.name);
        context.output().line(say("label {} is locked again", label.name));
    }
    if (locked.empty()) context.output().line(say("nothing was unlocked"));
    context.output().document({{"locked", locked}});
    return kExitDone;
}

Result<int> run_lock(Context& context, const LockFlags& flags) { return lock(context, flags.label); }

Result<int> run_unlock(Context& context, const UnlockFlags& flags) {
    const bool takes_back = flags.duration == "0" || flags.duration == "0s";
    if (takes_back) return lock(context, flags.label);
    TRY_ASSIGN(const std::int64_t for_ns, parse_duration(flags.duration));
    if (for_ns < kSecond || for_ns > kMaxUnlock_ns) {  // before a passphrase is asked for
        return Error{Code::usage, say("a label is unlocked for one second at least and {} days at most", kMaxUnlock_ns / kDay)};
    }
    TRY(context.check_label(flags.label));
    TRY_ASSIGN(const Keyring* keyring, context.keyring());
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock());
    Time until;
    TRY(unlock_label(*keyring, unlocked, flags.label, for_ns, until));
    context.output().document({{"label", flags.label}, {"unlocked_until", json_time(until)}});
    context.output().line(
        say("label {} is unlocked until {}: the service and commands of this user open it without a passphrase; "
            "'custody key lock --label {}' takes that back",
            flags.label, human_time(until), flags.label));
    return kExitDone;
}

}  // namespace

void add_key_unlock_commands(CommandTable& table, CLI::App& key) {
    auto unlock_flags = std::make_shared<UnlockFlags>();
    CLI::App& unlock = table.add(
        key, "unlock", say("Lets the service open a label for some hours"),
        {"key unlock --label L --for 4h",
         {"custody key unlock --label database --for 4h", "custody key unlock --label database --for 0"},
         say("For work at night that needs a label's secret: drills, verification of the whole content, history. The secret of "
             "this "
             "one label lies in the kernel's memory for that time, never on a disk; only processes of this user read it, and it "
             "is "
             "gone when the time is over or the machine starts again. Meanwhile ls, cat, find, diff, restore, export and verify "
             "need no passphrase for what this label holds. After 'key rotate' it has to be unlocked anew. 'key list' shows "
             "until "
             "when.")});
    add_value(unlock, "--label", unlock_flags->label, "L", say("The label"))->required();
    add_value(unlock, "--for", unlock_flags->duration, "4h", say("How long: 90s, 15m, 4h, 2d, at most 31d; 0 takes it back"))
        ->required();
    table.runs(unlock, unlock_flags, run_unlock);

    auto lock_flags = std::make_shared<LockFlags>();
    CLI::App& lock_command = table.add(key, "lock", say("Takes back what 'key unlock' gave"),
                                       {"key lock [--label L]", {"custody key lock", "custody key lock --label database"}, ""});
    add_value(lock_command, "--label", lock_flags->label, "L", say("Only this label; default: every one"));
    table.runs(lock_command, lock_flags, run_lock);
}

}  // namespace custody
